package theme

import (
	"image"
	"image/color"
	"math"
)

// Corner says how one corner of a card is drawn over its square fill.
type Corner struct {
	Radius, Line int
	Quadrant     int         // 0 top left, 1 top right, 2 bottom right, 3 bottom left
	Outside      color.NRGBA // the ground on which the card lies
	Stroke       color.NRGBA // the outline; the fill's own colour where there is none
}

// Picture returns the corner: the ground outside the arc, the outline along it, nothing inside. Four small pictures
// over a square fill cost far less than one large rounded rectangle.
func (c Corner) Picture() *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, c.Radius, c.Radius))
	r := float64(c.Radius)
	for y := range c.Radius {
		for x := range c.Radius {
			px, py := x, y
			if c.Quadrant == 1 || c.Quadrant == 2 {
				px = c.Radius - 1 - x
			}
			if c.Quadrant >= 2 {
				py = c.Radius - 1 - y
			}
			d := math.Hypot(r-float64(px)-0.5, r-float64(py)-0.5)
			img.SetNRGBA(x, y, c.at(d))
		}
	}
	return img
}

// at returns the colour at a distance from the arc's centre, smoothed over one pixel.
func (c Corner) at(d float64) color.NRGBA {
	out := clamp(d - float64(c.Radius) + 0.5)
	in := 1.0
	if c.Line > 0 {
		in = clamp(float64(c.Radius-c.Line) - d + 0.5)
	}
	line := clamp(1 - out - in)
	if c.Line == 0 {
		line = 0
	}
	a := out + line
	if a == 0 {
		return color.NRGBA{}
	}
	mix := func(o, s uint8) uint8 { return uint8(math.Round((float64(o)*out + float64(s)*line) / a)) }
	return color.NRGBA{
		R: mix(c.Outside.R, c.Stroke.R), G: mix(c.Outside.G, c.Stroke.G), B: mix(c.Outside.B, c.Stroke.B),
		A: uint8(math.Round(a * 255)),
	}
}

func clamp(v float64) float64 { return math.Max(0, math.Min(1, v)) }
