package screen

import (
	"image/color"
	"log/slog"

	"zhizhu/app/screen/theme"
	"zhizhu/app/screen/touch"
	"zhizhu/app/visit"
)

type colour = color.NRGBA

// receipt says that the matter is on disk, and shows what the paper says.
func (d *draw) receipt(area touch.Rect, body *visit.ReceiptBody) {
	m := d.m
	if m.Landscape {
		cols := area.Columns(2, m.Px(44))
		left, right := cols[0], cols[1]
		d.rates(&right, body)
		d.receiptHead(&left, m.Px(110))
		d.printed(&left, body)
		d.receiptCard(right, body)
		return
	}
	d.rates(&area, body)
	side := m.Px(150)
	if m.Guided {
		side = m.Px(110)
	}
	d.receiptHead(&area, side)
	d.printed(&area, body)
	d.receiptCard(area, body)
}

// receiptHead sets the sign that it is done, and the words.
func (d *draw) receiptHead(area *touch.Rect, side float32) {
	d.Icon(touch.Rect{X: area.X + (area.W-side)/2, Y: area.Y, W: side, H: side}, "circle-check", d.p.Good)
	y := area.Y + side + d.m.Px(14)
	y += d.Text(touch.Rect{X: area.X, Y: y, W: area.W}, d.v.Title, centre(d.bold(theme.Title)))
	y += d.Text(touch.Rect{X: area.X, Y: y, W: area.W}, d.v.Lead, centre(d.quiet(theme.Strong)))
	*area = lower(*area, y-area.Y+d.m.Px(18))
}

// printed says what became of the paper.
func (d *draw) printed(area *touch.Rect, body *visit.ReceiptBody) {
	if body.Print.Text == "" {
		return
	}
	h := d.notice(*area, body.Print.Text, body.Print.Tone)
	*area = lower(*area, h+d.m.Gap())
}

// receiptCard draws the receipt with its code.
func (d *draw) receiptCard(area touch.Rect, body *visit.ReceiptBody) {
	m := d.m
	pad := m.Px(40)
	head := centre(d.bold(theme.Heading))
	rowGap := m.Px(10)
	labelW := area.W * 0.24
	label, value := d.quiet(theme.Body), d.bold(theme.Body)
	var rows float32
	heights := make([]float32, len(body.Rows))
	valueW := area.W - 2*pad - labelW
	for i, r := range body.Rows {
		heights[i] = max(d.Height(r.Label, labelW, label), d.Height(r.Value, valueW, value)) + rowGap
		rows += heights[i] + rowGap
	}
	top := m.Px(24) + d.Height(body.Heading, area.W, head) + m.Px(8)
	tip := d.Height(body.CodeTip, area.W-2*pad, centre(d.quiet(theme.Note)))
	room := area.H - top - rows - tip - m.Px(40)
	side := min(room, max(m.MM(40), m.Px(280)))
	h := top + rows + m.Px(24)
	if body.Code != "" && side > 0 {
		h += side + tip + m.Px(16)
	}
	d.Card(touch.Rect{X: area.X, Y: area.Y, W: area.W, H: min(h, area.H)}, d.p.Surface, d.p.Rule, d.outline())
	y := area.Y + m.Px(24)
	y += d.Text(touch.Rect{X: area.X, Y: y, W: area.W}, body.Heading, head) + m.Px(8)
	for i, r := range body.Rows {
		d.Text(touch.Rect{X: area.X + pad, Y: y + rowGap/2, W: labelW}, r.Label, label)
		d.Text(touch.Rect{X: area.X + pad + labelW, Y: y + rowGap/2, W: valueW}, r.Value, value)
		y += heights[i]
		d.Fill(touch.Rect{X: area.X + pad, Y: y, W: area.W - 2*pad, H: 3}, d.p.Rule)
		y += rowGap
	}
	d.code(touch.Rect{X: area.X, Y: y + m.Px(8), W: area.W, H: side}, body)
}

// code draws the QR code and what it is for.
func (d *draw) code(r touch.Rect, body *visit.ReceiptBody) {
	if body.Code == "" || r.H <= 0 {
		return
	}
	side, err := d.s.code.Set(body.Code, int(r.H))
	if err != nil {
		d.s.opts.Log.Error("Code does not fit on the receipt page", slog.Int("pixels", int(r.H)))
		return
	}
	w := float32(side)
	d.Add(touch.Rect{X: r.X + (r.W-w)/2, Y: r.Y, W: w, H: w}, d.s.code.Image)
	d.Text(touch.Rect{X: r.X + d.m.Px(40), Y: r.Y + w + d.m.Px(4), W: r.W - 2*d.m.Px(40)}, body.CodeTip, centre(d.quiet(theme.Note)))
}

// rates sets the five equal targets at the bottom, and what is said once one was touched.
func (d *draw) rates(area *touch.Rect, body *visit.ReceiptBody) {
	m := d.m
	if len(body.Rates) == 0 {
		if body.Thanks != "" {
			t := centre(d.bold(theme.Strong))
			h := d.Height(body.Thanks, area.W, t)
			d.Text(touch.Rect{X: area.X, Y: area.Below() - h, W: area.W}, body.Thanks, t)
			area.H -= h + m.Gap()
		}
		return
	}
	spec := func(a visit.Action) touch.Spec {
		s := d.spec(a, touch.Stack)
		s.Size = theme.Note
		return s
	}
	gap := m.Px(16)
	h := max(m.Px(150), m.Target())
	if m.Landscape {
		h = max(m.Px(120), m.Target())
	}
	row := touch.Rect{X: area.X, W: area.W}
	cells := row.Columns(len(body.Rates), gap)
	for i, a := range body.Rates {
		h = max(h, d.Kit().TileHeight(spec(a), cells[i].W))
	}
	ask := d.Height(body.RateAsk, area.W, d.bold(theme.Strong))
	y := area.Below() - h
	for i, a := range body.Rates {
		cells[i].Y, cells[i].H = y, h
		d.key(cells[i], spec(a), a)
	}
	d.Text(touch.Rect{X: area.X, Y: y - ask - m.Px(8), W: area.W}, body.RateAsk, d.bold(theme.Strong))
	area.H -= h + ask + m.Px(8) + m.Gap()
}
