package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"
)

// Backup makes one hourly copy of the file now, has a child check it, and lets go of old ones. Others read and write
// meanwhile. It makes none when the disk would become short of room (ErrFull), nor while another is made (ErrBusy).
func (s *Store) Backup(ctx context.Context) (Backup, error) {
	if !s.upkeep.TryLock() {
		return Backup{}, fmt.Errorf("back up store: %w", ErrBusy)
	}
	defer s.upkeep.Unlock()
	b, err := s.backup(ctx, hourly)
	if err != nil {
		return Backup{}, fmt.Errorf("back up store: %w", err)
	}
	return b, nil
}

// Backups lists the copies of the file, the newest first.
func (s *Store) Backups() ([]Backup, error) { return s.backups.list() }

// keepBefore copies the file before a migration changes it.
func (s *Store) keepBefore(ctx context.Context, version int) error {
	b, err := s.backup(ctx, before)
	if errors.Is(err, ErrFull) {
		if dropped, dropErr := s.backups.giveWay(1<<62, ""); dropErr == nil && dropped > 0 {
			b, err = s.backup(ctx, before)
		}
	}
	if err == nil {
		s.o.Log.LogAttrs(ctx, slog.LevelInfo, "Data file was copied before it is changed",
			slog.String("file", b.Path), slog.Int("version", version))
	}
	return err
}

// backup makes a copy. The caller holds s.upkeep, or is alone.
func (s *Store) backup(ctx context.Context, kind string) (Backup, error) {
	if err := os.MkdirAll(s.backups.dir, 0o700); err != nil {
		return Backup{}, err
	}
	part := s.backups.part()
	defer func() { _ = os.Remove(part) }() // of a copy that failed; the next one would replace it
	if err := s.makeWay(); err != nil {
		return Backup{}, err
	}
	size, err := s.copyTo(ctx, part)
	if err != nil {
		return Backup{}, err
	}
	cause, err := check(ctx, s.o, part)
	if err != nil {
		return Backup{}, err
	}
	if cause != "" {
		return Backup{}, fmt.Errorf("the copy is damaged, and perhaps the file too (%s): %w", cause, ErrCopy)
	}
	b, err := s.backups.next(kind, s.o.Now())
	if err != nil {
		return Backup{}, err
	}
	b.Size = size
	return b, s.backups.put(b)
}

// makeWay lets go of old back-ups, all but one, if the disk would become short by another.
func (s *Store) makeWay() error {
	file, err := os.Stat(s.o.Path)
	if err != nil {
		return err
	}
	all, err := s.backups.list()
	if err != nil {
		return err
	}
	spare := ""
	if len(all) > 0 {
		spare = all[0].Path
	}
	need := file.Size() + backupRoom*s.o.Reserve
	if _, err := s.backups.giveWay(need, spare); err != nil {
		return err
	}
	free, err := freeOn(s.backups.dir)
	if err != nil {
		return err
	}
	if free < need {
		return fmt.Errorf("%d MiB are free, a back-up needs %d: %w", free>>20, need>>20, ErrFull)
	}
	return nil
}

// copyTo writes one state of the file to another, and syncs it with its folder.
func (s *Store) copyTo(ctx context.Context, path string) (size int64, err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	s.hurry.Store(false)
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.db == nil {
		return 0, ErrClosed
	}
	err = s.db.View(func(tx *bbolt.Tx) error {
		size, err = tx.WriteTo(&paced{ctx: ctx, s: s, f: f})
		return err
	})
	if err != nil {
		return 0, err
	}
	if err := f.Sync(); err != nil {
		return 0, err
	}
	return size, syncDir(filepath.Dir(path))
}

// paced writes to a file a piece at a time, has each piece on disk before the next, and then lets the disk be for as long
// as that took: who lodges a matter meanwhile doesn't wait behind megabytes.
type paced struct {
	ctx context.Context // of the one back-up
	s   *Store
	f   *os.File
}

const (
	piece       = 1 << 20
	longestRest = time.Second
)

func (p *paced) Write(b []byte) (int, error) { return p.f.Write(b) }

// ReadFrom takes the pages over from bbolt.
func (p *paced) ReadFrom(r io.Reader) (n int64, err error) {
	buf := make([]byte, piece)
	for {
		if p.s.hurry.Load() {
			return n, ErrBusy
		}
		if err := p.ctx.Err(); err != nil {
			return n, err
		}
		start := p.s.o.Now()
		got, readErr := io.ReadFull(r, buf)
		if _, err := p.f.Write(buf[:got]); err != nil {
			return n, err
		}
		n += int64(got)
		if readErr != nil {
			if errors.Is(readErr, io.EOF) || errors.Is(readErr, io.ErrUnexpectedEOF) {
				return n, nil
			}
			return n, readErr
		}
		if err := p.f.Sync(); err != nil {
			return n, err
		}
		select {
		case <-p.s.o.After(min(max(0, p.s.o.Now().Sub(start)), longestRest)): // whatever becomes of the clock
		case <-p.ctx.Done():
		}
	}
}
