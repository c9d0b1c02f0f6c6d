package storetest

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"zhizhu/offline/gateway/store"
	"zhizhu/offline/wire"
)

const (
	folder   = "folder"
	leaseFor = 10 * time.Second
)

func handoverTests() map[string]func(*testing.T, Engine) {
	return map[string]func(*testing.T, Engine){
		"HandoverInOrder":       testHandoverOrder,
		"HandoverLeaseEnds":     testHandoverLease,
		"HandoverRetries":       testHandoverRetries,
		"HandoverDoneStays":     testHandoverDone,
		"HandoverOnceAmongMany": testHandoverOnce,
		"HandoverBacklog":       testHandoverBacklog,
		"HandoverPurged":        testHandoverPurged,
		"HandoverOutOfTurn":     testHandoverOutOfTurn,
		"HandoverModel":         testHandoverModel,
	}
}

// mustLease leases what is due at a second and compares the ids, given as one string each.
func mustLease(t *testing.T, s store.Store, adapter string, second, limit int, want ...string) {
	t.Helper()
	list, err := s.Due(t.Context(), adapter, wire.LaneMatters, at(second), leaseFor, limit)
	if err != nil {
		t.Fatalf("due: %v", err)
	}
	var got []string
	for _, r := range list {
		if !same(r, Record(r.Lane, r.ID, "x")) || r.Seq == 0 {
			t.Fatalf("due: %+v", r)
		}
		got = append(got, r.ID)
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Fatalf("due at %d: %q, want %q", second, got, want)
	}
}

func mustHand(t *testing.T, s store.Store, id string, h store.Handover) {
	t.Helper()
	if err := s.Handed(t.Context(), folder, wire.LaneMatters, id, h); err != nil {
		t.Fatalf("handed: %v", err)
	}
}

func putMatters(t *testing.T, s store.Store, ids ...string) {
	t.Helper()
	for _, id := range ids {
		mustPut(t, s, Record(wire.LaneMatters, id, "x"))
	}
}

func failed(tries, next int) store.Handover {
	return store.Handover{Tries: tries, Next: at(next), Note: "refused the connection", At: at(next - 1)}
}

func testHandoverOrder(t *testing.T, engine Engine) {
	s := open(t, engine(t))
	mustLease(t, s, folder, 0, 9)
	putMatters(t, s, "c", "a", "b")
	mustPut(t, s, Record(wire.LaneRatings, "rating", "x"))
	mustLease(t, s, folder, 0, 2, "c", "a")
	mustLease(t, s, "other", 0, 9, "c", "a", "b")
	putMatters(t, s, "d")
	mustLease(t, s, folder, 0, 9, "b", "d")
	mustLease(t, s, folder, 0, 9)
	if _, err := s.Due(t.Context(), folder, "letters", at(0), leaseFor, 9); err == nil {
		t.Fatal("an unknown lane has what is due")
	}
}

func testHandoverLease(t *testing.T, engine Engine) {
	place := engine(t)
	s, err := place.Open()
	if err != nil {
		t.Fatal(err)
	}
	putMatters(t, s, "a", "b")
	mustLease(t, s, folder, 0, 1, "a")
	if err := s.Close(); err != nil { // this gateway never comes back to it
		t.Fatal(err)
	}
	s = open(t, place)
	mustLease(t, s, folder, 9, 9, "b")
	mustLease(t, s, folder, 9, 9)
	mustLease(t, s, folder, 10, 9, "a")
	mustLease(t, s, folder, 19, 9, "b")
	mustHand(t, s, "a", store.Handover{Done: true, Tries: 1, At: at(20)})
	mustLease(t, s, folder, 59, 9, "b")
	h, err := s.Handover(t.Context(), folder, wire.LaneMatters, "b")
	if err != nil || h != (store.Handover{}) {
		t.Fatalf("leased, never tried to its end: %+v, %v", h, err)
	}
}

func testHandoverRetries(t *testing.T, engine Engine) {
	s := open(t, engine(t))
	putMatters(t, s, "a", "b", "c")
	mustLease(t, s, folder, 0, 9, "a", "b", "c")
	mustHand(t, s, "a", failed(1, 40))
	mustHand(t, s, "b", failed(1, 5)) // before its lease would end
	mustHand(t, s, "c", store.Handover{Done: true, Tries: 1, At: at(1), Note: "2026-1"})
	putMatters(t, s, "d")
	mustLease(t, s, folder, 4, 9, "d")
	mustLease(t, s, folder, 5, 9, "b")
	mustHand(t, s, "b", failed(2, 50))
	mustLease(t, s, folder, 39, 9, "d") // its lease ended
	mustHand(t, s, "d", store.Handover{Done: true, At: at(39), Tries: 1})
	mustLease(t, s, folder, 59, 9, "a", "b")
	h, err := s.Handover(t.Context(), folder, wire.LaneMatters, "b")
	if err != nil || h.Done || h.Tries != 2 || !h.Next.Equal(at(50)) || !h.At.Equal(at(49)) || h.Note != "refused the connection" {
		t.Fatalf("handover of b: %+v, %v", h, err)
	}
	if _, err := s.Handover(t.Context(), folder, wire.LaneMatters, "nobody's"); !errors.Is(err, store.ErrNotFound) {
		t.Fatalf("handover of an unknown id: %v", err)
	}
	if err := s.Handed(t.Context(), folder, wire.LaneMatters, "nobody's", failed(1, 1)); !errors.Is(err, store.ErrNotFound) {
		t.Fatalf("handed an unknown id: %v", err)
	}
}

func testHandoverDone(t *testing.T, engine Engine) {
	place := engine(t)
	s, err := place.Open()
	if err != nil {
		t.Fatal(err)
	}
	putMatters(t, s, "a")
	mustLease(t, s, folder, 0, 9, "a")
	mustLease(t, s, folder, 10, 9, "a") // the first one is slow
	done := store.Handover{Done: true, Tries: 2, Note: "2026-1", At: at(11)}
	mustHand(t, s, "a", done)
	mustHand(t, s, "a", failed(1, 12)) // what the slow one has to say
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, place)
	h, err := s.Handover(t.Context(), folder, wire.LaneMatters, "a")
	if err != nil || !h.Done || h.Tries != 2 || h.Note != "2026-1" || !h.At.Equal(at(11)) {
		t.Fatalf("handover: %+v, %v", h, err)
	}
	mustLease(t, s, folder, 59, 9)
	mustLease(t, s, "other", 59, 9, "a")
}

// testHandoverOnce leases from many sides at once, while records arrive: each is leased by one.
func testHandoverOnce(t *testing.T, engine Engine) {
	s := open(t, engine(t))
	leaseAll(t, []store.Store{s, s, s, s})
}

// leaseAll lets each store lease until all of its records are taken.
func leaseAll(t *testing.T, stores []store.Store) {
	t.Helper()
	const records = 120
	var all sync.WaitGroup
	all.Go(func() {
		for i := range records {
			if _, err := stores[0].PutIfAbsent(t.Context(), Record(wire.LaneMatters, fmt.Sprintf("id-%03d", i), "x")); err != nil {
				t.Errorf("put: %v", err)
			}
		}
	})
	var mu sync.Mutex
	taken := map[string]int{}
	count := func() int { mu.Lock(); defer mu.Unlock(); return len(taken) }
	for _, s := range stores {
		all.Go(func() {
			for count() < records && !t.Failed() {
				list, err := s.Due(t.Context(), folder, wire.LaneMatters, at(0), time.Hour, 7)
				if err != nil {
					t.Errorf("due: %v", err)
					return
				}
				mu.Lock()
				for _, r := range list {
					taken[r.ID]++
				}
				mu.Unlock()
				for _, r := range list {
					if err := s.Handed(t.Context(), folder, r.Lane, r.ID, store.Handover{Done: true, Tries: 1, At: at(1)}); err != nil {
						t.Errorf("handed: %v", err)
					}
				}
			}
		})
	}
	all.Wait()
	for id, n := range taken {
		if n != 1 {
			t.Errorf("%s was leased %d times", id, n)
		}
	}
	if b, err := stores[0].Backlog(t.Context(), folder, wire.LaneMatters); err != nil || b != (store.Backlog{}) {
		t.Fatalf("backlog after all: %+v, %v", b, err)
	}
}

func mustBacklog(t *testing.T, s store.Store, want store.Backlog) {
	t.Helper()
	got, err := s.Backlog(t.Context(), folder, wire.LaneMatters)
	if err != nil || got.Waiting != want.Waiting || got.Failing != want.Failing || got.Tries != want.Tries || !got.Oldest.Equal(want.Oldest) {
		t.Fatalf("backlog %+v, %v, want %+v", got, err, want)
	}
}

func testHandoverBacklog(t *testing.T, engine Engine) {
	s := open(t, engine(t))
	mustBacklog(t, s, store.Backlog{})
	for i, id := range []string{"a", "b", "c", "d"} {
		r := Record(wire.LaneMatters, id, "x")
		r.StoredAt = at(i)
		mustPut(t, s, r)
	}
	mustBacklog(t, s, store.Backlog{Waiting: 4, Oldest: at(0)})
	if list, err := s.Due(t.Context(), folder, wire.LaneMatters, at(5), leaseFor, 3); err != nil || len(list) != 3 {
		t.Fatalf("due: %+v, %v", list, err)
	}
	mustBacklog(t, s, store.Backlog{Waiting: 4, Oldest: at(0)})
	mustHand(t, s, "a", store.Handover{Done: true, Tries: 1, At: at(6)})
	mustHand(t, s, "b", failed(3, 30))
	mustHand(t, s, "c", failed(1, 20))
	mustBacklog(t, s, store.Backlog{Waiting: 3, Failing: 2, Tries: 3, Oldest: at(1)})
	list, err := s.Failing(t.Context(), folder, wire.LaneMatters, 9)
	if err != nil || len(list) != 2 || list[0].ID != "c" || list[1].ID != "b" || list[1].Tries != 3 || list[1].Lane != wire.LaneMatters ||
		list[1].Note != "refused the connection" || !list[1].Next.Equal(at(30)) {
		t.Fatalf("failing: %+v, %v", list, err)
	}
	if list, err := s.Failing(t.Context(), folder, wire.LaneMatters, 1); err != nil || len(list) != 1 {
		t.Fatalf("failing: %+v, %v", list, err)
	}
	mustHand(t, s, "b", store.Handover{Done: true, Tries: 4, At: at(30)})
	mustHand(t, s, "c", store.Handover{Done: true, Tries: 2, At: at(30)})
	mustBacklog(t, s, store.Backlog{Waiting: 1, Oldest: at(3)})
}

func testHandoverPurged(t *testing.T, engine Engine) {
	s := open(t, engine(t))
	putMatters(t, s, "a", "b", "c")
	mustLease(t, s, folder, 0, 1, "a")
	for _, id := range []string{"a", "b"} {
		if err := s.Purge(t.Context(), wire.LaneMatters, id); err != nil {
			t.Fatal(err)
		}
	}
	mustLease(t, s, folder, 10, 9, "c")
	mustHand(t, s, "c", store.Handover{Done: true, Tries: 1, At: at(11)})
	mustBacklog(t, s, store.Backlog{})
	mustLease(t, s, folder, 59, 9)
}

// testHandoverOutOfTurn says something of records before they were ever due, as staff may.
func testHandoverOutOfTurn(t *testing.T, engine Engine) {
	s := open(t, engine(t))
	putMatters(t, s, "a", "b", "c")
	mustHand(t, s, "b", store.Handover{Done: true, Tries: 1, At: at(1)})
	mustHand(t, s, "c", failed(1, 30))
	mustBacklog(t, s, store.Backlog{Waiting: 2, Failing: 1, Tries: 1, Oldest: at(0)})
	mustLease(t, s, folder, 2, 9, "a")
	mustLease(t, s, folder, 2, 9)
	mustLease(t, s, folder, 30, 9, "a", "c")
}
