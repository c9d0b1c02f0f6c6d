package outbox

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Number is a receipt number: MX0427-1-20261123-0018-5 is the 18th matter of 23 November 2026 on terminal MX0427-1.
// The last digit is a check digit by ISO 7064 MOD 11,10 over everything before it without the dashes, letters counted
// as two digits (A is 10, Z is 35).
type Number struct {
	Terminal string // capital letters, digits and dashes
	Date     string // yyyymmdd, by China's clock
	Serial   uint64 // from 1; written with at least four digits
}

// ErrNumber: the text is not a receipt number, or was misread or mistyped.
var ErrNumber = errors.New("not a receipt number")

// FormatNumber writes a receipt number. A terminal's id is written in capitals, without what is no letter, digit or dash.
func FormatNumber(terminal, date string, serial uint64) string {
	body := fmt.Sprintf("%s-%s-%04d", numberTerminal(terminal), date, serial)
	return body + "-" + strconv.Itoa(checkDigit(body))
}

// ParseNumber reads a receipt number and checks its check digit. Small letters and spaces around it are forgiven.
func ParseNumber(s string) (Number, error) {
	s = strings.ToUpper(strings.TrimSpace(s))
	parts := strings.Split(s, "-")
	if len(parts) < 4 {
		return Number{}, ErrNumber
	}
	check, serial, date := parts[len(parts)-1], parts[len(parts)-2], parts[len(parts)-3]
	n := Number{Terminal: strings.Join(parts[:len(parts)-3], "-"), Date: date}
	if n.Terminal == "" || numberTerminal(n.Terminal) != n.Terminal {
		return Number{}, ErrNumber
	}
	if _, err := time.Parse("20060102", date); err != nil {
		return Number{}, ErrNumber
	}
	var err error
	if n.Serial, err = strconv.ParseUint(serial, 10, 63); err != nil || n.Serial == 0 || fmt.Sprintf("%04d", n.Serial) != serial {
		return Number{}, ErrNumber
	}
	if check != strconv.Itoa(checkDigit(strings.TrimSuffix(s, "-"+check))) {
		return Number{}, ErrNumber
	}
	return n, nil
}

// String writes the number.
func (n Number) String() string { return FormatNumber(n.Terminal, n.Date, n.Serial) }

func numberTerminal(id string) string {
	keep := func(r rune) rune {
		if r == '-' || '0' <= r && r <= '9' || 'A' <= r && r <= 'Z' {
			return r
		}
		return -1
	}
	if id = strings.Map(keep, strings.ToUpper(id)); strings.Trim(id, "-") != "" {
		return strings.Trim(id, "-")
	}
	return "T"
}

// checkDigit is ISO 7064 MOD 11,10 over the digits and letters of body.
func checkDigit(body string) int {
	p := 10
	add := func(digit int) {
		if p = (p + digit) % 10; p == 0 {
			p = 10
		}
		p = p * 2 % 11
	}
	for _, r := range body {
		switch {
		case '0' <= r && r <= '9':
			add(int(r - '0'))
		case 'A' <= r && r <= 'Z':
			v := int(r-'A') + 10
			add(v / 10)
			add(v % 10)
		}
	}
	return (11 - p) % 10
}
