package screen

import (
	"zhizhu/app/screen/theme"
	"zhizhu/app/screen/touch"
	"zhizhu/app/visit"
)

// list is a field's items or what a search found.
func (d *draw) list(area touch.Rect, body *visit.ListBody) {
	if body.Query != nil {
		d.query(&area, body.Query)
	}
	if len(body.Items) == 0 {
		d.nothing(area, body.Empty, "search")
		return
	}
	var blocks []block
	for _, a := range body.Items {
		s := d.spec(a, touch.Row)
		s.Role = touch.Card
		if !a.Off || a.Event != nil {
			s.Sign = "chevron-right"
		}
		blocks = append(blocks, block{max(d.m.Control(), d.Kit().TileHeight(s, area.W)), func(r touch.Rect) { d.key(r, s, a) }})
	}
	d.stack(area, blocks, 1, d.viewPager(body.Prev, body.Next, body.PageOf))
}

// viewPager makes keys of the View's own pages.
func (d *draw) viewPager(prev, next *visit.Action, label string) pager {
	p := pager{label: label}
	if a := prev; a != nil {
		p.prevID, p.prevWord = a.ID, a.Label
		if !a.Off {
			p.prev = func() { d.s.emit(a.Event) }
		}
	}
	if a := next; a != nil {
		p.nextID, p.nextWord = a.ID, a.Label
		if !a.Off {
			p.next = func() { d.s.emit(a.Event) }
		}
	}
	return p
}

// query draws the search field and the words to tap.
func (d *draw) query(area *touch.Rect, q *visit.QueryBox) {
	s := touch.Spec{ID: "query", Label: q.Query, Icon: "search", Shape: touch.Field, Size: theme.Strong}
	if q.Query == "" {
		s.Label, s.Hint, s.Size = q.Hint, true, theme.Body
	}
	h := max(d.m.Px(104), d.Kit().TileHeight(s, area.W))
	d.Tile(touch.Rect{X: area.X, Y: area.Y, W: area.W, H: h}, s, func() { d.s.emit(visit.Touch{}) })
	*area = lower(*area, h+d.m.Gap())
	if len(q.Suggestions) == 0 {
		return
	}
	cols := 3
	if d.m.Guided {
		cols = 2
	}
	d.grid(area, q.Suggestions, cols, func(a visit.Action) touch.Spec {
		return d.spec(a, touch.Button)
	}, max(d.m.Px(88), d.m.Target()))
	*area = lower(*area, d.m.Px(8))
}

// nothing says in the middle that there is nothing.
func (d *draw) nothing(area touch.Rect, words, icon string) {
	side := d.m.Px(110)
	top := area.Y + min(d.m.Px(120), area.H*0.2)
	d.Icon(touch.Rect{X: area.X + (area.W-side)/2, Y: top, W: side, H: side}, icon, d.p.Quiet)
	d.Text(touch.Rect{X: area.X, Y: top + side + d.m.Px(24), W: area.W}, words, centre(d.ink(theme.Heading)))
}
