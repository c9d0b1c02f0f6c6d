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
	"zhizhu/devices/slot"
)

// gaps are the pauses between what was tried.
func gaps(tries []time.Time) []time.Duration {
	var out []time.Duration
	for i := range tries[1:] {
		out = append(out, tries[i+1].Sub(tries[i]))
	}
	return out
}

func TestADeviceWithoutALineIsSupervisedAlike(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tries []time.Time
		told := run(t, slot.Options{Path: "A4", Run: func(ctx context.Context, report func(devices.Status)) error {
			tries = append(tries, time.Now())
			switch len(tries) {
			case 1:
				return fail(devices.NoPort)
			case 2:
				report(devices.Status{State: devices.Ready, Port: "/dev/video0", Model: "m"})
				<-time.After(10 * time.Second)
				return fail(devices.HungUp)
			case 3:
				return nil
			}
			<-ctx.Done()
			return ctx.Err()
		}}, time.Minute)
		type row struct {
			state  devices.State
			reason devices.Kind
			port   string
		}
		var got []row
		for _, st := range told {
			got = append(got, row{st.State, st.Reason, st.Port})
		}
		want := []row{
			{devices.Missing, devices.NoPort, "A4"},
			{devices.Ready, devices.OK, "/dev/video0"},
			{devices.Missing, devices.HungUp, "/dev/video0"},
			{devices.Faulty, devices.Internal, "A4"},
		}
		if !slices.Equal(got, want) {
			t.Errorf("told %v, want %v", got, want)
		}
	})
}

func TestADeviceWithoutALineThatPanicsIsToldAsFaulty(t *testing.T) {
	var told []devices.Status
	sl := slot.New(slot.Options{
		Device: "camera", Path: "x", Now: time.Now, OnStatus: func(st devices.Status) { told = append(told, st) },
		Run: func(context.Context, func(devices.Status)) error { panic("boom") },
	})
	func() {
		defer func() {
			if r := recover(); r != "boom" {
				t.Errorf("recovered %v", r)
			}
		}()
		_ = sl.Serve(t.Context())
	}()
	if len(told) != 1 || told[0].State != devices.Faulty || told[0].Reason != devices.Internal {
		t.Errorf("told %v", told)
	}
}

func TestTheStatusTellsTheLinesOwnPathAndSpeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{path: "/dev/ttyUSB7", opens: []error{nil, fail(devices.NotFound)}, serve: func(_ context.Context, report func(devices.Status)) error {
			report(devices.Status{State: devices.Ready})
			return fail(devices.HungUp)
		}}
		told := run(t, slot.Options{Path: "auto", Open: s.Open, Driver: s}, time.Second)
		type row struct {
			reason devices.Kind
			port   string
			baud   int
		}
		var got []row
		for _, st := range told {
			got = append(got, row{st.Reason, st.Port, st.Baud})
		}
		want := []row{{devices.OK, "/dev/ttyUSB7", 9600}, {devices.HungUp, "/dev/ttyUSB7", 9600}, {devices.NotFound, "auto", 0}}
		if !slices.Equal(got, want) {
			t.Errorf("told %v, want %v", got, want)
		}
	})
}

func TestAPortThatIsThereUnderAnotherNameEndsThePause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		const changes = 20*time.Second + 30*time.Millisecond
		s := &script{opens: []error{fail(devices.NotFound)}}
		run(t, slot.Options{Path: "auto", Open: s.Open, Driver: s, There: func() bool {
			return time.Since(start) > changes
		}}, 21*time.Second)
		after := slices.IndexFunc(s.opened, func(at time.Time) bool { return at.Sub(start) > changes })
		if after < 0 || s.opened[after].Sub(start) > changes+150*time.Millisecond {
			t.Errorf("tried at %v, the ports changed at %v", s.opened, start.Add(changes))
		}
	})
}

// Who let go of a port, or was given leave to open one, is served within a second.
func TestATakenPortIsTriedEverySecond(t *testing.T) {
	for _, kind := range []devices.Kind{devices.InUse, devices.NoPermission} {
		synctest.Test(t, func(t *testing.T) {
			err := &devices.Error{Device: "test", Kind: kind, Op: "open port", Holder: "minicom, pid 812"}
			s := &script{opens: []error{err}}
			told := serve(t, s, t.TempDir(), 10*time.Second)
			if longest := slices.Max(gaps(s.opened)); longest != time.Second {
				t.Errorf("%v: pauses %v", kind, gaps(s.opened))
			}
			if len(told) != 1 || told[0].State != devices.Missing || told[0].Holder != "minicom, pid 812" {
				t.Errorf("told %v", told)
			}
		})
	}
}

func TestAWrongDeviceIsAskedSlowlyUntilThePortChanges(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ttyUSB0")
	create := func() {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Error(err)
		}
	}
	create()
	synctest.Test(t, func(t *testing.T) {
		s := &script{opens: []error{nil}, serve: func(context.Context, func(devices.Status)) error {
			return fail(devices.WrongDevice)
		}}
		start := time.Now()
		time.AfterFunc(12*time.Second+10*time.Millisecond, func() { _ = os.Remove(path) })
		time.AfterFunc(13*time.Second+10*time.Millisecond, create)
		told := serve(t, s, path, 14*time.Second)
		var at []time.Duration
		for _, o := range s.opened {
			at = append(at, o.Sub(start))
		}
		if len(at) != 4 || at[1] != 5*time.Second || at[2] != 10*time.Second || at[3] > 13200*time.Millisecond {
			t.Errorf("tried at %v", at)
		}
		var got []devices.Kind
		for _, st := range told {
			got = append(got, st.Reason)
		}
		if want := []devices.Kind{devices.WrongDevice, devices.NoPort, devices.WrongDevice}; !slices.Equal(got, want) {
			t.Errorf("told %v, want %v", got, want)
		}
	})
}

// Two slots share nothing: one that hangs in its driver doesn't hold up another.
func TestABrokenDeviceDelaysNoOther(t *testing.T) {
	hung := &script{opens: []error{nil}, serve: func(ctx context.Context, _ func(devices.Status)) error {
		<-ctx.Done()
		return ctx.Err()
	}}
	ready := make(chan devices.Status, 1)
	sound := &script{opens: []error{nil}, serve: func(ctx context.Context, report func(devices.Status)) error {
		report(devices.Status{State: devices.Ready})
		<-ctx.Done()
		return ctx.Err()
	}}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 2)
	for _, s := range []*script{hung, sound} {
		sl := slot.New(slot.Options{
			Device: "test", Path: t.TempDir(), Open: s.Open, Driver: s, Now: time.Now,
			OnStatus: func(st devices.Status) { ready <- st },
		})
		go func() { ended <- sl.Serve(ctx) }()
	}
	if st := <-ready; st.State != devices.Ready {
		t.Errorf("told %v", st)
	}
	cancel()
	for range 2 {
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("ended with %v", err)
		}
	}
}
