package escpos

import (
	"errors"
	"fmt"
	"strings"

	"zhizhu/devices"
)

// Profile is what a document is laid out for.
type Profile struct {
	Dots int // printable width: 576 (80 mm paper), 512 (80 mm, Epson TM-T88), 384 (58 mm)
	// DrawChinese says that the printer has no Chinese font: every line that isn't plain ASCII is drawn.
	DrawChinese bool
	// Band is how many bytes of a picture one command has at the most, but always a row at least; 0 is 1152.
	Band int
	// NativeQR says that the printer makes QR codes itself.
	NativeQR bool
	// Glyphs draws what the printer's font can't say; nil prints 〓 instead.
	Glyphs *Glyphs
	// Rare finds a font for a character that Glyphs lacks; nil, or nil returned, draws a box with its code.
	Rare func(r rune) *Glyphs
	// Code makes the modules of a QR code, one dot each, with its quiet zone. Nil, or an error of it, prints the text.
	Code func(text string) (*Bitmap, error)
}

// Job is a document ready to be sent.
type Job struct {
	Pieces []Piece
	// Missing counts characters that neither the printer nor the font has: they came out as 〓 or as a box with the code.
	Missing int
}

// Bytes is the job as one stream.
func (j Job) Bytes() []byte {
	var b []byte
	for _, p := range j.Pieces {
		b = append(b, p.Bytes...)
	}
	return b
}

// Dots is how far the paper moves in all.
func (j Job) Dots() int {
	n := 0
	for _, p := range j.Pieces {
		n += p.Dots
	}
	return n
}

// Layout turns a document into a job: from an initialisation to the cut.
func Layout(doc devices.Document, pr Profile) (Job, error) {
	if pr.Dots < 2*cellW*4 {
		return Job{}, fmt.Errorf("lay out document: %d dots are too narrow, use 576, 512 or 384", pr.Dots)
	}
	l := &layout{Profile: pr, size: 1}
	if pr.Glyphs != nil {
		l.pen = newPen(pr.Glyphs, pr.Rare)
	}
	l.add(Init(), chinese())
	for i := 0; i < len(doc.Blocks); i++ {
		if doc.Blocks[i].Kind == devices.PairBlock {
			n := pairs(doc.Blocks[i:])
			if err := l.pairs(doc.Blocks[i : i+n]); err != nil {
				return Job{}, err
			}
			i += n - 1
			continue
		}
		if err := l.block(doc.Blocks[i]); err != nil {
			return Job{}, err
		}
	}
	l.mode(1, false, devices.Left)
	l.job.Pieces = append(l.job.Pieces, Eject()...)
	return l.job, nil
}

type layout struct {
	Profile
	pen *pen
	job Job

	size  int
	bold  bool
	align devices.Align
}

func (l *layout) add(cmds ...[]byte) {
	for _, c := range cmds {
		l.job.Pieces = append(l.job.Pieces, Piece{Bytes: c})
	}
}

// mode sends what differs from the mode that the printer is in. It is called at the start of a line only.
func (l *layout) mode(n int, thick bool, a devices.Align) {
	if n != l.size {
		l.add(size(n))
	}
	if thick != l.bold {
		l.add(bold(thick))
	}
	if a != l.align {
		l.add(align(int(a)))
	}
	l.size, l.bold, l.align = n, thick, a
}

func (l *layout) cells(n int) int { return l.Profile.Dots / cellW / n }

func sizeOf(b devices.Block) int { return min(max(b.Size, 1), 4) }

func (l *layout) block(b devices.Block) error {
	switch b.Kind {
	case devices.TextBlock:
		for _, s := range wrap(clean(b.Text), l.cells(sizeOf(b))) {
			if err := l.line(s, sizeOf(b), b.Bold, b.Align); err != nil {
				return err
			}
		}
		return nil
	case devices.RuleBlock:
		return l.line(strings.Repeat("─", l.cells(1)/2), 1, false, devices.Left)
	case devices.CodeBlock:
		return l.code(b.Text)
	case devices.FeedBlock:
		l.job.Pieces = append(l.job.Pieces, feed(b.Lines))
		return nil
	case devices.PairBlock:
		return l.pairs([]devices.Block{b})
	case devices.ColumnsBlock:
		for _, s := range columnLines(b.Columns, l.cells(sizeOf(b))) {
			if err := l.line(s, sizeOf(b), b.Bold, devices.Left); err != nil {
				return err
			}
		}
		return nil
	}
	return errors.New("lay out document: unknown kind of block " + itoa(int(b.Kind)))
}

// pairs counts the pair blocks that stand together at the start.
func pairs(bs []devices.Block) int {
	n := 0
	for n < len(bs) && bs[n].Kind == devices.PairBlock && sizeOf(bs[n]) == sizeOf(bs[0]) {
		n++
	}
	return n
}

// pairs lays out neighbouring pairs as two columns: the texts begin under each other.
func (l *layout) pairs(bs []devices.Block) error {
	n := sizeOf(bs[0])
	total := l.cells(n)
	column := 0
	for _, b := range bs {
		if w := width(label(b)) + 1; w <= total/2 {
			column = max(column, w)
		}
	}
	column += column % 2 // full-width characters stand under each other
	for _, b := range bs {
		for _, s := range pairLines(label(b), clean(b.Text), column, total) {
			if err := l.line(s, n, b.Bold, devices.Left); err != nil {
				return err
			}
		}
	}
	return nil
}

// label is the cleaned label of a pair, in one line.
func label(b devices.Block) string { return strings.ReplaceAll(clean(b.Label), "\n", " ") }

// pairLines sets a label and, from column on, its text. A label that doesn't fit before the column has its own lines.
func pairLines(label, text string, column, total int) []string {
	var out []string
	indent := strings.Repeat(" ", column)
	first := label + strings.Repeat(" ", max(column-width(label), 0))
	if width(label)+1 > column {
		out = wrap(label, total)
		if column == 0 {
			indent = "  "
		}
		first = indent
	}
	for i, s := range wrap(text, total-width(indent)) {
		if i > 0 {
			first = indent
		}
		out = append(out, strings.TrimRight(first+s, " "))
	}
	return out
}

// line prints one line of cleaned text that fits, as text where the printer can say it, else as a picture.
func (l *layout) line(s string, n int, thick bool, a devices.Align) error {
	if sayable(s) && (!l.DrawChinese || ascii(s) || l.pen == nil) || l.pen == nil {
		l.mode(n, thick, a)
		for _, r := range s {
			if charCode(r) == nil {
				l.job.Missing++
			}
		}
		l.job.Pieces = append(l.job.Pieces, Piece{Bytes: append(encode(s), lf), Dots: max(lineDots, n*cellH)})
		return nil
	}
	const air = (lineDots - cellH) / 2
	pic := NewBitmap(l.Profile.Dots, n*cellH+2*air)
	x := 0
	switch free := max(l.Profile.Dots-width(s)*cellW*n, 0); a {
	case devices.Left:
	case devices.Centre:
		x = free / 2
	case devices.Right:
		x = free
	}
	before := l.pen.missing
	if err := l.pen.line(pic, s, x, air, n, thick); err != nil {
		return fmt.Errorf("draw line: %w", err)
	}
	l.job.Missing += l.pen.missing - before
	l.mode(1, false, devices.Left)
	l.job.Pieces = append(l.job.Pieces, raster(pic.trim(), false, l.Band)...)
	return nil
}

// code prints a QR code in the middle: modules of 6 dots (0.75 mm) where half the paper's width is enough for
// that, else smaller.
func (l *layout) code(text string) error {
	if l.NativeQR && len(text) <= maxNativeQR && harmless(text) {
		l.mode(1, false, devices.Centre)
		l.job.Pieces = append(append(l.job.Pieces, feed(1)), nativeQR(text, l.Profile.Dots/96)...)
		l.job.Pieces = append(l.job.Pieces, feed(1))
		return nil
	}
	if l.Code != nil {
		if m, err := l.Code(text); err == nil && m.W*2 <= l.Profile.Dots {
			l.mode(1, false, devices.Centre)
			// Half the dots, doubled by the printer, are a quarter of the bytes.
			half := min(max(l.Profile.Dots/2/m.W/2, 1), 3)
			l.job.Pieces = append(l.job.Pieces, raster(m.enlarge(half), true, l.Band)...)
			return nil
		}
	}
	for _, s := range wrap(clean(text), l.cells(1)) {
		if err := l.line(s, 1, false, devices.Centre); err != nil {
			return err
		}
	}
	return nil
}
