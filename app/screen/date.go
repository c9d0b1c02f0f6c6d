package screen

import (
	"strconv"
	"strings"
	"time"

	"zhizhu/app/screen/theme"
	"zhizhu/app/screen/touch"
	"zhizhu/app/visit"
	"zhizhu/offline/catalog"
)

// date is a day given by large keys: decade, year, month, day. Its three parts stand above, each a way back.
func (d *draw) date(area touch.Rect, body *visit.QuestionBody) {
	c := d.calendar(body)
	stage := c.Stage()
	if d.local.restage || stage == touch.Whole {
		stage = d.local.stage
	}
	d.dateParts(&area, c, stage, body)
	d.wrong(&area, body.Wrong)
	d.suggest(&area, body.Options, 3)
	d.dateKeys(area, c, stage, body.Field)
}

// calendar returns the pad's state, made anew for each question, and takes over a date that came with the view.
func (d *draw) calendar(body *visit.QuestionBody) *touch.Calendar {
	l := d.local
	if l.calendar == nil {
		l.calendar = touch.NewCalendar(dateRange(body.Field, body.Today))
		l.stage = touch.Day
	}
	if v := l.edit.value; v != "" && v != l.calendar.Date() && !l.restage {
		l.calendar.Set(v)
	}
	return l.calendar
}

// dateRange returns the first and last day that the field allows, or a century back and a year on.
func dateRange(f *catalog.Field, today string) (least, most time.Time) {
	now, err := time.Parse(time.DateOnly, today)
	if err != nil {
		now = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	least, most = now.AddDate(-110, 0, 0), now.AddDate(2, 0, 0)
	if t, ok := dayOf(f.Min, now); ok {
		least = t
	}
	if t, ok := dayOf(f.Max, now); ok {
		most = t
	}
	return least, most
}

// dayOf reads an ISO date, today, or today with days added: today-30d.
func dayOf(s string, today time.Time) (time.Time, bool) {
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return t, true
	}
	rest, ok := strings.CutPrefix(s, "today")
	if !ok {
		return time.Time{}, false
	}
	if rest == "" {
		return today, true
	}
	n, err := strconv.Atoi(strings.TrimSuffix(rest, "d"))
	if err != nil {
		return time.Time{}, false
	}
	return today.AddDate(0, 0, n), true
}

// dateParts shows year, month and day; touching one gives it again.
func (d *draw) dateParts(area *touch.Rect, c *touch.Calendar, stage touch.Stage, body *visit.QuestionBody) {
	y, m, day := c.Chosen()
	first := touch.Year
	if c.Decades() {
		first = touch.Decade
	}
	parts := []struct {
		value int
		word  string
		back  touch.Stage
		on    bool
	}{
		{y, wordYear, first, stage <= touch.Year},
		{m, wordMonth, touch.Month, stage == touch.Month},
		{day, wordDay, touch.Day, stage == touch.Day},
	}
	h := max(d.m.Px(110), d.m.Target())
	if d.m.Landscape {
		h = max(d.m.Px(86), d.m.Target())
	}
	row := touch.Rect{X: area.X, Y: area.Y, W: area.W, H: h}
	for i, cell := range row.Columns(3, d.m.Gap()) {
		p := parts[i]
		s := touch.Spec{ID: "date-part-" + strconv.Itoa(i), Label: p.word, Size: theme.Choice, Bad: body.Wrong != ""}
		if p.value > 0 {
			s.Label = strconv.Itoa(p.value) + " " + p.word
		} else {
			s.Hint = true
		}
		if p.on {
			s.Bad = false
			s.Chosen, s.Icon = true, "pencil-line"
		}
		d.Tile(cell, s, func() { d.s.reopen(p.back) })
	}
	*area = lower(*area, h+d.m.Gap())
}

// reopen asks for a part of the date again; the others stay until a new one is chosen.
func (s *Screen) reopen(stage touch.Stage) {
	c := s.local.calendar
	if c == nil {
		return
	}
	y, m, _ := c.Chosen()
	if stage == touch.Month && y == 0 || stage == touch.Day && m == 0 {
		s.emit(visit.Touch{})
		return
	}
	s.local.restage, s.local.stage, s.local.page = true, stage, 0
	s.emit(visit.Touch{})
	s.again()
}

// dateKeys lays out the keys of one part.
func (d *draw) dateKeys(area touch.Rect, c *touch.Calendar, stage touch.Stage, f *catalog.Field) {
	keys := c.Keys(stage)
	cols := map[touch.Stage]int{touch.Decade: 2, touch.Year: 3, touch.Month: 3, touch.Day: 5}[stage]
	if d.m.Landscape {
		cols = map[touch.Stage]int{touch.Decade: 3, touch.Year: 4, touch.Month: 4, touch.Day: 7}[stage]
	}
	if len(keys) == 0 || cols == 0 {
		return
	}
	rows := (len(keys) + cols - 1) / cols
	gap := d.m.Px(16)
	h := min((area.H-gap*float32(rows-1))/float32(rows), max(d.m.Px(128), d.m.Target()))
	var blocks []block
	for i := 0; i < len(keys); i += cols {
		part := keys[i:min(i+cols, len(keys))]
		blocks = append(blocks, block{max(h, d.m.Target()), func(r touch.Rect) {
			for j, cell := range r.Columns(cols, gap) {
				if j < len(part) {
					d.dateKey(cell, stage, part[j], f)
				}
			}
		}})
	}
	d.stackGap(area, blocks, 1, gap, pager{})
}

func (d *draw) dateKey(r touch.Rect, stage touch.Stage, k touch.CalendarKey, f *catalog.Field) {
	s := touch.Spec{
		ID: "date-" + strconv.Itoa(k.Value), Label: dateLabel(stage, k.Value), Shape: touch.Key, Size: theme.Choice,
		Off: k.Off, Chosen: k.On && !k.Off,
	}
	if stage == touch.Decade {
		s.Size = theme.Strong
	}
	d.Tile(r, s, func() { d.s.chooseDate(stage, k.Value, f) })
}

func dateLabel(stage touch.Stage, v int) string {
	switch stage {
	case touch.Decade:
		return wordDecade(v)
	case touch.Year:
		return strconv.Itoa(v) + wordYear
	case touch.Month:
		return strconv.Itoa(v) + wordMonth
	default:
		return strconv.Itoa(v)
	}
}

// chooseDate takes one part; the whole date is sent once it is whole.
func (s *Screen) chooseDate(stage touch.Stage, v int, f *catalog.Field) {
	c := s.local.calendar
	if c == nil {
		return
	}
	had := c.Date() != ""
	c.Choose(stage, v)
	s.local.restage, s.local.page = false, 0
	s.local.stage = touch.Day
	if date := c.Date(); date != "" {
		s.put(f, date)
		return
	}
	if had {
		// What was given is no longer what is shown: the visit must not go on with it.
		s.put(f, "")
		return
	}
	s.emit(visit.Touch{})
	s.again()
}
