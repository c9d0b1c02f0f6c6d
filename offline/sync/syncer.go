package sync

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"

	"zhizhu/offline/identity"
	"zhizhu/offline/outbox"
	"zhizhu/offline/wire"
)

// Outbox is what is carried: *outbox.Outbox, whose contract it has.
type Outbox interface {
	Pending(ctx context.Context, lane string, n int, skip func(id string) bool) ([]outbox.Waiting, error)
	Verify(recordID, digest string, ack wire.Ack, signature []byte) (outbox.Proof, error)
	Settle(ctx context.Context, proofs []outbox.Proof) error
	Quarantine(ctx context.Context, recordID, reason string) error
	Requeue(ctx context.Context, recordID string) error
	PendingBlobs(ctx context.Context, n int, skip func(digest string) bool) ([]outbox.Blob, error)
	BlobPart(ctx context.Context, digest string, offset int64, n int) ([]byte, error)
	Sending(ids []string)
	Pace(ctx context.Context) (failures int, wait time.Duration, err error)
	SetPace(ctx context.Context, failures int, wait time.Duration) error
	Counts() outbox.Counts
	Prepare() error
}

// Options say what is carried where. Outbox, Identity, URL, Now, Rand and Log are needed.
type Options struct {
	Outbox   Outbox
	Identity *identity.Identity
	URL      string // the gateway's, https://host:port
	Dial     func(ctx context.Context, network, addr string) (net.Conn, error)
	Now      func() time.Time
	Rand     io.Reader // must be safe for concurrent use
	Log      *slog.Logger
	// OnState is told every change, on the syncer's goroutine: it must not block, nor call back.
	OnState func(State)
	Built   time.Time // when the program was built: no clock before it is right

	// Mailbox keeps what comes down; nothing is fetched if it is nil.
	Mailbox Mailbox
	// Heartbeat says how the terminal is; none is sent if it is nil. It is called on a goroutine of its own. Terminal,
	// ClockTrust, Queued, OldestAge and Quarantined are filled in here, and At if it is zero.
	Heartbeat func() wire.Heartbeat
	// Renew gets a new certificate; it is not renewed if it is nil.
	Renew Renewer

	AtOnce       int           // records under way at the same time; from 4 to 32, as the line bears it, if 0
	FirstBackoff time.Duration // 1 s if 0
	MaxBackoff   time.Duration // 1 h if 0
	ProbeEvery   time.Duration // at most, between looks at a line that is down; 15 s if 0
	IdleEvery    time.Duration // between looks at a line that is up while nothing goes over it; 30 s if 0
	HaltRetry    time.Duration // between tries after the gateway refused this terminal; 10 min if 0
	MailEvery    time.Duration // between looks into the mailbox, at most, besides those after each round; 15 min if 0
	BeatEvery    time.Duration // between heartbeats, at most; 15 min if 0
	Timeout      time.Duration // of one call; 2 min if 0: 256 KiB over a poor line
}

func (o Options) withDefaults() Options {
	def := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	def(&o.FirstBackoff, time.Second)
	def(&o.MaxBackoff, time.Hour)
	def(&o.ProbeEvery, 15*time.Second)
	def(&o.IdleEvery, 30*time.Second)
	def(&o.HaltRetry, 10*time.Minute)
	def(&o.MailEvery, 15*time.Minute)
	def(&o.BeatEvery, 15*time.Minute)
	def(&o.Timeout, 2*time.Minute)
	return o
}

// Syncer carries an outbox to a gateway while Serve runs.
type Syncer struct {
	o    Options
	call *caller
	pace pace
	kick chan struct{}
	look chan struct{}

	mu    sync.Mutex
	state State
}

// New makes a syncer.
func New(o Options) (*Syncer, error) {
	if o.Outbox == nil || o.Identity == nil || o.Now == nil || o.Rand == nil || o.Log == nil {
		return nil, errors.New("make syncer: outbox, identity, clock, randomness and log are needed")
	}
	base, err := identity.ParseURL(o.URL)
	if err != nil {
		return nil, fmt.Errorf("make syncer: %w", err)
	}
	o = o.withDefaults()
	s := &Syncer{
		o: o, kick: make(chan struct{}, 1), look: make(chan struct{}, 1),
		call: newCaller(o, base),
		pace: pace{first: o.FirstBackoff, most: o.MaxBackoff, probe: o.ProbeEvery, halt: o.HaltRetry},
	}
	s.state = s.counted(State{})
	return s, nil
}

// Kick says that something was lodged. It never blocks.
func (s *Syncer) Kick() {
	select {
	case s.kick <- struct{}{}:
	default:
	}
}

// Look has the line looked at now: something suggests that it has come or gone. It never blocks.
func (s *Syncer) Look() {
	select {
	case s.look <- struct{}{}:
	default:
	}
}

// State returns what OnState was told last.
func (s *Syncer) State() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state
}

// ClockTrust says how the machine's clock is known, in the words of wire.Matter.ClockTrust.
func (s *Syncer) ClockTrust() string { return s.State().ClockTrust() }

// counted fills in what the outbox knows.
func (s *Syncer) counted(st State) State {
	c := s.o.Outbox.Counts()
	st.Queued, st.Ratings, st.Oldest = c.Queued, c.Ratings, c.Oldest
	st.Acknowledged, st.Quarantined = c.Acknowledged, c.Quarantined
	st.Feedback, st.Events, st.Blobs, st.BlobBytes = c.Feedback, c.Events, c.Blobs, c.BlobBytes
	return st
}

// report keeps a new state and tells it if it differs.
func (s *Syncer) report(ctx context.Context, st State) {
	st = s.counted(st)
	s.mu.Lock()
	old := s.state
	s.state = st
	s.mu.Unlock()
	if old.Reason != st.Reason {
		level := slog.LevelInfo
		if st.Reason == Refused || st.Reason == Certificate {
			level = slog.LevelError
		}
		s.o.Log.LogAttrs(ctx, level, "Line to the gateway changed", slog.String("reason", st.Reason.String()),
			slog.String("detail", st.Detail), slog.Int("queued", st.Queued))
	}
	if old != st && s.o.OnState != nil {
		s.o.OnState(st)
	}
}
