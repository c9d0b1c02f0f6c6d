package escpos

import "golang.org/x/text/encoding/simplifiedchinese"

// assigned returns the character that a code point of the private use area stands for in text from old systems, where
// GBK and the first editions of GB 18030 mapped characters there that Unicode did not have yet (U+E863 is 䶮); any other
// character is returned as it is. It is for drawing only: what is stored and sent keeps its code point.
//
// Source: GB 18030-2022 (the 24 code points that the edition of 2005 still left there) and GB 18030-2000 (the other
// characters of GBK's rows A8, A9 and FE). Other private code points are not guessed at.
func assigned(r rune) rune {
	switch {
	case r < 0xe78d || r > 0xe864:
		return r
	case r <= 0xe796:
		return punctuation[r-0xe78d]
	case r == 0xe7c7:
		return 0x1e3f // ḿ
	case r == 0xe7c8:
		return 0x01f9 // ǹ
	case r >= 0xe7e7 && r <= 0xe7f3:
		return decodePair(0xa9, byte(0x89+r-0xe7e7), r)
	case r >= 0xe815:
		return rowFE(r)
	}
	return r
}

// punctuation are vertical forms, from U+E78D on.
var punctuation = [...]rune{0xfe10, 0xfe12, 0xfe11, 0xfe13, 0xfe14, 0xfe15, 0xfe16, 0xfe17, 0xfe18, 0xfe19}

// since2005 are the ideographs that GB 18030-2005 still left in the private use area.
var since2005 = [...][2]rune{
	{0xe816, 0x20087},
	{0xe817, 0x20089},
	{0xe818, 0x200cc},
	{0xe81e, 0x9fb4},
	{0xe826, 0x9fb5},
	{0xe82b, 0x9fb6},
	{0xe82c, 0x9fb7},
	{0xe831, 0x215d7},
	{0xe832, 0x9fb8},
	{0xe83b, 0x2298f},
	{0xe843, 0x9fb9},
	{0xe854, 0x9fba},
	{0xe855, 0x241fe},
	{0xe864, 0x9fbb},
}

// rowFE reads U+E815 to U+E864, which are FE50 to FEA0 of GBK in order.
func rowFE(r rune) rune {
	for _, p := range since2005 {
		if p[0] == r {
			return p[1]
		}
	}
	lo := byte(0x50 + r - 0xe815)
	if lo >= 0x7f {
		lo++ // no character ends with 7F
	}
	return decodePair(0xfe, lo, r)
}

// decodePair reads two bytes of GB 18030; otherwise is returned where they are no character.
func decodePair(hi, lo byte, otherwise rune) rune {
	b, err := simplifiedchinese.GB18030.NewDecoder().Bytes([]byte{hi, lo})
	if s := []rune(string(b)); err == nil && len(s) == 1 && s[0] != '\ufffd' {
		return s[0]
	}
	return otherwise
}
