package scanner

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/scanner/profile"
)

// Options of a Scanner.
type Options struct {
	Log *slog.Logger     // nil discards
	Now func() time.Time // required
	// Rand is where the key comes from by which codes are named in logs; 32 bytes are read. nil: they are not named.
	Rand io.Reader
	// Profile says how the scanner is spoken to; see Profile. The zero profile is plain: it is never spoken to.
	Profile profile.Profile
	// OnScan takes every code, in the driver's goroutine: it must not block. The Scan is the receiver's own.
	OnScan func(devices.Scan)
	// Silence ends a line that has no end. Zero means 70 ms: protocols.md B asks for 50 to 80, and a gap of 50 within a
	// code may look 16 longer behind a USB adapter that collects bytes. A scanner that has been seen to end its lines
	// gets ten times as long, so that a hiccup of the line doesn't cut a code in two.
	Silence time.Duration
	// Again is how long a code must have been away to count anew. Zero means 3 s.
	Again time.Duration
	// GiveUp is how many pieces of garbage in a row, at a speed at which no code has come yet, end Serve with an error of
	// kind Garbled, so that the line can be opened at another speed; five times as many where codes have come. Zero means
	// that Serve goes on for ever.
	GiveUp int
}

// Scanner is the driver.
type Scanner struct {
	opts  Options
	codes hasher
	wake  chan struct{} // something below has changed

	mu     sync.Mutex
	want   bool // Trigger
	forget bool // Forget was called since Serve last looked
	seen   seen

	proven int // speed at which a code came last that no wrong speed makes up, 0 for none yet; Serve's alone
	turns  int // Serve has given up so often since
}

var _ devices.Driver = (*Scanner)(nil)

// Profiles returns the names of the known profiles, plain first.
func Profiles() []string { return profile.Names() }

// Profile returns a known profile; "" is plain. Its error lists those that are known, in words for staff.
func Profile(name string) (profile.Profile, error) { return profile.Find(name) }

// New makes a driver.
func New(o Options) *Scanner {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.OnScan == nil {
		o.OnScan = func(devices.Scan) {}
	}
	if o.Silence <= 0 {
		o.Silence = 70 * time.Millisecond
	}
	if o.Again <= 0 {
		o.Again = 3 * time.Second
	}
	codes, err := newHasher(o.Rand)
	if err != nil {
		o.Log.Warn("Codes stay without names in logs", slog.Any("err", err))
	}
	return &Scanner{opts: o, codes: codes, wake: make(chan struct{}, 1), seen: seen{window: o.Again}}
}

// Trigger tells whether codes are wanted now. A profile with a trigger makes the scanner read or stop, now and after
// each time the line comes back; with plain it does nothing, and codes come as the scanner pleases. Codes are handed on
// either way. It returns at once and may be called from any goroutine, before Serve too.
func (s *Scanner) Trigger(on bool) {
	s.mu.Lock()
	s.want = on
	s.mu.Unlock()
	s.nudge()
}

// Forget wipes what is still known of the codes of a visit: those that are kept to tell duplicates, and one that has
// come in part. With Options.Rand duplicates are told by keyed sums, which stay for Options.Again: a phone left under
// the scanner doesn't begin the next visit. It may be called from any goroutine.
func (s *Scanner) Forget() {
	s.mu.Lock()
	s.seen.forget()
	s.forget = true
	s.mu.Unlock()
	s.nudge()
}

func (s *Scanner) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// orders returns what Trigger and Forget asked for.
func (s *Scanner) orders() (want, forget bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	forget, s.forget = s.forget, false
	return s.want, forget
}

// again says how often a code was there before; see seen.
func (s *Scanner) again(code, sum []byte) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen.again(code, sum, s.opts.Now())
}

// expire forgets old codes; see seen.
func (s *Scanner) expire() (next time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen.expire(s.opts.Now())
}

// Serve implements devices.Driver. A scanner says nothing of itself, so an open line is all that Ready means, until
// only garbage comes: then it is Faulty with the reason Garbled, up to the next good code, or with
// Options.GiveUp Serve ends with that kind; a line that is opened after none of the speeds was right is Faulty from the
// start. Where an ID-card reader or a
// printer talks on the line, Serve ends with the kind WrongDevice.
func (s *Scanner) Serve(ctx context.Context, line devices.Line, report func(devices.Status)) error {
	ctx, cancel := context.WithCancel(ctx)
	var helpers sync.WaitGroup
	defer helpers.Wait()
	defer cancel()
	r := newRun(s, line, report)
	defer r.wipe()
	helpers.Go(func() { r.in.serve(ctx, line) })
	helpers.Go(func() { r.out.serve(ctx, line) })
	return r.serve(ctx)
}
