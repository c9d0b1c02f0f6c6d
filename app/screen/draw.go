package screen

import (
	"fyne.io/fyne/v2"

	"zhizhu/app/screen/theme"
	"zhizhu/app/screen/touch"
	"zhizhu/app/visit"
)

// draw is one filling of one board: what every page needs to lay itself out.
type draw struct {
	*touch.Board
	s     *Screen
	m     *theme.Metrics
	p     *theme.Palette
	v     visit.View
	local *local // what the screen remembers of this page or overlay
	fresh bool   // the page has just been come to
}

func (d *draw) ink(size theme.Size) touch.Type { return touch.Type{Size: size, Color: d.p.Ink} }

func (d *draw) bold(size theme.Size) touch.Type {
	return touch.Type{Size: size, Color: d.p.Ink, Bold: true}
}

func (d *draw) quiet(size theme.Size) touch.Type { return touch.Type{Size: size, Color: d.p.Quiet} }

func centre(t touch.Type) touch.Type {
	t.Align = fyne.TextAlignCenter
	t.Even = true
	return t
}

// spec turns an action into a control's looks.
func (d *draw) spec(a visit.Action, shape touch.Shape) touch.Spec {
	s := touch.Spec{
		ID: a.ID, Label: a.Label, Sub: a.Sub, Icon: a.Icon, Tint: a.Tint, Shape: shape, Size: theme.Strong,
		Chosen: a.Chosen, Off: a.Off, Why: a.Why,
	}
	switch a.Style {
	case visit.Primary:
		s.Role = touch.Primary
	case visit.Warm:
		s.Role = touch.Warm
	case visit.Quiet:
		s.Role = touch.Quiet
	case visit.Plain:
	}
	return s
}

// act places an action's control.
func (d *draw) act(r touch.Rect, a visit.Action, shape touch.Shape) {
	d.key(r, d.spec(a, shape), a)
}

// key places an action's control with looks of its own.
func (d *draw) key(r touch.Rect, s touch.Spec, a visit.Action) {
	e := a.Event
	d.Tile(r, s, func() { d.s.emit(e) })
}

// again lays the page out anew after something of the screen's own has changed.
func (s *Screen) again() {
	if s.shown {
		s.apply(s.view)
	}
}

// tones returns ground, line, ink and icon of a box of words.
func (d *draw) box(t visit.Tone) (look touch.Look, ink touch.Type, icon string) {
	p := d.p
	ink = touch.Type{Size: theme.Body, Color: p.Ink}
	look = touch.Look{Ground: p.Pick, Line: p.Line, LineWidth: d.m.Line()}
	icon = "info"
	switch t {
	case visit.Attention:
		look.Ground, look.Line, ink.Color = p.WarmGround, p.WarmLine, p.WarmInk
	case visit.Good:
		look.Ground, look.Line, ink.Color, icon = p.GoodGround, p.Good, p.Good, "circle-check"
	case visit.Wrong:
		look.Ground, look.Line, ink.Color, icon = p.WrongGround, p.WrongLine, p.WrongInk, "circle-alert"
	case visit.Calm:
	}
	return look, ink, icon
}

// noticeHeight returns how high a box of words becomes.
func (d *draw) noticeHeight(w float32, text string, tone visit.Tone) float32 {
	_, ink, _ := d.box(tone)
	return d.Height(text, w-d.noticeLeft()-d.m.Pad(), ink) + 2*d.m.Px(22)
}

func (d *draw) noticeLeft() float32 { return d.m.Pad() + d.m.Px(58) }

// notice draws a box of words with an icon and returns its height.
func (d *draw) notice(r touch.Rect, text string, tone visit.Tone) float32 {
	look, ink, icon := d.box(tone)
	h := d.noticeHeight(r.W, text, tone)
	d.Card(touch.Rect{X: r.X, Y: r.Y, W: r.W, H: h}, look.Ground, look.Line, look.LineWidth)
	line := d.m.LineHeight(d.m.Text(theme.Body))
	side := d.m.Px(40)
	top := r.Y + d.m.Px(22)
	d.Icon(touch.Rect{X: r.X + d.m.Pad(), Y: top + (line-side)/2, W: side, H: side}, icon, ink.Color)
	d.Text(touch.Rect{X: r.X + d.noticeLeft(), Y: top, W: r.W - d.noticeLeft() - d.m.Pad()}, text, ink)
	return h
}

// block is a part of a page of known height.
type block struct {
	h    float32
	draw func(r touch.Rect)
}

// pagerHeight is the room that keys to other pages take, their gap included.
func (d *draw) pagerHeight() float32 { return max(d.m.Px(96), d.m.Target()) + d.m.Gap() }

// pager are the keys to other pages.
type pager struct {
	prev, next     func() // nil: none
	label          string
	prevID, nextID string
	prevWord       string
	nextWord       string
}

func (d *draw) drawPager(area touch.Rect, p pager) {
	h := d.pagerHeight() - d.m.Gap()
	row := touch.Rect{X: area.X, Y: area.Below() - h, W: area.W, H: h}
	prev := touch.Spec{ID: p.prevID, Label: p.prevWord, Icon: "chevron-left", Size: theme.Strong}
	next := touch.Spec{ID: p.nextID, Label: p.nextWord, Icon: "chevron-right", Size: theme.Strong}
	w := max(area.W*0.28, d.Kit().TileWidth(prev), d.Kit().TileWidth(next))
	if p.prev != nil {
		d.Tile(touch.Rect{X: row.X, Y: row.Y, W: w, H: h}, prev, p.prev)
	}
	if p.next != nil {
		d.Tile(touch.Rect{X: row.Right() - w, Y: row.Y, W: w, H: h}, next, p.next)
	}
	label := centre(d.quiet(theme.Body))
	label.Shrink = true
	d.Middle(touch.Rect{X: row.X + w + d.m.Px(8), Y: row.Y, W: row.W - 2*w - d.m.Px(16), H: h}, p.label, label)
}

// stack lays blocks out from the top, in columns, and cuts them into pages where they don't fit. More, if it has keys,
// leads on to the View's own pages.
func (d *draw) stack(area touch.Rect, blocks []block, cols int, more pager) {
	d.stackGap(area, blocks, cols, d.m.Gap(), more)
}

// stackGap is stack with a gap of its own.
func (d *draw) stackGap(area touch.Rect, blocks []block, cols int, gap float32, more pager) {
	rows := rowsOf(blocks, cols)
	pages := cut(rows, area.H, gap)
	paged := len(pages) > 1 || more.prev != nil || more.next != nil
	if paged {
		pages = cut(rows, area.H-d.pagerHeight(), gap)
	}
	d.local.pages = len(pages)
	at := min(d.local.page, max(len(pages)-1, 0))
	d.local.page = at
	if len(pages) > 0 {
		y := area.Y
		for _, row := range pages[at] {
			cells := touch.Rect{X: area.X, Y: y, W: area.W, H: row.h}.Columns(cols, gap)
			for i, b := range row.blocks {
				b.draw(cells[i])
			}
			y += row.h + gap
		}
	}
	if paged {
		d.drawPager(area, d.pagesOf(at, len(pages), more))
	}
}

// pagesOf joins the screen's own pages with the View's.
func (d *draw) pagesOf(at, n int, more pager) pager {
	p := more
	if p.prevWord == "" {
		p.prevWord, p.prevID = wordPrev, "page-prev"
	}
	if p.nextWord == "" {
		p.nextWord, p.nextID = wordNext, "page-next"
	}
	turn := func(by int) func() {
		return func() {
			d.local.page += by
			d.s.again()
		}
	}
	if at > 0 {
		p.prev = turn(-1)
	}
	if at < n-1 {
		p.next = turn(1)
	}
	if n > 1 {
		p.label = wordPage(at+1, n)
	}
	return p
}

// row is one line of blocks beside each other.
type row struct {
	h      float32
	blocks []block
}

func rowsOf(blocks []block, cols int) []row {
	var rows []row
	for i := 0; i < len(blocks); i += cols {
		r := row{blocks: blocks[i:min(i+cols, len(blocks))]}
		for _, b := range r.blocks {
			r.h = max(r.h, b.h)
		}
		rows = append(rows, r)
	}
	return rows
}

// cut puts rows onto pages of a height. A row that is higher than a page gets one of its own.
func cut(rows []row, h, gap float32) [][]row {
	var pages [][]row
	var page []row
	var used float32
	for _, r := range rows {
		need := r.h
		if len(page) > 0 {
			need += gap
		}
		if len(page) > 0 && used+need > h+0.5 {
			pages = append(pages, page)
			page, used, need = nil, 0, r.h
		}
		page = append(page, r)
		used += need
	}
	if len(page) > 0 {
		pages = append(pages, page)
	}
	return pages
}
