package touch

import (
	"time"
)

// Stage says which part of a date is asked for.
type Stage int

// Stages of giving a date.
const (
	Decade Stage = iota // ten years each
	Year
	Month
	Day
	Whole // the date is given
)

// Calendar gives a date by big keys: decade, year, month, day, each on one page and nothing to scroll. Ranges with few
// years skip the decade. It is pure.
type Calendar struct {
	min, max time.Time
	decade   int // first year, 0 while not chosen
	year     int
	month    int
	day      int
}

// CalendarKey is one key of a page of the calendar.
type CalendarKey struct {
	Value int
	Off   bool // outside the range
	On    bool // what is chosen now
}

// NewCalendar returns a calendar for the days from least to most.
func NewCalendar(least, most time.Time) *Calendar {
	if most.Before(least) {
		most = least
	}
	c := &Calendar{min: day(least), max: day(most)}
	c.settle()
	return c
}

func day(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

// Set takes over a date that is known already; a date outside the range is not taken.
func (c *Calendar) Set(iso string) {
	t, err := time.Parse(time.DateOnly, iso)
	if err != nil || t.Before(c.min) || t.After(c.max) {
		return
	}
	c.decade, c.year, c.month, c.day = t.Year()/10*10, t.Year(), int(t.Month()), t.Day()
}

// Stage returns what is asked for next.
func (c *Calendar) Stage() Stage {
	switch {
	case c.year == 0 && c.decade == 0 && c.Decades():
		return Decade
	case c.year == 0:
		return Year
	case c.month == 0:
		return Month
	case c.day == 0:
		return Day
	default:
		return Whole
	}
}

// Decades reports whether the range has so many years that they are asked for by tens.
func (c *Calendar) Decades() bool { return c.max.Year()-c.min.Year() >= 24 }

// Chosen returns the parts chosen so far, 0 for those that are not.
func (c *Calendar) Chosen() (year, month, day int) { return c.year, c.month, c.day }

// Date returns the date as ISO 8601, or "".
func (c *Calendar) Date() string {
	if c.Stage() != Whole {
		return ""
	}
	return c.at(c.year, c.month, c.day).Format(time.DateOnly)
}

func (c *Calendar) at(y, m, d int) time.Time {
	return time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
}

// Keys returns the keys of a stage's page.
func (c *Calendar) Keys(s Stage) []CalendarKey {
	var keys []CalendarKey
	add := func(v int, from, to time.Time, on bool) {
		keys = append(keys, CalendarKey{Value: v, Off: to.Before(c.min) || from.After(c.max), On: on})
	}
	switch s {
	case Decade:
		for y := c.min.Year() / 10 * 10; y <= c.max.Year(); y += 10 {
			add(y, c.at(y, 1, 1), c.at(y+9, 12, 31), c.decade == y)
		}
	case Year:
		from, to := c.min.Year(), c.max.Year()
		if c.Decades() {
			from, to = c.decade, c.decade+9
		}
		for y := from; y <= to; y++ {
			add(y, c.at(y, 1, 1), c.at(y, 12, 31), c.year == y)
		}
	case Month:
		for m := 1; m <= 12; m++ {
			add(m, c.at(c.year, m, 1), c.at(c.year, m+1, 0), c.month == m)
		}
	case Day:
		for d := 1; d <= c.at(c.year, c.month+1, 0).Day(); d++ {
			add(d, c.at(c.year, c.month, d), c.at(c.year, c.month, d), c.day == d)
		}
	case Whole:
	}
	return keys
}

// Choose takes one key of a stage's page; later parts are asked for again, unless they still fit.
func (c *Calendar) Choose(s Stage, v int) {
	switch s {
	case Decade:
		c.decade, c.year, c.month, c.day = v, 0, 0, 0
	case Year:
		c.year, c.month, c.day = v, 0, 0
	case Month:
		c.month, c.day = v, 0
	case Day:
		c.day = v
	case Whole:
	}
	c.settle()
}

// settle chooses what leaves no choice: one year, one month.
func (c *Calendar) settle() {
	for _, s := range []Stage{Year, Month} {
		if c.Stage() != s {
			continue
		}
		only, n := 0, 0
		for _, k := range c.Keys(s) {
			if !k.Off {
				only, n = k.Value, n+1
			}
		}
		if n != 1 {
			return
		}
		if s == Year {
			c.year = only
		} else {
			c.month = only
		}
	}
}

// Back returns to a stage, forgetting it and what follows.
func (c *Calendar) Back(s Stage) {
	switch s {
	case Decade:
		c.decade, c.year, c.month, c.day = 0, 0, 0, 0
	case Year:
		c.year, c.month, c.day = 0, 0, 0
	case Month:
		c.month, c.day = 0, 0
	case Day:
		c.day = 0
	case Whole:
	}
}

// Range returns the first and last day that can be given.
func (c *Calendar) Range() (least, most time.Time) { return c.min, c.max }
