package screen

import (
	"zhizhu/app/screen/theme"
	"zhizhu/app/screen/touch"
	"zhizhu/app/visit"
)

// records lists what this person lodged here.
func (d *draw) records(area touch.Rect, body *visit.RecordsBody) {
	if len(body.Rows) == 0 {
		d.nothing(area, body.Empty, "clipboard-list")
		return
	}
	var blocks []block
	for _, row := range body.Rows {
		h := d.record(touch.Rect{X: area.X, W: area.W}, row, true)
		blocks = append(blocks, block{h, func(r touch.Rect) { d.record(r, row, false) }})
	}
	d.stack(area, blocks, 1, d.viewPager(body.Prev, body.Next, body.PageOf))
}

func (d *draw) record(r touch.Rect, row visit.RecordRow, measure bool) float32 {
	m, pad := d.m, d.m.Pad()
	keyW := float32(0)
	w := r.W - 2*pad
	if row.Print != nil {
		keyW = max(m.Px(220), d.s.kit.Ruler.Width(row.Print.Label, m.Text(theme.Strong), true)+m.Px(120))
		w -= keyW + m.Gap()
	}
	type line struct {
		words string
		t     touch.Type
	}
	lines := []line{
		{row.Name, d.bold(theme.Strong)},
		{row.Number, d.ink(theme.Body)},
		{row.When, d.quiet(theme.Body)},
		{row.State, touch.Type{Size: theme.Body, Bold: true, Color: d.p.Primary}},
	}
	for _, words := range row.Words {
		lines = append(lines, line{words, d.ink(theme.Body)})
	}
	var h float32
	for _, l := range lines {
		h += d.Height(l.words, w, l.t)
	}
	keyH := max(m.Px(104), m.Target())
	total := max(h, keyH) + 2*m.Px(22)
	if measure {
		return total
	}
	d.Card(r, d.p.Surface, d.p.Rule, d.outline())
	y := r.Y + (r.H-h)/2
	for _, l := range lines {
		y += d.Text(touch.Rect{X: r.X + pad, Y: y, W: w}, l.words, l.t)
	}
	if row.Print != nil {
		old := d.Around(d.p.Surface)
		d.act(touch.Rect{X: r.Right() - pad - keyW, Y: r.Y + (r.H-keyH)/2, W: keyW, H: keyH}, *row.Print, touch.Button)
		d.Around(old)
	}
	return total
}
