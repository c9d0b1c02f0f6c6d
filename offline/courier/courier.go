package courier

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"time"

	"zhizhu/offline/courier/stick"
	"zhizhu/offline/mailbox"
	"zhizhu/offline/outbox"
	"zhizhu/offline/seal"
	"zhizhu/offline/wire"
)

// Outbox is what is carried: *outbox.Outbox, whose contract it has.
type Outbox interface {
	Pending(ctx context.Context, lane string, n int, skip func(id string) bool) ([]outbox.Waiting, error)
	PendingBlobs(ctx context.Context, n int, skip func(digest string) bool) ([]outbox.Blob, error)
	BlobPart(ctx context.Context, digest string, offset int64, n int) ([]byte, error)
	Verify(recordID, digest string, ack wire.Ack, signature []byte) (outbox.Proof, error)
	Settle(ctx context.Context, proofs []outbox.Proof) error
	Receipt(ctx context.Context, recordID string) (wire.Ack, []byte, error)
	Counts() outbox.Counts
}

// Mailbox is where post goes: *mailbox.Mailbox, whose contract it has.
type Mailbox interface {
	Reached(ctx context.Context) (uint64, error)
	TakeAfter(ctx context.Context, after uint64, posts []wire.Post) (next uint64, err error)
	Counts(ctx context.Context) (mailbox.Counts, error)
}

// Options say who the terminal is and what it works with. All down to Log are needed, but for Mailbox.
type Options struct {
	Outbox   Outbox
	Mailbox  Mailbox // no post is fetched without it
	Terminal string
	Station  string
	SignKey  *seal.PrivateKey // the terminal's, for manifests
	AckKey   *seal.PublicKey  // the gateway's, for acknowledgements and answers
	Now      func() time.Time
	Log      *slog.Logger

	ClockTrust func() string // wire.Matter.ClockTrust; "unknown" if nil
	Rand       io.Reader     // crypto/rand if nil
	// Home is a path on the machine's own disk, such as its data folder: a stick's folder on that disk is refused, since
	// nothing is mounted there. It may be empty.
	Home string

	Before func(op, name string) error // stick.Options.Before: tests pull the stick out there
}

func (o Options) ready() (Options, error) {
	if o.Outbox == nil || !stick.GoodID(o.Terminal) || o.SignKey == nil || o.AckKey == nil || o.Now == nil || o.Log == nil {
		return o, errors.New("outbox, terminal id, keys, clock and log are needed")
	}
	if o.ClockTrust == nil {
		o.ClockTrust = func() string { return "unknown" }
	}
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	return o, nil
}

// sign signs a manifest with the terminal's key.
func (o Options) sign(message []byte) (string, []byte, error) {
	signature, err := seal.Sign(o.Rand, o.SignKey, message)
	return o.SignKey.Public().Hex(), signature, err
}

func (o Options) open(dir string) (*stick.Disk, error) {
	return stick.Open(stick.Options{Dir: dir, Home: o.Home, Before: o.Before})
}
