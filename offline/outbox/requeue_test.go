package outbox

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"zhizhu/offline/seal"
	"zhizhu/offline/store"
	"zhizhu/offline/wire"
)

func (s *station) ids(t *testing.T, lane string) []string {
	t.Helper()
	var ids []string
	for _, w := range s.pending(t, lane) {
		if w.Damaged || seal.Digest(w.Packet) != w.Digest {
			t.Errorf("%s has not its packet", w.ID)
		}
		ids = append(ids, w.ID)
	}
	return ids
}

// What was set aside goes back to its old place, with its packet, and is sent and signed for like the others.
func TestRequeue(t *testing.T) {
	s := newStation(t)
	var all []string
	numbers := map[string]string{}
	for i := range 5 {
		l := s.lodge(t, matter(i))
		all, numbers[l.ID] = append(all, l.ID), l.Number
	}
	if err := s.PutRating(t.Context(), wire.Rating{Matter: all[0], Item: "soc-qualify", Level: 5}); err != nil {
		t.Fatal(err)
	}
	rating := s.ids(t, wire.LaneRatings)[0]
	for _, u := range []string{all[1], all[3], rating} {
		if err := s.Quarantine(t.Context(), u, "status 422"); err != nil {
			t.Fatal(err)
		}
	}
	state := func(u string, want State, reason string) {
		t.Helper()
		r, err := s.Find(t.Context(), "", numbers[u])
		if err != nil || len(r) != 1 || r[0].State != want || r[0].Reason != reason {
			t.Fatalf("%v, %+v, want %s", err, r, want)
		}
	}
	state(all[1], Quarantined, "status 422")
	s.acknowledge(t, s.pending(t, wire.LaneMatters)[0])
	for range 2 { // again is nothing new
		if err := s.Requeue(t.Context(), all[3]); err != nil {
			t.Fatal(err)
		}
	}
	state(all[3], Queued, "")
	if got := s.ids(t, wire.LaneMatters); !slices.Equal(got, all[2:]) {
		t.Fatalf("queue %v, want %v", got, all[2:])
	}
	if err := s.Quarantine(t.Context(), all[3], "status 422"); err != nil {
		t.Fatal(err)
	}
	if n, err := s.RequeueAll(t.Context()); n != 3 || err != nil {
		t.Fatalf("%d, %v, want 3 back", n, err)
	}
	for range 2 {
		if got := s.ids(t, wire.LaneMatters); !slices.Equal(got, all[1:]) {
			t.Fatalf("queue %v, want %v", got, all[1:])
		}
		if got := s.ids(t, wire.LaneRatings); !slices.Equal(got, []string{rating}) {
			t.Fatalf("ratings %v", got)
		}
		if c := s.Counts(); c.Queued != 4 || c.Ratings != 1 || c.Quarantined != 0 || c.Acknowledged != 1 {
			t.Fatalf("%+v", c)
		}
		s.reopen(t)
	}
	if err := s.Requeue(t.Context(), all[0]); err != nil { // it has been signed for
		t.Fatal(err)
	}
	state(all[0], Acknowledged, "")
	for _, w := range s.pending(t, wire.LaneMatters) {
		s.acknowledge(t, w)
	}
	if c := s.Counts(); c.Queued != 0 || c.Acknowledged != 5 {
		t.Fatalf("%+v", c)
	}
	if n, err := s.RequeueAll(t.Context()); n != 0 || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
}

func TestRequeueOfWhatCannotGo(t *testing.T) {
	f := &faulty{}
	s := newStation(t, f.wrap)
	l := s.lodge(t, matter(1))
	spoil := func(tx *store.Tx) error {
		_, key := place(Queued, wire.LaneMatters, 1)
		v := slices.Clone(tx.Get(queueTable, key))
		v[len(v)-1] ^= 1
		return tx.Put(queueTable, key, v)
	}
	if err := s.store.Update(t.Context(), spoil); err != nil {
		t.Fatal(err)
	}
	if err := s.Quarantine(t.Context(), l.ID, "damaged"); err != nil {
		t.Fatal(err)
	}
	if err := s.Requeue(t.Context(), l.ID); !errors.Is(err, ErrDamaged) {
		t.Fatalf("%v, want ErrDamaged", err)
	}
	if n, err := s.RequeueAll(t.Context()); n != 0 || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	if err := s.Requeue(t.Context(), "0192f3c1-7d4e-7a55-8c11-3f2b9d10aa01"); !errors.Is(err, ErrUnknown) {
		t.Fatalf("%v, want ErrUnknown", err)
	}
	if err := s.Requeue(t.Context(), "x"); err == nil {
		t.Fatal("no error")
	}
	// A write that is in doubt is read back.
	good := s.lodge(t, matter(2))
	if err := s.Quarantine(t.Context(), good.ID, "status 422"); err != nil {
		t.Fatal(err)
	}
	f.doubt, f.written = true, false
	if err := s.Requeue(t.Context(), good.ID); err == nil || s.Counts().Queued != 0 {
		t.Fatalf("%v, %+v", err, s.Counts())
	}
	f.doubt, f.written = true, true
	if err := s.Requeue(t.Context(), good.ID); err != nil || s.Counts().Queued != 1 {
		t.Fatalf("%v, %+v", err, s.Counts())
	}
}

// Hundreds go back in order, after the queue's list was swept.
func TestRequeueManyKeepsTheOrder(t *testing.T) {
	s := newStationIn(t, memory(t))
	var all []string
	for i := range 150 {
		all = append(all, s.lodge(t, matter(i)).ID)
	}
	for i, u := range all {
		if i%3 != 1 {
			if err := s.Quarantine(t.Context(), u, fmt.Sprint(i)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n, err := s.RequeueAll(t.Context()); n != 100 || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	if got := s.ids(t, wire.LaneMatters); !slices.Equal(got, all) {
		t.Fatalf("%d in another order", len(got))
	}
}
