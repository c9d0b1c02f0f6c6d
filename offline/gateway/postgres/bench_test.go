package postgres

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"zhizhu/offline/gateway/postgres/pgtest"
	"zhizhu/offline/gateway/store"
	"zhizhu/offline/wire"
)

const benchPacket = 2 << 10 // bytes; what a matter without attachments has

// BenchmarkPut stores records of one size from many senders, the server with fsync on and on the same cores, beside a
// plain loop of INSERTs by one connection in the same run. Metrics: rec/s, plain-rec/s, and x-plain, the one over the
// other.
func BenchmarkPut(b *testing.B) {
	server := pgtest.New(b)
	for _, gateways := range []int{1, 2} {
		for _, senders := range []int{8, 64, 256} {
			b.Run(fmt.Sprintf("gateways=%d/senders=%d", gateways, senders), func(b *testing.B) {
				benchPut(b, server, gateways, senders)
			})
		}
	}
}

func benchPut(b *testing.B, server *pgtest.Server, gateways, senders int) {
	dsn := server.DSN(b)
	var dbs []*DB
	for range gateways {
		dbs = append(dbs, mustOpen(b, dsn))
	}
	b.ResetTimer()
	began := time.Now()
	send(b, dbs, senders, false)
	mine := rate(b.N, time.Since(began))
	b.StopTimer()
	n := min(b.N, 2000)
	plain := rate(n, plainInserts(b, dsn, n))
	b.ReportMetric(mine, "rec/s")
	b.ReportMetric(plain, "plain-rec/s")
	b.ReportMetric(mine/plain, "x-plain")
}

// BenchmarkPutAgain sends records that are there, as terminals do after an outage.
func BenchmarkPutAgain(b *testing.B) {
	dbs := []*DB{mustOpen(b, pgtest.New(b).DSN(b))}
	send(b, dbs, 64, false)
	b.ResetTimer()
	began := time.Now()
	send(b, dbs, 64, true)
	b.ReportMetric(rate(b.N, time.Since(began)), "rec/s")
}

// BenchmarkHandOver leases b.N records in hundreds and hands each over, eight at a time. Metric: rec/s.
func BenchmarkHandOver(b *testing.B) {
	db := mustOpen(b, pgtest.New(b).DSN(b))
	send(b, []*DB{db}, 64, false)
	b.ResetTimer()
	began := time.Now()
	for done := 0; done < b.N; {
		list, err := db.Due(b.Context(), "folder", wire.LaneMatters, began, time.Hour, 100)
		if err != nil || len(list) == 0 {
			b.Fatalf("%d of %d: %d due, %v", done, b.N, len(list), err)
		}
		var all sync.WaitGroup
		for s := range 8 {
			all.Go(func() {
				for i := s; i < len(list); i += 8 {
					err := db.Handed(b.Context(), "folder", wire.LaneMatters, list[i].ID, store.Handover{Done: true, Tries: 1, At: began})
					if err != nil {
						b.Error(err)
					}
				}
			})
		}
		all.Wait()
		done += len(list)
	}
	b.ReportMetric(rate(b.N, time.Since(began)), "rec/s")
}

// send puts b.N records.
func send(b *testing.B, dbs []*DB, senders int, again bool) {
	b.Helper()
	var next atomic.Int64
	var all sync.WaitGroup
	for s := range senders {
		all.Go(func() {
			for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
				put, err := dbs[s%len(dbs)].PutIfAbsent(b.Context(), benchRecord(n))
				if err != nil || put.Again != again {
					b.Errorf("%+v, %v", put, err)
					return
				}
			}
		})
	}
	all.Wait()
}

func rate(n int, took time.Duration) float64 { return float64(n) / took.Seconds() }

// plainInserts stores records as a program without groups does, in a table with the same columns.
func plainInserts(b *testing.B, dsn string, n int) time.Duration {
	b.Helper()
	conn, err := pgx.Connect(b.Context(), dsn)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = conn.Close(b.Context()) }()
	if _, err := conn.Exec(b.Context(), "CREATE TABLE plain (LIKE record INCLUDING ALL)"); err != nil {
		b.Fatal(err)
	}
	began := time.Now()
	for i := range n {
		r := benchRecord(int64(i))
		digest, err := decodeDigest(r.Digest)
		if err != nil {
			b.Fatal(err)
		}
		_, err = conn.Exec(b.Context(), `INSERT INTO plain (lane, id, seq, terminal, item, version, digest, stored_at, packet)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING`,
			r.Lane, r.ID, i, r.Terminal, r.Item, r.Version, digest[:], r.StoredAt, r.Packet)
		if err != nil {
			b.Fatal(err)
		}
	}
	return time.Since(began)
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
