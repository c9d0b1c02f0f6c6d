package storetest

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"zhizhu/offline/gateway/store"
	"zhizhu/offline/wire"
)

// task is what the model knows of one record and adapter.
type task struct {
	seq      int
	storedAt time.Time
	purged   bool
	leased   bool // once
	due      time.Time
	handover store.Handover
}

// handModel is a plain picture of the handing over of one lane by one adapter.
type handModel struct {
	s       store.Store
	adapter string
	now     time.Time
	tasks   map[string]*task
}

// testHandoverModel compares the engine with a plain map over random steps.
func testHandoverModel(t *testing.T, engine Engine) {
	s := open(t, engine(t))
	run := 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		m := handModel{s: s, adapter: fmt.Sprint("adapter ", run), now: at(0), tasks: map[string]*task{}}
		m.adopt(t, rt)
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			m.step(t, rt)
			m.check(t, rt)
		}
	})
}

// adopt takes over what earlier runs have stored: to a new adapter, all of it is new.
func (m *handModel) adopt(t *testing.T, rt *rapid.T) {
	list, err := m.s.List(t.Context(), wire.LaneMatters, 0, 100_000)
	if err != nil {
		rt.Fatalf("list: %v", err)
	}
	for _, r := range list {
		m.tasks[r.ID] = &task{seq: int(r.Seq), storedAt: r.StoredAt, purged: r.Purged}
	}
}

func (m *handModel) step(t *testing.T, rt *rapid.T) {
	switch rapid.IntRange(0, 9).Draw(rt, "step") {
	case 0, 1:
		m.put(t, rt)
	case 2:
		m.now = m.now.Add(time.Duration(rapid.IntRange(1, 30).Draw(rt, "seconds")) * time.Second)
	case 3:
		if id, ok := m.any(rt); ok {
			if err := m.s.Purge(t.Context(), wire.LaneMatters, id); err != nil {
				rt.Fatalf("purge: %v", err)
			}
			m.tasks[id].purged = true
		}
	case 4, 5, 6:
		m.hand(t, rt)
	default:
		m.lease(t, rt)
	}
}

func (m *handModel) put(t *testing.T, rt *rapid.T) {
	id := fmt.Sprint("id-", len(m.tasks))
	r := Record(wire.LaneMatters, id, "x")
	r.StoredAt = m.now
	if put, err := m.s.PutIfAbsent(t.Context(), r); err != nil || put.Again {
		rt.Fatalf("put: %+v, %v", put, err)
	}
	m.tasks[id] = &task{seq: len(m.tasks) + 1, storedAt: m.now}
}

func (m *handModel) any(rt *rapid.T) (string, bool) {
	if len(m.tasks) == 0 {
		return "", false
	}
	return rapid.SampledFrom(slices.Sorted(maps.Keys(m.tasks))).Draw(rt, "id"), true
}

func (m *handModel) hand(t *testing.T, rt *rapid.T) {
	id, ok := m.any(rt)
	if !ok {
		return
	}
	h := store.Handover{
		Done:  rapid.Bool().Draw(rt, "done"),
		Tries: rapid.IntRange(1, 5).Draw(rt, "tries"),
		Next:  m.now.Add(time.Duration(rapid.IntRange(-5, 20).Draw(rt, "wait")) * time.Second),
		Note:  rapid.SampledFrom([]string{"", "2026-1", "refused"}).Draw(rt, "note"),
		At:    m.now,
	}
	if err := m.s.Handed(t.Context(), m.adapter, wire.LaneMatters, id, h); err != nil {
		rt.Fatalf("handed: %v", err)
	}
	if k := m.tasks[id]; !k.handover.Done || h.Done {
		k.handover, k.leased, k.due = h, true, h.Next
	}
}

func (m *handModel) lease(t *testing.T, rt *rapid.T) {
	limit := rapid.IntRange(1, 4).Draw(rt, "limit")
	list, err := m.s.Due(t.Context(), m.adapter, wire.LaneMatters, m.now, leaseFor, limit)
	if err != nil {
		rt.Fatalf("due: %v", err)
	}
	var got []string
	for _, r := range list {
		got = append(got, r.ID)
	}
	if want := m.expect(limit); !slices.Equal(got, want) {
		rt.Fatalf("due at %v: %q, want %q", m.now, got, want)
	}
}

// expect leases in the model. Purged ones are passed over, and done with.
func (m *handModel) expect(limit int) (ids []string) {
	var again, first []string
	for id, k := range m.tasks {
		switch {
		case k.handover.Done:
		case !k.leased:
			first = append(first, id)
		case !k.due.After(m.now):
			again = append(again, id)
		}
	}
	slices.SortFunc(again, func(a, b string) int {
		return cmp.Or(m.tasks[a].due.Compare(m.tasks[b].due), cmp.Compare(m.tasks[a].seq, m.tasks[b].seq))
	})
	slices.SortFunc(first, func(a, b string) int { return cmp.Compare(m.tasks[a].seq, m.tasks[b].seq) })
	for _, id := range append(again, first...) {
		if len(ids) < limit {
			ids = m.take(ids, id)
		}
	}
	return ids
}

func (m *handModel) take(ids []string, id string) []string {
	k := m.tasks[id]
	if k.leased = true; k.purged {
		k.handover.Done = true
		return ids
	}
	k.due = m.now.Add(leaseFor)
	return append(ids, id)
}

// check compares the backlog, and what is known of one record.
func (m *handModel) check(t *testing.T, rt *rapid.T) {
	if id, ok := m.any(rt); ok {
		h, err := m.s.Handover(t.Context(), m.adapter, wire.LaneMatters, id)
		if want := m.tasks[id].handover; err != nil || h.Done != want.Done || h.Tries != want.Tries || h.Note != want.Note {
			rt.Fatalf("handover of %s: %+v, %v, want %+v", id, h, err, want)
		}
	}
	want := m.backlog()
	got, err := m.s.Backlog(t.Context(), m.adapter, wire.LaneMatters)
	if err != nil || got.Waiting != want.Waiting || got.Failing != want.Failing || got.Tries != want.Tries || !got.Oldest.Equal(want.Oldest) {
		rt.Fatalf("backlog %+v, %v, want %+v", got, err, want)
	}
}

func (m *handModel) backlog() store.Backlog {
	var b store.Backlog
	first := len(m.tasks) + 1
	for _, k := range m.tasks {
		if k.handover.Done {
			continue
		}
		b.Waiting++
		if k.handover.Tries > 0 {
			b.Failing++
			b.Tries = max(b.Tries, k.handover.Tries)
		}
		if k.seq < first {
			first, b.Oldest = k.seq, k.storedAt
		}
	}
	return b
}
