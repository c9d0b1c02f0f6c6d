package gateway_test

import (
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"zhizhu/offline/gateway"
	"zhizhu/offline/wire"
)

// BenchmarkReceive sends sealed matters over TLS on loopback from 16 senders, durably stored each. Sender
// and gateway share the processors. Packets are sealed beforehand.
func BenchmarkReceive(b *testing.B) {
	r := serve(b, b.TempDir(), func(o *gateway.Options) { o.Rate.PerSecond = -1 })
	m := r.enrol("MX0427")
	ids, packets := make([]string, b.N), make([][]byte, b.N)
	for i := range packets {
		sent := m.matter()
		ids[i], packets[i] = sent.ID, m.packMatter(b, sent)
	}
	b.ResetTimer()
	began := time.Now()
	var next atomic.Int64
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			for i := next.Add(1) - 1; i < int64(b.N); i = next.Add(1) - 1 {
				got, err := r.do(m.client, r.putRequest(m, wire.LaneMatters, ids[i], packets[i]))
				if err != nil || got.status != http.StatusCreated {
					b.Errorf("put: %d, %v", got.status, err)
					return
				}
			}
		})
	}
	all.Wait()
	b.ReportMetric(float64(b.N)/time.Since(began).Seconds(), "matters/s")
}
