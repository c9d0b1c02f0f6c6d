package bolt

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	bbolt "go.etcd.io/bbolt"

	"zhizhu/offline/gateway/store"
)

// code is a store.Code with what became of it.
type code struct {
	store.Code
	Terminal string // who used it, or empty
}

// AddCode is store.Store's.
func (d *DB) AddCode(ctx context.Context, c store.Code) error {
	err := d.update(ctx, func(tx *bbolt.Tx) error {
		return putJSON(tx.Bucket([]byte(bucketCodes)), c.MAC, code{Code: c})
	})
	if err != nil {
		return fmt.Errorf("add code: %w", err)
	}
	return nil
}

// Redeem is store.Store's.
func (d *DB) Redeem(ctx context.Context, c store.Claim, issue store.Issue) (store.Terminal, error) {
	var t store.Terminal
	err := d.update(ctx, func(tx *bbolt.Tx) error {
		var err error
		t, err = redeem(tx, c, issue)
		return err
	})
	if err != nil {
		return store.Terminal{}, fmt.Errorf("redeem code: %w", err)
	}
	return t, nil
}

func redeem(tx *bbolt.Tx, c store.Claim, issue store.Issue) (store.Terminal, error) {
	codes, terminals := tx.Bucket([]byte(bucketCodes)), tx.Bucket([]byte(bucketTerminals))
	var used code
	if found, err := getJSON(codes, c.MAC, &used); err != nil {
		return store.Terminal{}, err
	} else if !found {
		return store.Terminal{}, store.ErrCodeUnknown
	}
	if used.Terminal != "" {
		return again(terminals, used.Terminal, c)
	}
	if c.At.After(used.Expires) {
		return store.Terminal{}, store.ErrCodeExpired
	}
	stations := tx.Bucket([]byte(bucketStations))
	last := readNumber(stations.Get([]byte(used.Station)))
	own, err := numberOf(terminals, used.Station, c.Key)
	if err != nil {
		return store.Terminal{}, err
	}
	if own == 0 {
		own = last + 1
	}
	t, err := issue(used.Station, int(own))
	if err != nil {
		return store.Terminal{}, err
	}
	if err := stations.Put([]byte(used.Station), number(max(own, last))); err != nil {
		return store.Terminal{}, fmt.Errorf("keep station's number: %w", err)
	}
	used.Terminal = t.ID
	if err := putJSON(codes, c.MAC, used); err != nil {
		return store.Terminal{}, err
	}
	return t, putJSON(terminals, t.ID, t)
}

// numberOf returns the number of the station's terminal that has a key and may speak, or 0. Enrolling is rare, and a
// village's machines are few: looking through them needs no index.
func numberOf(terminals *bbolt.Bucket, station, key string) (uint64, error) {
	c := terminals.Cursor()
	prefix := []byte(station + "-")
	for id, text := c.Seek(prefix); bytes.HasPrefix(id, prefix); id, text = c.Next() {
		var t store.Terminal
		if err := json.Unmarshal(text, &t); err != nil {
			return 0, fmt.Errorf("decode: %w", err)
		}
		if t.Station == station && t.Key == key && t.RevokedAt.IsZero() {
			return uint64(t.Number), nil
		}
	}
	return 0, nil
}

func again(terminals *bbolt.Bucket, id string, c store.Claim) (store.Terminal, error) {
	var t store.Terminal
	if found, err := getJSON(terminals, id, &t); err != nil {
		return store.Terminal{}, err
	} else if !found || t.Key != c.Key || !t.RevokedAt.IsZero() {
		return store.Terminal{}, store.ErrCodeUsed
	}
	if t.SignKey == c.SignKey {
		return t, nil
	}
	t.SignKey = c.SignKey
	return t, putJSON(terminals, t.ID, t)
}

// Terminal is store.Store's.
func (d *DB) Terminal(ctx context.Context, id string) (store.Terminal, error) {
	var t store.Terminal
	err := d.view(ctx, func(tx *bbolt.Tx) error {
		found, err := getJSON(tx.Bucket([]byte(bucketTerminals)), id, &t)
		if err == nil && !found {
			err = store.ErrNotFound
		}
		return err
	})
	if err != nil {
		return store.Terminal{}, fmt.Errorf("get terminal: %w", err)
	}
	return t, nil
}

// Revoke is store.Store's.
func (d *DB) Revoke(ctx context.Context, id string, at time.Time) error {
	err := d.update(ctx, func(tx *bbolt.Tx) error {
		var t store.Terminal
		terminals := tx.Bucket([]byte(bucketTerminals))
		found, err := getJSON(terminals, id, &t)
		switch {
		case err != nil:
			return err
		case !found:
			return store.ErrNotFound
		case !t.RevokedAt.IsZero():
			return nil
		}
		t.RevokedAt = at
		return putJSON(terminals, id, t)
	})
	if err != nil {
		return fmt.Errorf("revoke terminal: %w", err)
	}
	return nil
}

func (d *DB) update(ctx context.Context, fn func(*bbolt.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return guarded(func() error { return d.db.Update(fn) })
}

func putJSON(b *bbolt.Bucket, key string, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	if err := b.Put([]byte(key), text); err != nil {
		return fmt.Errorf("keep: %w", err)
	}
	return nil
}

func getJSON(b *bbolt.Bucket, key string, value any) (found bool, err error) {
	text := b.Get([]byte(key))
	if text == nil {
		return false, nil
	}
	if err := json.Unmarshal(text, value); err != nil {
		return false, fmt.Errorf("decode: %w", err)
	}
	return true, nil
}
