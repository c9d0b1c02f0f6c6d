package outbox

import (
	"cmp"
	"log/slog"
	"slices"
	"time"

	"zhizhu/offline/store"
	"zhizhu/offline/wire"
)

// spot is where one record lies.
type spot struct {
	state State
	lane  string
	seq   uint64
	at    time.Time
}

// index finds records by id, person and number, and knows the queue's order. It holds what is on disk, no more, and is
// made anew from there at start and after a write that could not be read back.
type index struct {
	spots   map[id]spot
	persons map[string][]id // by entry.Person
	numbers map[string]id   // by entry.Number
	lanes   map[string]*queue
	acked   map[string]int // by lane
	aside   int
	broken  int // values that can't be read
}

// queue is the order of one lane. Records leave it at any place; what has left is swept now and then.
type queue struct {
	order []id
	live  int
}

func newIndex() *index {
	return &index{
		spots: map[id]spot{}, persons: map[string][]id{}, numbers: map[string]id{}, acked: map[string]int{},
		lanes: map[string]*queue{wire.LaneRatings: {}, wire.LaneMatters: {}},
	}
}

// load reads all tables.
func load(tx *store.Tx, log *slog.Logger) *index {
	x := newIndex()
	for _, t := range []struct {
		table store.Table
		state State
	}{{queueTable, Queued}, {asideTable, Quarantined}, {entryTable, Acknowledged}} {
		for _, v := range tx.Scan(t.table, nil) {
			e, _, err := decodeEntry(v)
			if err != nil {
				x.broken++
				log.Error("Entry of the outbox can't be read", slog.String("table", string(t.table)), slog.Any("error", err))
				continue
			}
			x.add(e, t.state)
		}
	}
	return x
}

// add takes in a record that is new to the index. Within a lane records come in the order of their sequence.
func (x *index) add(e entry, state State) {
	x.spots[e.ID] = spot{state, e.Lane, e.Sequence, e.At}
	if e.Person != nil {
		x.persons[string(e.Person)] = append(x.persons[string(e.Person)], e.ID)
	}
	if e.Number != nil {
		x.numbers[string(e.Number)] = e.ID
	}
	switch state {
	case Queued:
		q := x.lanes[e.Lane]
		q.order = append(q.order, e.ID)
		q.live++
	case Acknowledged:
		x.acked[e.Lane]++
	case Quarantined:
		x.aside++
	}
}

// move notes that a record changed its state.
func (x *index) move(u id, to State) {
	s, ok := x.spots[u]
	if !ok || s.state == to {
		return
	}
	switch s.state {
	case Queued:
		x.lanes[s.lane].live--
	case Quarantined:
		x.aside--
	case Acknowledged:
		x.acked[s.lane]--
	}
	switch to {
	case Acknowledged:
		x.acked[s.lane]++
	case Quarantined:
		x.aside++
	case Queued:
		x.back(u, s)
	}
	s.state = to
	x.spots[u] = s
	if q := x.lanes[s.lane]; len(q.order) > 64 && q.live < len(q.order)/2 {
		x.sweep(q)
	}
}

// back puts a record that left its queue into its old place there.
func (x *index) back(u id, s spot) {
	q := x.lanes[s.lane]
	x.sweep(q) // it may still stand there from before
	i, _ := slices.BinarySearchFunc(q.order, s.seq, func(w id, seq uint64) int { return cmp.Compare(x.spots[w].seq, seq) })
	q.order = slices.Insert(q.order, i, u)
	q.live++
}

// sweep drops from a queue's order what has left it.
func (x *index) sweep(q *queue) {
	kept := make([]id, 0, q.live)
	for _, u := range q.order {
		if x.spots[u].state == Queued {
			kept = append(kept, u)
		}
	}
	q.order = kept
}

// waiting returns up to n ids of a lane in the order of lodging.
func (x *index) waiting(lane string, n int, skip func(id string) bool) []id {
	q := x.lanes[lane]
	if q == nil {
		return nil
	}
	var ids []id
	for _, u := range q.order {
		if len(ids) >= n {
			break
		}
		if x.spots[u].state != Queued || skip != nil && skip(u.String()) {
			continue
		}
		ids = append(ids, u)
	}
	return ids
}

// counts reckons up what Counts says.
func (x *index) counts() Counts {
	c := Counts{
		Queued: x.lanes[wire.LaneMatters].live, Ratings: x.lanes[wire.LaneRatings].live,
		Acknowledged: x.acked[wire.LaneMatters], Quarantined: x.aside + x.broken,
	}
	if first := x.waiting(wire.LaneMatters, 1, nil); len(first) == 1 {
		c.Oldest = x.spots[first[0]].at
	}
	return c
}

// forget takes a queued matter out as if it had never been there.
func (x *index) forget(u id) {
	s, ok := x.spots[u]
	if !ok || s.state != Queued {
		return
	}
	x.lanes[s.lane].live--
	delete(x.spots, u)
	for k, ids := range x.persons {
		if i := slices.Index(ids, u); i >= 0 {
			x.persons[k] = slices.Delete(ids, i, i+1)
		}
	}
	for k, v := range x.numbers {
		if v == u {
			delete(x.numbers, k)
		}
	}
}
