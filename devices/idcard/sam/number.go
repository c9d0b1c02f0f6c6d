package sam

import (
	"errors"
	"strings"
	"time"
	"unicode"

	"zhizhu/devices"
)

// NumberKind is whose number it is, by its form.
type NumberKind int

// Kinds of numbers (protocols.md A6).
const (
	ResidentNumber      NumberKind = iota + 1 // 18 characters, GB 11643
	OldResidentNumber                         // 15 digits, before 1999: no check digit
	PermitNumber                              // 18 characters, region 810000, 820000 or 830000
	ForeignerNumber2017                       // 3 letters and 12 digits
	ForeignerNumber2023                       // 18 characters, the first a 9
)

// What is wrong with a number. The errors of ParseNumber are these, so that words can be chosen by errors.Is; none
// holds any part of the number.
var (
	ErrNumberLength    = errors.New("number has neither 18 nor 15 characters")
	ErrNumberCharacter = errors.New("number has a character where none such can be")
	ErrNumberRegion    = errors.New("number begins with no region")
	ErrNumberDate      = errors.New("number has no date of birth")
	ErrNumberCheck     = errors.New("number doesn't fit its last character")
)

// Number is a number that is right in form. It tells nothing of whether it was ever given to anybody.
type Number struct {
	Text string // as it is written on cards: no blanks, X and letters in upper case
	Kind NumberKind
	// Birth is the ISO 8601 date. It is "" on ForeignerNumber2017, which has two digits of the year: they fit two
	// centuries.
	Birth string
	// Sex is '1' or '2' by the parity of the sequence in residents' and permits' numbers, '0' in foreigners': what
	// theirs means was not found in public text.
	Sex devices.Sex
	// Region is of GB/T 2260: six digits in residents' and permits' numbers, four in a foreigner's of 2017, the
	// province's two in one of 2023.
	Region string
	// Country is the three letters (2017) or digits (2023) of GB/T 2659 in a foreigner's number.
	Country string
}

// String keeps the number out of logs.
func (n Number) String() string { return "number(redacted)" }

// ParseNumber reads a number as it was typed or as a card has it: blanks and hyphens between, full-width characters
// and small letters are forgiven. It checks length, characters, region, date and check digit, in this order, and says
// which of them is wrong by one of the errors above.
//
// Of the region only the first two digits are checked, against the provinces of GB/T 2260: codes of counties come and
// go nearly every year, and people keep the number of a county that is no more.
func ParseNumber(typed string) (Number, error) {
	s := strings.Map(normal, typed)
	switch {
	case len(s) == 15 && letter(s[0]):
		return foreigner2017(s)
	case len(s) == 15:
		return oldResident(s)
	case len(s) == 18 && s[0] == '9':
		return foreigner2023(s)
	case len(s) == 18:
		return resident(s)
	}
	return Number{}, ErrNumberLength
}

// ValidNumber says whether s is a number as cards have it, and right in form.
func ValidNumber(s string) bool {
	n, err := ParseNumber(s)
	return err == nil && n.Text == s
}

// normal is what a typed character stands for. Anything that isn't ASCII stays one character, but can't be one of a
// number.
func normal(r rune) rune {
	switch {
	case unicode.IsSpace(r) || r == '-' || r == '\uFEFF' || r == '\u200B':
		return -1
	case r >= '！' && r <= '～': // full-width forms
		r -= '！' - '!'
	}
	switch {
	case r >= 'a' && r <= 'z':
		return r - 'a' + 'A'
	case r > unicode.MaxASCII:
		return '?'
	}
	return r
}

func resident(s string) (Number, error) {
	n := Number{Text: s, Kind: ResidentNumber, Region: s[:6], Sex: sexBySequence(s[16])}
	if !digits(s[:17]) || !digits(s[17:]) && s[17] != 'X' {
		return Number{}, ErrNumberCharacter
	}
	switch region := s[:2]; {
	case region == "81" || region == "82" || region == "83":
		if s[2:6] != "0000" {
			return Number{}, ErrNumberRegion
		}
		n.Kind = PermitNumber
	case !province(region):
		return Number{}, ErrNumberRegion
	}
	return dated(n, s[6:14])
}

// dated ends the check of an 18-character number.
func dated(n Number, birth string) (Number, error) {
	switch n.Birth = numberDate(birth); {
	case n.Birth == "":
		return Number{}, ErrNumberDate
	case CheckDigit(n.Text[:17]) != n.Text[17]:
		return Number{}, ErrNumberCheck
	}
	return n, nil
}

func oldResident(s string) (Number, error) {
	n := Number{Text: s, Kind: OldResidentNumber, Region: s[:6], Sex: sexBySequence(s[14]), Birth: numberDate("19" + s[6:12])}
	switch {
	case !digits(s):
		return Number{}, ErrNumberCharacter
	case !province(s[:2]) || s[0] == '8': // permits came after 15 digits
		return Number{}, ErrNumberRegion
	case n.Birth == "":
		return Number{}, ErrNumberDate
	}
	return n, nil
}

func foreigner2017(s string) (Number, error) {
	switch {
	case !letter(s[1]) || !letter(s[2]) || !digits(s[3:]):
		return Number{}, ErrNumberCharacter
	case !province(s[3:5]):
		return Number{}, ErrNumberRegion
	case numberDate("19"+s[7:13]) == "" && numberDate("20"+s[7:13]) == "":
		return Number{}, ErrNumberDate
	case CheckDigit2017(s[:14]) != s[14]:
		return Number{}, ErrNumberCheck
	}
	return Number{Text: s, Kind: ForeignerNumber2017, Country: s[:3], Region: s[3:7], Sex: '0'}, nil
}

func foreigner2023(s string) (Number, error) {
	if !digits(s[:17]) || !digits(s[17:]) && s[17] != 'X' {
		return Number{}, ErrNumberCharacter
	}
	if !province(s[1:3]) {
		return Number{}, ErrNumberRegion
	}
	return dated(Number{Text: s, Kind: ForeignerNumber2023, Region: s[1:3], Country: s[3:6], Sex: '0'}, s[6:14])
}

// province says whether two digits are a province of GB/T 2260. 71 is Taiwan, 81 and 82 are Hong Kong and Macao, which
// in a person's own number make it a permit's; 83, which permits of people from Taiwan have, is in no standard.
func province(code string) bool {
	switch code {
	case "11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34", "35", "36", "37",
		"41", "42", "43", "44", "45", "46", "50", "51", "52", "53", "54", "61", "62", "63", "64", "65",
		"71", "81", "82":
		return true
	}
	return false
}

// sexBySequence is the sex by the last digit of the sequence: odd is male.
func sexBySequence(c byte) devices.Sex {
	if (c-'0')%2 == 1 {
		return '1'
	}
	return '2'
}

// numberDate is the ISO date of eight digits, "" where they are none. Nobody born before 1800 has a number.
func numberDate(s string) string {
	t, err := time.Parse("20060102", s)
	if err != nil || t.Year() < 1800 {
		return ""
	}
	return t.Format(time.DateOnly)
}

func letter(c byte) bool { return c >= 'A' && c <= 'Z' }
