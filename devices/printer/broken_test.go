package printer_test

import (
	"bytes"
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/printer"
)

// trap is a memory line that keeps to its speed and is told of each write before it is carried.
type trap struct {
	*memoryLine
	before func(ctx context.Context, p []byte) error
}

func (l trap) Write(ctx context.Context, p []byte) error {
	if err := l.before(ctx, p); err != nil {
		return err
	}
	if err := l.memoryLine.Write(ctx, p); err != nil {
		return err
	}
	select {
	case <-time.After(time.Duration(len(p)) * 10 * time.Second / 9600):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// picture says that p begins one.
func picture(p []byte) bool { return bytes.HasPrefix(p, []byte("\x1dv0")) }

// runTrap serves p on l until the test ends or the driver does, and returns what told last and a channel that is
// closed at the end. A panic is taken, as the supervisor takes it.
func runTrap(t *testing.T, p *printer.Printer, l trap) (last func() devices.Status, end func(), ended chan struct{}) {
	t.Helper()
	told := make(chan devices.Status, 100)
	ctx, cancel := context.WithCancel(t.Context())
	ended = make(chan struct{})
	go func() {
		defer close(ended)
		defer func() { _ = recover() }()
		_ = p.Serve(ctx, l, func(s devices.Status) { told <- s })
	}()
	var st devices.Status
	last = func() devices.Status {
		synctest.Wait()
		for len(told) > 0 {
			st = <-told
		}
		return st
	}
	end = func() {
		cancel()
		<-ended
	}
	return last, end, ended
}

func newPrinter(t *testing.T) *printer.Printer {
	t.Helper()
	p, err := printer.New(printer.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func memory(hear func(*memoryLine, []byte)) *memoryLine {
	return &memoryLine{replies: make(chan []byte, 1000), hear: hear}
}

// A driver that panics in the middle of a job lets go of the job, and the next line finds a printer that works and
// cleans up after the broken one.
func TestPanicLetsGoOfTheJob(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPrinter(t)
		_, _, ended := runTrap(t, p, trap{memory(well), func(_ context.Context, b []byte) error {
			if picture(b) {
				panic("boom")
			}
			return nil
		}})
		after(t, time.Second)
		if got := p.Print(t.Context(), receiptFor("陈桂兰", number)); got.Outcome != devices.PrintUnknown {
			t.Errorf("got %+v, want unknown: a part of it came out", got)
		}
		<-ended
		wantFailed(t, p.Print(t.Context(), receiptFor("陈桂兰", number)), devices.Internal)

		good := trap{memory(well), func(context.Context, []byte) error { return nil }}
		last, end, _ := runTrap(t, p, good)
		defer end()
		after(t, 30*time.Second) // what the printer may still wait for is 18 KB
		if s := last(); s.State != devices.Ready {
			t.Errorf("got %+v", s)
		}
		if n := good.cuts(); n != 1 {
			t.Errorf("%d cuts, want the stub's", n)
		}
		printed(t, p.Print(t.Context(), receiptFor("吉", "2")))
		if n := good.cuts(); n != 2 {
			t.Errorf("%d cuts", n)
		}
	})
}

// A write that doesn't come back, whatever becomes of its context, doesn't keep the caller.
func TestPrintEndsThoughAWriteDoesNot(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, stuck := newPrinter(t), make(chan struct{})
		_, end, _ := runTrap(t, p, trap{memory(well), func(_ context.Context, b []byte) error {
			if picture(b) {
				<-stuck
			}
			return nil
		}})
		after(t, time.Second)
		for _, want := range []devices.PrintResult{
			{Outcome: devices.PrintUnknown}, {Outcome: devices.PrintFailed, Reason: devices.Cancelled}, // never begun
		} {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			start := time.Now()
			if got := p.Print(ctx, receiptFor("陈桂兰", number)); got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
			cancel()
			if took := time.Since(start); took > 63*time.Second {
				t.Errorf("took %v", took)
			}
		}
		close(stuck)
		after(t, time.Minute)
		printed(t, p.Print(t.Context(), receiptFor("吉", "2"))) // it has healed
		end()
	})
}

// A line that breaks in the first write of a job may have carried a part of it.
func TestLineThatBreaksAtTheFirstWrite(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPrinter(t)
		_, _, ended := runTrap(t, p, trap{memory(well), func(_ context.Context, b []byte) error {
			if len(b) > 3 {
				return &devices.Error{Device: "printer", Kind: devices.HungUp, Op: "write"}
			}
			return nil
		}})
		after(t, time.Second)
		wantFailed(t, p.Print(t.Context(), receiptFor("陈桂兰", number)), devices.HungUp)
		<-ended
		good := trap{memory(well), func(context.Context, []byte) error { return nil }}
		_, end, _ := runTrap(t, p, good)
		defer end()
		after(t, 30*time.Second)
		if n := good.cuts(); n != 1 {
			t.Errorf("%d cuts, want the stub's", n)
		}
	})
}

// A printer that stops taking bytes inside a picture is asked why once the job is lost. Most answer there too.
func TestCauseOfAStallInsideAPicture(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answers map[byte]byte // to questions while it is held, by their number
		auto    []byte        // said of itself, without being asked
		want    devices.Kind
		within  time.Duration
		asked   int64
	}{
		"paper out":           {map[byte]byte{4: 0x72, 2: 0x32, 3: 0x12}, nil, devices.PaperOut, 14 * time.Second, 3},
		"cover open":          {map[byte]byte{4: 0x12, 2: 0x16, 3: 0x12}, nil, devices.CoverOpen, 14 * time.Second, 3},
		"says it of itself":   {nil, []byte{0x18, 0x00, 0x0f, 0x00}, devices.PaperOut, 4 * time.Second, 0},
		"takes it as picture": {nil, nil, devices.Stalled, 14 * time.Second, 1},
		"well":                {map[byte]byte{4: 0x12, 2: 0x12, 3: 0x12}, nil, devices.Stalled, 14 * time.Second, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var held atomic.Bool
				var asked atomic.Int64
				l := trap{memoryLine: memory(nil)}
				l.hear = func(m *memoryLine, b []byte) {
					if !held.Load() {
						well(m, b)
					}
				}
				l.before = func(_ context.Context, b []byte) error {
					switch {
					case picture(b) && !held.Load():
						held.Store(true)
						l.replies <- append([]byte{0x13}, c.auto...)
					case held.Load() && bytes.HasPrefix(b, []byte{0x10, 0x04}):
						asked.Add(1)
						if a, ok := c.answers[b[2]]; ok {
							l.replies <- []byte{a}
						}
					}
					return nil
				}
				p := newPrinter(t)
				last, end, _ := runTrap(t, p, l)
				defer end()
				after(t, time.Second)
				start := time.Now()
				wantFailed(t, p.Print(t.Context(), receiptFor("陈桂兰", number)), c.want)
				if took := time.Since(start); took > c.within {
					t.Errorf("took %v", took)
				}
				if s := last(); s.State != devices.Faulty || s.Reason != c.want {
					t.Errorf("got %+v", s)
				}
				if n := asked.Load(); n != c.asked {
					t.Errorf("asked %d times, want %d", n, c.asked)
				}
				wantFailed(t, p.Print(t.Context(), receiptFor("陈桂兰", number)), c.want)
			})
		})
	}
}
