package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// Store is an open data file. It is safe for concurrent use; writers queue up.
type Store struct {
	o Options

	// mu is held for writing while the file is opened anew, for reading while it is used.
	mu     sync.RWMutex
	db     *bbolt.DB // nil while it can't be opened, or closed
	closed bool
	high   atomic.Int64 // end of the last page in use, or of one that was
	writes atomic.Int64 // that were committed since the file was opened, canaries left out
	short  atomic.Bool  // room was refused last time

	backups shelf
	upkeep  sync.Mutex  // a back-up or a compaction is under way
	hurry   atomic.Bool // a back-up should end: others wait for what it holds
	canary  atomic.Bool // a canary is under way

	writing sync.Mutex // guards what follows, and serialises writers with recovery
	suspect bool       // a commit failed, and the file wasn't opened anew since
	moved   bool       // the file was replaced, and its folder isn't synced yet
	end     int64      // up to where the file's blocks are known to be written
}

// Update runs fn in a transaction and commits it: when it returns nil, everything is on disk. An error of fn is returned
// as it is and nothing is written. An error that is ErrInDoubt means that commit began. It doesn't stop once it began,
// whatever becomes of ctx.
func (s *Store) Update(ctx context.Context, fn func(*Tx) error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("update store: %w", err)
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.suspect {
		if err := s.recover(); err != nil {
			return fmt.Errorf("update store: %w", err)
		}
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.db == nil {
		return fmt.Errorf("update store: %w", ErrClosed)
	}
	err := s.commit(fn)
	switch {
	case errors.Is(err, ErrInDoubt):
		s.suspect = true
	case err == nil:
		s.writes.Add(1)
	}
	return err
}

// commit runs one write transaction on the open file.
func (s *Store) commit(fn func(*Tx) error) error {
	tx, err := s.db.Begin(true)
	if err != nil {
		return fmt.Errorf("begin transaction: %w", err)
	}
	done := false
	defer func() {
		if !done {
			_ = tx.Rollback() // of an error or a panic in fn, which says more
		}
	}()
	s.high.Store(tx.Size())
	s.reach(tx.Size())
	own := &Tx{tx: tx}
	if err := fn(own); err != nil {
		return err
	}
	if err := own.count(); err != nil {
		return err
	}
	done = true
	err = tx.Commit()
	switch {
	case err == nil:
		return nil
	case errors.Is(err, berrors.ErrMaxSizeReached):
		return fmt.Errorf("commit: %w", ErrFull) // refused before anything was written
	case isFull(err):
		return fmt.Errorf("commit: %w: %w: %w", ErrInDoubt, ErrFull, err)
	}
	return fmt.Errorf("commit: %w: %w", ErrInDoubt, err)
}

// View runs fn in a read transaction.
func (s *Store) View(ctx context.Context, fn func(*Tx) error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("view store: %w", err)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.db == nil {
		return fmt.Errorf("view store: %w", ErrClosed)
	}
	return s.db.View(func(tx *bbolt.Tx) error { return fn(&Tx{tx: tx}) })
}

// Confirm runs fn over what is known to be on disk. After a write in doubt it opens the file anew and makes one more
// commit first; if that fails too, the doubt remains and the error is ErrInDoubt.
func (s *Store) Confirm(ctx context.Context, fn func(*Tx) error) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.suspect {
		if err := s.recover(); err != nil {
			return fmt.Errorf("confirm store: %w", err)
		}
	}
	return s.View(ctx, fn)
}

// recover opens the file anew and commits once. The caller holds s.writing.
func (s *Store) recover() error {
	s.hurry.Store(true)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	if s.db != nil {
		_ = s.db.Close() // its state is in doubt anyhow
		s.db = nil
	}
	if s.moved {
		// Until the folder is on disk, a power cut may bring back the file before the last compaction.
		if err := syncDir(filepath.Dir(s.o.Path)); err != nil {
			return fmt.Errorf("%w: %w", ErrInDoubt, err)
		}
		s.moved = false
	}
	db, err := openBolt(s.o.Path, s.o)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrInDoubt, err)
	}
	s.db, s.end = db, 0
	if _, err = s.chirp(); err != nil {
		return fmt.Errorf("%w: %w", ErrInDoubt, err)
	}
	s.suspect = false
	return nil
}

// Close closes the file. Writes that have returned are on disk already.
func (s *Store) Close() error {
	s.hurry.Store(true)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if s.db == nil {
		return nil
	}
	err := s.db.Close()
	s.db = nil
	if err != nil {
		return fmt.Errorf("close store: %w", err)
	}
	return nil
}
