package idcard

import (
	"context"
	"hash/maphash"
	"log/slog"
	"sync"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/idcard/sam"
)

// Options of a Reader.
type Options struct {
	Log *slog.Logger     // nil discards
	Now func() time.Time // required
	// OnEvent takes every event, in the driver's goroutine: it must not block. While the reader is neither armed nor
	// watched there are none.
	OnEvent func(devices.CardEvent)
	// PollArmed is the pause between two looks for a card in the first 8 s after arming, and in the 8 s after a card
	// was seen: then one is laid, or laid again, and its owner waits. Zero means 20 ms.
	PollArmed time.Duration
	// PollSlow is that pause for the rest of the time that the reader is armed. Zero means 200 ms (protocols.md A4).
	PollSlow time.Duration
	// PollIdle is the pause while the card that was just read may still lie there. Zero means 250 ms.
	PollIdle time.Duration
	// GiveUp is how long Serve goes on without any good reply before it returns an error of kind Silent or Garbled, so
	// that the reader can be looked for on another port or at another speed. Zero means for ever.
	GiveUp time.Duration
	// CheckEvery is how often an un-armed reader is asked whether it lives. Zero means 5 s.
	CheckEvery time.Duration
}

// Reader is the driver. It is safe for concurrent use; Serve serves one line at a time.
type Reader struct {
	opts Options

	mu     sync.Mutex
	orders orders
	lies   bool               // a card was read, and nothing has shown since that it was taken away
	sum    uint64             // of that card, by seed
	seed   maphash.Seed       // made anew with each program: nobody can tell a card from a sum
	wake   context.CancelFunc // ends the running pause, nil when there is none
	woken  bool               // Arm was called since the last pause
}

// orders are what a Reader is asked to do.
type orders struct {
	armed    bool
	arming   int // counts Arm(true) and Forget
	watch    bool
	watching int // counts Watch(true)
}

var _ devices.Driver = (*Reader)(nil)

// Bauds are the speeds at which a reader may be found, in bits a second, the likeliest first.
func Bauds() []int { return sam.Bauds() }

// New makes a driver that is not armed.
func New(o Options) *Reader {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.OnEvent == nil {
		o.OnEvent = func(devices.CardEvent) {}
	}
	o.PollArmed = orDefault(o.PollArmed, 20*time.Millisecond)
	o.PollSlow = orDefault(o.PollSlow, 200*time.Millisecond)
	o.PollIdle = orDefault(o.PollIdle, 250*time.Millisecond)
	o.CheckEvery = orDefault(o.CheckEvery, 5*time.Second)
	return &Reader{opts: o, seed: maphash.MakeSeed()}
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
	r.orders.armed = on
	if on {
		r.orders.arming++
	}
	r.rouse()
}

// Watch starts or ends watching, armed or not, whether the card that was read is still there: CardLying once while it
// lies, CardLifted once when it has gone. Where no card was read there is nothing to tell. Watch(true) tells anew; the
// card is remembered over Arm, Forget and a lost line, but nothing of what was on it.
func (r *Reader) Watch(on bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.orders.watch = on
	if on {
		r.orders.watching++
	}
	r.rouse()
}

// Forget drops what is remembered of the last visit. The driver holds none of a card's data; it only remembers, for
// Watch, that a card was read and may still lie there.
func (r *Reader) Forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.orders.arming++
	r.rouse()
}

func (r *Reader) rouse() {
	r.woken = true
	if r.wake != nil {
		r.wake()
	}
}

// now is what the reader is asked to do now.
func (r *Reader) now() orders {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.orders
}

func (r *Reader) cardLies() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.lies
}

func (r *Reader) cardSum() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.sum
}

func (r *Reader) setCardSum(sum uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sum = sum
}

// sumOf is what a reading is compared by: readers that answer in other forms send the same text.
func (r *Reader) sumOf(data []byte) uint64 {
	reading, err := sam.ParseReading(data)
	if err != nil {
		return 0
	}
	return maphash.Bytes(r.seed, reading.Text)
}

func (r *Reader) setCardLies(lies bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lies = lies
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
// says that it is broken. A lost line ends it, and so does what shows that the line must be looked for elsewhere: an
// error of kind WrongDevice (a printer that is on this line prints nothing of what a reader is asked), or after Options.GiveUp of kind Silent or Garbled.
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
