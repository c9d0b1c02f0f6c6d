package sim

import (
	"bytes"
	"context"
	"os"
	"runtime"
	"testing"
	"time"
)

func playScanner(t *testing.T, traits ScannerTraits, end string) (*Scanner, *os.File) {
	t.Helper()
	tty := openTTY(t, "", 0)
	s := NewScanner(tty)
	s.End, s.traits = end, traits
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); _ = s.Serve(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	return s, host(t, tty.Path())
}

func wantBytes(t *testing.T, f *os.File, want string) {
	t.Helper()
	if got := readN(t, f, len(want)); string(got) != want {
		t.Errorf("% x came, want % x", got, want)
	}
}

func say(t *testing.T, f *os.File, b string) {
	t.Helper()
	if _, err := f.WriteString(b); err != nil {
		t.Fatal(err)
	}
}

func TestScannerEndsCodesAsItIsToldTo(t *testing.T) {
	s, f := playScanner(t, ScannerTraits{}, "\r\n")
	say(t, f, "whatever the host says\x7E\x00")
	for _, tc := range []struct{ prefix, end, want string }{{"", "\r\n", "A1\r\n"}, {"\x02", "\x03\r", "\x02A1\x03\r"}, {"", "", "A1"}} {
		s.Configure(func(t *ScannerTraits, end *string) { t.Prefix, *end = tc.prefix, tc.end })
		if err := s.Scan(t.Context(), "A1"); err != nil {
			t.Fatal(err)
		}
		wantBytes(t, f, tc.want)
	}
	s.Inject(Fault{Kind: ByteByByte, Pause: time.Millisecond})
	if err := s.Scan(t.Context(), "slow"); err != nil {
		t.Fatal(err)
	}
	wantBytes(t, f, "slow")
}

// The frames are those of protocols.md B.
func TestScannerCommands(t *testing.T) {
	for _, tc := range []struct {
		name     string
		set      CommandSet
		send     string
		answer   string
		triggers int
		refused  int
	}{
		{"GM trigger, unchecked", GM65, "\x7E\x00\x08\x01\x00\x02\x01\xAB\xCD", "\x02\x00\x00\x01\x00\x33\x31", 1, 0},
		{"GM trigger, checked", GM65, "noise\x7E\x00\x08\x01\x00\x02\x01\x02\xDA", "\x02\x00\x00\x01\x00\x33\x31", 1, 0},
		{"GM save", GM65, "\x7E\x00\x09\x01\x00\x00\x00\xDE\xC8", "\x02\x00\x00\x01\x00\x33\x31", 0, 0},
		{"GM wrong check", GM65, "\x7E\x00\x08\x01\x00\x02\x01\x02\xDB", "", 0, 1},
		{
			"GM speed, written and read", GM65, "\x7E\x00\x08\x02\x00\x2A\x39\x01\xA7\xEA\x7E\x00\x07\x01\x00\x2A\x02\xD8\x0F",
			"\x02\x00\x00\x01\x00\x33\x31" + string(gmReply(0x39, 0x01)), 0, 0,
		},
		{"SSI start", SSI, "\x00\x04\xE4\x04\x00\xFF\x14", "\x04\xD0\x00\x00\xFF\x2C", 1, 0},
		{"SSI stop", SSI, "\x04\xE5\x04\x00\xFF\x13", "\x04\xD0\x00\x00\xFF\x2C", 0, 0},
		{"SSI host mode", SSI, "\x07\xC6\x04\x08\x00\x8A\x08\xFE\x95", "\x04\xD0\x00\x00\xFF\x2C", 0, 0},
		{"SSI wrong sum", SSI, "\x04\xE4\x04\x00\xFF\x15", "\x05\xD1\x00\x00\x06\xFF\x24", 0, 1},
		{"Newland on", Newland, "\x7E\x010000#SCNTRG1;\x03", "\x02\x010000#SCNTRG1\x06;\x03", 1, 0},
		{"Newland nonsense", Newland, "\x7E\x010000!X;\x03", "\x02\x010000!X\x15;\x03", 0, 1},
		{"Honeywell on", Honeywell, "\x16T\r", "", 1, 0},
		{"Honeywell menu", Honeywell, "\x16M\r232BAD9.", "232BAD9\x06.", 0, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, f := playScanner(t, ScannerTraits{Commands: tc.set, NeedsTrigger: true}, "\r")
			if err := s.Scan(t.Context(), "CODE"); err != nil {
				t.Fatal(err)
			}
			say(t, f, tc.send)
			if tc.triggers > 0 {
				tc.answer += "CODE\r"
			}
			wantBytes(t, f, tc.answer)
			for late := now().Add(5 * time.Second); s.Counts().Refused+s.Counts().Triggers < tc.refused+tc.triggers && now().Before(late); {
				runtime.Gosched()
			}
			if c := s.Counts(); c.Triggers != tc.triggers || c.Refused != tc.refused {
				t.Errorf("counts %+v", c)
			}
		})
	}
}

func TestScannerRepeatsWhatIsHeldBeforeIt(t *testing.T) {
	s, f := playScanner(t, ScannerTraits{Repeat: time.Millisecond}, "\n")
	s.Hold([]byte("held"))
	wantBytes(t, f, "held\nheld\nheld\n")
	s.Away()
	s.Configure(func(t *ScannerTraits, _ *string) { t.Repeat = 0 })
	if err := s.Scan(t.Context(), "last"); err != nil {
		t.Fatal(err)
	}
	for b := []byte{}; !bytes.HasSuffix(b, []byte("last\n")); {
		b = append(b, readN(t, f, 5)...)
	}
}

func TestScannerSendsPacketsUntilTheyAreAcknowledged(t *testing.T) {
	s, f := playScanner(t, ScannerTraits{Commands: SSI, Packets: true}, "\r")
	if err := s.Scan(t.Context(), "AB"); err != nil {
		t.Fatal(err)
	}
	wantBytes(t, f, string(ssiPacket([]byte("AB"), 0))+string(ssiPacket([]byte("AB"), 1)))
	say(t, f, "\x04\xD0\x04\x00\xFF\x28")
	if err := s.Scan(t.Context(), "CD"); err != nil {
		t.Fatal(err)
	}
	for b := []byte{}; !bytes.HasSuffix(b, ssiPacket([]byte("CD"), 0)); {
		b = append(b, readN(t, f, len(ssiPacket([]byte("AB"), 0)))...)
	}
}

func FuzzScannerCommands(f *testing.F) {
	f.Add(1, []byte("\x7E\x00\x08\x01\x00\x02\x01\x02\xDA"))
	f.Add(2, []byte("\x00\x04\xE4\x04\x00\xFF\x14"))
	f.Add(3, []byte("\x7E\x010000#SCNTRG1;\x03"))
	f.Add(4, []byte("\x16M\r232BAD9."))
	f.Fuzz(func(t *testing.T, set int, b []byte) {
		s := NewScanner(nil)
		s.traits.Commands = CommandSet(set & 7)
		for len(b) > 0 {
			_, n := s.hear(b)
			if n < 0 || n > len(b) {
				t.Fatalf("took %d of %d bytes", n, len(b))
			}
			if n == 0 {
				return
			}
			b = b[n:]
		}
	})
}
