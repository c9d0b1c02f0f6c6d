package outbox

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"zhizhu/offline/wire"
)

// BenchmarkLodge lodges (sealing and commit) beside a raw append and fdatasync of the same bytes to a growing file, in
// turns, and reports the median of the ratios as x-raw. As on the machine, a packet key is made while the resident reads
// the review (Prepare, by the syncer), and the queue holds what a station lodges in ten days without a line. deep is a
// queue that only grows, unprepared one with SM2 in the resident's way.
func BenchmarkLodge(b *testing.B) {
	b.Run("prepared", func(b *testing.B) { benchmarkLodge(b, true, 200) })
	b.Run("deep", func(b *testing.B) { benchmarkLodge(b, true, 1<<30) })
	b.Run("unprepared", func(b *testing.B) { benchmarkLodge(b, false, 200) })
}

func benchmarkLodge(b *testing.B, prepared bool, most int) {
	s := newStation(b)
	raw, err := os.OpenFile(filepath.Join(b.TempDir(), "raw"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = raw.Close() }()
	s.lodge(b, matter(0))
	bytes := make([]byte, len(s.pending(b, wire.LaneMatters)[0].Packet))
	if _, err := rand.Read(bytes); err != nil {
		b.Fatal(err)
	}
	var ratios, lodges, appends []float64
	for i := 0; b.Loop(); i++ {
		m := matter(i)
		if i%most == most-1 {
			for _, w := range s.pending(b, wire.LaneMatters) {
				s.acknowledge(b, w)
			}
		}
		if prepared {
			if err := s.Prepare(); err != nil {
				b.Fatal(err)
			}
		}
		start := time.Now()
		if _, err := s.Lodge(b.Context(), m); err != nil {
			b.Fatal(err)
		}
		lodge := time.Since(start)
		start = time.Now()
		if _, err := raw.Write(bytes); err != nil {
			b.Fatal(err)
		}
		if err := syscall.Fdatasync(int(raw.Fd())); err != nil {
			b.Fatal(err)
		}
		app := time.Since(start)
		ratios = append(ratios, float64(lodge)/float64(app))
		lodges, appends = append(lodges, float64(lodge)), append(appends, float64(app))
	}
	b.ReportMetric(median(ratios), "x-raw")
	b.ReportMetric(median(lodges)/1e3, "lodge-µs")
	b.ReportMetric(median(appends)/1e3, "raw-µs")
	b.ReportMetric(float64(len(bytes)), "bytes")
}

func median(v []float64) float64 {
	slices.Sort(v)
	return v[len(v)/2]
}
