package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"zhizhu/offline/store"
)

// tally counts what isn't kept in memory, so that nothing has to be read to know it. It is changed in the transactions
// that change what it counts.
type tally struct {
	Entries int            `json:"entries"` // rows of outbox.entry
	Acked   map[string]int `json:"acked"`   // acknowledged since the file was made, by lane
}

var tallyKey = []byte("tally")

// readTally returns the tally, and false if there is none that can be read.
func readTally(tx *store.Tx) (tally, bool) {
	t := tally{}
	v := tx.Get(metaTable, tallyKey)
	ok := v != nil && json.Unmarshal(v, &t) == nil
	if t.Acked == nil {
		t.Acked = map[string]int{}
	}
	return t, ok
}

// count takes in an entry that was acknowledged.
func (t *tally) count(e *entry) {
	t.Acked[e.Lane]++
	if e.Record != nil {
		t.Entries++
	}
}

func (t tally) write(tx *store.Tx) error {
	v, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("write tally: %w", err)
	}
	return tx.Put(metaTable, tallyKey, v)
}

// ready makes the tables and rows that a file lacks which an earlier program made, or used in between: one that knew no
// look-up rows. Such a file has more entries than were tallied. An ordinary start writes nothing.
func (o *Outbox) ready(ctx context.Context) error {
	catchUp := func(tx *store.Tx) error {
		for _, t := range newerTables() {
			if err := tx.CreateTable(t); err != nil {
				return err
			}
		}
		rows := 0
		for range tx.Scan(entryTable, nil) {
			rows++
		}
		if t, ok := readTally(tx); ok && t.Entries == rows {
			return errUnchanged
		}
		return reckon(tx)
	}
	err := o.o.Store.Update(ctx, catchUp)
	if errors.Is(err, store.ErrInDoubt) {
		err = o.o.Store.Update(ctx, catchUp) // the file was opened anew, and shows what became of it
	}
	if errors.Is(err, errUnchanged) {
		return nil
	}
	return err
}

// reckon makes look-up rows and tally anew from the entries and tombstones.
func reckon(tx *store.Tx) error {
	t := tally{Acked: map[string]int{}}
	for _, v := range tx.Scan(tombTable, nil) {
		if row, err := decodeTomb(v); err == nil && !row.pointer {
			t.Acked[row.lane]++
		}
	}
	for _, key := range keys(tx, findTable, nil) {
		if err := tx.Delete(findTable, key); err != nil {
			return err
		}
	}
	for _, key := range keys(tx, entryTable, nil) {
		lane, kept, err := reckonEntry(tx, key)
		if err != nil {
			return err
		}
		if kept {
			t.Entries++
		}
		if lane != "" {
			t.Acked[lane]++
		}
	}
	return t.write(tx)
}

// reckonEntry sees to it that one acknowledged entry is found. It stays in its table if it has a small record, or can't
// be read.
func reckonEntry(tx *store.Tx, key []byte) (lane string, kept bool, err error) {
	e, _, err := decodeEntry(tx.Get(entryTable, key))
	if err != nil {
		return "", true, nil
	}
	if e.Record != nil {
		return e.Lane, true, enlist(tx, &e)
	}
	if _, err := tombOf(&e); err != nil {
		return e.Lane, true, nil
	}
	if err := tx.Delete(entryTable, key); err != nil {
		return "", false, err
	}
	return e.Lane, false, bury(tx, &e)
}

// keys returns the keys of a table with a prefix, to be used while the table is written to.
func keys(tx *store.Tx, t store.Table, prefix []byte) [][]byte {
	var all [][]byte
	for k := range tx.Scan(t, prefix) {
		all = append(all, slices.Clone(k))
	}
	return all
}
