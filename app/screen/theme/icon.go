package theme

import (
	"bytes"
	"fmt"
	"image/color"
	"math"
	"regexp"
	"strconv"

	"fyne.io/fyne/v2"

	"zhizhu/assets"
)

// Icons gives the icons in the colours and sizes that are asked for. Each is one resource with a name of its own, because
// Fyne keeps drawn SVGs by name and size. Use it on Fyne's goroutine only.
type Icons struct {
	made map[string]fyne.Resource

	stroke, viewBox *regexp.Regexp
}

// NewIcons returns an empty set.
func NewIcons() *Icons {
	return &Icons{
		made:    map[string]fyne.Resource{},
		stroke:  regexp.MustCompile(`stroke-width="([0-9.]+)"`),
		viewBox: regexp.MustCompile(`viewBox="0 0 ([0-9.]+) ([0-9.]+)"`),
	}
}

// Get returns an icon in a colour, to be drawn into a rectangle of that many pixels. An unknown name gets the info icon,
// so that a wrong name in the catalogue never empties a tile.
//
// Fyne's SVG renderer scales paths but not the width of strokes, so that is done here: lines stay in proportion.
func (i *Icons) Get(name string, c color.NRGBA, width, height float32) fyne.Resource {
	key := fmt.Sprintf("%s-%02X%02X%02X-%.0fx%.0f.svg", name, c.R, c.G, c.B, width, height)
	if r, ok := i.made[key]; ok {
		return r
	}
	svg, ok := assets.Icon(name)
	if !ok {
		svg, _ = assets.Icon("info")
	}
	ink := fmt.Sprintf("#%02X%02X%02X", c.R, c.G, c.B)
	svg = bytes.ReplaceAll(svg, []byte("currentColor"), []byte(ink))
	scale := i.scale(svg, width, height)
	svg = i.stroke.ReplaceAllFunc(svg, func(m []byte) []byte {
		w, err := strconv.ParseFloat(string(i.stroke.FindSubmatch(m)[1]), 64)
		if err != nil {
			return m
		}
		return fmt.Appendf(nil, `stroke-width="%.3f"`, w*scale)
	})
	r := fyne.NewStaticResource(key, svg)
	i.made[key] = r
	return r
}

// scale returns pixels for one unit of the picture when it is fitted into a rectangle.
func (i *Icons) scale(svg []byte, width, height float32) float64 {
	m := i.viewBox.FindSubmatch(svg)
	if m == nil {
		return 1
	}
	w, errW := strconv.ParseFloat(string(m[1]), 64)
	h, errH := strconv.ParseFloat(string(m[2]), 64)
	if errW != nil || errH != nil || w <= 0 || h <= 0 {
		return 1
	}
	return math.Min(float64(width)/w, float64(height)/h)
}
