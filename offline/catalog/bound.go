package catalog

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// DateLayout is how dates are written in answers and files: ISO 8601.
const DateLayout = "2006-01-02"

// DateBound returns the day that a date field's bound means on the given day: an ISO date, "today", or "today" with a
// distance in days, months or years (today-30d, today+6m, today-120y). The result is a midnight in UTC, for comparing
// with other results only; of today just the date in its own location counts.
func DateBound(bound string, today time.Time) (time.Time, error) {
	day := time.Date(today.Year(), today.Month(), today.Day(), 0, 0, 0, 0, time.UTC)
	rest, relative := strings.CutPrefix(bound, "today")
	switch {
	case !relative:
		t, err := time.Parse(DateLayout, bound)
		if err != nil {
			return time.Time{}, fmt.Errorf("parse date bound %q", bound)
		}
		return t, nil
	case rest == "":
		return day, nil
	case len(rest) < 3 || rest[0] != '+' && rest[0] != '-':
		return time.Time{}, fmt.Errorf("parse date bound %q", bound)
	}
	n, err := strconv.ParseUint(rest[1:len(rest)-1], 10, 15)
	if err != nil {
		return time.Time{}, fmt.Errorf("parse date bound %q", bound)
	}
	distance := int(n)
	if rest[0] == '-' {
		distance = -distance
	}
	switch rest[len(rest)-1] {
	case 'd':
		return day.AddDate(0, 0, distance), nil
	case 'm':
		return day.AddDate(0, distance, 0), nil
	case 'y':
		return day.AddDate(distance, 0, 0), nil
	}
	return time.Time{}, fmt.Errorf("parse date bound %q", bound)
}
