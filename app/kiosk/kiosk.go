package kiosk

import (
	"context"
	"fmt"
	"log/slog"
	"reflect"
	"sync"
	"time"

	"zhizhu/app/visit"
)

// Options are what a kiosk is built from. Screen, Matters and Now are needed; a machine without a reader or a printer
// leaves them nil.
type Options struct {
	World      visit.World
	Screen     Screen
	CardReader CardReader // nil where there is none
	Scanner    Scanner    // nil where there is none, or it can't be told anything
	Printer    Printer
	Matters    Matters
	Now        func() time.Time
	Log        *slog.Logger
	Tick       <-chan time.Time // drives the visit's clock; nil for once a second
	Limits     Limits
	OnNote     func(visit.Note) // is told each act, on the kiosk's goroutine; must not block; may be nil
	OnView     func(visit.View) // is told each view that is shown, on the kiosk's goroutine; must not block
}

// Limits are how long an effect may take. Zero values take the usual times.
type Limits struct {
	Lodge time.Duration // handed to Matters by its context; the answer is waited for all the same
	Print time.Duration // then the outcome counts as unknown
	Find  time.Duration
	Rate  time.Duration // ratings, and marks of what was printed
	Wipe  time.Duration // then it is tried again
}

func (l Limits) withDefaults() Limits {
	usual := func(d, usual time.Duration) time.Duration {
		if d <= 0 {
			return usual
		}
		return d
	}
	return Limits{
		Lodge: usual(l.Lodge, time.Minute),
		Print: usual(l.Print, time.Minute),
		Find:  usual(l.Find, 10*time.Second),
		Rate:  usual(l.Rate, 30*time.Second),
		Wipe:  usual(l.Wipe, 5*time.Second),
	}
}

// Kiosk runs one visit after the other.
type Kiosk struct {
	opts   Options
	log    *slog.Logger
	events *queue
	press  chan struct{} // held while a document is at the printer and its paper is waited for
	keep   sync.WaitGroup

	mu     sync.Mutex
	shown  visit.View
	served bool

	// All below belongs to Serve's goroutine.
	state   visit.State
	visit   uint64 // number of this visit; answers to effects of another are dropped
	ofVisit context.Context
	endIt   context.CancelFunc
	arm     *switcher
}

// New returns a kiosk that waits for somebody.
func New(o Options) *Kiosk {
	o.Limits = o.Limits.withDefaults()
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Kiosk{
		opts:   o,
		log:    o.Log,
		events: newQueue(),
		press:  make(chan struct{}, 1),
		state:  visit.New(o.World),
	}
}

// Post hands an event in. It never blocks; it may be called from any goroutine, before Serve too.
func (k *Kiosk) Post(ev visit.Event) {
	if ev != nil {
		k.events.put(item{ev: ev})
	}
}

// View returns the view that was shown last.
func (k *Kiosk) View() visit.View {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.shown
}

// Serve serves one resident after the other until ctx ends, and returns ctx's error. A matter that is being written
// then is written first. Serve may be called again; what an earlier call left half-way is wiped.
func (k *Kiosk) Serve(ctx context.Context) error {
	k.begin(ctx)
	defer k.end()
	tick, stop := k.ticks()
	defer stop()
	k.take(ctx, visit.Clock{Now: k.opts.Now()})
	for {
		for it, ok := k.events.take(); ok; it, ok = k.events.take() {
			if it.answer && it.visit != k.visit {
				k.log.Info("Dropped answer of an earlier visit", slog.String("event", fmt.Sprintf("%T", it.ev)))
				continue
			}
			k.take(ctx, it.ev)
			if ctx.Err() != nil {
				return ctx.Err()
			}
		}
		if n := k.events.lost(); n > 0 {
			k.log.Warn("Dropped events that found no room", slog.Int("count", n))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-k.events.bell:
		case <-tick:
			k.take(ctx, visit.Clock{Now: k.opts.Now()})
		}
	}
}

// begin readies the kiosk for a call of Serve.
func (k *Kiosk) begin(ctx context.Context) {
	k.ofVisit, k.endIt = context.WithCancel(ctx)
	k.arm = newSwitcher(k.setReader)
	k.mu.Lock()
	again := k.served
	k.served = true
	k.mu.Unlock()
	if again {
		k.abandon(ctx)
	}
}

// end stops what belongs to the visit, and waits for what must not be left half-way.
func (k *Kiosk) end() {
	k.endIt()
	k.arm.set(false)
	k.arm.close()
	k.keep.Wait()
}

// ticks returns what drives the visit's clock.
func (k *Kiosk) ticks() (<-chan time.Time, func()) {
	if k.opts.Tick != nil {
		return k.opts.Tick, func() {}
	}
	t := time.NewTicker(time.Second)
	return t.C, t.Stop
}

// take takes one event in: Next, effects out, and the view shown if it has changed. A panic in it ends the visit, never
// the kiosk: whoever stands there gets the attract page, and nobody gets another's data.
func (k *Kiosk) take(ctx context.Context, ev visit.Event) {
	if k.step(ctx, func() (visit.State, []visit.Effect) { return visit.Next(k.state, ev) }) {
		return
	}
	k.log.Error("Gave a visit up after a panic", slog.String("event", fmt.Sprintf("%T", ev)))
	k.abandon(ctx)
}

// abandon wipes whatever visit there is.
func (k *Kiosk) abandon(ctx context.Context) {
	if !k.step(ctx, func() (visit.State, []visit.Effect) { return visit.Abandon(k.state) }) {
		k.log.Error("Panicked while giving a visit up")
	}
}

// step makes one move of the machine, and reports whether it ended well.
func (k *Kiosk) step(ctx context.Context, move func() (visit.State, []visit.Effect)) (ok bool) {
	defer func() {
		if r := recover(); r != nil {
			k.logPanic("kiosk", r)
		}
	}()
	next, effects := move()
	k.state = next
	for _, e := range effects {
		k.carryOut(ctx, e)
	}
	k.show(visit.Look(k.state))
	return true
}

// show hands a view to the screen if it differs from the last one.
func (k *Kiosk) show(v visit.View) {
	k.mu.Lock()
	same := reflect.DeepEqual(k.shown, v)
	k.shown = v
	k.mu.Unlock()
	if same {
		return
	}
	k.opts.Screen.Show(v)
	if k.opts.OnView != nil {
		k.opts.OnView(v)
	}
}
