package probe

import (
	"bytes"
	"slices"
	"testing"

	"zhizhu/devices/idcard/sam"
)

func TestScannerReply(t *testing.T) {
	for _, tc := range []struct {
		name, got, family string
	}{
		{"GM65 acknowledges", "\x02\x00\x00\x01\x00\x33\x31", "GM65"},
		{"... behind noise", "\xff\x02\x00\x00\x01\x00\x33\x31", "GM65"},
		{"... without a check sum", "\x02\x00\x00\x01\x00\xab\xcd", "GM65"},
		{"... spoilt", "\x02\x00\x00\x01\x00\x33\x32", ""},
		{"... torn", "\x02\x00\x00\x01\x00\x33", ""},
		{"SSI acknowledges", "\x04\xd0\x00\x00\xff\x2c", "SSI"},
		{"SSI refuses", "\x05\xd1\x00\x00\x06\xff\x24", "SSI"},
		{"... spoilt", "\x05\xd1\x00\x00\x06\xff\x25", ""},
		{"a host's own question", "\x04\xa3\x04\x00\xff\x55", ""},
		{"Newland", "\x02\x010000@QRYSYS\x06;\x03", "Newland"},
		{"nothing", "", ""},
	} {
		if family, ok := scannerReply([]byte(tc.got)); family != tc.family || ok != (tc.family != "") {
			t.Errorf("%s: got %q, %v", tc.name, family, ok)
		}
	}
}

func TestXmodem(t *testing.T) { // the frames of protocols.md B
	for frame, want := range map[string]uint16{"\x09\x01\x00\x00\x00": 0xDEC8, "\x08\x02\x00\x2a\x39\x01": 0xA7EA, "\x00\x01\x00": 0x3331} {
		if got := xmodem([]byte(frame)); got != want {
			t.Errorf("% X: %04X, want %04X", frame, got, want)
		}
	}
}

func TestCode(t *testing.T) {
	for text, want := range map[string]bool{
		"6920202888883\r": true, "取号 42\r\n": true, "6920202888883": true, "abcd\n": true,
		"": false, "2\r\n": false, "6262": false, "\x12\x16\x12\x16\r": false, "ab\x00cd\r": false, "\xfe\xfe\xfe\xfe\r": false,
	} {
		if got := code([]byte(text)); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestNoQuestionPrintsOrEchoesAsAnAnswer(t *testing.T) {
	questions := scannerQuestions()
	for _, op := range []sam.Op{sam.Find, sam.StatusSAM, sam.ReadID} {
		questions = append(questions, sam.AppendRequest(nil, op))
	}
	for _, q := range questions {
		if bytes.ContainsAny(q, "\n\r\f\v\x1b\x1c\x1d") {
			t.Errorf("% X holds what makes a printer print, or begins a command", q)
		}
		_, scanner := scannerReply(q)
		if _, reader := reply(q); scanner || reader || code(q) {
			t.Errorf("% X sent back reads as an answer", q)
		}
		if rest, echoed := withoutEcho(q, slices.Concat(q, []byte("x"))); !echoed || string(rest) != "x" {
			t.Errorf("% X: the echo is not told", q)
		}
	}
}

// FuzzJudge hands bytes of any device to every judge.
func FuzzJudge(f *testing.F) {
	for _, seed := range []string{
		"", "\x12", "\x16\x12\x12\x1e", "\x11\x13", "\x10\x00\x00\x0f", "\x5fTP80\x00",
		"\xaa\xaa\xaa\x96\x69\x00\x04\x00\x00\x80\x84", "\xaa\xaa\xaa\xaa\x96\x69\x00\x08\x00\x00\x9f\x00\x00\x00\x00\x97",
		"\x02\x00\x00\x01\x00\x33\x31", "\x04\xd0\x00\x00\xff\x2c", "\x02\x010000@QRYSYS\x06;\x03", "6920202888883\r\n", "\x02\x00\x00\xff",
	} {
		f.Add([]byte("\x10\x04\x01"), []byte(seed))
	}
	f.Fuzz(func(t *testing.T, sent, got []byte) {
		rest, echoed := withoutEcho(sent, got)
		if !echoed && !bytes.Equal(rest, got) || len(rest) > len(got) {
			t.Errorf("% X changed without an echo", got)
		}
		n, _ := realTime(rest)
		if n > len(rest) {
			t.Errorf("%d answers in %d bytes", n, len(rest))
		}
		reply(rest)
		if _, ok := scannerReply(rest); ok && len(rest) < 6 {
			t.Errorf("% X is no answer", rest)
		}
		if code(rest) && bytes.ContainsAny(rest, "\x00\x10\x16") {
			t.Errorf("% X is no code", rest)
		}
	})
}
