package bolt

import (
	"context"
	"fmt"

	bbolt "go.etcd.io/bbolt"

	"zhizhu/offline/gateway/store"
)

// PutIfAbsent is store.Records'.
func (d *DB) PutIfAbsent(ctx context.Context, r store.Record) (store.Put, error) {
	digest, err := decodeDigest(r.Digest)
	if err == nil {
		err = store.CheckName(r.ID)
	}
	if err != nil {
		return store.Put{}, fmt.Errorf("put record: %w", err)
	}
	var result store.Put
	err = d.update(ctx, func(tx *bbolt.Tx) (err error) {
		result, err = putRecord(tx, r, digest)
		return err
	})
	if err != nil {
		return store.Put{}, fmt.Errorf("put record: %w", err)
	}
	return result, nil
}

func putRecord(tx *bbolt.Tx, r store.Record, digest [digestSize]byte) (store.Put, error) {
	r.Purged = false
	ids, log, err := laneBuckets(tx, r.Lane)
	if err != nil {
		return store.Put{}, err
	}
	key := []byte(r.ID)
	if value := ids.Get(key); value != nil {
		return compare(value, digest)
	}
	seq, err := ids.NextSequence()
	if err != nil {
		return store.Put{}, writeError{fmt.Errorf("number record: %w", err)}
	}
	entry := known{digest: digest, stored: r.StoredAt, seq: seq}
	if err := keep(ids, key, entry.encode()); err != nil {
		return store.Put{}, err
	}
	log.FillPercent = 1 // it only grows at its end
	if err := keep(log, number(seq), encodeRecord(r, digest)); err != nil {
		return store.Put{}, err
	}
	return store.Put{StoredAt: entry.stored}, nil
}

func compare(value []byte, digest [digestSize]byte) (store.Put, error) {
	k, err := decodeKnown(value)
	if err != nil {
		return store.Put{}, err
	}
	if k.digest != digest {
		return store.Put{}, store.ErrConflict
	}
	return store.Put{StoredAt: k.stored, Again: true}, nil
}

// Get is store.Records'.
func (d *DB) Get(ctx context.Context, lane, id string) (store.Record, error) {
	var r store.Record
	err := d.view(ctx, func(tx *bbolt.Tx) error {
		seq, err := seqOf(tx, lane, id)
		if err != nil {
			return err
		}
		r, err = recordAt(tx, lane, seq)
		return err
	})
	if err != nil {
		return store.Record{}, fmt.Errorf("get record: %w", err)
	}
	return r, nil
}

// List is store.Records'.
func (d *DB) List(ctx context.Context, lane string, after uint64, limit int) ([]store.Record, error) {
	var list []store.Record
	err := d.view(ctx, func(tx *bbolt.Tx) error {
		_, log, err := laneBuckets(tx, lane)
		if err != nil {
			return err
		}
		c := log.Cursor()
		for k, v := c.Seek(number(after + 1)); k != nil && len(list) < limit; k, v = c.Next() {
			r, err := decodeRecord(v)
			if err != nil {
				return fmt.Errorf("%s %d: %w", lane, readNumber(k), err)
			}
			r.Lane, r.Seq = lane, readNumber(k)
			list = append(list, r)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list records: %w", err)
	}
	return list, nil
}

// Count is store.Records'. Ids are never removed, so the last sequence number is the count.
func (d *DB) Count(ctx context.Context, lane string) (uint64, error) {
	var n uint64
	err := d.view(ctx, func(tx *bbolt.Tx) error {
		ids, _, err := laneBuckets(tx, lane)
		if err != nil {
			return err
		}
		n = ids.Sequence()
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("count records: %w", err)
	}
	return n, nil
}

// Purge is store.Records'. The file does not shrink: freed pages hold the sealed packet until they are used again.
func (d *DB) Purge(ctx context.Context, lane, id string) error {
	err := d.update(ctx, func(tx *bbolt.Tx) error {
		seq, err := seqOf(tx, lane, id)
		if err != nil {
			return err
		}
		r, err := recordAt(tx, lane, seq)
		if err != nil || r.Purged {
			return err
		}
		digest, err := decodeDigest(r.Digest)
		if err != nil {
			return err
		}
		r.Packet, r.Purged = nil, true
		return keep(tx.Bucket([]byte(bucketLog)).Bucket([]byte(lane)), number(seq), encodeRecord(r, digest))
	})
	if err != nil {
		return fmt.Errorf("purge record: %w", err)
	}
	return nil
}

func laneBuckets(tx *bbolt.Tx, lane string) (ids, log *bbolt.Bucket, err error) {
	ids = tx.Bucket([]byte(bucketIDs)).Bucket([]byte(lane))
	log = tx.Bucket([]byte(bucketLog)).Bucket([]byte(lane))
	if ids == nil || log == nil {
		return nil, nil, fmt.Errorf("no lane %q", lane)
	}
	return ids, log, nil
}

// seqOf returns the place of an id in its lane, or ErrNotFound.
func seqOf(tx *bbolt.Tx, lane, id string) (uint64, error) {
	ids, _, err := laneBuckets(tx, lane)
	if err != nil {
		return 0, err
	}
	value := ids.Get([]byte(id))
	if value == nil {
		return 0, store.ErrNotFound
	}
	k, err := decodeKnown(value)
	return k.seq, err
}

func recordAt(tx *bbolt.Tx, lane string, seq uint64) (store.Record, error) {
	_, log, err := laneBuckets(tx, lane)
	if err != nil {
		return store.Record{}, err
	}
	value := log.Get(number(seq))
	if value == nil { // the id is known: this is damage, not absence
		return store.Record{}, fmt.Errorf("%s %d: %w", lane, seq, errDamaged)
	}
	r, err := decodeRecord(value)
	if err != nil {
		return store.Record{}, fmt.Errorf("%s %d: %w", lane, seq, err)
	}
	r.Lane, r.Seq = lane, seq
	return r, nil
}
