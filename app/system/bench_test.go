package system

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"zhizhu/app/health"
	"zhizhu/app/pilot"
	"zhizhu/app/visit"
)

// watch stamps the moments of a visit that are measured.
type watch struct {
	mu                          sync.Mutex
	laid, known, committed, byt time.Time
}

func (w *watch) stamp(at *time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	*at = time.Now()
}

// once stamps at if since has been stamped and at has not.
func (w *watch) once(at *time.Time, since time.Time) {
	if at.IsZero() && !since.IsZero() {
		*at = time.Now()
	}
}

func (w *watch) view(v visit.View) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if v.Step == visit.Questions {
		w.once(&w.known, w.laid)
	}
}

func (w *watch) bytes(int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.once(&w.byt, w.committed)
}

// cardLayer lays cards and stamps when.
type cardLayer struct {
	pilot.Devices
	w *watch
}

func (l cardLayer) Card(ctx context.Context, persona string) error {
	l.w.stamp(&l.w.laid)
	return l.Devices.Card(ctx, persona)
}

// readingBytes is what a reading puts on the wire (find, select, read and their replies): 10 bits each.
const readingBytes = 3*10 + 15 + 19 + 1295

// BenchmarkVisit serves whole visits without a window and measures, beside the wire: from the card being laid to the
// page behind it, and from the commit to the first byte that the printer receives.
func BenchmarkVisit(b *testing.B) {
	cfg, dir := benchConfig(b)
	w := &watch{}
	t := startWatched(b, cfg, dir, w.bytes, w.view)
	t.await(b, "devices", func(_ health.Facts, r health.Report) bool { return r.Online && r.CanRead && r.CanPrint })
	kick := func() { w.stamp(&w.committed) } // called the moment that Lodge has returned; sync finds the matter later
	t.matters.kick.Store(&kick)
	r := t.runner()
	r.Devices = cardLayer{r.Devices, w}
	wire := readingBytes * 10 * time.Second / simCardBaud
	var cards, prints []float64
	for b.Loop() {
		w.mu.Lock()
		w.laid, w.known, w.committed, w.byt = time.Time{}, time.Time{}, time.Time{}, time.Time{}
		w.mu.Unlock()
		if _, err := r.Serve(b.Context(), "soc-qualify", 1); err != nil {
			b.Fatal(err)
		}
		w.mu.Lock()
		cards = append(cards, (w.known.Sub(w.laid)-wire).Seconds()*1000)
		prints = append(prints, w.byt.Sub(w.committed).Seconds()*1000)
		w.mu.Unlock()
	}
	slices.Sort(cards)
	slices.Sort(prints)
	b.ReportMetric(cards[len(cards)/2], "card-over-ms")
	b.ReportMetric(prints[len(prints)*95/100], "commit-to-byte-ms")
	b.ReportMetric(prints[len(prints)/2], "commit-to-byte-ms-median")
}
