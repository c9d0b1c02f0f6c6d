package screen

import (
	"zhizhu/app/screen/theme"
	"zhizhu/app/screen/touch"
	"zhizhu/app/visit"
)

// list is a field's items or what a search found.
func (d *draw) list(area touch.Rect, body *visit.ListBody) {
	if body.Query != nil {
		d.queryField(&area, body.Query)
		d.found(area, body)
		return
	}
	if len(body.Items) == 0 {
		d.nothing(area, body.Empty, "search")
		return
	}
	cols := 1
	if d.m.Landscape && !d.m.Guided {
		cols = 2
	}
	d.stack(area, d.itemBlocks(area.Columns(cols, d.m.Gap())[0].W, body.Items), cols, d.viewPager(body.Prev, body.Next, body.PageOf))
}

func (d *draw) itemBlocks(w float32, items []visit.Action) []block {
	var blocks []block
	for _, a := range items {
		s := d.spec(a, touch.Row)
		s.Role = touch.Card
		if !a.Off {
			s.Sign = "chevron-right"
		}
		blocks = append(blocks, block{max(d.m.Control(), d.Kit().TileHeight(s, w)), func(r touch.Rect) { d.key(r, s, a) }})
	}
	return blocks
}

// found lays out what a search found and the other words to tap, all in one column that may be cut into pages.
func (d *draw) found(area touch.Rect, body *visit.ListBody) {
	cols := 3
	if d.m.Guided {
		cols = 2
	}
	words := d.rowBlocks(area.W, "", "", body.Query.Suggestions, cols, max(d.m.Px(88), d.m.Target()), func(a visit.Action) touch.Spec {
		return d.spec(a, touch.Button)
	})
	empty := d.emptyBlock(area.W, body.Empty)
	switch {
	case len(body.Items) > 0:
		d.stack(area, append(d.itemBlocks(area.W, body.Items), words...), 1, d.viewPager(body.Prev, body.Next, body.PageOf))
	case body.Query.Query != "":
		d.stack(area, append(empty, words...), 1, pager{})
	default:
		d.stack(area, append(words, empty...), 1, pager{})
	}
}

// emptyBlock says that there is nothing.
func (d *draw) emptyBlock(w float32, text string) []block {
	if text == "" {
		return nil
	}
	return []block{{d.noticeHeight(w, text, visit.Calm), func(r touch.Rect) { d.notice(r, text, visit.Calm) }}}
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

// queryField shows what is searched for.
func (d *draw) queryField(area *touch.Rect, q *visit.QueryBox) {
	s := touch.Spec{ID: "query", Label: q.Query, Icon: "search", Shape: touch.Field, Size: theme.Strong}
	if q.Query == "" {
		s.Label, s.Hint, s.Size = q.Hint, true, theme.Body
	}
	h := max(d.m.Px(104), d.Kit().TileHeight(s, area.W))
	d.Tile(touch.Rect{X: area.X, Y: area.Y, W: area.W, H: h}, s, func() { d.s.emit(visit.Touch{}) })
	*area = lower(*area, h+d.m.Gap())
}

// nothing says in the middle that there is nothing.
func (d *draw) nothing(area touch.Rect, words, icon string) {
	side := d.m.Px(110)
	top := area.Y + min(d.m.Px(120), area.H*0.2)
	d.Icon(touch.Rect{X: area.X + (area.W-side)/2, Y: top, W: side, H: side}, icon, d.p.Quiet)
	d.Text(touch.Rect{X: area.X, Y: top + side + d.m.Px(24), W: area.W}, words, centre(d.ink(theme.Heading)))
}
