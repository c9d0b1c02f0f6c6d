package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
)

// source is one state of one file from which records can be had.
type source struct {
	path   string
	backup bool // of good repute: a table that it lacks has no records
	image  *image
	limit  context.Context // of reading it
	tables map[Table]place
	gaps   []span // names of tables that can't be read
}

// place is where a table's tree begins.
type place struct {
	root   uint64
	inline []byte
	last   uint64 // number that NextNumber gave
}

// openSources returns the whole states of a file, the newest first, and what closes it.
func openSources(ctx context.Context, path string, backup bool) ([]*source, func(), error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, fmt.Errorf("open file to read what is left: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		return nil, nil, fmt.Errorf("open file to read what is left: %w", errors.Join(err, f.Close()))
	}
	var all []*source
	states := readMetas(f)
	if !backup {
		states = append(lostMetas(f, info.Size(), states), states...)
	}
	for _, m := range states {
		s := &source{
			path: path, backup: backup, limit: ctx, tables: map[Table]place{},
			image: &image{r: f, size: info.Size(), meta: m, owner: map[uint64]Table{}},
		}
		if err := s.list(); err != nil {
			return nil, nil, errors.Join(err, f.Close())
		}
		all = append(all, s)
		if backup {
			break
		}
	}
	return all, func() { _ = f.Close() }, nil // only read
}

// list reads the table of tables.
func (s *source) list() error {
	w := walk{ctx: s.limit, image: s.image, emit: func(name, value []byte, bucket bool) error {
		if bucket && len(value) >= bucketHead {
			s.tables[Table(name)] = place{order.Uint64(value), value[bucketHead:], order.Uint64(value[8:])}
		}
		return nil
	}}
	err := w.root(s.image.meta.root, nil)
	s.gaps = w.gaps
	return err
}

// knows tells whether the source can say something of a table, if only that there is none.
func (s *source) knows(t Table) bool {
	if _, ok := s.tables[t]; ok {
		return true
	}
	return s.backup || !slices.ContainsFunc(s.gaps, func(g span) bool { return g.holds([]byte(t)) })
}

// read emits the records of a table in a span and returns the ranges that remain unknown.
func (s *source) read(t Table, in span, emit func(key, value []byte) error) ([]span, error) {
	p, ok := s.tables[t]
	if !ok {
		if s.knows(t) {
			return nil, nil
		}
		return []span{in}, nil
	}
	w := walk{ctx: s.limit, image: s.image, table: t, in: in, emit: func(key, value []byte, bucket bool) error {
		if bucket {
			return nil // not a record; nothing of this program
		}
		return emit(key, value)
	}}
	err := w.root(p.root, p.inline)
	return w.gaps, err
}

// number reads a number of the store's own, 0 if it can't be read.
func (s *source) number(key []byte) int {
	found := 0
	_, _ = s.read(metaTable, span{key, after(key)}, func(_, value []byte) error { // emit returns no error
		found, _ = strconv.Atoi(string(value))
		return nil
	})
	return found
}
