package store

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strconv"

	"go.etcd.io/bbolt"
)

// jump is how far a table's numbers go on when it isn't known how far they had come: farther than anybody can have come
// since the back-up.
const jump = 1 << 20

// tally counts what a new file was made of.
type tally struct {
	damaged int // records from the damaged file
	backup  int // from the back-up, where the damaged file couldn't be read
	asked   bool
	gaps    int // ranges of keys that couldn't be read in the damaged file's last state
}

// rebuild makes a new file at path from the states of a damaged one, the newest first, then a back-up. The damaged file
// is the newest word on every range of keys that can be read in it, and on what was deleted there; each further source is
// asked for what is unknown still. Nothing is synced.
func rebuild(path string, o Options, sources []*source, generation, version int) (tally, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return tally{}, fmt.Errorf("rebuild data file: %w", err)
	}
	at := o
	at.Path, at.NoSync = path, true
	db, err := openBolt(path, at)
	if err != nil {
		return tally{}, fmt.Errorf("rebuild data file: %w", err)
	}
	b := &builder{s: &Store{o: at, db: db}}
	for _, t := range tablesOf(o, sources, version) {
		if err = b.table(t, sources); err != nil {
			break
		}
	}
	if err == nil {
		err = b.flush()
	}
	if err == nil {
		err = b.s.commit(func(tx *Tx) error { return describe(tx, o, generation, version) })
	}
	if err = errors.Join(err, db.Close()); err != nil {
		return tally{}, fmt.Errorf("rebuild data file: %w", err)
	}
	return b.tally, nil
}

// tablesOf lists the tables of a rebuilt file: also those that this program doesn't know are kept.
func tablesOf(o Options, sources []*source, version int) []Table {
	names := map[Table]bool{metaTable: true}
	for _, s := range sources {
		for t := range s.tables {
			names[t] = true
		}
	}
	if version == o.Schema.Version {
		for _, t := range o.Schema.Tables {
			names[t] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// describe writes what the store itself keeps of a file.
func describe(tx *Tx, o Options, generation, version int) error {
	if err := tx.CreateTable(metaTable); err != nil {
		return err
	}
	return errors.Join(
		tx.Put(metaTable, generationKey, []byte(strconv.Itoa(generation))),
		tx.Put(metaTable, versionKey, []byte(strconv.Itoa(version))),
		tx.Put(metaTable, programKey, []byte(o.Program)),
	)
}

// builder puts records into a new file, some at a time.
type builder struct {
	s       *Store
	tally   tally
	into    Table
	pending []record
	bytes   int
}

type record struct{ key, value []byte }

// most is how many bytes of records are put in one transaction.
const most = 4 << 20

func (b *builder) table(t Table, sources []*source) error {
	if err := b.flush(); err != nil {
		return err
	}
	b.into = t
	last, sure := uint64(0), len(sources) == 0 || !sources[0].backup && sources[0].knows(t)
	if err := b.records(t, sources); err != nil {
		return err
	}
	for _, s := range sources {
		last = max(last, s.tables[t].last)
	}
	if !sure {
		last += jump
	}
	if err := b.flush(); err != nil {
		return err
	}
	return b.s.commit(func(tx *Tx) error {
		if err := tx.CreateTable(t); err != nil {
			return err
		}
		return tx.setNumber(t, last)
	})
}

// records asks each source in turn for what is unknown of a table.
func (b *builder) records(t Table, sources []*source) error {
	unknown := []span{everything}
	for i, s := range sources {
		count := &b.tally.damaged
		if s.backup {
			count = &b.tally.backup
			b.tally.asked = b.tally.asked || len(unknown) > 0
		}
		var left []span
		for _, in := range unknown {
			gaps, err := s.read(t, in, func(key, value []byte) error {
				if t != metaTable {
					*count++
				}
				return b.put(key, value)
			})
			if err != nil {
				return err
			}
			left = append(left, gaps...)
		}
		unknown = left
		if i == 0 && !s.backup {
			b.tally.gaps += len(unknown)
		}
	}
	return nil
}

func (b *builder) put(key, value []byte) error {
	b.pending = append(b.pending, record{key, value})
	if b.bytes += len(key) + len(value); b.bytes < most {
		return nil
	}
	return b.flush()
}

func (b *builder) flush() error {
	if len(b.pending) == 0 {
		return nil
	}
	err := b.s.commit(func(tx *Tx) error {
		if err := tx.CreateTable(b.into); err != nil {
			return err
		}
		for _, r := range b.pending {
			if err := tx.Put(b.into, r.key, r.value); err != nil {
				return err
			}
		}
		return nil
	})
	b.pending, b.bytes = nil, 0
	return err
}

// compacted copies a file that is whole into a new one without its free pages. Nothing is synced.
func compacted(path string, o Options, from *bbolt.DB) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	at := o
	at.NoSync = true
	db, err := openBolt(path, at)
	if err != nil {
		return err
	}
	return errors.Join(bbolt.Compact(db, from, most), db.Close())
}
