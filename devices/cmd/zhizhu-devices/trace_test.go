package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf16"

	"golang.org/x/text/encoding/simplifiedchinese"
	"pgregory.net/rapid"

	"zhizhu/devices"
	"zhizhu/devices/idcard"
	"zhizhu/devices/idcard/sam"
	"zhizhu/devices/printer"
	"zhizhu/devices/sim"
)

// needles are what of a persona must be found nowhere: every two characters of Chinese, every six of anything else, in the
// three encodings that go over lines.
func needles(c devices.Card) [][]byte {
	var out [][]byte
	for _, s := range []string{c.Name, c.Number, c.Address, c.EnglishName, c.Authority, strings.ReplaceAll(c.Birth, "-", "")} {
		rs := []rune(s)
		for i := range rs {
			n := 6
			if rs[i] > 0x7f {
				n = 2
			}
			if i+n > len(rs) {
				break
			}
			part := string(rs[i : i+n])
			out = append(out, []byte(part))
			var wide []byte
			for _, u := range utf16.Encode([]rune(part)) {
				wide = binary.LittleEndian.AppendUint16(wide, u)
			}
			out = append(out, wide)
			if gbk, err := simplifiedchinese.GBK.NewEncoder().Bytes([]byte(part)); err == nil {
				out = append(out, gbk)
			}
		}
	}
	return out
}

// wires are what devices and hosts really send about a persona.
func wires(t interface{ Fatal(...any) }, c devices.Card) map[side][]byte {
	text, err := sam.EncodeText(c)
	if err != nil {
		t.Fatal(err)
	}
	reading := sam.AppendReading(nil, sam.Reading{Text: text, Photo: bytes.Repeat(text, 4)}, false)
	printed, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(c.Name + " " + c.Number + "\n" + c.Address + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	code := []byte("\x1d(k\x00\x00\x31P0" + c.Number)
	binary.LittleEndian.PutUint16(code[3:], uint16(len(c.Number)+3))
	host := sam.AppendRequest(nil, sam.ReadText)
	host = append(append(append(host, "\x1b@\x1c&"...), printed...), code...)
	device := sam.AppendReply(nil, sam.Reply{Status: sam.OK, Data: reading})
	device = append(append(device, c.Number+c.Name+"\r\n"...), "\x12\x16"...)
	return map[side][]byte{hostSide: host, deviceSide: append(device, printed...)}
}

func TestMaskHidesEveryResident(t *testing.T) {
	personas := sim.Personas()
	rapid.Check(t, func(t *rapid.T) {
		c := rapid.SampledFrom(personas).Draw(t, "persona").Card
		m := newMask(rapid.SampledFrom([]string{"auto", "idcard", "printer", "scanner"}).Draw(t, "kind"))
		left := wires(t, c)
		polite := rapid.Bool().Draw(t, "polite") // each speaks to its end
		var events []event
		for len(left[hostSide])+len(left[deviceSide]) > 0 {
			from := rapid.SampledFrom([]side{hostSide, deviceSide}).Draw(t, "side")
			b := left[from]
			n := min(rapid.IntRange(1, 700).Draw(t, "bytes"), len(b))
			if polite {
				n = len(b)
			}
			events = append(events, m.feed(from, b[:n])...)
			left[from] = b[n:]
			if rapid.IntRange(0, 9).Draw(t, "flush") == 0 {
				events = append(events, m.flush()...)
			}
		}
		shown := map[side][]byte{}
		for _, e := range append(events, m.flush()...) {
			shown['s'] = append(append(shown['s'], e.says...), '\n')
			shown[e.side] = append(shown[e.side], e.bytes...)
		}
		for _, needle := range needles(c) {
			for where, b := range shown {
				if bytes.Contains(b, needle) {
					t.Fatalf("%d bytes of a person's data are shown (%c)", len(needle), where)
				}
			}
		}
	})
}

func TestMaskKeepsWhatIsNoSecret(t *testing.T) {
	p, _ := sim.FindPersona("anna-example")
	text, err := sam.EncodeText(p.Card)
	if err != nil {
		t.Fatal(err)
	}
	reading := sam.Reading{Text: text, Photo: make([]byte, 1024), Fingerprint: make([]byte, 512)}
	type part struct {
		from side
		b    string
		says string
	}
	frame := func(op sam.Op) string { return string(sam.AppendRequest(nil, op)) }
	reply := func(s sam.Status, data ...byte) string {
		return string(sam.AppendReply(nil, sam.Reply{Status: s, Data: data}))
	}
	for kind, parts := range map[string][]part{
		"idcard": {
			{hostSide, frame(sam.ReadID), "read SAM id"},
			{deviceSide, "\x00\x01" + reply(sam.OK, sam.AppendID(nil, 5, 3, 20240101, 1, 2)...), "2 bytes of noise, masked|90 ok: module 05.03-20240101"},
			{hostSide, frame(sam.Find), "find card"},
			{deviceSide, reply(sam.NoCard), "80 no card"},
			{hostSide, frame(sam.ReadAll), "read card with prints"},
			{deviceSide, reply(sam.OK, sam.AppendReading(nil, reading, true)...), "text block 256 bytes, foreigner's card of 2017, photo 1024, prints 512, masked"},
			{hostSide, frame(sam.SetBaud | 4), "set baud"},
		},
		"printer": {
			{hostSide, "\x1b@\x1da\xff", "init|auto status 255"},
			{deviceSide, "\x30\x00\x0c\x00", "30 00 0C 00 (cover open, no paper)"},
			{hostSide, "\x10\x04\x04\x1dI\x02", "status 4?|identify 2"},
			{deviceSide, "\x1e\x13\x03\x11A", "status 4: 1E (paper low)|XOFF|answer 03|XON|1 bytes that answers nothing, masked"},
			{hostSide, "\x1b@name\n\x1dVB\x00", "init|text of 4 bytes, masked|line feed|cut 1"},
		},
		"scanner": {
			{hostSide, "\x7E\x00\x08\x01\x00\x02\x01\xAB\xCD", "command 7E 00 08"},
			{deviceSide, "\x02\x00\x00\x01\x00\x33\x31ABC\r\n", `command done (GM)|code of 3 bytes, masked, and its end "\r"|line end "\n"`},
			{deviceSide, strings.Repeat("x", 6000) + "\r", `code of 6000 bytes, masked, and its end "\r"`},
		},
	} {
		for _, as := range []string{kind, "auto"} {
			m := newMask(as)
			for _, p := range parts {
				var says []string
				n := 0
				for _, e := range m.feed(p.from, []byte(p.b)) {
					if e.says != "this is a "+kind {
						says = append(says, e.says)
					}
					n += len(e.bytes)
				}
				wants := strings.Split(p.says, "|")
				if len(says) != len(wants) || n != len(p.b) {
					t.Errorf("%s: %q, %d bytes of %d; want %q", as, says, n, len(p.b), wants)
					continue
				}
				for i := range wants {
					if !strings.Contains(says[i], wants[i]) {
						t.Errorf("%s: %q, want %q", as, says[i], wants[i])
					}
				}
			}
		}
	}
}

func FuzzMask(f *testing.F) {
	f.Add(0, []byte("\xAA\xAA\xAA\x96\x69\x00\x03\x20\x01\x22"), []byte("\xAA\xAA\xAA\x96\x69\x00\x04\x00\x00\x80\x84"), 3)
	f.Add(1, []byte("\x1b@\x10\x04\x01text\n\x1dI\x43"), []byte("\x12_name\x00\x10\x00\x00\x00"), 1)
	f.Add(2, []byte("\x16T\r"), []byte("CODE\r\n\x02\x00\x00\x01\x00\x33\x31"), 2)
	f.Fuzz(func(_ *testing.T, kind int, host, device []byte, step int) {
		m := newMask([]string{"idcard", "printer", "scanner", "auto"}[kind&3])
		step = 1 + step&63
		for i := 0; i < len(host) || i < len(device); i += step {
			for from, b := range map[side][]byte{hostSide: host, deviceSide: device} {
				if i < len(b) {
					m.feed(from, b[i:min(i+step, len(b))])
				}
			}
		}
		m.flush()
	})
}

// board is a buffer that several goroutines may use.
type board struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *board) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *board) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// traced runs a trace of a played port and returns where programs find it, what it prints, and how to end it.
func traced(t *testing.T, path string, more ...string) (link string, out *board, end func()) {
	t.Helper()
	link, out = filepath.Join(t.TempDir(), filepath.Base(path)), &board{}
	ctx, cancel := context.WithCancel(t.Context())
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, append([]string{"trace", path, "--as", link}, more...), strings.NewReader(""), out, out)
	}()
	for late := time.Now().Add(20 * time.Second); !strings.Contains(out.String(), "is open at"); {
		if time.Now().After(late) {
			t.Fatalf("the trace never began: %s", out.String())
		}
		tick, stop := context.WithTimeout(ctx, 5*time.Millisecond)
		<-tick.Done()
		stop()
	}
	var once sync.Once
	end = func() {
		once.Do(func() {
			cancel()
			if n := <-code; n != exitOK {
				t.Errorf("exit code %d: %s", n, out.String())
			}
		})
	}
	t.Cleanup(end)
	return link, out, end
}

func TestTracedCardCanBePlayedAgain(t *testing.T) {
	c := play(t, t.TempDir())
	raw := filepath.Join(t.TempDir(), "card.trace")
	link, out, end := traced(t, c.ports.IDCard, "--raw", raw)
	events := make(chan devices.CardEvent, 100)
	r := idcard.New(idcard.Options{Now: time.Now, OnEvent: func(e devices.CardEvent) { events <- e }})
	status := serve(t, link, 115200, r)
	r.Arm(true)
	c.ok("card chen-guilan")
	e := await(t, events, "the card", func(e devices.CardEvent) bool { return e.Kind == devices.CardRead })
	if e.Card.Name != "陈桂兰" {
		t.Error("another card was read")
	}
	c.ok("unplug idcard")
	await(t, status, "missing", state(devices.Missing)) // the program sees what happens to the cable
	c.ok("plug idcard")
	await(t, status, "ready again", state(devices.Ready))
	end()
	for _, want := range []string{"> find card", "< 9F card found", "> read card", "resident card", "is lost"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not told in\n%s", want, out.String())
		}
	}
	b, err := os.ReadFile(raw)
	if err != nil {
		t.Fatal(err)
	}
	rec, err := sim.ParseRecording(raw, bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	var all []byte
	for _, e := range rec.Scenes[0].Entries {
		all = append(all, e.Bytes...)
	}
	for _, needle := range needles(e.Card) {
		if bytes.Contains(all, needle) || strings.Contains(out.String(), string(needle)) {
			t.Fatal("a person's data are in the recording or in the trace")
		}
	}
	if !bytes.Contains(all, sam.AppendRequest(nil, sam.ReadText)) {
		t.Error("the commands are not in the recording")
	}
}

func TestTracedPrinterPrints(t *testing.T) {
	c := play(t, t.TempDir())
	link, out, end := traced(t, c.ports.Printer)
	p, err := printer.New(printer.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	status := serve(t, link, 115200, p)
	await(t, status, "ready", state(devices.Ready))
	who, _ := sim.FindPersona("chen-guilan")
	if res := p.Print(t.Context(), devices.Document{Title: "test", Blocks: []devices.Block{{Text: who.Name}}}); res.Outcome != devices.Printed {
		t.Errorf("outcome %v", res)
	}
	end()
	for _, want := range []string{"> status 1?", "< status 1: 12 (well)", "> text of 6 bytes, masked", "> cut"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not told in\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), who.Name) {
		t.Error("the trace holds a name")
	}
}

func TestTraceRefuses(t *testing.T) {
	dir := t.TempDir()
	taken := filepath.Join(dir, "taken")
	if err := os.WriteFile(taken, []byte("kept"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"trace", "/dev/ttyNone"}, exitFailed, "no such port"},
		{[]string{"trace", "/dev/ttyNone", "--unmasked"}, exitUsage, "--i-hold-personal-data"},
		{[]string{"trace", "/dev/ttyNone", "--raw", taken}, exitFailed, "exists"},
		{[]string{"play", taken, "--link", filepath.Join(dir, "link")}, exitFailed, "taken:1"},
	} {
		var out bytes.Buffer
		if code := run(t.Context(), tc.args, strings.NewReader(""), &out, &out); code != tc.code || !strings.Contains(out.String(), tc.says) {
			t.Errorf("%v: exit code %d, %s", tc.args, code, out.String())
		}
	}
}

func TestRecordingIsPlayed(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "a.trace")
	if err := os.WriteFile(file, []byte("> 10 04 01\n< 12\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	out := &board{}
	code := make(chan int, 1)
	link := filepath.Join(dir, "tty")
	go func() {
		code <- run(ctx, []string{"play", file, "--link", link}, strings.NewReader(""), out, out)
	}()
	status := make(chan devices.Status, 10)
	p, err := printer.New(printer.Options{Now: time.Now, OnStatus: func(s devices.Status) { status <- s }})
	if err != nil {
		t.Fatal(err)
	}
	for s := serve(t, link, 9600, p); ; {
		if st := await(t, s, "an answer", func(devices.Status) bool { return true }); st.State == devices.Ready {
			break
		}
	}
	cancel()
	if n := <-code; n != exitOK || !strings.Contains(out.String(), link) {
		t.Errorf("exit code %d, %s", n, out.String())
	}
}
