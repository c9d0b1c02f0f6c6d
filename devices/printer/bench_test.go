package printer_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/printer"
	"zhizhu/devices/sim"
)

// BenchmarkReceipt prints a receipt with a drawn name and a QR code over a pty. All is measured where the printer
// receives it: when the first byte was there after Print was called (bar: 20 ms), the time from the first byte to the
// last beside the wire's own for as many (bar: 1.05), and the longest time without a byte (bar: 50 ms). A braking
// printer's own speed counts, not the wire's.
func BenchmarkReceipt(b *testing.B) {
	for _, c := range []struct {
		name string
		baud int
		doc  devices.Document
		sim  sim.PrinterOptions
	}{
		{"marks", 115200, receiptFor("陈㐂", number), sim.PrinterOptions{}},
		{"no-marks", 115200, receiptFor("陈㐂", number), sim.PrinterOptions{NoIdentify: true}},
		{"braking", 115200, receiptFor("陈㐂", number), sim.PrinterOptions{FlowControl: true, DotsPerSecond: 1200}},
		{"all-pictures", 115200, receiptFor("陈桂兰", number), sim.PrinterOptions{NoChineseFont: true}},
		{"9600-text", 9600, textOnly(), sim.PrinterOptions{}},
		{"9600", 9600, receiptFor("陈㐂", number), sim.PrinterOptions{}},
	} {
		b.Run(c.name, func(b *testing.B) { benchReceipt(b, c.baud, c.doc, c.sim) })
	}
}

// textOnly is a receipt without pictures.
func textOnly() devices.Document {
	doc := receiptFor("陈桂兰", number)
	doc.Blocks = slices.DeleteFunc(doc.Blocks, func(b devices.Block) bool { return b.Kind == devices.CodeBlock })
	return doc
}

func benchReceipt(b *testing.B, baud int, doc devices.Document, o sim.PrinterOptions) {
	a := &arrivals{baud: baud}
	o.OnBytes = a.add
	r := newRig(b, rigOptions{baud: baud, sim: o, driver: printer.Options{Poll: time.Hour}})
	r.await("ready", ready)
	if got := r.print(devices.Document{Title: "warm"}); got.Outcome != devices.Printed {
		b.Fatalf("got %+v", got)
	}
	<-r.receipts
	var first, ratio, gap []float64
	bytes := 0
	for b.Loop() {
		start := a.reset()
		if got := r.print(doc); got.Outcome != devices.Printed {
			b.Fatalf("got %+v", got)
		}
		n := len(<-r.receipts)
		s := a.upTo(n)
		first = append(first, ms(s.came.Sub(start)))
		ratio = append(ratio, float64(s.last.Sub(s.first))/float64(a.wire(s.bytes)))
		gap = append(gap, ms(s.gap))
		bytes = n
	}
	b.ReportMetric(slices.Max(first), "ms-to-first-byte-worst")
	slices.Sort(ratio)
	b.ReportMetric(ratio[len(ratio)/2], "x-wire-time-median")
	b.ReportMetric(ratio[len(ratio)-1], "x-wire-time-worst")
	b.ReportMetric(slices.Max(gap), "ms-longest-gap")
	b.ReportMetric(float64(bytes), "bytes")
	r.sound()
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// arrivals notes when bytes reach the printer.
type arrivals struct {
	baud  int
	mu    sync.Mutex
	times []time.Time
	sizes []int
}

// wire is how long the line carries n bytes.
func (a *arrivals) wire(n int) time.Duration {
	return time.Duration(n) * 10 * time.Second / time.Duration(a.baud)
}

func (a *arrivals) add(n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.times, a.sizes = append(a.times, realTime()), append(a.sizes, n)
}

func (a *arrivals) reset() time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.times, a.sizes = nil, nil
	return realTime()
}

type stream struct {
	came        time.Time // when the first byte was seen to be there, with those that came along
	first, last time.Time // when the wire began to carry the first, and ended with the last
	gap         time.Duration
	bytes       int
}

// upTo sums up the first n bytes, which are the job; questions follow it.
func (a *arrivals) upTo(n int) stream {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := stream{came: a.times[0], first: a.times[0].Add(-a.wire(a.sizes[0]))}
	for i := 0; i < len(a.times) && s.bytes < n; i++ {
		if i > 0 {
			s.gap = max(s.gap, a.times[i].Sub(a.times[i-1]))
		}
		s.last = a.times[i]
		s.bytes += a.sizes[i]
	}
	return s
}

func realTime() time.Time { return time.Now() }
