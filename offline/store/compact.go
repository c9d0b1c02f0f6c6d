package store

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"
)

const (
	// leastWaste is from how much on free pages are worth a compaction.
	leastWaste = 8 << 20
	// longestPause is how long writers may wait for one.
	longestPause = 2 * time.Second
	compactName  = ".compact"
)

// wasteful tells whether more than half of the file, and more than 8 MiB, is free pages.
func (s *Store) wasteful() bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.db == nil {
		return false
	}
	size, used, err := s.used()
	free := size - used
	return err == nil && free > leastWaste && free > used
}

// Compact makes the file anew without its free pages, if they are most of it, and with them go the last traces of what
// was deleted. The copy is made while others write; if nothing was written meanwhile it takes the file's place, else it is
// made once more while they wait, if that is short, else the error is ErrBusy. A crash at any moment leaves one whole file.
func (s *Store) Compact(ctx context.Context) error {
	if !s.upkeep.TryLock() {
		return fmt.Errorf("compact store: %w", ErrBusy)
	}
	defer s.upkeep.Unlock()
	if !s.wasteful() {
		return nil
	}
	temp := s.o.Path + compactName
	defer func() { _ = os.Remove(temp) }() // if it didn't become the file
	start := s.o.Now()
	state, err := s.compactTo(ctx, temp)
	took := s.o.Now().Sub(start)
	if err != nil {
		return fmt.Errorf("compact store: %w", err)
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	now, err := s.txid()
	if err != nil {
		return fmt.Errorf("compact store: %w", err)
	}
	if now != state {
		if took < 0 || took > longestPause {
			return fmt.Errorf("compact store: somebody wrote meanwhile: %w", ErrBusy)
		}
		if _, err := s.compactTo(ctx, temp); err != nil {
			return fmt.Errorf("compact store: %w", err)
		}
	}
	if err := s.swap(ctx, temp); err != nil {
		return fmt.Errorf("compact store: %w", err)
	}
	return nil
}

// compactTo makes a checked, synced copy, and returns which state of the file it is of.
func (s *Store) compactTo(ctx context.Context, temp string) (state int, err error) {
	at := s.o
	at.Path = temp
	if err := s.roomToCompact(); err != nil {
		return 0, err
	}
	if state, err = s.txid(); err != nil {
		return 0, err
	}
	if err := s.reading(func(db *bbolt.DB) error { return compacted(temp, at, db) }); err != nil {
		return 0, err
	}
	s.o.step("copied")
	if err := syncFile(temp); err != nil {
		return 0, err
	}
	s.o.step("synced")
	cause, err := check(ctx, s.o, temp)
	if err != nil {
		return 0, err
	}
	if cause != "" {
		return 0, fmt.Errorf("the copy is damaged, and perhaps the file too (%s): %w", cause, ErrCopy)
	}
	s.o.step("checked")
	return state, nil
}

// roomToCompact returns ErrFull unless a whole copy fits beside the reserve.
func (s *Store) roomToCompact() error {
	free, err := freeOn(filepath.Dir(s.o.Path))
	if err != nil {
		return err
	}
	file, err := os.Stat(s.o.Path)
	if err != nil {
		return err
	}
	if need := file.Size() + s.o.Reserve; free < need {
		return fmt.Errorf("%d MiB are free, a compaction needs %d: %w", free>>20, need>>20, ErrFull)
	}
	return nil
}

// swap lets a file take the place of the one that is open. The caller holds s.writing, and nothing was written since the
// new one was made.
func (s *Store) swap(ctx context.Context, temp string) error {
	dir := filepath.Dir(s.o.Path)
	unlock, err := lockDir(ctx, dir, s.o.LockTimeout)
	if err != nil {
		return err
	}
	defer unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.db == nil || s.suspect {
		return ErrClosed
	}
	if err := os.Rename(temp, s.o.Path); err != nil {
		return err
	}
	s.o.step("renamed")
	s.moved, s.suspect = true, true // until all that follows has worked; else the next writer tries again
	old := s.db
	s.db = nil
	if err := old.Close(); err != nil {
		return err
	}
	if err := syncDir(dir); err != nil {
		return err
	}
	s.moved = false
	s.o.step("settled")
	db, err := openBolt(s.o.Path, s.o)
	if err != nil {
		return err
	}
	s.db, s.end, s.suspect = db, 0, false
	return nil
}

// txid is the state of the file.
func (s *Store) txid() (id int, err error) {
	err = s.reading(func(db *bbolt.DB) error {
		return db.View(func(tx *bbolt.Tx) error { id = tx.ID(); return nil })
	})
	return id, err
}

// reading runs fn on the open file.
func (s *Store) reading(fn func(*bbolt.DB) error) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.db == nil {
		return ErrClosed
	}
	return fn(s.db)
}
