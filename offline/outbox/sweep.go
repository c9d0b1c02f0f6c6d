package outbox

import (
	"context"
	"fmt"
	"time"

	"zhizhu/offline/store"
	"zhizhu/offline/wire"
)

// sweepBatch is how many small records leave in one transaction, so that a resident who lodges meanwhile doesn't wait.
const sweepBatch = 200

// Sweep removes personal data whose term is over: the small record of each matter that the gateway signed for longer
// than term before now, with all by which it could be found. now is the gateway's time as far as it is known. The
// tombstone (id, digest, signed acknowledgement) stays for ever. Nothing is removed while the clock isn't trusted, nor
// of a matter whose attachments aren't all acknowledged. It returns how many records were removed, also with an error.
func (o *Outbox) Sweep(ctx context.Context, now time.Time, term time.Duration) (purged int, err error) {
	if term < 0 {
		return 0, fmt.Errorf("sweep outbox: a term of %v", term)
	}
	if o.o.ClockTrust() == clockUnknown {
		return 0, nil
	}
	due, err := o.due(ctx, now.Add(-term))
	if err != nil {
		return 0, fmt.Errorf("sweep outbox: %w", err)
	}
	for len(due) > 0 {
		n := min(len(due), sweepBatch)
		done, err := o.purge(ctx, due[:n])
		purged += done
		if err != nil {
			return purged, fmt.Errorf("sweep outbox: %w", err)
		}
		due = due[n:]
	}
	return purged, nil
}

// due lists the entries that were acknowledged up to a time.
func (o *Outbox) due(ctx context.Context, until time.Time) (sequences []uint64, err error) {
	err = o.o.Store.View(ctx, func(tx *store.Tx) error {
		for _, v := range tx.Scan(entryTable, nil) {
			e, _, err := decodeEntry(v)
			if err != nil || e.StoredAt.After(until) || o.misses(e.ID) {
				continue
			}
			sequences = append(sequences, e.Sequence)
		}
		return nil
	})
	return sequences, err
}

// misses reports whether attachments of a matter still wait.
func (o *Outbox) misses(matter id) bool {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return o.index.missing[matter] > 0
}

// purge removes some entries in one transaction and returns how many.
func (o *Outbox) purge(ctx context.Context, sequences []uint64) (int, error) {
	var gone []id
	var sum tally
	err := o.update(ctx, change{
		write: func(tx *store.Tx) error {
			gone = gone[:0]
			sum, _ = readTally(tx)
			for _, seq := range sequences {
				e, _, err := decodeEntry(tx.Get(entryTable, sequenceKey(seq)))
				if err != nil {
					continue
				}
				if err := erase(tx, &e); err != nil {
					return err
				}
				gone = append(gone, e.ID)
				sum.Entries--
			}
			if len(gone) == 0 {
				return errUnchanged
			}
			return sum.write(tx)
		},
		present: func(tx *store.Tx) (bool, error) {
			t, there := buried(tx, gone[0])
			return there && !t.pointer, nil
		},
		apply: func(x *index) { x.tally = sum },
	})
	if err != nil {
		return 0, err
	}
	return len(gone), nil
}

// erase leaves only the tombstone of an entry.
func erase(tx *store.Tx, e *entry) error {
	t, _ := tombOf(e) // without its digest, should the disk have damaged that: what is personal goes all the same
	for _, key := range findKeys(e) {
		if err := tx.Delete(findTable, key); err != nil {
			return err
		}
	}
	if err := tx.Delete(entryTable, sequenceKey(e.Sequence)); err != nil {
		return err
	}
	return putTomb(tx, e.ID, t)
}

// Receipt returns the gateway's acknowledgement of a record, as it is kept for ever. ErrUnknown: there is none.
func (o *Outbox) Receipt(ctx context.Context, recordID string) (ack wire.Ack, signature []byte, err error) {
	u, err := recordKey(recordID)
	if err != nil {
		return wire.Ack{}, nil, fmt.Errorf("read receipt: %w", err)
	}
	err = o.o.Store.View(ctx, func(tx *store.Tx) error {
		t, ok := buried(tx, u)
		if ok && t.pointer {
			e, _, err := decodeEntry(tx.Get(entryTable, sequenceKey(t.sequence)))
			if err != nil {
				return err
			}
			if t, err = tombOf(&e); err != nil {
				return err
			}
		}
		if !ok {
			return ErrUnknown
		}
		ack = wire.Ack{ID: recordID, Digest: t.digestHex(), StoredAt: t.stored}
		signature = append(signature, t.receipt...)
		return nil
	})
	if err != nil {
		return wire.Ack{}, nil, fmt.Errorf("read receipt: %w", err)
	}
	return ack, signature, nil
}
