package postgres

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"zhizhu/offline/gateway/store"
)

// blob is a row of table blob.
type blob struct {
	size, have int64
	storedAt   *time.Time // nil while it is half
	purged     bool
}

// rowQuerier is a pool or a transaction.
type rowQuerier interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// getBlob returns a blob and its key, or ErrNotFound with the key.
func getBlob(ctx context.Context, q rowQuerier, sql, digest string) (b blob, key []byte, err error) {
	sum, err := decodeDigest(digest)
	if err != nil {
		return blob{}, nil, err
	}
	err = q.QueryRow(ctx, sql, sum[:]).Scan(&b.size, &b.have, &b.storedAt, &b.purged)
	return b, sum[:], found(err)
}

// BlobState is store.Blobs'.
func (d *DB) BlobState(ctx context.Context, digest string) (have, size int64, whole bool, err error) {
	var b blob
	err = d.read(ctx, func(ctx context.Context) (err error) {
		b, _, err = getBlob(ctx, d.pool, sqlBlob, digest)
		return err
	})
	if err != nil {
		return 0, 0, false, fmt.Errorf("look for blob: %w", err)
	}
	return b.have, b.size, b.storedAt != nil, nil
}

// AppendBlob is store.Blobs'.
func (d *DB) AppendBlob(ctx context.Context, c store.Chunk) (have int64, err error) {
	if err = c.Check(); err == nil {
		err = d.change(ctx, func(ctx context.Context, tx pgx.Tx) (err error) {
			have, err = appendBlob(ctx, tx, c)
			return err
		})
	}
	if err != nil {
		return have, fmt.Errorf("append to blob: %w", err)
	}
	return have, nil
}

func appendBlob(ctx context.Context, tx pgx.Tx, c store.Chunk) (have int64, err error) {
	sum, err := decodeDigest(c.Digest)
	if err != nil {
		return 0, err
	}
	if c.Offset == 0 {
		if _, err := tx.Exec(ctx, sqlBeginBlob, sum[:], c.Size, c.Terminal, c.At); err != nil {
			return 0, err
		}
	}
	b, key, err := getBlob(ctx, tx, sqlLockBlob, c.Digest)
	switch {
	case isNotFound(err):
		return 0, store.ErrOffset // it begins at 0
	case err != nil:
		return 0, err
	case b.size != c.Size:
		return b.have, store.ErrSize
	case b.have != c.Offset:
		return b.have, store.ErrOffset
	}
	if _, err := tx.Exec(ctx, sqlAddPart, key, c.Offset, c.Data); err != nil {
		return 0, err
	}
	have = b.have + int64(len(c.Data))
	_, err = tx.Exec(ctx, sqlGrowBlob, key, have, c.At)
	return have, err
}

// FinishBlob is store.Blobs'.
func (d *DB) FinishBlob(ctx context.Context, digest string, at time.Time) (storedAt time.Time, again bool, err error) {
	thrownAway := false
	err = d.change(ctx, func(ctx context.Context, tx pgx.Tx) error {
		b, key, err := getBlob(ctx, tx, sqlLockBlob, digest)
		if err != nil {
			return err
		}
		if again = b.storedAt != nil; again {
			storedAt = b.storedAt.UTC()
			return nil
		}
		if b.have != b.size {
			return store.ErrOffset
		}
		data, err := content(ctx, tx, key)
		if err != nil {
			return err
		}
		if thrownAway = store.CheckBlob(digest, data) != nil; thrownAway {
			_, err = tx.Exec(ctx, sqlDropHalf, key)
			return err
		}
		storedAt = at.UTC().Truncate(time.Microsecond)
		_, err = tx.Exec(ctx, sqlWholeBlob, key, storedAt)
		return err
	})
	if err == nil && thrownAway {
		err = store.ErrDigest
	}
	if err != nil {
		return time.Time{}, false, fmt.Errorf("finish blob: %w", err)
	}
	return storedAt, again, nil
}

// Blob is store.Blobs'.
func (d *DB) Blob(ctx context.Context, digest string) (data []byte, err error) {
	err = d.read(ctx, func(ctx context.Context) error {
		b, key, err := getBlob(ctx, d.pool, sqlBlob, digest)
		switch {
		case err != nil:
			return err
		case b.purged:
			return store.ErrPurged
		case b.have != b.size:
			return store.ErrNotFound
		}
		data, err = content(ctx, d.pool, key)
		if err == nil && int64(len(data)) != b.size {
			err = store.ErrPurged // between the two looks
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("get blob: %w", err)
	}
	return data, nil
}

func content(ctx context.Context, q querier, key []byte) ([]byte, error) {
	rows, err := q.Query(ctx, sqlParts, key)
	if err != nil {
		return nil, err
	}
	parts, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
	return bytes.Join(parts, nil), err
}

// DropBlob is store.Blobs'.
func (d *DB) DropBlob(ctx context.Context, digest string) error {
	err := d.change(ctx, func(ctx context.Context, tx pgx.Tx) error {
		b, key, err := getBlob(ctx, tx, sqlLockBlob, digest)
		switch {
		case isNotFound(err):
			return nil
		case err != nil:
			return err
		case b.storedAt == nil:
			_, err = tx.Exec(ctx, sqlDropHalf, key)
			return err
		}
		if _, err := tx.Exec(ctx, sqlPurgeBlob, key); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, sqlDropParts, key)
		return err
	})
	if err != nil {
		return fmt.Errorf("drop blob: %w", err)
	}
	return nil
}

// DropHalves is store.Blobs'.
func (d *DB) DropHalves(ctx context.Context, before time.Time) (int, error) {
	n, err := d.count(ctx, sqlDropHalves, before)
	if err != nil {
		return 0, fmt.Errorf("drop half blobs: %w", err)
	}
	return n, nil
}

// count runs one statement and returns how many rows it changed.
func (d *DB) count(ctx context.Context, sql string, args ...any) (n int, err error) {
	err = d.change(ctx, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, sql, args...)
		n = int(tag.RowsAffected())
		return err
	})
	return n, err
}
