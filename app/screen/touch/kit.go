package touch

import (
	"image"
	"image/color"

	"zhizhu/app/screen/theme"
)

// Kit is what all controls of one window share. Use it on Fyne's goroutine only.
type Kit struct {
	Metrics *theme.Metrics
	Palette *theme.Palette
	Ruler   *theme.Ruler
	Icons   *theme.Icons
	Shaders bool // the painter can run shaders
	// Allow says whether a touch counts now; nil allows all. It keeps a bouncing finger from answering the next page.
	Allow func() bool
	// Later runs a function on Fyne's goroutine a moment later; nil where there is no clock.
	Later func(func())

	corners map[theme.Corner]*image.NRGBA
}

// corner returns the picture of a corner, made once.
func (k *Kit) corner(c theme.Corner) *image.NRGBA {
	if img, ok := k.corners[c]; ok {
		return img
	}
	if k.corners == nil {
		k.corners = map[theme.Corner]*image.NRGBA{}
	}
	img := c.Picture()
	k.corners[c] = img
	return img
}

// Forget drops what was made for colours and sizes that are no longer used.
func (k *Kit) Forget() { k.corners = nil }

// Rect is a place on a board, in pixels.
type Rect struct{ X, Y, W, H float32 }

// Inset returns the rectangle without a border of d.
func (r Rect) Inset(d float32) Rect { return Rect{r.X + d, r.Y + d, r.W - 2*d, r.H - 2*d} }

// Below returns where the rectangle ends.
func (r Rect) Below() float32 { return r.Y + r.H }

// Right returns where the rectangle ends.
func (r Rect) Right() float32 { return r.X + r.W }

// Overlaps reports whether two rectangles share more than an edge.
func (r Rect) Overlaps(o Rect) bool {
	return r.X+0.5 < o.Right() && o.X+0.5 < r.Right() && r.Y+0.5 < o.Below() && o.Y+0.5 < r.Below()
}

// Within reports whether the rectangle lies in another.
func (r Rect) Within(o Rect) bool {
	return r.X >= o.X-0.5 && r.Y >= o.Y-0.5 && r.Right() <= o.Right()+0.5 && r.Below() <= o.Below()+0.5
}

// Columns cuts a rectangle into n columns with gaps.
func (r Rect) Columns(n int, gap float32) []Rect {
	w := (r.W - gap*float32(n-1)) / float32(n)
	all := make([]Rect, n)
	for i := range all {
		all[i] = Rect{r.X + float32(i)*(w+gap), r.Y, w, r.H}
	}
	return all
}

// Grid cuts a rectangle into cells, row by row.
func (r Rect) Grid(cols, rows int, gap float32) []Rect {
	h := (r.H - gap*float32(rows-1)) / float32(rows)
	var all []Rect
	for i := range rows {
		row := Rect{r.X, r.Y + float32(i)*(h+gap), r.W, h}
		all = append(all, row.Columns(cols, gap)...)
	}
	return all
}

// Look is how a card or a control is drawn: its ground, its outline, the ground around its corners.
type Look struct {
	Ground, Line, Around color.NRGBA
	LineWidth, Radius    float32 // LineWidth 0: no outline
}
