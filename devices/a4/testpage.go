package a4

import (
	"bytes"
	"fmt"
)

// TestPage is a PDF of one A4 page for staff: a frame 10 mm from the edges, rulers of 100 mm both ways, five grey steps
// and a field of fine lines. Whoever lays a ruler on it sees whether the page was scaled, cut off or faint.
//
// It has no words: they would need a Chinese font of some megabytes, or a printer's own that may not be there. Drawing
// lines takes so few operators (ISO 32000-1 annex A) that no PDF library was taken for them.
func TestPage() []byte {
	const mm = 72 / 25.4
	var c bytes.Buffer
	fmt.Fprintf(&c, "%.5f 0 0 %.5f 0 0 cm\n0.3 w\n10 10 190 277 re S\n", mm, mm) // from here on, millimetres
	for i := range 11 {
		tick := 3
		if i%5 == 0 {
			tick = 6
		}
		fmt.Fprintf(&c, "%d 40 m %d %d l S\n40 %d m %d %d l S\n", 40+10*i, 40+10*i, 40-tick, 40+10*i, 40-tick, 40+10*i)
	}
	c.WriteString("40 40 m 140 40 l S\n40 40 m 40 140 l S\n")
	for i := range 5 {
		fmt.Fprintf(&c, "%.1f g %d 230 25 25 re f\n", float64(i)/5, 42+25*i)
	}
	c.WriteString("0 G 0.1 w\n")
	for i := range 26 {
		fmt.Fprintf(&c, "%.1f 180 m %.1f 215 l S\n", 42+float64(i)*0.5, 42+float64(i)*5)
	}
	return onePage(c.Bytes())
}

// onePage is a PDF of one A4 page with the given content (ISO 32000-1 sec. 7.5).
func onePage(content []byte) []byte {
	objects := [][]byte{
		[]byte("<</Type/Catalog/Pages 2 0 R>>"),
		[]byte("<</Type/Pages/Kids[3 0 R]/Count 1>>"),
		[]byte("<</Type/Page/Parent 2 0 R/MediaBox[0 0 595.276 841.89]/Resources<<>>/Contents 4 0 R>>"),
		fmt.Appendf(nil, "<</Length %d>>\nstream\n%s\nendstream", len(content), content),
	}
	var b, refs bytes.Buffer
	b.WriteString("%PDF-1.4\n")
	for i, o := range objects {
		fmt.Fprintf(&refs, "%010d 00000 n \n", b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	start, n := b.Len(), len(objects)+1
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n%strailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", n, refs.Bytes(), n, start)
	return b.Bytes()
}
