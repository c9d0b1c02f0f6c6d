package screen

import (
	"zhizhu/app/screen/theme"
	"zhizhu/app/screen/touch"
	"zhizhu/app/visit"
)

// staff is the diagnostics page: names and values, for whoever repairs the machine.
func (d *draw) staff(area touch.Rect, body *visit.StaffBody) {
	m := d.m
	cols := 1
	if m.Landscape {
		cols = 2
	}
	w := area.Columns(cols, m.Gap())[0].W
	pad := m.Px(24)
	labelW := (w - 2*pad) * 0.34
	valueW := w - 2*pad - labelW
	label, value := d.quiet(theme.Body), d.bold(theme.Body)
	var blocks []block
	for _, p := range body.Rows {
		h := max(d.Height(p.Label, labelW-m.Px(12), label), d.Height(p.Value, valueW, value)) + 2*m.Px(12)
		blocks = append(blocks, block{h, func(r touch.Rect) {
			d.Card(r, d.p.Surface, d.p.Rule, 0)
			d.Text(touch.Rect{X: r.X + pad, Y: r.Y + m.Px(12), W: labelW - m.Px(12)}, p.Label, label)
			d.Text(touch.Rect{X: r.X + pad + labelW, Y: r.Y + m.Px(12), W: valueW}, p.Value, value)
		}})
	}
	d.stack(area, blocks, cols, pager{})
}
