package bolt

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math"

	bbolt "go.etcd.io/bbolt"

	"zhizhu/offline/gateway/store"
)

// Backlog is store.Handovers'. It walks over what waits, and over nothing that is done or was never leased.
func (d *DB) Backlog(ctx context.Context, adapter, lane string) (store.Backlog, error) {
	var b store.Backlog
	err := d.view(ctx, func(tx *bbolt.Tx) error {
		s, err := sideOf(tx, adapter, lane)
		if err != nil {
			return err
		}
		b, err = s.backlog()
		return err
	})
	if err != nil {
		return store.Backlog{}, fmt.Errorf("count backlog: %w", err)
	}
	return b, nil
}

func (s side) backlog() (store.Backlog, error) {
	ids, _, err := laneBuckets(s.tx, s.lane)
	if err != nil {
		return store.Backlog{}, err
	}
	var b store.Backlog
	first := uint64(math.MaxUint64)
	c := s.waiting().Cursor()
	for k, v := c.Seek(s.prefix); k != nil && bytes.HasPrefix(k, s.prefix); k, v = c.Next() {
		b.Waiting++
		if tries, _ := binary.Uvarint(v); tries > 0 {
			b.Failing++
			b.Tries = max(b.Tries, int(tries))
		}
		first = min(first, readNumber(k[len(s.prefix)+8:]))
	}
	upTo := s.upTo()
	early := uint64(len(keysBeyond(s.rows(), s.prefix, upTo)))
	b.Waiting += ids.Sequence() - upTo - early
	if next, ok := s.firstWithoutRow(upTo, ids.Sequence()); ok {
		first = min(first, next)
	}
	if b.Waiting == 0 || first == math.MaxUint64 {
		return b, nil
	}
	r, err := recordAt(s.tx, s.lane, first)
	b.Oldest = r.StoredAt
	return b, err
}

// keysBeyond returns the keys of rows whose Seq is over the cursor: those that staff touched before their turn.
func keysBeyond(rows *bbolt.Bucket, prefix []byte, upTo uint64) [][]byte {
	var keys [][]byte
	c := rows.Cursor()
	for k, _ := c.Seek(join(prefix, number(upTo+1))); k != nil && bytes.HasPrefix(k, prefix); k, _ = c.Next() {
		keys = append(keys, k)
	}
	return keys
}

func (s side) firstWithoutRow(upTo, last uint64) (uint64, bool) {
	for seq := upTo + 1; seq <= last; seq++ {
		if s.rows().Get(join(s.prefix, number(seq))) == nil {
			return seq, true
		}
	}
	return 0, false
}

// Failing is store.Handovers'.
func (d *DB) Failing(ctx context.Context, adapter, lane string, limit int) ([]store.Failing, error) {
	var list []store.Failing
	err := d.view(ctx, func(tx *bbolt.Tx) error {
		s, err := sideOf(tx, adapter, lane)
		if err != nil {
			return err
		}
		c := s.waiting().Cursor()
		for k, v := c.Seek(s.prefix); k != nil && bytes.HasPrefix(k, s.prefix) && len(list) < limit; k, v = c.Next() {
			if tries, _ := binary.Uvarint(v); tries == 0 {
				continue
			}
			seq := readNumber(k[len(s.prefix)+8:])
			h, _, err := s.row(seq)
			if err != nil {
				return err
			}
			r, err := recordAt(tx, lane, seq)
			if err != nil {
				return err
			}
			list = append(list, store.Failing{Lane: lane, ID: r.ID, Handover: h.Handover})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list failing: %w", err)
	}
	return list, nil
}
