package devicetest_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/devicetest"
	"zhizhu/devices/idcard/sam"
	"zhizhu/devices/scanner/profile"
	"zhizhu/devices/sim"
)

var update = flag.Bool("update", false, "write testdata/*.trace anew")

// recorded plays a recording of testdata.
func recorded(t *testing.T, device string, baud int) (*rig, *sim.Playback) {
	t.Helper()
	path := filepath.Join("testdata", device+".trace")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rec, err := sim.ParseRecording(path, bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	var p *sim.Playback
	r := play(t, device, baud, func(_ *rig, tty *sim.TTY) func(context.Context) error {
		p = sim.NewPlayback(tty, rec)
		return p.Serve
	})
	return r, p
}

func scene(p *sim.Playback, name string) func() error {
	return func() error { return p.Scene(name) }
}

func TestRecordedCardReader(t *testing.T) {
	t.Parallel()
	r, p := recorded(t, "idcard", 115200)
	c := cardSuite(t, r)
	c.Lay, c.Lift = scene(p, "card"), scene(p, "empty")
	c.Run(t)
}

func TestRecordedScanner(t *testing.T) {
	t.Parallel()
	r, p := recorded(t, "scanner", 9600)
	devicetest.Scanner{
		Bench: r.Bench, Codes: []string{"ZZ-0001", "ZZ-0002"}, New: newScanDriver(profile.Profile{}), Show: func(text string) error { return p.Scene(text) },
	}.Run(t)
}

func TestRecordedPrinter(t *testing.T) {
	t.Parallel()
	r, p := recorded(t, "printer", 115200)
	devicetest.Printer{
		Bench: r.Bench, New: newPrintDriver(t, 0, 0), EndPaper: scene(p, "out"), FillPaper: scene(p, "well"),
	}.Run(t)
}

// TestRecordingsAreOfTheTables compares testdata with the frames of protocols.md, from which it was made: the requests and
// statuses of A2 and A3, the text block of A5, the status bytes of C2, the line ends of B.
func TestRecordingsAreOfTheTables(t *testing.T) {
	for device, text := range map[string]string{"idcard": cardRecording(t), "printer": printerRecording(), "scanner": scannerRecording()} {
		path := filepath.Join("testdata", device+".trace")
		if *update {
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if b, err := os.ReadFile(path); err != nil || string(b) != text {
			t.Errorf("%s is not what it was made from (%v); go test ./devices/devicetest -update writes it anew", path, err)
		}
	}
}

// Requests as protocols.md A prints them, so that the codec is not its own witness.
const (
	checkSAM    = "AA AA AA 96 69 00 03 11 FF ED"
	readID      = "AA AA AA 96 69 00 03 12 FF EE"
	findCard    = "AA AA AA 96 69 00 03 20 01 22"
	selectCard  = "AA AA AA 96 69 00 03 20 02 21"
	readCard    = "AA AA AA 96 69 00 03 30 01 32"
	readAddress = "AA AA AA 96 69 00 03 30 03 30"

	replyOK     = "AA AA AA 96 69 00 04 00 00 90 94"
	replyNoItem = "AA AA AA 96 69 00 04 00 00 91 95"
	replyNobody = "AA AA AA 96 69 00 04 00 00 80 84"
	replyFound  = "AA AA AA 96 69 00 08 00 00 9F 00 00 00 00 97"
	replyPicked = "AA AA AA 96 69 00 0C 00 00 90 00 00 00 00 00 00 00 00 9C"
	replyNoPick = "AA AA AA 96 69 00 04 00 00 81 85"
	replyNoRead = "AA AA AA 96 69 00 04 00 00 41 45"
)

func cardRecording(t *testing.T) string {
	p, _ := sim.FindPersona("chen-guilan")
	text, err := sam.EncodeText(p.Card)
	if err != nil {
		t.Fatal(err)
	}
	reading := sam.AppendReply(nil, sam.Reply{Status: sam.OK, Data: sam.AppendReading(nil, sam.Reading{Text: text, Photo: make([]byte, 1024)}, false)})
	id := sam.AppendReply(nil, sam.Reply{Status: sam.OK, Data: sam.AppendID(nil, 5, 3, 20240101, 1234567, 7654321)})
	const pause = "= 2ms\n"
	ask := func(req, answer string) string { return "> " + req + "\n" + pause + "< " + answer + "\n" }
	return "# A card reader, from the frames of protocols.md A. Nobody of the personas exists.\n@ empty\n" +
		ask(checkSAM, replyOK) + ask(readID, fmt.Sprintf("% X", id)) + ask(findCard, replyNobody) + ask(selectCard, replyNoPick) +
		ask(readCard, replyNoRead) + ask(readAddress, replyNoItem) +
		"@ card\n" + ask(findCard, replyFound) + ask(selectCard, replyPicked) + ask(readCard, fmt.Sprintf("% X", reading)) +
		"# it has been read: it is not found again until it leaves the field (A4), and can be read all the same\n" + ask(findCard, replyNobody)
}

func printerRecording() string {
	s := "# A receipt printer, from the tables of protocols.md C. What is printed is swallowed.\n"
	for _, scene := range []struct {
		name   string
		status [4]byte
		roll   byte
	}{{"well", [4]byte{0x16, 0x12, 0x12, 0x12}, 0x00}, {"out", [4]byte{0x1e, 0x32, 0x12, 0x7e}, 0x0f}} {
		s += "@ " + scene.name + "\n"
		for n, b := range scene.status {
			s += fmt.Sprintf("> 10 04 %02X\n< %02X\n", n+1, b)
		}
		s += fmt.Sprintf("> 1D 49 02\n< 03\n> 1D 72 01\n< %02X\n", scene.roll)
	}
	return s
}

func scannerRecording() string {
	s := "# A scanner, from protocols.md B: the first code ends with CR LF, the second with CR alone.\n@ quiet\n"
	for i, code := range []string{"ZZ-0001", "ZZ-0002"} {
		end := [...]string{"\r\n", "\r"}[i]
		s += fmt.Sprintf("@ %s\n< % X\n= 5ms\n< % X\n", code, code[:3], code[3:]+end)
	}
	return s
}

// Hardware: go test ./devices/devicetest -hw /dev/ttyUSB0 -kind idcard -baud 115200 -timeout 30m
var (
	hw     = flag.String("hw", "", "port of a real device to test; a person must lay cards, show codes, change paper")
	kind   = flag.String("kind", "idcard", "with -hw: idcard, printer or scanner")
	baud   = flag.Int("baud", 115200, "with -hw: the port's speed")
	silent = flag.Bool("silent", false, "with -hw: this printer never answers")
)

// TestHardware runs the suites on a real device, where there is one.
func TestHardware(t *testing.T) {
	if *hw == "" {
		return
	}
	b := devicetest.Bench{Patience: 2 * time.Minute, Open: openHardware, Unplug: ask("Pull the device's cable"), Plug: ask("Plug the cable in again")}
	switch *kind {
	case "idcard":
		devicetest.CardReader{
			Bench: b, New: newCardDriver, Lay: ask("Lay the card on the reader"), Lift: ask("Take the card away"),
		}.Run(t)
	case "scanner":
		devicetest.Scanner{
			Bench: b, New: newScanDriver(profile.Profile{}), Codes: []string{"ZZ-0001", "ZZ-0002"},
			Show: func(text string) error { return ask("Show a QR code that says " + text)() },
		}.Run(t)
	case "printer":
		devicetest.Printer{
			Bench: b, New: newPrintDriver(t, 0, 0), Silent: *silent, EndPaper: ask("Take the roll out and close the cover"), FillPaper: ask("Put the roll in again"),
		}.Run(t)
	default:
		t.Fatalf("-kind %s: write idcard, printer or scanner", *kind)
	}
}

// ask tells a person what to do, and waits until it is done. go test keeps stdin and stderr to itself: it speaks on the
// terminal, and where there is none on stderr, without waiting.
func ask(what string) func() error {
	return func() error {
		tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
		if err != nil {
			_, err := fmt.Fprintln(os.Stderr, ">>>", what)
			return err
		}
		defer func() { _ = tty.Close() }()
		if _, err := fmt.Fprintf(tty, ">>> %s, then press Enter: ", what); err != nil {
			return fmt.Errorf("ask: %w", err)
		}
		var line [64]byte
		if _, err := tty.Read(line[:]); err != nil {
			return fmt.Errorf("wait for Enter: %w", err)
		}
		return nil
	}
}

func openHardware(ctx context.Context) (devices.Line, error) {
	return openPort(ctx, *hw, *baud, *kind)
}
