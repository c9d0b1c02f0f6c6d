package outbox

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"zhizhu/offline/store"
)

// doubt notes that records must not go up, in memory and, as far as the disk lets it, over a restart. The caller holds
// o.writing.
func (o *Outbox) doubt(records []entry, unproven error) error {
	for _, e := range records {
		_, o.doubtful[e.ID] = place(Queued, e.Lane, e.Sequence)
	}
	if o.o.DoubtFile == "" {
		return fmt.Errorf("%w: %w", ErrInDoubt, unproven)
	}
	if err := writeDoubts(o.o.DoubtFile, o.doubtful); err != nil {
		return fmt.Errorf("%w: %w: %w", ErrInDoubt, unproven, err)
	}
	return unproven
}

// noDoubt forgets what a write that is on disk has taken out. The caller holds o.writing.
func (o *Outbox) noDoubt(ctx context.Context) {
	if len(o.doubtful) == 0 {
		return
	}
	clear(o.doubtful)
	if o.o.DoubtFile == "" {
		return
	}
	// A left-over is harmless: an id that is no longer in the queue.
	if err := os.Remove(o.o.DoubtFile); err != nil && !errors.Is(err, fs.ErrNotExist) {
		o.o.Log.LogAttrs(ctx, slog.LevelWarn, "File of doubtful records can't be removed", slog.Any("error", err))
	}
}

// dropDoubtful takes out records that the resident was told had failed.
func (o *Outbox) dropDoubtful(tx *store.Tx) error {
	for u, key := range o.doubtful {
		v := tx.Get(queueTable, key)
		if v == nil {
			continue
		}
		e, _, err := decodeEntry(v)
		if err != nil || e.ID != u {
			continue
		}
		if err := o.takeOut(tx, &e, key); err != nil {
			return err
		}
	}
	return nil
}

// takeOut removes a queued record and what was written with it.
func (o *Outbox) takeOut(tx *store.Tx, e *entry, key []byte) error {
	if err := tx.Delete(queueTable, key); err != nil {
		return err
	}
	switch {
	case e.Lane == LaneBlobs:
		return deleteParts(tx, e.Sequence)
	case e.Lane == LaneRatings && e.Matter != id{}:
		// Its matter may be damaged: then nobody can rate it anyhow.
		if err := o.markRated(tx, e.Matter, false); err != nil && !errors.Is(err, errEntry) {
			return err
		}
	}
	return nil
}

// writeDoubts replaces the file, whole or not at all: a line for each record, with its id and its key in the queue.
func writeDoubts(path string, doubtful map[id][]byte) (err error) {
	var text strings.Builder
	for u, key := range doubtful {
		text.WriteString(u.String() + " " + hex.EncodeToString(key) + "\n")
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return fmt.Errorf("keep doubtful records: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	_, err = f.WriteString(text.String())
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("keep doubtful records: %w", err)
	}
	if err = os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("keep doubtful records: %w", err)
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("keep doubtful records: %w", err)
	}
	if err = errors.Join(dir.Sync(), dir.Close()); err != nil {
		return fmt.Errorf("keep doubtful records: %w", err)
	}
	return nil
}

// readDoubts reads the file. What can't be read of it must not keep the terminal from starting.
func readDoubts(path string, log *slog.Logger) map[id][]byte {
	doubtful := map[id][]byte{}
	if path == "" {
		return doubtful
	}
	text, err := os.ReadFile(path)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			log.Error("File of doubtful records can't be read", slog.Any("error", err))
		}
		return doubtful
	}
	for line := range strings.Lines(string(text)) {
		name, hexKey, _ := strings.Cut(strings.TrimSpace(line), " ")
		u, err := parseID(name)
		key, keyErr := hex.DecodeString(hexKey)
		if err = errors.Join(err, keyErr); err != nil || len(key) == 0 {
			log.Error("Line of doubtful records can't be read", slog.Any("error", err))
			continue
		}
		doubtful[u] = key
	}
	return doubtful
}
