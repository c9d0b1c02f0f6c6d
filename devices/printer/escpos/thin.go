package escpos

import (
	"errors"
	"image"

	"golang.org/x/image/math/fixed"
)

// A Mincho (Song) font has horizontal strokes of half a dot at 24 dots a character: between two rows of dots they would
// vanish. Such characters are drawn finer first, their strokes are made a little thicker upwards and downwards, and a
// dot is set where enough of it is covered. The numbers were chosen by looking at some hundred characters: with them no
// stroke is lost in the worst position, and few gaps close.
const (
	fine      = 8   // parts of a dot in each direction
	thicker   = 3   // parts that a stroke gets thicker
	thinInk   = 104 // of 255
	thinAbove = 1   // parts of the thickening that go upwards
)

// thin draws a character of a font with thin strokes: its coverage on a grid of dots, for the ink threshold thinInk, and
// how far it advances in dots.
func (p *pen) thin(g *Glyphs, r rune, size int) (*image.Alpha, int, error) {
	f, err := p.face(g, cellH*size*fine)
	if err != nil {
		return nil, 0, err
	}
	dr, mask, mp, adv, ok := f.Glyph(fixed.P(0, baseline*size*fine), r)
	if !ok {
		return nil, 0, errOutline
	}
	out := image.NewAlpha(image.Rect(floor(dr.Min.X), floor(dr.Min.Y-fine), floor(dr.Max.X)+1, floor(dr.Max.Y+fine)+1))
	sums := make([]int, len(out.Pix))
	at := func(x, y int) int {
		if y < dr.Min.Y || y >= dr.Max.Y {
			return 0
		}
		_, _, _, a := mask.At(mp.X+x-dr.Min.X, mp.Y+y-dr.Min.Y).RGBA()
		return int(a >> 8)
	}
	for y := dr.Min.Y - thicker; y < dr.Max.Y+thicker; y++ {
		for x := dr.Min.X; x < dr.Max.X; x++ {
			most := 0
			for k := -thinAbove; k <= thicker-thinAbove; k++ {
				most = max(most, at(x, y+k))
			}
			sums[out.PixOffset(floor(x), floor(y))] += most
		}
	}
	for i, s := range sums {
		out.Pix[i] = uint8(s / (fine * fine))
	}
	return out, (adv.Ceil() + fine - 1) / fine, nil
}

// floor is the dot in which a part of one lies.
func floor(part int) int {
	if part < 0 {
		return -((-part + fine - 1) / fine)
	}
	return part / fine
}

var errOutline = errors.New("draw glyph: the font's outline can't be read")
