package scanner

import (
	"bytes"
	"strings"
	"testing"
)

func split(s *Splitter, step int, in []byte) (out []string) {
	emit := func(b []byte) { out = append(out, string(b)) }
	for i := 0; i < len(in); i += step {
		s.Write(in[i:min(i+step, len(in))], emit)
	}
	s.End(emit)
	return out
}

func TestSplitter(t *testing.T) {
	long := strings.Repeat("x", maxLine)
	for _, tc := range []struct {
		name, in string
		want     []string
		dropped  int
	}{
		{"CR", "one\rtwo\r", []string{"one", "two"}, 0},
		{"LF", "one\ntwo\n", []string{"one", "two"}, 0},
		{"CR LF", "one\r\ntwo\r\n", []string{"one", "two"}, 0},
		{"no end", "one", []string{"one"}, 0},
		{"empty lines", "\r\n\r\n\n", nil, 0},
		{"STX and ETX", "\x02one\x03\r", []string{"one"}, 0},
		{"NUL around", "\x00\x00one\x00\r", []string{"one"}, 0},
		{"acknowledgement of a command", "\x02\x00\x00\x01\x00\x33\x31\rone\r", []string{"one"}, 0},
		{"the longest", long + "\r", []string{long}, 0},
		{"too long", long + "x\rone\r", []string{"one"}, 1},
		{"tab and spaces stay", " a\tb \r", []string{" a\tb "}, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, step := range []int{1, 7, 1 << 20} {
				var s Splitter
				if got := split(&s, step, []byte(tc.in)); strings.Join(got, "|") != strings.Join(tc.want, "|") || s.Dropped != tc.dropped {
					t.Errorf("in steps of %d: %d codes, %d dropped", step, len(got), s.Dropped)
				}
			}
		})
	}
}

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

func FuzzSplitter(f *testing.F) {
	f.Add([]byte("one\r\ntwo"), 2)
	f.Add([]byte("\x02\x00\x00\x01\x00\x33\x31\r\x02x\x03"), 1)
	f.Add(bytes.Repeat([]byte{'x'}, 5000), 1000)
	f.Fuzz(func(t *testing.T, in []byte, step int) {
		if step < 1 {
			step = 1
		}
		var whole, pieces Splitter
		want, got := split(&whole, len(in)+1, in), split(&pieces, step, in)
		if strings.Join(want, "\n") != strings.Join(got, "\n") || whole.Dropped != pieces.Dropped {
			t.Error("cut into pieces, other codes come out")
		}
		for _, code := range got {
			if len(code) > maxLine || strings.ContainsAny(code, "\r\n") || !bytes.Contains(in, []byte(code)) {
				t.Error("a code came out that didn't go in")
			}
			_ = decode([]byte(code))
		}
	})
}
