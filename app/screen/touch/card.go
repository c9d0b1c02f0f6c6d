package touch

import (
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"zhizhu/app/screen/theme"
)

// card is a ground with an outline and rounded corners, drawn as one square fill, four thin ones and four small
// pictures over its corners.
type card struct {
	kit     *Kit
	ground  *theme.Fill
	edges   [4]*theme.Fill
	corners [4]*canvas.Image
	look    Look
	rect    Rect
	shown   bool
}

func newCard(k *Kit) *card {
	c := &card{kit: k}
	none := k.Palette.Page
	c.ground = theme.NewFill(none, k.Shaders)
	for i := range c.edges {
		c.edges[i] = theme.NewFill(none, k.Shaders)
		c.corners[i] = &canvas.Image{ScaleMode: canvas.ImageScalePixels, FillMode: canvas.ImageFillStretch}
		c.corners[i].Hide()
	}
	return c
}

// objects returns the parts in drawing order.
func (c *card) objects() []fyne.CanvasObject {
	all := []fyne.CanvasObject{c.ground.Object()}
	for _, e := range c.edges {
		all = append(all, e.Object())
	}
	for _, i := range c.corners {
		all = append(all, i)
	}
	return all
}

// show draws the card at a place; unchanged parts are left alone, since each refresh costs a texture.
func (c *card) show(r Rect, l Look) {
	r = snap(r)
	if c.shown && c.look == l && c.rect == r {
		return
	}
	recolour := !c.shown || c.look != l
	c.rect, c.look, c.shown = r, l, true
	c.ground.Show(r.X, r.Y, r.W, r.H, l.Ground)
	c.showEdges(r, l)
	c.showCorners(r, l, recolour)
}

func (c *card) showEdges(r Rect, l Look) {
	w := l.LineWidth
	sides := [4]Rect{
		{r.X, r.Y, r.W, w},
		{r.X, r.Below() - w, r.W, w},
		{r.X, r.Y + w, w, r.H - 2*w},
		{r.Right() - w, r.Y + w, w, r.H - 2*w},
	}
	for i, e := range c.edges {
		if w <= 0 {
			e.Hide()
			continue
		}
		e.Show(sides[i].X, sides[i].Y, sides[i].W, sides[i].H, l.Line)
	}
}

func (c *card) showCorners(r Rect, l Look, recolour bool) {
	n := float32(math.Round(float64(l.Radius)))
	at := [4]Rect{
		{r.X, r.Y, n, n},
		{r.Right() - n, r.Y, n, n},
		{r.Right() - n, r.Below() - n, n, n},
		{r.X, r.Below() - n, n, n},
	}
	for i, img := range c.corners {
		if n <= 0 || r.W < 2*n || r.H < 2*n {
			img.Hide()
			continue
		}
		if recolour || img.Image == nil {
			stroke := l.Line
			if l.LineWidth <= 0 {
				stroke = l.Ground
			}
			pic := c.kit.corner(theme.Corner{
				Radius: int(n), Line: int(l.LineWidth), Quadrant: i, Outside: l.Around, Stroke: stroke,
			})
			if img.Image != pic {
				img.Image = pic
				img.Refresh()
			}
		}
		place(img, at[i])
		img.Show()
	}
}

func (c *card) hide() {
	if !c.shown {
		return
	}
	c.shown = false
	for _, o := range c.objects() {
		o.Hide()
	}
}

func snap(r Rect) Rect {
	x, y := roundf(r.X), roundf(r.Y)
	return Rect{x, y, roundf(r.Right()) - x, roundf(r.Below()) - y}
}

func roundf(v float32) float32 { return float32(math.Round(float64(v))) }

func place(o fyne.CanvasObject, r Rect) {
	o.Move(fyne.NewPos(r.X, r.Y))
	o.Resize(fyne.NewSize(r.W, r.H))
}
