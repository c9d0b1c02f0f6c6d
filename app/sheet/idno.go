package sheet

import (
	"time"

	"zhizhu/offline/catalog"
)

// ValidIDNumber reports whether s is an ID number that a resident may write: 18 characters of GB 11643 (digits, last
// one digit or X, a real birth date, the check character of ISO 7064 MOD 11-2), or the 15 characters of a foreigner's
// permanent residence card of 2017 (three letters, twelve digits).
func ValidIDNumber(s string) bool {
	switch len(s) {
	case 18:
		return validCitizen(s)
	case 15:
		return validForeigner(s)
	}
	return false
}

func validCitizen(s string) bool {
	for i := range 17 {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	birth, err := time.Parse("20060102", s[6:14])
	if err != nil || birth.Year() < 1850 || s[0] == '0' {
		return false
	}
	return s[17] == checkCharacter(s[:17])
}

// checkCharacter is the check character of GB 11643 (ISO 7064 MOD 11-2) over 17 digits.
func checkCharacter(digits string) byte {
	sum := 0
	for i := range digits {
		sum = (sum + int(digits[i]-'0')) * 2 % 11
	}
	return "10X98765432"[sum]
}

func validForeigner(s string) bool {
	for i := range len(s) {
		letter := s[i] >= 'A' && s[i] <= 'Z'
		digit := s[i] >= '0' && s[i] <= '9'
		if i < 3 && !letter || i >= 3 && !digit {
			return false
		}
	}
	return true
}

// BirthOf returns the birth date (ISO 8601) in a citizen's number, or "".
func BirthOf(number string) string {
	if len(number) != 18 || !validCitizen(number) {
		return ""
	}
	birth, err := time.Parse("20060102", number[6:14])
	if err != nil {
		return ""
	}
	return birth.Format(catalog.DateLayout)
}
