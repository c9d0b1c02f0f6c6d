package mailbox_test

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"zhizhu/offline/mailbox"
	"zhizhu/offline/seal"
	"zhizhu/offline/store"
	"zhizhu/offline/wire"
)

func TestLettersAreFoundByCardAndReceipt(t *testing.T) {
	b := newBox(t)
	other := letter(3)
	other.IDNumber, other.Number = personB, numberB
	open := letter(4) // names nobody
	open.IDNumber = ""
	next := b.take(b.next(letter(1)), b.next(letter(2)), b.next(other), b.next(open))
	if next != 4 || b.cursor() != 4 {
		t.Fatalf("next %d, cursor %d", next, b.cursor())
	}
	want(t, "told", b.told, ids(1, 2, 3, 4))
	for _, c := range []struct {
		name, id, number string
		want             []string
	}{
		{"card", personA, "", ids(2, 1)},
		{"card in another writing", " " + strings.ToLower(personA), "", ids(2, 1)},
		{"receipt", "", numberA, ids(4, 2, 1)},
		{"receipt in another writing", "", strings.ToLower(numberA) + " ", ids(4, 2, 1)},
		{"card and own receipt", personA, numberA, ids(4, 2, 1)},
		{"card and a found receipt", personA, numberB, ids(2, 1)},
		{"another's card and receipt", personB, numberA, ids(4, 3)},
		{"nobody", "44140319500101999X", "", ids()},
		{"nothing", "", "", ids()},
	} {
		want(t, c.name, b.find(c.id, c.number), c.want)
	}
	b.reopen()
	got, err := b.Find(t.Context(), personB, "")
	if err != nil || len(got) != 1 || !reflect.DeepEqual(got[0], other) {
		t.Fatalf("after a restart: %+v, %v", got, err)
	}
	if b.cursor() != 4 {
		t.Fatal("cursor is gone")
	}
}

func TestTheSameLetterAgainIsNothingNew(t *testing.T) {
	b := newBox(t)
	p := b.next(letter(1))
	b.take(p)
	b.take(p)
	changed := letter(1)
	changed.Text = "another"
	b.take(b.sealed(changed, 1), b.sealed(changed, 2)) // sealed anew, even with other words: the first one counts
	got, err := b.Find(t.Context(), personA, "")
	if err != nil || len(got) != 1 || got[0].Text != words {
		t.Fatalf("%+v, %v", got, err)
	}
	want(t, "told", b.told, ids(1))
	if n := b.counts(); n.Letters != 1 || b.cursor() != 2 {
		t.Fatalf("%+v, cursor %d", n, b.cursor())
	}
}

func TestAlteredPostIsRefusedAndNamed(t *testing.T) {
	b := newBox(t)
	foreign := key(t)
	good := b.sealed(letter(2), 2)
	for _, c := range []struct {
		name   string
		change func(p *wire.Post)
		why    error
		held   bool
	}{
		{"sequence", func(p *wire.Post) { p.Seq = 3 }, mailbox.ErrSignature, true},
		{"sequence 0", func(p *wire.Post) { p.Seq = 0 }, mailbox.ErrSignature, true},
		{"letter id", func(p *wire.Post) { p.ID = letter(9).ID }, mailbox.ErrSignature, true},
		{"letter id that is none", func(p *wire.Post) { p.ID = personA + "/" }, mailbox.ErrSignature, true},
		{"terminal", func(p *wire.Post) { p.Terminal = "MX0427-2" }, mailbox.ErrTerminal, true},
		{"digest", func(p *wire.Post) { p.Digest = seal.Digest(nil) }, mailbox.ErrSignature, true},
		{"packet", func(p *wire.Post) { p.Packet[len(p.Packet)-1] ^= 1 }, mailbox.ErrDigest, true},
		{"packet cut", func(p *wire.Post) { p.Packet = p.Packet[:40] }, mailbox.ErrDigest, true},
		{"packet far too large", func(p *wire.Post) { p.Packet = make([]byte, 4<<20) }, mailbox.ErrDigest, true},
		{"signature", func(p *wire.Post) { p.Signature[10] ^= 1 }, mailbox.ErrSignature, true},
		{"no signature", func(p *wire.Post) { p.Signature = nil }, mailbox.ErrSignature, true},
		{"another's letter to this key", func(p *wire.Post) {
			p.Packet = b.packed([]byte("{}"), seal.Binding{ID: p.ID, Terminal: terminal, Item: "x"}, b.post.Public(), 2).Packet
		}, mailbox.ErrDigest, true},
		// Signed by the gateway, so that they never get better.
		{"sealed to another key", func(p *wire.Post) {
			*p = b.packed([]byte("{}"), seal.Binding{ID: p.ID, Terminal: terminal, Item: "x"}, foreign.Public(), 2)
		}, mailbox.ErrOpen, false},
		{"bound to another letter", func(p *wire.Post) {
			q := b.sealed(letter(9), 2)
			q.ID = p.ID
			*p = b.sign(q)
		}, mailbox.ErrOpen, false},
		{"bound to another terminal", func(p *wire.Post) {
			*p = b.packed([]byte("{}"), seal.Binding{ID: p.ID, Terminal: "MX0427-2", Item: "x"}, b.post.Public(), 2)
		}, mailbox.ErrOpen, false},
		{"content that is none", func(p *wire.Post) {
			*p = b.packed([]byte(words), seal.Binding{ID: p.ID, Terminal: terminal, Item: "x"}, b.post.Public(), 2)
		}, mailbox.ErrLetter, false},
		{"content with another id", func(p *wire.Post) {
			*p = b.packed([]byte(`{"id":"other","kind":"reply","matter":"m"}`), seal.Binding{ID: p.ID, Terminal: terminal, Item: "x"}, b.post.Public(), 2)
		}, mailbox.ErrLetter, false},
		{"document that is none", func(p *wire.Post) {
			l := letter(2)
			l.Attachment = &wire.File{Name: "x", Media: "application/pdf", Data: []byte("MZ")}
			*p = b.sealed(l, 2)
		}, mailbox.ErrLetter, false},
		{"document with a path", func(p *wire.Post) {
			l := letter(2)
			l.Attachment = &wire.File{Name: "../x", Media: "application/pdf", Data: []byte("%PDF-1.7")}
			*p = b.sealed(l, 2)
		}, mailbox.ErrLetter, false},
		{"document too large", func(p *wire.Post) {
			l := letter(2)
			l.Attachment = &wire.File{Media: "application/pdf", Data: append([]byte("%PDF-"), make([]byte, 2<<20)...)}
			*p = b.sealed(l, 2)
		}, mailbox.ErrTooLarge, false},
		{"text too large", func(p *wire.Post) {
			l := letter(2)
			l.Text = strings.Repeat("x", 33<<10)
			*p = b.sealed(l, 2)
		}, mailbox.ErrTooLarge, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := &box{t: t, post: b.post, ack: b.ack, path: memory(t) + "/zhizhu.db", clock: noon, trust: "synced", log: &bytes.Buffer{}, change: func(*mailbox.Options) {}}
			b.open()
			defer func() { _ = b.store.Close() }()
			bad := good
			bad.Packet, bad.Signature = slices.Clone(good.Packet), slices.Clone(good.Signature)
			c.change(&bad)
			next, err := b.Take(t.Context(), []wire.Post{b.sealed(letter(1), 1), bad, b.sealed(letter(3), 3)})
			var refused *mailbox.RefusedError
			if !errors.As(err, &refused) || !errors.Is(err, c.why) || len(refused.Posts) != 1 || refused.Posts[0].Held != c.held {
				t.Fatalf("got %v", err)
			}
			want(t, "those beside it", b.find(personA, ""), ids(3, 1))
			if next != 3 {
				t.Errorf("next %d", next)
			}
			cursor := map[bool]uint64{true: 1, false: 3}[c.held]
			if bad.Seq == 3 {
				cursor = 2
			}
			if bad.Seq == 0 {
				cursor = 0
			}
			if got := b.cursor(); got != cursor {
				t.Errorf("cursor %d, want %d", got, cursor)
			}
			if n := b.counts(); (n.Held == 1) != c.held || (n.Refused == 1) == c.held {
				t.Errorf("counts %+v", n)
			}
			if !strings.Contains(b.log.String(), "Letter refused") || strings.Contains(err.Error(), personA) {
				t.Errorf("log %s, error %v", b.log, err)
			}
			b.clean(b.log.Bytes(), "the log")
			// The gateway's own copy heals what was held.
			b.take(good)
			if c.held || c.name == "sealed to another key" {
				want(t, "healed", b.find(personA, ""), ids(3, 2, 1))
			}
		})
	}
}

func TestHeldPostDoesNotBlockFurtherPages(t *testing.T) {
	b := newBox(t)
	bad := b.next(letter(1))
	bad.Signature = nil
	page1 := []wire.Post{bad, b.next(letter(2))}
	page2 := []wire.Post{b.next(letter(3)), b.next(letter(4))}
	if b.cursor() != 0 {
		t.Fatal("cursor")
	}
	next, err := b.Take(t.Context(), page1)
	if next != 2 || !errors.Is(err, mailbox.ErrSignature) {
		t.Fatal(next, err)
	}
	if next := b.take(page2...); next != 4 {
		t.Fatalf("next %d", next)
	}
	want(t, "taken", b.find(personA, ""), ids(4, 3, 2))
	if c := b.cursor(); c != 0 { // the round after it begins before the held one
		t.Fatalf("cursor %d", c)
	}
	b.take(append(page1[1:], page2...)...) // it is gone at the gateway
	if c := b.cursor(); c != 4 || b.counts().Held != 0 {
		t.Fatalf("cursor %d, %+v", c, b.counts())
	}
}

func TestPostBeyondAGapLeavesTheCursor(t *testing.T) {
	b := newBox(t)
	b.take(b.sealed(letter(1), 1))
	// A stick that was filled for a later cursor, after this machine's data file was put back.
	if _, err := b.TakeAfter(t.Context(), 7, []wire.Post{b.sealed(letter(8), 8)}); err != nil {
		t.Fatal(err)
	}
	if c := b.cursor(); c != 1 {
		t.Fatalf("cursor %d", c)
	}
	// An old one.
	if _, err := b.TakeAfter(t.Context(), 0, []wire.Post{b.sealed(letter(1), 1)}); err != nil {
		t.Fatal(err)
	}
	want(t, "found", b.find(personA, ""), ids(8, 1))
	if c := b.cursor(); c != 1 {
		t.Fatalf("cursor %d", c)
	}
}

func TestANewNameHasANewCursor(t *testing.T) {
	b := newBox(t)
	b.take(b.next(letter(1)), b.next(letter(2)))
	b.change = func(o *mailbox.Options) { o.Terminal = "MX0427-2" }
	b.reopen()
	if c := b.cursor(); c != 0 {
		t.Fatalf("cursor %d", c)
	}
	want(t, "letters stay", b.find(personA, ""), ids(2, 1))
}

func TestDeliveryIsReportedOnceAndContentGoesAfterTheTerm(t *testing.T) {
	b := newBox(t)
	const term = 30 * 24 * time.Hour
	p := b.next(letter(1))
	b.take(p, b.next(letter(2)))
	for range 2 {
		if err := b.Delivered(t.Context(), append(ids(1), "unknown", "")); err != nil {
			t.Fatal(err)
		}
	}
	want(t, "reported", b.reported, ids(1))
	if n := b.counts(); n.Letters != 2 || n.Undelivered != 1 {
		t.Fatalf("%+v", n)
	}
	sweep := func(after time.Duration, want int) {
		t.Helper()
		if n, err := b.Sweep(t.Context(), noon.Add(after), term); n != want || err != nil {
			t.Fatalf("after %v: swept %d, %v", after, n, err)
		}
	}
	sweep(term, 0)
	b.trust = "unknown"
	sweep(10*term, 0)
	b.trust = "synced"
	sweep(term+1, 1)
	want(t, "within the term", b.find(personA, ""), ids(2))
	b.take(p) // the same letter again stays gone
	want(t, "after it came again", b.find(personA, ""), ids(2))
	sweep(90*24*time.Hour+1, 1)
	if n := b.counts(); n != (mailbox.Counts{}) {
		t.Fatalf("%+v", n)
	}
	want(t, "told", b.told, ids(1, 2))
}

func TestTimesOfAnUnknownClockCountFromWhenItIsKnown(t *testing.T) {
	b := newBox(t)
	b.clock, b.trust = noon.AddDate(-20, 0, 0), "unknown"
	b.take(b.next(letter(1)), b.next(letter(2)))
	if err := b.Delivered(t.Context(), ids(1)); err != nil {
		t.Fatal(err)
	}
	b.clock, b.trust = noon, "offset"
	for _, step := range []struct {
		after time.Duration
		want  []string
	}{{0, ids(2, 1)}, {time.Hour, ids(2, 1)}, {time.Hour + 1, ids(2)}, {90 * 24 * time.Hour, ids(2)}, {90*24*time.Hour + 1, ids()}} {
		if _, err := b.Sweep(t.Context(), noon.Add(step.after), time.Hour); err != nil {
			t.Fatal(err)
		}
		want(t, fmt.Sprint(step.after), b.find(personA, ""), step.want)
	}
}

func TestWhatIsDueIsToldAgain(t *testing.T) {
	b := newBox(t)
	b.deaf = errors.New("not now")
	b.take(b.next(letter(1)))
	if err := b.Delivered(t.Context(), ids(1)); err != nil {
		t.Fatal(err)
	}
	b.deaf = nil
	b.reopen() // also over a restart
	b.Flush(t.Context())
	b.Flush(t.Context())
	want(t, "told", b.told, ids(1))
	want(t, "reported", b.reported, ids(1))
}

func TestFullMailboxLeavesLettersAtTheGateway(t *testing.T) {
	b := newBox(t, func(o *mailbox.Options) { o.MaxBytes = 1000 })
	all := []wire.Post{b.next(letter(1)), b.next(letter(2)), b.next(letter(3))}
	_, err := b.Take(t.Context(), all)
	if !errors.Is(err, mailbox.ErrFull) || b.cursor() >= 3 {
		t.Fatalf("%v, cursor %d", err, b.cursor())
	}
	kept := len(b.find(personA, ""))
	if kept == 0 || kept == 3 || b.cursor() != uint64(kept) {
		t.Fatalf("%d kept, cursor %d", kept, b.cursor())
	}
	if _, err := b.Sweep(t.Context(), noon.AddDate(1, 0, 0), 0); err != nil {
		t.Fatal(err)
	}
	b.Cursor(t.Context())
	if _, err := b.Take(t.Context(), all[kept:]); err != nil {
		t.Fatal(err)
	}
	if b.cursor() != 3 {
		t.Fatalf("cursor %d", b.cursor())
	}
}

func TestEachWriteFails(t *testing.T) {
	for name, fault := range map[string]error{"nothing on disk": fmt.Errorf("commit: %w", store.ErrFull), "on disk all the same": errAfter} {
		for n := 1; n <= 4; n++ { // Take, told, Delivered, reported
			t.Run(fmt.Sprintf("%s, write %d", name, n), func(t *testing.T) {
				b := newBox(t)
				b.faulty.fail = func(i int) error {
					if i == n {
						return fault
					}
					return nil
				}
				p := []wire.Post{b.next(letter(1)), b.next(letter(2))}
				next, err := b.Take(t.Context(), p)
				if (err != nil) != (n == 1) || err != nil && next != 0 {
					t.Fatal(next, err)
				}
				if err != nil {
					b.Cursor(t.Context())
					b.take(p...)
				}
				if err := b.Delivered(t.Context(), ids(1)); err != nil {
					if err := b.Delivered(t.Context(), ids(1)); err != nil {
						t.Fatal(err)
					}
				}
				b.reopen()
				b.Flush(t.Context())
				want(t, "found", b.find(personA, ""), ids(2, 1))
				slices.Sort(b.told)
				want(t, "told", slices.Compact(b.told), ids(1, 2))
				want(t, "reported", slices.Compact(b.reported), ids(1))
				if b.cursor() != 2 {
					t.Fatalf("cursor %d", b.cursor())
				}
			})
		}
	}
}

func TestLargestLetter(t *testing.T) {
	b := newBox(t)
	l := letter(1)
	l.Attachment = &wire.File{Name: "决定书.pdf", Media: "application/pdf", Data: append([]byte("%PDF-1.7"), bytes.Repeat([]byte{0xfb}, 2<<20-8)...)}
	b.take(b.next(l))
	got, err := b.Find(t.Context(), personA, "")
	if err != nil || len(got) != 1 || !reflect.DeepEqual(got[0], l) {
		t.Fatal(err, len(got))
	}
}
