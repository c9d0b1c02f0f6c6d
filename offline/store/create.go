package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// create makes a new file at o.Path, complete or not at all.
func create(o Options, generation int) error {
	temp := o.Path + ".new"
	// A rest of an interrupted creation never held a record.
	if err := os.Remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("create data file: %w", err)
	}
	if err := fill(temp, o, generation); err != nil {
		return fmt.Errorf("create data file: %w", err)
	}
	if err := syncFile(temp); err != nil {
		return fmt.Errorf("create data file: %w", err)
	}
	if err := os.Rename(temp, o.Path); err != nil {
		return fmt.Errorf("create data file: %w", err)
	}
	return syncDir(filepath.Dir(o.Path))
}

// fill makes a complete data file under a name that nothing reads.
func fill(path string, o Options, generation int) error {
	db, err := openBolt(path, o)
	if err != nil {
		return err
	}
	at := o
	at.Path = path
	s := &Store{o: at, db: db}
	err = s.commit(func(tx *Tx) error {
		for _, t := range append([]Table{metaTable}, o.Schema.Tables...) {
			if err := tx.CreateTable(t); err != nil {
				return err
			}
		}
		return errors.Join(
			describe(tx, o, generation, o.Schema.Version),
			tx.Put(metaTable, tablesKey, []byte(o.Schema.list(""))),
		)
	})
	return errors.Join(err, db.Close())
}

// nextGeneration returns a generation that no file of this folder had, and notes it on disk before it is used. The note
// lies beside the file, since a damaged file can't be asked. Lost notes are made up for by counting the files put aside,
// and by what is known of the one that is replaced and of its copies: atLeast.
func nextGeneration(o Options, atLeast int) (int, error) {
	note := o.Path + ".generation"
	next := atLeast
	text, err := os.ReadFile(note)
	switch {
	case err == nil:
		if last, err := strconv.Atoi(strings.TrimSpace(string(text))); err == nil && last >= 0 {
			next = max(next, last+1)
		}
	case !errors.Is(err, fs.ErrNotExist):
		return 0, fmt.Errorf("read generation: %w", err)
	}
	aside, err := filepath.Glob(globQuote(o.Path) + ".corrupt-*")
	if err != nil {
		return 0, fmt.Errorf("count files put aside: %w", err)
	}
	next = max(next, len(aside))
	if err := writeFile(note, []byte(strconv.Itoa(next)+"\n")); err != nil {
		return 0, fmt.Errorf("write generation: %w", err)
	}
	return next, nil
}

// writeFile replaces a small file, whole or not at all.
func writeFile(path string, content []byte) error {
	temp := path + ".new"
	if err := os.WriteFile(temp, content, 0o600); err != nil {
		return err
	}
	if err := syncFile(temp); err != nil {
		return err
	}
	if err := os.Rename(temp, path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

func globQuote(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}
