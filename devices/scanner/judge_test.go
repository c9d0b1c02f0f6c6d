package scanner

import (
	"bytes"
	"crypto/sha256"
	"testing"
)

func TestDecode(t *testing.T) {
	for _, tc := range []struct{ name, raw, want string }{
		{"UTF-8", "粤省事", "粤省事"},
		{"GBK", "\xd4\xc1\xca\xa1\xca\xc2", "粤省事"},
		{"four bytes of GB18030", "\x95\x34\xb2\x35\xd6\xd0", "𠮷中"},
		{"ASCII", "AB-12", "AB-12"},
		{"neither", "\xff\xfe", "\uFFFD\uFFFD"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := decode([]byte(tc.raw)); got != tc.want {
				t.Errorf("%q, want %q", got, tc.want)
			}
		})
	}
}

// oversample plays a line of 8N1 that is sampled times as often as it is sent: what a fast port reads of a slow scanner.
func oversample(sent []byte, times int) []byte {
	var bits []byte
	for _, b := range sent {
		bits = append(bits, bytes.Repeat([]byte{0}, times)...)
		for i := range 8 {
			bits = append(bits, bytes.Repeat([]byte{b >> i & 1}, times)...)
		}
		bits = append(bits, bytes.Repeat([]byte{1}, times)...)
	}
	bits = append(bits, bytes.Repeat([]byte{1}, 20)...)
	var got []byte
	for i := 0; i+10 <= len(bits); {
		if bits[i] == 1 {
			i++
			continue
		}
		var b byte
		for k := range 8 {
			b |= bits[i+1+k] << k
		}
		if bits[i+9] == 0 {
			b = 0 // a framing error: the kernel gives NUL
		}
		got = append(got, b)
		i += 10
	}
	return got
}

func TestJudge(t *testing.T) {
	digest := sha256.Sum256([]byte("an opaque token"))
	for _, tc := range []struct {
		name, in string
		want     verdict
	}{
		{"digits", "6901234567892", isCode},
		{"two bytes", "42", isCode},
		{"one character", "粤", isCode},
		{"text of UTF-8", "村民码 a\tb", isCode},
		{"text of GBK", "\xd4\xc1\xca\xa1", isCode},
		{"GBK of many characters, rare ones too", "\x81\x40\x82\x55\xd4\xc1\xca\xa1\xca\xc2", isCode},
		{"field separators", "[)>\x1e06\x1d1P1\x1e\x04", isCode},
		{"lines in a packet", "a\r\nb", isCode},
		{"digest", string(digest[:]), isCode},
		{"eight bytes of a digest", string(digest[:8]), isCode},
		{"binary with NUL in it", "\x01\x00\x8a\xd3\x00\x5b\x9d\x25\xa6\xb7", isCode},
		{"one byte", "x", isNoise},
		{"short and binary", "\x8a\xd3\x5b", isNoise},
		{"short with a control character", "ab\x07", isNoise},
		{"short, half a GBK character", "a\xd4", isNoise},
		{"NUL", "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x8a", isNoise},
		{"break", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", isNoise},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := judge([]byte(tc.in), false); got != tc.want {
				t.Errorf("verdict %d, want %d", got, tc.want)
			}
		})
	}
	for in, want := range map[string]verdict{"x": isCode, "\x8a": isNoise, "\x07": isNoise, "": isNoise, "\x95\x34\xb2\x35\xd6\xd0": isCode, "\xfe\x00\xf8": isNoise} {
		if got := judge([]byte(in), true); got != want {
			t.Errorf("%q with an end: verdict %d, want %d", in, got, want)
		}
	}
}

// A scanner at 9600 baud on a port at a higher speed never yields a code.
func TestWrongSpeedIsNoise(t *testing.T) {
	codes := []string{"6901234567892", "https://example.invalid/q?c=ABCDEF0123456789", "粤省事 粤康码", "\xd4\xc1\xca\xa1\xca\xc2"}
	for _, times := range []int{2, 3, 4, 6, 12} {
		for i, code := range codes {
			noise := oversample([]byte(code), times)
			var s Splitter
			s.Write(noise, func(p Piece) {
				if judge(clean(p.Line), p.Ended) == isCode {
					t.Errorf("code %d at %d times its speed: % X", i, times, p.Line)
				}
			})
			s.End(func(p Piece) {
				if judge(clean(p.Line), p.Ended) == isCode {
					t.Errorf("code %d at %d times its speed: % X", i, times, p.Line)
				}
			})
		}
	}
	if got := oversample([]byte("ab"), 1); string(got) != "ab" {
		t.Errorf("at its own speed %q is read", got)
	}
}

func TestOtherDevice(t *testing.T) {
	for _, tc := range []struct {
		name, in string
		want     bool
	}{
		{"SAM", "\xAA\xAA\xAA\x96\x69\x00\x04\x00\x00\x90\x94", true},
		{"SAM behind noise", "\x00\xAA\xAA\xAA\x96\x69\x00\x04", true},
		{"answer to DLE EOT", "\x12", true},
		{"four answers", "\x16\x12\x12\x12", true},
		{"automatic status", "\x10\x00\x00\x0F", true},
		{"automatic status, all well", "\x14\x00\x00\x0F", true},
		{"DLE EOT", "\x10\x04\x01", true},
		{"digits that fit the bits", "2262", false},
		{"letters", "rvz~", false},
		{"a code", "6901", false},
		{"a noise", "\x8a\xd3", false},
		{"nothing", "", false},
	} {
		if got := otherDevice([]byte(tc.in)); got != tc.want {
			t.Errorf("%s: %v", tc.name, got)
		}
	}
}

// A judged line is not changed, text of two bytes is always a code, and one byte alone never is.
func FuzzJudge(f *testing.F) {
	f.Add([]byte("6901234567892"))
	f.Add([]byte("\xd4\xc1\xca\xa1"))
	f.Add([]byte("\x12"))
	f.Add([]byte("\xAA\xAA\xAA\x96\x69"))
	f.Fuzz(func(t *testing.T, in []byte) {
		before := bytes.Clone(in)
		v := judge(in, false)
		_, _ = otherDevice(in), decode(in)
		if !bytes.Equal(in, before) {
			t.Error("the line was changed")
		}
		printable := len(in) >= 2
		for _, b := range in {
			printable = printable && b >= ' ' && b <= '~'
		}
		if printable && v != isCode {
			t.Errorf("%q is no code", in)
		}
		if len(in) < 2 && v == isCode {
			t.Errorf("%q is a code", in)
		}
	})
}
