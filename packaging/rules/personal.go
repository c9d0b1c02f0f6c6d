package rules

import (
	"regexp"
	"strings"
)

// idNumber and phone find what looks like a person's number in a text.
var (
	idNumber = regexp.MustCompile(`[1-9][0-9]{5}(?:18|19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9Xx]`)
	phone    = regexp.MustCompile(`1[3-9][0-9]{9}`)
)

// inventedPhone are the two forms that stand for nobody: 1380000xxxx and 13800138000.
var inventedPhone = regexp.MustCompile(`^(1380000[0-9]{4}|13800138000)$`)

// personal finds numbers that could be somebody's: citizen numbers with a right check digit, and mobile numbers that
// are not of an invented form. Longer runs of digits (digests, account numbers) are none.
func personal(text string) []string {
	var found []string
	for _, n := range alone(idNumber, text) {
		if validCheck(n) {
			found = append(found, n)
		}
	}
	for _, n := range alone(phone, text) {
		if !inventedPhone.MatchString(n) {
			found = append(found, n)
		}
	}
	return found
}

// alone returns the matches that do not stand in a longer run of digits or letters.
func alone(re *regexp.Regexp, text string) []string {
	var found []string
	for _, at := range re.FindAllStringIndex(text, -1) {
		if !wordByte(text, at[0]-1) && !wordByte(text, at[1]) {
			found = append(found, text[at[0]:at[1]])
		}
	}
	return found
}

func wordByte(text string, i int) bool {
	if i < 0 || i >= len(text) {
		return false
	}
	c := text[i]
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '.' || c == '_'
}

// validCheck is GB 11643: weights 2^(17-i) mod 11.
func validCheck(n string) bool {
	sum := 0
	for i := range 17 {
		sum += int(n[i]-'0') * ((1 << (17 - i)) % 11)
	}
	return "10X98765432"[sum%11] == strings.ToUpper(n)[17]
}
