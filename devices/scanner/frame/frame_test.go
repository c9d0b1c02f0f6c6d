package frame_test

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"zhizhu/devices/scanner/frame"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The frames of protocols.md B are made by our code byte for byte.
func TestQuotedFrames(t *testing.T) {
	for _, tc := range []struct {
		name, want string
		got        []byte
	}{
		{"GM trigger", "7E 00 08 01 00 02 01 02 DA", frame.AppendGM(nil, frame.GMWrite, 0x0002, 1)},
		{"GM save", "7E 00 09 01 00 00 00 DE C8", frame.AppendGM(nil, frame.GMSave, 0x0000, 0)},
		{"GM 9600 baud", "7E 00 08 02 00 2A 39 01 A7 EA", frame.AppendGM(nil, frame.GMWrite, 0x002A, 0x39, 0x01)},
		{"GM ack", "02 00 00 01 00 33 31", frame.AppendGMReply(nil, 0)},
		{"SSI start", "04 E4 04 00 FF 14", frame.AppendSSI(nil, frame.SSIStart, frame.SSIHost, 0)},
		{"SSI stop", "04 E5 04 00 FF 13", frame.AppendSSI(nil, frame.SSIStop, frame.SSIHost, 0)},
		{"SSI host mode", "07 C6 04 08 00 8A 08 FE 95", frame.AppendSSI(nil, frame.SSIParam, frame.SSIHost, 8, 0, 0x8A, 8)},
		{"SSI continuous", "07 C6 04 08 00 8A 04 FE 99", frame.AppendSSI(nil, frame.SSIParam, frame.SSIHost, 8, 0, 0x8A, 4)},
		{"SSI induction", "07 C6 04 08 00 8A 09 FE 94", frame.AppendSSI(nil, frame.SSIParam, frame.SSIHost, 8, 0, 0x8A, 9)},
		{"SSI ack", "04 D0 00 00 FF 2C", frame.AppendSSI(nil, frame.SSIAck, frame.SSIScanner, 0)},
		{"SSI nak", "05 D1 00 00 06 FF 24", frame.AppendSSI(nil, frame.SSINak, frame.SSIScanner, 0, 6)},
		{"Newland", "7E 01 30 30 30 30 23 53 43 4E 54 52 47 31 3B 03", frame.AppendNewland(nil, "#SCNTRG1")},
		{"Honeywell menu", "16 4D 0D 32 33 32 42 41 44 39 2E", frame.AppendHoneywell(nil, "232BAD9.")},
	} {
		if want := unhex(t, tc.want); !bytes.Equal(tc.got, want) {
			t.Errorf("%s: % X, want % X", tc.name, tc.got, want)
		}
	}
}

// The check value of CRC-16/XMODEM.
func TestCRC(t *testing.T) {
	if got := frame.CRC([]byte("123456789")); got != 0x31C3 {
		t.Errorf("%04X, want 31C3", got)
	}
}

func TestChecks(t *testing.T) {
	for _, tc := range []struct {
		name  string
		check func([]byte) error
		frame string
		want  string // in the error, "" for none
	}{
		{"GM", frame.CheckGM, "7E 00 08 01 00 02 01 02 DA", ""},
		{"GM unchecked", frame.CheckGM, "7E 00 08 01 00 02 01 AB CD", ""},
		{"GM wrong CRC", frame.CheckGM, "7E 00 08 01 00 02 01 02 DB", "CRC is 02DB, must be 02DA"},
		{"GM length", frame.CheckGM, "7E 00 08 02 00 02 01 02 DA", "length byte says 2"},
		{"GM other", frame.CheckGM, "04 E4 04 00 FF 14", "GM"},
		{"SSI", frame.CheckSSI, "04 E4 04 00 FF 14", ""},
		{"SSI wrong checksum", frame.CheckSSI, "04 E4 04 00 FF 15", "checksum is FF15, must be FF14"},
		{"SSI length", frame.CheckSSI, "05 E4 04 00 FF 14", "length byte says 5"},
		{"SSI short", frame.CheckSSI, "04", "no SSI packet"},
		{"Newland", frame.CheckNewland, "7E 01 30 30 30 30 40 53 43 4E 54 52 47 31 3B 03", ""},
		{"Newland without end", frame.CheckNewland, "7E 01 30 30 30 30 40 53 43 4E", "3B 03"},
		{"Newland without @", frame.CheckNewland, "7E 01 30 30 30 30 53 43 4E 3B 03", "@"},
		{"Newland other", frame.CheckNewland, "16 54 0D", "7E 01"},
		{"Honeywell trigger", frame.CheckHoneywell, "16 54 0D", ""},
		{"Honeywell menu", frame.CheckHoneywell, "16 4D 0D 32 33 32 42 41 44 39 2E", ""},
		{"Honeywell without end", frame.CheckHoneywell, "16 4D 0D 32 33 32 42 41 44 39", "2E"},
	} {
		err := tc.check(unhex(t, tc.frame))
		if tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
			t.Errorf("%s: %v, want %q", tc.name, err, tc.want)
		}
	}
}

var menu = frame.Replies{Echoes: [][]byte{[]byte("TRGMOD0"), []byte("TRGMOD3")}}

// found are whole frames, as they come from scanners.
var found = []struct {
	name, hex string
	want      frame.Frame // without Len
	data      string
}{
	{"GM ack", "02 00 00 01 00 33 31", frame.Frame{Kind: frame.Ack, Family: frame.GM}, "00"},
	{"GM zone", hex.EncodeToString(frame.AppendGMReply(nil, 0xD6)), frame.Frame{Kind: frame.Ack, Family: frame.GM}, "D6"},
	{"SSI ack", "04 D0 00 00 FF 2C", frame.Frame{Kind: frame.Ack, Family: frame.SSI}, ""},
	{"SSI nak", "05 D1 00 00 06 FF 24", frame.Frame{Kind: frame.Nak, Family: frame.SSI}, "06"},
	{"SSI code", hex.EncodeToString(frame.AppendSSI(nil, 0xF3, 0, 0, 0x1C, 'a', '\r')), frame.Frame{Kind: frame.Code, Family: frame.SSI}, "61 0D"},
	{"SSI part", hex.EncodeToString(frame.AppendSSI(nil, 0xF3, 0, 3, 0x1C, 'a')), frame.Frame{Kind: frame.Code, Family: frame.SSI, Again: true, More: true}, "61"},
	{"Newland ack", "02 01 30 30 30 30 23 53 43 4E 54 52 47 31 06 3B 03", frame.Frame{Kind: frame.Ack, Family: frame.Newland}, "23 53 43 4E 54 52 47 31"},
	{"Newland nak", "02 01 30 30 30 30 23 53 43 4E 54 52 47 31 15 3B 03", frame.Frame{Kind: frame.Nak, Family: frame.Newland}, "23 53 43 4E 54 52 47 31"},
	{"old Newland", "24 24 25 7E 4F 4B 0D", frame.Frame{Kind: frame.Ack, Family: frame.Newland}, ""},
	{"Honeywell ack", "54 52 47 4D 4F 44 30 06 2E", frame.Frame{Kind: frame.Ack, Family: frame.Honeywell}, ""},
	{"Honeywell ack in small letters", "74 72 67 6D 6F 64 33 06 21", frame.Frame{Kind: frame.Ack, Family: frame.Honeywell}, ""},
	{"Honeywell nak", "54 52 47 4D 4F 44 30 15 21", frame.Frame{Kind: frame.Nak, Family: frame.Honeywell}, ""},
}

// A frame is found whole, whatever follows; every beginning of it is Partial; with any one byte changed it is not found.
func TestFind(t *testing.T) {
	for _, tc := range found {
		t.Run(tc.name, func(t *testing.T) {
			b := unhex(t, tc.hex)
			got, m := menu.Find(append(bytes.Clone(b), "690123"...), true)
			length := len(b)
			if strings.HasPrefix(tc.name, "old") {
				length-- // the line end stays
			}
			if m != frame.Whole || got.Kind != tc.want.Kind || got.Family != tc.want.Family || got.Again != tc.want.Again ||
				got.More != tc.want.More || got.Len != length || !bytes.Equal(got.Data, unhex(t, tc.data)) {
				t.Errorf("match %d: %+v", m, got)
			}
			for n := 1; n < len(b); n++ {
				if _, m := menu.Find(b[:n], true); m != frame.Partial {
					t.Errorf("the first %d bytes: match %d, want %d", n, m, frame.Partial)
				}
			}
			checksummed := tc.want.Family == frame.GM || tc.want.Family == frame.SSI
			for i := range b {
				wrong := bytes.Clone(b)
				wrong[i] ^= 0x40
				if _, m := menu.Find(wrong, true); m == frame.Whole && checksummed {
					t.Errorf("found with byte %d wrong", i)
				}
			}
		})
	}
}

// What looks like a frame and isn't may be a code, of which any byte counts.
func TestFindNothing(t *testing.T) {
	for name, b := range map[string]string{
		"GM, wrong CRC":              "02 00 00 01 00 33 32",
		"GM, nothing in it":          "02 00 00 00 00 00 00",
		"SSI ack, wrong checksum":    "04 D0 00 00 FF 2D",
		"SSI ack of a host":          "04 D0 04 00 FF 28",
		"Newland, no text":           "02 01 30 30 30 30 80",
		"Newland without an answer":  "02 01 30 30 30 30 23 53 3B 03",
		"old Newland, and more":      "24 24 25 7E 4F 4B 31",
		"Honeywell, and more":        "54 52 47 4D 4F 44 30 31",
		"Honeywell without its end":  "54 52 47 4D 4F 44 30 06 31",
		"text":                       "36 39 30 31",
		"message of ISO 15434":       "5B 29 3E 1E 30 36",
		"EOT as the end of a record": "04 0D",
	} {
		if f, m := menu.Find(unhex(t, b), false); m != frame.None {
			t.Errorf("%s: match %d, %+v", name, m, f)
		}
	}
	if _, m := menu.Find(frame.AppendSSI(nil, 0xF3, 0, 0, 1, 'a'), false); m != frame.None {
		t.Errorf("a packet in the middle of a line: match %d", m)
	}
	b := frame.AppendSSI(nil, 0xF3, 0, 0, 1, 'a')
	b[5]++
	if _, m := menu.Find(b, true); m != frame.Broken {
		t.Errorf("a packet with a wrong checksum: match %d", m)
	}
}

func FuzzFind(f *testing.F) {
	for _, tc := range found {
		f.Add(unhex(f, tc.hex), true)
	}
	f.Add([]byte{0x02, 0, 0, 64}, true)
	f.Add(append([]byte{0x02, 0x01, '0', '0', '0', '0'}, bytes.Repeat([]byte{'x'}, 300)...), false)
	f.Fuzz(func(t *testing.T, b []byte, start bool) {
		got, m := menu.Find(b, start)
		switch {
		case m == frame.Whole && (got.Len < 6 || got.Len > len(b) || got.Kind == 0 || len(got.Data) > got.Len):
			t.Errorf("%+v in %d bytes", got, len(b))
		case m == frame.Partial && len(b) > 260:
			t.Errorf("%d bytes are held back", len(b))
		}
		for n := 1; n < len(b) && (m == frame.Whole || m == frame.Partial); n++ {
			if _, p := menu.Find(b[:n], start); n < got.Len && p != frame.Partial {
				t.Errorf("found after %d bytes, but match %d after %d", got.Len, p, n)
			}
		}
	})
}

func FuzzChecks(f *testing.F) {
	for _, s := range []string{"7E 00 08 01 00 02 01 02 DA", "04 E4 04 00 FF 14", "7E 01 30 30 30 30 40 53 3B 03", "16 4D 0D 53 2E"} {
		f.Add(unhex(f, s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if frame.CheckGM(b) == nil {
			again := frame.AppendGM(nil, b[2], uint16(b[4])<<8|uint16(b[5]), b[6:len(b)-2]...)
			if !bytes.Equal(again[:len(b)-2], b[:len(b)-2]) {
				t.Errorf("% X became % X", b, again)
			}
		}
		if frame.CheckSSI(b) == nil && b[0] >= 4 {
			if again := frame.AppendSSI(nil, b[1], b[2], b[3], b[4:len(b)-2]...); !bytes.Equal(again, b) {
				t.Errorf("% X became % X", b, again)
			}
		}
		_, _ = frame.CheckNewland(b), frame.CheckHoneywell(b)
	})
}
