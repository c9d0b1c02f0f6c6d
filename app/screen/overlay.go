package screen

import (
	"zhizhu/app/screen/theme"
	"zhizhu/app/screen/touch"
	"zhizhu/app/visit"
)

// drawOverlay lays a question or words over the page. The page beneath is not drawn: a veil over a whole window is what
// weak graphics pay most for, and a resident needs only the question.
func (s *Screen) drawOverlay(v visit.View) {
	if v.Overlay == nil {
		s.over.Wipe()
		return
	}
	b, m, p := s.over, s.kit.Metrics, s.kit.Palette
	o := v.Overlay
	d := &draw{s: s, Board: b, m: m, p: p, v: v, local: &s.overLocal}
	b.Begin(p.Sunk)
	top := s.headHeight()
	back := touch.Rect{Y: top, W: s.size.Width, H: s.size.Height - top}
	b.Ground(back, p.Sunk)

	w := min(s.size.Width-2*m.Margin(), m.Px(1000))
	if m.Landscape {
		w = min(s.size.Width-2*m.Margin(), m.Px(1200))
	}
	pad := m.Px(48)
	inner := w - 2*pad
	title := d.bold(theme.Title)
	title.Even = true
	rows := d.overlayRows(o.Actions, inner)
	fixed := 2*pad + d.Height(o.Title, inner, title) + m.Px(24) + m.Px(40) - m.Gap()
	for _, r := range rows {
		fixed += r.h + m.Gap()
	}
	lines, needs := d.overlayLines(o.Lines, inner, d.ink(theme.Strong))
	room := min(needs, back.H-2*m.Px(16)-fixed)
	h := fixed + room

	card := touch.Rect{X: (s.size.Width - w) / 2, Y: top + m.Px(16) + (back.H-2*m.Px(16)-h)*0.4, W: w, H: h}
	b.Card(card, p.Surface, p.Line, m.Line())
	b.Around(p.Surface)
	at := touch.Rect{X: card.X + pad, Y: card.Y + pad, W: inner}
	at.Y += d.Text(at, o.Title, title) + m.Px(24)
	if len(lines) > 0 {
		at.H = room
		d.stack(at, lines, 1, pager{})
	}
	at.Y += room + m.Px(40)
	for _, r := range rows {
		at.H = r.h
		for i, cell := range at.Columns(r.cols, m.Gap()) {
			if i < len(r.actions) {
				d.act(cell, r.actions[i], touch.Button)
			}
		}
		at.Y += r.h + m.Gap()
	}
	b.End()
	b.Show(true)
}

// overlayLines returns the lines as blocks and the height that they take together.
func (d *draw) overlayLines(all []string, w float32, t touch.Type) ([]block, float32) {
	var blocks []block
	var sum float32
	for _, l := range all {
		h := d.Height(l, w, t)
		if h == 0 {
			continue
		}
		blocks = append(blocks, block{h, func(r touch.Rect) { d.Text(r, l, t) }})
		sum += h + d.m.Gap()
	}
	return blocks, sum
}

type actionRow struct {
	h       float32
	cols    int
	actions []visit.Action
}

// overlayRows sets two actions beside each other where their words fit on a line, else one beneath the other.
func (d *draw) overlayRows(all []visit.Action, w float32) []actionRow {
	cols := 1
	if len(all) > 1 && !d.m.Guided || d.m.Landscape {
		cols = 2
	}
	one := (w - d.m.Gap()*float32(cols-1)) / float32(cols)
	for _, a := range all {
		s := d.spec(a, touch.Button)
		if d.s.kit.TileHeight(s, one) > d.m.Control() {
			cols, one = 1, w
		}
	}
	var rows []actionRow
	for i := 0; i < len(all); {
		n := cols
		if i == 0 && len(all)%cols != 0 {
			n = len(all) % cols // the first is the most usual: an odd one has the whole width
		}
		r := actionRow{h: d.m.Control(), cols: n, actions: all[i:min(i+n, len(all))]}
		i += n
		for _, a := range r.actions {
			r.h = max(r.h, d.s.kit.TileHeight(d.spec(a, touch.Button), one))
		}
		rows = append(rows, r)
	}
	return rows
}
