package scanner

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"zhizhu/devices/scanner/frame"
)

var (
	gmAck   = frame.AppendGMReply(nil, 0)
	ssiAck  = frame.AppendSSI(nil, frame.SSIAck, frame.SSIScanner, 0)
	ssiNak  = frame.AppendSSI(nil, frame.SSINak, frame.SSIScanner, 0, 6)
	newAck  = []byte("\x02\x010000#SCNTRG1\x06;\x03")
	honAck  = []byte("TRGMOD0\x06!")
	menu    = frame.Replies{Echoes: [][]byte{[]byte("TRGMOD0")}}
	oneCode = frame.AppendSSI(nil, frame.SSIDecode, frame.SSIScanner, 0, []byte("\x1Cone")...)
)

// split names the pieces that come out: a line by its bytes, a frame by its kind.
func split(s *Splitter, step int, in []byte) (out []string) {
	emit := func(p Piece) {
		switch {
		case p.Broken:
			out = append(out, "broken")
		case p.Frame.Kind == frame.Code:
			out = append(out, "packet "+string(p.Frame.Data))
		case p.Frame.Kind != 0:
			out = append(out, [...]string{frame.Ack: "ack", frame.Nak: "nak"}[p.Frame.Kind])
		default:
			out = append(out, string(p.Line))
		}
	}
	for part := range slices.Chunk(in, max(step, 1)) {
		s.Write(part, emit)
	}
	s.End(emit)
	return out
}

func TestSplitter(t *testing.T) {
	long := strings.Repeat("x", maxLine)
	gm := string(gmAck)
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
		{"an answer before a code", gm + "one\r", []string{"ack", "one"}, 0},
		{"an answer behind a code", "one\r" + gm, []string{"one", "ack"}, 0},
		{"an answer behind a code without an end", "one" + gm, []string{"one", "ack"}, 0},
		{"an answer on both sides, no end", gm + "one" + gm + "two", []string{"ack", "one", "ack", "two"}, 0},
		{"an answer on a line", gm + "\rone\r", []string{"ack", "one"}, 0},
		{"an answer with CR in it", string(frame.AppendGMReply(nil, 0x0D)) + "one\r", []string{"ack", "one"}, 0},
		{"answers of all", string(ssiAck) + string(ssiNak) + string(newAck) + string(honAck) + "\r\n$$%~OK\r\none", []string{"ack", "nak", "ack", "ack", "ack", "one"}, 0},
		{"like an answer", "\x02\x00\x00\x01\x00\x33\x32one\r", []string{"\x02\x00\x00\x01\x00\x33\x32one"}, 0},
		{"like an answer, cut off", "\x02\x00\x00\x01\x00", []string{"\x02\x00\x00\x01\x00"}, 0},
		{"like an answer, a line end in it", "\x02\x00\x00\x09on\re\r", []string{"\x02\x00\x00\x09on", "e"}, 0},
		{"a packet", string(oneCode) + "two\r", []string{"packet one", "two"}, 0},
		{"a packet that begins with LF", string(frame.AppendSSI(nil, 0xF3, 0, 0, []byte("\x0112345")...)), []string{"packet 12345"}, 0},
		{"CR LF before a packet", "one\r\n" + string(oneCode), []string{"one", "packet one"}, 0},
		{"the longest", long + "\r", []string{long}, 0},
		{"too long", long + "x\rone\r", []string{"one"}, 1},
		{"far too long", strings.Repeat(long, 3) + "\none\r", []string{"one"}, 1},
		{"too long without an end", long + "x", nil, 1},
		{"ISO 15434", "[)>\x1e06\x1d1P1\x1e\x04\r", []string{"[)>\x1e06\x1d1P1\x1e\x04"}, 0},
		{"tab and spaces stay", " a\tb \r", []string{" a\tb "}, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, step := range []int{1, 2, 7, 1 << 20} {
				s := Splitter{Replies: menu}
				if got := split(&s, step, []byte(tc.in)); !slices.Equal(got, tc.want) || s.Dropped != tc.dropped {
					t.Errorf("in steps of %d: %.100q, want %.100q; %d dropped, want %d", step, got, tc.want, s.Dropped, tc.dropped)
				}
			}
		})
	}
}

func TestDamagedPackets(t *testing.T) {
	bad := bytes.Clone(oneCode)
	bad[6] ^= 1
	for _, tc := range []struct {
		name    string
		in      []byte
		packets bool
		want    []string
	}{
		{"wrong checksum", bad, true, []string{"broken"}},
		{"torn", oneCode[:7], true, []string{"broken"}},
		{"what follows it", append(bytes.Clone(bad), "two\r"...), true, []string{"broken"}},
		{"where no packets are agreed it may be a code", bad, false, []string{string(bad)}},
		{"a line end where packets are agreed", []byte("\n"), true, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, step := range []int{1, 3, 100} {
				s := Splitter{Packets: tc.packets}
				if got := split(&s, step, tc.in); !slices.Equal(got, tc.want) {
					t.Errorf("in steps of %d: %q, want %q", step, got, tc.want)
				}
				if got := split(&s, step, []byte("two\r")); !slices.Equal(got, []string{"two"}) {
					t.Errorf("then %q, want it to go on", got)
				}
			}
		})
	}
}

func TestDiscardForgetsUpToTheEnd(t *testing.T) {
	var s Splitter
	var out []string
	emit := func(p Piece) { out = append(out, string(p.Line)) }
	s.Write([]byte("secr"), emit)
	buf := s.buf
	s.Discard()
	if !bytes.Equal(buf, make([]byte, 4)) {
		t.Error("the bytes are still there")
	}
	s.Write([]byte("et\rnext\r"), emit)
	s.Discard()
	s.Write([]byte("last\r"), emit)
	if !slices.Equal(out, []string{"next", "last"}) || s.Dropped != 0 {
		t.Errorf("%q, %d dropped", out, s.Dropped)
	}
}

// Nothing of a code stays in the buffer once it was handed on.
func TestSplitterWipes(t *testing.T) {
	var s Splitter
	s.Write([]byte("secret\rsec"), func(Piece) {})
	s.End(func(Piece) {})
	if !bytes.Equal(s.buf[:cap(s.buf)], make([]byte, cap(s.buf))) {
		t.Error("bytes of a code are still there")
	}
}

// Codes, answers, packets and line ends come out the same, however they come in.
func TestAnyPortionsYieldTheSame(t *testing.T) {
	code := rapid.SliceOfN(rapid.OneOf(
		rapid.ByteRange(' ', '~'), rapid.Byte().Filter(func(b byte) bool { return b > 5 && !ends(b) }),
	), 2, 40).Filter(func(b []byte) bool { return b[1] != frame.SSIDecode && b[0] != 'T' && b[0] != 't' && b[0] != '$' })
	rapid.Check(t, func(t *rapid.T) {
		var in []byte
		var want []string
		for range rapid.IntRange(1, 8).Draw(t, "pieces") {
			switch k := rapid.IntRange(0, 4).Draw(t, "kind"); k {
			case 0, 1:
				c := code.Draw(t, "code")
				in = append(append(in, c...), rapid.SampledFrom([]string{"\r", "\n", "\r\n"}).Draw(t, "end")...)
				want = append(want, string(c))
			case 2:
				in = append(in, rapid.SampledFrom([][]byte{gmAck, ssiAck, newAck, honAck}).Draw(t, "answer")...)
				want = append(want, "ack")
			case 3:
				c := code.Draw(t, "packet")
				in = frame.AppendSSI(in, frame.SSIDecode, frame.SSIScanner, 0, append([]byte{0x1C}, c...)...)
				want = append(want, "packet "+string(c))
			case 4: // a code without an end, with an answer behind it
				c := code.Draw(t, "code")
				in = append(append(in, c...), gmAck...)
				want = append(want, string(c), "ack")
			}
		}
		s := Splitter{Replies: menu}
		var got []string
		for rest := in; len(rest) > 0; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "portion")
			got = append(got, splitOn(&s, rest[:n])...)
			rest = rest[n:]
		}
		if got = append(got, split(&s, 1, nil)...); !slices.Equal(got, want) {
			t.Fatalf("% X: %q, want %q", in, got, want)
		}
	})
}

// splitOn is split without silence at the end.
func splitOn(s *Splitter, in []byte) (out []string) {
	s.Write(in, func(p Piece) {
		switch {
		case p.Frame.Kind == frame.Code:
			out = append(out, "packet "+string(p.Frame.Data))
		case p.Frame.Kind != 0:
			out = append(out, "ack")
		default:
			out = append(out, string(p.Line))
		}
	})
	return out
}

func FuzzSplitter(f *testing.F) {
	f.Add([]byte("one\r\ntwo"), 2, false)
	f.Add(append(bytes.Clone(gmAck), "\rx\x03"...), 1, false)
	f.Add(append(append([]byte("one"), ssiNak...), newAck...), 3, true)
	f.Add(oneCode, 5, true)
	f.Add(bytes.Repeat([]byte{'x'}, 5000), 1000, false)
	f.Fuzz(func(t *testing.T, in []byte, step int, packets bool) {
		whole, pieces := Splitter{Replies: menu, Packets: packets}, Splitter{Replies: menu, Packets: packets}
		want, got := split(&whole, len(in)+1, in), split(&pieces, step, in)
		if !slices.Equal(want, got) || whole.Dropped != pieces.Dropped || whole.Ends != pieces.Ends {
			t.Error("cut into portions, other pieces come out")
		}
		for _, code := range got {
			if len(code) > maxLine || !bytes.Contains(in, []byte(strings.TrimPrefix(code, "packet "))) && !slices.Contains([]string{"ack", "nak", "broken"}, code) {
				t.Error("a piece came out that didn't go in")
			}
		}
		if pieces.Open() || len(pieces.buf) > 0 {
			t.Error("something is left after silence")
		}
	})
}

func BenchmarkSplitter(b *testing.B) {
	for _, size := range []int{32, 512} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			in := append(bytes.Repeat([]byte{'7'}, size-1), '\r')
			var s Splitter
			n := 0
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				s.Write(in, func(Piece) { n++ })
			}
			if n == 0 {
				b.Fatal("no code")
			}
		})
	}
}
