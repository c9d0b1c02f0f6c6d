package postgres

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"zhizhu/offline/gateway/postgres/pgtest"
	"zhizhu/offline/gateway/store"
	"zhizhu/offline/gateway/storetest"
	"zhizhu/offline/wire"
)

func mustOpen(tb testing.TB, dsn string) *DB {
	tb.Helper()
	db, err := Open(tb.Context(), Options{DSN: dsn})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := db.Close(); err != nil {
			tb.Error(err)
		}
	})
	return db
}

// TestWithoutServer is about a server that goes away and comes back.
func TestWithoutServer(t *testing.T) {
	server := pgtest.New(t)
	t.Run("crashes", func(t *testing.T) { testCrashes(t, server) })
	t.Run("calls come back", func(t *testing.T) { testCallsComeBack(t, server) })
}

// testCrashes ends the server in the middle of puts from two gateways, several times. Senders do what terminals
// do: they ask again until they have an answer. What was answered is there, once, and both gateways recover by
// themselves.
func testCrashes(t *testing.T, server *pgtest.Server) {
	dsn := server.DSN(t)
	gateways := []*DB{mustOpen(t, dsn), mustOpen(t, dsn)}
	const senders, crashes, between = 8, 3, 150
	var answered, doubts atomic.Int64
	stop := make(chan struct{})
	stored := make([][]string, senders)
	var all sync.WaitGroup
	for n := range senders {
		all.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				r := storetest.Record(wire.LaneMatters, fmt.Sprintf("%d-%d", n, i), "x")
				if !sendUntilAnswered(t, gateways, n, r, &doubts) {
					return
				}
				stored[n] = append(stored[n], r.ID)
				answered.Add(1)
			}
		})
	}
	for range crashes {
		waitFor(t, func() bool { return answered.Load() > between })
		server.Stop(t)
		waitFor(t, func() bool { return doubts.Load() > 0 })
		server.Start(t)
		answered.Store(0)
		doubts.Store(0)
	}
	waitFor(t, func() bool { return answered.Load() > between })
	close(stop)
	all.Wait()
	checkOnce(t, gateways[1], stored)
}

// sendUntilAnswered sends a record by one gateway or the other until it is answered.
func sendUntilAnswered(t *testing.T, gateways []*DB, first int, r store.Record, doubts *atomic.Int64) bool {
	for try := first; ; try++ {
		_, err := gateways[try%len(gateways)].PutIfAbsent(t.Context(), r)
		switch {
		case err == nil:
			return true
		case errors.Is(err, store.ErrConflict), errors.Is(err, store.ErrNotFound), t.Context().Err() != nil:
			t.Errorf("put: %v", err)
			return false
		}
		doubts.Add(1)
	}
}

func checkOnce(t *testing.T, db *DB, stored [][]string) {
	t.Helper()
	listed, after := map[string]int{}, uint64(0)
	for {
		page, err := db.List(t.Context(), wire.LaneMatters, after, 500)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		for _, r := range page {
			if listed[r.ID]++; r.Seq != after+1 {
				t.Fatalf("seq %d after %d", r.Seq, after)
			}
			after = r.Seq
		}
	}
	n := 0
	for _, ids := range stored {
		for _, id := range ids {
			if n++; listed[id] != 1 {
				t.Errorf("%s was answered, and is there %d times", id, listed[id])
			}
		}
	}
	if len(listed) != n {
		t.Errorf("%d ids are there, %d were answered", len(listed), n)
	}
}

// waitFor asks until something is so; a loaded machine has two minutes.
func waitFor(t *testing.T, so func() bool) {
	t.Helper()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	end := time.After(2 * time.Minute)
	for !so() {
		select {
		case <-ticker.C:
		case <-end:
			t.Fatal("waited in vain")
		}
	}
}

func testCallsComeBack(t *testing.T, server *pgtest.Server) {
	db := mustOpen(t, server.DSN(t))
	r := storetest.Record(wire.LaneMatters, "a", "x")
	if _, err := db.PutIfAbsent(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	server.Stop(t)
	known := []error{store.ErrNotFound, store.ErrConflict, store.ErrCodeUnknown, store.ErrOffset, store.ErrPurged}
	for name, call := range map[string]func() error{
		"put":       func() error { _, err := db.PutIfAbsent(t.Context(), r); return err },
		"get":       func() error { _, err := db.Get(t.Context(), r.Lane, r.ID); return err },
		"list":      func() error { _, err := db.List(t.Context(), r.Lane, 0, 9); return err },
		"terminal":  func() error { _, err := db.Terminal(t.Context(), "MX0427-1"); return err },
		"redeem":    func() error { _, err := db.Redeem(t.Context(), store.Claim{MAC: "mac"}, nil); return err },
		"heartbeat": func() error { return db.SetHeartbeat(t.Context(), "MX0427-1", time.Unix(0, 0), nil) },
		"blob":      func() error { _, err := db.Blob(t.Context(), r.Digest); return err },
		"due":       func() error { _, err := db.Due(t.Context(), "folder", r.Lane, r.StoredAt, time.Second, 9); return err },
	} {
		err := call()
		if err == nil {
			t.Errorf("%s goes well", name)
		}
		for _, kind := range known { // nothing may be said of what can't be known
			if errors.Is(err, kind) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	server.Start(t)
	if put, err := db.PutIfAbsent(t.Context(), r); err != nil || !put.Again {
		t.Fatalf("put again: %+v, %v", put, err)
	}
}
