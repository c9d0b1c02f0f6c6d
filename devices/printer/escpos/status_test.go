package escpos

import (
	"reflect"
	"testing"
)

func TestDecoderTellsRepliesApart(t *testing.T) {
	t.Parallel()
	auto := [4]byte{0x38, 0x08, 0x0f, 0x00}
	for name, c := range map[string]struct {
		in   []byte
		want []Reply
	}{
		"flow":      {[]byte{0x13, 0x11}, []Reply{{Kind: FlowOff, Byte: 0x13}, {Kind: FlowOn, Byte: 0x11}}},
		"real time": {[]byte{0x12, 0x72, 0x7e}, []Reply{{Kind: RealTime, Byte: 0x12}, {Kind: RealTime, Byte: 0x72}, {Kind: RealTime, Byte: 0x7e}}},
		"automatic": {auto[:], []Reply{{Kind: Auto, Block: auto}}},
		"automatic with XOFF and a real-time status in it": {
			[]byte{0x38, 0x08, 0x13, 0x12, 0x0f, 0x00},
			[]Reply{{Kind: FlowOff, Byte: 0x13}, {Kind: RealTime, Byte: 0x12}, {Kind: Auto, Block: auto}},
		},
		"automatic cut off by another": {
			[]byte{0x10, 0x00, 0x38, 0x08, 0x0f, 0x00},
			[]Reply{{Kind: Noise, Byte: 0x10}, {Kind: Noise, Byte: 0x00}, {Kind: Auto, Block: auto}},
		},
		"type id": {[]byte{0x03}, []Reply{{Kind: Queued, Byte: 0x03}}},
		"model":   {[]byte("\x5fTM-T88\x00"), []Reply{{Kind: Text, Name: "TM-T88"}}},
		"torn model": {
			[]byte("\x5fT\xff\x12"),
			[]Reply{{Kind: Noise, Byte: 0x5f}, {Kind: Noise, Byte: 'T'}, {Kind: Noise, Byte: 0xff}, {Kind: RealTime, Byte: 0x12}},
		},
		"garbage": {[]byte{0xff, 0x81}, []Reply{{Kind: Noise, Byte: 0xff}, {Kind: Noise, Byte: 0x81}}},
	} {
		var d Decoder
		var got []Reply
		for _, b := range c.in { // a byte at a time, as a slow line brings them
			d.Feed([]byte{b}, func(r Reply) { got = append(got, r) })
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %+v, want %+v", name, got, c.want)
		}
	}
}

func TestCondition(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		n    int
		b    byte
		want Condition
	}{
		"well":                {1, 0x16, Condition{}},
		"offline":             {1, 0x1a, Condition{Offline: true}},
		"cover":               {2, 0x16, Condition{CoverOpen: true}},
		"stopped":             {2, 0x32, Condition{Stopped: true}},
		"cutter":              {3, 0x1a, Condition{CutterJam: true}},
		"technician":          {3, 0x32, Condition{Unrecoverable: true}},
		"hot head":            {3, 0x52, Condition{Recovering: true}},
		"near end":            {4, 0x1e, Condition{PaperLow: true}},
		"paper end":           {4, 0x72, Condition{PaperEnd: true}},
		"paper end, near end": {4, 0x7e, Condition{PaperEnd: true, PaperLow: true}},
	} {
		var got Condition
		got.RealTime(c.n, c.b)
		c.want.Answered = 1 << c.n
		if got != c.want {
			t.Errorf("%s: got %+v, want %+v", name, got, c.want)
		}
	}
	var c Condition
	c.Auto([4]byte{0x38, 0x08, 0x0f, 0x00})
	if want := (Condition{
		Offline: true, CoverOpen: true, CutterJam: true, PaperLow: true, PaperEnd: true, Told: true,
	}); c != want {
		t.Errorf("automatic: got %+v", c)
	}
	c.RealTime(5, 0x12)
	if c.Answered != 0 {
		t.Error("a fifth status was taken in")
	}
}

func TestRoll(t *testing.T) {
	t.Parallel()
	for b, want := range map[byte]Condition{0: {}, 0x03: {PaperLow: true}, 0x0c: {PaperEnd: true}, 0x0f: {PaperLow: true, PaperEnd: true}} {
		c := Condition{PaperLow: b == 0, PaperEnd: b == 0}
		if c.Roll(b); c != want {
			t.Errorf("%02x: got %+v", b, c)
		}
	}
}

func TestChineseFont(t *testing.T) {
	t.Parallel()
	if !ChineseFont(0x03) || ChineseFont(0x02) {
		t.Error("bit 0 of the type id says whether there is a two-byte font")
	}
}

func FuzzDecoder(f *testing.F) {
	f.Add([]byte{0x12, 0x13, 0x11, 0x38, 0x08, 0x0f, 0x00})
	f.Add([]byte("\x5fTM-T88\x00\x12\x72\x03"))
	f.Add([]byte{0x10, 0x10, 0x00, 0x5f, 0xff})
	f.Fuzz(func(t *testing.T, in []byte) {
		var d Decoder
		var c Condition
		bytes := 0
		d.Feed(in, func(r Reply) {
			switch r.Kind {
			case Auto:
				bytes += 4
				c.Auto(r.Block)
			case Text:
				bytes += len(r.Name) + 2
			case RealTime:
				c.RealTime(int(r.Byte)%5, r.Byte)
				bytes++
			case FlowOn, FlowOff, Queued, Noise:
				bytes++
			}
		})
		// Every byte is in exactly one reply, or in the one that has begun.
		if bytes += len(d.auto) + len(d.text); bytes != len(in) {
			t.Fatalf("%d bytes of %d accounted for", bytes, len(in))
		}
		if len(d.text) > maxText || len(d.auto) > 3 {
			t.Fatal("what has begun has no end")
		}
	})
}
