package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"zhizhu/assets"
	"zhizhu/devices"
	"zhizhu/devices/idcard"
	"zhizhu/devices/port"
	"zhizhu/devices/printer"
	"zhizhu/devices/scanner"
	"zhizhu/devices/slot"
)

// console is a running `zhizhu-devices sim`.
type console struct {
	*testing.T
	in    io.Writer
	out   *bufio.Scanner
	ports ports
}

func play(t *testing.T, dir string) *console {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	inR, inW := io.Pipe()
	outR, outW := io.Pipe()
	var complaints bytes.Buffer
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, []string{"sim", "--dir", dir}, inR, outW, &complaints)
		_ = outW.Close()
	}()
	c := &console{T: t, in: inW, out: bufio.NewScanner(outR)}
	t.Cleanup(func() {
		cancel()
		_ = outR.Close()
		if n := <-code; n != exitOK {
			t.Errorf("exit code %d: %s", n, complaints.String())
		}
		_ = inW.Close()
	})
	if !c.out.Scan() {
		t.Fatalf("no first line: %s", complaints.String())
	}
	if err := json.Unmarshal(c.out.Bytes(), &c.ports); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *console) line() reply {
	c.Helper()
	if !c.out.Scan() {
		c.Fatal("nothing more is printed")
	}
	var r reply
	if err := json.Unmarshal(c.out.Bytes(), &r); err != nil {
		c.Fatalf("%q: %v", c.out.Text(), err)
	}
	return r
}

func (c *console) say(command string) reply {
	c.Helper()
	if _, err := fmt.Fprintln(c.in, command); err != nil {
		c.Fatal(err)
	}
	return c.line()
}

func (c *console) ok(command string) {
	c.Helper()
	if r := c.say(command); r.Error != "" {
		c.Fatalf("%s: %s", command, r.Error)
	}
}

// serve keeps a driver in service on one of the played ports.
func serve(t *testing.T, path string, baud int, d devices.Driver) <-chan devices.Status {
	t.Helper()
	status := make(chan devices.Status, 100)
	cfg := port.Config{Path: path, Baud: baud, Device: filepath.Base(path)}
	s := slot.New(slot.Options{
		Device: cfg.Device, Path: path, Baud: baud, Now: time.Now, Driver: d,
		Open:     func(ctx context.Context) (devices.Line, error) { return port.Open(ctx, cfg) },
		OnStatus: func(st devices.Status) { status <- st },
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); _ = s.Serve(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	return status
}

func await[T any](t *testing.T, from <-chan T, what string, ok func(T) bool) T {
	t.Helper()
	for late := time.After(20 * time.Second); ; {
		select {
		case v := <-from:
			if ok(v) {
				return v
			}
		case <-late:
			t.Fatalf("never saw %s", what)
		}
	}
}

func state(want devices.State) func(devices.Status) bool {
	return func(s devices.Status) bool { return s.State == want }
}

func TestCardIsPlayed(t *testing.T) {
	c := play(t, t.TempDir())
	events := make(chan devices.CardEvent, 100)
	r := idcard.New(idcard.Options{Now: time.Now, OnEvent: func(e devices.CardEvent) { events <- e }})
	status := serve(t, c.ports.IDCard, 115200, r)
	r.Arm(true)
	kind := func(k devices.CardEventKind) func(devices.CardEvent) bool {
		return func(e devices.CardEvent) bool { return e.Kind == k }
	}
	c.ok("card 陈桂兰")
	if e := await(t, events, "the card", kind(devices.CardRead)); e.Card.Name != "陈桂兰" {
		t.Error("another card was read")
	}
	c.ok("lift")
	c.ok("unplug idcard")
	await(t, status, "missing", state(devices.Missing))
	c.ok("card gu-jimei")
	c.ok("plug idcard")
	await(t, events, "the card after replug", kind(devices.CardRead))
	c.ok("idcard dead")
	await(t, status, "faulty", state(devices.Faulty))
}

func TestScanIsPlayed(t *testing.T) {
	c := play(t, t.TempDir())
	scans := make(chan devices.Scan, 10)
	status := serve(t, c.ports.Scanner, 9600, scanner.New(scanner.Options{Now: time.Now, OnScan: func(s devices.Scan) { scans <- s }}))
	await(t, status, "ready", state(devices.Ready))
	c.ok("scan 取号 42")
	await(t, scans, "the code", func(s devices.Scan) bool { return s.Text == "取号 42" })
}

func TestPrinterIsPlayed(t *testing.T) {
	dir := t.TempDir()
	c := play(t, dir)
	p, err := printer.New(printer.Options{Now: time.Now, Font: assets.FontRegular()})
	if err != nil {
		t.Fatal(err)
	}
	status := serve(t, c.ports.Printer, 115200, p)
	await(t, status, "ready", state(devices.Ready))
	c.ok("printer paper-out")
	await(t, status, "paper out", func(s devices.Status) bool { return s.Paper == devices.PaperEnd })
	c.ok("printer ok")
	await(t, status, "paper", func(s devices.Status) bool { return s.Paper == devices.PaperOK })
	res := p.Print(t.Context(), devices.Document{Title: "test", Blocks: []devices.Block{
		{Text: "收件凭证"}, {Kind: devices.CodeBlock, Text: "ZZ-0001"},
	}})
	if res.Outcome != devices.Printed {
		t.Errorf("outcome %v", res)
	}
	r := c.line()
	if r.Code != "ZZ-0001" {
		t.Errorf("the code reads %q (%s)", r.Code, r.Error)
	}
	for _, ext := range []string{".bin", ".txt", ".png"} {
		if fi, err := os.Stat(strings.TrimSuffix(r.Receipt, ".png") + ext); err != nil || fi.Size() == 0 {
			t.Errorf("%s: %v", ext, err)
		}
	}
}

func TestWrongCommandsSayWhatToWrite(t *testing.T) {
	c := play(t, t.TempDir())
	for command, want := range map[string]string{
		"dance": "write one of", "card nobody": "personas", "printer happy": "paper-out", "idcard happy": "dead", "plug camera": "scanner",
	} {
		if r := c.say(command); !strings.Contains(r.Error, want) {
			t.Errorf("%s: %q", command, r.Error)
		}
	}
	if r := c.say("help"); !strings.Contains(r.OK, "card PERSONA") {
		t.Errorf("help: %q", r.OK)
	}
}

func TestCommandLine(t *testing.T) {
	for _, tc := range []struct {
		args []string
		code int
		out  string
	}{
		{[]string{"personas"}, exitOK, "chen-guilan"},
		{[]string{"--help"}, exitOK, "personas"},
		{[]string{"sim"}, exitUsage, "--dir"},
		{[]string{"nonsense"}, exitUsage, "--help"},
		{[]string{"sim", "--dir", "/dev/null/x"}, exitFailed, "make folder"},
	} {
		var out bytes.Buffer
		if code := run(t.Context(), tc.args, strings.NewReader(""), &out, &out); code != tc.code || !strings.Contains(out.String(), tc.out) {
			t.Errorf("%v: exit code %d, %q", tc.args, code, out.String())
		}
	}
}
