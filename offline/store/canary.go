package store

import (
	"context"
	"fmt"
	"strconv"
)

// Canary makes one small commit and reads it back: does the disk still take what it is given, in the time that ctx
// gives? It is for a watchdog; an error that is ErrSlow means that the disk hung, for this one or for the one before. A
// canary writes some 16 KiB, so ask every half minute, not every second.
func (s *Store) Canary(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("try store: %w", err)
	}
	if !s.canary.CompareAndSwap(false, true) {
		return fmt.Errorf("try store: the one before has not come back: %w", ErrSlow)
	}
	done := make(chan error, 1)
	go func() {
		// Nothing ends a sync that hangs, so it may outlive its caller. There is never more than one.
		err := s.sing()
		s.canary.Store(false)
		done <- err
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("try store: %w: %w", ErrSlow, ctx.Err())
	}
}

// sing writes and reads back.
func (s *Store) sing() error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.suspect {
		if err := s.recover(); err != nil { // which sings
			return fmt.Errorf("try store: %w", err)
		}
		return nil
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.db == nil {
		return fmt.Errorf("try store: %w", ErrClosed)
	}
	want, err := s.chirp()
	if err != nil {
		s.suspect = true
		return fmt.Errorf("try store: %w", err)
	}
	st, err := s.state()
	if err != nil || st.canary != want {
		s.suspect = true
		return fmt.Errorf("try store: read %q after %q: %w", st.canary, want, ErrInDoubt)
	}
	return nil
}

// chirp commits a number that was not there before.
func (s *Store) chirp() (sung string, err error) {
	err = s.commit(func(tx *Tx) error {
		last, err := strconv.ParseUint(string(tx.Get(metaTable, canaryKey)), 10, 64)
		if err != nil {
			last = 0 // the first
		}
		sung = strconv.FormatUint(last+1, 10)
		return tx.Put(metaTable, canaryKey, []byte(sung))
	})
	return sung, err
}
