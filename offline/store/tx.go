package store

import (
	"bytes"
	"fmt"
	"iter"

	"go.etcd.io/bbolt"
)

// Tx is one transaction. It is valid only inside the function that got it, and on that goroutine. Keys and values that
// it returns point into the file: they are valid as long as the Tx, and must not be changed.
type Tx struct {
	tx     *bbolt.Tx
	tables map[Table]*bbolt.Bucket
}

const fullPage = 0.95

// CreateTable makes a table if it isn't there. Only migrations need it.
func (tx *Tx) CreateTable(t Table) error {
	if _, err := tx.tx.CreateBucketIfNotExists([]byte(t)); err != nil {
		return fmt.Errorf("create table %s: %w", t, err)
	}
	return nil
}

// table returns the bucket of a table. Every table exists since the file was created: a missing one is a mistake of
// the program, not of the data.
func (tx *Tx) table(t Table) *bbolt.Bucket {
	if b := tx.tables[t]; b != nil {
		return b
	}
	b := tx.tx.Bucket([]byte(t))
	if b == nil {
		panic("store: table " + string(t) + " is not in the schema")
	}
	// Keys are mostly put in order, so that a full page is never put into again.
	b.FillPercent = fullPage
	if tx.tables == nil {
		tx.tables = map[Table]*bbolt.Bucket{}
	}
	tx.tables[t] = b
	return b
}

// Get returns the value of a key, nil if there is none.
func (tx *Tx) Get(t Table, key []byte) []byte { return tx.table(t).Get(key) }

// Put writes a key. Key and value must not change until the transaction ends.
func (tx *Tx) Put(t Table, key, value []byte) error {
	if err := tx.table(t).Put(key, value); err != nil {
		return fmt.Errorf("put into %s: %w", t, err)
	}
	return nil
}

// Delete removes a key, if it is there.
func (tx *Tx) Delete(t Table, key []byte) error {
	if err := tx.table(t).Delete(key); err != nil {
		return fmt.Errorf("delete from %s: %w", t, err)
	}
	return nil
}

// Scan yields the keys with a prefix, in order. Nothing may be written to the table while it runs.
func (tx *Tx) Scan(t Table, prefix []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func([]byte, []byte) bool) {
		c := tx.table(t).Cursor()
		for k, v := c.Seek(prefix); k != nil && bytes.HasPrefix(k, prefix); k, v = c.Next() {
			if !yield(k, v) {
				return
			}
		}
	}
}

// NextNumber returns 1, 2, 3 ... for a table, each once in the file's life.
func (tx *Tx) NextNumber(t Table) (uint64, error) {
	n, err := tx.table(t).NextSequence()
	if err != nil {
		return 0, fmt.Errorf("number in %s: %w", t, err)
	}
	return n, nil
}

// setNumber sets what NextNumber gave last.
func (tx *Tx) setNumber(t Table, last uint64) error {
	if err := tx.table(t).SetSequence(last); err != nil {
		return fmt.Errorf("number in %s: %w", t, err)
	}
	return nil
}

// count numbers the commit, where it costs no page: see lostMetas.
func (tx *Tx) count() error {
	b := tx.tx.Bucket([]byte(metaTable))
	if b == nil {
		return nil // a file in the making
	}
	if _, err := b.NextSequence(); err != nil {
		return fmt.Errorf("count commit: %w", err)
	}
	return nil
}
