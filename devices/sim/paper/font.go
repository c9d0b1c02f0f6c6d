package paper

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// Font draws a simulated printer's characters. A nil Font draws frames.
type Font struct{ face *opentype.Font }

// NewFont reads an OpenType or TrueType font, or the Simplified Chinese face of a collection.
func NewFont(data []byte) (*Font, error) {
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
			return &Font{face: f}, nil
		}
	}
	return nil, errors.New("find a Simplified Chinese face: the font collection has none")
}

// draw prints one character with its top left corner at x, y, stretched to its size.
func (f *Font) draw(dst *image.Gray, g glyph, x, y int) {
	if g.r == ' ' || g.r == '\u3000' {
		return
	}
	mask := f.mask(g.r)
	if mask == nil {
		mask = frame(g)
	}
	b := mask.Bounds()
	squeeze := 1.0
	if cell := g.dots() / g.w; b.Max.X > cell {
		squeeze = float64(b.Max.X) / float64(cell)
	}
	for dy := range cellH * g.h {
		for dx := range g.dots() {
			mx := int(float64(dx/g.w) * squeeze)
			if mask.GrayAt(mx, dy/g.h).Y < 0x60 && (!g.bold || dx == 0 || mask.GrayAt(mx-1, dy/g.h).Y < 0x60) {
				continue
			}
			dst.SetGray(x+dx, y+dy, color.Gray{})
		}
	}
}

// mask is the character at 24 dots, white on black; nil where the font lacks it.
func (f *Font) mask(r rune) *image.Gray {
	if f == nil {
		return nil
	}
	if id, err := f.face.GlyphIndex(nil, r); err != nil || id == 0 {
		return nil
	}
	face, err := opentype.NewFace(f.face, &opentype.FaceOptions{Size: cellH, DPI: 72})
	if err != nil {
		return nil
	}
	adv, _ := face.GlyphAdvance(r)
	m := image.NewGray(image.Rect(0, 0, max(adv.Ceil(), 1), cellH))
	d := font.Drawer{Dst: m, Src: image.White, Face: face, Dot: fixed.P(0, 21)}
	d.DrawString(string(r))
	return m
}

// frame stands for a character that can't be drawn.
func frame(g glyph) *image.Gray {
	w := g.dots() / g.w
	m := image.NewGray(image.Rect(0, 0, w, cellH))
	for x := 1; x < w-1; x++ {
		m.SetGray(x, 2, color.Gray{Y: 0xff})
		m.SetGray(x, cellH-3, color.Gray{Y: 0xff})
	}
	for y := 2; y < cellH-2; y++ {
		m.SetGray(1, y, color.Gray{Y: 0xff})
		m.SetGray(w-2, y, color.Gray{Y: 0xff})
	}
	return m
}
