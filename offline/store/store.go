package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"

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

	writing sync.Mutex // guards what follows, and serialises writers with recovery
	suspect bool       // a commit failed, and the file wasn't opened anew since
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
	if errors.Is(err, ErrInDoubt) {
		s.suspect = true
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
	if err := fn(&Tx{tx: tx}); err != nil {
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
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	if s.db != nil {
		_ = s.db.Close() // its state is in doubt anyhow
		s.db = nil
	}
	db, err := openBolt(s.o.Path, s.o)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrInDoubt, err)
	}
	s.db = db
	err = s.commit(func(tx *Tx) error {
		n, err := tx.NextNumber(metaTable)
		if err != nil {
			return err
		}
		return tx.Put(metaTable, canaryKey, strconv.AppendUint(nil, n, 10))
	})
	if err != nil {
		return fmt.Errorf("%w: %w", ErrInDoubt, err)
	}
	s.suspect = false
	return nil
}

// Room returns ErrFull if no new work should be taken in: what is left in file and file system is kept for
// acknowledgements of what was taken in already. After a commit that failed it tries to open the file anew, so that a
// disk that works again is used again, and one that doesn't is noticed before somebody has filled in a form.
func (s *Store) Room() error {
	if err := s.heal(); err != nil {
		return fmt.Errorf("look for room: %w", err)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.db == nil {
		return fmt.Errorf("look for room: %w", ErrClosed)
	}
	var disk syscall.Statfs_t
	if err := syscall.Statfs(filepath.Dir(s.o.Path), &disk); err != nil {
		return fmt.Errorf("look for room: %w", err)
	}
	free := int64(disk.Bavail) * disk.Bsize
	if free >= s.o.Reserve && s.o.MaxSize-s.high.Load() >= s.o.Reserve {
		return nil // without looking closer, as nearly always
	}
	file, err := os.Stat(s.o.Path)
	if err != nil {
		return fmt.Errorf("look for room: %w", err)
	}
	used, err := s.used()
	if err != nil {
		return fmt.Errorf("look for room: %w", err)
	}
	// Pages of the file that hold nothing now are as good as room on the disk.
	if room := free + file.Size() - used; room < s.o.Reserve {
		return fmt.Errorf("%d KiB left on the disk: %w", room>>10, ErrFull)
	}
	if s.o.MaxSize-used < min(s.o.Reserve, s.o.MaxSize/4) {
		return fmt.Errorf("data file has reached its greatest size: %w", ErrFull)
	}
	return nil
}

// heal recovers from a commit that failed. While somebody writes, it leaves that to him rather than wait.
func (s *Store) heal() error {
	if !s.writing.TryLock() {
		return nil
	}
	defer s.writing.Unlock()
	if !s.suspect {
		return nil
	}
	return s.recover()
}

// used returns the bytes of the file that hold something.
func (s *Store) used() (int64, error) {
	var size int64
	err := s.db.View(func(tx *bbolt.Tx) error { size = tx.Size(); return nil })
	stats := s.db.Stats()
	return size - int64(stats.FreePageN+stats.PendingPageN)*int64(s.db.Info().PageSize), err
}

// Close closes the file. Writes that have returned are on disk already.
func (s *Store) Close() error {
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

// begin migrates an opened file and reads its generation.
func (s *Store) begin(opened *Opened) error {
	version, generation := 0, 0
	err := s.db.View(func(btx *bbolt.Tx) error {
		tx := &Tx{tx: btx}
		var err error
		if version, err = strconv.Atoi(string(tx.Get(metaTable, versionKey))); err != nil {
			return fmt.Errorf("read version: %w", err)
		}
		if generation, err = strconv.Atoi(string(tx.Get(metaTable, generationKey))); err != nil {
			return fmt.Errorf("read generation: %w", err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	opened.Generation = generation
	for ; version < s.o.Schema.Version(); version++ {
		err := s.commit(func(tx *Tx) error {
			if err := s.o.Schema.Migrations[version-1](tx); err != nil {
				return err
			}
			return tx.Put(metaTable, versionKey, []byte(strconv.Itoa(version+1)))
		})
		if err != nil {
			return fmt.Errorf("migrate data file from version %d: %w", version, err)
		}
	}
	return nil
}
