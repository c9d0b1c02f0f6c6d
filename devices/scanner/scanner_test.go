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
	"zhizhu/devices/scanner/frame"
	"zhizhu/devices/scanner/profile"
	"zhizhu/devices/sim"
)

type rig struct {
	*testing.T
	tty    *sim.TTY
	dev    *sim.Scanner
	drv    *scanner.Scanner
	scans  chan devices.Scan
	status chan devices.Status
	ended  chan error
	clock  atomic.Int64 // seconds
	logs   bytes.Buffer
}

func newRig(t *testing.T) *rig {
	t.Helper()
	return newRigOf(t, profile.Plain)
}

func newRigOf(t *testing.T, name string) *rig {
	t.Helper()
	spoken, err := scanner.Profile(name)
	if err != nil {
		t.Fatal(err)
	}
	tty, err := sim.OpenTTY("", 0)
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{T: t, tty: tty, dev: sim.NewScanner(tty), scans: make(chan devices.Scan, 10), status: make(chan devices.Status, 10), ended: make(chan error, 1)}
	line, err := port.Open(t.Context(), port.Config{Path: tty.Path(), Baud: 9600, Device: "scanner"})
	if err != nil {
		t.Fatal(err)
	}
	r.drv = scanner.New(scanner.Options{
		Now:    func() time.Time { return time.Unix(r.clock.Load(), 0) },
		OnScan: func(s devices.Scan) { r.scans <- s },
		Rand:   rand.Reader, Profile: spoken,
		Log: slog.New(slog.NewTextHandler(&r.logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.ended <- r.drv.Serve(ctx, line, func(s devices.Status) { r.status <- s })
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

// A scanner of the GM family on a real port: what it is told, and that its answers never come out as codes.
func TestTriggerOverAPort(t *testing.T) {
	r := newRigOf(t, "gm65")
	told := make(chan []byte, 100)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		var got []byte
		for buf := make([]byte, 64); ; {
			n, err := r.tty.Recv(ctx, buf)
			if err != nil {
				return
			}
			for got = append(got, buf[:n]...); len(got) > 8 && frame.CheckGM(got[:9]) == nil; got = got[9:] {
				if err := r.tty.Send(ctx, frame.AppendGMReply(nil, 0xD6)); err != nil {
					return
				}
				told <- bytes.Clone(got[:9])
			}
		}
	}()
	defer func() { cancel(); <-done }()
	until := func(want []byte) {
		t.Helper()
		for late := time.After(20 * time.Second); ; {
			select {
			case got := <-told:
				if bytes.Equal(got, want) {
					return
				}
			case <-late:
				t.Fatalf("% X was never told", want)
			}
		}
	}
	r.drv.Trigger(true)
	until(frame.AppendGM(nil, frame.GMWrite, 2, 1))
	r.scan("a code")
	r.want("a code")
	r.drv.Trigger(false)
	until(frame.AppendGM(nil, frame.GMWrite, 2, 0))
	r.scan("another")
	r.want("another")
}
