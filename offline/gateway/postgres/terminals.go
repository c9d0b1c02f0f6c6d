package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"zhizhu/offline/gateway/store"
)

func isNotFound(err error) bool { return errors.Is(err, store.ErrNotFound) }

// querier is a pool or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

func oneTerminal(ctx context.Context, q querier, sql, id string) (store.Terminal, error) {
	rows, err := q.Query(ctx, sql, id)
	if err != nil {
		return store.Terminal{}, err
	}
	t, err := pgx.CollectExactlyOneRow(rows, scanTerminal)
	return t, found(err)
}

func scanTerminal(row pgx.CollectableRow) (store.Terminal, error) {
	var t store.Terminal
	var renewed, revoked *time.Time
	var keys string
	err := row.Scan(&t.ID, &t.Station, &t.Number, &t.Key, &t.SignKey, &t.PostKey, &t.Certificate, &t.EnrolledAt,
		&renewed, &revoked, &keys)
	if err != nil {
		return store.Terminal{}, err
	}
	t.EnrolledAt, t.RenewedAt, t.RevokedAt = t.EnrolledAt.UTC(), orZero(renewed), orZero(revoked)
	if err := json.Unmarshal([]byte(keys), &t.Keys); err != nil {
		return store.Terminal{}, fmt.Errorf("decode keys: %w", err)
	}
	return t, nil
}

func putTerminal(ctx context.Context, tx pgx.Tx, t store.Terminal) error {
	keys, err := json.Marshal(t.Keys)
	if err != nil {
		return fmt.Errorf("encode keys: %w", err)
	}
	_, err = tx.Exec(ctx, sqlPutTerminal, t.ID, t.Station, t.Number, t.Key, t.SignKey, t.PostKey, t.Certificate, t.EnrolledAt,
		orNull(t.RenewedAt), orNull(t.RevokedAt), string(keys))
	return err
}

// Terminal is store.Terminals'.
func (d *DB) Terminal(ctx context.Context, id string) (t store.Terminal, err error) {
	err = d.read(ctx, func(ctx context.Context) (err error) {
		t, err = oneTerminal(ctx, d.pool, sqlTerminal, id)
		return err
	})
	if err != nil {
		return store.Terminal{}, fmt.Errorf("get terminal: %w", err)
	}
	return t, nil
}

// Terminals is store.Terminals'.
func (d *DB) Terminals(ctx context.Context, station string) (list []store.Terminal, err error) {
	err = d.read(ctx, func(ctx context.Context) error {
		rows, err := d.pool.Query(ctx, sqlAllTerminals, station)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, scanTerminal)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list terminals: %w", err)
	}
	return list, nil
}

// Revoke is store.Terminals'.
func (d *DB) Revoke(ctx context.Context, id string, at time.Time) error {
	err := d.changeTerminal(ctx, id, func(t store.Terminal) (store.Terminal, error) {
		if t.RevokedAt.IsZero() {
			t.RevokedAt = at
		}
		return t, nil
	})
	if err != nil {
		return fmt.Errorf("revoke terminal: %w", err)
	}
	return nil
}

// Renew is store.Terminals'.
func (d *DB) Renew(ctx context.Context, id, key, postKey, certificate string, at time.Time) error {
	err := d.changeTerminal(ctx, id, func(t store.Terminal) (store.Terminal, error) {
		if !t.RevokedAt.IsZero() {
			return t, store.ErrRevoked
		}
		return t.Renewed(key, postKey, certificate, at), nil
	})
	if err != nil {
		return fmt.Errorf("renew terminal: %w", err)
	}
	return nil
}

func (d *DB) changeTerminal(ctx context.Context, id string, fn func(store.Terminal) (store.Terminal, error)) error {
	return d.change(ctx, func(ctx context.Context, tx pgx.Tx) error {
		t, err := oneTerminal(ctx, tx, sqlLockTerminal, id)
		if err != nil {
			return err
		}
		if t, err = fn(t); err != nil {
			return err
		}
		return putTerminal(ctx, tx, t)
	})
}

// SetHeartbeat is store.Terminals'.
func (d *DB) SetHeartbeat(ctx context.Context, terminal string, at time.Time, body []byte) error {
	err := store.CheckName(terminal)
	if err == nil {
		if body == nil {
			body = []byte{}
		}
		err = d.change(ctx, func(ctx context.Context, tx pgx.Tx) error {
			_, err := tx.Exec(ctx, sqlSetHeartbeat, terminal, at, body)
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("set heartbeat: %w", err)
	}
	return nil
}

// Heartbeats is store.Terminals'.
func (d *DB) Heartbeats(ctx context.Context) (list []store.Heartbeat, err error) {
	err = d.read(ctx, func(ctx context.Context) error {
		rows, err := d.pool.Query(ctx, sqlHeartbeats)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (h store.Heartbeat, err error) {
			err = row.Scan(&h.Terminal, &h.At, &h.Body)
			h.At = h.At.UTC()
			return h, err
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list heartbeats: %w", err)
	}
	return list, nil
}
