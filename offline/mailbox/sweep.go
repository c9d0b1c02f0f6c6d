package mailbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"zhizhu/offline/store"
)

// sweepBatch is how many letters one transaction removes.
const sweepBatch = 64

// Sweep removes the content of letters that were delivered longer than term before now, and of those that nobody came for
// within Options.Keep. Id, digest and time stay, so that the same letter is never taken twice. now is the gateway's time as
// far as it is known; while the clock isn't trusted at all, nothing is removed. A letter that came, or was delivered, by a
// clock that nobody vouched for counts from the first Sweep afterwards. It returns how many were removed, also with an
// error.
func (m *Mailbox) Sweep(ctx context.Context, now time.Time, term time.Duration) (purged int, err error) {
	defer m.flush(context.WithoutCancel(ctx))
	if term < 0 {
		return 0, fmt.Errorf("sweep mailbox: a term of %v", term)
	}
	if m.o.ClockTrust != nil && m.o.ClockTrust() == clockUnknown {
		return 0, nil
	}
	m.writing.Lock()
	defer m.writing.Unlock()
	ids, err := m.due(ctx, now, term)
	if err != nil {
		return 0, fmt.Errorf("sweep mailbox: %w", err)
	}
	for len(ids) > 0 {
		n := min(len(ids), sweepBatch)
		done, err := m.purge(ctx, ids[:n], now, term)
		purged += done
		if err != nil {
			return purged, fmt.Errorf("sweep mailbox: %w", storeError(err))
		}
		ids = ids[n:]
	}
	return purged, nil
}

// over says whether a letter's time is over, and whether one of its times is to be set to now first.
func (m *Mailbox) over(e entry, now time.Time, term time.Duration) (over, set bool) {
	switch {
	case !e.whole():
		return false, false
	case !e.Delivered.IsZero():
		return !e.Vague && now.Sub(e.Delivered) > term, e.Vague
	}
	return !e.Loose && now.Sub(e.Taken) > m.o.Keep, e.Loose
}

func (m *Mailbox) due(ctx context.Context, now time.Time, term time.Duration) (ids []string, err error) {
	err = m.view(ctx, func(tx *store.Tx) error {
		for k := range tx.Scan(letterTable, nil) {
			e, _, err := getEntry(tx, string(k))
			if err != nil {
				continue // named where letters are looked for
			}
			if over, set := m.over(e, now, term); over || set {
				ids = append(ids, string(k))
			}
		}
		return nil
	})
	return ids, err
}

// purge sees to some letters in one transaction and returns how many it removed.
func (m *Mailbox) purge(ctx context.Context, ids []string, now time.Time, term time.Duration) (purged int, err error) {
	err = m.o.Store.Update(ctx, func(tx *store.Tx) error {
		purged = 0
		for _, id := range ids {
			e, _, err := getEntry(tx, id)
			if err != nil {
				return err
			}
			over, set := m.over(e, now, term)
			switch {
			case over:
				purged++
				err = dropContent(tx, id, e)
			case set && e.Delivered.IsZero():
				e.Taken, e.Loose = now, false
				err = putEntry(tx, id, e)
			case set:
				e.Delivered, e.Vague = now, false
				err = putEntry(tx, id, e)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if errors.Is(err, store.ErrInDoubt) {
		return 0, err // the next Sweep finds out
	}
	if err != nil {
		return 0, err
	}
	return purged, nil
}
