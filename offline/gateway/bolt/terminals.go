package bolt

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	bbolt "go.etcd.io/bbolt"

	"zhizhu/offline/gateway/store"
)

// Terminal is store.Terminals'.
func (d *DB) Terminal(ctx context.Context, id string) (store.Terminal, error) {
	var t store.Terminal
	err := d.view(ctx, func(tx *bbolt.Tx) (err error) {
		t, err = terminal(tx, id)
		return err
	})
	if err != nil {
		return store.Terminal{}, fmt.Errorf("get terminal: %w", err)
	}
	return t, nil
}

func terminal(tx *bbolt.Tx, id string) (store.Terminal, error) {
	var t store.Terminal
	found, err := getJSON(tx.Bucket([]byte(bucketTerminals)), []byte(id), &t)
	if err == nil && !found {
		err = store.ErrNotFound
	}
	return t, err
}

// Terminals is store.Terminals'.
func (d *DB) Terminals(ctx context.Context, station string) ([]store.Terminal, error) {
	var list []store.Terminal
	err := d.view(ctx, func(tx *bbolt.Tx) (err error) {
		list, err = terminalsOf(tx.Bucket([]byte(bucketTerminals)), station)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list terminals: %w", err)
	}
	slices.SortFunc(list, func(a, b store.Terminal) int {
		return cmp.Or(cmp.Compare(a.Station, b.Station), cmp.Compare(a.Number, b.Number))
	})
	return list, nil
}

// Revoke is store.Terminals'.
func (d *DB) Revoke(ctx context.Context, id string, at time.Time) error {
	err := d.update(ctx, func(tx *bbolt.Tx) error {
		t, err := terminal(tx, id)
		if err != nil || !t.RevokedAt.IsZero() {
			return err
		}
		t.RevokedAt = at
		return keepJSON(tx.Bucket([]byte(bucketTerminals)), []byte(id), t)
	})
	if err != nil {
		return fmt.Errorf("revoke terminal: %w", err)
	}
	return nil
}

// Renew is store.Terminals'.
func (d *DB) Renew(ctx context.Context, id, key, postKey, certificate string, at time.Time) error {
	err := d.update(ctx, func(tx *bbolt.Tx) error {
		t, err := terminal(tx, id)
		if err != nil {
			return err
		}
		if !t.RevokedAt.IsZero() {
			return store.ErrRevoked
		}
		return keepJSON(tx.Bucket([]byte(bucketTerminals)), []byte(id), t.Renewed(key, postKey, certificate, micro(at)))
	})
	if err != nil {
		return fmt.Errorf("renew terminal: %w", err)
	}
	return nil
}

// SetHeartbeat is store.Terminals'. It is kept as its time and the body.
func (d *DB) SetHeartbeat(ctx context.Context, terminal string, at time.Time, body []byte) error {
	err := store.CheckName(terminal)
	if err == nil {
		err = d.update(ctx, func(tx *bbolt.Tx) error {
			beats := tx.Bucket([]byte(bucketBeats))
			if has := beats.Get([]byte(terminal)); len(has) >= 8 && readMoment(has[:8]).After(at) {
				return nil
			}
			return keep(beats, []byte(terminal), join(moment(at), body))
		})
	}
	if err != nil {
		return fmt.Errorf("set heartbeat: %w", err)
	}
	return nil
}

// Heartbeats is store.Terminals'.
func (d *DB) Heartbeats(ctx context.Context) ([]store.Heartbeat, error) {
	var list []store.Heartbeat
	err := d.view(ctx, func(tx *bbolt.Tx) error {
		return tx.Bucket([]byte(bucketBeats)).ForEach(func(k, v []byte) error {
			if len(v) < 8 {
				return errDamaged
			}
			list = append(list, store.Heartbeat{Terminal: string(k), At: readMoment(v[:8]), Body: slices.Clone(v[8:])})
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("list heartbeats: %w", err)
	}
	return list, nil
}
