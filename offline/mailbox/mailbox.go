package mailbox

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"sync"
	"time"

	"zhizhu/offline/seal"
	"zhizhu/offline/store"
	"zhizhu/offline/wire"
)

// Store is the data file: *store.Store, whose contract it has.
type Store interface {
	Update(ctx context.Context, fn func(*store.Tx) error) error
	View(ctx context.Context, fn func(*store.Tx) error) error
	Confirm(ctx context.Context, fn func(*store.Tx) error) error
	Room() error
}

// Options say whose mailbox it is and what it works with. All down to Log are needed.
type Options struct {
	Store    Store
	Box      *seal.Box
	PostKey  *seal.PrivateKey // the terminal's, to which letters are sealed
	AckKey   *seal.PublicKey  // the gateway's, which signs posts
	Terminal string
	Now      func() time.Time
	Log      *slog.Logger

	// Report queues an event for the gateway; nothing is reported if it is nil. It is called again after an error.
	Report func(ctx context.Context, e wire.Event) error
	// OnLetter is told each letter once it is on disk, so that the matter can be concluded; it may be nil. It is called
	// again for the same letter after an error, and perhaps after a power cut.
	OnLetter func(ctx context.Context, l wire.Letter) error
	// ClockTrust is wire.Matter.ClockTrust; the clock is trusted if it is nil. Nothing goes by a clock that nobody vouches
	// for.
	ClockTrust func() string
	Rand       io.Reader     // must be safe for concurrent use; crypto/rand if nil
	Keep       time.Duration // how long a letter waits for its person; 90 days if 0
	MaxBytes   int64         // of all letters together, so that they never take a matter's room; 96 MiB if 0
}

// Kinds of errors.
var (
	// ErrSignature: not signed by the gateway, for this place of this terminal's mailbox.
	ErrSignature = errors.New("not signed by the gateway")
	// ErrTerminal: for another terminal.
	ErrTerminal = errors.New("for another terminal")
	// ErrDigest: the packet isn't the one that was signed.
	ErrDigest = errors.New("packet was altered or cut")
	// ErrOpen: the gateway's, but this terminal's key doesn't open it, or it is bound to something else.
	ErrOpen = errors.New("packet does not open here")
	// ErrLetter: the gateway's, but what it holds is no letter that can be shown or printed.
	ErrLetter = errors.New("packet holds no letter")
	// ErrTooLarge: the gateway's, but larger than letters may be.
	ErrTooLarge = errors.New("letter is too large")
	// ErrFull: no room for further letters now; they stay at the gateway.
	ErrFull = errors.New("no room for another letter")
	// ErrStore: the data file can't be read or written; nothing was taken.
	ErrStore = errors.New("data file can't be written")
)

// Mailbox is a terminal's mailbox. It is safe for concurrent use.
type Mailbox struct {
	o Options

	writing  sync.Mutex // over what reads and then writes
	flushing sync.Mutex // over telling what is due, lest it be told twice side by side

	mu    sync.Mutex
	asked uint64 // from where Take's posts were asked for
	held  map[uint64]Refusal
}

// New makes a mailbox over a store whose schema has Tables.
func New(o Options) (*Mailbox, error) {
	if o.Store == nil || o.Box == nil || o.PostKey == nil || o.AckKey == nil || o.Terminal == "" || o.Now == nil || o.Log == nil {
		return nil, errors.New("make mailbox: store, box, keys, terminal id, clock and log are needed")
	}
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	if o.Keep == 0 {
		o.Keep = 90 * 24 * time.Hour
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = 96 << 20
	}
	return &Mailbox{o: o, held: map[uint64]Refusal{}}, nil
}

// Words of wire.Matter.ClockTrust.
const (
	clockSynced  = "synced"
	clockUnknown = "unknown"
)

// sure reports whether Now is right.
func (m *Mailbox) sure() bool { return m.o.ClockTrust == nil || m.o.ClockTrust() == clockSynced }

// storeError puts a failure of the data file into the mailbox's words.
func storeError(err error) error {
	if errors.Is(err, store.ErrFull) {
		return errors.Join(ErrFull, err)
	}
	return errors.Join(ErrStore, err)
}
