package sam

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestRequestsAreThoseOfThePublicPages holds frames that several public sources quote whole.
func TestRequestsAreThoseOfThePublicPages(t *testing.T) {
	for _, tc := range []struct {
		op   Op
		data []byte
		want string
	}{
		{StatusSAM, nil, "AA AA AA 96 69 00 03 11 FF ED"},
		{ReadID, nil, "AA AA AA 96 69 00 03 12 FF EE"},
		{Find, nil, "AA AA AA 96 69 00 03 20 01 22"},
		{Select, nil, "AA AA AA 96 69 00 03 20 02 21"},
		{ReadText, nil, "AA AA AA 96 69 00 03 30 01 32"},
		{ReadAll, nil, "AA AA AA 96 69 00 03 30 10 23"},
		{ReadAddress, nil, "AA AA AA 96 69 00 03 30 03 30"},
		{SetRFFrame, []byte{0x50}, "AA AA AA 96 69 00 04 61 FF 50 CA"},
	} {
		if got := AppendRequest(nil, tc.op, tc.data...); !bytes.Equal(got, unhex(t, tc.want)) {
			t.Errorf("%v: % X, want %s", tc.op, got, tc.want)
		}
	}
}

func bodies(d *Decoder) (out [][]byte) {
	for body, ok := d.Next(); ok; body, ok = d.Next() {
		out = append(out, bytes.Clone(body))
	}
	return out
}

func TestDecoderFindsFramesInWhatComes(t *testing.T) {
	found := "AA AA AA 96 69 00 08 00 00 9F 00 00 00 00 97"
	gone := "AA AA AA 96 69 00 04 00 00 80 84"
	for _, tc := range []struct {
		name, in, want string
		dropped        int
	}{
		{"one frame", found, "00009F00000000", 0},
		{"no data", "AA AA AA 96 69 00 04 00 00 9F 9B", "00009F", 0},
		{"two frames", found + gone, "00009F00000000 000080", 0},
		{"noise before, between, after", "00 AA 96 69 FF" + found + "AA AA" + gone + "AA AA AA 96", "00009F00000000 000080", 0},
		{"more AA than three", "AA AA AA AA" + gone, "000080", 0},
		{"wrong checksum, then a good one", "AA AA AA 96 69 00 04 00 00 80 85" + gone, "000080", 1},
		{"length too small", "AA AA AA 96 69 00 03 00 00 03" + gone, "000080", 1},
		{"length too large", "AA AA AA 96 69 FF FF" + gone, "000080", 1},
		{"a frame begins inside a torn one", "AA AA AA 96 69 00 08 00 00 9F AA AA AA 96 69 00 04 00 00 80 84 00", "000080", 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, step := range []int{1, 3, 1 << 20} {
				var d Decoder
				var got [][]byte
				in := unhex(t, tc.in)
				for i := 0; i < len(in); i += step {
					d.Write(in[i:min(i+step, len(in))])
					got = append(got, bodies(&d)...)
				}
				var text []string
				for _, b := range got {
					text = append(text, strings.ToUpper(hex.EncodeToString(b)))
				}
				if s := strings.Join(text, " "); s != tc.want || d.Dropped != tc.dropped {
					t.Errorf("in steps of %d: %q, %d dropped; want %q, %d", step, s, d.Dropped, tc.want, tc.dropped)
				}
			}
		})
	}
}

func TestGiveUpFindsWhatATooLongLengthHid(t *testing.T) {
	var d Decoder
	d.Write(unhex(t, "AA AA AA 96 69 07 00 00 00"))
	d.Write(unhex(t, "AA AA AA 96 69 00 04 00 00 80 84"))
	if _, ok := d.Next(); ok || !d.Partial() {
		t.Fatal("the torn frame isn't waited for")
	}
	d.GiveUp()
	body, ok := d.Next()
	if !ok || !bytes.Equal(body, []byte{0, 0, 0x80}) || d.Dropped != 1 {
		t.Errorf("got % X, %v, %d dropped", body, ok, d.Dropped)
	}
}

func TestResetOverwritesWhatWasReceived(t *testing.T) {
	var d Decoder
	d.Write(bytes.Repeat([]byte{0xAA, 0xAA, 0xAA, 0x96, 0x69, 0x01, 0x00, 'x'}, 8))
	backing := d.buf[:cap(d.buf)]
	d.Reset()
	if bytes.ContainsFunc(backing, func(r rune) bool { return r != 0 }) {
		t.Error("the buffer still holds what was received")
	}
}

func TestDecoderAllocatesNothingInTheSteadyState(t *testing.T) {
	var d Decoder
	frame := AppendReply(nil, Reply{Status: NoCard})
	request := make([]byte, 0, 16)
	if n := testing.AllocsPerRun(1000, func() {
		request = AppendRequest(request[:0], Find)
		d.Write(frame)
		body, _ := d.Next()
		if r, err := ParseReply(body); err != nil || r.Status != NoCard {
			t.Error(err)
		}
	}); n > 0 {
		t.Errorf("%v allocations a poll", n)
	}
	reading := AppendReply(nil, Reply{Status: OK, Data: AppendReading(nil, Reading{Text: blank(' '), Photo: make([]byte, 1024)}, false)})
	noise := []byte("\xAA\xAA\xAA\x96\x69\x00\x04noise")
	if n := testing.AllocsPerRun(100, func() {
		d.Write(noise)
		d.Write(reading)
		for body, ok := d.Next(); ok; body, ok = d.Next() {
			if r, err := ParseReply(body); err != nil || r.Status != OK {
				t.Error(err)
			} else if _, err := ParseReading(r.Data); err != nil {
				t.Error(err)
			}
		}
		d.Reset()
	}); n > 0 {
		t.Errorf("%v allocations a reading", n)
	}
}

// TestFramesSurviveAnyCuttingAndNoise is the property: whole frames among noise that holds no preamble all come out.
func TestFramesSurviveAnyCuttingAndNoise(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var stream []byte
		var want [][]byte
		for range rapid.IntRange(1, 4).Draw(t, "frames") {
			stream = append(stream, rapid.SliceOfN(rapid.SampledFrom([]byte{0, 0x96, 0x69, 0x55}), 0, 8).Draw(t, "noise")...)
			r := Reply{Status: Status(rapid.Byte().Draw(t, "sw3")), Data: rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "data")}
			frame := AppendReply(nil, r)
			want = append(want, frame[headLen:len(frame)-1])
			stream = append(stream, frame...)
		}
		var d Decoder
		var got [][]byte
		for len(stream) > 0 {
			n := rapid.IntRange(1, len(stream)).Draw(t, "cut")
			d.Write(stream[:n])
			stream = stream[n:]
			got = append(got, bodies(&d)...)
		}
		if len(got) != len(want) {
			t.Fatalf("%d frames, want %d", len(got), len(want))
		}
		for i := range got {
			if !bytes.Equal(got[i], want[i]) {
				t.Errorf("frame %d is % X, want % X", i, got[i], want[i])
			}
		}
	})
}

// TestGoodFramesAreFoundAmongBadOnes is the same with the worst noise: preambles, lengths and cut frames. A good frame
// may come late, when GiveUp ends a false one that began before it, but it comes; unless a false frame that holds its
// beginning has by accident (1 of 256) the right checksum.
func TestGoodFramesAreFoundAmongBadOnes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type place struct{ at, end int }
		var stream []byte
		var want []place
		for range rapid.IntRange(1, 4).Draw(t, "frames") {
			frame := AppendReply(nil, Reply{Status: Found, Data: rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(t, "data")})
			switch rapid.SampledFrom([]string{"none", "AA", "head", "cut", "flip", "bytes"}).Draw(t, "noise") {
			case "AA":
				stream = append(stream, bytes.Repeat([]byte{0xAA}, rapid.IntRange(1, 9).Draw(t, "run"))...)
			case "head":
				stream = binary.BigEndian.AppendUint16(append(stream, preamble...), rapid.Uint16().Draw(t, "len"))
			case "cut":
				stream = append(stream, frame[:rapid.IntRange(1, len(frame)-1).Draw(t, "cut")]...)
			case "flip":
				bad := bytes.Clone(frame)
				bad[rapid.IntRange(0, len(bad)-1).Draw(t, "flipped")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
				stream = append(stream, bad...)
			case "bytes":
				stream = append(stream, rapid.SliceOfN(rapid.SampledFrom([]byte(preamble)), 0, 12).Draw(t, "bytes")...)
			}
			want = append(want, place{len(stream), len(stream) + len(frame)})
			stream = append(stream, frame...)
		}
		var d Decoder
		var got []place
		fed := 0
		collect := func() {
			for body, ok := d.Next(); ok; body, ok = d.Next() {
				end := fed - len(d.buf) + d.done
				got = append(got, place{end - len(body) - headLen - 1, end})
			}
		}
		for fed < len(stream) {
			n := rapid.IntRange(1, len(stream)-fed).Draw(t, "cut")
			d.Write(stream[fed : fed+n])
			fed += n
			collect()
		}
		for d.Partial() {
			d.GiveUp()
			collect()
		}
		for _, w := range want {
			if !slices.ContainsFunc(got, func(g place) bool { return g == w || g.at < w.at && g.end > w.at }) {
				t.Fatalf("the frame at %d of % X was lost", w.at, stream)
			}
		}
	})
}

func BenchmarkDecodeReading(b *testing.B) {
	frame := AppendReply(nil, Reply{Status: OK, Data: make([]byte, 4+256+1024)})
	var d Decoder
	b.SetBytes(int64(len(frame)))
	b.ReportAllocs()
	for b.Loop() {
		d.Write(frame)
		if _, ok := d.Next(); !ok {
			b.Fatal("no frame")
		}
	}
}

func FuzzDecoder(f *testing.F) {
	f.Add(AppendReply(nil, Reply{Status: Found, Data: make([]byte, 4)}), 3)
	f.Add([]byte("\xAA\xAA\xAA\x96\x69\x00\x08\x00\x00\x9F\xAA\xAA\xAA\x96\x69\x00\x04\x00\x00\x80\x84"), 1)
	f.Add([]byte("\xAA\xAA\xAA\x96\x69\x09\x60"), 2)
	f.Fuzz(func(t *testing.T, in []byte, step int) {
		if step < 1 {
			step = 1
		}
		var whole, pieces Decoder
		whole.Write(in)
		want := bodies(&whole)
		var got [][]byte
		for i := 0; i < len(in); i += step {
			pieces.Write(in[i:min(i+step, len(in))])
			got = append(got, bodies(&pieces)...)
		}
		if len(got) != len(want) {
			t.Fatalf("%d frames in pieces, %d at once", len(got), len(want))
		}
		for i := range got {
			if !bytes.Equal(got[i], want[i]) {
				t.Errorf("frame %d differs", i)
			}
			r, err := ParseReply(got[i])
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Contains(in, AppendReply(nil, r)) {
				t.Error("a frame came out that didn't go in")
			}
		}
		for pieces.Partial() {
			pieces.GiveUp()
			bodies(&pieces)
		}
	})
}
