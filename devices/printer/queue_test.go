package printer_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/printer"
)

// A job that waits behind one that fails is told so at once too, and is never printed later, when a new roll is in:
// what a resident was told has failed must not come out for the next one.
func TestNothingIsPrintedInTheMorning(t *testing.T) {
	t.Parallel()
	for _, make_ := range []string{"epson", "without recovery", "mute offline", "no flow control", "real time only", "mute, no marks", "silent when offline"} {
		t.Run(make_, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				m := newModel(makes[make_])
				defer m.start(t)()
				p, status := serveOn(t, printer.Options{Font: sampleFont(t), Poll: 8 * time.Second}, m) // the night is long
				after(t, 20*time.Second)
				m.at(900, func(m *model) { m.paperOut = true })
				codes := []string{number, "441403-20250601-0008-1", "441403-20250601-0009-9"}
				results := make(chan devices.PrintResult, len(codes))
				for _, code := range codes {
					go func() { results <- p.Print(t.Context(), receiptFor("吉", code)) }()
					after(t, 10*time.Millisecond)
				}
				for range codes {
					if got := <-results; got.Outcome == devices.Printed {
						t.Error("printed without paper")
					}
				}
				after(t, 8*time.Hour)
				m.change(func(m *model) { m.paperOut = false })
				after(t, 20*time.Second)
				if s := status(); s.State != devices.Ready {
					t.Errorf("got %+v", s)
				}
				printed(t, p.Print(t.Context(), receiptFor("吉", "778899")))
				out := m.out()
				for _, code := range codes[1:] {
					if holds(out, code) {
						t.Errorf("%s was printed", code)
					}
				}
				if last := out[len(out)-1:]; !holds(last, "778899") || slices.ContainsFunc(codes, func(c string) bool { return holds(last, c) }) {
					t.Error("the next receipt has something of another")
				}
			})
		})
	}
}

// A head that is hot when a job comes is waited for, not refused.
func TestHotHeadAtTheStart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newModel(makes["epson"])
		defer m.start(t)()
		p, status := serveOn(t, printer.Options{Cool: 40 * time.Second}, m)
		after(t, 10*time.Second)
		m.change(spell(20*time.Second, func(m *model, on bool) { m.hot = on }))
		printed(t, p.Print(t.Context(), receiptFor("吉", number)))

		m.change(func(m *model) { m.hot = true })
		start := time.Now()
		wantFailed(t, p.Print(t.Context(), receiptFor("吉", number)), devices.Stalled)
		if took := time.Since(start); took > 45*time.Second {
			t.Errorf("took %v", took)
		}
		if s := status(); s.State != devices.Faulty || s.Reason != devices.Stalled {
			t.Errorf("got %+v", s)
		}
	})
}
