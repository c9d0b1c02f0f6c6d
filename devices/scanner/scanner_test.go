package scanner_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/port"
	"zhizhu/devices/scanner"
	"zhizhu/devices/sim"
)

type rig struct {
	*testing.T
	tty    *sim.TTY
	dev    *sim.Scanner
	scans  chan devices.Scan
	status chan devices.Status
	ended  chan error
	clock  atomic.Int64 // seconds
	logs   bytes.Buffer
}

func newRig(t *testing.T) *rig {
	t.Helper()
	tty, err := sim.OpenTTY("", 0)
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{T: t, tty: tty, dev: sim.NewScanner(tty), scans: make(chan devices.Scan, 10), status: make(chan devices.Status, 10), ended: make(chan error, 1)}
	line, err := port.Open(t.Context(), port.Config{Path: tty.Path(), Baud: 9600, Device: "scanner"})
	if err != nil {
		t.Fatal(err)
	}
	drv := scanner.New(scanner.Options{
		Now:    func() time.Time { return time.Unix(r.clock.Load(), 0) },
		OnScan: func(s devices.Scan) { r.scans <- s },
		Rand:   rand.Reader,
		Log:    slog.New(slog.NewTextHandler(&r.logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.ended <- drv.Serve(ctx, line, func(s devices.Status) { r.status <- s })
	}()
	t.Cleanup(func() {
		cancel()
		<-done
		if err := errors.Join(line.Close(), tty.Close()); err != nil {
			t.Error(err)
		}
	})
	if s := <-r.status; s.State != devices.Ready {
		t.Errorf("state %d", s.State)
	}
	return r
}

func (r *rig) scan(raw string) {
	r.Helper()
	if err := r.dev.ScanBytes(r.Context(), []byte(raw)); err != nil {
		r.Fatal(err)
	}
}

func (r *rig) want(text string) {
	r.Helper()
	select {
	case s := <-r.scans:
		if s.Text != text {
			r.Errorf("%q, want %q", s.Text, text)
		}
	case <-time.After(10 * time.Second):
		r.Fatalf("no scan came, want %q", text)
	}
}

func TestCodesOfEveryEndAndCharset(t *testing.T) {
	for _, end := range []string{"\r", "\n", "\r\n", ""} {
		r := newRig(t)
		r.dev.End = end
		for raw, text := range map[string]string{"code-1": "code-1", "粤": "粤", "\xd4\xc1\xca\xa1": "粤省"} {
			r.scan(raw)
			r.want(text)
		}
	}
}

func TestTheSameCodeAgainIsDroppedForThreeSeconds(t *testing.T) {
	r := newRig(t)
	r.scan("aa")
	r.want("aa")
	r.clock.Store(2)
	r.scan("aa")
	r.scan("bb")
	r.want("bb")
	r.scan("aa") // two phones lie there
	r.clock.Store(6)
	r.scan("aa")
	r.want("aa")
	r.clock.Store(1) // the clock was set back
	r.scan("aa")
	r.want("aa")
}

func TestNoCodeIsLogged(t *testing.T) {
	r := newRig(t)
	r.scan("token-4711")
	r.scan("token-4711")
	r.scan("end")
	r.want("token-4711")
	r.want("end")
	logs := r.logs.String()
	if strings.Contains(logs, "4711") {
		t.Error("the code is in the log")
	}
	names := regexp.MustCompile(`code=([0-9a-f]{16})`).FindAllStringSubmatch(logs, -1)
	if len(names) != 3 || names[0][1] != names[1][1] || names[0][1] == names[2][1] {
		t.Errorf("names of codes in the log: %q", names)
	}
}

func TestGarbageIsCounted(t *testing.T) {
	r := newRig(t)
	r.scan(strings.Repeat("x", 5000))
	if s := <-r.status; s.Dropped != 1 || s.State != devices.Ready {
		t.Errorf("%d dropped, state %d", s.Dropped, s.State)
	}
	r.scan("still works")
	r.want("still works")
}

func TestServeEndsWithTheLine(t *testing.T) {
	r := newRig(t)
	if err := r.tty.HangUp(); err != nil {
		t.Fatal(err)
	}
	if err := <-r.ended; devices.KindOf(err) != devices.HungUp {
		t.Errorf("got %v", err)
	}
}
