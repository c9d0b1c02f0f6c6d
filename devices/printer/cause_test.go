package printer_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/printer"
)

// Whatever a printer was about when it stopped, text or a picture, the first job after it was plugged in or a later
// one: the resident is told why it stopped, by every make that can say it.
func TestCauseIsToldWhereverItHappens(t *testing.T) {
	t.Parallel()
	causes := map[devices.Kind]func(*model){
		devices.CoverOpen: func(m *model) { m.cover = true },
		devices.PaperOut:  func(m *model) { m.paperOut = true },
	}
	for make_, tr := range map[string]traits{
		"tells of itself":               {dots: 2000, dataDeaf: true},
		"answers anywhere":              {dots: 1200, noMarks: true, noAuto: true, noRoll: true},
		"answers outside pictures":      {dots: 1200, noAuto: true, noRoll: true, dataDeaf: true},
		"answers there, without marks":  {dots: 1200, noMarks: true, noAuto: true, noRoll: true, dataDeaf: true},
		"tells of itself, and nothing":  {dots: 1200, noRealTime: true, noMarks: true, noRoll: true},
		"tells, silent while offline":   {dots: 1200, muteOffline: true, noMarks: true},
		"tells, all pictures, and slow": {baud: 38400, dots: 2000, noFont: true, dataDeaf: true},
	} {
		for kind, befall := range causes {
			for _, wait := range []time.Duration{0, 10 * time.Second} {
				t.Run(fmt.Sprintf("%s/%v/after %v", make_, kind, wait), func(t *testing.T) {
					t.Parallel()
					for _, at := range []int{30, 400, 700, 1000, 1700, 2100} {
						synctest.Test(t, func(t *testing.T) { stopsAt(t, tr, kind, befall, wait, at) })
					}
				})
			}
		}
	}
}

func stopsAt(t *testing.T, tr traits, kind devices.Kind, befall func(*model), wait time.Duration, at int) {
	m := newModel(tr)
	defer m.start(t)()
	p, status := serveOn(t, printer.Options{Font: sampleFont(t)}, m)
	for status().State == devices.Unknown && status().Reason == devices.OK {
		after(t, 10*time.Millisecond)
	}
	after(t, wait)
	m.at(at, befall)
	if got := p.Print(t.Context(), receiptFor("陈㐂", number)); got.Outcome != devices.PrintFailed || got.Reason != kind {
		t.Errorf("at %d: outcome %d, reason %s; want failed, %s", at, got.Outcome, got.Reason, kind)
	}
	m.change(func(m *model) { m.cover, m.paperOut = false, false })
	after(t, 100*time.Second)
	before := len(m.out())
	if got := p.Print(t.Context(), receiptFor("吉", "778899")); got.Outcome != devices.Printed {
		t.Errorf("at %d: the next: outcome %d, reason %s", at, got.Outcome, got.Reason)
	}
	after(t, 10*time.Second)
	if out := m.out()[before:]; len(out) != 1 || !m.whole(out[0], "778899") || holds(out, number) {
		t.Errorf("at %d: %d slips for the next receipt", at, len(out))
	}
}
