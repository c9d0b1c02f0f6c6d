package screen

import (
	"zhizhu/app/screen/theme"
	"zhizhu/app/screen/touch"
	"zhizhu/app/visit"
)

// drawFrame lays out what pages share (trail, title, notice, links, bar) and returns the room that is left.
func (s *Screen) drawFrame(v visit.View) touch.Rect {
	b, m := s.frame, s.kit.Metrics
	b.Begin(s.kit.Palette.Page)
	d := &draw{s: s, Board: b, m: m, p: s.kit.Palette, v: v, local: &s.local}
	top := s.headHeight()
	area := touch.Rect{X: m.Margin(), Y: top, W: s.size.Width - 2*m.Margin()}
	area.H = s.size.Height - d.bar(v.Bar) - area.Y
	if v.Step != visit.Attract {
		if s.split(v) {
			area.H -= d.m.Gap()
			area = d.splitTitles(d.trail(area))
		} else {
			area = d.titles(d.trail(d.links(area)))
		}
	}
	b.End()
	return area
}

// split reports whether title and content stand beside each other: on wide panels, on pages with one thing to do.
func (s *Screen) split(v visit.View) bool {
	if !s.kit.Metrics.Landscape {
		return false
	}
	switch v.Body.(type) {
	case *visit.HomeBody, *visit.AttractBody, *visit.WipedBody, *visit.OutBody, *visit.WaitBody, *visit.StaffBody,
		*visit.ReceiptBody:
		return false
	default:
		return v.Title != ""
	}
}

// barRows cuts the bar's actions into rows: on a narrow panel the main action gets a row of its own, so that it is as
// large as it is important.
func (d *draw) barRows(all []visit.Action) [][]visit.Action {
	if len(all) == 0 {
		return nil
	}
	last := all[len(all)-1]
	if len(all) < 3 || d.m.Landscape || len(all) == 3 && (!d.m.Guided || last.Style != visit.Primary) {
		return [][]visit.Action{all}
	}
	if last.Style == visit.Primary {
		return append([][]visit.Action{{last}}, all[:len(all)-1])
	}
	half := (len(all) + 1) / 2
	return [][]visit.Action{all[:half], all[half:]}
}

// bar lays out the bottom bar and returns its height.
func (d *draw) bar(all []visit.Action) float32 {
	rows := d.barRows(all)
	if len(rows) == 0 {
		return 0
	}
	m, gap, edge := d.m, d.m.Gap(), d.m.Px(24)
	if m.Landscape {
		edge = m.Px(18)
	}
	var heights []float32
	total := 2*edge + gap*float32(len(rows)-1)
	width := d.s.size.Width - 2*m.Margin()
	for _, r := range rows {
		h := d.rowHeight(r, width)
		heights = append(heights, h)
		total += h
	}
	y := d.s.size.Height - total
	d.Ground(touch.Rect{X: 0, Y: y, W: d.s.size.Width, H: total}, d.p.Surface)
	d.Fill(touch.Rect{X: 0, Y: y, W: d.s.size.Width, H: 3}, d.p.Rule)
	old := d.Around(d.p.Surface)
	y += edge
	for i, r := range rows {
		cells := d.barCells(touch.Rect{X: m.Margin(), Y: y, W: width, H: heights[i]}, r)
		for j, a := range r {
			d.act(cells[j], a, touch.Button)
		}
		y += heights[i] + gap
	}
	d.Around(old)
	return total
}

func (d *draw) rowHeight(r []visit.Action, width float32) float32 {
	h := d.m.Control()
	if d.m.Landscape && !d.m.Guided {
		h = max(d.m.Px(92), d.m.Target())
	}
	for i, c := range d.barCells(touch.Rect{W: width}, r) {
		h = max(h, d.Kit().TileHeight(d.spec(r[i], touch.Button), c.W))
	}
	return h
}

// barCells gives the main action more room than the others.
func (d *draw) barCells(r touch.Rect, all []visit.Action) []touch.Rect {
	gap := d.m.Gap()
	weights := make([]float32, len(all))
	for i, a := range all {
		weights[i] = 1
		if a.Style == visit.Primary && len(all) > 1 {
			weights[i] = 1.5
		}
	}
	room := r.W - gap*float32(len(all)-1)
	widths := share(room, weights)
	for i, a := range all {
		// Words that don't fit into an equal share: each gets what its words need, and an equal part of the rest.
		if d.Kit().TileWidth(d.spec(a, touch.Button)) > widths[i] {
			widths = d.byWords(room, all)
			break
		}
	}
	x := r.X
	cells := make([]touch.Rect, len(all))
	for i := range all {
		cells[i] = touch.Rect{X: x, Y: r.Y, W: widths[i], H: r.H}
		x += widths[i] + gap
	}
	return cells
}

func share(room float32, weights []float32) []float32 {
	var sum float32
	for _, w := range weights {
		sum += w
	}
	out := make([]float32, len(weights))
	for i, w := range weights {
		out[i] = room * w / sum
	}
	return out
}

// byWords gives each action the width of its words and an equal part of what is left.
func (d *draw) byWords(room float32, all []visit.Action) []float32 {
	need := make([]float32, len(all))
	rest := room
	for i, a := range all {
		need[i] = min(d.Kit().TileWidth(d.spec(a, touch.Button)), room/2)
		rest -= need[i]
	}
	if rest < 0 {
		return share(room, need)
	}
	for i := range need {
		need[i] += rest / float32(len(all))
	}
	return need
}

// links lays out the quiet row above the bar and returns the room above it.
func (d *draw) links(area touch.Rect) touch.Rect {
	n := len(d.v.Links)
	if n == 0 {
		area.H -= d.m.Gap()
		return area
	}
	h := max(d.m.Target(), d.m.Px(80))
	cells := touch.Rect{X: area.X, W: area.W}.Columns(n, d.m.Gap())
	for i, a := range d.v.Links {
		h = max(h, d.Kit().TileHeight(d.linkSpec(a), cells[i].W))
	}
	y := area.Below() - h - d.m.Px(8)
	for i, a := range d.v.Links {
		cells[i].Y, cells[i].H = y, h
		d.key(cells[i], d.linkSpec(a), a)
	}
	area.H = y - area.Y - d.m.Px(8)
	return area
}

func (d *draw) linkSpec(a visit.Action) touch.Spec {
	s := d.spec(a, touch.Button)
	s.Size = theme.Body
	if !a.Off {
		s.Role = touch.Quiet
	}
	return s
}

// trail lays out where a resident is, and returns the room below.
func (d *draw) trail(area touch.Rect) touch.Rect {
	area = lower(area, d.m.Gap()+d.m.Px(8))
	n := len(d.v.Trail)
	if n == 0 || d.m.Guided && !d.m.Landscape {
		return area
	}
	p := d.p
	h := d.m.Px(74)
	if d.m.Landscape {
		h = d.m.Px(56)
	}
	size := theme.Note
	h = max(h, d.m.LineHeight(d.m.Text(size))+d.m.Px(10))
	row := touch.Rect{X: area.X, Y: area.Y, W: area.W, H: h}
	for i, cell := range row.Columns(n, d.m.Px(12)) {
		mark := d.v.Trail[i]
		ground, t := p.Sunk, touch.Type{Size: size, Color: p.OnSunk, Shrink: true}
		icon := ""
		switch mark.State {
		case visit.Now:
			ground, t.Color, t.Bold = p.Primary, p.OnPrime, true
		case visit.Done:
			ground, t.Color, icon = p.GoodGround, p.Good, "check"
		case visit.Todo:
		}
		d.Card(cell, ground, ground, 0)
		d.station(cell, mark.Label, icon, t)
	}
	return lower(area, h+d.m.Gap())
}

func (d *draw) station(cell touch.Rect, label, icon string, t touch.Type) {
	if icon == "" {
		d.Middle(cell, label, centre(t))
		return
	}
	side := d.m.Text(t.Size)
	w := d.s.kit.Ruler.Width(label, side, t.Bold)
	x := max(cell.X+d.m.Px(6), cell.X+(cell.W-w-side-d.m.Px(6))/2)
	d.Icon(touch.Rect{X: x, Y: cell.Y + (cell.H-side)/2, W: side, H: side}, icon, t.Color)
	x += side + d.m.Px(6)
	d.Middle(touch.Rect{X: x, Y: cell.Y, W: cell.Right() - x, H: cell.H}, label, t)
}

// titles lays out what the page asks for, above its content.
func (d *draw) titles(area touch.Rect) touch.Rect {
	if d.middled() {
		return d.noticeBelow(area)
	}
	used := d.words(area, d.titleSize())
	if used > 0 {
		area = lower(area, used+d.m.Gap())
	}
	return d.noticeBelow(area)
}

// middled reports whether the page sets its title itself, in the middle.
func (d *draw) middled() bool {
	switch d.v.Body.(type) {
	case *visit.ReceiptBody, *visit.WipedBody, *visit.OutBody, *visit.WaitBody:
		return true
	default:
		return false
	}
}

func (d *draw) titleSize() theme.Size { return theme.Title }

// words sets progress, title and lead from the top and returns their height.
func (d *draw) words(area touch.Rect, size theme.Size) float32 {
	return d.eachWords(area, size, d.Text)
}

// wordsHeight returns how high they become.
func (d *draw) wordsHeight(area touch.Rect, size theme.Size) float32 {
	return d.eachWords(area, size, func(r touch.Rect, text string, t touch.Type) float32 { return d.Height(text, r.W, t) })
}

func (d *draw) eachWords(area touch.Rect, size theme.Size, set func(touch.Rect, string, touch.Type) float32) float32 {
	y := float32(0)
	put := func(text string, t touch.Type, gap float32) {
		if text == "" {
			return
		}
		if y > 0 {
			y += gap
		}
		y += set(touch.Rect{X: area.X, Y: area.Y + y, W: area.W}, text, t)
	}
	if q, ok := d.v.Body.(*visit.QuestionBody); ok {
		put(q.Progress, d.quiet(theme.Body), 0)
	}
	title := d.bold(size)
	title.Even = true
	most := float32(2.5)
	if d.m.Landscape {
		most = 3.5 // beside its content a title may be higher
	}
	if d.Height(d.title(), area.W, title) > most*d.m.LineHeight(d.m.Text(size)) {
		// A long official name is read, not shouted: it leaves room for what it is about.
		title.Size = theme.Heading
	}
	put(d.title(), title, d.m.Px(6))
	put(d.lead(), d.quiet(theme.Strong), d.m.Px(10))
	return y
}

func (d *draw) title() string {
	if q, ok := d.v.Body.(*visit.QuestionBody); ok && d.v.Title == "" && q.Field != nil {
		if q.Field.Ask != "" {
			return q.Field.Ask
		}
		return q.Field.Label
	}
	return d.v.Title
}

func (d *draw) lead() string {
	if q, ok := d.v.Body.(*visit.QuestionBody); ok && d.v.Lead == "" && q.Field != nil {
		return q.Field.Help
	}
	return d.v.Lead
}

// noticeBelow sets the calm box at the bottom of the content and returns the room above it.
func (d *draw) noticeBelow(area touch.Rect) touch.Rect {
	n := d.v.Notice
	if n == nil || n.Text == "" {
		return area
	}
	h := d.noticeHeight(area.W, n.Text, n.Tone)
	d.notice(touch.Rect{X: area.X, Y: area.Below() - h, W: area.W}, n.Text, n.Tone)
	area.H -= h + d.m.Gap()
	return area
}

// splitTitles sets words, notice and links at the left of a wide panel and returns the room at the right.
func (d *draw) splitTitles(area touch.Rect) touch.Rect {
	gap := d.m.Px(56)
	left := area
	left.W = area.W*0.34 - gap/2
	right := touch.Rect{X: left.Right() + gap, Y: area.Y, W: area.W - left.W - gap, H: area.H}
	d.leftLinks(&left)
	if n := d.v.Notice; n != nil && n.Text != "" {
		if d.wordsHeight(left, theme.Title)+d.m.Gap()+d.noticeHeight(left.W, n.Text, n.Tone) <= left.H {
			d.noticeBelow(left)
		} else {
			right = d.noticeBelow(right)
		}
	}
	d.words(left, theme.Title)
	return right
}

// leftLinks sets the quiet ways out beneath each other at the bottom of the left column.
func (d *draw) leftLinks(left *touch.Rect) {
	all := d.v.Links
	cols := min(len(all), 2)
	for i := 0; i < len(all); i += cols {
		part := all[max(0, len(all)-i-cols) : len(all)-i]
		h := max(d.m.Target(), d.m.Px(72))
		cells := touch.Rect{X: left.X, W: left.W}.Columns(cols, d.m.Px(12))
		for j, a := range part {
			h = max(h, d.Kit().TileHeight(d.linkSpec(a), cells[j].W))
		}
		for j, a := range part {
			cells[j].Y, cells[j].H = left.Below()-h, h
			d.key(cells[j], d.linkSpec(a), a)
		}
		left.H -= h + d.m.Px(12)
	}
}

// lower returns what is left of a room below its first pixels.
func lower(r touch.Rect, by float32) touch.Rect {
	return touch.Rect{X: r.X, Y: r.Y + by, W: r.W, H: r.H - by}
}
