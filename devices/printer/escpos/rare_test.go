package escpos_test

import (
	"bytes"
	"flag"
	"image"
	"os"
	"path/filepath"
	"testing"

	"zhizhu/assets"
	"zhizhu/devices"
	"zhizhu/devices/printer/escpos"
	"zhizhu/devices/sim/paper"
)

var look = flag.String("look", "", "folder to write pictures of rare characters into")

// bundled are the fonts that the program carries.
func bundled(t testing.TB, dots int) escpos.Profile {
	t.Helper()
	g, err := escpos.NewGlyphs(assets.FontRegular())
	if err != nil {
		t.Fatal(err)
	}
	return escpos.Profile{Dots: dots, Glyphs: g, Code: checker, Rare: func(r rune) *escpos.Glyphs {
		b, ok := assets.RareFont(r)
		if !ok {
			return nil
		}
		g, err := escpos.NewGlyphs(b)
		if err != nil {
			t.Error(err)
		}
		return g
	}}
}

// inked lays out one line and returns the dots of the cells that are black.
func inked(t *testing.T, pr escpos.Profile, text string, size int, bold bool) (*image.Gray, int) {
	t.Helper()
	doc := devices.Document{Blocks: []devices.Block{{Text: text, Size: size, Bold: bold}}}
	job, err := escpos.Layout(doc, pr)
	if err != nil {
		t.Fatal(err)
	}
	receipts, err := paper.Receipts(job.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return receipts[0].Picture(nil, pr.Dots), job.Missing
}

func black(pic *image.Gray, r image.Rectangle) int {
	n := 0
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			if pic.GrayAt(x, y).Y == 0 {
				n++
			}
		}
	}
	return n
}

// Every character of a name is drawn in its own cell, whichever font it comes from, at each size.
func TestRareNamesAreDrawn(t *testing.T) {
	t.Parallel()
	pr := bundled(t, 576)
	name := []rune("㐂𠮷䶮𬭎𪚥𤢕𥻦𦶜𫢸𣽊")
	for size := 1; size <= 2; size++ {
		pic, missing := inked(t, pr, string(name), size, false)
		if missing != 0 {
			t.Errorf("size %d: %d missing", size, missing)
		}
		for i, r := range name {
			cell := image.Rect(i*24*size, 0, (i+1)*24*size, 30*size)
			if n := black(pic, cell); n < 60*size || n > 500*size*size {
				t.Errorf("size %d: %c has %d black dots", size, r, n)
			}
		}
		if n := black(pic, image.Rect(len(name)*24*size, 0, 576, 54)); n > 0 {
			t.Errorf("size %d: %d dots outside of the cells", size, n)
		}
	}
}

// A horizontal stroke of a Mincho font survives wherever it lies: 𠄞 (two), 𠤎 … are made of them.
func TestThinStrokesSurvive(t *testing.T) {
	t.Parallel()
	pr := bundled(t, 576)
	for text, rows := range map[string]int{"\U00020010": 1, "\U0002001E": 2, "\U0002053A": 2} {
		if _, ok := assets.RareFont([]rune(text)[0]); !ok {
			t.Fatalf("%s is not rare", text)
		}
		pic, _ := inked(t, pr, text, 1, false)
		found := 0
		for y := range 30 {
			if run(pic, y) >= 8 && (y == 0 || run(pic, y-1) < 8) {
				found++
			}
		}
		if found < rows {
			t.Errorf("%s: %d horizontal strokes, want %d", text, found, rows)
		}
	}
}

// run is the longest run of black dots of a row.
func run(pic *image.Gray, y int) int {
	best, n := 0, 0
	for x := range pic.Rect.Dx() {
		if n++; pic.GrayAt(x, y).Y != 0 {
			n = 0
		}
		best = max(best, n)
	}
	return best
}

// Old systems kept rare characters in the private use area. They are drawn as what they mean; others stay a box with
// their code.
func TestPrivateUseCharacters(t *testing.T) {
	t.Parallel()
	pr := bundled(t, 576)
	for old, now := range map[string]string{
		"\ue863": "䶮", "\ue816": "\U00020087", "\ue81e": "\u9fb4", "\ue864": "\u9fbb", "\ue78d": "\ufe10", "\ue82e": "㱮", "\ue844": "䜣",
	} {
		a, missing := inked(t, pr, old+"㐂", 1, false)
		b, _ := inked(t, pr, now+"㐂", 1, false) // rare, so that the line is drawn in any case
		if missing != 0 || !bytes.Equal(a.Pix[:24*a.Stride], b.Pix[:24*a.Stride]) {
			t.Errorf("%+q isn't drawn as %s (%d missing)", old, now, missing)
		}
	}
	if _, missing := inked(t, pr, "\ue000\uf8ff", 1, false); missing != 2 {
		t.Errorf("%d missing, want 2", missing)
	}
}

// go test -run Look -look DIR writes what is to be judged by eye.
func TestLook(t *testing.T) {
	t.Parallel()
	pr := bundled(t, 576)
	doc := devices.Document{Blocks: []devices.Block{
		{Kind: devices.PairBlock, Label: "姓名", Text: "陈㐂𠮷䶮𬭎𪚥"},
		{Kind: devices.PairBlock, Label: "姓名", Text: "𤢕𥻦𦶜𫢸𣽊𡿺𢆡𠀾𩷶\ue863", Bold: true},
		{Text: "陈㐂𠮷䶮𬭎𪚥𤢕𥻦𦶜", Size: 2},
		{Text: "陈㐂𠮷䶮𬭎𪚥𤢕𥻦𦶜", Size: 2, Bold: true},
		{Text: "广东省梅州市梅县区𡶶岃镇𠝹𪨶村😀\ue001ñ①●—"},
	}}
	job, err := escpos.Layout(doc, pr)
	if err != nil || job.Missing != 2 {
		t.Fatalf("%d missing, want the emoji and the private character: %v", job.Missing, err)
	}
	if *look == "" {
		return
	}
	font, err := paper.NewFont(assets.FontRegular())
	if err != nil {
		t.Fatal(err)
	}
	receipts, err := paper.Receipts(job.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(filepath.Join(*look, "rare.png"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if err := receipts[0].WritePNG(f, font, 576); err != nil {
		t.Fatal(err)
	}
}
