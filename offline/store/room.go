package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"go.etcd.io/bbolt"
)

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
	reserve := s.o.Reserve
	if s.short.Load() {
		// Once refused, it takes more before it isn't: a resident who is let in must also get through.
		reserve += reserve / 2
	}
	err := s.roomFor(reserve)
	s.short.Store(errors.Is(err, ErrFull))
	return err
}

// roomFor looks for room for new work beside a reserve. The caller holds s.mu for reading.
func (s *Store) roomFor(reserve int64) error {
	free, err := freeOn(filepath.Dir(s.o.Path))
	if err != nil {
		return err
	}
	if free < reserve {
		s.hurry.Store(true)
		// Copies go before work. An error here is the same as no room.
		if dropped, _ := s.backups.giveWay(reserve, ""); dropped > 0 {
			if free, err = freeOn(filepath.Dir(s.o.Path)); err != nil {
				return err
			}
		}
	}
	if free >= reserve && s.o.MaxSize-s.high.Load() >= reserve {
		return nil // without looking closer, as nearly always
	}
	file, err := os.Stat(s.o.Path)
	if err != nil {
		return fmt.Errorf("look for room: %w", err)
	}
	_, used, err := s.used()
	if err != nil {
		return fmt.Errorf("look for room: %w", err)
	}
	// Pages of the file that hold nothing now are as good as room on the disk.
	if room := free + file.Size() - used; room < reserve {
		return fmt.Errorf("%d KiB left on the disk: %w", room>>10, ErrFull)
	}
	if s.o.MaxSize-used < min(reserve, s.o.MaxSize/4) {
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

// used returns the bytes of the file up to the last page that ever held something, and those that do now.
func (s *Store) used() (size, used int64, err error) {
	err = s.db.View(func(tx *bbolt.Tx) error { size = tx.Size(); return nil })
	stats := s.db.Stats()
	return size, size - int64(stats.FreePageN+stats.PendingPageN)*int64(s.db.Info().PageSize), err
}
