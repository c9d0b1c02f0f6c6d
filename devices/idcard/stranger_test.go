package idcard_test

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/idcard"
	"zhizhu/devices/idcard/sam"
	"zhizhu/devices/port"
	"zhizhu/devices/sim"
	"zhizhu/devices/sim/paper"
)

// TestAPrinterInTheReadersPlaceIsToldAndPrintsNothing: the printer of which a strip is cut off at last has taken
// everything that a reader is asked.
func TestAPrinterInTheReadersPlaceIsToldAndPrintsNothing(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		options sim.PrinterOptions
		upset   func(*sim.Printer)
		silent  bool
	}{
		"answers all":            {},
		"answers only for paper": {options: sim.PrinterOptions{Mute: []int{1, 2, 3}}},
		"says XON and XOFF":      {options: sim.PrinterOptions{FlowControl: true, DrawerHigh: true}},
		"answers nothing":        {upset: func(p *sim.Printer) { p.SetSilent(true) }, silent: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			tty, err := sim.OpenTTY(filepath.Join(t.TempDir(), "printer"), 115200)
			if err != nil {
				t.Fatal(err)
			}
			strip := make(chan []byte, 1)
			tc.options.TTY, tc.options.OnReceipt = tty, func(b []byte) { strip <- b }
			printer := sim.NewPrinter(tc.options)
			if tc.upset != nil {
				tc.upset(printer)
			}
			var played sync.WaitGroup
			played.Go(func() { _ = printer.Serve(ctx) })
			defer played.Wait()
			defer func() { _ = tty.Close() }()
			defer cancel()
			line, err := port.Open(ctx, port.Config{Path: tty.Path(), Baud: 115200, Device: "idcard"})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = line.Close() }()
			o := idcard.Options{Now: time.Now}
			want := devices.WrongDevice
			if tc.silent {
				o.GiveUp, want = 4*time.Second, devices.Silent
			}
			if err := idcard.New(o).Serve(ctx, line, func(devices.Status) {}); devices.KindOf(err) != want {
				t.Fatal(err)
			}
			if err := line.Write(ctx, []byte{0x1d, 'V', 0}); err != nil {
				t.Fatal(err)
			}
			select {
			case b := <-strip:
				printsNothing(t, b)
			case <-time.After(patience):
				t.Fatal("no strip was cut")
			}
		})
	}
}

// printsNothing follows a printer's line buffer: it holds less than a line of 58 mm, and is empty at the cut.
func printsNothing(t *testing.T, strip []byte) {
	t.Helper()
	columns, inits := 0, 0
	for at := 0; at < len(strip); {
		c, n, err := paper.Next(strip[at:])
		if err != nil {
			t.Fatal(err)
		}
		switch c.Op {
		case paper.OpText:
			columns += n
		case paper.OpInit:
			columns, inits = 0, inits+1
		case paper.OpCut:
			if columns > 0 {
				t.Errorf("%d columns before the cut", columns)
			}
		default:
			t.Errorf("command % x", strip[at:at+n])
		}
		if columns >= 32 {
			t.Fatal("a line is full, and printed")
		}
		at += n
	}
	if inits == 0 {
		t.Error("no initialisation came")
	}
}

// TestAPrinterIsToldSoon also where a reader was, until somebody exchanged the cables.
func TestAPrinterIsToldSoon(t *testing.T) {
	for name, heard := range map[string]bool{"from the start": false, "in a reader's place": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newModule()
				if !heard {
					m.rawInstead = func(sam.Request) []byte { return nil }
				}
				m.status = []byte{0x16}
				b := newBubble(t, m, idcard.Options{})
				if heard {
					<-time.After(10 * time.Second)
					if s := b.last(); s.State != devices.Ready {
						t.Fatalf("status %+v", s)
					}
					m.mu.Lock()
					m.rawInstead = func(sam.Request) []byte { return nil }
					m.mu.Unlock()
				}
				start := time.Now()
				err := <-b.ended
				if devices.KindOf(err) != devices.WrongDevice {
					t.Error(err)
				}
				if took := time.Since(start); took > 8*time.Second || !heard && took > 5*time.Second {
					t.Errorf("after %v", took)
				}
			})
		})
	}
}

// TestWhatNoPrinterSaysIsNone: a line that answers, but not as printers do.
func TestWhatNoPrinterSaysIsNone(t *testing.T) {
	for name, status := range map[string][]byte{
		"nothing": nil, "an echo": {0x10, 0x04, 0x01}, "another byte": {0xF0}, "two": {0x12, 0x12}, "only XON": {0x11},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newModule()
				m.rawInstead = func(sam.Request) []byte { return nil }
				m.status = status
				b := newBubble(t, m, idcard.Options{})
				<-time.After(5 * time.Second)
				if s := b.last(); s.State != devices.Faulty || s.Reason == devices.WrongDevice {
					t.Errorf("status %+v", s)
				}
				if name == "two" { // status bytes and nothing else, three and more: told by what came
					if err := <-b.ended; devices.KindOf(err) != devices.WrongDevice {
						t.Error(err)
					}
					return
				}
				<-time.After(time.Hour)
				b.end()
			})
		})
	}
}

// TestASilentLineIsAskedLessAndLess, and still answers to whoever arms the reader.
func TestASilentLineIsAskedLessAndLess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newModule()
		m.rawInstead = func(sam.Request) []byte { return nil }
		b := newBubble(t, m, idcard.Options{})
		<-time.After(10 * time.Minute)
		if n := m.commands(); n < 3*90 || n > 3*105 { // three a round, which takes 1.2 s and 5 s of pause
			t.Errorf("%d commands in 10 minutes", n)
		}
		m.mu.Lock()
		m.rawInstead = nil
		m.mu.Unlock()
		b.lay("chen-guilan")
		b.reader.Arm(true)
		b.want(5*time.Second, devices.CardFound, devices.CardRead)
		b.end()
	})
}

// TestAnArmedReaderLooksOftenOnlyWhileACardIsLikely: 200 ms apart else (protocols.md A4).
func TestAnArmedReaderLooksOftenOnlyWhileACardIsLikely(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newModule()
		b := newBubble(t, m, idcard.Options{})
		<-time.After(time.Second)
		rate := func() int { // looks in two seconds
			before := m.count(sam.Find)
			<-time.After(2 * time.Second)
			return m.count(sam.Find) - before
		}
		often := func(when string) {
			t.Helper()
			if n := rate(); n < 60 {
				t.Errorf("%s: %d looks in 2 s", when, n)
			}
		}
		seldom := func(when string) {
			t.Helper()
			if n := rate(); n < 7 || n > 10 {
				t.Errorf("%s: %d looks in 2 s", when, n)
			}
		}
		b.reader.Arm(true)
		often("just armed")
		<-time.After(7 * time.Second)
		seldom("armed for long")
		b.reader.Arm(true)
		often("armed anew")
		<-time.After(time.Minute)
		m.mu.Lock() // a reading that comes torn, of a card that is then taken away
		m.send = func(in chan<- []byte, frame []byte) {
			if len(frame) > 1000 {
				m.lift()
				frame = frame[:700]
			}
			in <- frame
		}
		m.mu.Unlock()
		b.lay("chen-guilan")
		b.want(10*time.Second, devices.CardFound, devices.CardGone)
		often("a card was seen")
		<-time.After(8 * time.Second)
		seldom("it was seen long ago")
		m.mu.Lock()
		m.send = nil
		m.mu.Unlock()
		want := b.lay("chen-guilan")
		same(t, b.want(time.Second, devices.CardFound, devices.CardRead).Card, want)
		b.end()
	})
}
