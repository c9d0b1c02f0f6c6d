package mailbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"zhizhu/offline/store"
	"zhizhu/offline/wire"
)

// Reached returns the sequence up to which nothing is missing. Who fetches post by another way than the line asks here
// and uses TakeAfter.
func (m *Mailbox) Reached(ctx context.Context) (uint64, error) {
	cursor, err := m.cursor(ctx)
	if err != nil {
		return 0, fmt.Errorf("read cursor: %w", err)
	}
	return cursor, nil
}

// Cursor begins a round of fetching by the line, of which there is one at a time: it returns the sequence after which post
// is to be asked for. Each answer goes to Take, which says after which to ask next.
func (m *Mailbox) Cursor(ctx context.Context) (uint64, error) {
	cursor, err := m.Reached(ctx)
	if err != nil {
		return 0, err
	}
	m.mu.Lock()
	m.asked = cursor
	m.mu.Unlock()
	return cursor, nil
}

// cursor reads what is known to be on disk: a write that failed before must not show.
func (m *Mailbox) cursor(ctx context.Context) (cursor uint64, err error) {
	err = m.o.Store.Confirm(ctx, func(tx *store.Tx) error {
		cursor = getNumber(tx, m.cursorKey())
		return nil
	})
	if err != nil {
		return 0, storeError(err)
	}
	return cursor, nil
}

// Take takes post that was asked for after Cursor, or after what the last Take returned: see TakeAfter.
func (m *Mailbox) Take(ctx context.Context, posts []wire.Post) (next uint64, err error) {
	m.mu.Lock()
	after := m.asked
	m.mu.Unlock()
	next, err = m.TakeAfter(ctx, after, posts)
	m.mu.Lock()
	m.asked = next
	m.mu.Unlock()
	return next, err
}

// TakeAfter takes post: all of this terminal's with a sequence over after, up to the last of posts, in that order. It
// returns after which to ask for more now; the next round begins at Cursor.
//
// With a *RefusedError the others were taken, and next counts. With any other error nothing was taken, next is after,
// and the same post may be offered again.
func (m *Mailbox) TakeAfter(ctx context.Context, after uint64, posts []wire.Post) (next uint64, err error) {
	b := m.sort(posts)
	defer b.forget()
	if err := m.keep(ctx, after, b); err != nil {
		return after, fmt.Errorf("take post: %w", err)
	}
	m.flush(context.WithoutCancel(ctx))
	if len(b.refused) > 0 {
		return b.next, &RefusedError{Posts: b.refused}
	}
	return b.next, nil
}

// keep brings a batch to disk, with the cursor.
func (m *Mailbox) keep(ctx context.Context, after uint64, b *batch) error {
	m.writing.Lock()
	defer m.writing.Unlock()
	cursor, err := m.cursor(ctx)
	if err != nil {
		return err
	}
	if err := m.room(ctx, b); err != nil {
		return err
	}
	b.move(after, cursor)
	if err := m.write(ctx, b); err != nil {
		return storeError(err)
	}
	m.note(ctx, b)
	return nil
}

// batch is what becomes of the posts of one Take.
type batch struct {
	good    []opened
	refused []Refusal
	digests map[string]string // of refused ones, by letter id
	said    uint64            // highest sequence
	last    uint64            // highest sequence that the gateway signed for
	held    uint64            // lowest sequence that is held, 0 for none

	from, cursor uint64 // the cursor before and after
	next         uint64
}

type opened struct {
	post   wire.Post
	letter wire.Letter
	plain  []byte
}

func (b *batch) refuse(p wire.Post, why error, held bool) {
	b.refused = append(b.refused, refusal(p, why, held))
	if !held {
		b.digests[p.ID] = p.Digest
		return
	}
	if b.held == 0 || p.Seq < b.held {
		b.held = max(1, p.Seq)
	}
}

// forget clears what was opened.
func (b *batch) forget() {
	for _, o := range b.good {
		clear(o.plain)
	}
}

// sort tells the posts that can be taken from those that can't.
func (m *Mailbox) sort(posts []wire.Post) *batch {
	b := &batch{digests: map[string]string{}}
	for _, p := range posts {
		b.said = max(b.said, p.Seq)
		if err := m.verify(p); err != nil {
			b.refuse(p, err, true)
			continue
		}
		b.last = max(b.last, p.Seq)
		l, plain, err := m.open(p)
		if err != nil {
			b.refuse(p, err, false)
			continue
		}
		b.good = append(b.good, opened{p, l, plain})
	}
	return b
}

// room leaves out what there is no room for, and all behind it: the mailbox must never take the room of matters.
func (m *Mailbox) room(ctx context.Context, b *batch) error {
	full := m.o.Store.Room()
	if full != nil && !errors.Is(full, store.ErrFull) {
		return storeError(full)
	}
	return m.view(ctx, func(tx *store.Tx) error {
		have := int64(getNumber(tx, bytesKey))
		fits := b.good[:0:0]
		for _, o := range b.good {
			_, there, _ := getEntry(tx, o.post.ID) // a damaged one is there, too
			if !there {
				have += int64(len(o.plain))
			}
			if !there && (full != nil || have > m.o.MaxBytes) {
				b.refuse(o.post, ErrFull, true)
				full = ErrFull
				clear(o.plain)
				continue
			}
			fits = append(fits, o)
		}
		b.good = fits
		return nil
	})
}

// move reckons the cursor: never past what is held, never past a gap that nobody asked for.
func (b *batch) move(after, cursor uint64) {
	b.from, b.cursor, b.next = cursor, cursor, max(after, b.said)
	if after > cursor {
		return // what lies between was held, or isn't known here
	}
	to := b.last
	if b.held > 0 {
		to = min(to, b.held-1)
	}
	b.cursor = max(cursor, to)
}

// write keeps all of a batch in one transaction.
func (m *Mailbox) write(ctx context.Context, b *batch) error {
	now := m.o.Now()
	changed := false
	err := m.o.Store.Update(ctx, func(tx *store.Tx) error {
		changed = b.cursor != b.from
		for _, o := range b.good {
			put, err := m.put(tx, o, now)
			if err != nil {
				return err
			}
			changed = changed || put
		}
		for _, r := range b.refused {
			if r.Held {
				continue
			}
			put, err := putRefused(tx, r, b.digests[r.ID], now)
			if err != nil {
				return err
			}
			changed = changed || put
		}
		if !changed {
			return errUnchanged
		}
		return tx.Put(metaTable, m.cursorKey(), number(b.cursor))
	})
	if errors.Is(err, errUnchanged) {
		return nil
	}
	return err
}

var errUnchanged = errors.New("nothing to write")

// put writes one letter, unless it is, or ever was, here.
func (m *Mailbox) put(tx *store.Tx, o opened, now time.Time) (bool, error) {
	id := o.post.ID
	if _, there, err := getEntry(tx, id); there {
		return false, ignoreDamage(err)
	}
	sealed, err := m.o.Box.Seal(m.o.Rand, bound(id), o.plain)
	if err != nil {
		return false, err
	}
	e := entry{Digest: o.post.Digest, Taken: now, Loose: !m.sure(), Size: int64(len(sealed))}
	if o.letter.IDNumber != "" {
		e.Person = m.personHash(o.letter.IDNumber)
	}
	if o.letter.Number != "" {
		e.Number = m.numberHash(o.letter.Number)
	}
	if e.Rows, err = putContent(tx, sealed); err != nil {
		return false, err
	}
	for _, key := range findKeys(id, e) {
		if err := tx.Put(findTable, key, nil); err != nil {
			return false, err
		}
	}
	if m.o.OnLetter != nil {
		if err := tx.Put(dueTable, dueKey(dueTell, id), nil); err != nil {
			return false, err
		}
	}
	if err := tx.Delete(refusedTable, []byte(id)); err != nil {
		return false, err
	}
	return true, putEntry(tx, id, e)
}

// ignoreDamage lets an entry that the disk damaged count as there: the letter was taken once, and its report is on the way
// or done. It is named where letters are looked for.
func ignoreDamage(err error) error {
	if errors.Is(err, errEntry) {
		return nil
	}
	return err
}

// noted is how a letter that can't be read here is kept in mind for staff.
type noted struct {
	Seq    uint64    `json:"seq"`
	Digest string    `json:"digest"`
	Why    string    `json:"why"`
	At     time.Time `json:"at"`
}

func putRefused(tx *store.Tx, r Refusal, digest string, now time.Time) (bool, error) {
	if tx.Get(refusedTable, []byte(r.ID)) != nil {
		return false, nil
	}
	if tx.Get(letterTable, []byte(r.ID)) != nil {
		return false, nil // an earlier copy could be read
	}
	v, err := json.Marshal(noted{Seq: r.Seq, Digest: digest, Why: r.Why.Error(), At: now})
	if err != nil {
		return false, fmt.Errorf("write refusal: %w", err)
	}
	return true, tx.Put(refusedTable, []byte(r.ID), v)
}

// mostHeld is how many held posts are remembered. There are no more unless somebody makes them up.
const mostHeld = 256

// note logs what was refused, and remembers what is held until it could be taken.
func (m *Mailbox) note(ctx context.Context, b *batch) {
	m.mu.Lock()
	for seq := range m.held {
		if seq <= b.cursor {
			delete(m.held, seq) // taken since, or no longer at the gateway
		}
	}
	for _, r := range b.refused {
		if r.Held && len(m.held) < mostHeld {
			m.held[r.Seq] = r
		}
	}
	m.mu.Unlock()
	for _, r := range b.refused {
		m.o.Log.LogAttrs(ctx, slog.LevelError, "Letter refused", slog.String("id", r.ID), slog.Uint64("seq", r.Seq),
			slog.Bool("held", r.Held), slog.Any("error", r.Why))
	}
	if len(b.good) > 0 {
		m.o.Log.LogAttrs(ctx, slog.LevelInfo, "Post taken", slog.Int("letters", len(b.good)), slog.Uint64("cursor", b.cursor))
	}
}

// view reads, with the mailbox's kind of error.
func (m *Mailbox) view(ctx context.Context, fn func(*store.Tx) error) error {
	if err := m.o.Store.View(ctx, fn); err != nil {
		return storeError(err)
	}
	return nil
}
