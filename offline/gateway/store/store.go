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
)

// Record is one packet as it arrived, with what everybody can read of it. It holds no personal data in the clear.
type Record struct {
	Lane     string // wire.LaneMatters or wire.LaneRatings
	ID       string // made by the terminal; unique in its lane, for ever
	Seq      uint64 // place in the order of storing within the lane, from 1; set by the engine
	Terminal string // who it is bound to
	Item     string
	Version  string
	Digest   string    // SM3 of Packet, 64 hex digits
	StoredAt time.Time // the gateway's clock, UTC, whole microseconds (what every engine can keep)
	Packet   []byte
}

// Put is the outcome of Store.PutIfAbsent.
type Put struct {
	StoredAt time.Time // when the record was first stored
	Again    bool      // it was there already
}

// Code is a one-time enrolment code of a station. The code itself is never kept: MAC is its keyed hash.
type Code struct {
	MAC     string // hex
	Station string
	Made    time.Time
	Expires time.Time
}

// Claim asks for a terminal's enrolment with a code.
type Claim struct {
	MAC     string
	Key     string // SHA-256 of the certificate key (SubjectPublicKeyInfo), hex
	SignKey string // the terminal's SM2 public key, hex
	At      time.Time
}

// Terminal is one enrolled machine.
type Terminal struct {
	ID          string    `json:"id"` // Station-Number
	Station     string    `json:"station"`
	Number      int       `json:"number"` // from 1, never given twice
	Key         string    `json:"key"`
	SignKey     string    `json:"sign_key"`
	Certificate string    `json:"certificate"` // PEM
	EnrolledAt  time.Time `json:"enrolled_at"`
	RevokedAt   time.Time `json:"revoked_at,omitzero"` // zero while it may speak
}

// Issue makes the terminal that a claim is granted: the number is the station's next, or that of the station's terminal
// that has the claim's key already. It is called while the engine holds its transaction, so it must not call the store;
// it may be called again if the engine retries.
type Issue func(station string, number int) (Terminal, error)

// Store is what the gateway keeps. All methods may be called at once from many goroutines, and by several gateways on
// one database if the engine can be shared.
//
// What returns without an error is on disk and survives a power cut at any later moment. What returns an error is in
// doubt: it may have been stored or not, so the caller must ask again under the same id and never report it as absent.
type Store interface {
	// PutIfAbsent stores r unless its lane has the id already. With the same digest that is success: Put.Again, and the
	// time of the first storing. With another digest it is ErrConflict and nothing changes. This holds for ever, also
	// for records whose packet is gone. r.Seq is ignored.
	PutIfAbsent(ctx context.Context, r Record) (Put, error)
	// Get returns a record, or ErrNotFound.
	Get(ctx context.Context, lane, id string) (Record, error)
	// List returns up to limit records of a lane with Seq greater than after, in ascending order. A record whose
	// PutIfAbsent has returned is in a listing that begins afterwards.
	List(ctx context.Context, lane string, after uint64, limit int) ([]Record, error)
	// Count returns how many ids a lane has.
	Count(ctx context.Context, lane string) (uint64, error)

	// AddCode keeps an enrolment code.
	AddCode(ctx context.Context, c Code) error
	// Redeem uses a code: it gives a number to issue, and keeps the terminal and the use of the code in one transaction.
	// The number is the station's next, but a key that a terminal of the station has already, and which is not revoked,
	// stays that terminal. A code that is used by a claim with the same Key returns that same terminal again (with
	// Claim.SignKey kept as the newer one), also after the code's end: the first answer may have been lost. Otherwise,
	// and for a terminal that was revoked since, it is ErrCodeUnknown, ErrCodeUsed or ErrCodeExpired. An error of issue
	// changes nothing and is returned.
	Redeem(ctx context.Context, c Claim, issue Issue) (Terminal, error)
	// Terminal returns an enrolled terminal, or ErrNotFound.
	Terminal(ctx context.Context, id string) (Terminal, error)
	// Revoke notes for ever that a terminal may not speak any more, or is ErrNotFound. The first time counts.
	Revoke(ctx context.Context, id string, at time.Time) error

	// WasEmpty reports whether nothing at all had ever been kept here when the store was opened.
	WasEmpty() bool
	Close() error
}
