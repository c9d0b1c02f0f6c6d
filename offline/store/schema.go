package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"

	"go.etcd.io/bbolt"
)

// validate finds mistakes of the program.
func (s Schema) validate() error {
	for i, m := range s.Migrations {
		if m.To != s.Version-len(s.Migrations)+1+i || m.To < 2 || m.Do == nil {
			return fmt.Errorf("schema of version %d: migration %d of %d doesn't fit there", s.Version, m.To, len(s.Migrations))
		}
	}
	for i, t := range s.Tables {
		if t == "" || t == metaTable || strings.Contains(string(t), ",") || slices.Contains(s.Tables[:i], t) {
			return fmt.Errorf("schema of version %d: bad name of a table: %q", s.Version, t)
		}
	}
	return nil
}

// needed returns the migrations of a file of some version.
func (s Schema) needed(version int) ([]Migration, error) {
	if version > s.Version {
		return nil, newer(version, "")
	}
	oldest := s.Version - len(s.Migrations)
	if version < oldest {
		return nil, fmt.Errorf("its format is %d, the oldest that this program knows is %d: install a version in between first: %w", version, oldest, ErrMigration)
	}
	return s.Migrations[version-oldest:], nil
}

// state is what the store itself keeps in a file.
type state struct {
	version, generation int
	tables, canary      string
}

func (s *Store) state() (st state, err error) {
	err = s.db.View(func(btx *bbolt.Tx) error {
		tx := &Tx{tx: btx}
		if st.version, err = strconv.Atoi(string(tx.Get(metaTable, versionKey))); err != nil {
			return fmt.Errorf("read version: %w", err)
		}
		if st.generation, err = strconv.Atoi(string(tx.Get(metaTable, generationKey))); err != nil {
			return fmt.Errorf("read generation: %w", err)
		}
		st.tables, st.canary = string(tx.Get(metaTable, tablesKey)), string(tx.Get(metaTable, canaryKey))
		return nil
	})
	return st, err
}

// begin brings an opened file to the program's schema, all in one transaction, and reads its generation.
func (s *Store) begin(ctx context.Context, opened *Opened) error {
	st, err := s.state()
	if err != nil {
		return err
	}
	opened.Generation = st.generation
	migrations, err := s.o.Schema.needed(st.version)
	if err != nil {
		return err
	}
	tables := s.o.Schema.list(st.tables)
	if len(migrations) == 0 && tables == st.tables {
		return nil // nothing is written at most starts
	}
	if len(migrations) > 0 {
		if err := s.keepBefore(ctx, st.version); err != nil {
			return fmt.Errorf("copy data file of version %d before it is changed: %w", st.version, err)
		}
		opened.Migrated = st.version
	}
	if err := s.migrate(migrations, tables); err != nil {
		return err
	}
	if len(migrations) > 0 {
		s.o.Log.LogAttrs(ctx, slog.LevelInfo, "Data file was brought to a newer version",
			slog.Int("from", st.version), slog.Int("to", s.o.Schema.Version))
	}
	return nil
}

// list adds the schema's tables to those that a file has. It keeps those that only other programs know.
func (s Schema) list(before string) string {
	var names []string
	if before != "" {
		names = strings.Split(before, ",")
	}
	for _, t := range s.Tables {
		names = append(names, string(t))
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ",")
}

// migrate runs migrations, makes the tables that are missing, and notes both. A migration that fails, or panics, leaves
// the file as it was.
func (s *Store) migrate(migrations []Migration, tables string) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("migrate data file: %v: %w", p, ErrMigration)
		}
	}()
	return s.commit(func(tx *Tx) error {
		for _, m := range migrations {
			if err := m.Do(tx); err != nil {
				return fmt.Errorf("migrate data file to version %d: %w: %w", m.To, ErrMigration, err)
			}
		}
		for _, t := range s.o.Schema.Tables {
			if err := tx.CreateTable(t); err != nil {
				return err
			}
		}
		if len(migrations) > 0 {
			version := []byte(strconv.Itoa(s.o.Schema.Version))
			if err := errors.Join(tx.Put(metaTable, versionKey, version), tx.Put(metaTable, programKey, []byte(s.o.Program))); err != nil {
				return err
			}
		}
		return tx.Put(metaTable, tablesKey, []byte(tables))
	})
}
