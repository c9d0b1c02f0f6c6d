package postgres

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"zhizhu/offline/gateway/store"
)

const digestSize = 32

func decodeDigest(text string) ([digestSize]byte, error) {
	p, err := hex.DecodeString(text)
	if err != nil || len(p) != digestSize {
		return [digestSize]byte{}, errors.New("digest must be 64 hex digits")
	}
	return [digestSize]byte(p), nil
}

// putGroup stores records of one lane, each id once, in one transaction and one journey to the server. The transaction
// holds the lane's row, so what it finds there is what was committed.
func putGroup(ctx context.Context, pool *pgxpool.Pool, lane string, group []*put) ([]kept, error) {
	var (
		result = make([]kept, len(group))
		last   int64 // of the lane, before
	)
	var batch pgx.Batch
	ids, args := putArgs(lane, group)
	batch.Queue(sqlLockLane, lane).QueryRow(func(row pgx.Row) error { return row.Scan(&last) })
	batch.Queue(sqlPut, args...)
	batch.Queue(sqlPutOutcome, lane, ids).Query(func(rows pgx.Rows) error {
		var n, seq int64
		var k kept
		_, err := pgx.ForEachRow(rows, []any{&n, &k.digest, &k.storedAt, &seq}, func() error {
			k.fresh, k.storedAt = seq > last, k.storedAt.UTC()
			result[n-1] = k
			k.digest = nil // what was scanned is the result's
			return nil
		})
		return err
	})
	// The statements between two synchronisations are one transaction; Close returns after its commit.
	if err := pool.SendBatch(ctx, &batch).Close(); err != nil {
		return nil, err
	}
	return result, nil
}

func putArgs(lane string, group []*put) (ids []string, args []any) {
	n := len(group)
	ids = make([]string, n)
	terminals, items, versions := make([]string, n), make([]string, n), make([]string, n)
	digests, packets := make([][]byte, n), make([][]byte, n)
	times := make([]time.Time, n)
	for i, p := range group {
		r := &p.record
		ids[i], terminals[i], items[i], versions[i] = r.ID, r.Terminal, r.Item, r.Version
		digests[i], times[i], packets[i] = p.digest[:], r.StoredAt, r.Packet
	}
	return ids, []any{lane, ids, terminals, items, versions, digests, times, packets}
}

// Get is store.Records'.
func (d *DB) Get(ctx context.Context, lane, id string) (r store.Record, err error) {
	err = d.read(ctx, func(ctx context.Context) error {
		if err := d.checkLane(lane); err != nil {
			return err
		}
		rows, err := d.pool.Query(ctx, sqlGet, lane, id)
		if err != nil {
			return err
		}
		r, err = pgx.CollectExactlyOneRow(rows, scanRecord)
		return found(err)
	})
	if err != nil {
		return store.Record{}, fmt.Errorf("get record: %w", err)
	}
	return r, nil
}

// List is store.Records'.
func (d *DB) List(ctx context.Context, lane string, after uint64, limit int) (list []store.Record, err error) {
	err = d.read(ctx, func(ctx context.Context) error {
		if err := d.checkLane(lane); err != nil {
			return err
		}
		rows, err := d.pool.Query(ctx, sqlList, lane, int64(after), limit)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, scanRecord)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list records: %w", err)
	}
	return list, nil
}

func scanRecord(row pgx.CollectableRow) (store.Record, error) {
	var r store.Record
	var seq int64
	var digest []byte
	err := row.Scan(&r.Lane, &r.ID, &seq, &r.Terminal, &r.Item, &r.Version, &digest, &r.StoredAt, &r.Packet, &r.Purged)
	r.Seq, r.Digest, r.StoredAt = uint64(seq), hex.EncodeToString(digest), r.StoredAt.UTC()
	return r, err
}

// Count is store.Records'. Ids are never removed, so the last number is the count.
func (d *DB) Count(ctx context.Context, lane string) (uint64, error) {
	var n int64
	err := d.read(ctx, func(ctx context.Context) error {
		return d.pool.QueryRow(ctx, sqlCount, lane).Scan(&n)
	})
	if err != nil {
		return 0, fmt.Errorf("count records: %w", err)
	}
	return uint64(n), nil
}

// Purge is store.Records'. The packet is gone from the disk once the table was vacuumed and the log recycled.
func (d *DB) Purge(ctx context.Context, lane, id string) error {
	err := d.change(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := d.checkLane(lane); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, sqlPurge, lane, id)
		if err == nil && tag.RowsAffected() == 0 {
			err = store.ErrNotFound
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("purge record: %w", err)
	}
	return nil
}

func (d *DB) checkLane(lane string) error {
	if d.lanes[lane] == nil {
		return fmt.Errorf("no lane %q", lane)
	}
	return nil
}
