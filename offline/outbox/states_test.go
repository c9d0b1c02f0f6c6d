package outbox

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"zhizhu/offline/seal"
	"zhizhu/offline/wire"
)

// 办不成事 has a lane of its own here and is a matter to the gateway, whether its item or what it is about says so.
func TestFeedbackGoesByItsOwnLane(t *testing.T) {
	s := newStation(t)
	s.lodge(t, matter(1))
	byKind, byAbout := matter(2), matter(3)
	byKind.Kind = "feedback"
	byAbout.About = &wire.About{Step: "materials"}
	want := []string{s.lodge(t, byKind).ID, s.lodge(t, byAbout).ID}
	for range 2 {
		var ids []string
		for _, w := range s.pending(t, LaneFeedback) {
			if ids = append(ids, w.ID); w.Lane != LaneFeedback || w.WireLane != wire.LaneMatters || w.Damaged {
				t.Fatalf("%+v", w)
			}
		}
		if !slices.Equal(ids, want) || len(s.pending(t, LaneMatters)) != 1 {
			t.Fatalf("%v, want %v", ids, want)
		}
		if c := s.Counts(); c.Queued != 3 || c.Feedback != 2 || !c.Oldest.Equal(noon) {
			t.Fatalf("%+v", c)
		}
		s.reopen(t)
	}
	s.acknowledge(t, s.pending(t, LaneFeedback)[0])
	if found, err := s.Find(t.Context(), persona(2).IDNumber, ""); err != nil || len(found) != 1 || !found[0].Sent {
		t.Fatalf("%v, %+v", err, found)
	}
}

func TestEventsAreSealedAndLeaveATombstone(t *testing.T) {
	s := newStation(t)
	if err := s.PutEvent(t.Context(), wire.Event{ID: "mine", Kind: wire.EventDelivered, Letter: "l-1"}); err != nil {
		t.Fatal(err)
	}
	w := s.pending(t, LaneEvents)[0]
	bound, plain, err := seal.OpenPacket(s.seal, w.Packet)
	if err != nil || bound != (seal.Binding{ID: w.ID, Terminal: "MX0427-1", Item: "event", Version: "delivered"}) || w.WireLane != wire.LaneEvents {
		t.Fatalf("%v, %+v, %+v", err, bound, w)
	}
	var e wire.Event
	if err := json.Unmarshal(plain, &e); err != nil {
		t.Fatal(err)
	}
	if e.ID != w.ID || e.Terminal != "MX0427-1" || e.Station != "MX0427" || e.Letter != "l-1" || !e.At.Equal(noon) {
		t.Fatalf("%+v", e)
	}
	s.acknowledge(t, w)
	s.acknowledge(t, w)
	if c := s.Counts(); c != (Counts{}) || s.rows(t, entryTable) != 0 || s.rows(t, tombTable) != 1 {
		t.Fatalf("%+v", c)
	}
}

func TestConcludeSaysNo(t *testing.T) {
	s := newStation(t)
	l := s.lodge(t, matter(1))
	if err := s.PutRating(t.Context(), wire.Rating{Matter: l.ID, Item: "x", Level: 5}); err != nil {
		t.Fatal(err)
	}
	rating := s.pending(t, LaneRatings)[0].ID
	for name, try := range map[string]struct {
		id   string
		to   State
		want error
	}{
		"unknown":    {"0192f3c1-7d4e-7a55-8c11-3f2b9d10aa01", Settled, ErrUnknown},
		"a rating":   {rating, Settled, ErrUnknown},
		"no id":      {"x", Settled, errID},
		"no outcome": {l.ID, Queued, nil},
	} {
		if err := s.Conclude(t.Context(), try.id, try.to, ""); err == nil || try.want != nil && !errors.Is(err, try.want) {
			t.Errorf("%s: %v, want %v", name, err, try.want)
		}
	}
	// What the gateway signs for later changes nothing about it, a later word does, and a long one is cut between letters.
	if err := s.Conclude(t.Context(), l.ID, Refused, "请补交户口簿"); err != nil {
		t.Fatal(err)
	}
	s.acknowledge(t, s.pending(t, LaneMatters)[0])
	if r := s.record(t, l.Number); r.State != Refused || r.Reason != "请补交户口簿" || !r.Sent {
		t.Fatalf("%+v", r)
	}
	if err := s.Conclude(t.Context(), l.ID, Settled, strings.Repeat("办结", mostWhy)); err != nil {
		t.Fatal(err)
	}
	if r := s.record(t, l.Number); r.State != Settled || !utf8.ValidString(r.Reason) || len(r.Reason) > mostWhy+len("…") {
		t.Fatalf("%s, %d bytes", r.State, len(r.Reason))
	}
}

func TestSweepOnlyWithAClockThatIsTrusted(t *testing.T) {
	trust := "unknown"
	s := newStation(t, func(o *Options) { o.ClockTrust = func() string { return trust } })
	l := s.lodge(t, matter(1))
	s.acknowledge(t, s.pending(t, LaneMatters)[0])
	sweep := func(now time.Time, want int) {
		t.Helper()
		if n, err := s.Sweep(t.Context(), now, 30*24*time.Hour); n != want || err != nil {
			t.Fatalf("%d swept, %v, want %d", n, err, want)
		}
	}
	years := noon.AddDate(10, 0, 0)
	sweep(years, 0) // the clock may have jumped
	trust = "offset"
	sweep(time.Time{}, 0)
	sweep(noon.AddDate(-1, 0, 0), 0)
	sweep(noon.AddDate(0, 0, 30), 0) // a minute is missing
	if _, err := s.Sweep(t.Context(), years, -time.Hour); err == nil {
		t.Fatal("a negative term is no error")
	}
	s.record(t, l.Number)
	sweep(noon.AddDate(0, 0, 30).Add(time.Minute), 1)
	sweep(years, 0)
	// What comes late finds nothing to change, and is no trouble.
	if err := s.Conclude(t.Context(), l.ID, Settled, "x"); err != nil {
		t.Fatal(err)
	}
	if err := s.MarkPrinted(t.Context(), l.Number); !errors.Is(err, ErrUnknown) {
		t.Fatalf("%v, want ErrUnknown", err)
	}
}

// Hundreds leave in several transactions, while one of them has an attachment to wait for.
func TestSweepMany(t *testing.T) {
	s := newStationIn(t, memory(t), func(o *Options) { o.ClockTrust = func() string { return "synced" } })
	s.lodgeWith(t, matter(0), file(1))
	for i := range 2*sweepBatch + 5 {
		s.lodge(t, matter(i%7))
	}
	settleAll(t, s, LaneMatters)
	if n, err := s.Sweep(t.Context(), noon.AddDate(1, 0, 0), 0); n != 2*sweepBatch+5 || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	s.settleBlob(t, s.blobs(t)[0])
	if n, err := s.Sweep(t.Context(), noon.AddDate(1, 0, 0), 0); n != 1 || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	if s.rows(t, findTable) != 0 || s.rows(t, entryTable) != 0 || s.Counts().Acknowledged != 2*sweepBatch+6 {
		t.Fatalf("%d look-up rows, %d entries, %+v", s.rows(t, findTable), s.rows(t, entryTable), s.Counts())
	}
}

// settleAll signs for all that waits in a lane, in one transaction.
func settleAll(t testing.TB, s *station, lane string) {
	t.Helper()
	if err := s.Settle(t.Context(), proofsOf(t, s, lane)); err != nil {
		t.Fatal(err)
	}
}

func proofsOf(t testing.TB, s *station, lane string) (proofs []Proof) {
	t.Helper()
	for _, w := range s.pending(t, lane) {
		ack, sig := s.signed(t, w.ID, w.Digest)
		p, err := s.Verify(w.ID, w.Digest, ack, sig)
		if err != nil {
			t.Fatal(err)
		}
		proofs = append(proofs, p)
	}
	return proofs
}

func TestSendingIsShownAndEnds(t *testing.T) {
	s := newStation(t)
	a, b := s.lodge(t, matter(1)), s.lodge(t, matter(2))
	want := func(wantA, wantB State) {
		t.Helper()
		if ra, rb := s.record(t, a.Number), s.record(t, b.Number); ra.State != wantA || rb.State != wantB {
			t.Fatalf("%s and %s, want %s and %s", ra.State, rb.State, wantA, wantB)
		}
	}
	s.Sending([]string{a.ID, b.ID, "no id"})
	want(Sending, Sending)
	if err := s.Quarantine(t.Context(), a.ID, "status 422"); err != nil {
		t.Fatal(err)
	}
	want(Quarantined, Sending)
	if err := s.Requeue(t.Context(), a.ID); err != nil {
		t.Fatal(err)
	}
	want(Queued, Sending)
	s.Sending(nil)
	want(Queued, Queued)
}

func TestPaceOutlivesARestart(t *testing.T) {
	s := newStation(t)
	for _, want := range []pace{{0, 0}, {4, 37 * time.Second}, {4, time.Hour}, {0, 0}} {
		if err := s.SetPace(t.Context(), want.failures, want.wait); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if failures, wait, err := s.Pace(t.Context()); err != nil || failures != want.failures || wait != want.wait {
				t.Fatalf("%d %v %v, want %+v", failures, wait, err, want)
			}
			s.reopen(t)
		}
	}
	if err := s.SetPace(t.Context(), -1, -time.Second); err != nil {
		t.Fatal(err)
	}
}

// A first packet key is made at start, while nobody waits.
func TestFirstKeyIsMadeAtStart(t *testing.T) {
	if n := newStation(t).sealer.Prepared(); n == 0 {
		t.Fatal("no key is ready")
	}
}

// Kiosk, syncer, mailbox and courier use one outbox at once; in the end everything was taken in once and settled once.
func TestManyAtOnce(t *testing.T) {
	s := newStationIn(t, memory(t), func(o *Options) { o.ClockTrust = func() string { return "synced" } })
	const each, lodgers = 25, 3
	var lodging, rest sync.WaitGroup
	for l := range lodgers {
		lodging.Go(func() {
			for i := range each {
				m := matter(l)
				lodged, err := s.LodgeWith(t.Context(), m, []File{file(1 + i*2000)})
				if err == nil {
					err = s.PutRating(t.Context(), wire.Rating{Matter: lodged.ID, Item: "x", Level: 5})
				}
				if err == nil {
					err = s.MarkPrinted(t.Context(), lodged.Number)
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	done := make(chan struct{})
	for range 2 { // line and stick
		rest.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					carry(t, s)
				}
			}
		})
	}
	rest.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
			}
			found, err := s.Find(t.Context(), persona(1).IDNumber, "")
			if err != nil {
				t.Error(err)
			}
			for _, r := range found {
				if err := s.Conclude(t.Context(), r.ID, Settled, ""); err != nil {
					t.Error(err)
				}
			}
		}
	})
	lodging.Wait()
	close(done)
	rest.Wait()
	carry(t, s)
	if c := s.Counts(); c != (Counts{Acknowledged: each * lodgers}) {
		t.Fatalf("%+v", c)
	}
	for l := range lodgers {
		found, err := s.Find(t.Context(), persona(l).IDNumber, "")
		if err != nil || len(found) != each {
			t.Fatalf("%v, %d found", err, len(found))
		}
		for _, r := range found {
			if !r.Printed || !r.Rated || r.Blobs != 0 || !r.Sent {
				t.Fatalf("%+v", r)
			}
		}
	}
	if n := s.rows(t, blobTable); n != 0 {
		t.Fatalf("%d parts left", n)
	}
}

// carry signs for everything that waits.
func carry(t *testing.T, s *station) {
	for _, lane := range []string{LaneRatings, LaneMatters} {
		settleAll(t, s, lane)
	}
	for _, b := range s.blobs(t) {
		if b.Damaged {
			t.Errorf("attachment %s is damaged", b.Digest)
		}
		s.settleBlob(t, b)
	}
}
