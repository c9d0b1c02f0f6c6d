package screen

import (
	"zhizhu/app/screen/theme"
	"zhizhu/app/screen/touch"
	"zhizhu/app/visit"
)

// guide is an item's 办事指南: sections to read, cut into pages with keys. The action that starts stands in the bar.
func (d *draw) guide(area touch.Rect, body *visit.GuideBody) {
	start := body.Start
	if start.Label != "" && !d.inBar(start.ID) {
		s := d.spec(start, touch.Button)
		if start.Off {
			s.Shape = touch.Row
		} else {
			s.Role = touch.Primary
		}
		h := max(d.m.Control(), d.Kit().TileHeight(s, area.W))
		d.key(touch.Rect{X: area.X, Y: area.Below() - h, W: area.W, H: h}, s, start)
		area.H -= h + d.m.Gap()
	}
	var blocks []block
	cols := 1
	if d.m.Landscape && !d.m.Guided {
		cols = 2
	}
	cell := area.Columns(cols, d.m.Gap())[0]
	for _, sec := range body.Sections {
		blocks = append(blocks, d.sections(sec, cell)...)
	}
	d.stack(area, blocks, cols, pager{})
}

// inBar reports whether the bar carries an action.
func (d *draw) inBar(id string) bool {
	for _, a := range d.v.Bar {
		if a.ID == id {
			return true
		}
	}
	return false
}

// sections makes a card of a section, or several where its lines are more than a page holds.
func (d *draw) sections(sec visit.Section, area touch.Rect) []block {
	m := d.m
	most := area.H - d.pagerHeight()
	pad, side := m.Pad(), m.Px(44)
	left := pad + side + m.Px(18)
	w := area.W - left - pad
	t := d.ink(theme.Body)
	headH := d.Height(sec.Title, w, d.bold(theme.Strong)) + m.Px(8)
	base := 2*m.Px(22) + headH
	var blocks []block
	var lines []string
	used := base
	flush := func() {
		own, h := lines, used
		blocks = append(blocks, block{h, func(r touch.Rect) { d.section(r, sec, own, left, w) }})
		lines, used = nil, base
	}
	for _, l := range sec.Lines {
		h := d.Height(l, w, t) + m.Px(8)
		if used+h > most && len(lines) > 0 {
			flush()
		}
		lines = append(lines, l)
		used += h
	}
	flush()
	return blocks
}

func (d *draw) section(r touch.Rect, sec visit.Section, lines []string, left, w float32) {
	m := d.m
	line := float32(0)
	if m.Guided {
		line = m.Line()
	}
	d.Card(r, d.p.Surface, d.p.Rule, line)
	side := m.Px(44)
	icon := sec.Icon
	if icon == "" {
		icon = "info"
	}
	y := r.Y + m.Px(22)
	first := m.LineHeight(m.Text(theme.Strong))
	d.Icon(touch.Rect{X: r.X + m.Pad(), Y: y + (first-side)/2, W: side, H: side}, icon, d.p.Primary)
	y += d.Text(touch.Rect{X: r.X + left, Y: y, W: w}, sec.Title, d.bold(theme.Strong)) + m.Px(8)
	for _, l := range lines {
		y += d.Text(touch.Rect{X: r.X + left, Y: y, W: w}, l, d.ink(theme.Body)) + m.Px(8)
	}
}
