package outbox

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"zhizhu/offline/seal"
	"zhizhu/offline/store"
	"zhizhu/offline/wire"
)

// kept is what a model knows of one record of any lane.
type kept struct {
	id, digest, lane, number, why string // id is the digest of an attachment
	state                         State  // where it lies: Queued, Quarantined, Acknowledged or purged
	outcome                       State
	printed, rated                bool
	person                        int
	matter                        *kept // of an attachment
	stored                        time.Time
}

// model is what an outbox should hold.
type model struct {
	t       *testing.T
	s       *station
	f       *faulty
	all     []*kept // in the order of lodging
	sending map[string]bool
	pace    pace
}

// Whatever is done in whatever order, with restarts in between, and writes that end in doubt: every record is in exactly
// the state that follows, the queue keeps its order, counts and look-ups agree with it, and each acknowledgement is kept.
func TestOutboxAgainstModel(t *testing.T) {
	f := &faulty{}
	s := newStationIn(t, memory(t), f.wrap, func(o *Options) { o.ClockTrust = func() string { return "synced" } })
	rapid.Check(t, func(rt *rapid.T) {
		// One file for all runs, emptied in between: opening one costs a child process.
		if err := s.store.Update(t.Context(), empty); err != nil {
			rt.Fatal(err)
		}
		m := &model{t: t, s: s, f: f}
		m.restart(rt)
		rt.Repeat(map[string]func(*rapid.T){
			"lodge":       m.lodge,
			"acknowledge": m.acknowledge,
			"settle":      m.settle,
			"quarantine":  m.quarantine,
			"requeue":     m.requeue,
			"requeue all": m.requeueAll,
			"print":       m.print,
			"rate":        m.rate,
			"event":       m.event,
			"conclude":    m.conclude,
			"sweep":       m.sweep,
			"send":        m.send,
			"pace":        m.setPace,
			"restart":     m.restart,
			"":            m.check,
		})
	})
}

func empty(tx *store.Tx) error {
	for _, table := range Tables() {
		for _, k := range keys(tx, table, nil) {
			if err := tx.Delete(table, k); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *model) restart(rt *rapid.T) {
	var err error
	if m.s.Outbox, err = New(m.t.Context(), m.s.o); err != nil {
		rt.Fatal(err)
	}
	m.sending = nil
}

// write does something to the outbox whose write may end in doubt, and reports whether it is on disk. An operation that
// writes nothing can't fail.
func (m *model) write(rt *rapid.T, act func() error) bool {
	fault := rapid.SampledFrom([]string{"", "", "", "doubt, written", "doubt, not written"}).Draw(rt, "fault")
	m.f.doubt, m.f.written, m.f.struck = fault != "", fault == "doubt, written", false
	err := act()
	m.f.doubt = false
	if lost := m.f.struck && !m.f.written; (err != nil) != lost {
		rt.Fatalf("%q, struck %v: %v", fault, m.f.struck, err)
	}
	return err == nil
}

// some draws a record of one kind.
func (m *model) some(rt *rapid.T, fits func(*kept) bool) *kept {
	all := slices.DeleteFunc(slices.Clone(m.all), func(k *kept) bool { return !fits(k) })
	if len(all) == 0 {
		rt.Skip("no such record")
	}
	return rapid.SampledFrom(all).Draw(rt, "record")
}

func anyRecord(*kept) bool     { return true }
func anyMatter(k *kept) bool   { return isMatter(k.lane) }
func (k *kept) waits() bool    { return k.state == Queued || k.state == Quarantined }
func (k *kept) String() string { return k.lane + " " + k.id }
func live(k *kept) bool        { return anyMatter(k) && k.state != purged }
func (m *model) missing(k *kept) (n int) {
	for _, b := range m.all {
		if b.matter == k && b.waits() {
			n++
		}
	}
	return n
}

// note takes in what has newly come into a lane.
func (m *model) note(rt *rapid.T, k kept) *kept {
	pending, err := m.s.Pending(m.t.Context(), k.lane, 1<<20, nil)
	if err != nil || len(pending) == 0 {
		rt.Fatal("nothing is pending", err)
	}
	last := pending[len(pending)-1]
	k.id, k.digest, k.state = last.ID, last.Digest, Queued
	m.all = append(m.all, &k)
	return &k
}

func (m *model) lodge(rt *rapid.T) {
	k := kept{lane: LaneMatters, person: rapid.IntRange(0, 3).Draw(rt, "person")}
	w := matter(k.person)
	if rapid.Bool().Draw(rt, "feedback") {
		w.Kind, k.lane = "feedback", LaneFeedback
	}
	var files []File
	for range rapid.IntRange(-3, 2).Draw(rt, "files") {
		files = append(files, file(rapid.IntRange(1, 3*partSize).Draw(rt, "size")))
	}
	var l Lodged
	if !m.write(rt, func() (err error) { l, err = m.s.LodgeWith(m.t.Context(), w, files); return err }) {
		return
	}
	k.number = l.Number
	of := m.note(rt, k)
	blobs, err := m.s.PendingBlobs(m.t.Context(), 1<<20, nil)
	if err != nil || of.id != l.ID || len(blobs) < len(files) {
		rt.Fatal(err, of.id, l.ID, len(blobs))
	}
	for _, b := range blobs[len(blobs)-len(files):] {
		m.all = append(m.all, &kept{id: b.Digest, digest: b.Digest, lane: LaneBlobs, state: Queued, matter: of})
	}
}

func (m *model) acknowledge(rt *rapid.T) {
	k := m.some(rt, anyRecord)
	ack, sig := m.s.signed(m.t, k.id, k.digest)
	if m.write(rt, func() error { return m.s.Acknowledge(m.t.Context(), k.id, ack, sig) }) {
		k.acknowledged(ack)
	}
}

func (k *kept) acknowledged(ack wire.Ack) {
	if !k.waits() {
		return
	}
	if k.state, k.stored = Acknowledged, ack.StoredAt; !anyMatter(k) {
		k.state = purged
	}
}

// settle acknowledges several records at once, some of them twice.
func (m *model) settle(rt *rapid.T) {
	var some []*kept
	var proofs []Proof
	for range rapid.IntRange(0, 5).Draw(rt, "proofs") {
		k := m.some(rt, anyRecord)
		ack, sig := m.s.signed(m.t, k.id, k.digest)
		p, err := m.s.Verify(k.id, k.digest, ack, sig)
		if err != nil {
			rt.Fatal(err)
		}
		some, proofs = append(some, k), append(proofs, p)
	}
	if !m.write(rt, func() error { return m.s.Settle(m.t.Context(), proofs) }) {
		return
	}
	for i, k := range some {
		k.acknowledged(wire.Ack{StoredAt: proofs[i].stored})
	}
}

func (m *model) quarantine(rt *rapid.T) {
	k := m.some(rt, anyRecord)
	if m.write(rt, func() error { return m.s.Quarantine(m.t.Context(), k.id, "test") }) && k.state == Queued {
		k.state = Quarantined
		delete(m.sending, k.id)
	}
}

func (m *model) requeue(rt *rapid.T) {
	k := m.some(rt, anyRecord)
	if m.write(rt, func() error { return m.s.Requeue(m.t.Context(), k.id) }) && k.state == Quarantined {
		k.state = Queued
		delete(m.sending, k.id)
	}
}

func (m *model) requeueAll(rt *rapid.T) {
	if !m.write(rt, func() error { _, err := m.s.RequeueAll(m.t.Context()); return err }) {
		return
	}
	for _, k := range m.all {
		if k.state == Quarantined {
			k.state = Queued
			delete(m.sending, k.id)
		}
	}
}

func (m *model) print(rt *rapid.T) {
	k := m.some(rt, live)
	if m.write(rt, func() error { return m.s.MarkPrinted(m.t.Context(), k.number) }) {
		k.printed = true
	}
}

func (m *model) rate(rt *rapid.T) {
	k := m.some(rt, anyMatter)
	r := wire.Rating{Matter: k.id, Item: "soc-qualify", Level: 3}
	if k.rated {
		if err := m.s.PutRating(m.t.Context(), r); !errors.Is(err, ErrRated) {
			rt.Fatalf("rated twice: %v", err)
		}
		return
	}
	if m.write(rt, func() error { return m.s.PutRating(m.t.Context(), r) }) {
		k.rated = true
		m.note(rt, kept{lane: LaneRatings})
	}
}

func (m *model) event(rt *rapid.T) {
	if m.write(rt, func() error { return m.s.PutEvent(m.t.Context(), wire.Event{Kind: wire.EventStatistics}) }) {
		m.note(rt, kept{lane: LaneEvents})
	}
}

func (m *model) conclude(rt *rapid.T) {
	k := m.some(rt, anyMatter)
	to := rapid.SampledFrom([]State{Settled, Refused}).Draw(rt, "outcome")
	why := rapid.SampledFrom([]string{"", "材料不全"}).Draw(rt, "reason")
	if m.write(rt, func() error { return m.s.Conclude(m.t.Context(), k.id, to, why) }) {
		k.outcome, k.why = to, why
	}
}

// sweep draws a time; every acknowledgement of the tests is of one minute past noon.
func (m *model) sweep(rt *rapid.T) {
	now := noon.Add(time.Minute + time.Hour + rapid.SampledFrom([]time.Duration{-time.Second, 0}).Draw(rt, "time"))
	var due []*kept
	for _, k := range m.all {
		if k.state == Acknowledged && m.missing(k) == 0 && !k.stored.Add(time.Hour).After(now) {
			due = append(due, k)
		}
	}
	n := 0
	if !m.write(rt, func() (err error) { n, err = m.s.Sweep(m.t.Context(), now, time.Hour); return err }) {
		return
	}
	if n != len(due) {
		rt.Fatalf("%d swept, want %d", n, len(due))
	}
	for _, k := range due {
		k.state = purged
	}
}

func (m *model) send(rt *rapid.T) {
	k := m.some(rt, func(k *kept) bool { return k.state == Queued })
	m.s.Sending([]string{k.id, "x"})
	m.sending = map[string]bool{k.id: true}
}

func (m *model) setPace(rt *rapid.T) {
	want := pace{rapid.IntRange(0, 2).Draw(rt, "failures"), time.Duration(rapid.IntRange(0, 2).Draw(rt, "wait")) * time.Minute}
	if m.write(rt, func() error { return m.s.SetPace(m.t.Context(), want.failures, want.wait) }) {
		m.pace = want
	}
}

func (m *model) check(rt *rapid.T) {
	var want Counts
	queues := map[string][]string{}
	for _, k := range m.all {
		want.add(k)
		if k.state == Queued {
			queues[k.lane] = append(queues[k.lane], k.id)
		}
		if k.waits() {
			continue
		}
		ack, sig, err := m.s.Receipt(m.t.Context(), k.id)
		if err != nil || ack.Digest != k.digest || seal.Verify(m.s.ack.Public(), ack.Signed(), sig) != nil {
			rt.Fatalf("acknowledgement of %v: %v", k, err)
		}
	}
	got := m.s.Counts()
	if got.Oldest.IsZero() != (want.Queued == 0) || (got.BlobBytes == 0) != (m.missingAll() == 0) {
		rt.Fatalf("%+v with %d queued", got, want.Queued)
	}
	got.Oldest, got.BlobBytes = want.Oldest, 0
	if got != want {
		rt.Fatalf("%+v, want %+v", got, want)
	}
	if failures, wait, err := m.s.Pace(m.t.Context()); err != nil || (pace{failures, wait}) != m.pace {
		rt.Fatalf("pace %d %v, want %+v", failures, wait, m.pace)
	}
	m.checkQueues(rt, queues)
	m.checkFound(rt)
}

func (m *model) missingAll() (n int) {
	for _, k := range m.all {
		if k.matter != nil && k.waits() {
			n++
		}
	}
	return n
}

// add counts one record.
func (c *Counts) add(k *kept) {
	one := func(n *int, when bool) {
		if when {
			*n++
		}
	}
	queued := k.state == Queued
	one(&c.Queued, queued && anyMatter(k))
	one(&c.Feedback, queued && k.lane == LaneFeedback)
	one(&c.Ratings, queued && k.lane == LaneRatings)
	one(&c.Events, queued && k.lane == LaneEvents)
	one(&c.Blobs, queued && k.lane == LaneBlobs)
	one(&c.Quarantined, k.state == Quarantined)
	one(&c.Acknowledged, anyMatter(k) && !k.waits())
}

func (m *model) checkQueues(rt *rapid.T, want map[string][]string) {
	for _, lane := range []string{LaneRatings, LaneFeedback, LaneMatters, LaneEvents} {
		pending, err := m.s.Pending(m.t.Context(), lane, 1<<20, nil)
		if err != nil {
			rt.Fatal(err)
		}
		var ids []string
		for _, w := range pending {
			if ids = append(ids, w.ID); w.Damaged {
				rt.Fatalf("%s is damaged", w.ID)
			}
		}
		if !slices.Equal(ids, want[lane]) {
			rt.Fatalf("%s: %v, want %v", lane, ids, want[lane])
		}
	}
	blobs, err := m.s.PendingBlobs(m.t.Context(), 1<<20, nil)
	if err != nil {
		rt.Fatal(err)
	}
	var ids []string
	for _, b := range blobs {
		ids = append(ids, b.Digest)
		packet, err := m.s.BlobPart(m.t.Context(), b.Digest, 0, 1<<20)
		if err != nil || b.Damaged || seal.Digest(packet) != b.Digest || int64(len(packet)) != b.Size {
			rt.Fatalf("attachment %s: %v, damaged %v", b.Digest, err, b.Damaged)
		}
	}
	if !slices.Equal(ids, want[LaneBlobs]) {
		rt.Fatalf("attachments %v, want %v", ids, want[LaneBlobs])
	}
}

func (m *model) checkFound(rt *rapid.T) {
	persons := map[int][]string{}
	for _, k := range slices.Backward(m.all) {
		if !anyMatter(k) {
			continue
		}
		r, err := m.s.Find(m.t.Context(), "", k.number)
		if err != nil {
			rt.Fatal(err)
		}
		if k.state == purged {
			if len(r) != 0 {
				rt.Fatalf("%v is found after it was swept", k)
			}
			continue
		}
		persons[k.person] = append(persons[k.person], k.id)
		state, why := k.state, ""
		switch {
		case k.outcome != "":
			state, why = k.outcome, k.why
		case k.state == Quarantined:
			why = "test"
		case m.sending[k.id] && k.state == Queued:
			state = Sending
		}
		want := fmt.Sprint(k.id, state, why, k.printed, k.rated, m.missing(k), !k.waits())
		if len(r) != 1 || fmt.Sprint(r[0].ID, r[0].State, r[0].Reason, r[0].Printed, r[0].Rated, r[0].Blobs, r[0].Sent) != want {
			rt.Fatalf("%+v, want %s", r, want)
		}
	}
	for person := range 4 {
		r, err := m.s.Find(m.t.Context(), persona(person).IDNumber, "")
		var ids []string
		for _, f := range r {
			ids = append(ids, f.ID)
		}
		if err != nil || !slices.Equal(ids, persons[person]) {
			rt.Fatalf("person %d: %v, %v, want %v", person, err, ids, persons[person])
		}
	}
}
