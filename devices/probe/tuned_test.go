package probe_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/probe"
	driver "zhizhu/devices/scanner"
	"zhizhu/devices/sim"
	"zhizhu/devices/slot"
)

// A scanner whose speed nobody has set is understood after some codes, on a port that is named and on one that was
// found; and at once after its plug was pulled.
func checkAScannersSpeedIsFoundByTrial(t *testing.T) {
	for _, tc := range []struct {
		baud int
		auto bool
	}{{9600, false}, {115200, false}, {19200, false}, {57600, false}, {115200, true}, {38400, true}} {
		r := newRig(t)
		tty := r.tty(fmt.Sprint("ttyUSB", tc.baud), tc.baud, nil)
		f, path := r.realFinder(), tty.Path()
		open, there := func(ctx context.Context) (devices.Line, error) { return f.OpenAt(ctx, probe.Scanner, tty.Path(), 0) }, (func() bool)(nil)
		if tc.auto {
			path, there = "auto", f.There(probe.Scanner)
			open = func(ctx context.Context) (devices.Line, error) { return f.Open(ctx, probe.Scanner, 0) }
		}
		scans, opened := make(chan devices.Scan, 100), make(chan int, 100)
		drv := driver.New(driver.Options{Now: time.Now, GiveUp: 2, OnScan: func(s devices.Scan) { scans <- s }})
		sl := slot.New(slot.Options{
			Device: probe.Scanner, Path: path, There: there, Now: time.Now, Driver: f.Tuned(probe.Scanner, drv),
			Backoff: slot.Backoff{Min: 10 * time.Millisecond, Max: 20 * time.Millisecond},
			Open: func(ctx context.Context) (devices.Line, error) {
				line, err := open(ctx)
				if err == nil {
					opened <- line.Baud()
				}
				return line, err
			},
		})
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- sl.Serve(ctx) }()
		tries := until(t, sim.NewScanner(tty), scans)
		t.Logf("%+v: read at code %d", tc, tries)
		for len(opened) > 0 {
			<-opened
		}
		if err := errors.Join(tty.HangUp(), tty.Restore()); err != nil {
			t.Fatal(err)
		}
		if baud := <-opened; baud != tc.baud {
			t.Errorf("%+v: opened at %d baud after a plug", tc, baud)
		}
		until(t, sim.NewScanner(tty), scans)
		stop()
		<-ended
	}
}

// until shows codes until one is read, and says how many it took.
func until(t *testing.T, gun *sim.Scanner, scans <-chan devices.Scan) int {
	t.Helper()
	for n, late := 1, time.Now().Add(time.Minute); time.Now().Before(late); n++ {
		text := fmt.Sprintf("https://example.invalid/code/%04d", n)
		if err := gun.Scan(t.Context(), text); err != nil {
			t.Fatal(err)
		}
		for over := time.After(200 * time.Millisecond); over != nil; {
			select {
			case s := <-scans:
				if s.Text == text {
					return n
				}
			case <-over:
				over = nil
			}
		}
	}
	t.Fatal("no code was ever read")
	return 0
}
