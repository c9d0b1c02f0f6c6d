package postgres

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"zhizhu/offline/gateway/store"
)

// taking is one call of Due.
type taking struct {
	tx            pgx.Tx
	adapter, lane string
	now, until    time.Time
	list          []store.Record
}

// Due is store.Handovers'.
func (d *DB) Due(ctx context.Context, adapter, lane string, now time.Time, lease time.Duration, limit int) ([]store.Record, error) {
	var list []store.Record
	err := d.checkSide(adapter, lane)
	if err == nil {
		err = d.change(ctx, func(ctx context.Context, tx pgx.Tx) error {
			t := taking{tx: tx, adapter: adapter, lane: lane, now: now, until: now.Add(lease)}
			if err := t.again(ctx, limit); err != nil {
				return err
			}
			err := t.first(ctx, limit)
			list = t.list
			return err
		})
	}
	if err != nil {
		return nil, fmt.Errorf("lease what is due: %w", err)
	}
	return list, nil
}

func (d *DB) checkSide(adapter, lane string) error {
	if err := d.checkLane(lane); err != nil {
		return err
	}
	return store.CheckName(adapter)
}

// again leases those that were leased before and are due again; those that another gateway looks at are left to it.
// It looks again where purged ones were among them: an empty list says that nothing is due.
func (t *taking) again(ctx context.Context, limit int) error {
	for len(t.list) < limit {
		due, err := seqs(ctx, t.tx, sqlDueAgain, t.adapter, t.lane, t.now, limit-len(t.list))
		if err != nil || len(due) == 0 {
			return err
		}
		if _, err := t.tx.Exec(ctx, sqlLeaseAgain, t.adapter, t.lane, due, t.until); err != nil {
			return err
		}
		before := len(t.list)
		if err := t.take(ctx, due); err != nil || len(t.list)-before == len(due) {
			return err
		}
	}
	return nil
}

// first leases those that were never leased, and moves the cursor over them.
func (t *taking) first(ctx context.Context, limit int) error {
	if len(t.list) >= limit {
		return nil
	}
	if _, err := t.tx.Exec(ctx, sqlAddCursor, t.adapter, t.lane); err != nil {
		return err
	}
	var upTo int64
	if err := t.tx.QueryRow(ctx, sqlLockCursor, t.adapter, t.lane).Scan(&upTo); err != nil {
		return err
	}
	began := upTo
	for len(t.list) < limit {
		next, err := seqs(ctx, t.tx, sqlNextSeqs, t.lane, upTo, limit-len(t.list))
		if err != nil {
			return err
		}
		if len(next) == 0 {
			break
		}
		upTo = next[len(next)-1]
		leased, err := seqs(ctx, t.tx, sqlLeaseFirst, t.adapter, t.lane, next, t.until)
		if err != nil {
			return err
		}
		slices.Sort(leased)
		if err := t.take(ctx, leased); err != nil {
			return err
		}
	}
	if upTo == began {
		return nil
	}
	_, err := t.tx.Exec(ctx, sqlSetCursor, t.adapter, t.lane, upTo)
	return err
}

func seqs(ctx context.Context, tx pgx.Tx, sql string, args ...any) ([]int64, error) {
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

// take adds leased records to the list, in the order of seqs. A purged one has nothing to hand over any more: it counts
// as done.
func (t *taking) take(ctx context.Context, seqs []int64) error {
	if len(seqs) == 0 {
		return nil
	}
	rows, err := t.tx.Query(ctx, sqlAtSeqs, t.lane, seqs)
	if err != nil {
		return err
	}
	records, err := pgx.CollectRows(rows, scanRecord)
	if err != nil {
		return err
	}
	bySeq := make(map[int64]store.Record, len(records))
	for _, r := range records {
		bySeq[int64(r.Seq)] = r
	}
	var purged []int64
	for _, seq := range seqs {
		if r := bySeq[seq]; r.Purged {
			purged = append(purged, seq)
		} else {
			t.list = append(t.list, r)
		}
	}
	if len(purged) == 0 {
		return nil
	}
	_, err = t.tx.Exec(ctx, sqlEndPurged, t.adapter, t.lane, purged)
	return err
}

// Handed is store.Handovers'.
func (d *DB) Handed(ctx context.Context, adapter, lane, id string, h store.Handover) error {
	err := d.checkSide(adapter, lane)
	if err == nil {
		err = d.change(ctx, func(ctx context.Context, tx pgx.Tx) error {
			tag, err := tx.Exec(ctx, sqlHanded, adapter, lane, id, h.Done, h.Tries, h.Next, orNull(h.Next), orNull(h.At), h.Note)
			if err != nil || tag.RowsAffected() == 1 {
				return err
			}
			return known(ctx, tx, lane, id) // nothing changed: done before, or never stored
		})
	}
	if err != nil {
		return fmt.Errorf("keep handover: %w", err)
	}
	return nil
}

// known returns ErrNotFound for an id that never was.
func known(ctx context.Context, q rowQuerier, lane, id string) error {
	var is bool
	if err := q.QueryRow(ctx, sqlKnown, lane, id).Scan(&is); err != nil || is {
		return err
	}
	return store.ErrNotFound
}

// Handover is store.Handovers'.
func (d *DB) Handover(ctx context.Context, adapter, lane, id string) (h store.Handover, err error) {
	err = d.checkSide(adapter, lane)
	if err == nil {
		err = d.read(ctx, func(ctx context.Context) error {
			var next, at *time.Time
			err := found(d.pool.QueryRow(ctx, sqlHandover, adapter, lane, id).Scan(&h.Done, &h.Tries, &next, &at, &h.Note))
			if isNotFound(err) {
				return known(ctx, d.pool, lane, id)
			}
			h.Next, h.At = orZero(next), orZero(at)
			return err
		})
	}
	if err != nil {
		return store.Handover{}, fmt.Errorf("get handover: %w", err)
	}
	return h, nil
}

// Backlog is store.Handovers'.
func (d *DB) Backlog(ctx context.Context, adapter, lane string) (b store.Backlog, err error) {
	err = d.checkSide(adapter, lane)
	if err == nil {
		err = d.read(ctx, func(ctx context.Context) error {
			var waiting, failing int64
			var oldest *time.Time
			err := d.pool.QueryRow(ctx, sqlBacklog, adapter, lane).Scan(&waiting, &failing, &b.Tries, &oldest)
			b.Waiting, b.Failing, b.Oldest = uint64(waiting), uint64(failing), orZero(oldest)
			return err
		})
	}
	if err != nil {
		return store.Backlog{}, fmt.Errorf("count backlog: %w", err)
	}
	return b, nil
}

// Failing is store.Handovers'.
func (d *DB) Failing(ctx context.Context, adapter, lane string, limit int) (list []store.Failing, err error) {
	err = d.checkSide(adapter, lane)
	if err == nil {
		err = d.read(ctx, func(ctx context.Context) error {
			rows, err := d.pool.Query(ctx, sqlFailing, adapter, lane, limit)
			if err != nil {
				return err
			}
			list, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (store.Failing, error) {
				f := store.Failing{Lane: lane}
				var next, at *time.Time
				err := row.Scan(&f.ID, &f.Done, &f.Tries, &next, &at, &f.Note)
				f.Next, f.At = orZero(next), orZero(at)
				return f, err
			})
			return err
		})
	}
	if err != nil {
		return nil, fmt.Errorf("list failing: %w", err)
	}
	return list, nil
}
