package screen

import (
	"zhizhu/app/screen/theme"
	"zhizhu/app/screen/touch"
	"zhizhu/app/visit"
)

// identify shows where the ID card is laid.
func (d *draw) identify(area touch.Rect, body *visit.IdentifyBody) {
	m := d.m
	if n := len(body.Others); n > 0 {
		cols := min(n, 2)
		rows := (n + cols - 1) / cols
		box := touch.Rect{X: area.X, W: area.W}
		h := m.Control()
		for i, c := range box.Columns(cols, m.Gap()) {
			for j := i; j < n; j += cols {
				h = max(h, d.Kit().TileHeight(d.spec(body.Others[j], touch.Button), c.W))
			}
		}
		box.H = h*float32(rows) + m.Gap()*float32(rows-1)
		limit := area.H - box.H - m.Gap()
		pic := area
		pic.H = min(limit, m.Px(680))
		d.reader(pic, body)
		box.Y = pic.Below() + m.Gap()
		for i, c := range box.Grid(cols, rows, m.Gap()) {
			if i < n {
				d.act(c, body.Others[i], touch.Button)
			}
		}
		return
	}
	area.H = min(area.H, m.Px(760))
	d.reader(area, body)
}

// reader draws a card above the place where it is laid.
func (d *draw) reader(r touch.Rect, body *visit.IdentifyBody) {
	m, p := d.m, d.p
	line := m.Line()
	edge := p.Rule
	if body.Reading {
		edge, line = p.Primary, line+2
	}
	if body.Retry {
		edge, line = p.WarmLine, line+2
	}
	d.Card(r, p.Surface, edge, line)
	w := min(r.W*0.8, (r.H-m.Px(80))*620/460, m.Px(640))
	h := w * 460 / 620
	pic := touch.Rect{X: r.X + (r.W-w)/2, Y: r.Y + (r.H-h)/2, W: w, H: h}
	d.Icon(pic, "card-on-reader", p.Primary)
	// The words stand on the reader's surface in the picture.
	scale := w / 620
	t := centre(touch.Type{Size: theme.Strong, Bold: true, Color: p.OnPrime, Shrink: true})
	d.Middle(touch.Rect{X: pic.X + 60*scale, Y: pic.Y + 312*scale, W: 500 * scale, H: 122 * scale}, body.Place, t)
}
