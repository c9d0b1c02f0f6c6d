package port_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/port"
	"zhizhu/devices/sim"
)

func tty(t *testing.T, baud int) *sim.TTY {
	t.Helper()
	s, err := sim.OpenTTY(filepath.Join(t.TempDir(), "dev"), baud)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func open(t *testing.T, s *sim.TTY, baud int, stall time.Duration) *port.Port {
	t.Helper()
	p, err := port.Open(t.Context(), port.Config{Path: s.Path(), Baud: baud, Device: "test", StallAfter: stall})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p
}

func all(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i)
	}
	return b
}

func TestPortCarriesEveryByteBothWays(t *testing.T) {
	s := tty(t, 115200)
	p := open(t, s, 115200, 0)
	want := all(1295)
	sent := make(chan error, 2)
	go func() { sent <- s.Send(t.Context(), want) }()
	if got := collect(t, len(want), p.Read); !bytes.Equal(got, want) {
		t.Error("bytes changed towards the host")
	}
	go func() { sent <- p.Write(t.Context(), want) }()
	if got := collect(t, len(want), s.Recv); !bytes.Equal(got, want) {
		t.Error("bytes changed towards the device")
	}
	for range 2 {
		if err := <-sent; err != nil {
			t.Error(err)
		}
	}
}

func collect(t *testing.T, n int, read func(context.Context, []byte) (int, error)) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	var out []byte
	buf := make([]byte, 256)
	for len(out) < n {
		k, err := read(ctx, buf)
		if err != nil {
			t.Fatalf("after %d of %d bytes: %v", len(out), n, err)
		}
		out = append(out, buf[:k]...)
	}
	return out
}

func TestWriteKeepsToTheSpeedOfTheLine(t *testing.T) {
	s := tty(t, 0)
	p := open(t, s, 38400, 0)
	const n = 1500
	wire := time.Duration(n) * 10 * time.Second / 38400
	start := time.Now()
	done := make(chan error, 1)
	go func() { done <- p.Write(t.Context(), all(n)) }()
	collect(t, n, s.Recv)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took < wire-60*time.Millisecond {
		t.Errorf("%d bytes were given in %v, the wire carries them in %v", n, took, wire)
	}
}

func TestReadEndsWithItsContext(t *testing.T) {
	p := open(t, tty(t, 0), 9600, 0)
	for range 50 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		if _, err := p.Read(ctx, make([]byte, 1)); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("got %v", err)
		}
		cancel()
	}
}

func TestReadAfterAnEndedContextStillReads(t *testing.T) {
	s := tty(t, 0)
	p := open(t, s, 9600, 0)
	for i := range 50 {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := p.Read(ctx, make([]byte, 1)); !errors.Is(err, context.Canceled) {
			t.Fatalf("got %v", err)
		}
		if err := s.Send(t.Context(), []byte{byte(i)}); err != nil {
			t.Fatal(err)
		}
		if got := collect(t, 1, p.Read); got[0] != byte(i) {
			t.Fatalf("read %v, want %d", got, i)
		}
	}
}

// A machine that is too busy to read in time must not take a device for silent.
func TestBytesThatAreThereAreReadByALateReader(t *testing.T) {
	s := tty(t, 0)
	p := open(t, s, 9600, 0)
	for range 50 {
		if err := s.Send(t.Context(), []byte{1}); err != nil {
			t.Fatal(err)
		}
		collect(t, 1, func(ctx context.Context, b []byte) (int, error) {
			for {
				n, err := p.Read(canceled(t), b)
				if n > 0 || ctx.Err() != nil { // the kernel may take a moment to carry the byte over
					return n, err
				}
			}
		})
	}
}

func TestCloseEndsARunningRead(t *testing.T) {
	p := open(t, tty(t, 0), 9600, 0)
	done := make(chan error, 1)
	go func() { _, err := p.Read(t.Context(), make([]byte, 1)); done <- err }()
	start := time.Now()
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err == nil {
		t.Error("read of a closed port gave no error")
	}
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("close took %v", took)
	}
	if _, err := p.Read(t.Context(), make([]byte, 1)); devices.KindOf(err) != devices.HungUp {
		t.Errorf("read after close: %v", err)
	}
	if err := p.Write(t.Context(), []byte("x")); devices.KindOf(err) != devices.HungUp {
		t.Errorf("write after close: %v", err)
	}
}

func TestHangUpIsToldFromSilence(t *testing.T) {
	for _, when := range []string{"during a read", "between reads"} {
		t.Run(when, func(t *testing.T) {
			s := tty(t, 0)
			p := open(t, s, 9600, 0)
			done := make(chan error, 1)
			read := func() { _, err := p.Read(t.Context(), make([]byte, 1)); done <- err }
			if when == "during a read" {
				go read()
			}
			if err := s.HangUp(); err != nil {
				t.Fatal(err)
			}
			if when == "between reads" {
				go read()
			}
			if err := <-done; devices.KindOf(err) != devices.HungUp {
				t.Errorf("read: %v", err)
			}
			if err := p.Write(t.Context(), []byte("x")); devices.KindOf(err) != devices.HungUp {
				t.Errorf("write: %v", err)
			}
		})
	}
}

func TestSecondOpenerIsToldThatThePortIsInUse(t *testing.T) {
	s := tty(t, 0)
	p := open(t, s, 9600, 0)
	real, err := filepath.EvalSymlinks(s.Path())
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{s.Path(), real} {
		_, err := port.Open(t.Context(), port.Config{Path: path, Baud: 9600, Device: "test"})
		if devices.KindOf(err) != devices.InUse {
			t.Errorf("second open: %v", err)
		}
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, s, 9600, 0)
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s := tty(t, 0)
	for _, tc := range []struct {
		name string
		cfg  port.Config
		kind devices.Kind
		text string
	}{
		{"no path", port.Config{Baud: 9600}, devices.Unconfigured, "no port is named"},
		{"not there", port.Config{Path: filepath.Join(dir, "ttyUSB7"), Baud: 9600}, devices.NoPort, "ttyUSB7"},
		{"a file", port.Config{Path: file, Baud: 9600}, devices.NoPort, "no serial port"},
		{"a directory", port.Config{Path: dir, Baud: 9600}, devices.NoPort, dir},
		{"odd speed", port.Config{Path: s.Path(), Baud: 12345}, devices.Internal, "12345"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := port.Open(t.Context(), tc.cfg)
			if k := devices.KindOf(err); k != tc.kind {
				t.Errorf("kind %v, want %v", k, tc.kind)
			}
			if err == nil || !strings.Contains(err.Error(), tc.text) {
				t.Errorf("%v doesn't say %q", err, tc.text)
			}
		})
	}
}

func TestAFarEndThatTakesNothingStallsTheWriteOnly(t *testing.T) {
	s := tty(t, 0) // nobody receives
	p := open(t, s, 4000000, 200*time.Millisecond)
	start := time.Now()
	if err := p.Write(t.Context(), make([]byte, 256<<10)); devices.KindOf(err) != devices.Stalled {
		t.Fatalf("got %v", err)
	}
	t.Logf("stalled after %v", time.Since(start))
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
}

func TestAStalledWriteEndsWithItsContextAndWithClose(t *testing.T) {
	s := tty(t, 0)
	p := open(t, s, 4000000, time.Minute)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := p.Write(ctx, make([]byte, 256<<10)); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %v", err)
	}
	done := make(chan error, 1)
	go func() { done <- p.Write(t.Context(), make([]byte, 256<<10)) }()
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err == nil {
		t.Error("write on a closed port gave no error")
	}
}

func TestNoGoroutineIsLeft(t *testing.T) {
	settle := func(limit int) int {
		n := runtime.NumGoroutine()
		for deadline := time.Now().Add(5 * time.Second); n > limit && time.Now().Before(deadline); n = runtime.NumGoroutine() {
			runtime.Gosched()
		}
		return n
	}
	before := runtime.NumGoroutine()
	for i := range 20 {
		s, err := sim.OpenTTY("", 0)
		if err != nil {
			t.Fatal(err)
		}
		p, err := port.Open(t.Context(), port.Config{Path: s.Path(), Baud: 4000000, Device: "test", StallAfter: 20 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		if i%4 == 0 {
			if err := p.Write(t.Context(), make([]byte, 128<<10)); devices.KindOf(err) != devices.Stalled {
				t.Fatal(err)
			}
		}
		if i%2 == 0 {
			if err := s.HangUp(); err != nil {
				t.Fatal(err)
			}
		}
		_, _ = p.Read(canceled(t), make([]byte, 1))
		if err := errors.Join(p.Close(), s.Close()); err != nil {
			t.Fatal(err)
		}
	}
	if after := settle(before); after > before {
		buf := make([]byte, 1<<16)
		t.Errorf("%d goroutines before, %d after\n%s", before, after, buf[:runtime.Stack(buf, true)])
	}
}

func canceled(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}
