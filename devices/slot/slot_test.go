package slot_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/port"
	"zhizhu/devices/scanner"
	"zhizhu/devices/sim"
	"zhizhu/devices/slot"
)

// script is a driver and a port that do, one opening after the other, what they are told.
type script struct {
	opens  []error // of each opening; the last one goes on
	serve  func(context.Context, func(devices.Status)) error
	opened []time.Time
	closed int
	path   string // of its lines
}

func (s *script) Open(context.Context) (devices.Line, error) {
	s.opened = append(s.opened, time.Now())
	if err := s.opens[min(len(s.opened), len(s.opens))-1]; err != nil {
		return nil, err
	}
	return line{s: s}, nil
}

func (s *script) Serve(ctx context.Context, _ devices.Line, report func(devices.Status)) error {
	return s.serve(ctx, report)
}

type line struct {
	devices.Line
	s *script
}

func (l line) Close() error { l.s.closed++; return nil }
func (l line) Path() string { return l.s.path }
func (l line) Baud() int    { return 9600 }

func fail(k devices.Kind) error {
	return &devices.Error{Device: "test", Kind: k, Op: "open port"}
}

// serve runs a slot for d of synctest's time and returns what it told.
func serve(t *testing.T, s *script, path string, d time.Duration) []devices.Status {
	t.Helper()
	s.path = path
	return run(t, slot.Options{Path: path, Open: s.Open, Driver: s}, d)
}

// run runs a slot for d of synctest's time and returns what it told.
func run(t *testing.T, o slot.Options, d time.Duration) []devices.Status {
	t.Helper()
	var told []devices.Status
	o.Device, o.Now = "test", time.Now
	o.OnStatus = func(st devices.Status) { told = append(told, st) }
	sl := slot.New(o)
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	if err := sl.Serve(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("ended with %v", err)
	}
	return told
}

func TestBackoffDoublesToFiveSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{opens: []error{fail(devices.Stalled)}}
		told := serve(t, s, t.TempDir(), 30*time.Second)
		var gaps []time.Duration
		for i := range s.opened[1:] {
			gaps = append(gaps, s.opened[i+1].Sub(s.opened[i]))
		}
		ms := time.Millisecond
		want := []time.Duration{100 * ms, 200 * ms, 400 * ms, 800 * ms, 1600 * ms, 3200 * ms, 5000 * ms, 5000 * ms, 5000 * ms, 5000 * ms}
		if !slices.Equal(gaps, want) {
			t.Errorf("pauses %v, want %v", gaps, want)
		}
		if len(told) != 1 || told[0].State != devices.Faulty || told[0].Reason != devices.Stalled {
			t.Errorf("told %v, want the one change", told)
		}
	})
}

func TestAPortThatAppearsIsOpenedAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ttyUSB0")
	synctest.Test(t, func(t *testing.T) {
		s := &script{serve: func(ctx context.Context, report func(devices.Status)) error {
			report(devices.Status{State: devices.Ready})
			<-ctx.Done()
			return ctx.Err()
		}, opens: slices.Concat(slices.Repeat([]error{fail(devices.NoPort)}, 10), []error{nil})}
		const appears = 22*time.Second + 10*time.Millisecond // in the middle of a pause of 5 s
		start := time.Now()
		time.AfterFunc(appears, func() {
			if err := os.WriteFile(path, nil, 0o600); err != nil {
				t.Error(err)
			}
		})
		told := serve(t, s, path, time.Minute)
		if late := s.opened[len(s.opened)-1].Sub(start) - appears; late < 0 || late > 150*time.Millisecond {
			t.Errorf("opened %v after the port came", late)
		}
		if len(told) != 2 || told[0].Reason != devices.NoPort || told[1].State != devices.Ready || told[1].Port != path {
			t.Errorf("told %v", told)
		}
		if s.closed != 1 {
			t.Errorf("closed %d times", s.closed)
		}
	})
}

func TestStatusesAreToldOncePerChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lives := 0
		s := &script{opens: []error{nil}, serve: func(ctx context.Context, report func(devices.Status)) error {
			lives++
			report(devices.Status{State: devices.Ready, Model: "m"})
			report(devices.Status{State: devices.Ready, Model: "m"})
			<-time.After(6 * time.Second)
			report(devices.Status{State: devices.Ready, Model: "m", Dropped: lives})
			if lives == 1 {
				return fail(devices.Stalled)
			}
			<-ctx.Done()
			return ctx.Err()
		}}
		start := time.Now()
		told := serve(t, s, t.TempDir(), 20*time.Second)
		type row struct {
			state   devices.State
			reason  devices.Kind
			dropped int
			since   time.Duration
		}
		var got []row
		for _, st := range told {
			got = append(got, row{st.State, st.Reason, st.Dropped, st.Since.Sub(start)})
		}
		back := 6*time.Second + 100*time.Millisecond
		want := []row{
			{devices.Ready, 0, 0, 0},
			{devices.Ready, 0, 1, 0},
			{devices.Faulty, devices.Stalled, 0, 6 * time.Second},
			{devices.Ready, 0, 0, back},
			{devices.Ready, 0, 2, back},
		}
		if !slices.Equal(got, want) {
			t.Errorf("told %v, want %v", got, want)
		}
	})
}

func TestNoPortConfigured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{}
		told := serve(t, s, "", time.Hour)
		if len(told) != 1 || told[0].State != devices.Missing || told[0].Reason != devices.Unconfigured || len(s.opened) != 0 {
			t.Errorf("told %v, opened %d times", told, len(s.opened))
		}
	})
}

func TestADriverThatEndsWithoutAReasonIsAFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{opens: []error{nil}, serve: func(context.Context, func(devices.Status)) error { return nil }}
		told := serve(t, s, t.TempDir(), time.Second)
		if len(told) != 1 || told[0].State != devices.Faulty || told[0].Reason != devices.Internal {
			t.Errorf("told %v", told)
		}
	})
}

// A panic goes on to whoever supervises the slot; the port doesn't stay locked behind it, nor is the device told as
// ready meanwhile.
func TestADriverThatPanicsLeavesThePortFree(t *testing.T) {
	tty, err := sim.OpenTTY(filepath.Join(t.TempDir(), "dev"), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tty.Close() }()
	cfg := port.Config{Path: tty.Path(), Baud: 9600, Device: "test"}
	var told []devices.Status
	s := &script{serve: func(_ context.Context, report func(devices.Status)) error {
		report(devices.Status{State: devices.Ready})
		panic("boom")
	}}
	sl := slot.New(slot.Options{
		Device: "test", Path: cfg.Path, Baud: cfg.Baud, Now: time.Now, Driver: s,
		Open:     func(ctx context.Context) (devices.Line, error) { return port.Open(ctx, cfg) },
		OnStatus: func(st devices.Status) { told = append(told, st) },
	})
	func() {
		defer func() {
			if r := recover(); r != "boom" {
				t.Errorf("recovered %v", r)
			}
		}()
		_ = sl.Serve(t.Context())
	}()
	if len(told) != 2 || told[1].State != devices.Faulty || told[1].Reason != devices.Internal {
		t.Errorf("told %v", told)
	}
	p, err := port.Open(t.Context(), cfg)
	if err != nil {
		t.Fatalf("the port is still held: %v", err)
	}
	_ = p.Close()
}

// TestUnplugAndReplug runs the whole of it: slot, driver, tarm/serial, pty.
func TestUnplugAndReplug(t *testing.T) {
	tty, err := sim.OpenTTY(filepath.Join(t.TempDir(), "scanner"), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tty.Close() }()
	scans, status := make(chan devices.Scan, 10), make(chan devices.Status, 10)
	cfg := port.Config{Path: tty.Path(), Baud: 9600, Device: "scanner"}
	sl := slot.New(slot.Options{
		Device: "scanner", Path: cfg.Path, Baud: cfg.Baud, Now: time.Now,
		Open:     func(ctx context.Context) (devices.Line, error) { return port.Open(ctx, cfg) },
		Driver:   scanner.New(scanner.Options{Now: time.Now, OnScan: func(s devices.Scan) { scans <- s }}),
		OnStatus: func(s devices.Status) { status <- s },
	})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- sl.Serve(ctx) }()
	until := func(state devices.State) {
		t.Helper()
		for deadline := time.After(10 * time.Second); ; {
			select {
			case s := <-status:
				if s.State == state {
					return
				}
			case <-deadline:
				t.Fatalf("never told state %d", state)
			}
		}
	}
	for i := range 3 {
		until(devices.Ready)
		want := string(rune('a' + i))
		if err := sim.NewScanner(tty).Scan(ctx, want); err != nil {
			t.Fatal(err)
		}
		if s := <-scans; s.Text != want {
			t.Errorf("scanned %q", s.Text)
		}
		if err := tty.HangUp(); err != nil {
			t.Fatal(err)
		}
		until(devices.Missing)
		if err := tty.Restore(); err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
}
