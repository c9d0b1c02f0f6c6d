package printer_test

import (
	"bytes"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/printer"
)

// Power that is gone for a moment takes what the printer held, and what it was about: what didn't come out byte for byte
// is never told as printed. A printer shows it by a question or a mark that it leaves without an answer, or by a word
// that nobody asked for; shortest is the moment from which on its make is sure to.
func TestPowerThatIsGoneForAMoment(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		traits
		shortest time.Duration
		from     int // byte of the job; what is lost before any mark was set, no mark can tell of
	}{
		"marks":              {traits{dots: 1200}, 0, 200},
		"no flow control":    {traits{dots: 600, noFlow: true}, 0, 200},
		"marks, fast head":   {traits{}, 150 * time.Millisecond, 20},
		"marks, slow line":   {traits{dots: 1200, baud: 9600}, 500 * time.Millisecond, 20},
		"greets, slow line":  {traits{dots: 1200, baud: 9600, greets: true}, 0, 20},
		"greets, fast head":  {traits{greets: true}, 0, 20},
		"pictures":           {traits{dots: 2000, noFont: true}, 150 * time.Millisecond, 20},
		"real time":          {traits{dots: 1200, noMarks: true, noAuto: true, noRoll: true}, 150 * time.Millisecond, 20},
		"real time, greets":  {traits{dots: 1200, noMarks: true, noAuto: true, noRoll: true, greets: true}, 0, 20},
		"real time and auto": {traits{dots: 1200, noMarks: true, noRoll: true}, 150 * time.Millisecond, 20},
		"real time, slow":    {traits{dots: 1200, baud: 9600, noMarks: true, noAuto: true, noRoll: true}, 500 * time.Millisecond, 20},
		"auto":               {traits{dots: 1200, noRealTime: true, noMarks: true, noRoll: true}, 150 * time.Millisecond, 20},
	} {
		for _, gone := range []time.Duration{0, 150 * time.Millisecond, 500 * time.Millisecond, time.Second} {
			if gone < c.shortest {
				continue
			}
			t.Run(fmt.Sprintf("%s/%v", name, gone), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) { blinks(t, c.traits, gone, c.from) })
			})
		}
	}
}

func blinks(t *testing.T, tr traits, gone time.Duration, from int) {
	m := newModel(tr)
	defer m.start(t)()
	p, _ := serveOn(t, printer.Options{Font: sampleFont(t)}, m)
	after(t, 10*time.Second)
	doc := receiptFor("陈㐂", number)
	before := m.received()
	printed(t, p.Print(t.Context(), doc))
	size := m.received() - before
	after(t, 10*time.Second)
	good := m.out()[0]
	for at := from; at < size; at += size / 20 {
		m.change(func(m *model) { m.strip = nil }) // somebody tore it off
		m.at(at, func(m *model) { m.powerCycle(gone) })
		before := len(m.out())
		got := p.Print(t.Context(), doc)
		after(t, 60*time.Second)
		if out := m.out()[before:]; got.Outcome == devices.Printed && (len(out) != 1 || !bytes.Equal(out[0], good)) {
			t.Errorf("gone at %d of %d: told as printed, and %d slips", at, size, len(out))
		}
		printed(t, p.Print(t.Context(), doc)) // it is trusted again
		after(t, 10*time.Second)
	}
}

func (m *model) received() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.got
}

// A printer that says a byte too many at each cut is believed when that has turned out to be its way.
func TestOddPrinterIsBelievedInTheEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, _ := serveInBubble(t, printer.Options{}, memory(func(l *memoryLine, b []byte) {
			well(l, b)
			if bytes.Contains(b, []byte("\x1dVB\x00")) {
				l.replies <- []byte{0x40}
			}
		}))
		after(t, 10*time.Second)
		for i := range 6 {
			want := devices.Printed
			if i == 0 {
				want = devices.PrintUnknown
			}
			if got := p.Print(t.Context(), receiptFor("吉", number)); got.Outcome != want && (i == 0 || i > 3) {
				t.Errorf("job %d: got %+v", i, got)
			}
			after(t, 10*time.Second)
		}
	})
}
