package outbox

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"zhizhu/offline/wire"
)

// strike is one way in which the disk fails a write, and what happens next.
type strike struct {
	written, blind, restart bool
}

func (k strike) String() string {
	return fmt.Sprintf("written=%v,blind=%v,restart=%v", k.written, k.blind, k.restart)
}

// struckAt plays every strike on a fresh station: prepare, the act that is struck, the disk works again (after a restart,
// where the strike has one), and check, which is told whether the act said that it was done.
func struckAt(t *testing.T, prepare func(t *testing.T, s *station), act func(t *testing.T, s *station) error, check func(t *testing.T, s *station, k strike, done bool)) {
	t.Helper()
	for i := range 8 {
		k := strike{i&1 != 0, i&2 != 0, i&4 != 0}
		t.Run(k.String(), func(t *testing.T) {
			f := &faulty{}
			dir := memory(t)
			options := func(o *Options) {
				o.DoubtFile, o.ClockTrust = filepath.Join(dir, "doubt"), func() string { return "synced" }
			}
			s := newStationIn(t, dir, f.wrap, options)
			prepare(t, s)
			f.doubt, f.written, f.blind, f.struck = true, k.written, k.blind, false
			err := act(t, s)
			if !f.struck {
				t.Fatal("nothing was written")
			}
			if want := k.written && !k.blind; (err == nil) != want {
				t.Fatalf("%v, want done: %v", err, want)
			}
			f.blind = false
			if k.restart {
				s.reopen(t, options)
			}
			check(t, s, k, err == nil)
		})
	}
}

// A matter with attachments is there with all of them or with none, and never after the resident was told it is not.
func TestLodgeWithStruck(t *testing.T) {
	struckAt(t,
		func(t *testing.T, s *station) { s.lodgeWith(t, matter(1), file(10)) },
		func(t *testing.T, s *station) error {
			_, err := s.LodgeWith(t.Context(), matter(2), []File{file(2 * partSize), file(20)})
			if err != nil && (!errors.Is(err, ErrStore) || errors.Is(err, ErrInDoubt)) {
				t.Errorf("%v, want ErrStore and no doubt: it can be kept", err)
			}
			return err
		},
		func(t *testing.T, s *station, _ strike, done bool) {
			matters, blobs := 1, 1
			if done {
				matters, blobs = 2, 3
			}
			for i := range 3 {
				if i == 1 { // the next write takes out what must not go up
					s.lodgeWith(t, matter(3), file(30))
					matters, blobs = matters+1, blobs+1
				}
				c := s.Counts()
				if p, b := s.pending(t, LaneMatters), s.blobs(t); len(p) != matters || len(b) != blobs || c.Queued != matters || c.Blobs != blobs {
					t.Fatalf("%d: %d matters, %d attachments, want %d and %d", i, len(p), len(b), matters, blobs)
				}
				found, err := s.Find(t.Context(), persona(2).IDNumber, "")
				if err != nil || (len(found) == 1) != done {
					t.Fatalf("%v, %d found", err, len(found))
				}
				if i == 1 {
					s.reopen(t)
				}
			}
			parts := 2 // of the first and of the last
			if done {
				parts += 3 + 1
			}
			if n := s.rows(t, blobTable); n != parts {
				t.Fatalf("%d parts on disk, want %d", n, parts)
			}
		})
}

func TestSettleBlobStruck(t *testing.T) {
	proof := func(t *testing.T, s *station, b Blob) Proof {
		t.Helper()
		ack, sig := s.signed(t, b.Digest, b.Digest)
		p, err := s.Verify(b.Digest, b.Digest, ack, sig)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	struckAt(t,
		func(t *testing.T, s *station) { s.lodgeWith(t, matter(1), file(2*partSize), file(10)) },
		func(t *testing.T, s *station) error { return s.SettleBlob(t.Context(), proof(t, s, s.blobs(t)[0])) },
		func(t *testing.T, s *station, k strike, _ bool) {
			all := s.blobs(t)
			if want := 2; !k.written && len(all) != want {
				t.Fatalf("%d attachments, want %d", len(all), want)
			}
			for _, b := range all { // what is still there is whole, or known to be gone; again changes nothing
				if err := s.SettleBlob(t.Context(), proof(t, s, b)); err != nil {
					t.Fatal(err)
				}
			}
			s.reopen(t)
			if c := s.Counts(); c.Blobs != 0 || c.BlobBytes != 0 || s.rows(t, blobTable) != 0 || s.rows(t, tombTable) != 2 {
				t.Fatalf("%+v, %d parts, %d tombstones", c, s.rows(t, blobTable), s.rows(t, tombTable))
			}
		})
}

func TestConcludeStruck(t *testing.T) {
	for name, acknowledged := range map[string]bool{"queued": false, "acknowledged": true} {
		t.Run(name, func(t *testing.T) {
			var l Lodged
			conclude := func(t *testing.T, s *station) error { return s.Conclude(t.Context(), l.ID, Refused, "缺户口簿") }
			struckAt(t,
				func(t *testing.T, s *station) {
					if l = s.lodge(t, matter(1)); acknowledged {
						s.acknowledge(t, s.pending(t, LaneMatters)[0])
					}
				},
				conclude,
				func(t *testing.T, s *station, k strike, done bool) {
					r := s.record(t, l.Number)
					if done && r.State != Refused || !k.written && r.State == Refused || r.Sent != acknowledged {
						t.Fatalf("%+v", r)
					}
					if err := conclude(t, s); err != nil {
						t.Fatal(err)
					}
					if r := s.record(t, l.Number); r.State != Refused || r.Reason != "缺户口簿" || r.Sent != acknowledged {
						t.Fatalf("%+v", r)
					}
					if len(s.pending(t, LaneMatters)) == 1 == acknowledged {
						t.Fatal("the conclusion moved the packet")
					}
				})
		})
	}
}

func TestSweepStruck(t *testing.T) {
	later := noon.Add(40 * 24 * time.Hour)
	struckAt(t,
		func(t *testing.T, s *station) {
			for i := range 3 {
				s.lodge(t, matter(i))
			}
			for _, w := range s.pending(t, LaneMatters)[:2] {
				s.acknowledge(t, w)
			}
		},
		func(t *testing.T, s *station) error {
			_, err := s.Sweep(t.Context(), later, 30*24*time.Hour)
			return err
		},
		func(t *testing.T, s *station, k strike, done bool) {
			n, err := s.Sweep(t.Context(), later, 30*24*time.Hour)
			if err != nil || done && n != 0 || !k.written && n != 2 {
				t.Fatalf("%v, %d swept", err, n)
			}
			for range 2 {
				if c := s.Counts(); c.Queued != 1 || c.Acknowledged != 2 {
					t.Fatalf("%+v", c)
				}
				if e, f, tombs := s.rows(t, entryTable), s.rows(t, findTable), s.rows(t, tombTable); e != 0 || f != 0 || tombs != 2 {
					t.Fatalf("%d entries, %d look-up rows, %d tombstones", e, f, tombs)
				}
				s.reopen(t)
			}
		})
}

func TestPaceEventAndRatingStruck(t *testing.T) {
	var l Lodged
	for name, act := range map[string]func(t *testing.T, s *station) error{
		"pace": func(t *testing.T, s *station) error { return s.SetPace(t.Context(), 3, time.Minute) },
		"event": func(t *testing.T, s *station) error {
			return s.PutEvent(t.Context(), wire.Event{Kind: wire.EventStatistics})
		},
		"rating": func(t *testing.T, s *station) error {
			return s.PutRating(t.Context(), wire.Rating{Matter: l.ID, Item: "x", Level: 5})
		},
	} {
		t.Run(name, func(t *testing.T) {
			struckAt(t, func(t *testing.T, s *station) { l = s.lodge(t, matter(1)) }, act,
				func(t *testing.T, s *station, _ strike, done bool) {
					if !done {
						if err := act(t, s); err != nil && !errors.Is(err, ErrRated) {
							t.Fatal(err)
						}
					}
					for range 2 {
						failures, wait, err := s.Pace(t.Context())
						c := s.Counts()
						n := len(s.pending(t, LaneEvents)) + len(s.pending(t, LaneRatings))
						if name == "pace" && (err != nil || failures != 3 || wait != time.Minute) || name != "pace" && (n != 1 || c.Events+c.Ratings != 1) {
							t.Fatalf("%d %v, %v, %d records, %+v", failures, wait, err, n, c)
						}
						s.reopen(t)
					}
				})
		})
	}
}
