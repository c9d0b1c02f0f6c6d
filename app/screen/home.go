package screen

import (
	"strings"

	"zhizhu/app/screen/theme"
	"zhizhu/app/screen/touch"
	"zhizhu/app/visit"
)

// home is the start page: search, what people often do, all fields of service. Where they don't all fit, they follow each
// other on pages, what is wanted most on the first.
func (d *draw) home(area touch.Rect, body *visit.HomeBody) {
	cols := d.homeFits(area, body)
	if cols == 0 || d.m.Guided && !d.m.Landscape {
		d.homePages(area, body)
		return
	}
	if d.m.Landscape {
		left, right := homeColumns(area, d.m.Gap())
		d.homeSearch(&left, body)
		d.homeFrequent(&left, body, cols)
		d.homeOthers(&right, body)
		d.homeThemes(right, body)
		return
	}
	d.homeSearch(&area, body)
	d.homeOthers(&area, body)
	d.homeFrequent(&area, body, cols)
	d.homeThemes(area, body)
}

func homeColumns(area touch.Rect, gap float32) (left, right touch.Rect) {
	left = area
	left.W = area.W*0.46 - gap
	right = touch.Rect{X: left.Right() + 2*gap, Y: area.Y, W: area.Right() - left.Right() - 2*gap, H: area.H}
	return left, right
}

// homeFits returns in how many columns the frequent items stand so that everything finds room on one page, 0 for none.
func (d *draw) homeFits(area touch.Rect, body *visit.HomeBody) int {
	height := func(blocks []block) float32 {
		var h float32
		for _, b := range blocks {
			h += b.h + d.m.Gap()
		}
		return h
	}
	if !d.m.Landscape {
		all := append(d.frequentBlocks(area.W, body, 2), d.searchBlock(area.W, body))
		all = append(all, d.themeBlocks(area.W, body)...)
		if height(append(all, d.otherBlocks(area.W, body)...)) <= area.H {
			return 2
		}
		return 0
	}
	left, right := homeColumns(area, d.m.Gap())
	if height(append(d.themeBlocks(right.W, body), d.otherBlocks(right.W, body)...)) > right.H {
		return 0
	}
	for _, cols := range []int{1, 2} {
		if height(append(d.frequentBlocks(left.W, body, cols), d.searchBlock(left.W, body))) <= left.H {
			return cols
		}
	}
	return 0
}

// homePages lays everything out in rows that may be cut into pages anywhere.
func (d *draw) homePages(area touch.Rect, body *visit.HomeBody) {
	cols := 1
	if !d.m.Guided || d.m.Landscape {
		cols = 2
	}
	blocks := append([]block{d.searchBlock(area.W, body)}, d.frequentBlocks(area.W, body, cols)...)
	blocks = append(blocks, d.themeBlocks(area.W, body)...)
	d.stack(area, append(blocks, d.otherBlocks(area.W, body)...), 1, pager{})
}

func (d *draw) searchBlock(w float32, body *visit.HomeBody) block {
	s := d.searchSpec(body)
	h := max(d.m.Px(104), d.Kit().TileHeight(s, w))
	return block{h, func(r touch.Rect) { d.key(r, s, body.Search) }}
}

func (d *draw) frequentBlocks(w float32, body *visit.HomeBody, cols int) []block {
	return d.rowBlocks(w, wordFrequent, "", body.Frequent, cols, d.m.Control(), func(a visit.Action) touch.Spec {
		return d.frequentSpec(a)
	})
}

func (d *draw) themeBlocks(w float32, body *visit.HomeBody) []block {
	name, note := countWords(body.Count)
	return d.rowBlocks(w, name, note, body.Themes, d.themeColumns(len(body.Themes)), d.m.Control(), func(a visit.Action) touch.Spec {
		s := d.spec(a, touch.Row)
		s.Role, s.Tint = touch.Card, ""
		return s
	})
}

func (d *draw) otherBlocks(w float32, body *visit.HomeBody) []block {
	cols := len(body.Others)
	if d.m.Guided && !d.m.Landscape {
		cols = 1
	}
	return d.rowBlocks(w, "", "", body.Others, cols, max(d.m.Px(108), d.m.Target()), d.otherSpec)
}

// rowBlocks makes a block of each row of controls; the first carries the heading.
func (d *draw) rowBlocks(
	w float32, name, note string, all []visit.Action, cols int, least float32, spec func(visit.Action) touch.Spec,
) []block {
	var blocks []block
	for i := 0; i < len(all); i += max(cols, 1) {
		part := all[i:min(i+cols, len(all))]
		h := least
		for j, c := range (touch.Rect{W: w}).Columns(cols, d.m.Gap()) {
			if j < len(part) {
				h = max(h, d.Kit().TileHeight(spec(part[j]), c.W))
			}
		}
		head := float32(0)
		if i == 0 && name != "" {
			head = d.Height(name, w, d.bold(theme.Heading)) + d.m.Px(10)
		}
		blocks = append(blocks, block{head + h, func(r touch.Rect) {
			if head > 0 {
				d.heading(&r, name, note)
			}
			r.H = h
			for j, c := range r.Columns(cols, d.m.Gap()) {
				if j < len(part) {
					d.key(c, spec(part[j]), part[j])
				}
			}
		}})
	}
	return blocks
}

func (d *draw) homeSearch(area *touch.Rect, body *visit.HomeBody) {
	b := d.searchBlock(area.W, body)
	b.draw(touch.Rect{X: area.X, Y: area.Y, W: area.W, H: b.h})
	*area = lower(*area, b.h+d.m.Px(28))
}

func (d *draw) searchSpec(body *visit.HomeBody) touch.Spec {
	s := d.spec(body.Search, touch.Field)
	s.Role, s.Hint, s.Size = touch.Plain, true, theme.Body
	if s.Icon == "" {
		s.Icon = "search"
	}
	return s
}

func (d *draw) frequentSpec(a visit.Action) touch.Spec {
	s := d.spec(a, touch.Row)
	s.Role, s.Sign, s.Icon, s.Tint = touch.Card, "chevron-right", "", ""
	return s
}

func (d *draw) otherSpec(a visit.Action) touch.Spec {
	s := d.spec(a, touch.Button)
	s.Role = touch.Card
	return s
}

// heading sets a section's name and a quiet note beside it.
func (d *draw) heading(area *touch.Rect, name, note string) {
	t := d.bold(theme.Heading)
	w := d.s.kit.Ruler.Width(name, d.m.Text(theme.Heading), true) + 2
	h := d.Text(touch.Rect{X: area.X + d.m.Px(4), Y: area.Y, W: min(w, area.W)}, name, t)
	if note != "" {
		x := area.X + d.m.Px(4) + w + d.m.Px(24)
		d.Middle(touch.Rect{X: x, Y: area.Y, W: area.Right() - x, H: h}, note, d.quiet(theme.Note))
	}
	*area = lower(*area, h+d.m.Px(10))
}

// homeFrequent draws the items that are asked for most, as cards with a second line.
func (d *draw) homeFrequent(area *touch.Rect, body *visit.HomeBody, cols int) {
	if len(body.Frequent) == 0 {
		return
	}
	d.heading(area, wordFrequent, "")
	d.grid(area, body.Frequent, cols, d.frequentSpec, d.m.Control())
	*area = lower(*area, d.m.Px(16))
}

// grid lays actions out in columns; a row is as high as its highest words.
func (d *draw) grid(area *touch.Rect, all []visit.Action, cols int, spec func(visit.Action) touch.Spec, least float32) {
	gap := d.m.Gap()
	for i := 0; i < len(all); i += cols {
		part := all[i:min(i+cols, len(all))]
		row := touch.Rect{X: area.X, Y: area.Y, W: area.W, H: least}
		cells := row.Columns(cols, gap)
		for j, a := range part {
			row.H = max(row.H, d.Kit().TileHeight(spec(a), cells[j].W))
		}
		for j, a := range part {
			cells[j].H = row.H
			d.key(cells[j], spec(a), a)
		}
		*area = lower(*area, row.H+gap)
	}
}

// homeThemes fills what is left with the fields of service.
func (d *draw) homeThemes(area touch.Rect, body *visit.HomeBody) {
	n := len(body.Themes)
	if n == 0 {
		return
	}
	name, note := countWords(body.Count)
	d.heading(&area, name, note)
	cols := d.themeColumns(n)
	rows := (n + cols - 1) / cols
	h := (area.H - d.m.Gap()*float32(rows-1)) / float32(rows)
	h = min(h, d.m.Px(250))
	area.H = h*float32(rows) + d.m.Gap()*float32(rows-1)
	for i, cell := range area.Grid(cols, rows, d.m.Gap()) {
		if i >= n {
			break
		}
		s := d.spec(body.Themes[i], touch.Stack)
		s.Role = touch.Card
		if s.Tint == "" {
			s.Tint = "blue"
		}
		words := d.m.LineHeight(d.m.Text(theme.Strong))
		if s.Mark = min(d.m.Px(108), h-words-d.m.Px(10)-2*d.m.Px(14)); s.Mark < d.m.Px(56) {
			// Too low for an icon above the words: beside them.
			s.Shape, s.Tint, s.Mark = touch.Row, "", 0
		}
		d.key(cell, s, body.Themes[i])
	}
}

func (d *draw) themeColumns(n int) int {
	switch {
	case d.m.Guided && !d.m.Landscape:
		return 2
	case n <= 4:
		return 2
	case n <= 6 || n == 9:
		return 3
	default:
		return 4
	}
}

// countWords parts "全部服务: 6 类 · 12 项" into heading and note.
func countWords(count string) (name, note string) {
	for _, sep := range []string{": ", "：", ":"} {
		if a, b, ok := strings.Cut(count, sep); ok {
			return strings.TrimSpace(a), strings.TrimSpace(b)
		}
	}
	return wordAll, count
}

// homeOthers sets the further keys at the bottom of the content.
func (d *draw) homeOthers(area *touch.Rect, body *visit.HomeBody) {
	n := len(body.Others)
	if n == 0 {
		return
	}
	for _, b := range d.otherBlocks(area.W, body) {
		b.draw(touch.Rect{X: area.X, Y: area.Below() - b.h, W: area.W, H: b.h})
		area.H -= b.h + d.m.Gap()
	}
}
