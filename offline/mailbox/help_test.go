package mailbox_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"zhizhu/offline/mailbox"
	"zhizhu/offline/seal"
	"zhizhu/offline/store"
	"zhizhu/offline/wire"
)

func TestMain(m *testing.M) {
	if handled, exit := store.RunChild(os.Args); handled {
		os.Exit(exit)
	}
	os.Exit(m.Run())
}

const (
	terminal = "MX0427-1"
	// Invented: no such number is anybody's. Nothing of these may lie on the disk or in a log in clear.
	personA = "44140319500101001X"
	personB = "44140319500101002X"
	numberA = "MX0427-1-20261123-0001-5"
	numberB = "MX0427-1-20261123-0002-3"
	words   = "测试甲先生：您的材料还缺一项，请补交。"
)

var noon = time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)

// box is a mailbox on a real file, with the gateway's keys at hand.
type box struct {
	*mailbox.Mailbox
	t         testing.TB
	path      string
	post, ack *seal.PrivateKey
	store     *store.Store
	faulty    *faultyStore
	log       *bytes.Buffer
	change    func(*mailbox.Options)
	seq       uint64

	mu       sync.Mutex
	clock    time.Time
	trust    string
	told     []string // letter ids, by OnLetter
	reported []string // letter ids, by Report
	deaf     error    // of OnLetter and Report
}

func key(t testing.TB) *seal.PrivateKey {
	t.Helper()
	k, err := seal.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// memory returns a folder where a sync costs nothing.
func memory(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "mailbox") //nolint:usetesting // t.TempDir is on a disk
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func newBox(t testing.TB, change ...func(*mailbox.Options)) *box {
	t.Helper()
	b := &box{
		t: t, path: filepath.Join(memory(t), "zhizhu.db"), post: key(t), ack: key(t), clock: noon, trust: "synced",
		log: &bytes.Buffer{}, change: func(o *mailbox.Options) {
			for _, c := range change {
				c(o)
			}
		},
	}
	b.open()
	t.Cleanup(func() {
		_ = b.store.Close()
		b.clean(b.log.Bytes(), "the log")
		if disk, err := os.ReadFile(b.path); err == nil {
			b.clean(disk, "the data file")
		}
	})
	return b
}

// clean finds personal data where there must be none.
func (b *box) clean(p []byte, where string) {
	for _, secret := range []string{personA, personB, numberA, numberB, words} {
		if bytes.Contains(p, []byte(secret)) {
			b.t.Errorf("%s holds %q", where, secret)
		}
	}
}

func (b *box) open() {
	b.t.Helper()
	log := slog.New(slog.NewTextHandler(b.log, nil))
	var err error
	b.store, _, err = store.Open(b.t.Context(), store.Options{
		Path: b.path, Schema: store.Schema{Tables: mailbox.Tables()}, Now: func() time.Time { return noon }, Log: log,
	})
	if err != nil {
		b.t.Fatal(err)
	}
	sealBox, err := seal.NewBox(bytes.Repeat([]byte{7}, seal.StationKeySize))
	if err != nil {
		b.t.Fatal(err)
	}
	b.faulty = &faultyStore{Store: b.store}
	o := mailbox.Options{
		Store: b.faulty, Box: sealBox, PostKey: b.post, AckKey: b.ack.Public(), Terminal: terminal, Log: log,
		Now:        func() time.Time { b.mu.Lock(); defer b.mu.Unlock(); return b.clock },
		ClockTrust: func() string { b.mu.Lock(); defer b.mu.Unlock(); return b.trust },
		Report: func(_ context.Context, e wire.Event) error {
			b.mu.Lock()
			defer b.mu.Unlock()
			if b.deaf == nil && e.Kind == wire.EventDelivered {
				b.reported = append(b.reported, e.Letter)
			}
			return b.deaf
		},
		OnLetter: func(_ context.Context, l wire.Letter) error {
			b.mu.Lock()
			defer b.mu.Unlock()
			if b.deaf == nil {
				b.told = append(b.told, l.ID)
			}
			return b.deaf
		},
	}
	b.change(&o)
	if b.Mailbox, err = mailbox.New(o); err != nil {
		b.t.Fatal(err)
	}
}

func (b *box) reopen() {
	b.t.Helper()
	if err := b.store.Close(); err != nil {
		b.t.Fatal(err)
	}
	b.open()
}

// faultyStore fails writes as a disk does: before anything is on it, or when it is and nobody knows.
type faultyStore struct {
	*store.Store
	fail func(n int) error // of the nth write
	n    int
}

func (s *faultyStore) Update(ctx context.Context, fn func(*store.Tx) error) error {
	s.n++
	var fault error
	if s.fail != nil {
		fault = s.fail(s.n)
	}
	if fault != nil && !errors.Is(fault, errAfter) {
		return fault
	}
	if err := s.Store.Update(ctx, fn); err != nil {
		return err
	}
	return fault
}

// errAfter is an error of a write that is on disk all the same.
var errAfter = fmt.Errorf("commit: %w", store.ErrInDoubt)

func letter(i int) wire.Letter {
	l := wire.Letter{
		ID: fmt.Sprintf("00000000-0000-8000-8000-%012d", i), Kind: wire.LetterCorrection, Matter: fmt.Sprintf("matter-%d", i),
		Number: numberA, ItemName: "社会保险待遇领取资格认证", IDNumber: personA, At: noon.Add(time.Duration(i) * time.Minute),
		Office: "某某镇公共服务办公室", Text: words, Missing: []string{"户口簿复印件"}, Due: "2026-12-31",
	}
	return l
}

// sealed is a letter as the gateway sends it.
func (b *box) sealed(l wire.Letter, seq uint64) wire.Post {
	b.t.Helper()
	plain, err := json.Marshal(l)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.packed(plain, seal.Binding{ID: l.ID, Terminal: terminal, Item: "soc-qualify"}, b.post.Public(), seq)
}

func (b *box) packed(plain []byte, bind seal.Binding, to *seal.PublicKey, seq uint64) wire.Post {
	b.t.Helper()
	packet, err := seal.SealPacket(rand.Reader, to, bind, plain)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.sign(wire.Post{Seq: seq, ID: bind.ID, Terminal: terminal, Digest: seal.Digest(packet), Packet: packet})
}

func (b *box) sign(p wire.Post) wire.Post {
	b.t.Helper()
	var err error
	if p.Signature, err = seal.Sign(rand.Reader, b.ack, p.Signed()); err != nil {
		b.t.Fatal(err)
	}
	return p
}

// next is the next post of the mailbox.
func (b *box) next(l wire.Letter) wire.Post {
	b.seq++
	return b.sealed(l, b.seq)
}

func (b *box) take(posts ...wire.Post) uint64 {
	b.t.Helper()
	next, err := b.Take(b.t.Context(), posts)
	if err != nil {
		b.t.Fatal(err)
	}
	return next
}

func (b *box) cursor() uint64 {
	b.t.Helper()
	c, err := b.Cursor(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	return c
}

func (b *box) find(idNumber, number string) []string {
	b.t.Helper()
	all, err := b.Find(b.t.Context(), idNumber, number)
	if err != nil {
		b.t.Fatal(err)
	}
	ids := []string{}
	for _, l := range all {
		ids = append(ids, l.ID)
	}
	return ids
}

func (b *box) counts() mailbox.Counts {
	b.t.Helper()
	c, err := b.Counts(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	return c
}

func want[T comparable](t testing.TB, what string, got, want []T) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func ids(all ...int) []string {
	out := []string{}
	for _, i := range all {
		out = append(out, letter(i).ID)
	}
	return out
}
