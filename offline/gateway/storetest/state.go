package storetest

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"zhizhu/offline/gateway/store"
	"zhizhu/offline/wire"
)

func testWasEmpty(t *testing.T, engine Engine) {
	for name, fill := range map[string]func(t *testing.T, s store.Store){
		"matter": func(t *testing.T, s store.Store) { mustPut(t, s, Record(wire.LaneMatters, "a", "x")) },
		"event":  func(t *testing.T, s store.Store) { mustPut(t, s, Record(wire.LaneEvents, "a", "x")) },
		"keys": func(t *testing.T, s store.Store) {
			if _, err := s.KeepFingerprint(t.Context(), "own"); err != nil {
				t.Fatal(err)
			}
		},
		"rating": func(t *testing.T, s store.Store) { mustPut(t, s, Record(wire.LaneRatings, "a", "x")) },
		"code":   func(t *testing.T, s store.Store) { mustAddCode(t, s, "mac", "MX0427") },
	} {
		t.Run(name, func(t *testing.T) {
			place := engine(t)
			for range 2 { // opening alone keeps nothing
				s, err := place.Open()
				if err != nil || !s.WasEmpty() {
					t.Fatalf("new store was not empty, or %v", err)
				}
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
			}
			s, err := place.Open()
			if err != nil {
				t.Fatal(err)
			}
			fill(t, s)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			if open(t, place).WasEmpty() {
				t.Fatal("what was kept is not seen")
			}
		})
	}
}

func testFingerprint(t *testing.T, engine Engine) {
	place := engine(t)
	s := open(t, place)
	for _, own := range []string{"first", "second", "first"} {
		if kept, err := s.KeepFingerprint(t.Context(), own); err != nil || kept != "first" {
			t.Fatalf("keep %s: %q, %v", own, kept, err)
		}
	}
}

func testPurge(t *testing.T, engine Engine) {
	place := engine(t)
	s, err := place.Open()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Purge(t.Context(), wire.LaneMatters, "a"); !errors.Is(err, store.ErrNotFound) {
		t.Fatalf("purge what never was: %v", err)
	}
	r, other := Record(wire.LaneMatters, "a", "one"), Record(wire.LaneMatters, "b", "other")
	mustPut(t, s, r)
	mustPut(t, s, other)
	for range 2 {
		if err := s.Purge(t.Context(), r.Lane, r.ID); err != nil {
			t.Fatalf("purge: %v", err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, place)
	gone := r
	gone.Packet, gone.Purged = nil, true
	mustHold(t, s, gone)
	mustHold(t, s, other)
	later := r
	later.StoredAt = at(59)
	if put := mustPut(t, s, later); !put.Again || !put.StoredAt.Equal(r.StoredAt) {
		t.Fatalf("put a purged one again: %+v", put)
	}
	if _, err := s.PutIfAbsent(t.Context(), Record(r.Lane, r.ID, "two")); !errors.Is(err, store.ErrConflict) {
		t.Fatalf("put another digest: %v", err)
	}
	mustHold(t, s, gone)
	if n, err := s.Count(t.Context(), r.Lane); n != 2 || err != nil {
		t.Fatalf("count %d, %v", n, err)
	}
	if list, err := s.List(t.Context(), r.Lane, 0, 9); err != nil || len(list) != 2 || !same(list[0], gone) || !same(list[1], other) {
		t.Fatalf("listed %+v, %v", list, err)
	}
}

// testListMissesNothing lists while others put: who remembers the last Seq sees every record once.
func testListMissesNothing(t *testing.T, engine Engine) {
	s := open(t, engine(t))
	const putters, each = 8, 40
	var all sync.WaitGroup
	for n := range putters {
		all.Go(func() {
			for i := range each {
				if _, err := s.PutIfAbsent(t.Context(), Record(wire.LaneMatters, fmt.Sprintf("id-%d-%d", n, i), "x")); err != nil {
					t.Errorf("put: %v", err)
				}
			}
		})
	}
	ended := make(chan struct{})
	go func() { all.Wait(); close(ended) }()
	seen, after := map[string]bool{}, uint64(0)
	for last := false; !last; {
		select {
		case <-ended:
			last = true // one more look, at what was put until now
		default:
		}
		list, err := s.List(t.Context(), wire.LaneMatters, after, 1000)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range list {
			if seen[r.ID] || r.Seq != after+1 {
				t.Fatalf("listed %s as %d after %d, seen before: %t", r.ID, r.Seq, after, seen[r.ID])
			}
			seen[r.ID], after = true, r.Seq
		}
	}
	if len(seen) != putters*each {
		t.Fatalf("listed %d of %d", len(seen), putters*each)
	}
}

// testConflictAmongMany sends one id with two digests from many sides at once, again and again: one digest wins, and
// everybody is told the same.
func testConflictAmongMany(t *testing.T, engine Engine) {
	s := open(t, engine(t))
	for i := range 20 {
		id := fmt.Sprint("id-", i)
		const senders = 8
		puts, errs := make([]store.Put, senders), make([]error, senders)
		var all sync.WaitGroup
		for n := range senders {
			all.Go(func() {
				puts[n], errs[n] = s.PutIfAbsent(t.Context(), Record(wire.LaneMatters, id, fmt.Sprint("text ", n%2)))
			})
		}
		all.Wait()
		kept, err := s.Get(t.Context(), wire.LaneMatters, id)
		if err != nil {
			t.Fatal(err)
		}
		fresh := 0
		for n := range senders {
			won := Record(wire.LaneMatters, id, fmt.Sprint("text ", n%2)).Digest == kept.Digest
			if won != (errs[n] == nil) || !won && !errors.Is(errs[n], store.ErrConflict) {
				t.Fatalf("sender %d, won %t: %v", n, won, errs[n])
			}
			if won && !puts[n].Again {
				fresh++
			}
		}
		if fresh != 1 {
			t.Fatalf("%d were the first", fresh)
		}
	}
}
