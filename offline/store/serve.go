package store

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// settling is how long after the start the first round comes: a machine that has just been switched on has other work.
const settling = 2 * time.Minute

// Serve keeps the file: every hour a back-up if something was written since the last, and a compaction when the file is
// mostly empty and nobody wrote for an hour. It returns when ctx ends.
func (s *Store) Serve(ctx context.Context) error {
	k := keeper{s: s, written: -1}
	wait := settling
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.o.After(wait):
		}
		k.round(ctx)
		wait = s.o.BackupEvery
	}
}

// keeper remembers what was done in the rounds before.
type keeper struct {
	s       *Store
	backed  bool  // a back-up was made since the start
	copied  int64 // s.writes at the last back-up
	written int64 // s.writes in the round before, -1 before the first
}

func (k *keeper) round(ctx context.Context) {
	writes := k.s.writes.Load()
	quiet := writes == k.written || k.written < 0 && writes == 0
	k.written = writes
	if k.due(writes) {
		b, err := k.s.Backup(ctx)
		switch {
		case err == nil:
			k.backed, k.copied = true, writes
			k.s.o.Log.LogAttrs(ctx, slog.LevelDebug, "Data file was backed up", slog.String("file", b.Path))
		case ctx.Err() == nil:
			k.s.o.Log.LogAttrs(ctx, level(err), "Data file can't be backed up", slog.Any("error", err))
		}
	}
	if !quiet || ctx.Err() != nil || !k.s.wasteful() {
		return
	}
	if err := k.s.Compact(ctx); err != nil && ctx.Err() == nil {
		k.s.o.Log.LogAttrs(ctx, level(err), "Data file can't be compacted", slog.Any("error", err))
	}
}

// level is lower for what passes by itself.
func level(err error) slog.Level {
	if errors.Is(err, ErrBusy) || errors.Is(err, ErrFull) {
		return slog.LevelWarn
	}
	return slog.LevelError
}

// due tells whether to make a back-up. After a start it isn't known what the last one holds, so one is made unless that
// is less than an hour old: a program that starts again and again must not push out all that is older.
func (k *keeper) due(writes int64) bool {
	if k.backed {
		return writes != k.copied
	}
	all, err := k.s.backups.list()
	if err != nil || len(all) == 0 {
		return true
	}
	age := k.s.o.Now().Sub(all[0].At)
	return age < 0 || age >= k.s.o.BackupEvery
}
