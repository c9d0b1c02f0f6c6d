package outbox

import (
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"zhizhu/offline/seal"
	"zhizhu/offline/store"
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

// BenchmarkLodgeWith lodges with three photos of 200 KB beside a raw append and fdatasync of the same bytes.
func BenchmarkLodgeWith(b *testing.B) {
	s := newStation(b)
	raw, err := os.OpenFile(filepath.Join(b.TempDir(), "raw"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = raw.Close() }()
	files := []File{file(200 << 10), file(200 << 10), file(200 << 10)}
	bytes := slices.Concat(files[0].Data, files[1].Data, files[2].Data, make([]byte, 3000))
	var ratios, lodges []float64
	for i := 0; b.Loop(); i++ {
		m := matter(i)
		if i%50 == 49 {
			settleAll(b, s, LaneMatters)
			for _, blob := range s.blobs(b) {
				s.settleBlob(b, blob)
			}
		}
		start := time.Now()
		if _, err := s.LodgeWith(b.Context(), m, files); err != nil {
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
		ratios, lodges = append(ratios, float64(lodge)/float64(time.Since(start))), append(lodges, float64(lodge))
	}
	info, err := os.Stat(s.path)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(median(ratios), "x-raw")
	b.ReportMetric(median(lodges)/1e6, "lodge-ms")
	b.ReportMetric(float64(info.Size())/(1<<20), "file-MiB")
}

// BenchmarkQueued is what 10,000 queued matters cost: memory of the program beside an empty outbox (heap, and anonymous
// memory as the kernel counts it), and how long a start takes. The file's own pages are the kernel's to give back.
func BenchmarkQueued(b *testing.B) {
	benchmarkMemory(b, func(s *station) {
		for i := range 10_000 {
			s.lodge(b, matter(i))
		}
	})
}

// BenchmarkTombstones is what 100,000 acknowledged and swept matters cost, and what a start then takes with them.
func BenchmarkTombstones(b *testing.B) {
	benchmarkMemory(b, func(s *station) {
		receipt := make([]byte, 72)
		for range 100 {
			err := s.store.Update(b.Context(), func(tx *store.Tx) error {
				sum, _ := readTally(tx)
				for range 1000 {
					u, err := newID(rand.Reader, noon)
					if err != nil {
						return err
					}
					e := entry{ID: u, Lane: LaneMatters, Digest: seal.Digest(u[:]), StoredAt: noon, Receipt: receipt}
					sum.count(&e)
					if err := bury(tx, &e); err != nil {
						return err
					}
				}
				return sum.write(tx)
			})
			if err != nil {
				b.Fatal(err)
			}
		}
	})
}

func benchmarkMemory(b *testing.B, fill func(*station)) {
	s := newStationIn(b, memory(b))
	fill(s)
	s.reopen(b)
	s.Outbox = nil
	idle, idleAnon := heap(), anonymous(b)
	var starts []float64
	for b.Loop() {
		s.Outbox = nil
		start := time.Now()
		o, err := New(b.Context(), s.options)
		if err != nil {
			b.Fatal(err)
		}
		starts = append(starts, float64(time.Since(start)))
		s.Outbox = o
	}
	b.ReportMetric((heap()-idle)/(1<<20), "heap-MiB")
	b.ReportMetric((anonymous(b)-idleAnon)/(1<<20), "anon-MiB")
	b.ReportMetric(median(starts)/1e6, "start-ms")
	info, err := os.Stat(s.path)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(info.Size())/(1<<20), "file-MiB")
	runtime.KeepAlive(s.Outbox)
}

// heap is what is alive, in bytes.
func heap() float64 {
	runtime.GC()
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// anonymous is the process's memory without pages of files, in bytes.
func anonymous(b *testing.B) float64 {
	b.Helper()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Fatal(err)
	}
	var kib float64
	for line := range strings.Lines(string(text)) {
		if _, err := fmt.Sscanf(line, "RssAnon: %f kB", &kib); err == nil {
			return kib * 1024
		}
	}
	b.Fatal("no RssAnon in /proc/self/status")
	return 0
}

// BenchmarkSettle settles acknowledgements on disk, in batches as a slow and as a fast line brings them.
func BenchmarkSettle(b *testing.B) {
	for _, batch := range []int{8, 64, 512} {
		b.Run(strconv.Itoa(batch), func(b *testing.B) { benchmarkSettle(b, batch) })
	}
}

func benchmarkSettle(b *testing.B, batch int) {
	s := newStation(b)
	var took time.Duration
	n := 0
	for b.Loop() {
		for i := range batch {
			s.lodge(b, matter(i))
		}
		proofs := proofsOf(b, s, LaneMatters)
		start := time.Now()
		if err := s.Settle(b.Context(), proofs); err != nil {
			b.Fatal(err)
		}
		took += time.Since(start)
		n += batch
	}
	b.ReportMetric(float64(n)/took.Seconds(), "records/s")
}
