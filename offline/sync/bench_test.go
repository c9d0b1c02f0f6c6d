package sync_test

import (
	"testing"
	"time"

	"zhizhu/offline/gateway"
	"zhizhu/offline/sync"
)

// BenchmarkDrain carries 10,000 lodged matters of one terminal to a gateway over TLS on loopback; both share the
// processors. Compare offline/gateway's BenchmarkReceive (the same gateway, 16 bare senders) in the same run.
func BenchmarkDrain(b *testing.B) {
	const matters = 10_000
	for b.Loop() {
		b.StopTimer()
		m := newReal(b, func(o *gateway.Options) { o.Rate.PerSecond = -1 })
		for range matters {
			if _, err := m.box.Lodge(b.Context(), m.matter()); err != nil {
				b.Fatal(err)
			}
		}
		b.StartTimer()
		began := time.Now()
		m.run(nil)
		m.await("drained", func(s sync.State) bool { return s.Queued == 0 && s.Acknowledged == matters })
		b.ReportMetric(matters/time.Since(began).Seconds(), "matters/s")
		b.StopTimer()
		m.stop()
		b.StartTimer()
	}
}
