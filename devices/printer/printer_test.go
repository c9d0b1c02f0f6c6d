package printer_test

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/printer"
	"zhizhu/devices/sim"
)

func printed(t *testing.T, got devices.PrintResult) {
	t.Helper()
	if got.Outcome != devices.Printed {
		t.Fatalf("outcome %d, reason %s; want printed", got.Outcome, got.Reason)
	}
}

func wantFailed(t *testing.T, got devices.PrintResult, k devices.Kind) {
	t.Helper()
	if got.Outcome != devices.PrintFailed || got.Reason != k {
		t.Fatalf("outcome %d, reason %s; want failed, %s", got.Outcome, got.Reason, k)
	}
}

func TestPrintsTwoReceiptsInARow(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	r.await("ready", ready)
	for _, n := range []string{number, "441403-20250601-0008-1"} {
		printed(t, r.print(receiptFor("陈桂兰", n)))
		b := r.receipt()
		if text := textOf(t, b); !strings.Contains(text, n) || !strings.Contains(text, "申请人    陈桂兰") {
			t.Errorf("text:\n%s", text)
		}
		if got := codeOf(t, b); got != n {
			t.Errorf("QR code says %q, want %q", got, n)
		}
	}
	r.sound()
}

func TestFontlessPrinterGetsPictures(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{baud: 921600, sim: sim.PrinterOptions{NoChineseFont: true, Model: "TP-80"}})
	r.await("ready", ready)
	// Whether it has a font is asked after the first round of questions; a receipt that comes sooner is rare.
	printed(t, r.print(receiptFor("陈桂兰", number)))
	r.receipt()
	printed(t, r.print(receiptFor("陈桂兰", number)))
	b := r.receipt()
	if text := textOf(t, b); strings.Contains(text, "陈") || !strings.Contains(text, "[picture") {
		t.Errorf("text:\n%s", text)
	}
	if got := codeOf(t, b); got != number {
		t.Errorf("QR code says %q", got)
	}
	r.sound()
}

func TestNativeCode(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{driver: printer.Options{NativeQR: true}})
	r.await("ready", ready)
	printed(t, r.print(receiptFor("龑", number)))
	b := r.receipt()
	if text := textOf(t, b); !strings.Contains(text, "[code "+number+"]") {
		t.Errorf("text:\n%s", text)
	}
	if got := codeOf(t, b); got != number {
		t.Errorf("QR code says %q", got)
	}
	r.sound()
}

func TestNothingIsSentWhileThePrinterCannot(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		break_, mend func(*sim.Printer)
		kind         devices.Kind
	}{
		"paper out": {
			func(p *sim.Printer) { p.SetPaper(devices.PaperEnd) },
			func(p *sim.Printer) { p.SetPaper(devices.PaperOK) }, devices.PaperOut,
		},
		"cover open": {
			func(p *sim.Printer) { p.SetCover(true) },
			func(p *sim.Printer) { p.SetCover(false) }, devices.CoverOpen,
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, rigOptions{})
			r.await("ready", ready)
			c.break_(r.sim)
			r.await(name, reason(c.kind))
			wantFailed(t, r.print(receiptFor("陈桂兰", number)), c.kind)
			c.mend(r.sim)
			r.await("ready", ready)
			printed(t, r.print(receiptFor("陈桂兰", "2")))
			if text := textOf(t, r.receipt()); strings.Contains(text, number) {
				t.Errorf("the refused receipt was printed:\n%s", text)
			}
			r.sound()
		})
	}
}

func TestAMendedPrinterIsAskedAgainBeforeAJobIsRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{driver: printer.Options{Poll: time.Hour}})
	r.sim.SetPaper(devices.PaperEnd)
	r.await("paper out", reason(devices.PaperOut))
	r.sim.SetPaper(devices.PaperOK)
	printed(t, r.print(receiptFor("陈桂兰", number)))
	r.sound()
}

func TestPaperEndsInTheMiddle(t *testing.T) {
	t.Parallel()
	for _, flow := range []bool{false, true} {
		r := newRig(t, rigOptions{
			baud:   38400, // the paper is to end long before all is sent, also on a loaded machine
			sim:    sim.PrinterOptions{DotsPerSecond: 2000, FlowControl: flow, NoRecover: flow},
			driver: printer.Options{Stall: 500 * time.Millisecond},
		})
		r.await("ready", ready)
		r.sim.PaperOutAfter(6)
		got := r.print(receiptFor("陈桂兰", number))
		wantFailed(t, got, devices.PaperOut)
		r.await("faulty", func(s devices.Status) bool { return s.State == devices.Faulty })
		r.sim.SetPaper(devices.PaperOK)
		r.await("ready", ready)
		printed(t, r.print(receiptFor("吉", "2")))
		// What had been printed of the first is cut off before the second begins.
		if stub := textOf(t, r.receipt()); !strings.Contains(stub, "便民服务站") || strings.Contains(stub, "谢谢使用") {
			t.Errorf("stub:\n%s", stub)
		}
		if text := textOf(t, r.receipt()); strings.Contains(text, number) || !strings.Contains(text, "谢谢使用") {
			t.Errorf("second receipt:\n%s", text)
		}
		r.sound()
	}
}

func TestCoverOpenedInTheMiddle(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{baud: 38400, sim: sim.PrinterOptions{NoIdentify: true, NoRecover: true, DotsPerSecond: 1500}})
	r.await("ready", ready)
	result := make(chan devices.PrintResult, 1)
	before := r.sim.Received()
	go func() { result <- r.driver.Print(context.Background(), receiptFor("陈㐂", number)) }()
	waitFor(t, func() bool { return r.sim.Received() > before+400 })
	r.sim.SetCover(true)
	wantFailed(t, <-result, devices.CoverOpen)
	r.await("cover open", reason(devices.CoverOpen))
	r.sim.SetCover(false)
	r.await("ready", ready)
	printed(t, r.print(receiptFor("吉", "2")))
	if stub := textOf(t, r.receipt()); strings.Contains(stub, "谢谢使用") {
		t.Errorf("stub:\n%s", stub)
	}
	if text := textOf(t, r.receipt()); strings.Contains(text, "办件编号  "+number) || !strings.Contains(text, "谢谢使用") {
		t.Errorf("second receipt:\n%s", text)
	}
	r.sound()
}

// What the printer misses of the picture is made up for, and the next receipt is whole.
func TestCoverOpenedInsideAPicture(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{
		baud: 38400, sim: sim.PrinterOptions{FlowControl: true, NoRecover: true},
		driver: printer.Options{Stall: 300 * time.Millisecond},
	})
	r.await("ready", ready)
	result := make(chan devices.PrintResult, 1)
	before := r.sim.Received()
	go func() { result <- r.driver.Print(context.Background(), receiptFor("陈桂兰", number)) }()
	waitFor(t, func() bool { return r.sim.Received() > before+1000 })
	r.sim.SetCover(true)
	wantFailed(t, <-result, devices.CoverOpen) // it says so of itself
	wantFailed(t, r.print(receiptFor("陈桂兰", number)), devices.CoverOpen)
	r.sim.SetCover(false)
	r.await("ready", ready)
	printed(t, r.print(receiptFor("吉", "2")))
	if stub := textOf(t, r.receipt()); !strings.Contains(stub, number) || strings.Contains(stub, "谢谢使用") {
		t.Errorf("stub:\n%s", stub)
	}
	if text := textOf(t, r.receipt()); strings.Contains(text, number) || !strings.Contains(text, "谢谢使用") {
		t.Errorf("second receipt:\n%s", text)
	}
	r.sound()
}

func TestTwoCallsAtATimeDoNotMix(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	r.await("ready", ready)
	want := []string{number, "441403-20250601-0008-1", "441403-20250601-0009-9"}
	results := make(chan devices.PrintResult)
	for _, n := range want {
		go func() { results <- r.print(receiptFor("陈桂兰", n)) }()
	}
	for range want {
		printed(t, <-results)
	}
	var got []string
	for range want {
		b := r.receipt()
		n := codeOf(t, b)
		if got = append(got, n); strings.Count(textOf(t, b), n) != 1 {
			t.Errorf("receipt %s:\n%s", n, textOf(t, b))
		}
	}
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Errorf("printed %q", got)
	}
	r.sound()
}

func TestPrinterThatStopsAnsweringMarks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var deaf atomic.Bool
		l := &memoryLine{replies: make(chan []byte, 100), hear: func(l *memoryLine, p []byte) {
			if !deaf.Load() || p[0] != 0x1d {
				well(l, p)
			}
		}}
		p, status := serveInBubble(t, printer.Options{}, l)
		after(t, time.Second)
		printed(t, p.Print(t.Context(), receiptFor("陈桂兰", number)))
		deaf.Store(true)
		if got := p.Print(t.Context(), receiptFor("陈桂兰", number)); got.Outcome != devices.PrintUnknown {
			t.Errorf("got %+v, want unknown: it was asked whether it had got there and didn't say", got)
		}
		if s := status(); s.State != devices.Ready {
			t.Errorf("got %+v", s)
		}
		printed(t, p.Print(t.Context(), receiptFor("陈桂兰", number)))
	})
}

func TestCutterJamsAtTheEnd(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	r.await("ready", ready)
	r.sim.JamCutter()
	wantFailed(t, r.print(receiptFor("陈桂兰", number)), devices.CutterJam)
	printed(t, r.print(receiptFor("陈桂兰", "2"))) // the next job asks the printer to recover
	r.sound()
}

func TestSilentPrinterPrintsButNobodyKnows(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{driver: printer.Options{Answer: 50 * time.Millisecond}})
	r.sim.SetSilent(true)
	r.await("unknown", func(s devices.Status) bool { return s.State == devices.Unknown && s.Reason == devices.Silent })
	if got := r.print(receiptFor("陈桂兰", number)); got.Outcome != devices.PrintUnknown {
		t.Fatalf("got %+v, want unknown", got)
	}
	if got := codeOf(t, r.receipt()); got != number {
		t.Errorf("QR code says %q", got)
	}
	r.sound()
}

func TestPrinterThatFallsSilentInTheJob(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{driver: printer.Options{Answer: 50 * time.Millisecond, Settle: 500 * time.Millisecond}})
	r.await("ready", ready)
	r.sim.SetSilent(true)
	if got := r.print(receiptFor("陈桂兰", number)); got.Outcome != devices.PrintUnknown {
		t.Fatalf("got %+v, want unknown", got)
	}
	r.await("unknown", func(s devices.Status) bool { return s.State == devices.Unknown })
	r.sim.SetSilent(false)
	r.await("ready", ready)
}

func TestPrinterThatOnlySaysHowItsPaperIs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newModel(makes["only paper"])
		stop := m.start(t)
		defer stop()
		p, status := serveOn(t, printer.Options{}, m)
		m.change(func(m *model) { m.nearEnd = true })
		after(t, 10*time.Second)
		if s := status(); s.State != devices.Ready || s.Paper != devices.PaperLow {
			t.Errorf("got %+v", s)
		}
		if got := p.Print(t.Context(), receiptFor("陈桂兰", number)); got.Outcome != devices.PrintUnknown {
			t.Errorf("got %+v, want unknown: cover and cutter were never confirmed", got)
		}
		m.change(func(m *model) { m.paperOut = true })
		after(t, 10*time.Second)
		if s := status(); s.State != devices.Faulty || s.Reason != devices.PaperOut || s.Paper != devices.PaperEnd {
			t.Errorf("got %+v", s)
		}
		wantFailed(t, p.Print(t.Context(), receiptFor("陈桂兰", "2")), devices.PaperOut)
	})
}

func TestHangUpAndReturn(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{baud: 38400})
	r.await("ready", ready)
	result := make(chan devices.PrintResult, 1)
	before := r.sim.Received()
	go func() { result <- r.driver.Print(context.Background(), receiptFor("陈桂兰", number)) }()
	waitFor(t, func() bool { return r.sim.Received() > before+800 })
	if err := r.tty.HangUp(); err != nil {
		t.Fatal(err)
	}
	wantFailed(t, <-result, devices.HungUp)
	if err := <-r.served; devices.KindOf(err) != devices.HungUp {
		t.Fatalf("serve ended with %v", err)
	}
	wantFailed(t, r.print(receiptFor("陈桂兰", "2")), devices.HungUp)
	if err := r.tty.Restore(); err != nil {
		t.Fatal(err)
	}
	r.last = devices.Status{}
	r.plug()
	r.await("ready", ready)
	printed(t, r.print(receiptFor("吉", "3")))
	if stub := textOf(t, r.receipt()); strings.Contains(stub, "谢谢使用") {
		t.Errorf("stub:\n%s", stub)
	}
	if text := textOf(t, r.receipt()); strings.Contains(text, number) || !strings.Contains(text, "谢谢使用") {
		t.Errorf("receipt after the return:\n%s", text)
	}
	r.sound()
}

func TestCancelledJobIsCutOff(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{baud: 19200})
	r.await("ready", ready)
	ctx, cancel := context.WithCancel(context.Background())
	result := make(chan devices.PrintResult, 1)
	before := r.sim.Received()
	go func() { result <- r.driver.Print(ctx, receiptFor("陈桂兰", number)) }()
	waitFor(t, func() bool { return r.sim.Received() > before+300 })
	cancel()
	wantFailed(t, <-result, devices.Cancelled)
	if stub := textOf(t, r.receipt()); strings.Contains(stub, "谢谢使用") {
		t.Errorf("the cancelled receipt was printed:\n%s", stub)
	}
	wantFailed(t, r.driver.Print(ctx, receiptFor("陈桂兰", number)), devices.Cancelled)
	printed(t, r.print(receiptFor("吉", "2")))
	if text := textOf(t, r.receipt()); strings.Contains(text, number) {
		t.Errorf("second receipt:\n%s", text)
	}
	r.sound()
}

func TestXoffForAWhile(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	r.await("ready", ready)
	result := make(chan devices.PrintResult, 1)
	before := r.sim.Received()
	go func() { result <- r.driver.Print(context.Background(), receiptFor("陈桂兰", number)) }()
	waitFor(t, func() bool { return r.sim.Received() > before+1000 })
	r.sim.Hold(700 * time.Millisecond)
	printed(t, <-result)
	if got := codeOf(t, r.receipt()); got != number {
		t.Errorf("QR code says %q", got)
	}
	r.sound()
}

func TestXoffForEver(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{driver: printer.Options{Stall: 300 * time.Millisecond}})
	r.await("ready", ready)
	result := make(chan devices.PrintResult, 1)
	before := r.sim.Received()
	go func() { result <- r.driver.Print(context.Background(), receiptFor("陈桂兰", number)) }()
	waitFor(t, func() bool { return r.sim.Received() > before+500 })
	r.sim.Hold(900 * time.Millisecond)
	wantFailed(t, <-result, devices.Stalled)
	r.receipt() // the stub, cut off when it takes bytes again
	printed(t, r.print(receiptFor("吉", "2")))
	if text := textOf(t, r.receipt()); strings.Contains(text, number) {
		t.Errorf("second receipt:\n%s", text)
	}
	r.sound()
}

func TestSlowPrinterWithASmallBufferLosesNothing(t *testing.T) {
	t.Parallel()
	long := receiptFor("陈桂兰", number)
	for range 3 {
		long.Blocks = append(long.Blocks, receiptFor("吉", number).Blocks[:11]...)
	}
	for name, o := range map[string]sim.PrinterOptions{
		"answers marks":    {Buffer: 2048, DotsPerSecond: 2000},
		"has flow control": {Buffer: 2048, DotsPerSecond: 2000, FlowControl: true, NoIdentify: true},
		"has neither":      {Buffer: 2048, DotsPerSecond: 2000, NoIdentify: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, rigOptions{sim: o, driver: printer.Options{Buffer: o.Buffer}})
			r.await("ready", ready)
			printed(t, r.print(long))
			if text := textOf(t, r.receipt()); strings.Count(text, number) != 4 {
				t.Errorf("text:\n%s", text)
			}
			r.sound()
		})
	}
}

func TestWithoutALine(t *testing.T) {
	t.Parallel()
	p, err := printer.New(printer.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	wantFailed(t, p.Print(t.Context(), receiptFor("陈桂兰", number)), devices.NoPort)
	if _, err := printer.New(printer.Options{Now: time.Now, Font: []byte("no font")}); err == nil {
		t.Error("a font that is none was taken")
	}
	if _, err := printer.New(printer.Options{}); err == nil {
		t.Error("a printer without a clock was made")
	}
}

// waitFor waits until ok holds, looking often.
func waitFor(t *testing.T, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	limit := time.After(10 * time.Second)
	for !ok() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatal("waited in vain")
		}
	}
}
