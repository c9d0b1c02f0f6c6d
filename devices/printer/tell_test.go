package printer_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/printer"
	"zhizhu/devices/sim"
)

// A printer that tells of itself what changes is heard at once, though it isn't asked for an hour.
func TestChangesAreTold(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{driver: printer.Options{Poll: time.Hour}})
	r.await("ready", ready)
	printed(t, r.print(receiptFor("吉", number))) // the questions of the beginning are over
	r.await("ready", ready)
	r.sim.SetCover(true)
	r.await("cover open", reason(devices.CoverOpen))
	r.sim.SetCover(false)
	r.await("ready", ready)
	r.sim.SetPaper(devices.PaperLow)
	r.await("paper low", func(s devices.Status) bool { return s.Paper == devices.PaperLow })
	r.sim.SetPaper(devices.PaperEnd)
	r.await("paper out", reason(devices.PaperOut))
	r.sound()
}

// Within a second, and none the worse where the printer can't.
func TestChangesAreToldInTime(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		make   string
		within time.Duration
	}{"tells": {"epson", time.Second}, "is asked": {"real time only", 4 * time.Second}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				m := newModel(makes[c.make])
				defer m.start(t)()
				_, status := serveOn(t, printer.Options{}, m)
				after(t, 10*time.Second)
				for range 5 {
					m.change(func(m *model) { m.cover = true })
					after(t, c.within)
					if s := status(); s.Reason != devices.CoverOpen {
						t.Errorf("got %+v", s)
					}
					m.change(func(m *model) { m.cover = false })
					after(t, c.within+100*time.Millisecond)
					if s := status(); s.State != devices.Ready {
						t.Errorf("got %+v", s)
					}
				}
			})
		})
	}
}

// At its edge the sensor sees the roll now and then: staff are told once, until it was well for a while or a new roll
// came.
func TestNearEndDoesNotFlap(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newModel(makes["epson"])
		defer m.start(t)()
		told := 0
		last := devices.PaperUnknown
		_, status := serveOn(t, printer.Options{OnStatus: func(s devices.Status) {
			if s.Paper != last {
				told, last = told+1, s.Paper
			}
		}}, m)
		after(t, 10*time.Second)
		for range 20 {
			m.change(func(m *model) { m.nearEnd = !m.nearEnd })
			after(t, 3*time.Second)
			if s := status(); s.Paper != devices.PaperLow {
				t.Fatalf("got %+v", s)
			}
		}
		after(t, 20*time.Second)
		if s := status(); s.Paper != devices.PaperOK || told != 3 {
			t.Errorf("got %+v, told %d times", s, told)
		}
		m.change(func(m *model) { m.nearEnd = true })
		after(t, 3*time.Second)
		m.change(func(m *model) { m.cover = true })
		after(t, 3*time.Second)
		m.change(func(m *model) { m.cover, m.nearEnd = false, false })
		after(t, 3*time.Second)
		if s := status(); s.Paper != devices.PaperOK {
			t.Errorf("a new roll: got %+v", s)
		}
	})
}

// What cannot be a printer is told apart, so that the search goes on.
func TestAnotherDevice(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		bytes string
		wrong bool
	}{
		"reader":        {"\xaa\xaa\xaa\x96\x69\x00\x04\x00\x00\x80\x84", true},
		"reader, extra": {"\x12\xaa\xaa\xaa\xaa\x96\x69\x00\x04\x00\x00\x80\x84", true},
		"scanner":       {"6901234567892\r\n", true},
		"long code":     {"https://example.com/s?t=0123456789\r", true},
		"automatic":     {"\x18\x00\x0f\x00", false},
		"model":         {"\x5fTM-T88\x00", false},
		"answers":       {"\x12\x12\x72\x32\x36\x3a\x3e\x52\x56\x76\x7e\x12", false},
		"short":         {"123\r", false},
		"noise":         {"\xff\xfe\x00\x80", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := newPrinter(t)
				l := memory(func(*memoryLine, []byte) {})
				ended := make(chan error, 1)
				go func() { ended <- p.Serve(t.Context(), l, func(devices.Status) {}) }()
				after(t, time.Second)
				for _, b := range []byte(c.bytes) { // a byte at a time
					l.replies <- []byte{b}
				}
				after(t, time.Second)
				select {
				case err := <-ended:
					if !c.wrong || devices.KindOf(err) != devices.WrongDevice {
						t.Errorf("ended with %v", err)
					}
					wantFailed(t, p.Print(t.Context(), receiptFor("吉", number)), devices.WrongDevice)
				default:
					if c.wrong {
						t.Error("was not noticed")
					}
				}
			})
		})
	}
}

func TestModelForStaff(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{sim: sim.PrinterOptions{Model: "TP-80"}})
	r.await("model", func(s devices.Status) bool { return s.Model != "" && s.State == devices.Ready })
	if err := errors.Join(r.sim.Unknown()...); err != nil {
		t.Error(err)
	}
	r.await("whole model", func(s devices.Status) bool { return s.Model == "TP-80" })
}

// A receipt that comes with the line waits until it is known whether the printer has a Chinese font.
func TestFirstReceiptIsDrawnWhereNeeded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newModel(makes["no font"])
		defer m.start(t)()
		p, _ := serveOn(t, printer.Options{Font: sampleFont(t)}, m)
		synctest.Wait()
		printed(t, p.Print(t.Context(), receiptFor("陈桂兰", number)))
		if out := m.out(); len(out) != 1 || holds(out, "便民服务站") || !m.whole(out[0], number) {
			t.Error("text was sent to a printer without a font")
		}
	})
}
