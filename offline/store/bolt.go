package store

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

const (
	// metaTable is the store's own.
	metaTable Table = "store"
	// mapped keeps the file from being mapped anew while it is small, where address space is dear.
	mapped = 64 << 20
	// growth is how much the file grows at once.
	growth = 1 << 20
	// headroom is what must be left after the last page in use, lest the file grows before the next commit.
	headroom = 256 << 10
)

var (
	versionKey    = []byte("version")
	generationKey = []byte("generation")
	canaryKey     = []byte("canary")
	programKey    = []byte("program") // version of the program that wrote the file's format
	tablesKey     = []byte("tables")  // that the file has, for a file that lost one
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
		InitialMmapSize: mapping(o),
		MaxSize:         int(o.MaxSize),
		NoSync:          o.NoSync,
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

// mapping is how much address space, not memory, a file gets. A file that outgrows it is mapped anew, for which bbolt waits
// until nobody reads, a back-up included.
func mapping(o Options) int {
	if strconv.IntSize < 64 {
		return mapped
	}
	return int(max(mapped, o.MaxSize))
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
func stamp(t time.Time) string { return t.UTC().Format(stampLayout) }

const stampLayout = "20060102T150405Z"

// reach sees to it that the file goes on well beyond the last page in use, in blocks that are written. bbolt itself
// would leave holes there, and each commit into a hole has the file system write its journal too. It also keeps room for
// acknowledgements on a disk that becomes full. The caller holds bbolt's write lock, so that nobody else grows the file.
// Its errors don't matter: bbolt meets them again, at a place where they do.
func (s *Store) reach(used int64) {
	if s.end-used >= headroom {
		return
	}
	f, err := os.OpenFile(s.o.Path, os.O_WRONLY, 0)
	if err != nil {
		return
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return
	}
	if s.end = info.Size(); s.end-used >= headroom || s.end+growth > s.o.MaxSize {
		return
	}
	if _, err := f.WriteAt(make([]byte, growth), s.end); err != nil {
		return
	}
	if f.Sync() == nil {
		s.end += growth
	}
}
