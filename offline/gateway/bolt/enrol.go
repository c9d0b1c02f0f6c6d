package bolt

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	bbolt "go.etcd.io/bbolt"

	"zhizhu/offline/gateway/store"
)

// code is a store.Code with what became of it.
type code struct {
	store.Code
	Terminal string // who used it, or empty
}

// AddCode is store.Terminals'.
func (d *DB) AddCode(ctx context.Context, c store.Code) error {
	err := store.CheckName(c.MAC, c.Station)
	if err == nil {
		err = d.update(ctx, func(tx *bbolt.Tx) error {
			codes := tx.Bucket([]byte(bucketCodes))
			if codes.Get([]byte(c.MAC)) != nil {
				return nil
			}
			return keepJSON(codes, []byte(c.MAC), code{Code: c})
		})
	}
	if err != nil {
		return fmt.Errorf("add code: %w", err)
	}
	return nil
}

// Redeem is store.Terminals'.
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
	if found, err := getJSON(codes, []byte(c.MAC), &used); err != nil {
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
	own, err := ownTerminal(terminals, used.Station, c.Key)
	if err != nil {
		return store.Terminal{}, err
	}
	next := uint64(own.Number)
	if next == 0 {
		next = last + 1
	}
	t, err := issue(used.Station, int(next))
	if err != nil {
		return store.Terminal{}, err
	}
	t = t.Reissued(own)
	used.Terminal = t.ID
	if err := keep(stations, []byte(used.Station), number(max(next, last))); err != nil {
		return store.Terminal{}, err
	}
	if err := keepJSON(codes, []byte(c.MAC), used); err != nil {
		return store.Terminal{}, err
	}
	return t, keepJSON(terminals, []byte(t.ID), t)
}

// ownTerminal returns the station's terminal that has a key and may speak, or none. Enrolling is rare, and a village's
// machines are few: looking through them needs no index.
func ownTerminal(terminals *bbolt.Bucket, station, key string) (store.Terminal, error) {
	list, err := terminalsOf(terminals, station)
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

// terminalsOf returns the terminals of a station, or all for "", as they lie: by id.
func terminalsOf(terminals *bbolt.Bucket, station string) ([]store.Terminal, error) {
	var prefix []byte
	if station != "" {
		prefix = []byte(station + "-")
	}
	var list []store.Terminal
	c := terminals.Cursor()
	for id, text := c.Seek(prefix); id != nil && bytes.HasPrefix(id, prefix); id, text = c.Next() {
		var t store.Terminal
		if err := json.Unmarshal(text, &t); err != nil {
			return nil, fmt.Errorf("decode: %w", err)
		}
		if station == "" || t.Station == station {
			list = append(list, t)
		}
	}
	return list, nil
}

func again(terminals *bbolt.Bucket, id string, c store.Claim) (store.Terminal, error) {
	var t store.Terminal
	if found, err := getJSON(terminals, []byte(id), &t); err != nil {
		return store.Terminal{}, err
	} else if !found || !t.Has(c.Key) || !t.RevokedAt.IsZero() {
		return store.Terminal{}, store.ErrCodeUsed
	}
	t = t.Again(c)
	return t, keepJSON(terminals, []byte(t.ID), t)
}
