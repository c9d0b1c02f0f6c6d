package bolt

import (
	"context"
	"encoding/binary"
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
	"zhizhu/offline/wire"
)

// schema is the layout's version. A file with a higher one was written by a newer program and is refused.
const schema = 1

// ErrLocked says that another process has the file open.
var ErrLocked = errors.New("in use by another process")

const (
	bucketMeta      = "meta"
	bucketIDs       = "ids"
	bucketLog       = "log"
	bucketCodes     = "codes"
	bucketStations  = "stations"
	bucketTerminals = "terminals"
	keySchema       = "schema"
)

// DB is the store. It is safe for concurrent use.
type DB struct {
	db       *bbolt.DB
	wasEmpty bool

	puts chan *put
	stop chan struct{} // closed by Close
	done chan struct{} // closed when the committer has ended
	once sync.Once
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
	d := &DB{db: db, puts: make(chan *put, maxGroup), stop: make(chan struct{}), done: make(chan struct{})}
	go d.commitPuts()
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
	wasEmpty := false
	err = db.View(func(tx *bbolt.Tx) error {
		if err := checkWhole(tx, path); err != nil {
			return err
		}
		if err := checkSchema(tx); err != nil {
			return err
		}
		wasEmpty = isEmpty(tx)
		return nil
	})
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

func makeBuckets(tx *bbolt.Tx) error {
	for _, name := range []string{bucketMeta, bucketIDs, bucketLog, bucketCodes, bucketStations, bucketTerminals} {
		if _, err := tx.CreateBucket([]byte(name)); err != nil {
			return fmt.Errorf("make bucket %s: %w", name, err)
		}
	}
	for _, lane := range []string{wire.LaneMatters, wire.LaneRatings} {
		for _, parent := range []string{bucketIDs, bucketLog} {
			if _, err := tx.Bucket([]byte(parent)).CreateBucket([]byte(lane)); err != nil {
				return fmt.Errorf("make bucket %s/%s: %w", parent, lane, err)
			}
		}
	}
	return tx.Bucket([]byte(bucketMeta)).Put([]byte(keySchema), number(schema))
}

func checkSchema(tx *bbolt.Tx) error {
	meta := tx.Bucket([]byte(bucketMeta))
	if meta == nil {
		return errors.New("this is not a gateway's store")
	}
	if has := readNumber(meta.Get([]byte(keySchema))); has != schema {
		return fmt.Errorf("schema %d, this program knows %d: use the program that wrote it, or a newer one", has, schema)
	}
	return nil
}

// Close waits for the puts under way and closes the file.
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

// Get is store.Store's.
func (d *DB) Get(ctx context.Context, lane, id string) (store.Record, error) {
	var r store.Record
	err := d.view(ctx, func(tx *bbolt.Tx) error {
		ids, log, err := laneBuckets(tx, lane)
		if err != nil {
			return err
		}
		value := ids.Get([]byte(id))
		if value == nil {
			return store.ErrNotFound
		}
		k, err := decodeKnown(value)
		if err != nil {
			return err
		}
		r, err = recordAt(log, lane, k.seq)
		return err
	})
	if err != nil {
		return store.Record{}, fmt.Errorf("get record: %w", err)
	}
	return r, nil
}

// List is store.Store's.
func (d *DB) List(ctx context.Context, lane string, after uint64, limit int) ([]store.Record, error) {
	var list []store.Record
	err := d.view(ctx, func(tx *bbolt.Tx) error {
		_, log, err := laneBuckets(tx, lane)
		if err != nil {
			return err
		}
		c := log.Cursor()
		for k, v := c.Seek(number(after + 1)); k != nil && len(list) < limit; k, v = c.Next() {
			r, err := decodeRecord(v)
			if err != nil {
				return fmt.Errorf("%s %d: %w", lane, readNumber(k), err)
			}
			r.Lane, r.Seq = lane, readNumber(k)
			list = append(list, r)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list records: %w", err)
	}
	return list, nil
}

// Count is store.Store's. Ids are never removed, so the last sequence number is the count.
func (d *DB) Count(ctx context.Context, lane string) (uint64, error) {
	var n uint64
	err := d.view(ctx, func(tx *bbolt.Tx) error {
		ids, _, err := laneBuckets(tx, lane)
		if err != nil {
			return err
		}
		n = ids.Sequence()
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("count records: %w", err)
	}
	return n, nil
}

// WasEmpty is store.Store's.
func (d *DB) WasEmpty() bool { return d.wasEmpty }

func isEmpty(tx *bbolt.Tx) bool {
	for _, lane := range []string{wire.LaneMatters, wire.LaneRatings} {
		if ids, _, err := laneBuckets(tx, lane); err != nil || ids.Sequence() != 0 {
			return false
		}
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

func laneBuckets(tx *bbolt.Tx, lane string) (ids, log *bbolt.Bucket, err error) {
	ids = tx.Bucket([]byte(bucketIDs)).Bucket([]byte(lane))
	log = tx.Bucket([]byte(bucketLog)).Bucket([]byte(lane))
	if ids == nil || log == nil {
		return nil, nil, fmt.Errorf("no lane %q", lane)
	}
	return ids, log, nil
}

func recordAt(log *bbolt.Bucket, lane string, seq uint64) (store.Record, error) {
	value := log.Get(number(seq))
	if value == nil {
		return store.Record{}, fmt.Errorf("%s %d: %w", lane, seq, store.ErrNotFound)
	}
	r, err := decodeRecord(value)
	if err != nil {
		return store.Record{}, fmt.Errorf("%s %d: %w", lane, seq, err)
	}
	r.Lane, r.Seq = lane, seq
	return r, nil
}

func number(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

func readNumber(p []byte) uint64 {
	if len(p) != 8 {
		return 0
	}
	return binary.BigEndian.Uint64(p)
}
