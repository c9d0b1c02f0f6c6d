package outbox

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"zhizhu/offline/seal"
	"zhizhu/offline/store"
	"zhizhu/offline/wire"
)

// Waiting is one record that waits to go up.
type Waiting struct {
	ID       string
	Lane     string
	WireLane string // the lane under which the gateway knows it
	At       time.Time
	Digest   string // SM3 of the packet as it was sealed, hex
	Packet   []byte
	Damaged  bool // the packet on disk isn't the one that was sealed; quarantine it
}

// Pending returns up to n records of a lane, first lodged first, without those that skip names.
func (o *Outbox) Pending(ctx context.Context, lane string, n int, skip func(id string) bool) ([]Waiting, error) {
	if _, err := laneByte(lane); err != nil || lane == LaneBlobs {
		return nil, fmt.Errorf("list pending: no records in lane %q", lane)
	}
	o.mu.RLock()
	ids := o.index.waiting(lane, n, func(u id) bool { return skip != nil && skip(u.String()) })
	spots := make([]spot, len(ids))
	for i, u := range ids {
		spots[i] = o.index.spots[u]
	}
	o.mu.RUnlock()
	if len(ids) == 0 {
		return nil, nil
	}
	all := make([]Waiting, 0, len(ids))
	err := o.o.Store.View(ctx, func(tx *store.Tx) error {
		for i, u := range ids {
			table, key := place(Queued, lane, spots[i].seq)
			v := tx.Get(table, key)
			if v == nil {
				continue // acknowledged in the meantime
			}
			w := Waiting{ID: u.String(), Lane: lane, WireLane: wireLane(lane), At: spots[i].at}
			e, packet, err := decodeEntry(v)
			w.Damaged = err != nil || e.ID != u || seal.Digest(packet) != e.Digest
			w.Digest, w.Packet = e.Digest, bytes.Clone(packet)
			all = append(all, w)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list pending: %w", err)
	}
	return all, nil
}

// Proof is a verified acknowledgement. Only Verify makes one.
type Proof struct {
	id      id
	digest  string
	stored  time.Time
	receipt []byte
}

// Verify checks that an acknowledgement is the gateway's, for this id and digest. Everything else is ErrAck. An
// attachment's id is its digest.
func (o *Outbox) Verify(recordID, digest string, ack wire.Ack, signature []byte) (Proof, error) {
	u, err := recordKey(recordID)
	if err != nil || ack.ID != recordID || ack.Digest != digest || digest == "" {
		return Proof{}, fmt.Errorf("verify acknowledgement: %w", ErrAck)
	}
	if err := seal.Verify(o.o.AckKey, ack.Signed(), signature); err != nil {
		return Proof{}, fmt.Errorf("verify acknowledgement: %w: %w", ErrAck, err)
	}
	return Proof{id: u, digest: digest, stored: ack.StoredAt, receipt: bytes.Clone(signature)}, nil
}

// Acknowledge verifies and settles one acknowledgement.
func (o *Outbox) Acknowledge(ctx context.Context, recordID string, ack wire.Ack, signature []byte) error {
	proof, err := o.Verify(recordID, ack.Digest, ack, signature)
	if err != nil {
		return fmt.Errorf("acknowledge: %w", err)
	}
	err = o.o.Store.View(ctx, func(tx *store.Tx) error {
		kept, err := o.digestOf(tx, proof.id)
		if err == nil && kept != proof.digest {
			err = ErrAck
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("acknowledge: %w", err)
	}
	return o.Settle(ctx, []Proof{proof})
}

// Settle records acknowledgements in one transaction: their packets leave the disk, the tombstones stay. What is
// acknowledged already, isn't here, or has another digest stays as it is.
func (o *Outbox) Settle(ctx context.Context, proofs []Proof) error {
	var settled []entry
	var sum tally
	err := o.update(ctx, change{
		write: func(tx *store.Tx) error {
			settled = settled[:0]
			sum, _ = readTally(tx)
			for _, p := range proofs {
				e, done, err := o.settle(tx, p)
				if err != nil {
					return err
				}
				if done {
					settled = append(settled, e)
					sum.count(&e)
				}
			}
			if len(settled) == 0 {
				return errUnchanged
			}
			return sum.write(tx)
		},
		present: func(tx *store.Tx) (bool, error) {
			_, there := buried(tx, settled[0].ID)
			return there, nil
		},
		apply: func(x *index) {
			x.tally = sum
			for _, e := range settled {
				x.remove(e)
			}
		},
	})
	if err != nil {
		return fmt.Errorf("settle acknowledgements: %w", err)
	}
	return nil
}

// settle turns one record into a tombstone and reports whether it did.
func (o *Outbox) settle(tx *store.Tx, p Proof) (entry, bool, error) {
	s, ok := o.spotOf(p.id)
	if !ok {
		return entry{}, false, nil
	}
	from, key := place(s.state, s.lane, s.seq)
	e, _, err := decodeEntry(tx.Get(from, key))
	if err != nil || e.ID != p.id || e.Digest != p.digest {
		return entry{}, false, nil // Pending finds it damaged, and it is quarantined then
	}
	e.StoredAt, e.Receipt, e.Reason = p.stored, p.receipt, ""
	if err := tx.Delete(from, key); err != nil {
		return entry{}, false, err
	}
	if e.Lane == LaneBlobs {
		if err := deleteParts(tx, e.Sequence); err != nil {
			return entry{}, false, err
		}
	}
	return e, true, bury(tx, &e)
}

// Quarantine sets a queued record aside with its packet, so that the others go on. The reason is for staff and holds no
// personal data.
func (o *Outbox) Quarantine(ctx context.Context, recordID, reason string) error {
	u, err := recordKey(recordID)
	if err != nil {
		return fmt.Errorf("quarantine: %w", err)
	}
	moved := []id{u}
	err = o.update(ctx, change{
		write: func(tx *store.Tx) error {
			s, ok := o.locate(tx, u)
			if !ok {
				return ErrUnknown
			}
			if s.state != Queued {
				return errUnchanged
			}
			done, err := relocate(tx, u, s, Quarantined, func(e *entry) { o.setAside(e, reason) })
			if err == nil && !done {
				err = errUnchanged
			}
			return err
		},
		present: func(tx *store.Tx) (bool, error) { return o.isIn(tx, Quarantined, moved) },
		apply:   func(x *index) { moveAll(x, moved, Quarantined) },
	})
	if err != nil {
		return fmt.Errorf("quarantine: %w", err)
	}
	return nil
}

// setAside gives an entry its reason, and what is known of it where the disk damaged the rest.
func (o *Outbox) setAside(e *entry, reason string) {
	e.Reason = reason
	if e.Lane != LaneBlobs {
		return
	}
	o.mu.RLock()
	defer o.mu.RUnlock()
	e.Digest, e.Matter, e.Size = o.index.digest(e.ID), o.index.blobs[e.ID].matter, o.index.blobs[e.ID].size
}

// relocate moves a record between queue and quarantine, after fn changed it.
func relocate(tx *store.Tx, u id, s spot, to State, fn func(*entry)) (bool, error) {
	from, key := place(s.state, s.lane, s.seq)
	raw := tx.Get(from, key)
	e, packet, err := decodeEntry(raw)
	if err != nil || e.ID != u {
		if to != Quarantined || raw == nil {
			return false, nil
		}
		// What the disk damaged is set aside all the same, with what can still be read.
		e, packet = entry{ID: u, Lane: s.lane, Sequence: s.seq, At: s.at}, raw
	}
	fn(&e)
	value, err := e.encode(packet)
	if err != nil {
		return false, err
	}
	if err := tx.Delete(from, key); err != nil {
		return false, err
	}
	table, key := place(to, s.lane, s.seq)
	return true, tx.Put(table, key, value)
}

// isIn reports whether all records lie where those of a state do.
func (o *Outbox) isIn(tx *store.Tx, state State, ids []id) (bool, error) {
	for _, u := range ids {
		s, _ := o.spotOf(u)
		table, key := place(state, s.lane, s.seq)
		if tx.Get(table, key) == nil {
			return false, nil
		}
	}
	return true, nil
}

func moveAll(x *index, ids []id, to State) {
	for _, u := range ids {
		x.move(u, to)
	}
}
