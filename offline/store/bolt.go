package store

import (
	"errors"
	"fmt"
	"os"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

const (
	// metaTable is the store's own.
	metaTable Table = "store"
	// mapped keeps the file from being mapped anew while it is small. It is address space, not memory.
	mapped = 64 << 20
	// growth is how much the file grows at once. Growing costs an fsync.
	growth = 2 << 20
)

var (
	versionKey    = []byte("version")
	generationKey = []byte("generation")
	canaryKey     = []byte("canary")
)

// openBolt opens an existing, checked file for reading and writing. A panic of bbolt becomes an error.
func openBolt(path string, o Options) (db *bbolt.DB, err error) {
	defer func() {
		if p := recover(); p != nil {
			db, err = nil, fmt.Errorf("open data file: %v", p)
		}
	}()
	db, err = bbolt.Open(path, 0o600, &bbolt.Options{
		Timeout:         o.LockTimeout,
		FreelistType:    bbolt.FreelistMapType,
		InitialMmapSize: mapped,
		MaxSize:         int(o.MaxSize),
	})
	if errors.Is(err, berrors.ErrTimeout) {
		return nil, fmt.Errorf("open data file: %w", ErrLocked)
	}
	if err != nil {
		return nil, fmt.Errorf("open data file: %w", err)
	}
	db.AllocSize = growth
	return db, nil
}

// syncDir makes renames and creations in a directory durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("open directory: %w", err)
	}
	defer func() { _ = d.Close() }() // only read
	if err := d.Sync(); err != nil {
		return fmt.Errorf("sync directory: %w", err)
	}
	return nil
}

// syncFile syncs a closed file with its length.
func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("open file to sync: %w", err)
	}
	return errors.Join(f.Sync(), f.Close())
}

// stamp is a time as it stands in the name of a file put aside.
func stamp(t time.Time) string { return t.UTC().Format("20060102T150405Z") }
