package escpos

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// geta (〓) stands for a character that can be neither said in GBK nor drawn.
const geta = '〓'

// charCode returns the bytes that a printer's GBK font draws r by: one for ASCII, two for a character of GBK, none for
// any other. Four-byte GB18030 is none, and so is whatever came into the two-byte plane after GBK (user-defined areas,
// the euro sign, radicals): old fonts have holes there.
func charCode(r rune) []byte {
	if r >= 0x20 && r < 0x7f {
		return []byte{byte(r)}
	}
	if r < 0x80 || r == utf8.RuneError || unicode.Is(unicode.Co, r) {
		return nil
	}
	b, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(string(r)))
	if err != nil || len(b) != 2 || !inGBK(b[0], b[1]) {
		return nil
	}
	return b
}

// inGBK knows the five areas of GBK 1.0 without what GB18030 put into their gaps later.
func inGBK(hi, lo byte) bool {
	switch code := uint16(hi)<<8 | uint16(lo); {
	case lo < 0x40 || lo == 0x7f || lo == 0xff:
		return false
	case code == 0xa2e3, code == 0xa8bc, code == 0xa8bf, code == 0xa6ec, code == 0xa6ed, code == 0xa6f3:
		return false
	case code >= 0xa6d9 && code <= 0xa6df, code >= 0xa989 && code <= 0xa995, code >= 0xfe50:
		return false
	case hi >= 0xa1 && hi <= 0xa7: // symbols; lo below A1 is user-defined
		return lo >= 0xa1
	case hi >= 0xaa && hi <= 0xaf, hi >= 0xf8: // hanzi below A1, user-defined from there on
		return lo < 0xa1
	default:
		return hi >= 0x81 && hi <= 0xfe
	}
}

// sayable tells whether a printer's GBK font can say all of s.
func sayable(s string) bool {
	for _, r := range s {
		if charCode(r) == nil {
			return false
		}
	}
	return true
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// encode turns sayable text into bytes; what isn't sayable becomes a mark that takes as many cells, so that the line
// still fits: 〓 or a question mark, or nothing for a mark above or below another character.
func encode(s string) []byte {
	out := make([]byte, 0, len(s))
	for _, r := range s {
		b := charCode(r)
		switch {
		case b == nil && cells(r) == 1:
			b = []byte{'?'}
		case b == nil && cells(r) == 2:
			b = charCode(geta)
		}
		out = append(out, b...)
	}
	return out
}

// cells is how many half-width columns (12 dots) a character takes: as the printer's own font does where it can say it.
func cells(r rune) int {
	switch {
	case r < 0x80:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	case r < 0x1100 && charCode(r) == nil: // Latin with marks, Cyrillic, Thai: narrow, and drawn
		return 1
	}
	return 2
}

func width(s string) int {
	n := 0
	for _, r := range s {
		n += cells(r)
	}
	return n
}

// clean takes out what must never reach a printer or mean nothing on paper: control characters, invisible ones,
// variation selectors; unusual spaces become plain ones. Line feeds stay.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == ' ' || r == '\u3000':
			return r
		case r == '\u2028' || r == '\u2029':
			return '\n'
		case r == '\t' || unicode.Is(unicode.Zs, r):
			return ' '
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Variation_Selector):
			return -1
		}
		return r
	}, s)
}
