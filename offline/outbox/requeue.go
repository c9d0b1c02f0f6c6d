package outbox

import (
	"context"
	"fmt"

	"zhizhu/offline/seal"
	"zhizhu/offline/store"
)

// Requeue puts a quarantined record back to its place in the queue, for staff who have dealt with what it was refused
// for. A record that isn't quarantined stays as it is. ErrUnknown: there is none of this id. ErrDamaged: it was set aside
// because the disk damaged it, and stays so.
func (o *Outbox) Requeue(ctx context.Context, recordID string) error {
	u, err := recordKey(recordID)
	if err != nil {
		return fmt.Errorf("requeue: %w", err)
	}
	known := false
	err = o.o.Store.View(ctx, func(tx *store.Tx) error {
		_, known = o.locate(tx, u)
		return nil
	})
	if err != nil {
		return fmt.Errorf("requeue: %w", err)
	}
	if !known {
		return fmt.Errorf("requeue: %w", ErrUnknown)
	}
	moved, err := o.requeue(ctx, []id{u})
	if err != nil {
		return fmt.Errorf("requeue: %w", err)
	}
	if s, _ := o.spotOf(u); s.state == Quarantined && len(moved) == 0 {
		return fmt.Errorf("requeue: %w", ErrDamaged)
	}
	return nil
}

// RequeueAll puts back all quarantined records that the disk hasn't damaged, in one transaction, and returns how many.
func (o *Outbox) RequeueAll(ctx context.Context) (int, error) {
	o.mu.RLock()
	var all []id
	for u, s := range o.index.spots {
		if s.state == Quarantined {
			all = append(all, u)
		}
	}
	o.mu.RUnlock()
	if len(all) == 0 {
		return 0, nil
	}
	moved, err := o.requeue(ctx, all)
	if err != nil {
		return 0, fmt.Errorf("requeue all: %w", err)
	}
	return len(moved), nil
}

// requeue moves those of the records that are quarantined and sound, and returns them.
func (o *Outbox) requeue(ctx context.Context, all []id) ([]id, error) {
	var moved []id
	err := o.update(ctx, change{
		write: func(tx *store.Tx) error {
			moved = moved[:0]
			for _, u := range all {
				s, ok := o.spotOf(u)
				if !ok || s.state != Quarantined || !sound(tx, u, s) {
					continue
				}
				done, err := relocate(tx, u, s, Queued, func(e *entry) { e.Reason = "" })
				if err != nil {
					return err
				}
				if done {
					moved = append(moved, u)
				}
			}
			if len(moved) == 0 {
				return errUnchanged
			}
			return nil
		},
		present: func(tx *store.Tx) (bool, error) { return o.isIn(tx, Queued, moved) },
		apply:   func(x *index) { moveAll(x, moved, Queued) },
	})
	return moved, err
}

// sound reports whether a record's packet is the one that was sealed.
func sound(tx *store.Tx, u id, s spot) bool {
	table, key := place(s.state, s.lane, s.seq)
	e, packet, err := decodeEntry(tx.Get(table, key))
	if s.lane == LaneBlobs {
		packet = packetOf(tx, s.seq)
	}
	return err == nil && e.ID == u && seal.Digest(packet) == e.Digest
}
