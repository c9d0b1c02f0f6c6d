package escpos

import (
	"errors"
	"fmt"
	"image"
	"strings"

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
type Glyphs struct {
	font *opentype.Font
	thin bool // its horizontal strokes are too thin for 24 dots
}

// Has tells whether the font has a character.
func (g *Glyphs) Has(r rune) bool {
	id, err := g.font.GlyphIndex(nil, r)
	return err == nil && id != 0
}

// NewGlyphs reads an OpenType or TrueType font, or the Simplified Chinese face of a collection. A font that doesn't call
// itself Sans is taken for one with thin strokes.
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
			return &Glyphs{font: f, thin: err == nil && !strings.Contains(name, "Sans")}, nil
		}
	}
	return nil, errors.New("find a Simplified Chinese face: the font collection has none")
}

// pen draws one line of text. It is made anew for each document, so that nothing of it outlives the document.
type pen struct {
	glyphs *Glyphs
	rare   func(rune) *Glyphs // may be nil
	faces  map[faceKey]font.Face
	// missing counts characters that no font has and that were drawn as a box with their code.
	missing int
}

type faceKey struct {
	glyphs *Glyphs
	px     int // an em
}

func newPen(g *Glyphs, rare func(rune) *Glyphs) *pen {
	return &pen{glyphs: g, rare: rare, faces: map[faceKey]font.Face{}}
}

func (p *pen) face(g *Glyphs, px int) (font.Face, error) {
	key := faceKey{g, px}
	if f := p.faces[key]; f != nil {
		return f, nil
	}
	f, err := opentype.NewFace(g.font, &opentype.FaceOptions{Size: float64(px), DPI: 72, Hinting: font.HintingNone})
	if err != nil {
		return nil, fmt.Errorf("make face: %w", err)
	}
	p.faces[key] = f
	return f, nil
}

// find returns the font that has r, nil for none.
func (p *pen) find(r rune) *Glyphs {
	if p.glyphs.Has(r) {
		return p.glyphs
	}
	if p.rare != nil {
		if g := p.rare(r); g != nil && g.Has(r) {
			return g
		}
	}
	return nil
}

// line draws s from x on; the cells are size times as large as a printer's own.
func (p *pen) line(dst *Bitmap, s string, x, y, size int, thick bool) error {
	last := x
	for _, r := range s {
		w := cells(r) * cellW * size
		at := x
		if w == 0 { // a mark above or below the character before it
			at = last
		}
		if err := p.rune(dst, r, image.Rect(at, y, at+max(w, cellW*size), y+cellH*size), thick); err != nil {
			return err
		}
		last, x = at, x+w
	}
	return nil
}

// rune draws one character into its cell.
func (p *pen) rune(dst *Bitmap, r rune, cell image.Rectangle, thick bool) error {
	if r == ' ' || r == '\u3000' {
		return nil
	}
	r = assigned(r)
	g := p.find(r)
	if g == nil {
		p.missing++
		if cells(r) > 0 { // a mark's box would hide the character that it belongs to
			drawCode(dst, r, cell)
		}
		return nil
	}
	s, err := p.stamp(g, r, cell.Dy()/cellH)
	if err != nil {
		return err
	}
	s.press(dst, cell, thick)
	return nil
}

// stamp is a character on a grid of dots, with the top left corner of its cell at 0, 0.
type stamp struct {
	at      image.Rectangle
	mask    image.Image
	maskAt  image.Point
	advance int
	ink     uint32 // coverage, of 255, from which on a dot is set
}

func (p *pen) stamp(g *Glyphs, r rune, size int) (stamp, error) {
	if g.thin {
		m, adv, err := p.thin(g, r, size)
		if err != nil {
			return stamp{}, err
		}
		return stamp{at: m.Rect, mask: m, maskAt: m.Rect.Min, advance: adv, ink: thinInk}, nil
	}
	f, err := p.face(g, cellH*size)
	if err != nil {
		return stamp{}, err
	}
	dr, mask, mp, adv, ok := f.Glyph(fixed.P(0, baseline*size), r)
	if !ok {
		return stamp{}, errOutline
	}
	return stamp{at: dr, mask: mask, maskAt: mp, advance: adv.Ceil(), ink: ink24}, nil
}

func (s stamp) set(x, y int) bool {
	_, _, _, a := s.mask.At(s.maskAt.X+x-s.at.Min.X, s.maskAt.Y+y-s.at.Min.Y).RGBA()
	return a>>8 >= s.ink
}

func (s stamp) black() int {
	n := 0
	for y := s.at.Min.Y; y < s.at.Max.Y; y++ {
		for x := s.at.Min.X; x < s.at.Max.X; x++ {
			if s.set(x, y) {
				n++
			}
		}
	}
	return n
}

// press prints the stamp into a cell, squeezed where it is wider than the cell. A character that is black nearly all over
// (𪚥) is not made bold: nothing would be left to see.
func (s stamp) press(dst *Bitmap, cell image.Rectangle, thick bool) {
	full := max(s.advance, 1)
	squeeze := max(full, cell.Dx())
	left := max(cell.Dx()-full, 0) / 2
	thick = thick && s.black()*5 < cell.Dx()*cell.Dy()*3
	for y := s.at.Min.Y; y < s.at.Max.Y; y++ {
		for x := s.at.Min.X; x < s.at.Max.X; x++ {
			if !s.set(x, y) {
				continue
			}
			px := cell.Min.X + left + x*cell.Dx()/squeeze
			dst.Set(px, cell.Min.Y+y)
			for i := 1; thick && i <= cell.Dy()/cellH; i++ {
				dst.Set(px+i, cell.Min.Y+y)
			}
		}
	}
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
