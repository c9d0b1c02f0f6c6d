package escpos

import (
	"errors"
	"fmt"
	"image"
	"strings"
	"unicode"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// Dots of a character cell at size 1: a full-width character is two cells wide.
const (
	cellW    = 12
	cellH    = 24
	baseline = 21 // from the top of a cell; 0.88 em, as Chinese fonts have it
	ink24    = 0x60
)

// Glyphs draws characters with a font. It keeps nothing of what it has drawn. Safe for several goroutines.
type Glyphs struct{ font *opentype.Font }

// NewGlyphs reads an OpenType or TrueType font, or the Simplified Chinese face of a collection.
func NewGlyphs(data []byte) (*Glyphs, error) {
	c, err := opentype.ParseCollection(data)
	if err != nil {
		return nil, fmt.Errorf("parse font: %w", err)
	}
	for i := range c.NumFonts() {
		f, err := c.Font(i)
		if err != nil {
			return nil, fmt.Errorf("open face %d of font: %w", i, err)
		}
		name, err := f.Name(nil, sfnt.NameIDFull)
		if c.NumFonts() == 1 || err == nil && strings.Contains(name, " SC") {
			return &Glyphs{font: f}, nil
		}
	}
	return nil, errors.New("find a Simplified Chinese face: the font collection has none")
}

// pen draws one line of text. It is made anew for each document, so that nothing of it outlives the document.
type pen struct {
	glyphs *Glyphs
	faces  map[int]font.Face // by pixels an em
	buf    sfnt.Buffer
	// missing counts characters that the font lacks and that were drawn as a box with their code.
	missing int
}

func newPen(g *Glyphs) *pen { return &pen{glyphs: g, faces: map[int]font.Face{}} }

func (p *pen) face(px int) (font.Face, error) {
	if f := p.faces[px]; f != nil {
		return f, nil
	}
	f, err := opentype.NewFace(p.glyphs.font, &opentype.FaceOptions{Size: float64(px), DPI: 72, Hinting: font.HintingNone})
	if err != nil {
		return nil, fmt.Errorf("make face: %w", err)
	}
	p.faces[px] = f
	return f, nil
}

// line draws s from x on; the cells are size times as large as a printer's own.
func (p *pen) line(dst *Bitmap, s string, x, y, size int, thick bool) error {
	f, err := p.face(cellH * size)
	if err != nil {
		return err
	}
	last := x
	for _, r := range s {
		w := cells(r) * cellW * size
		at := x
		if w == 0 { // a mark above or below the character before it
			at = last
		}
		if err := p.rune(dst, f, r, image.Rect(at, y, at+max(w, cellW*size), y+cellH*size), thick); err != nil {
			return err
		}
		last, x = at, x+w
	}
	return nil
}

// rune draws one character into its cell, squeezed where it is wider than the cell.
func (p *pen) rune(dst *Bitmap, f font.Face, r rune, cell image.Rectangle, thick bool) error {
	if r == ' ' || r == '\u3000' {
		return nil
	}
	id, err := p.glyphs.font.GlyphIndex(&p.buf, r)
	if err != nil {
		return fmt.Errorf("look up glyph: %w", err)
	}
	if id == 0 {
		if !unicode.Is(unicode.Mn, r) {
			p.missing++
			drawCode(dst, r, cell)
		}
		return nil
	}
	size := cell.Dy() / cellH
	dr, mask, mp, adv, ok := f.Glyph(fixed.P(0, baseline*size), r)
	if !ok {
		return errors.New("draw glyph: the font's outline can't be read")
	}
	full := max(adv.Ceil(), 1)
	squeeze := max(full, cell.Dx())
	left := max(cell.Dx()-full, 0) / 2
	for y := dr.Min.Y; y < dr.Max.Y; y++ {
		for x := dr.Min.X; x < dr.Max.X; x++ {
			_, _, _, a := mask.At(mp.X+x-dr.Min.X, mp.Y+y-dr.Min.Y).RGBA()
			if a>>8 < ink24 {
				continue
			}
			px := cell.Min.X + left + x*cell.Dx()/squeeze
			dst.Set(px, cell.Min.Y+y)
			for i := 1; thick && i <= size; i++ {
				dst.Set(px+i, cell.Min.Y+y)
			}
		}
	}
	return nil
}

// tiny holds the hexadecimal digits, three dots wide and five high, a row an octal digit.
var tiny = [16]uint16{
	0o75557, 0o26227, 0o71747, 0o71717, 0o55711, 0o74717, 0o74757, 0o71111,
	0o75757, 0o75717, 0o75755, 0o65656, 0o74447, 0o65556, 0o74747, 0o74744,
}

// drawCode draws a box with the character's code in it, so that a person can look it up.
func drawCode(dst *Bitmap, r rune, cell image.Rectangle) {
	box := cell.Inset(1)
	for x := box.Min.X; x < box.Max.X; x++ {
		dst.Set(x, box.Min.Y)
		dst.Set(x, box.Max.Y-1)
	}
	for y := box.Min.Y; y < box.Max.Y; y++ {
		dst.Set(box.Min.X, y)
		dst.Set(box.Max.X-1, y)
	}
	scale := max(cell.Dy()/cellH, 1)
	perRow := min(max((box.Dx()/scale-3)/4, 1), 3)
	for i := range 6 {
		digit := tiny[r>>(4*(5-i))&0xf]
		left := box.Min.X + scale*(3+4*(i%perRow))
		top := box.Min.Y + scale*(3+6*(i/perRow))
		if top+5*scale > box.Max.Y {
			return
		}
		drawDigit(dst, digit, left, top, scale)
	}
}

func drawDigit(dst *Bitmap, digit uint16, left, top, scale int) {
	for y := range 5 * scale {
		for x := range 3 * scale {
			if digit>>(14-(y/scale)*3-x/scale)&1 != 0 {
				dst.Set(left+x, top+y)
			}
		}
	}
}
