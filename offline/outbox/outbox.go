package outbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"zhizhu/offline/seal"
	"zhizhu/offline/store"
)

// Kinds of errors.
var (
	// ErrDiskFull: nothing was taken in; what is there still goes up.
	ErrDiskFull = errors.New("no room for another matter")
	// ErrStore: nothing was taken in, the data file can't be written.
	ErrStore = errors.New("data file can't be written")
	// ErrRated: this matter has its rating already.
	ErrRated = errors.New("already rated")
	// ErrUnknown: no such record here.
	ErrUnknown = errors.New("no such record")
	// ErrInDoubt: nothing counts as taken in, but it could not be kept anywhere that it must not go up. Should the disk have
	// it all the same, it goes up after the next start: say "not sure", not "no". It comes together with ErrStore.
	ErrInDoubt = errors.New("not known whether the matter is on disk")
	// ErrDamaged: the disk damaged the packet, so it can't go up any more.
	ErrDamaged = errors.New("packet was damaged on the disk")
	// ErrAck: the acknowledgement isn't the gateway's, or not for this record.
	ErrAck = errors.New("not a valid acknowledgement of this record")
	// ErrAttachmentRoom: there is no room for attachments, though there may be for the matter without them. It comes
	// together with ErrDiskFull.
	ErrAttachmentRoom = errors.New("no room for attachments")
	// ErrTooLarge: a file is over MaxFile, a matter's files together are over MaxFiles, or there are more than MaxCount.
	ErrTooLarge = errors.New("attachment is too large")
	// ErrEmpty: a file has no content.
	ErrEmpty = errors.New("attachment is empty")
)

// Store is the data file: *store.Store, whose contract it has.
type Store interface {
	Update(ctx context.Context, fn func(*store.Tx) error) error
	View(ctx context.Context, fn func(*store.Tx) error) error
	Confirm(ctx context.Context, fn func(*store.Tx) error) error
	Room() error
}

// Options say who the terminal is and what it works with. All down to Log are needed.
type Options struct {
	Store      Store
	Generation int // of the data file: store.Opened
	Terminal   string
	Station    string
	SealKey    *seal.PublicKey // the gateway's, for packets
	AckKey     *seal.PublicKey // the gateway's, for acknowledgements
	Box        *seal.Box
	Now        func() time.Time
	Rand       io.Reader // must be safe for concurrent use
	Log        *slog.Logger
	ClockTrust func() string // wire.Matter.ClockTrust; "unknown" if nil
	// DoubtFile is the path of a small file, beside the data file, that remembers over a restart what must not go up since
	// the resident was told so. It is there only while something is in doubt. Without it such failures are ErrInDoubt.
	DoubtFile string
	// Free tells how many bytes the disk has left. With it, attachments are refused while it is short, long before matters
	// are. It may be nil.
	Free func() (int64, error)
	// MaxBlobs is how many bytes of attachments may wait, so that they never take a matter's room in the data file;
	// 192 MiB if 0.
	MaxBlobs int64
}

// Outbox is a terminal's outbox. It is safe for concurrent use.
type Outbox struct {
	o      Options
	sealer *seal.Sealer

	// writing is held over a write and the change of the index that follows from it.
	writing sync.Mutex
	stale   bool // the index may differ from the disk
	// doubtful are records whose write failed and could not be read back, with their keys in the queue: the resident was
	// told that nothing was taken in, so they never go up, and are taken out when the disk works again.
	doubtful map[id][]byte

	mu     sync.RWMutex
	index  *index
	failed pace
}

// New makes an outbox over a store whose schema has Tables, and reads what is in it. A first packet key is ready then, so
// that the first lodging after a start is no slower than the others.
func New(ctx context.Context, o Options) (*Outbox, error) {
	if o.Store == nil || o.SealKey == nil || o.AckKey == nil || o.Box == nil || o.Terminal == "" {
		return nil, errors.New("make outbox: store, keys and terminal id are needed")
	}
	if o.ClockTrust == nil {
		o.ClockTrust = func() string { return clockUnknown }
	}
	if o.MaxBlobs == 0 {
		o.MaxBlobs = 192 << 20
	}
	b := &Outbox{
		o: o, sealer: seal.NewSealer(o.Rand, o.SealKey, keysAhead), doubtful: readDoubts(o.DoubtFile, o.Log),
	}
	if err := b.ready(ctx); err != nil {
		return nil, fmt.Errorf("make outbox: %w", err)
	}
	err := o.Store.View(ctx, func(tx *store.Tx) error {
		b.index, b.failed = load(tx, o.Log), readPace(tx)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("make outbox: %w", err)
	}
	for u := range b.doubtful {
		b.index.forget(u)
	}
	return b, nil
}

// clockUnknown is what ClockTrust says of a clock that nobody vouches for.
const clockUnknown = "unknown"

// keysAhead is how many packet keys are made ahead of time: a matter and its rating.
const keysAhead = 2

// Prepare makes a packet key ahead of time if one is missing, so that the next resident doesn't wait for it. The keys
// are in memory only, each is used once. Call it when nobody waits.
func (o *Outbox) Prepare() error { return o.sealer.Prepare() }

// Counts is how much waits, cheap enough to ask at any time.
type Counts struct {
	Queued       int       // matters waiting to go up, 办不成事 among them
	Ratings      int       // ratings waiting to go up
	Feedback     int       // of Queued: 办不成事
	Events       int       // events waiting to go up
	Blobs        int       // attachments waiting to go up
	BlobBytes    int64     // of attachments that wait or are set aside
	Oldest       time.Time // lodging time of the first matter waiting, zero for none
	Acknowledged int       // matters the gateway has signed for, since this data file was made
	Quarantined  int       // records of any lane set aside
}

// Counts returns how much waits.
func (o *Outbox) Counts() Counts {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return o.index.counts()
}

// change is one write: what goes to disk, how to see afterwards that it is there, and what follows for the index.
type change struct {
	write   func(*store.Tx) error
	present func(*store.Tx) (bool, error) // asked after a write in doubt
	apply   func(*index)
	// doubtful tells the records that must not go up if nobody could find out. It may be nil.
	doubtful func() []entry
}

// errUnchanged is what a change's write returns when the disk has it all already: nothing is written, which is no error.
var errUnchanged = errors.New("nothing to write")

// update makes a change, on disk and in the index. An error means that it isn't on disk, or (errUnproven) that this
// could not be found out.
func (o *Outbox) update(ctx context.Context, c change) error {
	o.writing.Lock()
	defer o.writing.Unlock()
	if err := o.refresh(ctx); err != nil {
		return err
	}
	begun := false
	err := o.o.Store.Update(ctx, func(tx *store.Tx) error {
		begun = true
		if err := o.dropDoubtful(tx); err != nil {
			return err
		}
		return c.write(tx)
	})
	if errors.Is(err, errUnchanged) {
		return nil
	}
	// What isn't begun is in no doubt: the store could not recover from a write before this one.
	if begun && errors.Is(err, store.ErrInDoubt) {
		err = o.prove(ctx, c.present, err)
	}
	if errors.Is(err, errUnproven) && c.doubtful != nil {
		err = o.doubt(c.doubtful(), err)
	}
	if err != nil {
		return err
	}
	o.noDoubt(ctx)
	o.mu.Lock()
	defer o.mu.Unlock()
	c.apply(o.index)
	return nil
}

// prove finds out what became of a write in doubt. It returns nil if it is on disk.
func (o *Outbox) prove(ctx context.Context, present func(*store.Tx) (bool, error), doubt error) error {
	// The answer matters more than the caller's patience.
	ctx = context.WithoutCancel(ctx)
	there := false
	err := o.o.Store.Confirm(ctx, func(tx *store.Tx) error {
		var err error
		there, err = present(tx)
		return err
	})
	if err != nil {
		o.stale = true
		return fmt.Errorf("%w: %w: %w", errUnproven, doubt, err)
	}
	if !there {
		return fmt.Errorf("write is not on disk: %w", doubt)
	}
	o.o.Log.LogAttrs(ctx, slog.LevelWarn, "Write was in doubt and is on disk", slog.Any("error", doubt))
	return nil
}

// errUnproven marks a write that could not even be read back.
var errUnproven = errors.New("write can't be read back")

// refresh makes the index anew after a write that could not be read back.
func (o *Outbox) refresh(ctx context.Context) error {
	if !o.stale {
		return nil
	}
	var x *index
	var p pace
	err := o.o.Store.Confirm(ctx, func(tx *store.Tx) error {
		x, p = load(tx, o.o.Log), readPace(tx)
		return nil
	})
	if err != nil {
		return fmt.Errorf("read outbox anew: %w", err)
	}
	for u := range o.doubtful {
		x.forget(u)
	}
	o.mu.Lock()
	o.index, o.failed = x, p
	o.mu.Unlock()
	o.stale = false
	return nil
}

// storeError puts a failure of the data file into the outbox's words.
func storeError(verb string, err error) error {
	if errors.Is(err, ErrDiskFull) {
		return fmt.Errorf("%s: %w", verb, err)
	}
	if errors.Is(err, store.ErrFull) {
		return fmt.Errorf("%s: %w: %w", verb, ErrDiskFull, err)
	}
	return fmt.Errorf("%s: %w: %w", verb, ErrStore, err)
}
