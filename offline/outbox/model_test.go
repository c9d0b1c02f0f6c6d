package outbox

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"zhizhu/offline/store"
	"zhizhu/offline/wire"
)

// model is what an outbox should hold.
type model struct {
	s       *station
	matters map[string]State // by id
	numbers map[string]string
	order   []string // ids of matters, as lodged
	rated   map[string]bool
	printed map[string]bool
}

// Whatever is done in whatever order, with restarts in between: every record is in exactly the state that follows, the
// queue keeps its order, and counts and look-ups agree with it.
func TestOutboxAgainstModel(t *testing.T) {
	s := newStationIn(t, memory(t))
	rapid.Check(t, func(rt *rapid.T) {
		// One file for all runs, emptied in between: opening one costs a child process.
		if err := s.store.Update(t.Context(), empty); err != nil {
			rt.Fatal(err)
		}
		m := &model{s: s, matters: map[string]State{}, numbers: map[string]string{}, rated: map[string]bool{}, printed: map[string]bool{}}
		m.reload(t, rt)
		rt.Repeat(map[string]func(*rapid.T){
			"lodge":       func(rt *rapid.T) { m.lodge(t, rt) },
			"acknowledge": func(rt *rapid.T) { m.acknowledge(t, rt) },
			"quarantine":  func(rt *rapid.T) { m.quarantine(t, rt) },
			"print":       func(rt *rapid.T) { m.print(t, rt) },
			"rate":        func(rt *rapid.T) { m.rate(t, rt) },
			"restart":     func(rt *rapid.T) { m.reload(t, rt) },
			"":            func(rt *rapid.T) { m.check(t, rt) },
		})
	})
}

func empty(tx *store.Tx) error {
	for _, table := range Tables() {
		var keys [][]byte
		for k := range tx.Scan(table, nil) {
			keys = append(keys, slices.Clone(k))
		}
		for _, k := range keys {
			if err := tx.Delete(table, k); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *model) reload(t *testing.T, rt *rapid.T) {
	var err error
	if m.s.Outbox, err = New(t.Context(), m.s.o); err != nil {
		rt.Fatal(err)
	}
}

func (m *model) lodge(t *testing.T, rt *rapid.T) {
	l, err := m.s.Lodge(t.Context(), matter(rapid.IntRange(0, 3).Draw(rt, "person")))
	if err != nil {
		rt.Fatal(err)
	}
	if _, again := m.matters[l.ID]; again || m.numbers[l.Number] != "" {
		rt.Fatalf("%s or its number was there before", l.ID)
	}
	m.matters[l.ID], m.numbers[l.Number] = Queued, l.ID
	m.order = append(m.order, l.ID)
}

// some draws a matter in one of some states.
func (m *model) some(rt *rapid.T, states ...State) string {
	ids := slices.DeleteFunc(slices.Clone(m.order), func(id string) bool { return !slices.Contains(states, m.matters[id]) })
	if len(ids) == 0 {
		rt.Skip("nothing in such a state")
	}
	return rapid.SampledFrom(ids).Draw(rt, "matter")
}

func (m *model) acknowledge(t *testing.T, rt *rapid.T) {
	id := m.some(rt, Queued, Quarantined, Acknowledged)
	u, err := parseID(id)
	if err != nil {
		rt.Fatal(err)
	}
	var digest string
	err = m.s.store.View(t.Context(), func(tx *store.Tx) error {
		s, _ := m.s.spotOf(u)
		e, _, err := getEntry(tx, u, s)
		digest = e.Digest
		return err
	})
	if err != nil {
		rt.Fatal(err)
	}
	ack, sig := m.s.signed(t, id, digest)
	if err := m.s.Acknowledge(t.Context(), id, ack, sig); err != nil {
		rt.Fatal(err)
	}
	m.matters[id] = Acknowledged
}

func (m *model) quarantine(t *testing.T, rt *rapid.T) {
	id := m.some(rt, Queued, Quarantined, Acknowledged)
	if err := m.s.Quarantine(t.Context(), id, "test"); err != nil {
		rt.Fatal(err)
	}
	if m.matters[id] == Queued {
		m.matters[id] = Quarantined
	}
}

func (m *model) print(t *testing.T, rt *rapid.T) {
	id := m.some(rt, Queued, Quarantined, Acknowledged)
	for number, of := range m.numbers {
		if of != id {
			continue
		}
		if err := m.s.MarkPrinted(t.Context(), number); err != nil {
			rt.Fatal(err)
		}
	}
	m.printed[id] = true
}

func (m *model) rate(t *testing.T, rt *rapid.T) {
	id := m.some(rt, Queued, Quarantined, Acknowledged)
	err := m.s.PutRating(t.Context(), wire.Rating{Matter: id, Item: "soc-qualify", Level: 3})
	if (err != nil) != m.rated[id] || err != nil && !errors.Is(err, ErrRated) {
		rt.Fatalf("rated before: %v, %v", m.rated[id], err)
	}
	m.rated[id] = true
}

func (m *model) check(t *testing.T, rt *rapid.T) {
	var want Counts
	var queue []string
	for _, id := range m.order {
		switch m.matters[id] {
		case Queued:
			want.Queued++
			queue = append(queue, id)
		case Acknowledged:
			want.Acknowledged++
		case Quarantined:
			want.Quarantined++
		}
	}
	want.Ratings = len(m.rated)
	got := m.s.Counts()
	if oldest := got.Oldest; oldest.IsZero() != (want.Queued == 0) {
		rt.Fatalf("oldest %v with %d queued", oldest, want.Queued)
	}
	got.Oldest = want.Oldest
	if got != want {
		rt.Fatalf("%+v, want %+v", got, want)
	}
	pending, err := m.s.Pending(t.Context(), wire.LaneMatters, 1<<20, nil)
	if err != nil {
		rt.Fatal(err)
	}
	ids := make([]string, len(pending))
	for i, w := range pending {
		ids[i] = w.ID
		if w.Damaged {
			rt.Fatalf("%s is damaged", w.ID)
		}
	}
	if !slices.Equal(ids, queue) {
		rt.Fatalf("queue is %v, want %v", ids, queue)
	}
	for number, id := range m.numbers {
		r, err := m.s.Find(t.Context(), "", number)
		if err != nil || len(r) != 1 {
			rt.Fatalf("%v, %d found", err, len(r))
		}
		if state := fmt.Sprint(r[0].ID, r[0].State, r[0].Printed, r[0].Rated); state != fmt.Sprint(id, m.matters[id], m.printed[id], m.rated[id]) {
			rt.Fatalf("%s, want %s %v", state, id, m.matters[id])
		}
	}
}
