package screen

import (
	"image/color"
	"log/slog"
	"slices"

	"zhizhu/app/screen/theme"
	"zhizhu/app/screen/touch"
	"zhizhu/app/visit"
)

type colour = color.NRGBA

// receipt says that the matter is on disk, and shows what the paper says.
func (d *draw) receipt(area touch.Rect, body *visit.ReceiptBody) {
	m := d.m
	card := area
	side := m.Px(150)
	if m.Landscape {
		cols := area.Columns(2, m.Px(44))
		area, card, side = cols[0], cols[1], m.Px(110)
	}
	head := d.headHeight(area.W, side)
	if !m.Landscape {
		card = lower(area, head)
		card.H -= d.printedHeight(area.W, body) + d.ratesHeight(area.W, body)
	}
	plan, fits := d.planReceipt(card, body)
	if !fits && !m.Landscape {
		d.receiptPages(area, body)
		return
	}
	d.receiptHead(&area, side)
	switch {
	case fits && !m.Landscape:
		d.rates(&area, body)
		d.printed(&area, body)
		plan.area.Y = area.Y
		plan.draw()
	case fits:
		d.rates(&area, body)
		d.printed(&area, body)
		plan.draw()
	default:
		d.rates(&area, body)
		d.printed(&area, body)
		d.stack(card, d.receiptBlocks(card, body, 0), 1, pager{})
	}
}

// receiptPages cuts the page into several: first what became of the paper, and the number.
func (d *draw) receiptPages(area touch.Rect, body *visit.ReceiptBody) {
	w := area.W
	title, lead := centre(d.bold(theme.Title)), centre(d.quiet(theme.Strong))
	area = lower(area, d.Text(area, d.v.Title, title)+d.m.Px(14))
	var blocks []block
	if h := d.printedHeight(w, body); h > 0 {
		blocks = append(blocks, block{h - d.m.Gap(), func(r touch.Rect) { d.printed(&r, body) }})
	}
	blocks = append(blocks, d.receiptBlocks(area, body, d.printedHeight(w, body))...)
	if d.v.Lead != "" {
		at := min(2, len(blocks))
		blocks = slices.Insert(blocks, at, block{d.Height(d.v.Lead, w, lead), func(r touch.Rect) { d.Text(r, d.v.Lead, lead) }})
	}
	if h := d.ratesHeight(w, body); h > 0 {
		blocks = append(blocks, block{h - d.m.Gap(), func(r touch.Rect) { d.rates(&r, body) }})
	}
	d.stack(area, blocks, 1, pager{})
}

// receiptBlocks are the receipt's rows and its code, each on a card of its own; rows that are more than a page holds get
// several. Above is what stands above the first on its page.
func (d *draw) receiptBlocks(area touch.Rect, body *visit.ReceiptBody, above float32) []block {
	most := area.H - d.pagerHeight() - above
	var blocks []block
	for rest := body.Rows; len(rest) > 0; {
		n := len(rest)
		part := visit.ReceiptBody{Rows: rest}
		if len(blocks) == 0 {
			part.Heading = body.Heading
		}
		for ; n > 1 && d.partHeight(area.W, &part) > most; n-- {
			part.Rows = rest[:n-1]
		}
		rest = rest[len(part.Rows):]
		blocks = append(blocks, d.receiptPart(area.W, &part))
		most = area.H - d.pagerHeight()
	}
	if body.Code == "" {
		return blocks
	}
	return append(blocks, d.receiptPart(area.W, &visit.ReceiptBody{Code: body.Code, CodeTip: body.CodeTip}))
}

func (d *draw) partPlan(w float32, part *visit.ReceiptBody) *receiptPlan {
	c := &receiptPlan{d: d, body: part, size: theme.Body, side: max(d.m.MM(40), d.m.Px(280)), area: touch.Rect{W: w}}
	c.measure()
	return c
}

func (d *draw) partHeight(w float32, part *visit.ReceiptBody) float32 {
	return d.partPlan(w, part).height
}

func (d *draw) receiptPart(w float32, part *visit.ReceiptBody) block {
	c := d.partPlan(w, part)
	return block{c.height, func(r touch.Rect) {
		c.area = r
		c.draw()
	}}
}

func (d *draw) headHeight(w, side float32) float32 {
	return side + d.m.Px(14) + d.Height(d.v.Title, w, centre(d.bold(theme.Title))) +
		d.Height(d.v.Lead, w, centre(d.quiet(theme.Strong))) + d.m.Px(18)
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

func (d *draw) printedHeight(w float32, body *visit.ReceiptBody) float32 {
	if body.Print.Text == "" {
		return 0
	}
	return d.noticeHeight(w, body.Print.Text, body.Print.Tone) + d.m.Gap()
}

// planReceipt finds how the receipt's card fits into a room: its code beneath the rows, or beside them on a wide panel,
// smaller where it must be.
func (d *draw) planReceipt(area touch.Rect, body *visit.ReceiptBody) (*receiptPlan, bool) {
	m := d.m
	for _, size := range []theme.Size{theme.Body, theme.Note} {
		for _, side := range []float32{max(m.MM(40), m.Px(280)), m.MM(40), m.MM(32)} {
			c := &receiptPlan{d: d, body: body, size: size, side: side, area: area}
			if c.measure() {
				if !c.beside && c.side > 0 {
					c.side = min(max(m.Px(300), c.side), c.side+area.H-c.height) // what is left is the code's
					c.measure()
				}
				return c, true
			}
		}
	}
	return nil, false
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
	c.top = m.Px(22)
	if c.body.Heading != "" {
		c.top += d.Height(c.body.Heading, c.area.W, d.bold(theme.Heading)) + m.Px(6)
	}
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
	total := d.ratesHeight(area.W, body)
	if total == 0 {
		return
	}
	bottom := area.Below()
	area.H -= total
	if len(body.Rates) == 0 {
		t := d.thanks()
		h := d.Height(body.Thanks, area.W, t)
		d.Text(touch.Rect{X: area.X, Y: bottom - h, W: area.W}, body.Thanks, t)
		return
	}
	h := d.rateKeyHeight(area.W, body)
	row := touch.Rect{X: area.X, Y: bottom - h, W: area.W, H: h}
	for i, c := range row.Columns(len(body.Rates), d.m.Px(16)) {
		d.key(c, d.rateSpec(body.Rates[i]), body.Rates[i])
	}
	ask := d.Height(body.RateAsk, area.W, d.bold(theme.Strong))
	d.Text(touch.Rect{X: area.X, Y: row.Y - ask - d.m.Px(8), W: area.W}, body.RateAsk, d.bold(theme.Strong))
}

func (d *draw) thanks() touch.Type { return centre(d.bold(theme.Strong)) }

func (d *draw) rateSpec(a visit.Action) touch.Spec {
	s := d.spec(a, touch.Stack)
	s.Size = theme.Note
	return s
}

func (d *draw) rateKeyHeight(w float32, body *visit.ReceiptBody) float32 {
	h := max(d.m.Px(150), d.m.Target())
	if d.m.Landscape {
		h = max(d.m.Px(120), d.m.Target())
	}
	for i, c := range (touch.Rect{W: w}).Columns(len(body.Rates), d.m.Px(16)) {
		h = max(h, d.Kit().TileHeight(d.rateSpec(body.Rates[i]), c.W))
	}
	return h
}

// ratesHeight returns what the rating takes, the gap above it included.
func (d *draw) ratesHeight(w float32, body *visit.ReceiptBody) float32 {
	switch {
	case len(body.Rates) > 0:
		return d.rateKeyHeight(w, body) + d.m.Px(8) + d.Height(body.RateAsk, w, d.bold(theme.Strong)) + d.m.Gap()
	case body.Thanks != "":
		return d.Height(body.Thanks, w, d.thanks()) + d.m.Gap()
	default:
		return 0
	}
}
