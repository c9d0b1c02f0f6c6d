package idcard

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"zhizhu/devices"
)

// Options of a Reader.
type Options struct {
	Log *slog.Logger     // nil discards
	Now func() time.Time // required
	// OnEvent takes every event, in the driver's goroutine: it must not block. While the reader is not armed there
	// are none.
	OnEvent func(devices.CardEvent)
	// PollArmed is the pause between two looks for a card while armed. Zero means 20 ms.
	PollArmed time.Duration
	// PollIdle is the pause while the card that was just read may still lie there. Zero means 250 ms.
	PollIdle time.Duration
	// CheckEvery is how often an un-armed reader is asked whether it lives. Zero means 5 s.
	CheckEvery time.Duration
}

// Reader is the driver. It is safe for concurrent use; Serve serves one line at a time.
type Reader struct {
	opts Options

	mu     sync.Mutex
	armed  bool
	arming int                // counts Arm(true) and Forget
	wake   context.CancelFunc // ends the running pause, nil when there is none
	woken  bool               // Arm was called since the last pause
}

var _ devices.Driver = (*Reader)(nil)

// New makes a driver that is not armed.
func New(o Options) *Reader {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.OnEvent == nil {
		o.OnEvent = func(devices.CardEvent) {}
	}
	o.PollArmed = orDefault(o.PollArmed, 20*time.Millisecond)
	o.PollIdle = orDefault(o.PollIdle, 250*time.Millisecond)
	o.CheckEvery = orDefault(o.CheckEvery, 5*time.Second)
	return &Reader{opts: o}
}

func orDefault(d, def time.Duration) time.Duration {
	if d <= 0 {
		return def
	}
	return d
}

// Arm starts or ends the search for a card. Arm(true) on an armed reader begins anew: a card that still lies there is
// read and told again.
func (r *Reader) Arm(on bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.armed = on
	if on {
		r.arming++
	}
	r.rouse()
}

// Forget drops what is remembered of the last card, at the end of a visit. The driver holds none of its data; it
// only remembers that a card was read and may still lie there.
func (r *Reader) Forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.arming++
	r.rouse()
}

func (r *Reader) rouse() {
	r.woken = true
	if r.wake != nil {
		r.wake()
	}
}

// orders are what the reader is asked to do now.
func (r *Reader) orders() (armed bool, arming int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.armed, r.arming
}

// pausing registers a pause. It returns false when Arm was called since the last one, so that nothing is slept over.
func (r *Reader) pausing(wake context.CancelFunc) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.woken && wake != nil {
		r.woken = false
		return false
	}
	r.wake = wake
	if wake == nil {
		r.woken = false
	}
	return true
}

// Serve implements devices.Driver. It reports Ready once the module has answered, and Faulty while it is silent or
// says that it is broken; only a lost line ends it.
func (r *Reader) Serve(ctx context.Context, line devices.Line, report func(devices.Status)) error {
	s := newSession(r, line, report)
	defer s.dec.Reset()
	for {
		pause, err := s.step(ctx)
		if err == nil {
			err = s.pause(ctx, pause)
		}
		if err != nil {
			return err
		}
	}
}
