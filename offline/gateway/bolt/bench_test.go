package bolt

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"zhizhu/offline/gateway/store"
	"zhizhu/offline/wire"
)

const benchPacket = 2 << 10 // bytes; what a matter without attachments has

// BenchmarkPut stores records of one size from 1, 8 and 64 senders beside the physical limit: appending the same bytes
// to a growing file and syncing after each. Metrics: rec/s; raw-rec/s of the same run; x-raw is the time of a record
// over the time of a raw one, so under 1 means that commits are shared.
func BenchmarkPut(b *testing.B) {
	for _, senders := range []int{1, 8, 64} {
		b.Run(fmt.Sprintf("senders=%d", senders), func(b *testing.B) {
			db := mustOpen(b, filepath.Join(b.TempDir(), "gateway.db"))
			defer mustClose(b, db)
			b.ResetTimer()
			began := time.Now()
			var next atomic.Int64
			var all sync.WaitGroup
			for range senders {
				all.Go(func() {
					for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
						if _, err := db.PutIfAbsent(b.Context(), benchRecord(n)); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			all.Wait()
			mine := time.Since(began)
			b.StopTimer()
			raw := appendAndSync(b, min(b.N, 2000))
			perRecord := mine / time.Duration(b.N)
			b.ReportMetric(float64(time.Second)/float64(perRecord), "rec/s")
			b.ReportMetric(float64(time.Second)/float64(raw), "raw-rec/s")
			b.ReportMetric(float64(perRecord)/float64(raw), "x-raw")
		})
	}
}

// BenchmarkPutAgain answers for ids that are known.
func BenchmarkPutAgain(b *testing.B) {
	db := mustOpen(b, filepath.Join(b.TempDir(), "gateway.db"))
	defer mustClose(b, db)
	if _, err := db.PutIfAbsent(b.Context(), benchRecord(1)); err != nil {
		b.Fatal(err)
	}
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if put, err := db.PutIfAbsent(b.Context(), benchRecord(1)); err != nil || !put.Again {
				b.Errorf("%+v, %v", put, err)
			}
		}
	})
}

// BenchmarkMillionIDs keeps a million ids, opens the file anew, and answers for known ones. Metrics: anon-MB, the memory
// that is the process's own after that (what is mapped of the file is the kernel's, and goes when somebody needs it);
// file-MB; open-ms. Run it with -benchtime 1x.
func BenchmarkMillionIDs(b *testing.B) {
	const ids, senders, packet = 1_000_000, 512, 100
	for range b.N {
		path := filepath.Join(b.TempDir(), "gateway.db")
		db := mustOpen(b, path)
		sendAll(b, db, senders, ids, 1, packet, false)
		mustClose(b, db)
		began := time.Now()
		db = mustOpen(b, path)
		b.ReportMetric(float64(time.Since(began).Microseconds())/1000, "open-ms")
		sendAll(b, db, senders, ids, 97, packet, true)
		b.ReportMetric(anonymous(b), "anon-MB")
		if n, err := db.Count(b.Context(), wire.LaneMatters); err != nil || n != ids {
			b.Fatalf("count %d, %v", n, err)
		}
		mustClose(b, db)
		info, err := os.Stat(path)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(info.Size())/(1<<20), "file-MB")
	}
}

// sendAll puts every step-th of some records.
func sendAll(b *testing.B, db *DB, senders, records, step, packet int, again bool) {
	b.Helper()
	var next atomic.Int64
	var all sync.WaitGroup
	for range senders {
		all.Go(func() {
			for n := next.Add(int64(step)); n <= int64(records); n = next.Add(int64(step)) {
				r := benchRecord(n)
				r.Packet = r.Packet[:packet]
				if put, err := db.PutIfAbsent(b.Context(), r); err != nil || put.Again != again {
					b.Errorf("%+v, %v", put, err)
					return
				}
			}
		})
	}
	all.Wait()
}

// anonymous returns how much memory of this process is its own, in MB.
func anonymous(b *testing.B) float64 {
	b.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		var kb float64
		if _, err := fmt.Sscanf(line, "RssAnon: %f kB", &kb); err == nil {
			return kb / 1024
		}
	}
	b.Fatal("no RssAnon")
	return 0
}

// benchRecord has an id as terminals make them: in order of time, roughly.
func benchRecord(n int64) store.Record {
	return store.Record{
		Lane: wire.LaneMatters, ID: fmt.Sprintf("0199a0b1-%04x-7%03x-8000-%012x", n>>12&0xffff, n&0xfff, n*0x9e3779b9),
		Terminal: "MX0427-1", Item: "pension-check", Version: "0123456789ab",
		Digest: hex.EncodeToString(bytes.Repeat([]byte{byte(n)}, digestSize)), Packet: bytes.Repeat([]byte{byte(n)}, benchPacket),
		StoredAt: time.UnixMicro(n),
	}
}

func appendAndSync(b *testing.B, n int) time.Duration {
	b.Helper()
	f, err := os.OpenFile(filepath.Join(b.TempDir(), "raw"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	packet := bytes.Repeat([]byte{1}, benchPacket)
	began := time.Now()
	for range n {
		if _, err := f.Write(packet); err != nil {
			b.Fatal(err)
		}
		if err := syscall.Fdatasync(int(f.Fd())); err != nil {
			b.Fatal(err)
		}
	}
	return time.Since(began) / time.Duration(n)
}
