package printer_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/printer"
)

// makes are printers as they are sold.
var makes = map[string]traits{
	"epson":               {dots: 2000},
	"drawer high":         {dots: 2000, drawer: true},
	"no marks":            {dots: 1200, noMarks: true},
	"real time only":      {dots: 1200, noMarks: true, noAuto: true, noRoll: true},
	"no flow control":     {dots: 2000, noFlow: true},
	"mute offline":        {dots: 2000, muteOffline: true},
	"mute, no marks":      {dots: 1200, muteOffline: true, noMarks: true, noAuto: true},
	"only paper":          {dots: 1200, onlyPaper: true, noMarks: true, noAuto: true, noRoll: true},
	"only automatic":      {dots: 1200, noRealTime: true, noMarks: true, noRoll: true},
	"only the roll":       {dots: 1200, noRealTime: true, noMarks: true, noAuto: true},
	"silent":              {dots: 1200, noRealTime: true, noMarks: true, noAuto: true, noRoll: true, noFlow: true},
	"small and slow":      {baud: 9600, dots: 600, buffer: 512},
	"no font":             {dots: 2000, noFont: true},
	"without recovery":    {dots: 2000, noRecover: true},
	"silent when offline": {dots: 1200, muteOffline: true, noMarks: true, noAuto: true, noFlow: true},
	"late answers":        {dots: 1200, late: 350 * time.Millisecond, noMarks: true, noAuto: true},
}

func confirms(name string) bool {
	return !slices.Contains([]string{"only paper", "only the roll", "silent", "late answers"}, name)
}

// unknowable is what a printer can't tell anybody: that the receipt was not cut off.
func unknowable(make_, what string) bool {
	switch make_ {
	case "silent", "only paper", "only the roll":
		return what == "cutter jams" || what[:3] == "off"
	}
	return false
}

// happenings befall a printer in the middle of a receipt. After a minute all is well again.
var happenings = map[string]func(*model){
	"nothing":          func(*model) {},
	"XOFF for 5 s":     spell(5*time.Second, func(m *model, on bool) { m.held = on }),
	"XOFF for 12 s":    spell(12*time.Second, func(m *model, on bool) { m.held = on }),
	"XOFF for 40 s":    spell(40*time.Second, func(m *model, on bool) { m.held = on }),
	"cover for 3 s":    spell(3*time.Second, func(m *model, on bool) { m.cover = on }),
	"cover for 30 s":   spell(30*time.Second, func(m *model, on bool) { m.cover = on }),
	"new roll in 20 s": spell(20*time.Second, func(m *model, on bool) { m.paperOut = on }),
	"hot for 8 s":      spell(8*time.Second, func(m *model, on bool) { m.hot = on }),
	"hot for 25 s":     spell(25*time.Second, func(m *model, on bool) { m.hot = on }),
	"cutter jams": func(m *model) {
		m.jamNext = true
		time.AfterFunc(40*time.Second, func() { m.change(func(m *model) { m.jam = false }) })
	},
	"falls silent":       spell(30*time.Second, func(m *model, on bool) { m.silent = on }),
	"off and on":         func(m *model) { m.powerCycle(2 * time.Second) },
	"off for a moment":   func(m *model) { m.powerCycle(1500 * time.Millisecond) },
	"off for 20 s":       func(m *model) { m.powerCycle(20 * time.Second) },
	"near end":           spell(30*time.Second, func(m *model, on bool) { m.nearEnd = on }),
	"cover shortly":      spell(200*time.Millisecond, func(m *model, on bool) { m.cover = on }),
	"paper end, no roll": spell(58*time.Second, func(m *model, on bool) { m.paperOut = on }),
}

// Whatever befalls a printer in the middle of a receipt: the call ends, it says printed only of a receipt that came out
// whole, nothing of a receipt that failed comes out with the next one, and the printer is well again in the end.
func TestWhateverBefallsAPrinter(t *testing.T) {
	t.Parallel()
	for make_, tr := range makes {
		for what, befall := range happenings {
			for _, at := range []int{60, 900, 2000} {
				t.Run(fmt.Sprintf("%s/%s at %d", make_, what, at), func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) { befalls(t, make_, tr, what, befall, at) })
				})
			}
		}
	}
}

func befalls(t *testing.T, make_ string, tr traits, what string, befall func(*model), at int) {
	m := newModel(tr)
	stop := m.start(t)
	defer stop()
	p, status := serveOn(t, printer.Options{Font: sampleFont(t)}, m)
	after(t, 10*time.Second)
	want := devices.Ready
	if make_ == "silent" {
		want = devices.Unknown
	}
	if s := status(); s.State != want && make_ != "late answers" {
		t.Fatalf("got %+v", s)
	}

	m.at(at, befall)
	start := time.Now()
	got := p.Print(t.Context(), receiptFor("陈㐂", number))
	if took := time.Since(start); took > 2*time.Minute {
		t.Errorf("took %v", took)
	}
	out := m.out()
	whole := len(out) == 1 && m.whole(out[0], number)
	t.Logf("%v %v after %v, %d slips, whole %v", got.Outcome, got.Reason, time.Since(start).Round(time.Second/10), len(out), whole)
	switch {
	case got.Outcome == devices.Printed && !whole:
		t.Errorf("printed is told of what did not come out: %d slips", len(out))
	case what == "nothing" && confirms(make_) && got.Outcome != devices.Printed:
		t.Errorf("got %v %v of a printer that is well", got.Outcome, got.Reason)
	case got.Outcome == devices.PrintFailed && got.Reason == devices.OK:
		t.Error("failed without a reason")
	}

	after(t, 100*time.Second)
	if s := status(); s.State != want && make_ != "late answers" {
		t.Errorf("got %+v long after", s)
	}
	before := len(m.out())
	second := p.Print(t.Context(), receiptFor("吉", "778899"))
	if second.Outcome == devices.PrintFailed || confirms(make_) && second.Outcome != devices.Printed {
		t.Errorf("second: %v %v", second.Outcome, second.Reason)
	}
	after(t, 30*time.Second)
	after2 := m.out()[min(before, len(m.out())):]
	if unknowable(make_, what) {
		return
	}
	if len(after2) != 1 || !m.whole(after2[0], "778899") || holds(after2, number) {
		t.Errorf("%d slips for the second receipt", len(after2))
	}
	if m.lost > 0 && !tr.noFlow {
		t.Errorf("%d bytes found the buffer full", m.lost)
	}
	if err := errors.Join(m.unknown...); err != nil && !tr.noRecover && what[:3] != "off" {
		t.Errorf("unknown commands: %v", err)
	}
}

// whole says that a slip has a receipt from its title to its end.
func (m *model) whole(slip []byte, code string) bool {
	if m.noFont {
		return len(slip) > 6000
	}
	s := [][]byte{slip}
	return holds(s, "便民服务站") && holds(s, "谢谢使用") && holds(s, code)
}

// serveOn serves a printer on a line until the test ends, and returns what was told last.
func serveOn(t *testing.T, o printer.Options, l devices.Line) (*printer.Printer, func() devices.Status) {
	t.Helper()
	o.Now = time.Now
	p, err := printer.New(o)
	if err != nil {
		t.Fatal(err)
	}
	told := make(chan devices.Status, 10000)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = p.Serve(ctx, l, func(s devices.Status) { told <- s })
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	var last devices.Status
	return p, func() devices.Status {
		synctest.Wait()
		for len(told) > 0 {
			last = <-told
		}
		return last
	}
}

// A printer that has spoken and is silent now is not sent a receipt that it might print when nobody waits for it.
func TestSwitchedOffPrinterIsSentNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newModel(makes["real time only"])
		defer m.start(t)()
		p, status := serveOn(t, printer.Options{}, m)
		after(t, 10*time.Second)
		m.change(func(m *model) { m.off = true })
		after(t, 10*time.Second)
		if s := status(); s.State != devices.Unknown || s.Reason != devices.Silent {
			t.Errorf("got %+v", s)
		}
		before := m.got
		wantFailed(t, p.Print(t.Context(), receiptFor("吉", number)), devices.Silent)
		if n := m.got - before; n > 100 {
			t.Errorf("%d bytes were sent", n)
		}
		m.change(func(m *model) { m.off = false })
		printed(t, p.Print(t.Context(), receiptFor("吉", number))) // asked once more first
	})
}
