package a4

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"zhizhu/devices"
)

// Options says which queue to print on. With Now alone it is the default queue of the machine's own CUPS.
type Options struct {
	// Server is CUPS's socket ("/run/cups/cups.sock", also the default) or its address ("http://localhost:631").
	Server string
	// Queue is the queue's name; empty is CUPS's default queue, looked up each time.
	Queue string
	// User is whose jobs these are; empty is "zhizhu". Every job of this user that is left over is cancelled, so two
	// programs must not share it.
	User string
	Log  *slog.Logger     // nil discards
	Now  func() time.Time // required; with a monotonic reading, as time.Now has: intervals are measured by it

	Poll   time.Duration // between two questions how the printer is while idle; 0 is 2 s
	Follow time.Duration // between two questions how a job is; 0 is 500 ms
	Answer time.Duration // how long CUPS or the printer may take for one answer; 0 is 5 s
	Send   time.Duration // how long taking a document in may take; 0 is 60 s
	Fault  time.Duration // how long a trouble may stand before the job is given up; 0 is 15 s
	Lost   time.Duration // how long CUPS may be gone in the middle of a job; 0 is 15 s
	Finish time.Duration // how long cancelling and clearing away may take after ctx's end; 0 is 10 s
	Limit  time.Duration // a job's whole time, kept by CUPS too should this program die; 0 is 10 min
}

// Printer is an A4 printer. Jobs may come from any goroutine, one is printed at a time.
type Printer struct {
	opt    Options
	cups   *client
	direct *client // asks the printer itself

	turn  chan struct{} // holds one token; who has it may print or clear away
	dirty atomic.Bool   // jobs of ours may be in CUPS that nobody waits for
	busy  atomic.Bool   // a job is being printed
}

// New makes a printer; nothing is asked yet. The error says what is missing or wrong in o.
func New(o Options) (*Printer, error) {
	if o.Now == nil {
		return nil, errors.New("make a4 printer: no clock is given, set Options.Now")
	}
	if strings.ContainsAny(o.Queue, " \t\r\n/#?%") {
		return nil, fmt.Errorf("make a4 printer: queue %q is no CUPS queue name; lpstat -e lists the queues", o.Queue)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Server == "" {
		o.Server = "/run/cups/cups.sock"
	}
	if o.User == "" {
		o.User = "zhizhu"
	}
	defaults(&o.Poll, 2*time.Second)
	defaults(&o.Follow, 500*time.Millisecond)
	defaults(&o.Answer, 5*time.Second)
	defaults(&o.Send, time.Minute)
	defaults(&o.Fault, 15*time.Second)
	defaults(&o.Lost, 15*time.Second)
	defaults(&o.Finish, 10*time.Second)
	defaults(&o.Limit, 10*time.Minute)
	cups, err := newClient(o.Server, o.User)
	if err != nil {
		return nil, fmt.Errorf("make a4 printer: %w", err)
	}
	o.Log = o.Log.With(slog.String("device", device))
	p := &Printer{opt: o, cups: cups, direct: newDirect(o.User), turn: make(chan struct{}, 1)}
	p.turn <- struct{}{}
	p.dirty.Store(true) // an earlier run may have been killed
	return p, nil
}

func defaults(v *time.Duration, d time.Duration) {
	if *v <= 0 {
		*v = d
	}
}

// Serve watches the printer and reports how it is until ctx ends (it returns ctx's error) or CUPS can't be asked: then
// it has reported that too, and its *devices.Error says why. It fits slot.Options.Run.
func (p *Printer) Serve(ctx context.Context, report func(devices.Status)) error {
	p.dirty.Store(true)
	for {
		st, err := p.Look(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		report(st)
		if err != nil {
			return err
		}
		if err := pause(ctx, p.opt.Poll); err != nil {
			return err
		}
	}
}

// Look asks once how the printer is. Jobs of ours that nobody waits for are cancelled first. With an error the status
// says the same.
func (p *Printer) Look(ctx context.Context) (devices.Status, error) {
	if err := p.tidy(ctx); err != nil {
		return statusOf(err), err
	}
	c, err := p.ask(ctx)
	if err != nil {
		return statusOf(err), err
	}
	st := c.status()
	if p.busy.Load() && st.State == devices.Ready {
		st.State = devices.Busy
	}
	return st, nil
}

// tidy clears away what is left over, unless a job is being printed: its turn began with that.
func (p *Printer) tidy(ctx context.Context) error {
	if !p.dirty.Load() {
		return nil
	}
	select {
	case <-p.turn:
	default:
		return nil
	}
	defer p.release()
	return p.sweep(ctx)
}

func (p *Printer) release() { p.turn <- struct{}{} }

// ask asks the queue, and the printer behind it where that can be asked.
func (p *Printer) ask(ctx context.Context) (condition, error) {
	ctx, cancel := context.WithTimeout(ctx, p.opt.Answer)
	defer cancel()
	name, err := p.queue(ctx)
	if err != nil {
		return condition{}, err
	}
	q, err := p.cups.printer(ctx, "ask queue", name, queueAttrs)
	if err != nil {
		return condition{}, err
	}
	c := condition{queue: q, direct: directly(q.Device)}
	if !c.direct {
		return c, nil
	}
	at, err := url.Parse(q.Device)
	if err == nil {
		c.printer, err = p.direct.printerAt(ctx, at)
	}
	if c.trouble = devices.KindOf(err); err != nil {
		p.opt.Log.Debug("Printer doesn't answer", slog.Any("err", err))
	}
	return c, nil
}

// queue is the queue's URI.
func (p *Printer) queue(ctx context.Context) (string, error) {
	if p.opt.Queue != "" {
		return queueURI(p.opt.Queue), nil
	}
	name, err := p.cups.defaultQueue(ctx)
	if err != nil {
		return "", err
	}
	return queueURI(name), nil
}

// statusOf is the status that an error means.
func statusOf(err error) devices.Status {
	st := devices.Status{State: devices.Faulty, Reason: devices.KindOf(err)}
	switch st.Reason {
	case devices.NoPort, devices.NotFound, devices.HungUp, devices.NoPermission, devices.Unconfigured:
		st.State = devices.Missing
	default:
	}
	return st
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
