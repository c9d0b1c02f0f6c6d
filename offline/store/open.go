package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// Open opens the file, after a child process has checked it, or starts a new one. Only files that are damaged are put
// aside; every other trouble is an error that leaves everything as it was.
func Open(ctx context.Context, o Options) (*Store, Opened, error) {
	o = o.withDefaults()
	if err := o.Schema.validate(); err != nil {
		return nil, Opened{}, fmt.Errorf("open store: %w", err)
	}
	if os.Getenv(childEnv) != "" {
		return nil, Opened{}, fmt.Errorf("open store: main (or TestMain) must call store.RunChild first: %w", ErrUnchecked)
	}
	dir := filepath.Dir(o.Path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, Opened{}, fmt.Errorf("open store: %w", err)
	}
	unlock, err := lockDir(ctx, dir, o.LockTimeout)
	if err != nil {
		return nil, Opened{}, fmt.Errorf("open store: %w", err)
	}
	defer unlock()

	// Rests of what a power cut interrupted. They may be large, and nothing else needs them.
	_ = os.Remove(o.Path + compactName)
	_ = os.Remove(newShelf(o).part())

	var opened Opened
	if err := prepare(ctx, o, &opened); err != nil {
		if isFull(err) {
			err = fmt.Errorf("%w: %w", ErrFull, err)
		}
		return nil, opened, fmt.Errorf("open store: %w", err)
	}
	s := &Store{o: o, backups: newShelf(o)}
	if s.db, err = openBolt(o.Path, o); err != nil {
		return nil, opened, fmt.Errorf("open store: %w", err)
	}
	if err := s.begin(ctx, &opened); err != nil {
		return nil, opened, fmt.Errorf("open store: %w", errors.Join(err, s.db.Close()))
	}
	return s, opened, nil
}

// prepare sees to it that a good file lies at o.Path.
func prepare(ctx context.Context, o Options, opened *Opened) error {
	info, err := os.Stat(o.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return missing(ctx, o, opened)
	case err != nil:
		return fmt.Errorf("look for data file: %w", err)
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is not a regular file; move it away", o.Path)
	}
	cause, err := check(ctx, o, o.Path)
	if err != nil || cause == "" {
		return err
	}
	opened.Cause = cause
	return restore(ctx, o, opened)
}

// missing starts a new file, or, where there are back-ups, brings back the one that was there.
func missing(ctx context.Context, o Options, opened *Opened) error {
	backups, err := newShelf(o).list()
	if err != nil {
		return err
	}
	if len(backups) > 0 {
		opened.Cause = "data file is missing"
		return restore(ctx, o, opened)
	}
	generation, err := nextGeneration(o, 0)
	if err != nil {
		return err
	}
	if err := create(o, generation); err != nil {
		return err
	}
	opened.Created = true
	return nil
}

// lockDir keeps two programs from putting aside or creating the same file at once.
func lockDir(ctx context.Context, dir string, limit time.Duration) (unlock func(), err error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, fmt.Errorf("lock data folder: %w", err)
	}
	deadline := time.NewTimer(limit)
	defer deadline.Stop()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		err := syscall.Flock(int(d.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { _ = d.Close() }, nil // closing unlocks
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errors.Join(fmt.Errorf("lock data folder: %w", err), d.Close())
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return nil, errors.Join(fmt.Errorf("lock data folder: %w", ctx.Err()), d.Close())
		case <-deadline.C:
			return nil, errors.Join(fmt.Errorf("lock data folder: %w", ErrLocked), d.Close())
		}
	}
}
