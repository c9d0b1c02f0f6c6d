package bolt

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	bbolt "go.etcd.io/bbolt"

	"zhizhu/offline/wire"
)

// schema is the layout's version. A file with a higher one was written by a newer program and is refused; one with a
// lower one is brought up to it when it is opened.
//
//	1  matters and ratings, codes, stations, terminals
//	2  also events; blobs, posts, heartbeats, handovers
const schema = 2

const (
	bucketMeta      = "meta"
	bucketIDs       = "ids"
	bucketLog       = "log"
	bucketCodes     = "codes"
	bucketStations  = "stations"
	bucketTerminals = "terminals"
	bucketBeats     = "heartbeats"
	bucketBlobs     = "blobs"
	bucketParts     = "parts"
	bucketHalves    = "halves"
	bucketPosts     = "posts"
	bucketMailboxes = "mailboxes"
	bucketLetters   = "letters"
	bucketExpiry    = "expiry"
	bucketHandovers = "handovers"
	bucketWaiting   = "waiting"
	bucketCursors   = "cursors"

	keySchema      = "schema"
	keyFingerprint = "fingerprint"
)

func buckets() []string {
	return []string{
		bucketMeta, bucketIDs, bucketLog, bucketCodes, bucketStations, bucketTerminals, bucketBeats, bucketBlobs, bucketParts,
		bucketHalves, bucketPosts, bucketMailboxes, bucketLetters, bucketExpiry, bucketHandovers, bucketWaiting, bucketCursors,
	}
}

func lanes() []string { return []string{wire.LaneMatters, wire.LaneRatings, wire.LaneEvents} }

// makeBuckets makes what this schema has and the file has not, and notes the schema.
func makeBuckets(tx *bbolt.Tx) error {
	for _, name := range buckets() {
		if _, err := tx.CreateBucketIfNotExists([]byte(name)); err != nil {
			return fmt.Errorf("make bucket %s: %w", name, err)
		}
	}
	for _, lane := range lanes() {
		for _, parent := range []string{bucketIDs, bucketLog} {
			if _, err := tx.Bucket([]byte(parent)).CreateBucketIfNotExists([]byte(lane)); err != nil {
				return fmt.Errorf("make bucket %s/%s: %w", parent, lane, err)
			}
		}
	}
	return tx.Bucket([]byte(bucketMeta)).Put([]byte(keySchema), number(schema))
}

// readSchema returns the schema of a file that this program can read, perhaps after makeBuckets.
func readSchema(tx *bbolt.Tx) (uint64, error) {
	meta := tx.Bucket([]byte(bucketMeta))
	if meta == nil {
		return 0, errors.New("this is not a gateway's store")
	}
	has := readNumber(meta.Get([]byte(keySchema)))
	if has < 1 || has > schema {
		return 0, fmt.Errorf("schema %d, this program knows 1 to %d: use the program that wrote it, or a newer one", has, schema)
	}
	return has, nil
}

// writeError marks an error of the file itself: the transaction that it happened in must not be committed.
type writeError struct{ error }

func (e writeError) Unwrap() error { return e.error }

// keep puts a value. What it returns ends the transaction; what an operation returns besides is its own affair.
func keep(b *bbolt.Bucket, key, value []byte) error {
	if err := b.Put(key, value); err != nil {
		return writeError{fmt.Errorf("keep: %w", err)}
	}
	return nil
}

func drop(b *bbolt.Bucket, key []byte) error {
	if err := b.Delete(key); err != nil {
		return writeError{fmt.Errorf("drop: %w", err)}
	}
	return nil
}

func keepJSON(b *bbolt.Bucket, key []byte, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return writeError{fmt.Errorf("encode: %w", err)}
	}
	return keep(b, key, text)
}

func getJSON(b *bbolt.Bucket, key []byte, value any) (found bool, err error) {
	text := b.Get(key)
	if text == nil {
		return false, nil
	}
	if err := json.Unmarshal(text, value); err != nil {
		return false, fmt.Errorf("decode: %w", err)
	}
	return true, nil
}

func number(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

func readNumber(p []byte) uint64 {
	if len(p) != 8 {
		return 0
	}
	return binary.BigEndian.Uint64(p)
}

// moment is a time as part of a key: in order, also before 1970.
func moment(t time.Time) []byte { return number(uint64(t.UnixMicro()) ^ 1<<63) }

func readMoment(p []byte) time.Time {
	return time.UnixMicro(int64(readNumber(p) ^ 1<<63)).UTC()
}

// micro is a time as it is kept.
func micro(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Microsecond)
}

// names makes the beginning of a key of names, each with a zero byte behind it, so that no name is the beginning of
// another one's.
func names(parts ...string) ([]byte, error) {
	var key []byte
	for _, part := range parts {
		if strings.IndexByte(part, 0) >= 0 {
			return nil, errors.New("a name has a zero byte")
		}
		key = append(append(key, part...), 0)
	}
	return key, nil
}

func join(parts ...[]byte) []byte {
	var key []byte
	for _, part := range parts {
		key = append(key, part...)
	}
	return key
}
