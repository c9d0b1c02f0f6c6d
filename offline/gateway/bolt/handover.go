package bolt

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	bbolt "go.etcd.io/bbolt"

	"zhizhu/offline/gateway/store"
)

// handover is the row of one adapter and record. A row is made when the record is first leased: cursors say up to which
// Seq every record of a lane has one, so that what an adapter has yet to see costs nothing.
type handover struct {
	store.Handover
	Leased time.Time `json:"Leased,omitzero"` // until when
}

// due is when it may be tried again: its place in the waiting bucket.
func (h handover) due() time.Time {
	if h.Leased.After(h.Next) {
		return h.Leased
	}
	return h.Next
}

func isNotFound(err error) bool { return errors.Is(err, store.ErrNotFound) }

// side is one adapter's side of one lane.
type side struct {
	tx     *bbolt.Tx
	lane   string
	prefix []byte // of its keys
}

func sideOf(tx *bbolt.Tx, adapter, lane string) (side, error) {
	if _, _, err := laneBuckets(tx, lane); err != nil {
		return side{}, err
	}
	if err := store.CheckName(adapter); err != nil {
		return side{}, err
	}
	prefix, err := names(adapter, lane)
	return side{tx: tx, lane: lane, prefix: prefix}, err
}

func (s side) rows() *bbolt.Bucket    { return s.tx.Bucket([]byte(bucketHandovers)) }
func (s side) waiting() *bbolt.Bucket { return s.tx.Bucket([]byte(bucketWaiting)) }

func (s side) upTo() uint64 { return readNumber(s.tx.Bucket([]byte(bucketCursors)).Get(s.prefix)) }

func (s side) row(seq uint64) (h handover, found bool, err error) {
	found, err = getJSON(s.rows(), join(s.prefix, number(seq)), &h)
	return h, found, err
}

func (s side) waitingKey(seq uint64, h handover) []byte {
	return join(s.prefix, moment(h.due()), number(seq))
}

// keep puts a row, and its place among those that wait, into the place of what was.
func (s side) keep(seq uint64, h handover) error {
	was, found, err := s.row(seq)
	if err != nil {
		return writeError{err}
	}
	if found && !was.Done {
		if err := drop(s.waiting(), s.waitingKey(seq, was)); err != nil {
			return err
		}
	}
	if !h.Done {
		if err := keep(s.waiting(), s.waitingKey(seq, h), binary.AppendUvarint(nil, uint64(h.Tries))); err != nil {
			return err
		}
	}
	return keepJSON(s.rows(), join(s.prefix, number(seq)), h)
}

// Due is store.Handovers'.
func (d *DB) Due(ctx context.Context, adapter, lane string, now time.Time, lease time.Duration, limit int) ([]store.Record, error) {
	var list []store.Record
	err := d.update(ctx, func(tx *bbolt.Tx) error {
		s, err := sideOf(tx, adapter, lane)
		if err != nil {
			return err
		}
		list = nil
		for _, look := range []func(time.Time, int) ([]uint64, error){s.dueAgain, s.dueFirst} {
			if list, err = s.take(list, look, now, micro(now.Add(lease)), limit); err != nil {
				return writeError{err} // some may be leased already
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("lease what is due: %w", err)
	}
	return list, nil
}

// take adds what is due to a list, and leases it. It looks again where purged ones were among them: an empty list says
// that nothing is due.
func (s side) take(list []store.Record, look func(time.Time, int) ([]uint64, error), now, until time.Time, limit int) ([]store.Record, error) {
	for len(list) < limit {
		due, err := look(now, limit-len(list))
		if err != nil {
			return nil, err
		}
		taken, err := s.lease(due, until)
		if err != nil {
			return nil, err
		}
		if list = append(list, taken...); len(taken) == len(due) {
			break
		}
	}
	return list, nil
}

// dueAgain returns those that were leased before and are due again.
func (s side) dueAgain(now time.Time, limit int) ([]uint64, error) {
	var due []uint64
	c := s.waiting().Cursor()
	for k, _ := c.Seek(s.prefix); k != nil && bytes.HasPrefix(k, s.prefix) && len(due) < limit; k, _ = c.Next() {
		place := k[len(s.prefix):]
		if readMoment(place[:8]).After(now) {
			break
		}
		due = append(due, readNumber(place[8:]))
	}
	return due, nil
}

// dueFirst returns those that were never leased, and moves the cursor over them.
func (s side) dueFirst(_ time.Time, limit int) ([]uint64, error) {
	ids, _, err := laneBuckets(s.tx, s.lane)
	if err != nil {
		return nil, err
	}
	var due []uint64
	seq := s.upTo()
	for seq < ids.Sequence() && len(due) < limit {
		seq++
		if _, found, err := s.row(seq); err != nil {
			return nil, err
		} else if !found {
			due = append(due, seq)
		}
	}
	if seq == s.upTo() {
		return nil, nil
	}
	return due, keep(s.tx.Bucket([]byte(bucketCursors)), s.prefix, number(seq))
}

// lease leases records and returns them. A purged one has nothing to hand over any more: it counts as done.
func (s side) lease(seqs []uint64, until time.Time) ([]store.Record, error) {
	var list []store.Record
	for _, seq := range seqs {
		h, _, err := s.row(seq)
		if err != nil {
			return nil, err
		}
		r, err := recordAt(s.tx, s.lane, seq)
		if err != nil {
			return nil, err
		}
		if h.Leased, h.Done = until, r.Purged; !r.Purged {
			list = append(list, r)
		}
		if err := s.keep(seq, h); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Handed is store.Handovers'.
func (d *DB) Handed(ctx context.Context, adapter, lane, id string, h store.Handover) error {
	err := d.update(ctx, func(tx *bbolt.Tx) error {
		s, err := sideOf(tx, adapter, lane)
		if err != nil {
			return err
		}
		seq, err := seqOf(tx, lane, id)
		if err != nil {
			return err
		}
		was, _, err := s.row(seq)
		if err != nil || was.Done && !h.Done {
			return err
		}
		h.Next, h.At = micro(h.Next), micro(h.At)
		return s.keep(seq, handover{Handover: h})
	})
	if err != nil {
		return fmt.Errorf("keep handover: %w", err)
	}
	return nil
}

// Handover is store.Handovers'.
func (d *DB) Handover(ctx context.Context, adapter, lane, id string) (store.Handover, error) {
	var h handover
	err := d.view(ctx, func(tx *bbolt.Tx) error {
		s, err := sideOf(tx, adapter, lane)
		if err != nil {
			return err
		}
		seq, err := seqOf(tx, lane, id)
		if err != nil {
			return err
		}
		h, _, err = s.row(seq)
		return err
	})
	if err != nil {
		return store.Handover{}, fmt.Errorf("get handover: %w", err)
	}
	return h.Handover, nil
}
