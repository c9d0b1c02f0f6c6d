package outbox

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"zhizhu/offline/store"
	"zhizhu/offline/wire"
)

// faulty is a real store whose writes can be made to fail as a disk does: with or without being written, and with or
// without being readable afterwards.
type faulty struct {
	Store
	room    error
	doubt   bool // the next update ends in doubt
	written bool // ... though it is on disk
	blind   bool // nothing can be confirmed
	struck  bool // an update ended in doubt
	stuck   bool // the next update isn't begun, since one before it is still in doubt
}

func (f *faulty) wrap(o *Options) { f.Store = o.Store; o.Store = f }

func (f *faulty) Room() error { return errors.Join(f.room, f.Store.Room()) }

func (f *faulty) Update(ctx context.Context, fn func(*store.Tx) error) error {
	if f.stuck {
		f.stuck = false
		return fmt.Errorf("update store: %w", store.ErrInDoubt)
	}
	if !f.doubt {
		return f.Store.Update(ctx, fn)
	}
	f.doubt = false
	never := errors.New("never written")
	err := f.Store.Update(ctx, func(tx *store.Tx) error {
		if err := fn(tx); err != nil || f.written {
			return err
		}
		return never
	})
	if err != nil && !errors.Is(err, never) {
		return err
	}
	f.struck = true
	return fmt.Errorf("input/output error: %w", store.ErrInDoubt)
}

func (f *faulty) Confirm(ctx context.Context, fn func(*store.Tx) error) error {
	if f.blind {
		return fmt.Errorf("input/output error: %w", store.ErrInDoubt)
	}
	return f.Store.Confirm(ctx, fn)
}

// A write that failed but is on disk is a success; one that isn't is a failure; neither happens twice.
func TestWriteInDoubtIsReadBack(t *testing.T) {
	f := &faulty{}
	s := newStation(t, f.wrap)
	f.doubt, f.written = true, true
	l := s.lodge(t, matter(1))
	if p := s.pending(t, wire.LaneMatters); len(p) != 1 || p[0].ID != l.ID {
		t.Fatalf("%d pending", len(p))
	}
	f.doubt, f.written = true, false
	if _, err := s.Lodge(t.Context(), matter(2)); !errors.Is(err, ErrStore) {
		t.Fatalf("%v, want ErrStore", err)
	}
	for _, act := range []func() error{
		func() error { return s.MarkPrinted(t.Context(), l.Number) },
		func() error {
			return s.PutRating(t.Context(), wire.Rating{Matter: l.ID, Item: "x", Level: 5})
		},
		func() error {
			w := s.pending(t, wire.LaneMatters)[0]
			ack, sig := s.signed(t, w.ID, w.Digest)
			return s.Acknowledge(t.Context(), w.ID, ack, sig)
		},
	} {
		f.doubt, f.written = true, false
		if err := act(); err == nil {
			t.Fatal("a write that isn't on disk is no error")
		}
		f.doubt, f.written = true, true
		if err := act(); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if c := s.Counts(); c.Queued != 0 || c.Ratings != 1 || c.Acknowledged != 1 {
			t.Fatalf("%+v", c)
		}
		r, err := s.Find(t.Context(), "", l.Number)
		if err != nil || len(r) != 1 || !r[0].Printed || !r[0].Rated {
			t.Fatalf("%v, %+v", err, r)
		}
		s.reopen(t)
	}
}

// A write that is never begun, since the store can't recover from one before it, is a plain failure: nothing has changed,
// nothing is looked for on the disk, and it can be tried again.
func TestWriteThatIsNotBegun(t *testing.T) {
	f := &faulty{}
	s := newStation(t, f.wrap, func(o *Options) { o.ClockTrust = func() string { return "synced" } })
	l, set := s.lodgeWith(t, matter(1), file(10)), s.lodge(t, matter(2))
	if err := s.Quarantine(t.Context(), set.ID, "status 422"); err != nil {
		t.Fatal(err)
	}
	for _, act := range []func() error{
		func() error { _, err := s.LodgeWith(t.Context(), matter(3), []File{file(10)}); return err },
		func() error { return s.PutRating(t.Context(), wire.Rating{Matter: l.ID, Item: "x", Level: 5}) },
		func() error { return s.PutEvent(t.Context(), wire.Event{Kind: wire.EventStatistics}) },
		func() error { return s.Quarantine(t.Context(), l.ID, "status 422") },
		func() error { _, err := s.RequeueAll(t.Context()); return err },
		func() error { return s.SetPace(t.Context(), 1, time.Minute) },
		func() error { return s.Conclude(t.Context(), l.ID, Settled, "") },
		func() error { return s.MarkPrinted(t.Context(), l.Number) },
		func() error { return s.Settle(t.Context(), proofsOf(t, s, LaneMatters)) },
		func() error { _, err := s.Sweep(t.Context(), noon.AddDate(1, 0, 0), 0); return err },
	} {
		before := s.Counts()
		f.stuck = true
		if err := act(); err == nil || errors.Is(err, ErrInDoubt) || s.Counts() != before {
			t.Fatalf("%v, %+v became %+v", err, before, s.Counts())
		}
		if err := act(); err != nil {
			t.Fatal(err)
		}
	}
}

// The resident is told that nothing was taken in: then nothing goes up, though the disk turns out to have it.
func TestWriteThatCannotBeReadBackNeverGoesUp(t *testing.T) {
	f := &faulty{}
	s := newStation(t, f.wrap)
	s.lodge(t, matter(1))
	f.doubt, f.written, f.blind = true, true, true
	if _, err := s.Lodge(t.Context(), matter(2)); !errors.Is(err, ErrStore) {
		t.Fatalf("%v, want ErrStore", err)
	}
	if p := s.pending(t, wire.LaneMatters); len(p) != 1 {
		t.Fatalf("%d pending while the disk is blind", len(p))
	}
	if _, err := s.Lodge(t.Context(), matter(3)); !errors.Is(err, ErrStore) {
		t.Fatalf("while blind: %v, want ErrStore", err)
	}
	f.blind = false
	third := s.lodge(t, matter(4))
	for range 2 {
		if p := s.pending(t, wire.LaneMatters); len(p) != 2 || p[1].ID != third.ID {
			t.Fatalf("%d pending after the disk came back", len(p))
		}
		if found, err := s.Find(t.Context(), persona(2).IDNumber, ""); err != nil || len(found) != 0 {
			t.Fatalf("%v, %d found of what was not taken in", err, len(found))
		}
		s.reopen(t)
	}
}

// An acknowledgement whose write can't be read back counts as not kept, and is found again when the disk is back.
func TestAcknowledgementThatCannotBeReadBack(t *testing.T) {
	f := &faulty{}
	s := newStation(t, f.wrap)
	s.lodge(t, matter(1))
	w := s.pending(t, wire.LaneMatters)[0]
	ack, sig := s.signed(t, w.ID, w.Digest)
	f.doubt, f.written, f.blind = true, true, true
	if err := s.Acknowledge(t.Context(), w.ID, ack, sig); err == nil {
		t.Fatal("no error")
	}
	f.blind = false
	if err := s.Acknowledge(t.Context(), w.ID, ack, sig); err != nil {
		t.Fatal(err)
	}
	if c := s.Counts(); c.Acknowledged != 1 || c.Queued != 0 {
		t.Fatalf("%+v", c)
	}
}

// What the resident was told was not taken in doesn't go up after a restart either; where that can't be promised, the
// error says so.
func TestDoubtOutlivesARestart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "doubt")
	remember := func(o *Options) { o.DoubtFile = file }
	f := &faulty{}
	s := newStation(t, f.wrap, remember)
	first := s.lodge(t, matter(1))
	f.doubt, f.written, f.blind = true, true, true
	if _, err := s.Lodge(t.Context(), matter(2)); !errors.Is(err, ErrStore) || errors.Is(err, ErrInDoubt) {
		t.Fatalf("%v, want ErrStore and no doubt", err)
	}
	for range 2 { // the second time without any write in between
		s.reopen(t, remember)
		if p := s.pending(t, wire.LaneMatters); len(p) != 1 || p[0].ID != first.ID || s.Counts().Queued != 1 {
			t.Fatalf("%d pending after the restart, %+v", len(p), s.Counts())
		}
		if found, err := s.Find(t.Context(), persona(2).IDNumber, ""); err != nil || len(found) != 0 {
			t.Fatalf("%v, %d found of what was not taken in", err, len(found))
		}
	}
	third := s.lodge(t, matter(3))
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("the file is left: %v", err)
	}
	s.reopen(t)
	if p := s.pending(t, wire.LaneMatters); len(p) != 2 || p[1].ID != third.ID {
		t.Fatalf("%d pending in the end", len(p))
	}
}

func TestDoubtThatCannotBeKeptIsSaid(t *testing.T) {
	for name, path := range map[string]string{"no file": "", "no folder": filepath.Join(t.TempDir(), "gone", "doubt")} {
		t.Run(name, func(t *testing.T) {
			f := &faulty{}
			s := newStation(t, f.wrap, func(o *Options) { o.DoubtFile = path })
			f.doubt, f.written = true, false
			if _, err := s.Lodge(t.Context(), matter(1)); !errors.Is(err, ErrStore) || errors.Is(err, ErrInDoubt) {
				t.Fatalf("%v, want ErrStore and no doubt: it was read back", err)
			}
			f.doubt, f.blind = true, true
			if _, err := s.Lodge(t.Context(), matter(2)); !errors.Is(err, ErrStore) || !errors.Is(err, ErrInDoubt) {
				t.Fatalf("%v, want ErrStore and ErrInDoubt", err)
			}
		})
	}
}

// A file that was cut or scribbled over keeps nobody from starting.
func TestDoubtFileThatIsDamaged(t *testing.T) {
	file := filepath.Join(t.TempDir(), "doubt")
	s := newStation(t)
	l := s.lodge(t, matter(1))
	s.lodge(t, matter(2))
	key := hex.EncodeToString(append([]byte{'m'}, binary.BigEndian.AppendUint64(nil, 1)...))
	text := "\x00\n" + l.ID + "\n" + l.ID + " zz\nx " + key + "\n" + l.ID + " " + key
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s.reopen(t, func(o *Options) { o.DoubtFile = file })
	if p := s.pending(t, wire.LaneMatters); len(p) != 1 || p[0].ID == l.ID {
		t.Fatalf("%d pending", len(p))
	}
}
