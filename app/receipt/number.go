package receipt

import (
	"strings"
	"time"
)

// ValidNumber reports whether s is the number of a receipt: <terminal>-<yyyymmdd>-<serial>-<check digit>, as
// MX0427-1-20261123-0018-0. The last digit is the check digit of ISO 7064 MOD 11,10 over everything before it without
// the dashes, where a letter counts as two digits (A=10 ... Z=35). With it a scanned code can be told from others.
func ValidNumber(s string) bool {
	s = strings.TrimSpace(s)
	parts := strings.Split(s, "-")
	n := len(parts)
	if n < 4 || len(s) > 64 {
		return false
	}
	for _, p := range parts[:n-3] {
		if !alphanumeric(p) {
			return false
		}
	}
	date, serial, check := parts[n-3], parts[n-2], parts[n-1]
	if len(serial) < 4 || len(check) != 1 || !numeric(serial) || !numeric(check) {
		return false
	}
	if len(serial) > 4 && serial[0] == '0' || strings.Trim(serial, "0") == "" {
		return false
	}
	if _, err := time.Parse("20060102", date); err != nil || len(date) != 8 {
		return false
	}
	return checkDigit(strings.Join(parts[:n-1], "")) == check[0]
}

// checkDigit is the check digit of ISO 7064 MOD 11,10 over digits and letters.
func checkDigit(s string) byte {
	p := 10
	add := func(digit int) {
		p = (p + digit) % 10
		if p == 0 {
			p = 10
		}
		p = p * 2 % 11
	}
	for _, r := range strings.ToUpper(s) {
		if r >= 'A' {
			v := int(r-'A') + 10
			add(v / 10)
			add(v % 10)
			continue
		}
		add(int(r - '0'))
	}
	return byte('0' + (11-p)%10)
}

func numeric(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

func alphanumeric(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return s != ""
}
