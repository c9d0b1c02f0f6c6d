package screen

import (
	"zhizhu/app/screen/theme"
	"zhizhu/app/screen/touch"
	"zhizhu/app/visit"
)

// review shows everything once more, each answer with its way back, and all that is missing at once (R11).
func (d *draw) review(area touch.Rect, body *visit.ReviewBody) {
	cols := cols(d)
	w := area.Columns(cols, d.m.Gap())[0].W
	var blocks []block
	for _, words := range body.Wrong {
		h := d.noticeHeight(w, words, visit.Wrong)
		blocks = append(blocks, block{h, func(r touch.Rect) { d.notice(r, words, visit.Wrong) }})
	}
	for _, row := range body.Rows {
		h := d.reviewRow(touch.Rect{X: area.X, W: w}, row, true)
		blocks = append(blocks, block{h, func(r touch.Rect) { d.reviewRow(r, row, false) }})
	}
	d.stackGap(area, blocks, cols, d.m.Px(14), pager{})
}

func (d *draw) reviewRow(r touch.Rect, row visit.ReviewRow, measure bool) float32 {
	m, pad := d.m, d.m.Pad()
	keyW := float32(0)
	if row.Edit != nil {
		keyW = max(m.Px(190), d.s.kit.Ruler.Width(row.Edit.Label, m.Text(theme.Body), true)+m.Px(110))
	}
	w := r.W - 2*pad
	textW := w
	if keyW > 0 {
		textW -= keyW + m.Gap()
	}
	label, value := d.quiet(theme.Body), d.bold(theme.Strong)
	if row.Edit == nil && cols(d) == 1 && d.beside(row, w) {
		return d.besideRow(r, row, measure)
	}
	first := d.Height(row.Label, textW, label)
	h := first + d.Height(row.Value, textW, value)
	keyH := float32(0)
	if keyW > 0 {
		keyH = max(m.Target(), m.Px(84))
	}
	total := max(h, keyH) + 2*m.Px(16)
	if measure {
		return total
	}
	d.Card(r, d.p.Surface, d.p.Rule, d.outline())
	y := r.Y + (r.H-h)/2
	d.Text(touch.Rect{X: r.X + pad, Y: y, W: textW}, row.Label, label)
	d.Text(touch.Rect{X: r.X + pad, Y: y + first, W: textW}, row.Value, value)
	if keyW > 0 {
		old := d.Around(d.p.Surface)
		s := d.spec(*row.Edit, touch.Button)
		s.Size = theme.Body
		if s.Icon == "" {
			s.Icon = "pencil-line"
		}
		d.key(touch.Rect{X: r.Right() - pad - keyW, Y: r.Y + (r.H-keyH)/2, W: keyW, H: keyH}, s, *row.Edit)
		d.Around(old)
	}
	return total
}

// cols is how many columns a list has.
func cols(d *draw) int {
	if d.m.Landscape && !d.m.Guided {
		return 2
	}
	return 1
}

// besideLabel is the part of a row that its label has, where both stand on one line.
const besideLabel = 0.3

// beside reports whether label and value find room beside each other, on a line each.
func (d *draw) beside(row visit.ReviewRow, w float32) bool {
	return d.s.kit.Ruler.Width(row.Label, d.m.Text(theme.Body), false) <= w*besideLabel-d.m.Px(16) &&
		d.s.kit.Ruler.Width(row.Value, d.m.Text(theme.Strong), true) <= w*(1-besideLabel)
}

// besideRow draws a row that can't be changed here, on one line.
func (d *draw) besideRow(r touch.Rect, row visit.ReviewRow, measure bool) float32 {
	pad := d.m.Pad()
	h := d.m.LineHeight(d.m.Text(theme.Strong)) + 2*d.m.Px(16)
	if measure {
		return h
	}
	w := r.W - 2*pad
	d.Card(r, d.p.Surface, d.p.Rule, d.outline())
	d.Middle(touch.Rect{X: r.X + pad, Y: r.Y, W: w * besideLabel, H: r.H}, row.Label, d.quiet(theme.Body))
	d.Middle(touch.Rect{X: r.X + pad + w*besideLabel, Y: r.Y, W: w * (1 - besideLabel), H: r.H}, row.Value, d.bold(theme.Strong))
	return h
}
