package receipt

import "strings"

// MaskNumber hides the birth date in an ID number: 441403********1234. Of a number too short for that nothing is left.
func MaskNumber(number string) string {
	r := []rune(number)
	if len(r) <= 10 {
		return strings.Repeat("*", len(r))
	}
	return string(r[:6]) + strings.Repeat("*", len(r)-10) + string(r[len(r)-4:])
}

// MaskTail leaves the last four characters of an account, a bill's number or a telephone number: 尾号 5678. Of one too
// short for that nothing is left.
func MaskTail(number string) string {
	r := []rune(number)
	switch {
	case len(r) == 0:
		return ""
	case len(r) <= 5:
		return strings.Repeat("*", len(r))
	}
	return "尾号 " + string(r[len(r)-4:])
}

// MaskName hides all of a name but its first character: 张*, 欧**. Letters of a foreign name are hidden but the first.
func MaskName(name string) string {
	r := []rune(strings.TrimSpace(name))
	if len(r) == 0 {
		return ""
	}
	return string(r[:1]) + strings.Repeat("*", min(len(r)-1, 4))
}
