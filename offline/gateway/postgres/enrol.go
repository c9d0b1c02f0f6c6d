package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"zhizhu/offline/gateway/store"
)

// AddCode is store.Terminals'.
func (d *DB) AddCode(ctx context.Context, c store.Code) error {
	err := store.CheckName(c.MAC, c.Station)
	if err == nil {
		err = d.change(ctx, func(ctx context.Context, tx pgx.Tx) error {
			_, err := tx.Exec(ctx, sqlAddCode, c.MAC, c.Station, c.Made, c.Expires)
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("add code: %w", err)
	}
	return nil
}

// Redeem is store.Terminals'.
func (d *DB) Redeem(ctx context.Context, c store.Claim, issue store.Issue) (t store.Terminal, err error) {
	err = d.change(ctx, func(ctx context.Context, tx pgx.Tx) (err error) {
		t, err = redeem(ctx, tx, c, issue)
		return err
	})
	if err != nil {
		return store.Terminal{}, fmt.Errorf("redeem code: %w", err)
	}
	return t, nil
}

// redeem locks the code, then its terminal or its station: in this order everywhere.
func redeem(ctx context.Context, tx pgx.Tx, c store.Claim, issue store.Issue) (store.Terminal, error) {
	var station, usedBy string
	var expires time.Time
	if err := found(tx.QueryRow(ctx, sqlLockCode, c.MAC).Scan(&station, &expires, &usedBy)); err != nil {
		if isNotFound(err) {
			err = store.ErrCodeUnknown
		}
		return store.Terminal{}, err
	}
	if usedBy != "" {
		return again(ctx, tx, usedBy, c)
	}
	if c.At.After(expires) {
		return store.Terminal{}, store.ErrCodeExpired
	}
	t, err := enrol(ctx, tx, station, c.Key, issue)
	if err != nil {
		return store.Terminal{}, err
	}
	_, err = tx.Exec(ctx, sqlUseCode, c.MAC, t.ID)
	return t, err
}

func again(ctx context.Context, tx pgx.Tx, id string, c store.Claim) (store.Terminal, error) {
	t, err := oneTerminal(ctx, tx, sqlLockTerminal, id)
	switch {
	case isNotFound(err), err == nil && (!t.Has(c.Key) || !t.RevokedAt.IsZero()):
		return store.Terminal{}, store.ErrCodeUsed
	case err != nil:
		return store.Terminal{}, err
	}
	t = t.Again(c)
	return t, putTerminal(ctx, tx, t)
}

// enrol issues the station's next terminal, or once more the one that has the key.
func enrol(ctx context.Context, tx pgx.Tx, station, key string, issue store.Issue) (store.Terminal, error) {
	if _, err := tx.Exec(ctx, sqlAddStation, station); err != nil {
		return store.Terminal{}, err
	}
	var last int
	if err := tx.QueryRow(ctx, sqlLockStation, station).Scan(&last); err != nil {
		return store.Terminal{}, err
	}
	own, err := ownTerminal(ctx, tx, station, key)
	if err != nil {
		return store.Terminal{}, err
	}
	next := own.Number
	if next == 0 {
		next = last + 1
	}
	t, err := issue(station, next)
	if err != nil {
		return store.Terminal{}, err
	}
	t = t.Reissued(own)
	if _, err := tx.Exec(ctx, sqlSetStation, station, max(next, last)); err != nil {
		return store.Terminal{}, err
	}
	return t, putTerminal(ctx, tx, t)
}

func ownTerminal(ctx context.Context, tx pgx.Tx, station, key string) (store.Terminal, error) {
	rows, err := tx.Query(ctx, sqlAllTerminals, station)
	if err != nil {
		return store.Terminal{}, err
	}
	list, err := pgx.CollectRows(rows, scanTerminal)
	if err != nil {
		return store.Terminal{}, err
	}
	for _, t := range list {
		if t.Has(key) && t.RevokedAt.IsZero() {
			return t, nil
		}
	}
	return store.Terminal{}, nil
}
