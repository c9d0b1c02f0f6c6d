package sheet

import (
	"strconv"
	"strings"
	"time"

	"zhizhu/offline/catalog"
)

// Text returns an answer as people write it: an option's label, 2026年3月5日, 138 0013 8000, 3人. What isn't whole
// yet comes as far as it goes, so that it can be shown while somebody types.
func Text(f *catalog.Field, value string) string {
	value = Clean(f, value)
	if value == "" {
		return ""
	}
	switch f.Type {
	case catalog.Text:
		return value
	case catalog.Choice:
		for _, o := range f.Options {
			if o.Value == value {
				return o.Label
			}
		}
		return value
	case catalog.Date:
		if day, err := time.Parse(catalog.DateLayout, value); err == nil {
			return dateText(day)
		}
		return value
	case catalog.Number:
		return value + f.Unit
	case catalog.Phone:
		return phoneText(value)
	case catalog.IDNo:
		return group(value, 6, 8, 4)
	case catalog.Digits:
		return group(value, 4)
	}
	return value
}

func dateText(day time.Time) string {
	return strconv.Itoa(day.Year()) + "年" + strconv.Itoa(int(day.Month())) + "月" + strconv.Itoa(day.Day()) + "日"
}

func phoneText(digits string) string {
	if area := areaLength(digits); area > 0 {
		return group(digits, area, 8)
	}
	return group(digits, 3, 4, 4)
}

// group puts spaces into s after so many bytes each; the last size repeats.
func group(s string, sizes ...int) string {
	var b strings.Builder
	for i := 0; len(s) > 0; i++ {
		n := min(sizes[min(i, len(sizes)-1)], len(s))
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(s[:n])
		s = s[n:]
	}
	return b.String()
}
