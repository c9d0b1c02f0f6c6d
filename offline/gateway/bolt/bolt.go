package bolt

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	bbolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"zhizhu/offline/gateway/internal/durable"
	"zhizhu/offline/gateway/store"
)

// ErrLocked says that another process has the file open.
var ErrLocked = errors.New("in use by another process")

// DB is the store. It is safe for concurrent use.
type DB struct {
	db       *bbolt.DB
	wasEmpty bool

	changes chan *change
	stop    chan struct{} // closed by Close
	done    chan struct{} // closed when the committer has ended
	once    sync.Once
}

var _ store.Store = (*DB)(nil)

// Open opens the file, or makes it. A damaged file is an error and stays as it is: starting an empty one in its place
// would forget what was acknowledged.
//
// Another process that has the file open is waited for as long as wait says; then it is ErrLocked.
func Open(path string, wait time.Duration) (*DB, error) {
	if err := create(path); err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	db, wasEmpty, err := openSound(path, wait)
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	d := start(db)
	d.wasEmpty = wasEmpty
	return d, nil
}

func start(db *bbolt.DB) *DB {
	d := &DB{db: db, changes: make(chan *change, maxGroup), stop: make(chan struct{}), done: make(chan struct{})}
	go d.commitChanges()
	return d
}

// errUnsound says that a file is damaged, and what to do.
var errUnsound = errors.New("the file is damaged: keep it, and restore the backup of the gateway's directory")

// guarded turns what bbolt does with a damaged page (it panics, or reads memory that has no file behind it) into an
// error. Its transactions are rolled back on the way.
func guarded(fn func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w (%v)", errUnsound, p) // bbolt's words are about pages, never about content
		}
	}()
	return fn()
}

// openSound opens a file and looks at its beginnings. A database that panics on the way is left, not closed.
func openSound(path string, wait time.Duration) (db *bbolt.DB, wasEmpty bool, err error) {
	err = guarded(func() error {
		db, wasEmpty, err = openAndLook(path, wait)
		return err
	})
	if err != nil {
		return nil, false, err
	}
	return db, wasEmpty, nil
}

func openAndLook(path string, wait time.Duration) (*bbolt.DB, bool, error) {
	db, err := open(path, wait)
	if err != nil {
		return nil, false, err
	}
	var has uint64
	wasEmpty := false
	err = db.View(func(tx *bbolt.Tx) (err error) {
		if err := checkWhole(tx, path); err != nil {
			return err
		}
		if has, err = readSchema(tx); err != nil {
			return err
		}
		wasEmpty = isEmpty(tx)
		return nil
	})
	if err == nil && has < schema {
		err = db.Update(makeBuckets) // every step so far only adds buckets
	}
	if err != nil {
		return nil, false, fmt.Errorf("%s: %w", path, errors.Join(err, db.Close()))
	}
	return db, wasEmpty, nil
}

func open(path string, wait time.Duration) (*bbolt.DB, error) {
	wait = max(wait, time.Millisecond) // to bbolt, 0 is for ever
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: wait, FreelistType: bbolt.FreelistMapType})
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return nil, fmt.Errorf("%s: %w: stop it, or ask it", path, ErrLocked)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.ENOSPC):
		return nil, err // names the path itself
	case err != nil:
		return nil, fmt.Errorf("%s: %w (%w)", path, errUnsound, err)
	}
	return db, nil
}

// checkWhole refuses a file that was cut short: reading what is missing would end the process.
func checkWhole(tx *bbolt.Tx, path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("look at file: %w", err)
	}
	if info.Size() < tx.Size() {
		return fmt.Errorf("%d of %d bytes are there: %w", info.Size(), tx.Size(), errUnsound)
	}
	return nil
}

// create makes a file with all buckets under another name and links it into place, so that a power cut leaves either
// no file or a whole one. Two processes that do so at once agree on the first one's file.
func create(path string) error {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("create %s: %w", path, err)
	}
	defer func() { _ = os.Remove(f.Name()) }() // a left-over is harmless and hidden
	if err := f.Close(); err != nil {
		return fmt.Errorf("create %s: %w", path, err)
	}
	db, err := open(f.Name(), 0)
	if err != nil {
		return err
	}
	if err := errors.Join(db.Update(makeBuckets), db.Sync(), db.Close()); err != nil {
		return fmt.Errorf("create %s: %w", path, err)
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("create %s: %w", path, err)
	}
	return durable.SyncDir(filepath.Dir(path))
}

// Close waits for the changes under way and closes the file.
func (d *DB) Close() (err error) {
	d.once.Do(func() {
		close(d.stop)
		<-d.done
		err = d.db.Close()
	})
	if err != nil {
		return fmt.Errorf("close store: %w", err)
	}
	return nil
}

// KeepFingerprint is store.Store's.
func (d *DB) KeepFingerprint(ctx context.Context, own string) (string, error) {
	kept := own
	err := d.update(ctx, func(tx *bbolt.Tx) error {
		meta := tx.Bucket([]byte(bucketMeta))
		if has := meta.Get([]byte(keyFingerprint)); has != nil {
			kept = string(has)
			return nil
		}
		return keep(meta, []byte(keyFingerprint), []byte(own))
	})
	if err != nil {
		return "", fmt.Errorf("keep fingerprint: %w", err)
	}
	return kept, nil
}

// WasEmpty is store.Store's.
func (d *DB) WasEmpty() bool { return d.wasEmpty }

func isEmpty(tx *bbolt.Tx) bool {
	for _, lane := range lanes() { // an older file may not have all of them yet
		if ids, _, err := laneBuckets(tx, lane); err == nil && ids.Sequence() != 0 {
			return false
		}
	}
	if tx.Bucket([]byte(bucketMeta)).Get([]byte(keyFingerprint)) != nil {
		return false
	}
	for _, name := range []string{bucketCodes, bucketTerminals} {
		if k, _ := tx.Bucket([]byte(name)).Cursor().First(); k != nil {
			return false
		}
	}
	return true
}

func (d *DB) view(ctx context.Context, fn func(*bbolt.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return guarded(func() error { return d.db.View(fn) })
}
