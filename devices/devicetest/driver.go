package devicetest

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"zhizhu/devices"
)

// Bench is how a suite reaches the device.
type Bench struct {
	// Open opens the line to the device, again after each loss. A line that is an io.Closer is closed.
	Open func(context.Context) (devices.Line, error)
	// Unplug and Plug pull the cable and put it back; nil where nobody can: those cases are left out.
	Unplug, Plug func() error
	// Patience is how long anything may take. Zero means 30 s: a person may have to act.
	Patience time.Duration
}

func (b Bench) patience() time.Duration {
	if b.Patience <= 0 {
		return 30 * time.Second
	}
	return b.Patience
}

// served is a driver that runs on an open line.
type served struct {
	t      *testing.T
	bench  Bench
	line   devices.Line
	status chan devices.Status
	ended  chan error
	cancel context.CancelFunc
}

// serve opens the line and runs the driver until the end of the test.
func (b Bench) serve(t *testing.T, d devices.Driver) *served {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	line, err := b.Open(ctx)
	if err != nil {
		cancel()
		t.Fatalf("open the line: %v", err)
	}
	s := &served{t: t, bench: b, line: line, status: make(chan devices.Status, 1000), ended: make(chan error, 1), cancel: cancel}
	go func() { s.ended <- d.Serve(ctx, line, func(st devices.Status) { s.status <- st }) }()
	t.Cleanup(func() { _ = s.end() })
	return s
}

// end stops the driver, closes the line and returns what Serve returned.
func (s *served) end() error {
	s.t.Helper()
	s.cancel()
	err, ok := s.over()
	if !ok {
		return nil
	}
	if c, is := s.line.(io.Closer); is {
		if cerr := c.Close(); cerr != nil {
			s.t.Errorf("close the line: %v", cerr)
		}
	}
	return err
}

// lost waits until Serve says that the line is lost.
func (s *served) lost() {
	s.t.Helper()
	err, ok := s.over()
	if k := devices.KindOf(err); !ok || k != devices.HungUp {
		s.t.Errorf("Serve returned %v, want %v", err, devices.HungUp)
	}
	if c, is := s.line.(io.Closer); is {
		_ = c.Close() // of an unplugged line: whatever it says
	}
}

// over waits for the end of Serve; false when that was waited for before.
func (s *served) over() (error, bool) {
	s.t.Helper()
	select {
	case err, ok := <-s.ended:
		if ok {
			close(s.ended)
		}
		return err, ok
	case <-time.After(s.bench.patience()):
		s.t.Fatal("Serve doesn't end")
		return nil, false
	}
}

// usable waits for the first status that lets work be given to the device.
func (s *served) usable() devices.Status {
	s.t.Helper()
	return s.until("usable", devices.Status.Usable)
}

func (s *served) until(what string, ok func(devices.Status) bool) devices.Status {
	s.t.Helper()
	return await(s.t, s.status, s.bench.patience(), what, ok)
}

func await[T any](t *testing.T, from <-chan T, patience time.Duration, what string, ok func(T) bool) T {
	t.Helper()
	late := time.After(patience)
	for {
		select {
		case v := <-from:
			if ok(v) {
				return v
			}
		case <-late:
			t.Fatalf("waited %v for: %s", patience, what)
		}
	}
}

// driver is what every driver promises.
func (b Bench) driver(t *testing.T, fresh func() devices.Driver) {
	t.Run("becomes usable and ends with its context", func(t *testing.T) {
		s := b.serve(t, fresh())
		s.usable()
		if err := s.end(); !errors.Is(err, context.Canceled) {
			t.Errorf("Serve returned %v, want the context's error", err)
		}
	})
	t.Run("serves one line after the other", func(t *testing.T) {
		d := fresh()
		for range 3 {
			s := b.serve(t, d)
			s.usable()
			_ = s.end()
		}
	})
	if b.Unplug == nil || b.Plug == nil {
		return
	}
	t.Run("ends with the line and serves it again", func(t *testing.T) {
		d := fresh()
		s := b.serve(t, d)
		s.usable()
		if err := b.Unplug(); err != nil {
			t.Fatal(err)
		}
		s.lost()
		if err := b.Plug(); err != nil {
			t.Fatal(err)
		}
		b.serve(t, d).usable()
	})
}
