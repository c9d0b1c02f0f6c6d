package printer_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/printer"
	"zhizhu/devices/sim"
)

// A printer with a buffer of a few bytes, of which nobody has told, stops the host after a line or two, and its XOFF
// takes its time. Nothing is lost, from the first receipt on.
func TestSmallBuffers(t *testing.T) {
	t.Parallel()
	for _, c := range []traits{
		{baud: 9600, buffer: 45, late: time.Millisecond},
		{baud: 9600, buffer: 68, late: 2 * time.Millisecond},
		{baud: 9600, buffer: 256, xoffAt: 64, late: 16 * time.Millisecond},
		{baud: 19200, buffer: 64, late: time.Millisecond},
		{baud: 19200, buffer: 128, late: 5 * time.Millisecond},
		{baud: 19200, buffer: 256, xoffAt: 64, late: 16 * time.Millisecond},
		{baud: 38400, buffer: 256, xoffAt: 64, late: 16 * time.Millisecond},
		{baud: 115200, buffer: 256, xoffAt: 64, late: 2 * time.Millisecond},
		{baud: 115200, buffer: 256, xoffAt: 64, late: 12 * time.Millisecond},
		{baud: 115200, buffer: 512, xoffAt: 128, late: 16 * time.Millisecond},
	} {
		t.Run(fmt.Sprintf("%d of %d at %d, XOFF after %v", c.xoffAt, c.buffer, c.baud, c.late), func(t *testing.T) {
			t.Parallel()
			for _, plain := range []bool{false, true} {
				c.dots, c.noMarks, c.noAuto, c.noRoll = 1500, plain, plain, plain
				synctest.Test(t, func(t *testing.T) { fits(t, c) })
			}
		})
	}
}

func fits(t *testing.T, tr traits) {
	m := newModel(tr)
	defer m.start(t)()
	p, _ := serveOn(t, printer.Options{Font: sampleFont(t)}, m)
	after(t, 10*time.Second)
	for i := range 3 {
		before := len(m.out())
		got := p.Print(t.Context(), receiptFor("陈㐂", number))
		after(t, 10*time.Second)
		if out := m.out()[before:]; got.Outcome != devices.Printed || len(out) != 1 || !m.whole(out[0], number) {
			t.Errorf("job %d: outcome %d (%v), %d slips", i, got.Outcome, got.Reason, len(out))
		}
		if m.lost > 0 {
			t.Errorf("job %d: %d bytes lost", i, m.lost)
			m.lost = 0
		}
	}
}

// On a real line too.
func TestSmallBufferOnALine(t *testing.T) {
	t.Parallel()
	for _, baud := range []int{9600, 19200, 38400} {
		t.Run(fmt.Sprint(baud), func(t *testing.T) {
			t.Parallel()
			r := newRig(t, rigOptions{
				baud:   baud,
				sim:    sim.PrinterOptions{FlowControl: true, Buffer: 256, XoffAt: 64, DotsPerSecond: 1500},
				driver: printer.Options{Stall: 20 * time.Second},
			})
			r.await("ready", ready)
			printed(t, r.print(receiptFor("吉", number)))
			if got := codeOf(t, r.receipt()); got != number {
				t.Errorf("QR code says %q", got)
			}
			r.sound()
		})
	}
}
