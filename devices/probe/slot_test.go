package probe_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"zhizhu/devices"
	"zhizhu/devices/idcard"
	"zhizhu/devices/probe"
	"zhizhu/devices/sim"
	"zhizhu/devices/slot"
)

// TestMain lets the test binary play another program that has a port open.
func TestMain(m *testing.M) {
	if path := os.Getenv("ZHIZHU_TEST_HOLD"); path != "" {
		f, err := os.OpenFile(path, os.O_RDWR|unix.O_NOCTTY, 0)
		fmt.Println("open", err)
		_, _ = os.Stdin.Read(make([]byte, 1)) // until the test closes it
		_ = f.Close()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// service is a slot in service, as app/system builds it.
type service struct {
	t      *testing.T
	status chan devices.Status
	stop   context.CancelFunc
	ended  chan error
}

func serve(t *testing.T, path string, open func(context.Context) (devices.Line, error), there func() bool) *service {
	t.Helper()
	s := &service{t: t, status: make(chan devices.Status, 1000), ended: make(chan error, 1)}
	sl := slot.New(slot.Options{
		Device: probe.IDCard, Path: path, Open: open, There: there, Now: time.Now,
		Backoff:  slot.Backoff{Min: 10 * time.Millisecond, Max: time.Second},
		Driver:   idcard.New(idcard.Options{Now: time.Now}),
		OnStatus: func(st devices.Status) { s.status <- st },
	})
	ctx, stop := context.WithCancel(t.Context())
	s.stop = stop
	go func() { s.ended <- sl.Serve(ctx) }()
	return s
}

func (s *service) until(what string, is func(devices.Status) bool) devices.Status {
	s.t.Helper()
	for late := time.After(time.Minute); ; {
		select {
		case st := <-s.status:
			if is(st) {
				return st
			}
		case <-late:
			s.t.Fatalf("never told: %s", what)
		}
	}
}

func (s *service) end() {
	s.t.Helper()
	s.stop()
	if err := <-s.ended; !errors.Is(err, context.Canceled) {
		s.t.Errorf("ended with %v", err)
	}
}

func ready(path string, baud int) func(devices.Status) bool {
	return func(st devices.Status) bool { return st.State == devices.Ready && st.Port == path && st.Baud == baud }
}

func because(k devices.Kind) func(devices.Status) bool {
	return func(st devices.Status) bool { return st.Reason == k }
}

// realFinder has a clock of its own that runs.
func (r *rig) realFinder() *probe.Finder {
	return probe.NewFinder(probe.FinderOptions{Ports: r.ports, Now: time.Now, Min: 100 * time.Millisecond, Max: time.Second})
}

func checkASlotFollowsItsDevice(t *testing.T) {
	r := newRig(t)
	f := r.realFinder()
	first := r.tty("ttyUSB0", 19200, reader)
	s := serve(t, "auto", func(ctx context.Context) (devices.Line, error) { return f.Open(ctx, probe.IDCard, 0) }, f.There(probe.IDCard))
	s.until("found", ready(first.Path(), 19200))
	if err := first.HangUp(); err != nil {
		t.Fatal(err)
	}
	s.until("missing", func(st devices.Status) bool { return st.State == devices.Missing })
	second := r.tty("ttyUSB1", 57600, reader) // under another name, at another speed
	s.until("found again", ready(second.Path(), 57600))
	if err := errors.Join(second.HangUp(), second.Restore()); err != nil {
		t.Fatal(err)
	}
	s.until("missing", func(st devices.Status) bool { return st.State == devices.Missing })
	s.until("back", ready(second.Path(), 57600))
	s.end()
}

func checkAWrongDeviceInTheSlotIsTold(t *testing.T) {
	r := newRig(t)
	f := r.realFinder()
	tty := r.tty("ttyUSB0", 115200, aPrinter)
	s := serve(t, tty.Path(), func(ctx context.Context) (devices.Line, error) { return f.OpenAt(ctx, probe.IDCard, tty.Path(), 0) }, nil)
	if st := s.until("wrong device", because(devices.WrongDevice)); st.State != devices.Faulty {
		t.Errorf("told %+v", st)
	}
	if err := tty.HangUp(); err != nil {
		t.Fatal(err)
	}
	s.until("no port", because(devices.NoPort))
	s.end()
}

func checkWhoTookThePortIsTold(t *testing.T) {
	r := newRig(t)
	f := r.realFinder()
	tty := r.tty("ttyUSB0", 115200, reader)
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "ZHIZHU_TEST_HOLD="+tty.Path())
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); !strings.Contains(line, "<nil>") {
		t.Fatalf("the other program says %q (%v)", line, err)
	}
	s := serve(t, "auto", func(ctx context.Context) (devices.Line, error) { return f.Open(ctx, probe.IDCard, 0) }, f.There(probe.IDCard))
	st := s.until("in use", because(devices.InUse))
	if want := fmt.Sprintf("probe.test, pid %d", cmd.Process.Pid); st.State != devices.Missing || st.Holder != want {
		t.Errorf("told %+v, want holder %q", st, want)
	}
	_ = in.Close()
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	s.until("found", ready(tty.Path(), 115200))
	s.end()
}

// TestAHundredPlugsOfASlot plugs the whole of it: slot, search, driver, tarm/serial, pty.
func TestAHundredPlugsOfASlot(t *testing.T) {
	goroutines, files := runtime.NumGoroutine(), descriptors(t)
	tty, err := sim.OpenTTY(t.TempDir()+"/ttyUSB0", 115200)
	if err != nil {
		t.Fatal(err)
	}
	card, ctx := make(chan error, 1), t.Context()
	playing, stop := context.WithCancel(ctx)
	go func() { card <- sim.NewCardReader(tty).Serve(playing) }()
	r := newRig(t)
	r.list = []probe.Port{{Path: tty.Path(), TTY: "ttyUSB0"}}
	f := r.realFinder()
	s := serve(t, "auto", func(ctx context.Context) (devices.Line, error) { return f.Open(ctx, probe.IDCard, 0) }, f.There(probe.IDCard))
	for range 100 {
		s.until("ready", ready(tty.Path(), 115200))
		if err := tty.HangUp(); err != nil {
			t.Fatal(err)
		}
		s.until("missing", func(st devices.Status) bool { return st.State == devices.Missing })
		if err := tty.Restore(); err != nil {
			t.Fatal(err)
		}
	}
	s.end()
	stop()
	<-card
	if err := tty.Close(); err != nil {
		t.Fatal(err)
	}
	settled(t, goroutines, files)
}
