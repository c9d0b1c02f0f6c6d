package screen

import (
	"zhizhu/app/screen/theme"
	"zhizhu/app/screen/touch"
	"zhizhu/app/visit"
)

// materials lists what is needed, and how each is met.
func (d *draw) materials(area touch.Rect, body *visit.MaterialsBody) {
	d.wrong(&area, body.Wrong)
	var blocks []block
	for _, row := range body.Rows {
		h := d.materialRow(touch.Rect{X: area.X, W: area.W}, row, true)
		blocks = append(blocks, block{h, func(r touch.Rect) { d.materialRow(r, row, false) }})
	}
	d.stack(area, blocks, 1, pager{})
}

// materialRow draws one material, or only measures it.
func (d *draw) materialRow(r touch.Rect, row visit.MaterialRow, measure bool) float32 {
	m, pad := d.m, d.m.Pad()
	w := r.W - 2*pad
	text := func(y float32, s string, t touch.Type) float32 {
		if measure {
			return d.Height(s, w, t)
		}
		return d.Text(touch.Rect{X: r.X + pad, Y: r.Y + y, W: w}, s, t)
	}
	if !measure {
		d.Card(r, d.p.Surface, d.p.Rule, d.outline())
	}
	y := m.Px(24)
	y += text(y, row.Name, d.bold(theme.Strong))
	y += text(y, row.Help, d.quiet(theme.Body))
	if row.Met != "" {
		y += m.Px(10) + d.metLine(touch.Rect{X: r.X + pad, Y: r.Y + y + m.Px(10), W: w}, row.Met, measure)
	}
	if n := len(row.Choices); n > 0 {
		y += m.Px(18)
		y += d.materialChoices(touch.Rect{X: r.X + pad, Y: r.Y + y, W: w}, row.Choices, measure)
	}
	return y + m.Px(24)
}

func (d *draw) metLine(r touch.Rect, words string, measure bool) float32 {
	side := d.m.Px(40)
	t := touch.Type{Size: theme.Body, Color: d.p.Good, Bold: true}
	left := side + d.m.Px(14)
	h := d.Height(words, r.W-left, t)
	if !measure {
		d.Icon(touch.Rect{X: r.X, Y: r.Y + (d.m.LineHeight(d.m.Text(theme.Body))-side)/2, W: side, H: side}, "circle-check", d.p.Good)
		d.Text(touch.Rect{X: r.X + left, Y: r.Y, W: r.W - left}, words, t)
	}
	return h
}

func (d *draw) materialChoices(r touch.Rect, all []visit.Action, measure bool) float32 {
	cells := r.Columns(len(all), d.m.Gap())
	h := max(d.m.Px(104), d.m.Target())
	for i, a := range all {
		h = max(h, d.Kit().TileHeight(d.choiceSpec(a), cells[i].W))
	}
	if measure {
		return h
	}
	old := d.Around(d.p.Surface)
	for i, a := range all {
		cells[i].H = h
		d.key(cells[i], d.choiceSpec(a), a)
	}
	d.Around(old)
	return h
}

func (d *draw) choiceSpec(a visit.Action) touch.Spec {
	s := d.spec(a, touch.Button)
	if a.Chosen {
		s.Icon = "circle-check"
	}
	return s
}

// outline is the line of cards: in guided mode cards have one, so that a weak eye finds their edges.
func (d *draw) outline() float32 {
	if d.m.Guided {
		return d.m.Line()
	}
	return 0
}
