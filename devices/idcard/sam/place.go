package sam

import (
	"encoding/binary"

	"zhizhu/devices"
)

// placed says whether a text begins where here begins, rather than where there does, which is one character off. Where
// the lengths fit exactly, it is enough that it doesn't look as if it began there. A block of a type that isn't known is
// left to ParseText: no card comes of it.
func placed(here, there []byte, exact bool) bool {
	switch {
	case looksRight(here):
		return true
	case looksRight(there):
		return false
	}
	_, known := flagOf(here)
	return exact || !known
}

// looksRight says whether a text block begins where b begins: in the layout that its flag names, its number has a
// number's form and its date of birth is one of people who live. It never looks so one character off as well: there
// the date takes a figure from the field before it or the one after it, and its year is below 1800 or above 2100.
func looksRight(b []byte) bool {
	if len(b) < textLen {
		return false
	}
	t, known := flagOf(b)
	if !known {
		return false
	}
	number, birth := span{122, 36}, span{36, 16}
	if t == devices.Foreigner2017 {
		number, birth = span{122, 30}, span{220, 16}
	}
	return bornLately(birth.of(b)) && numberShape(number.of(b), t == devices.Foreigner2017)
}

// bornLately says whether b is eight digits that begin with a year from 1800 to 2100. It doesn't mind the day.
func bornLately(b []byte) bool {
	year := 0
	for i := range len(b) / 2 {
		c := unit(b, i)
		if !digit(c) {
			return false
		}
		if i < 4 {
			year = 10*year + int(c-'0')
		}
	}
	return year >= 1800 && year <= 2100
}

// numberShape says whether b has the form of a number as cards have it, right or wrong: 3 letters and 12 digits in 2017's
// layout for foreigners, else 17 digits and a digit or X.
func numberShape(b []byte, letters bool) bool {
	n := len(b) / 2
	for i := range n {
		switch c := unit(b, i); {
		case letters && i < 3:
			if c < 'A' || c > 'Z' {
				return false
			}
		case !letters && i == n-1 && (c == 'X' || c == 'x'):
		case !digit(c):
			return false
		}
	}
	return true
}

func unit(b []byte, i int) uint16 { return binary.LittleEndian.Uint16(b[2*i:]) }

func digit(c uint16) bool { return c >= '0' && c <= '9' }
