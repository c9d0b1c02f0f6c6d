package screen

import (
	"zhizhu/app/screen/theme"
	"zhizhu/app/screen/touch"
	"zhizhu/app/visit"
	"zhizhu/offline/catalog"
)

// question is one question with what it is answered with.
func (d *draw) question(area touch.Rect, body *visit.QuestionBody) {
	d.known(&area, body.Known)
	d.local.edit.view(body.Value)
	if body.Field == nil {
		d.choices(area, body.Options)
		return
	}
	switch body.Field.Type {
	case catalog.Choice:
		d.wrong(&area, body.Wrong)
		d.choices(area, body.Options)
	case catalog.Date:
		d.date(area, body)
	case catalog.Text:
		d.text(area, body)
	case catalog.Number, catalog.Phone, catalog.IDNo, catalog.Digits:
		d.digits(area, body)
	}
}

// known draws what is known already and won't be asked, at the bottom, where there is room for it.
func (d *draw) known(area *touch.Rect, pairs []visit.Pair) {
	if len(pairs) == 0 || d.m.Guided {
		return
	}
	m := d.m
	t, v := d.quiet(theme.Note), d.bold(theme.Note)
	labelW := area.W * 0.3
	pad := m.Px(22)
	var h float32
	for _, p := range pairs {
		h += max(d.Height(p.Label, labelW-pad, t), d.Height(p.Value, area.W-labelW-pad, v))
	}
	h += 2 * m.Px(14)
	if h > area.H*0.3 {
		return
	}
	box := touch.Rect{X: area.X, Y: area.Below() - h, W: area.W, H: h}
	d.Card(box, d.p.Sunk, d.p.Sunk, 0)
	y := box.Y + m.Px(14)
	for _, p := range pairs {
		a := d.Text(touch.Rect{X: box.X + pad, Y: y, W: labelW - pad}, p.Label, t)
		b := d.Text(touch.Rect{X: box.X + labelW, Y: y, W: area.W - labelW - pad}, p.Value, v)
		y += max(a, b)
	}
	area.H -= h + m.Gap()
}

// wrong says what is wrong with the answer, right where it is given.
func (d *draw) wrong(area *touch.Rect, words string) {
	if words == "" {
		return
	}
	h := d.notice(*area, words, visit.Wrong)
	*area = lower(*area, h+d.m.Gap())
}

// choices lays out the options as large rows; many options get two columns, too many get pages.
func (d *draw) choices(area touch.Rect, all []visit.Action) {
	spec := func(a visit.Action) touch.Spec {
		s := d.spec(a, touch.Row)
		s.Size = theme.Choice
		return s
	}
	least := d.m.Control()
	if len(all) <= 5 {
		least = max(least, min(d.m.Px(150), area.H/5-d.m.Gap()))
	}
	if d.m.Guided && !d.m.Landscape {
		// As high as the sketch, but rather lower than on a second page.
		n := float32(max(len(all), 1))
		least = max(d.m.Target(), d.m.Px(112), min(d.m.Px(190), (area.H-d.m.Gap()*(n-1))/n))
	}
	need := func(cols int) (float32, []block) {
		w := area.Columns(cols, d.m.Gap())[0].W
		var blocks []block
		for _, a := range all {
			h := max(least, d.Kit().TileHeight(spec(a), w))
			blocks = append(blocks, block{h, func(r touch.Rect) { d.key(r, spec(a), a) }})
		}
		var sum float32
		for _, r := range rowsOf(blocks, cols) {
			sum += r.h + d.m.Gap()
		}
		return sum - d.m.Gap(), blocks
	}
	cols := 1
	h, blocks := need(1)
	if h > area.H && !(d.m.Guided && !d.m.Landscape) {
		cols = 2
		_, blocks = need(2)
	}
	d.stack(area, blocks, cols, pager{})
}

// valueBox shows what has been typed so far.
func (d *draw) valueBox(area *touch.Rect, body *visit.QuestionBody, hint string) {
	s := touch.Spec{ID: "value", Label: d.local.edit.value, Shape: touch.Field, Size: theme.Digits, Bad: body.Wrong != ""}
	if d.local.edit.value == body.Value && body.Shown != "" {
		s.Label = body.Shown
	}
	if s.Label != "" && body.Field.Unit != "" && body.Shown == "" {
		s.Label += " " + body.Field.Unit
	}
	if s.Label == "" {
		s.Label, s.Hint, s.Size = hint, true, theme.Strong
	}
	if d.s.kit.Ruler.Width(s.Label, d.m.Text(s.Size), true) > area.W-2*d.m.Pad() {
		s.Size = theme.Strong
	}
	h := max(d.m.Px(124), d.Kit().TileHeight(s, area.W))
	if d.m.Landscape {
		h = max(d.m.Px(96), d.Kit().TileHeight(s, area.W))
	}
	d.Tile(touch.Rect{X: area.X, Y: area.Y, W: area.W, H: h}, s, func() { d.s.emit(visit.Touch{}) })
	*area = lower(*area, h+d.m.Gap())
}

// suggest lays out answers to take by one touch.
func (d *draw) suggest(area *touch.Rect, all []visit.Action, cols int) {
	if len(all) == 0 {
		return
	}
	d.grid(area, all, cols, func(a visit.Action) touch.Spec {
		s := d.spec(a, touch.Button)
		if a.Chosen && s.Icon == "" {
			s.Icon = "circle-check"
		}
		return s
	}, max(d.m.Px(96), d.m.Target()))
}

// put sends an answer and shows it at once.
func (s *Screen) put(field *catalog.Field, value string) {
	s.local.edit.put(value)
	s.emit(visit.Answer{Field: field.ID, Value: value})
	s.again()
}

// text is a free text: answers to touch. The field keeps its place for the writing pad.
func (d *draw) text(area touch.Rect, body *visit.QuestionBody) {
	d.valueBox(&area, body, body.Field.Label)
	d.wrong(&area, body.Wrong)
	cols := 2
	for _, a := range body.Options {
		w := area.Columns(2, d.m.Gap())[0].W
		if d.s.kit.Ruler.Width(a.Label, d.m.Text(theme.Strong), true) > w-d.m.Px(90) {
			cols = 1
		}
	}
	var blocks []block
	for _, a := range body.Options {
		s := d.spec(a, touch.Row)
		w := area.Columns(cols, d.m.Gap())[0].W
		blocks = append(blocks, block{max(d.m.Px(104), d.Kit().TileHeight(s, w)), func(r touch.Rect) { d.key(r, s, a) }})
	}
	d.stack(area, blocks, cols, pager{})
}

// digits is a pad of large keys.
func (d *draw) digits(area touch.Rect, body *visit.QuestionBody) {
	f := body.Field
	d.valueBox(&area, body, f.Label)
	d.wrong(&area, body.Wrong)
	cols := 3
	if d.m.Landscape {
		cols = 4
	}
	d.suggest(&area, body.Options, cols)

	keys := []string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "", "0", wordDelete}
	if f.Type == catalog.IDNo {
		keys[9] = "X"
	}
	h := area.H
	most := d.m.Px(150)*4 + d.m.Gap()*3
	if d.m.Guided {
		most = d.m.Px(190)*4 + d.m.Gap()*3
	}
	area.H = min(h, most)
	gap := d.m.Gap()
	if d.m.Landscape {
		gap = d.m.Px(14)
	}
	for i, cell := range area.Grid(3, 4, gap) {
		if keys[i] != "" {
			d.padKey(cell, keys[i], f)
		}
	}
}

func (d *draw) padKey(r touch.Rect, key string, f *catalog.Field) {
	value := &d.s.local.edit
	if key == wordDelete {
		s := touch.Spec{ID: "delete", Label: wordDelete, Icon: "delete", Shape: touch.Key, Size: theme.Strong}
		d.Tile(r, s, func() {
			if value.value != "" {
				d.s.put(f, dropLast(value.value))
			}
		})
		return
	}
	s := touch.Spec{ID: "key-" + key, Label: key, Shape: touch.Key, Size: theme.Digits}
	d.Tile(r, s, func() {
		if len([]rune(value.value)) < mostDigits(f) {
			d.s.put(f, value.value+key)
		} else {
			d.s.emit(visit.Touch{})
		}
	})
}

// mostDigits bounds what a pad takes, by the field's own limit or what no number of that kind is longer than.
func mostDigits(f *catalog.Field) int {
	switch {
	case f.MaxLength > 0:
		return f.MaxLength
	case f.Type == catalog.IDNo:
		return 18
	case f.Type == catalog.Phone:
		return 12
	case f.Type == catalog.Number:
		return 9
	default:
		return 32
	}
}
