package storetest

import (
	"errors"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"zhizhu/offline/gateway/store"
	"zhizhu/offline/wire"
)

// testModel compares the engine with a plain map over random puts, looks and reopenings.
func testModel(t *testing.T, engine Engine) {
	place := engine(t)
	s, err := place.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}()
	kept := make(map[string]store.Record) // by lane and id; grows over all of rapid's runs
	lanes := rapid.SampledFrom([]string{wire.LaneMatters, wire.LaneRatings})
	ids := rapid.Map(rapid.IntRange(0, 40), func(n int) string { return fmt.Sprintf("id-%d", n) })
	texts := rapid.SampledFrom([]string{"one", "one", "one", "two"})
	rapid.Check(t, func(rt *rapid.T) {
		for range rapid.IntRange(1, 8).Draw(rt, "steps") {
			switch rapid.IntRange(0, 20).Draw(rt, "step") {
			case 0:
				if err := s.Close(); err != nil {
					rt.Fatalf("close: %v", err)
				}
				if s, err = place.Open(); err != nil {
					rt.Fatalf("open: %v", err)
				}
			case 1:
				checkCounts(t, rt, s, kept)
			default:
				r := Record(lanes.Draw(rt, "lane"), ids.Draw(rt, "id"), texts.Draw(rt, "text"))
				r.StoredAt = at(rapid.IntRange(0, 59).Draw(rt, "second"))
				checkPut(t, rt, s, kept, r)
			}
		}
	})
}

func checkPut(t *testing.T, rt *rapid.T, s store.Store, kept map[string]store.Record, r store.Record) {
	key := r.Lane + "/" + r.ID
	first, known := kept[key]
	put, err := s.PutIfAbsent(t.Context(), r)
	switch {
	case known && first.Digest != r.Digest:
		if !errors.Is(err, store.ErrConflict) {
			rt.Fatalf("put of another digest: %v", err)
		}
	case err != nil:
		rt.Fatalf("put: %v", err)
	case known:
		if !put.Again || !put.StoredAt.Equal(first.StoredAt) {
			rt.Fatalf("put again: %+v, first %v", put, first.StoredAt)
		}
	default:
		if put.Again {
			rt.Fatalf("first put of %s is said to be a second one", key)
		}
		first, kept[key] = r, r
	}
	if got, err := s.Get(t.Context(), r.Lane, r.ID); err != nil || !same(got, first) {
		rt.Fatalf("get %s: %+v, %v", key, got, err)
	}
}

func checkCounts(t *testing.T, rt *rapid.T, s store.Store, kept map[string]store.Record) {
	want := map[string]uint64{}
	for _, r := range kept {
		want[r.Lane]++
	}
	for _, lane := range []string{wire.LaneMatters, wire.LaneRatings} {
		n, err := s.Count(t.Context(), lane)
		list, listErr := s.List(t.Context(), lane, 0, 1000)
		if err != nil || listErr != nil || n != want[lane] || uint64(len(list)) != want[lane] {
			rt.Fatalf("%s: count %d, listed %d, want %d, %v, %v", lane, n, len(list), want[lane], err, listErr)
		}
	}
}
