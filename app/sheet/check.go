package sheet

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"zhizhu/offline/catalog"
)

// Bounds that hold where the item sets none.
const (
	maxText   = 200 // characters of a text
	maxDigits = 30
)

// Clean returns an answer in the one form in which it is kept: without spaces around it, digits and letters of numbers
// in ASCII and without the spaces and dashes that people put between them.
func Clean(f *catalog.Field, value string) string {
	value = strings.TrimSpace(value)
	switch f.Type {
	case catalog.Text, catalog.Choice:
		return value
	case catalog.Date, catalog.Number:
		return strings.Map(narrow, value)
	case catalog.Phone, catalog.IDNo, catalog.Digits:
		return strings.ToUpper(strings.Map(func(r rune) rune {
			r = narrow(r)
			if r == '-' || unicode.IsSpace(r) {
				return -1
			}
			return r
		}, value))
	}
	return value
}

// narrow takes a full-width character to its ASCII one.
func narrow(r rune) rune {
	if r >= '！' && r <= '～' {
		return r - '！' + '!'
	}
	return r
}

// Check says what is wrong with an answer to a field, and the bound that was missed as people read it, or "". An empty
// answer is Missing unless the field is optional. Only the date of today in its own location counts.
func Check(f *catalog.Field, value string, today time.Time) (Fault, string) {
	value = Clean(f, value)
	if value == "" {
		if f.Optional {
			return Fine, ""
		}
		return Missing, ""
	}
	switch f.Type {
	case catalog.Text:
		return checkText(f, value)
	case catalog.Choice:
		return checkChoice(f, value), ""
	case catalog.Date:
		return checkDate(f, value, today)
	case catalog.Number:
		return checkNumber(f, value)
	case catalog.Phone:
		return fault(validPhone(value), BadPhone), ""
	case catalog.IDNo:
		return fault(ValidIDNumber(value), BadIDNumber), ""
	case catalog.Digits:
		return checkDigits(f, value)
	}
	return Fine, ""
}

func fault(ok bool, otherwise Fault) Fault {
	if ok {
		return Fine
	}
	return otherwise
}

func checkText(f *catalog.Field, value string) (Fault, string) {
	if !utf8.ValidString(value) {
		return BadCharacter, ""
	}
	for _, r := range value {
		if !writable(r) {
			return BadCharacter, ""
		}
	}
	return checkLength(f, utf8.RuneCountInString(value), maxText, "个字")
}

func checkDigits(f *catalog.Field, value string) (Fault, string) {
	for _, r := range value {
		if (r < '0' || r > '9') && (r < 'A' || r > 'Z') {
			return BadCharacter, ""
		}
	}
	return checkLength(f, len(value), maxDigits, "位")
}

func checkLength(f *catalog.Field, n, most int, unit string) (Fault, string) {
	if f.MaxLength > 0 {
		most = f.MaxLength
	}
	switch {
	case n < f.MinLength:
		return TooShort, strconv.Itoa(f.MinLength) + unit
	case n > most:
		return TooLong, strconv.Itoa(most) + unit
	}
	return Fine, ""
}

func checkChoice(f *catalog.Field, value string) Fault {
	for _, o := range f.Options {
		if o.Value == value {
			return Fine
		}
	}
	return NotAnOption
}

func checkDate(f *catalog.Field, value string, today time.Time) (Fault, string) {
	day, err := time.Parse(catalog.DateLayout, value)
	if err != nil || day.Year() < 1850 {
		return NotADate, ""
	}
	// load has parsed the bounds; one that can't be read here would bar nobody.
	if least, err := catalog.DateBound(f.Min, today); err == nil && day.Before(least) {
		return TooEarly, dateText(least)
	}
	if most, err := catalog.DateBound(f.Max, today); err == nil && day.After(most) {
		return TooLate, dateText(most)
	}
	return Fine, ""
}

func checkNumber(f *catalog.Field, value string) (Fault, string) {
	n, err := strconv.ParseInt(value, 10, 32)
	if err != nil || strings.HasPrefix(value, "+") {
		return NotANumber, ""
	}
	if least, err := strconv.ParseInt(f.Min, 10, 32); err == nil && n < least {
		return TooSmall, f.Min + f.Unit
	}
	if most, err := strconv.ParseInt(f.Max, 10, 32); err == nil && n > most {
		return TooLarge, f.Max + f.Unit
	}
	return Fine, ""
}

// validPhone reports whether digits are a mainland mobile number (11 digits from 13 to 19) or a fixed line with its
// area code (10 and 02x with 8 digits, all others with 7 or 8).
func validPhone(digits string) bool {
	for _, r := range digits {
		if r < '0' || r > '9' {
			return false
		}
	}
	if len(digits) == 11 && digits[0] == '1' {
		return digits[1] >= '3'
	}
	area := areaLength(digits)
	if area == 0 || len(digits) < area+1 {
		return false
	}
	line := digits[area:]
	if line[0] < '2' || line[0] > '8' {
		return false
	}
	return len(line) == 8 || len(line) == 7 && area == 4
}

// areaLength returns the length of a fixed line's area code, 0 for none.
func areaLength(digits string) int {
	switch {
	case len(digits) < 3 || digits[0] != '0' || digits[1] == '0':
		return 0
	case digits[:3] == "010" || digits[1] == '2':
		return 3
	case digits[1] == '1':
		return 0
	}
	return 4
}

// writable reports whether a character may stand in a text: what the screen's font, the printer's fall-back and the
// upstream's forms can carry.
func writable(r rune) bool {
	if unicode.Is(unicode.Han, r) {
		return true
	}
	ranges := [...][2]rune{
		{' ', '~'}, {0xA1, 0xAC}, {0xAE, 0x17F}, // Latin letters of names, · and §; not the soft hyphen
		{0x2010, 0x2027}, {0x2030, 0x205E}, // dashes, quotes, …; not what turns the reading direction
		{0x2103, 0x2126}, {0x2150, 0x218B}, {0x2460, 0x24FF}, // ℃, Ⅱ, ①
		{0x3000, 0x301F}, {0xFF01, 0xFFEE}, // CJK punctuation, full-width forms
	}
	for _, span := range ranges {
		if r >= span[0] && r <= span[1] {
			return true
		}
	}
	return false
}
