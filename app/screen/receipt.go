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
		left := cols[0]
		d.rates(&left, body)
		d.receiptHead(&left, m.Px(110))
		d.printed(&left, body)
		d.receiptCard(cols[1], body)
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

// receiptCard draws the receipt with its code: beneath its rows, or beside them on a wide panel. What doesn't fit is set
// smaller.
func (d *draw) receiptCard(area touch.Rect, body *visit.ReceiptBody) {
	m := d.m
	for _, size := range []theme.Size{theme.Body, theme.Note} {
		for _, want := range []float32{max(m.MM(40), m.Px(280)), m.MM(32), m.MM(25)} {
			c := receiptPlan{d: d, body: body, size: size, side: want, area: area}
			if c.measure() || size == theme.Note && want == m.MM(25) {
				c.draw()
				return
			}
		}
	}
}

// receiptPlan is one way to lay out the receipt's card.
type receiptPlan struct {
	d    *draw
	body *visit.ReceiptBody
	size theme.Size
	side float32 // of the code
	area touch.Rect

	pad, gap, labelW, valueW, top, rows, tip, height float32
	heights                                          []float32
	beside                                           bool
}

// measure computes the plan and reports whether it fits.
func (c *receiptPlan) measure() bool {
	d, m := c.d, c.d.m
	c.pad, c.gap = m.Px(36), m.Px(9)
	c.beside = m.Landscape && !m.Guided
	w := c.area.W - 2*c.pad
	if c.body.Code == "" {
		c.side = 0
	}
	tipW := w
	if c.beside && c.side > 0 {
		w -= c.side + m.Px(30)
		tipW = c.side
	}
	c.labelW = 0
	for _, r := range c.body.Rows {
		c.labelW = max(c.labelW, min(w*0.4, d.s.kit.Ruler.Width(r.Label, m.Text(c.size), false)+m.Px(28)))
	}
	c.valueW = w - c.labelW
	c.heights = make([]float32, len(c.body.Rows))
	label, value := d.quiet(c.size), d.bold(c.size)
	c.rows = 0
	for i, r := range c.body.Rows {
		c.heights[i] = max(d.Height(r.Label, c.labelW, label), d.Height(r.Value, c.valueW, value)) + c.gap
		c.rows += c.heights[i] + c.gap
	}
	c.top = m.Px(22) + d.Height(c.body.Heading, c.area.W, d.bold(theme.Heading)) + m.Px(6)
	c.tip = d.Height(c.body.CodeTip, tipW, centre(d.quiet(theme.Note)))
	code := float32(0)
	if c.side > 0 {
		code = c.side + c.tip + m.Px(10)
	}
	if c.beside {
		c.height = c.top + max(c.rows, code) + m.Px(22)
	} else {
		c.height = c.top + c.rows + code + m.Px(14)
	}
	return c.height <= c.area.H
}

func (c *receiptPlan) draw() {
	d, m := c.d, c.d.m
	area := c.area
	d.Card(touch.Rect{X: area.X, Y: area.Y, W: area.W, H: min(c.height, area.H)}, d.p.Surface, d.p.Rule, d.outline())
	d.Text(touch.Rect{X: area.X, Y: area.Y + m.Px(22), W: area.W}, c.body.Heading, centre(d.bold(theme.Heading)))
	y := area.Y + c.top
	x := area.X + c.pad
	for i, r := range c.body.Rows {
		d.Text(touch.Rect{X: x, Y: y + c.gap/2, W: c.labelW}, r.Label, d.quiet(c.size))
		d.Text(touch.Rect{X: x + c.labelW, Y: y + c.gap/2, W: c.valueW}, r.Value, d.bold(c.size))
		y += c.heights[i]
		d.Fill(touch.Rect{X: x, Y: y, W: c.labelW + c.valueW, H: 3}, d.p.Rule)
		y += c.gap
	}
	at := touch.Rect{X: x, Y: y, W: area.W - 2*c.pad, H: c.side}
	if c.beside {
		at = touch.Rect{X: area.Right() - c.pad - c.side, Y: area.Y + c.top, W: c.side, H: c.side}
	}
	d.code(at, c.body)
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
	d.Text(touch.Rect{X: r.X, Y: r.Y + w + d.m.Px(2), W: r.W}, body.CodeTip, centre(d.quiet(theme.Note)))
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
