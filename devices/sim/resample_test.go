package sim

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

func TestResampleIsFaithfulAtOneSpeed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")
		w := wave{bytes: b, from: 7, to: 7}
		var got []byte
		for at := w.fall(0); at < w.ticks(); at = w.fall(at + 70) {
			v, stop := w.frame(at)
			if !stop {
				t.Fatal("no stop bit")
			}
			got = append(got, v)
		}
		if !bytes.Equal(got, b) {
			t.Fatalf("% x became % x", b, got)
		}
	})
}

// What a UART makes of other speeds, worked out by hand.
func TestResample(t *testing.T) {
	for _, tc := range []struct {
		name     string
		in       string
		from, to int
		want     string
	}{
		{"equal", "\xAA\x96", 9600, 9600, "\xAA\x96"},
		{"unknown", "\xAA", 9600, 0, "\xAA"},
		// Half speed: start, 1 1 1 1 1 1 1 1 are sampled in pairs: 0, then ones up to the stop bit.
		{"all ones twice as slow", "\xFF", 19200, 9600, "\xFF"},
		// Twice as fast: the start bit lasts two bits; then come ones.
		{"all ones twice as fast", "\xFF", 9600, 19200, "\xFE"},
		// A zero byte lasts 18 low bits of the receiver: a break.
		{"zero twice as fast", "\x00", 9600, 19200, "\x00"},
		{"zero three times as fast", "\x00", 9600, 28800, "\x00"},
	} {
		if got := resample([]byte(tc.in), tc.from, tc.to); string(got) != tc.want {
			t.Errorf("%s: % x, want % x", tc.name, got, tc.want)
		}
	}
}

func TestResampleGarbles(t *testing.T) {
	in := []byte("\xAA\xAA\xAA\x96\x69\x00\x03\x12\xFF\xEE")
	for _, from := range []int{9600, 19200, 38400, 57600, 115200} {
		for _, to := range []int{9600, 19200, 38400, 57600, 115200} {
			if got := resample(in, from, to); from != to && bytes.Contains(got, in[:5]) {
				t.Errorf("%d read at %d is still a frame", from, to)
			}
		}
	}
}

func FuzzResample(f *testing.F) {
	f.Add([]byte("\xAA\xAA\xAA\x96\x69\x00\x03\x12\xFF\xEE"), 115200, 9600)
	f.Fuzz(func(t *testing.T, in []byte, from, to int) {
		from, to = 1+(from&0xFFFF), 1+(to&0xFFFF)
		if len(in) > 512 {
			in = in[:512]
		}
		got := resample(in, from, to)
		if limit := len(in)*(to/from+1) + 1; len(got) > limit {
			t.Fatalf("%d bytes at %d became %d at %d", len(in), from, len(got), to)
		}
	})
}
