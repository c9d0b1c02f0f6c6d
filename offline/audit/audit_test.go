package audit

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"zhizhu/offline/seal"
	"zhizhu/offline/store"
)

// TestMain lets the store check its file in a child process, as it does on a machine.
func TestMain(m *testing.M) {
	if handled, code := store.RunChild(os.Args); handled {
		os.Exit(code)
	}
	os.Exit(m.Run())
}

// rig is a log over a real data file.
type rig struct {
	*Log
	store *store.Store
	sign  *seal.PrivateKey
	box   *seal.Box
	now   time.Time
	said  bytes.Buffer
}

func newRig(t testing.TB) *rig {
	t.Helper()
	s, _, err := store.Open(t.Context(), store.Options{
		Path: filepath.Join(t.TempDir(), "zhizhu.db"), Schema: store.Schema{Version: 1, Tables: Tables()}, Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	r := &rig{store: s, now: time.Date(2026, 11, 23, 1, 2, 3, 4_000_000, time.UTC)}
	if r.sign, err = seal.GenerateKey(rand.Reader); err != nil {
		t.Fatal(err)
	}
	if r.box, err = seal.NewBox(bytes.Repeat([]byte{5}, seal.StationKeySize)); err != nil {
		t.Fatal(err)
	}
	r.Log, err = New(Options{
		Store: s, Box: r.box, Sign: r.sign, Terminal: "MX0427-1", Generation: 2, Rand: rand.Reader,
		Now: func() time.Time { return r.now }, ClockTrust: func() string { return "synced" }, Log: slog.New(slog.NewTextHandler(&r.said, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// lodged is an act as the kiosk tells of it.
func lodged(i int) Record {
	return Record{
		Role: Resident, Actor: "p0011223344556677", Act: "matter.lodged", Subject: "0192f3c1-7d4e-7a55-8c11-3f2b9d10aa01",
		Item: "soc-qualify", Version: "3fa1", Attrs: map[string]string{"number": fmt.Sprintf("MX0427-1-20261123-%05d", i)},
	}
}

// filled is a rig with n records, the first of which begins the chain.
func filled(t testing.TB, n int) *rig {
	t.Helper()
	r := newRig(t)
	err := r.store.Update(t.Context(), func(tx *store.Tx) error {
		for i := 1; i < n; i++ {
			r.now = r.now.Add(time.Minute)
			if err := r.AppendTx(tx, lodged(i)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *rig) options() VerifyOptions { return VerifyOptions{Box: r.box, Signer: r.sign.Public()} }

func (r *rig) verify(t testing.TB, o VerifyOptions) Report {
	t.Helper()
	report, err := VerifyStore(t.Context(), r.store, o)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// change does something to the data file that nobody should.
func (r *rig) change(t testing.TB, fn func(tx *store.Tx)) {
	t.Helper()
	if err := r.store.Update(t.Context(), func(tx *store.Tx) error { fn(tx); return nil }); err != nil {
		t.Fatal(err)
	}
}

func (r *rig) head(t testing.TB) Head {
	t.Helper()
	h, err := r.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return Head{Seq: h.Seq, Hash: h.Hash}
}

func TestChainOfActs(t *testing.T) {
	r := newRig(t)
	if h := r.head(t); h.Seq != 0 || h.Hash != "" {
		t.Fatalf("head of an empty chain: %+v", h)
	}
	if report := r.verify(t, r.options()); !report.Sound() || report.Records != 0 {
		t.Fatalf("empty chain: %+v", report)
	}
	for i := range 3 {
		if err := r.Append(t.Context(), lodged(i)); err != nil {
			t.Fatal(err)
		}
	}
	report := r.verify(t, r.options())
	if !report.Sound() || report.Records != 4 || report.Last != 4 || report.Terminal != "MX0427-1" {
		t.Fatalf("%+v", report)
	}
	if h := r.head(t); h.Seq != 4 || h.Hash != report.Hash {
		t.Fatalf("head %+v, report %s", h, report.Hash)
	}
	var got Record
	err := r.store.View(t.Context(), func(tx *store.Tx) error {
		l, err := decodeLink(tx.Get(recordTable, seqKey(2)))
		if err != nil {
			return err
		}
		got, err = decodeRecord(l.body)
		return err
	})
	if err != nil || got.Seq != 2 || got.Act != "matter.lodged" || got.Trust != "synced" || len(got.Session) != 17 ||
		!got.Time.Equal(r.now) || got.Attrs["number"] != "MX0427-1-20261123-00000" {
		t.Fatalf("%v, %+v", err, got)
	}
	if r.said.Len() > 0 {
		t.Fatalf("log: %s", r.said.String())
	}
}

// An act whose transaction fails is not in the chain, and the chain goes on.
func TestAppendTxGoesWithItsTransaction(t *testing.T) {
	r := newRig(t)
	no := errors.New("no")
	err := r.store.Update(t.Context(), func(tx *store.Tx) error {
		return errors.Join(r.AppendTx(tx, lodged(1)), no)
	})
	if !errors.Is(err, no) || r.head(t).Seq != 0 {
		t.Fatalf("%v, head %+v", err, r.head(t))
	}
	if err := r.Append(t.Context(), lodged(2)); err != nil || r.head(t).Seq != 2 {
		t.Fatalf("%v, head %+v", err, r.head(t))
	}
	if report := r.verify(t, r.options()); !report.Sound() {
		t.Fatalf("%+v", report)
	}
}

// What could be somebody's number, or words of any kind, is never kept, and the act is kept all the same.
func TestPersonalDataAreWithheld(t *testing.T) {
	r := newRig(t)
	bad := lodged(1)
	bad.Subject = "440982199901019990"
	bad.Attrs = map[string]string{
		"name": "张三", "phone": "13800001234", "old": "44098219990101999X", "card": "6217000000000000000", "with": "tel:13800001234",
		"long": strings.Repeat("a", maxWord+1), "good": "ready", "空": "x", "empty": "",
	}
	if err := r.Append(t.Context(), bad); err != nil {
		t.Fatal(err)
	}
	var kept []byte
	err := r.store.View(t.Context(), func(tx *store.Tx) error {
		kept = bytes.Clone(tx.Get(recordTable, seqKey(2)))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"440982", "张三", "1380000", "6217", "aaaa"} {
		if bytes.Contains(kept, []byte(secret)) || strings.Contains(r.said.String(), secret) {
			t.Errorf("%q is kept or logged", secret)
		}
	}
	if !bytes.Contains(kept, []byte(`"good":"ready"`)) || !strings.Contains(r.said.String(), "withheld") {
		t.Errorf("%s, log %s", kept[fixedSize:], r.said.String())
	}
	if report := r.verify(t, r.options()); !report.Sound() {
		t.Fatalf("%+v", report)
	}
}

func TestActorsArePseudonyms(t *testing.T) {
	r := newRig(t)
	a := r.Actor("44098219990101999x")
	if len(a) != 17 || a != r.Actor(" 44098219990101999X ") || a == r.Actor("440982199901019990") || r.Actor("") != "" {
		t.Fatalf("%q", a)
	}
}

func TestNotesWaitForCompany(t *testing.T) {
	r := newRig(t)
	r.Note(Record{Role: Resident, Act: "guide.read", Item: "soc-qualify"})
	if r.head(t).Seq != 0 {
		t.Fatal("a note was written at once")
	}
	r.now = r.now.Add(time.Second)
	if err := r.Append(t.Context(), lodged(1)); err != nil {
		t.Fatal(err)
	}
	if h := r.head(t); h.Seq != 3 {
		t.Fatalf("head %+v, want the beginning, the note, and the act", h)
	}
	r.Note(Record{Role: Resident, Act: "guide.read"})
	if err := r.Flush(t.Context()); err != nil || r.head(t).Seq != 4 {
		t.Fatalf("%v, head %+v", err, r.head(t))
	}
	if err := r.Flush(t.Context()); err != nil || r.head(t).Seq != 4 {
		t.Fatal("flushed twice")
	}
	if report := r.verify(t, r.options()); !report.Sound() {
		t.Fatalf("%+v", report)
	}
}

// Nothing that waits is lost while the data file can't be written.
func TestNotesSurviveAFullDisk(t *testing.T) {
	r := newRig(t)
	broken := &failing{Store: r.store, err: store.ErrFull}
	r.o.Store = broken
	r.Note(Record{Role: Resident, Act: "guide.read"})
	if err := r.Append(t.Context(), lodged(1)); !errors.Is(err, store.ErrFull) {
		t.Fatalf("%v", err)
	}
	broken.err = nil
	if err := r.Flush(t.Context()); err != nil || r.head(t).Seq != 2 {
		t.Fatalf("%v, head %+v", err, r.head(t))
	}
}

type failing struct {
	Store
	err error
}

func (f *failing) Update(ctx context.Context, fn func(*store.Tx) error) error {
	if f.err != nil {
		return f.err
	}
	return f.Store.Update(ctx, fn)
}

func TestServeWritesNotes(t *testing.T) {
	r := newRig(t)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		l, err := New(r.o)
		if err != nil {
			t.Fatal(err)
		}
		l.full = make(chan struct{}, 1)
		done := make(chan error)
		go func() { done <- l.Serve(ctx) }()
		l.Note(Record{Role: Machine, Act: "door.open"})
		<-time.After(6 * time.Second)
		if h, err := l.Head(ctx); err != nil || h.Seq != 2 {
			t.Errorf("after 6 s: %+v, %v", h, err)
		}
		for range maxNotes {
			l.Note(Record{Role: Machine, Act: "door.open"})
		}
		synctest.Wait()
		if h, err := l.Head(ctx); err != nil || h.Seq != 2+maxNotes {
			t.Errorf("with many at once: %+v, %v", h, err)
		}
		l.Note(Record{Role: Machine, Act: "door.open"})
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	if r.head(t).Seq != 3+maxNotes {
		t.Fatalf("what waited at the end is lost: %+v", r.head(t))
	}
}
