package storetest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"zhizhu/offline/gateway/store"
	"zhizhu/offline/wire"
)

// Place is a fresh place for a store. Open may be called again after the store that it returned was closed: what was
// kept must be there.
type Place struct {
	Open func() (store.Store, error)
	// Shared says that Open may also be called while another store is open at the place, as several gateways do.
	Shared bool
}

// Engine makes a fresh place; what must be cleaned up is left to t.Cleanup.
type Engine func(t *testing.T) Place

// Run runs the whole suite.
func Run(t *testing.T, engine Engine) {
	for _, tests := range []map[string]func(*testing.T, Engine){
		recordTests(), terminalTests(), blobTests(), postTests(), handoverTests(), sharedTests(),
	} {
		for name, test := range tests {
			t.Run(name, func(t *testing.T) {
				t.Parallel() // most of each is waiting for the disk
				test(t, engine)
			})
		}
	}
}

func recordTests() map[string]func(*testing.T, Engine) {
	return map[string]func(*testing.T, Engine){
		"PutAndGet":          testPutAndGet,
		"AgainHasFirstTime":  testAgain,
		"ConflictKeepsFirst": testConflict,
		"LanesAreApart":      testLanes,
		"UnknownLane":        testUnknownLane,
		"BadDigest":          testBadDigest,
		"BadID":              testBadID,
		"ListInOrder":        testList,
		"ListMissesNothing":  testListMissesNothing,
		"OnceAmongMany":      testOnceAmongMany,
		"ConflictAmongMany":  testConflictAmongMany,
		"ReopenKeepsAll":     testReopen,
		"CancelledContext":   testCancelled,
		"LargePacket":        testLarge,
		"Purge":              testPurge,
		"WasEmpty":           testWasEmpty,
		"Fingerprint":        testFingerprint,
		"Model":              testModel,
	}
}

// Record returns a record whose content follows from its id and text.
func Record(lane, id, text string) store.Record {
	packet := []byte("packet of " + id + ": " + text)
	sum := sha256.Sum256(packet) // any 32 bytes will do
	return store.Record{
		Lane: lane, ID: id, Terminal: "MX0427-1", Item: "pension-check", Version: "0123456789ab",
		Digest: hex.EncodeToString(sum[:]), Packet: packet, StoredAt: at(0),
	}
}

func at(second int) time.Time {
	return time.Date(2026, time.November, 23, 8, 0, second, 123456000, time.UTC)
}

func open(t *testing.T, p Place) store.Store {
	t.Helper()
	s, err := p.Open()
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

func mustPut(t *testing.T, s store.Store, r store.Record) store.Put {
	t.Helper()
	put, err := s.PutIfAbsent(t.Context(), r)
	if err != nil {
		t.Fatalf("put %s: %v", r.ID, err)
	}
	return put
}

func same(a, b store.Record) bool {
	return a.Lane == b.Lane && a.ID == b.ID && a.Terminal == b.Terminal && a.Item == b.Item && a.Version == b.Version &&
		a.Digest == b.Digest && a.StoredAt.Equal(b.StoredAt) && bytes.Equal(a.Packet, b.Packet) && a.Purged == b.Purged
}

func mustHold(t *testing.T, s store.Store, want store.Record) {
	t.Helper()
	got, err := s.Get(t.Context(), want.Lane, want.ID)
	if err != nil {
		t.Fatalf("get %s: %v", want.ID, err)
	}
	if !same(got, want) {
		t.Fatalf("get %s: got %+v, want %+v", want.ID, got, want)
	}
}

func testPutAndGet(t *testing.T, engine Engine) {
	s := open(t, engine(t))
	r := Record(wire.LaneMatters, "a", "one")
	if _, err := s.Get(t.Context(), r.Lane, r.ID); !errors.Is(err, store.ErrNotFound) {
		t.Fatalf("get before put: %v", err)
	}
	if put := mustPut(t, s, r); put.Again || !put.StoredAt.Equal(r.StoredAt) {
		t.Fatalf("first put: %+v", put)
	}
	mustHold(t, s, r)
	// What is handed in afterwards belongs to the caller again.
	r.Packet[0] ^= 0xff
	r.Packet = nil
	got, err := s.Get(t.Context(), r.Lane, r.ID)
	if err != nil || got.Packet[0] != 'p' {
		t.Fatalf("stored packet follows the caller's bytes: %q, %v", got.Packet, err)
	}
}

func testAgain(t *testing.T, engine Engine) {
	s := open(t, engine(t))
	first := Record(wire.LaneMatters, "a", "one")
	mustPut(t, s, first)
	later := first
	later.StoredAt = at(59)
	for range 3 {
		if put := mustPut(t, s, later); !put.Again || !put.StoredAt.Equal(first.StoredAt) {
			t.Fatalf("put again: %+v, first stored at %v", put, first.StoredAt)
		}
	}
	mustHold(t, s, first)
	if n, err := s.Count(t.Context(), first.Lane); n != 1 || err != nil {
		t.Fatalf("count %d, %v", n, err)
	}
}

func testConflict(t *testing.T, engine Engine) {
	s := open(t, engine(t))
	first := Record(wire.LaneMatters, "a", "one")
	mustPut(t, s, first)
	if _, err := s.PutIfAbsent(t.Context(), Record(wire.LaneMatters, "a", "two")); !errors.Is(err, store.ErrConflict) {
		t.Fatalf("put of another digest: %v", err)
	}
	mustHold(t, s, first)
}

func testLanes(t *testing.T, engine Engine) {
	s := open(t, engine(t))
	all := []store.Record{
		Record(wire.LaneMatters, "a", "one"), Record(wire.LaneRatings, "a", "two"), Record(wire.LaneEvents, "a", "three"),
	}
	for _, r := range all {
		if put := mustPut(t, s, r); put.Again {
			t.Fatal("an id of one lane is taken for another's")
		}
	}
	for _, r := range all {
		mustHold(t, s, r)
	}
}

func testUnknownLane(t *testing.T, engine Engine) {
	s := open(t, engine(t))
	_, err := s.PutIfAbsent(t.Context(), Record("letters", "a", "one"))
	if err == nil || errors.Is(err, store.ErrConflict) {
		t.Fatalf("put into an unknown lane: %v", err)
	}
	if _, err := s.Get(t.Context(), "letters", "a"); err == nil || errors.Is(err, store.ErrNotFound) {
		t.Fatalf("get from an unknown lane: %v", err)
	}
	// The good ones that travel with a bad one are not held up.
	mustPut(t, s, Record(wire.LaneMatters, "a", "one"))
}

func testBadDigest(t *testing.T, engine Engine) {
	s := open(t, engine(t))
	for _, digest := range []string{"", "abc", hex.EncodeToString(make([]byte, 31)), string(make([]byte, 64))} {
		r := Record(wire.LaneMatters, "a", "one")
		r.Digest = digest
		if _, err := s.PutIfAbsent(t.Context(), r); err == nil {
			t.Errorf("digest %q is stored", digest)
		}
	}
}

func testBadID(t *testing.T, engine Engine) {
	s := open(t, engine(t))
	for name, id := range map[string]string{
		"empty": "", "long": strings.Repeat("x", 256), "zero byte": "a\x00b", "not UTF-8": "\xff",
	} {
		if _, err := s.PutIfAbsent(t.Context(), Record(wire.LaneMatters, id, "one")); err == nil {
			t.Errorf("%s id is stored", name)
		}
	}
	mustPut(t, s, Record(wire.LaneMatters, strings.Repeat("x", 255), "one"))
}

func testList(t *testing.T, engine Engine) {
	s := open(t, engine(t))
	const n = 25
	for i := range n {
		mustPut(t, s, Record(wire.LaneMatters, fmt.Sprintf("id-%02d", (i*7)%n), "x"))
	}
	mustPut(t, s, Record(wire.LaneRatings, "other", "x"))
	var after uint64
	var ids []string
	for {
		page, err := s.List(t.Context(), wire.LaneMatters, after, 4)
		if err != nil || len(page) > 4 {
			t.Fatalf("page of %d: %v", len(page), err)
		}
		if len(page) == 0 {
			break
		}
		for _, r := range page {
			if r.Seq <= after {
				t.Fatalf("seq %d after %d", r.Seq, after)
			}
			if !same(r, Record(wire.LaneMatters, r.ID, "x")) {
				t.Fatalf("listed %+v", r)
			}
			after = r.Seq
			ids = append(ids, r.ID)
		}
	}
	for i := range n {
		if want := fmt.Sprintf("id-%02d", (i*7)%n); len(ids) != n || ids[i] != want {
			t.Fatalf("listed %d records, number %d is %v, want %s", len(ids), i, ids, want)
		}
	}
}

// testOnceAmongMany sends the same ids from many sides at once: each is stored by exactly one.
func testOnceAmongMany(t *testing.T, engine Engine) {
	s := open(t, engine(t))
	const senders, ids = 8, 100
	fresh := make([][]bool, senders)
	times := make([][]time.Time, senders)
	var all sync.WaitGroup
	for n := range senders {
		fresh[n], times[n] = make([]bool, ids), make([]time.Time, ids)
		all.Go(func() {
			for i := range ids {
				r := Record(wire.LaneMatters, fmt.Sprintf("id-%03d", i), "x")
				r.StoredAt = at(n)
				put, err := s.PutIfAbsent(t.Context(), r)
				if err != nil {
					t.Errorf("put: %v", err)
				}
				fresh[n][i], times[n][i] = !put.Again, put.StoredAt
			}
		})
	}
	all.Wait()
	for i := range ids {
		stored := 0
		for n := range senders {
			if fresh[n][i] {
				stored++
			}
			if !times[n][i].Equal(times[0][i]) {
				t.Errorf("id %d was acknowledged with two times", i)
			}
		}
		if stored != 1 {
			t.Errorf("id %d was stored %d times", i, stored)
		}
	}
	if n, err := s.Count(t.Context(), wire.LaneMatters); n != ids || err != nil {
		t.Fatalf("count %d, %v", n, err)
	}
}

func testReopen(t *testing.T, engine Engine) {
	place := engine(t)
	s, err := place.Open()
	if err != nil {
		t.Fatal(err)
	}
	r := Record(wire.LaneMatters, "a", "one")
	mustPut(t, s, r)
	mustAddCode(t, s, "mac", "MX0427")
	first := mustRedeem(t, s, claim("mac", "key"))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.PutIfAbsent(t.Context(), r); err == nil {
		t.Fatal("a closed store takes records")
	}
	s = open(t, place)
	mustHold(t, s, r)
	if put := mustPut(t, s, r); !put.Again {
		t.Fatal("the id is forgotten")
	}
	if _, err := s.PutIfAbsent(t.Context(), Record(r.Lane, r.ID, "two")); !errors.Is(err, store.ErrConflict) {
		t.Fatalf("put of another digest: %v", err)
	}
	if again := mustRedeem(t, s, claim("mac", "key")); again.ID != first.ID {
		t.Fatalf("the code's terminal was %s, is %s", first.ID, again.ID)
	}
	if kept, err := s.Terminal(t.Context(), first.ID); err != nil || kept.Certificate != first.Certificate {
		t.Fatalf("terminal %+v, %v", kept, err)
	}
	mustAddCode(t, s, "mac2", "MX0427")
	if next := mustRedeem(t, s, claim("mac2", "key2")); next.Number != first.Number+1 {
		t.Fatalf("numbers %d and %d", first.Number, next.Number)
	}
}

func testCancelled(t *testing.T, engine Engine) {
	s := open(t, engine(t))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := Record(wire.LaneMatters, "a", "one")
	if _, err := s.Get(ctx, r.Lane, r.ID); !errors.Is(err, context.Canceled) {
		t.Errorf("get: %v", err)
	}
	if _, err := s.List(ctx, r.Lane, 0, 10); !errors.Is(err, context.Canceled) {
		t.Errorf("list: %v", err)
	}
	// A put may have been stored or not, but what it says must be true.
	if _, err := s.PutIfAbsent(ctx, r); err == nil {
		mustHold(t, s, r)
	}
	mustPut(t, s, r)
	mustHold(t, s, r)
}

func testLarge(t *testing.T, engine Engine) {
	s := open(t, engine(t))
	r := Record(wire.LaneMatters, "large", "x")
	r.Packet = bytes.Repeat([]byte{0, 1, 0xff}, 100_000)
	mustPut(t, s, r)
	mustHold(t, s, r)
}
