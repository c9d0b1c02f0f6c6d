package store

import (
	"context"
	"errors"
	"time"
)

// Kinds of errors. Everything else that an engine returns means that it can't tell now: the caller answers "try again".
var (
	ErrNotFound    = errors.New("not stored")
	ErrConflict    = errors.New("stored already with another digest")
	ErrCodeUnknown = errors.New("enrolment code is unknown")
	ErrCodeUsed    = errors.New("enrolment code was used already")
	ErrCodeExpired = errors.New("enrolment code has expired")
	ErrRevoked     = errors.New("terminal is revoked")
	ErrOffset      = errors.New("offset is not how much is there")
	ErrSize        = errors.New("size is not the one that was announced")
	ErrDigest      = errors.New("content has another digest")
	ErrPurged      = errors.New("content was purged")
)

// Store is what the gateway keeps. All methods may be called at once from many goroutines, and by several gateways on
// one database if the engine can be shared.
//
// What returns without an error is on disk and survives a power cut at any later moment. What returns an error is in
// doubt: it may have been stored or not, so the caller must ask again under the same id and never report it as absent.
// Times are kept in UTC and whole microseconds, what every engine can keep.
type Store interface {
	Records
	Blobs
	Posts
	Terminals
	Handovers

	// KeepFingerprint keeps the fingerprint of the gateway's keys where none is kept yet, and returns the kept one.
	// Gateways that share a database must have the same keys: one that gets another fingerprint back than its own has
	// the wrong directory and must not serve.
	KeepFingerprint(ctx context.Context, own string) (kept string, err error)
	// WasEmpty reports whether nothing at all had ever been kept here when the store was opened.
	WasEmpty() bool
	Close() error
}

// Record is one packet as it arrived, with what everybody can read of it. It holds no personal data in the clear.
type Record struct {
	Lane     string // wire.LaneMatters, wire.LaneRatings or wire.LaneEvents
	ID       string // made by the terminal; unique in its lane, for ever
	Seq      uint64 // place in the order of storing within the lane, from 1 without gaps; set by the engine
	Terminal string // who it is bound to
	Item     string
	Version  string
	Digest   string    // SM3 of Packet, 64 hex digits
	StoredAt time.Time // the gateway's clock, UTC, whole microseconds (what every engine can keep)
	Packet   []byte
	Purged   bool // Packet is gone; all else stays
}

// Put is the outcome of Store.PutIfAbsent.
type Put struct {
	StoredAt time.Time // when the record was first stored
	Again    bool      // it was there already
}

// Records are the packets of the lanes.
type Records interface {
	// PutIfAbsent stores r unless its lane has the id already. With the same digest that is success: Put.Again, and the
	// time of the first storing. With another digest it is ErrConflict and nothing changes. This holds for ever, also
	// for records whose packet is gone. r.Seq and r.Purged are ignored.
	PutIfAbsent(ctx context.Context, r Record) (Put, error)
	// Get returns a record, or ErrNotFound. That of a purged one has no Packet.
	Get(ctx context.Context, lane, id string) (Record, error)
	// List returns up to limit records of a lane with Seq greater than after, in ascending order, purged ones too. A
	// record whose PutIfAbsent has returned is in a listing that begins afterwards, and none ever turns up before a Seq
	// that was listed: who remembers the last Seq misses nothing.
	List(ctx context.Context, lane string, after uint64, limit int) ([]Record, error)
	// Count returns how many ids a lane has, purged ones too.
	Count(ctx context.Context, lane string) (uint64, error)
	// Purge removes a record's packet. Id, digest and time stay for ever, so that a terminal that sends it once more is
	// still told that it is there. It is ErrNotFound for an id that never was; purging again is no error.
	Purge(ctx context.Context, lane, id string) error
}
