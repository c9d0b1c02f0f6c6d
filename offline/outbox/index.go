package outbox

import (
	"cmp"
	"encoding/hex"
	"log/slog"
	"slices"
	"time"

	"zhizhu/offline/store"
)

// spot is where one record lies.
type spot struct {
	state State
	lane  string
	seq   uint64
	at    time.Time
}

// blob is what the index knows of an attachment beside its spot.
type blob struct {
	digest [digestSize]byte
	matter id
	size   int64
}

// index finds records that wait or are set aside by id, person and number, and knows the queue's order. What was
// acknowledged is looked up on disk. It holds what is there, no more, and is made anew at start and after a write that
// could not be read back.
type index struct {
	spots   map[id]spot
	persons map[string][]id // by entry.Person
	numbers map[string]id   // by entry.Number
	lanes   map[string]*queue
	blobs   map[id]blob
	missing map[id]int  // by matter: its blobs that the gateway has not signed for
	bytes   int64       // of all blobs
	whole   map[id]bool // blobs whose packet was found to have its digest
	sending map[id]bool // on their way now
	tally   tally
	aside   int
	broken  int // values that can't be read
}

// queue is the order of one lane. Records leave it at any place; what has left is swept now and then.
type queue struct {
	order []id
	live  int
}

func newIndex() *index {
	x := &index{
		spots: map[id]spot{}, persons: map[string][]id{}, numbers: map[string]id{}, lanes: map[string]*queue{},
		blobs: map[id]blob{}, missing: map[id]int{}, whole: map[id]bool{}, sending: map[id]bool{},
	}
	for _, lane := range allLanes() {
		x.lanes[lane] = &queue{}
	}
	return x
}

// load reads the tables of what isn't acknowledged.
func load(tx *store.Tx, log *slog.Logger) *index {
	x := newIndex()
	x.tally, _ = readTally(tx)
	for _, t := range []struct {
		table store.Table
		state State
	}{{queueTable, Queued}, {asideTable, Quarantined}} {
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
	if e.Lane == LaneBlobs {
		b := blob{matter: e.Matter, size: e.Size}
		_, _ = hex.Decode(b.digest[:], []byte(e.Digest)) // a damaged one has what could be read of it
		x.blobs[e.ID] = b
		x.missing[e.Matter]++
		x.bytes += e.Size
	}
	if state == Quarantined {
		x.aside++
		return
	}
	q := x.lanes[e.Lane]
	q.order = append(q.order, e.ID)
	q.live++
}

// move notes that a record was set aside, or put back.
func (x *index) move(u id, to State) {
	s, ok := x.spots[u]
	if !ok || s.state == to {
		return
	}
	if to == Queued {
		x.aside--
		x.back(u, s)
	} else {
		x.lanes[s.lane].live--
		x.aside++
	}
	s.state = to
	x.spots[u] = s
	delete(x.sending, u)
	delete(x.whole, u)
	x.tidy(s.lane)
}

// remove takes a record out: it was acknowledged, or was never taken in.
func (x *index) remove(e entry) {
	s, ok := x.spots[e.ID]
	if !ok {
		return
	}
	delete(x.spots, e.ID)
	delete(x.sending, e.ID)
	delete(x.whole, e.ID)
	if ids := slices.DeleteFunc(x.persons[string(e.Person)], func(u id) bool { return u == e.ID }); len(ids) > 0 {
		x.persons[string(e.Person)] = ids
	} else {
		delete(x.persons, string(e.Person))
	}
	if x.numbers[string(e.Number)] == e.ID {
		delete(x.numbers, string(e.Number))
	}
	if b, ok := x.blobs[e.ID]; ok {
		delete(x.blobs, e.ID)
		x.bytes -= b.size
		if x.missing[b.matter]--; x.missing[b.matter] == 0 {
			delete(x.missing, b.matter)
		}
	}
	if s.state == Quarantined {
		x.aside--
		return
	}
	x.lanes[s.lane].live--
	x.tidy(s.lane)
}

// forget takes a record out of which nothing but its id is known.
func (x *index) forget(u id) {
	e := entry{ID: u}
	for hash, ids := range x.persons {
		if slices.Contains(ids, u) {
			e.Person = []byte(hash)
		}
	}
	for hash, of := range x.numbers {
		if of == u {
			e.Number = []byte(hash)
		}
	}
	x.remove(e)
}

// back puts a record that left its queue into its old place there.
func (x *index) back(u id, s spot) {
	q := x.lanes[s.lane]
	x.sweep(q) // it may still stand there from before
	i, _ := slices.BinarySearchFunc(q.order, s.seq, func(w id, seq uint64) int { return cmp.Compare(x.spots[w].seq, seq) })
	q.order = slices.Insert(q.order, i, u)
	q.live++
}

// tidy sweeps a lane's order where more has left than stands in it.
func (x *index) tidy(lane string) {
	if q := x.lanes[lane]; len(q.order) > 64 && q.live < len(q.order)/2 {
		x.sweep(q)
	}
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
func (x *index) waiting(lane string, n int, skip func(id) bool) []id {
	var ids []id
	for _, u := range x.lanes[lane].order {
		if len(ids) >= n {
			break
		}
		if x.spots[u].state != Queued || skip != nil && skip(u) {
			continue
		}
		ids = append(ids, u)
	}
	return ids
}

// counts reckons up what Counts says.
func (x *index) counts() Counts {
	live := func(lane string) int { return x.lanes[lane].live }
	c := Counts{
		Queued: live(LaneMatters) + live(LaneFeedback), Ratings: live(LaneRatings), Feedback: live(LaneFeedback),
		Events: live(LaneEvents), Blobs: live(LaneBlobs), BlobBytes: x.bytes,
		Acknowledged: x.tally.Acked[LaneMatters] + x.tally.Acked[LaneFeedback], Quarantined: x.aside + x.broken,
	}
	for _, lane := range []string{LaneMatters, LaneFeedback} {
		for _, u := range x.waiting(lane, 1, nil) {
			if at := x.spots[u].at; c.Oldest.IsZero() || at.Before(c.Oldest) {
				c.Oldest = at
			}
		}
	}
	return c
}
