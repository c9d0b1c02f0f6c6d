package bolt

import (
	"bytes"
	"context"
	"fmt"
	"time"

	bbolt "go.etcd.io/bbolt"

	"zhizhu/offline/gateway/store"
)

// blob is what is kept of a blob beside its bytes, which lie in parts under its digest and their offset.
type blob struct {
	Size     int64     `json:"size"`
	Have     int64     `json:"have"`
	Terminal string    `json:"terminal"` // who began it
	StoredAt time.Time `json:"stored_at,omitzero"`
	Purged   bool      `json:"purged,omitempty"`
}

func (b blob) whole() bool { return !b.StoredAt.IsZero() }

// getBlob returns a blob and its key, or ErrNotFound with the key.
func getBlob(tx *bbolt.Tx, digest string) (b blob, key []byte, err error) {
	sum, err := decodeDigest(digest)
	if err != nil {
		return blob{}, nil, err
	}
	found, err := getJSON(tx.Bucket([]byte(bucketBlobs)), sum[:], &b)
	if err == nil && !found {
		err = store.ErrNotFound
	}
	return b, sum[:], err
}

// BlobState is store.Blobs'.
func (d *DB) BlobState(ctx context.Context, digest string) (have, size int64, whole bool, err error) {
	var b blob
	err = d.view(ctx, func(tx *bbolt.Tx) (err error) {
		b, _, err = getBlob(tx, digest)
		return err
	})
	if err != nil {
		return 0, 0, false, fmt.Errorf("look for blob: %w", err)
	}
	return b.Have, b.Size, b.whole(), nil
}

// AppendBlob is store.Blobs'.
func (d *DB) AppendBlob(ctx context.Context, c store.Chunk) (have int64, err error) {
	if err = c.Check(); err == nil {
		err = d.update(ctx, func(tx *bbolt.Tx) (err error) {
			have, err = appendBlob(tx, c)
			return err
		})
	}
	if err != nil {
		return have, fmt.Errorf("append to blob: %w", err)
	}
	return have, nil
}

func appendBlob(tx *bbolt.Tx, c store.Chunk) (have int64, err error) {
	b, key, err := getBlob(tx, c.Digest)
	switch {
	case key == nil || err != nil && !isNotFound(err):
		return 0, err
	case err != nil:
		b = blob{Size: c.Size, Terminal: c.Terminal}
	case b.Size != c.Size:
		return b.Have, store.ErrSize
	}
	if c.Offset != b.Have {
		return b.Have, store.ErrOffset
	}
	if err := keep(tx.Bucket([]byte(bucketParts)), join(key, number(uint64(c.Offset))), c.Data); err != nil {
		return 0, err
	}
	if err := keep(tx.Bucket([]byte(bucketHalves)), key, moment(c.At)); err != nil {
		return 0, err
	}
	b.Have += int64(len(c.Data))
	return b.Have, keepJSON(tx.Bucket([]byte(bucketBlobs)), key, b)
}

// FinishBlob is store.Blobs'.
func (d *DB) FinishBlob(ctx context.Context, digest string, at time.Time) (storedAt time.Time, again bool, err error) {
	var b blob
	thrownAway := false
	err = d.update(ctx, func(tx *bbolt.Tx) (err error) {
		var key []byte
		if b, key, err = getBlob(tx, digest); err != nil {
			return err
		}
		if again = b.whole(); again {
			return nil
		}
		if b.Have != b.Size {
			return store.ErrOffset
		}
		if thrownAway = store.CheckBlob(digest, content(tx, key)) != nil; thrownAway {
			return dropHalf(tx, key)
		}
		b.StoredAt = micro(at)
		if err := drop(tx.Bucket([]byte(bucketHalves)), key); err != nil {
			return err
		}
		return keepJSON(tx.Bucket([]byte(bucketBlobs)), key, b)
	})
	if err == nil && thrownAway {
		err = store.ErrDigest
	}
	if err != nil {
		return time.Time{}, false, fmt.Errorf("finish blob: %w", err)
	}
	return b.StoredAt, again, nil
}

// Blob is store.Blobs'.
func (d *DB) Blob(ctx context.Context, digest string) (data []byte, err error) {
	err = d.view(ctx, func(tx *bbolt.Tx) error {
		b, key, err := getBlob(tx, digest)
		switch {
		case err != nil:
			return err
		case b.Purged:
			return store.ErrPurged
		case b.Have != b.Size:
			return store.ErrNotFound
		}
		if data = content(tx, key); int64(len(data)) != b.Size {
			return errDamaged
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("get blob: %w", err)
	}
	return data, nil
}

// DropBlob is store.Blobs'.
func (d *DB) DropBlob(ctx context.Context, digest string) error {
	err := d.update(ctx, func(tx *bbolt.Tx) error {
		b, key, err := getBlob(tx, digest)
		switch {
		case isNotFound(err):
			return nil
		case err != nil:
			return err
		case !b.whole():
			return dropHalf(tx, key)
		case b.Purged:
			return nil
		}
		b.Purged = true
		if err := dropParts(tx, key); err != nil {
			return err
		}
		return keepJSON(tx.Bucket([]byte(bucketBlobs)), key, b)
	})
	if err != nil {
		return fmt.Errorf("drop blob: %w", err)
	}
	return nil
}

// DropHalves is store.Blobs'.
func (d *DB) DropHalves(ctx context.Context, before time.Time) (dropped int, err error) {
	err = d.update(ctx, func(tx *bbolt.Tx) error {
		dropped = 0
		var old [][]byte
		_ = tx.Bucket([]byte(bucketHalves)).ForEach(func(key, touched []byte) error { // has no error of its own
			if readMoment(touched).Before(before) {
				old = append(old, bytes.Clone(key))
			}
			return nil
		})
		for _, key := range old {
			if err := dropHalf(tx, key); err != nil {
				return err
			}
		}
		dropped = len(old)
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("drop half blobs: %w", err)
	}
	return dropped, nil
}

func dropHalf(tx *bbolt.Tx, key []byte) error {
	if err := dropParts(tx, key); err != nil {
		return err
	}
	if err := drop(tx.Bucket([]byte(bucketHalves)), key); err != nil {
		return err
	}
	return drop(tx.Bucket([]byte(bucketBlobs)), key)
}

func dropParts(tx *bbolt.Tx, key []byte) error {
	parts := tx.Bucket([]byte(bucketParts))
	for _, part := range keysWith(parts, key) {
		if err := drop(parts, part); err != nil {
			return err
		}
	}
	return nil
}

// content returns a copy of a blob's bytes.
func content(tx *bbolt.Tx, key []byte) []byte {
	var data []byte
	c := tx.Bucket([]byte(bucketParts)).Cursor()
	for k, v := c.Seek(key); bytes.HasPrefix(k, key) && k != nil; k, v = c.Next() {
		data = append(data, v...)
	}
	return data
}

// keysWith returns the keys that begin with prefix: what a cursor stands on must not be deleted under it.
func keysWith(b *bbolt.Bucket, prefix []byte) [][]byte {
	var keys [][]byte
	c := b.Cursor()
	for k, _ := c.Seek(prefix); k != nil && bytes.HasPrefix(k, prefix); k, _ = c.Next() {
		keys = append(keys, bytes.Clone(k))
	}
	return keys
}
