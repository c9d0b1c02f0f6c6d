package qr

import (
	"errors"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode/decoder"
)

func TestDecodeText(t *testing.T) {
	for _, tc := range []struct{ name, raw, want string }{
		{"UTF-8", "粤省事码", "粤省事码"},
		{"UTF-8 with a mark", "\xef\xbb\xbf粤", "粤"},
		{"GBK", "\xd4\xc1\xca\xa1\xca\xc2\xc2\xeb", "粤省事码"},
		{"four bytes of GB18030", "\x95\x34\xb2\x35\xd6\xd0", "𠮷中"},
		{"ASCII", "AB-12", "AB-12"},
		{"neither", "\xff\xfe", "\uFFFD\uFFFD"},
		{"empty", "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := decodeText([]byte(tc.raw)); got != tc.want {
				t.Errorf("%q, want %q", got, tc.want)
			}
		})
	}
}

// bits writes codewords for tests: pairs of a value and its width.
func bits(pairs ...int) []byte {
	var out []byte
	n := 0
	for i := 0; i < len(pairs); i += 2 {
		for b := pairs[i+1] - 1; b >= 0; b-- {
			if n%8 == 0 {
				out = append(out, 0)
			}
			out[n/8] |= byte(pairs[i]>>b&1) << (7 - n%8)
			n++
		}
	}
	return out
}

// segments in a row, each charset and each way of naming it.
func TestParse(t *testing.T) {
	for _, tc := range []struct {
		name      string
		version   int
		data      []byte
		raw, text string
	}{
		{"numeric", 1, bits(1, 4, 8, 10, 12, 10, 345, 10, 67, 7), "01234567", "01234567"},
		{"one digit", 1, bits(1, 4, 1, 10, 7, 4), "7", "7"},
		{"leading zeros", 1, bits(1, 4, 4, 10, 7, 10, 0, 4), "0070", "0070"},
		{"alphanumeric", 1, bits(2, 4, 3, 9, 10*45+11, 11, 44, 6), "AB:", "AB:"},
		{"percent", 1, bits(2, 4, 2, 9, 38*45+38, 11), "%%", "%%"},
		{"FNC1", 1, bits(5, 4, 2, 4, 3, 9, 38*45+38, 11, 38, 6), "%\x1d", "%\x1d"},
		{"FNC1 second", 1, bits(9, 4, 37, 8, 1, 4, 1, 10, 7, 4), "7", "7"},
		{"bytes, UTF-8", 1, bits(4, 4, 3, 8, 0xE7, 8, 0xB2, 8, 0xA4, 8), "粤", "粤"},
		{"bytes, GBK", 1, bits(4, 4, 2, 8, 0xD4, 8, 0xC1, 8), "\xd4\xc1", "粤"},
		{"letters, then GBK", 1, bits(2, 4, 1, 9, 10, 6, 4, 4, 2, 8, 0xD4, 8, 0xC1, 8), "A\xd4\xc1", "A粤"},
		{"GBK, digits, GBK", 1, bits(4, 4, 2, 8, 0xD4, 8, 0xC1, 8, 1, 4, 3, 10, 123, 10, 4, 4, 2, 8, 0xCA, 8, 0xA1, 8), "\xd4\xc1123\xca\xa1", "粤123省"},
		{"a character cut in two", 1, bits(4, 4, 1, 8, 0xE7, 8, 4, 4, 2, 8, 0xB2, 8, 0xA4, 8), "粤", "粤"},
		{"ECI UTF-8", 1, bits(7, 4, 26, 8, 4, 4, 3, 8, 0xE7, 8, 0xB2, 8, 0xA4, 8), "粤", "粤"},
		{"ECI GB18030 in two bytes", 1, bits(7, 4, 0x8000|29, 16, 4, 4, 2, 8, 0xD4, 8, 0xC1, 8), "\xd4\xc1", "粤"},
		{"ECI Latin-1, then GB18030", 1, bits(7, 4, 3, 8, 4, 4, 1, 8, 0xFC, 8, 7, 4, 29, 8, 4, 4, 2, 8, 0xD4, 8, 0xC1, 8), "\xfc\xd4\xc1", "ü粤"},
		{"ECI nobody knows", 1, bits(7, 4, 0xC00000|811799, 24, 4, 4, 2, 8, 0xD4, 8, 0xC1, 8), "\xd4\xc1", "粤"},
		{"ECI UTF-16, digits", 1, bits(7, 4, 25, 8, 4, 4, 2, 8, 0x7C, 8, 0xA4, 8, 1, 4, 1, 10, 7, 4), "\x7c\xa47", "粤7"},
		{"Kanji", 1, bits(8, 4, 2, 8, 0xD9F, 13, 0x1AAA, 13), "\x93\x5f\xe4\xaa", "点茗"},
		{"Hanzi", 1, bits(13, 4, 1, 4, 2, 8, (0xD4-0xA6)*0x60+0xC1-0xA1, 13, 2, 13), "\xd4\xc1\xa1\xa3", "粤。"},
		{"appended part", 1, bits(3, 4, 0x01, 8, 0x55, 8, 1, 4, 1, 10, 7, 4), "7", "7"},
		{"end, then padding", 1, bits(1, 4, 1, 10, 7, 4, 0, 4, 0xEC11, 16), "7", "7"},
		{"version 10", 10, bits(4, 4, 3, 16, 'a', 8, 'b', 8, 'c', 8), "abc", "abc"},
		{"version 27", 27, bits(1, 4, 1, 14, 7, 4), "7", "7"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, err := parse(tc.data, tc.version)
			if err != nil {
				t.Fatal(err)
			}
			if r := s.result(); string(r.Raw) != tc.raw || r.Text != tc.text {
				t.Errorf("%q %q, want %q %q", r.Raw, r.Text, tc.raw, tc.text)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	for name, data := range map[string][]byte{
		"mode 6":            bits(6, 4, 0, 20),
		"Hanzi, subset 2":   bits(13, 4, 2, 4, 1, 8, 2, 13),
		"bytes missing":     bits(4, 4, 200, 8, 1, 8),
		"digits missing":    bits(1, 4, 900, 10),
		"letters missing":   bits(2, 4, 300, 9),
		"a letter missing":  bits(2, 4, 1, 9, 0, 3),
		"Kanji missing":     bits(8, 4, 9, 8, 0, 13),
		"thousand":          bits(1, 4, 3, 10, 1000, 10),
		"hundred":           bits(1, 4, 2, 10, 100, 7),
		"ten":               bits(1, 4, 1, 10, 10, 4),
		"2025":              bits(2, 4, 2, 9, 2025, 11),
		"45":                bits(2, 4, 1, 9, 45, 6),
		"designator is cut": bits(7, 4, 0xC0, 8),
	} {
		t.Run(name, func(t *testing.T) {
			if s, err := parse(data, 1); err == nil {
				t.Errorf("read as %q", s.result().Text)
			}
		})
	}
}

func TestVersionOf(t *testing.T) {
	for _, tc := range []struct {
		n     int
		level string
		want  int
	}{{19, "L", 1}, {16, "M", 1}, {9, "H", 1}, {2956, "L", 40}, {1276, "H", 40}, {274, "L", 10}, {20, "L", 0}, {19, "", 0}} {
		if got := versionOf(tc.n, tc.level); got != tc.want {
			t.Errorf("%d at %q: %d, want %d", tc.n, tc.level, got, tc.want)
		}
	}
}

// FuzzParse: what gozxing's own parser reads without a charset in it must be read the same here.
func FuzzParse(f *testing.F) {
	f.Add(bits(1, 4, 8, 10, 12, 10, 345, 10, 67, 7), uint8(1))
	f.Add(bits(2, 4, 3, 9, 10*45+11, 11, 44, 6, 4, 4, 2, 8, 0xD4, 8, 0xC1, 8), uint8(9))
	f.Add(bits(5, 4, 2, 4, 3, 9, 38*45+38, 11, 38, 6), uint8(1))
	f.Add(bits(7, 4, 26, 8, 4, 4, 3, 16, 0xE7, 8, 0xB2, 8, 0xA4, 8), uint8(12))
	f.Add(bits(8, 4, 2, 12, 0xD9F, 13, 0x1AAA, 13), uint8(40))
	f.Add(bits(13, 4, 1, 4, 2, 8, (0xD4-0xA6)*0x60+0xC1-0xA1, 13, 2, 13), uint8(3))
	f.Fuzz(func(t *testing.T, data []byte, v uint8) {
		number := int(v)%40 + 1
		s, err := parse(data, number)
		version, verr := decoder.Version_GetVersionForNumber(number)
		if verr != nil {
			t.Fatal(verr)
		}
		for _, p := range s.pieces {
			if p.charset != unmarked {
				return // gozxing decodes it, and refuses what it doesn't know
			}
		}
		theirs, oops := theirParse(data, version)
		if oops != nil || s.fnc1 || errors.Is(err, errMode) {
			return // they stumble over application indicators, and over subsets of Hanzi that there are not
		}
		if err != nil {
			t.Fatalf("they read %q, here: %v", theirs, err)
		}
		if got := latin(s.result().Raw); got != theirs {
			t.Errorf("%q, they read %q", got, theirs)
		}
	})
}

func latin(raw []byte) string {
	runes := make([]rune, 0, len(raw))
	for _, b := range raw {
		runes = append(runes, rune(b))
	}
	return string(runes)
}

// theirParse is gozxing's, which throws over designators that it doesn't know.
func theirParse(data []byte, version *decoder.Version) (text string, err error) {
	defer func() {
		if recover() != nil {
			err = errThrow
		}
	}()
	r, err := decoder.DecodedBitStreamParser_Decode(data, version, decoder.ErrorCorrectionLevel_L,
		map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_CHARACTER_SET: "ISO-8859-1"})
	if err != nil {
		return "", err
	}
	return r.GetText(), nil
}
