package storetest

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"zhizhu/offline/gateway/store"
	"zhizhu/offline/wire"
)

// sharedTests open two stores at one place. Where an engine can't be shared, the second open must say so, so that no
// two processes write to one file.
func sharedTests() map[string]func(*testing.T, Engine) {
	return map[string]func(*testing.T, Engine){
		"SharedPuts":     sharing(testSharedPuts),
		"SharedBlobs":    sharing(testSharedBlobs),
		"SharedPosts":    sharing(testSharedPosts),
		"SharedHandover": sharing(func(t *testing.T, a, b store.Store) { leaseAll(t, []store.Store{a, b, a, b}) }),
		"SharedCodes":    sharing(testSharedCodes),
	}
}

func sharing(test func(t *testing.T, a, b store.Store)) func(*testing.T, Engine) {
	return func(t *testing.T, engine Engine) {
		place := engine(t)
		first := open(t, place)
		if !place.Shared {
			if second, err := place.Open(); err == nil {
				t.Fatalf("opened twice, close: %v", second.Close())
			}
			return
		}
		test(t, first, open(t, place))
	}
}

func testSharedPuts(t *testing.T, a, b store.Store) {
	const senders, ids = 8, 60
	fresh := make([][]bool, senders)
	var all sync.WaitGroup
	for n := range senders {
		fresh[n] = make([]bool, ids)
		s := []store.Store{a, b}[n%2]
		all.Go(func() {
			for i := range ids {
				put, err := s.PutIfAbsent(t.Context(), Record(wire.LaneMatters, fmt.Sprintf("id-%03d", i), "x"))
				if err != nil {
					t.Errorf("put: %v", err)
				}
				fresh[n][i] = !put.Again
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
		}
		if stored != 1 {
			t.Errorf("id %d was stored %d times", i, stored)
		}
	}
	list, err := b.List(t.Context(), wire.LaneMatters, 0, 1000)
	if err != nil || len(list) != ids || list[ids-1].Seq != ids {
		t.Fatalf("listed %d, %v", len(list), err)
	}
	if _, err := a.PutIfAbsent(t.Context(), Record(wire.LaneMatters, "id-000", "other")); !errors.Is(err, store.ErrConflict) {
		t.Fatalf("put another digest: %v", err)
	}
}

func testSharedBlobs(t *testing.T, a, b store.Store) {
	digest, data := picture(100, 'a')
	for from := 0; from < 100; from += 20 { // a load balancer sends each piece elsewhere
		mustAppend(t, a, chunk(digest, data, from, from+10))
		mustAppend(t, b, chunk(digest, data, from+10, from+20))
	}
	mustFinish(t, a, digest, data, 1)
	if stored, again, err := b.FinishBlob(t.Context(), digest, at(2)); err != nil || !again || !stored.Equal(at(1)) {
		t.Fatalf("finish again: %v, %t, %v", stored, again, err)
	}
}

func testSharedPosts(t *testing.T, a, b store.Store) {
	mustPost(t, a, "MX0427-1", "a")
	mustPost(t, b, "MX0427-1", "b")
	mustPost(t, b, "MX0427-1", "a")
	mustPost(t, a, "MX0427-1", "c")
	for _, s := range []store.Store{a, b} {
		mustHave(t, s, "MX0427-1", 0, 9, "1 a", "2 b", "3 c")
	}
}

func testSharedCodes(t *testing.T, a, b store.Store) {
	const codes = 12
	for i := range codes {
		mustAddCode(t, a, fmt.Sprintf("mac%d", i), "MX0427")
	}
	numbers := make([]int, codes)
	var all sync.WaitGroup
	for i := range codes {
		s := []store.Store{a, b}[i%2]
		all.Go(func() {
			c := claim(fmt.Sprintf("mac%d", i), fmt.Sprintf("key%d", i))
			terminal, err := s.Redeem(t.Context(), c, issueFor(c))
			if err != nil {
				t.Errorf("redeem: %v", err)
			}
			numbers[i] = terminal.Number
		})
	}
	all.Wait()
	given := map[int]bool{}
	for _, n := range numbers {
		if n < 1 || n > codes || given[n] {
			t.Fatalf("numbers %v", numbers)
		}
		given[n] = true
	}
}
