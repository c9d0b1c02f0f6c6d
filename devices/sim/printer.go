package sim

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/sim/paper"
)

// PrinterOptions says what kind of receipt printer is played. Only TTY must be given.
type PrinterOptions struct {
	TTY *TTY
	// OnReceipt is called at each cut with all that was printed since the last one (real-time commands left out), in
	// the printer's own goroutine: the printer works on when it returns.
	OnReceipt func([]byte)
	// OnBytes, where given, is told how many bytes came off the wire, as they come: for measuring.
	OnBytes func(int)
	Log     *slog.Logger

	Buffer        int  // receive buffer in bytes; 0 is 4096. What doesn't fit is lost, as on a real one
	FlowControl   bool // XOFF when the buffer is nearly full or the printer goes offline, XON when it can go on
	DotsPerSecond int  // how fast it prints; 0 takes no time
	NoChineseFont bool
	NoIdentify    bool   // GS I is understood, never answered
	NoRecover     bool   // DLE ENQ is understood, never obeyed
	Mute          []int  // real-time statuses that it never answers
	Model         string // answer to GS I C; "" answers none
}

// Printer plays a receipt printer on a TTY: it takes bytes at the line's speed, answers real-time status between any
// two commands, prints in its own time, and fails as it is told.
type Printer struct {
	opt     PrinterOptions
	out     chan []byte
	mu      sync.Mutex
	changed chan struct{} // closed and renewed at every change

	in     []byte          // received, not yet a whole command
	queue  []paper.Command // whole commands, not yet obeyed
	queued int             // their bytes
	strip  []byte          // obeyed since the last cut

	condition
	printed  int
	lost     int
	unknown  []error
	received int
}

// condition is what can be wrong, and what the host has switched on.
type condition struct {
	paper     devices.Paper
	linesLeft int // lines until the paper ends; negative is enough
	cover     bool
	jam       bool
	jamNext   bool
	silent    bool
	heldUntil time.Time
	xoff      bool
	auto      int
}

const (
	offerXoff = 512 // free bytes below which XOFF is sent
	lineDots  = 30
	cutDots   = 100
)

// NewPrinter makes a printer with paper in it.
func NewPrinter(o PrinterOptions) *Printer {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.OnReceipt == nil {
		o.OnReceipt = func([]byte) {}
	}
	if o.Buffer <= 0 {
		o.Buffer = 4096
	}
	return &Printer{
		opt: o, out: make(chan []byte, 256), changed: make(chan struct{}),
		condition: condition{paper: devices.PaperOK, linesLeft: -1},
	}
}

// Serve plays until ctx ends or the TTY is closed.
func (p *Printer) Serve(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { p.work(ctx) })
	wg.Go(func() { p.answer(ctx) })
	err := p.receive(ctx)
	stop()
	wg.Wait()
	return err
}

func (p *Printer) receive(ctx context.Context) error {
	buf := make([]byte, 256)
	for {
		n, err := p.opt.TTY.Recv(ctx, buf)
		if err != nil {
			return err
		}
		if p.opt.OnBytes != nil {
			p.opt.OnBytes(n)
		}
		p.take(buf[:n])
	}
}

// answer sends replies, so that a slow line never holds up receiving.
func (p *Printer) answer(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case b := <-p.out:
			if err := p.opt.TTY.Send(ctx, b); err != nil && !errors.Is(err, ErrUnplugged) && ctx.Err() == nil {
				p.opt.Log.Warn("Reply not sent", slog.Any("err", err))
			}
		}
	}
}

// reply queues an answer; a host that asks faster than the line can answer loses some. p.mu is held.
func (p *Printer) reply(b ...byte) {
	if p.silent {
		return
	}
	select {
	case p.out <- b:
	default:
	}
}

// take puts received bytes into the buffer and cuts off what is a whole command.
func (p *Printer) take(b []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.received += len(b)
	// Real-time commands pass a full buffer: the receiving side looks for them.
	if room := p.opt.Buffer - p.queued - len(p.in); len(b) > room && !isRealTime(p.in, b) {
		p.lost += len(b) - max(room, 0)
		b = b[:max(room, 0)]
	}
	p.in = append(p.in, b...)
	for len(p.in) > 0 {
		c, n, err := paper.Next(p.in)
		var bad *paper.UnknownError
		switch {
		case errors.As(err, &bad):
			bad.Offset = p.received - len(p.in)
			p.unknown = append(p.unknown, bad)
			p.opt.Log.Warn("Unknown command dropped", slog.Int("offset", bad.Offset), slog.Int("bytes", n))
		case err != nil:
			p.flow()
			return
		case c.RealTime():
			p.obeyNow(c)
		default:
			c.Data = append([]byte(nil), p.in[:n]...) // the whole command, as received
			p.queue = append(p.queue, c)
			p.queued += n
		}
		p.in = p.in[min(n, len(p.in)):]
	}
	p.in = nil
	p.flow()
	p.tell()
}

func isRealTime(in, b []byte) bool {
	return len(in) == 0 && b[0] == 0x10 || len(in) > 0 && in[0] == 0x10
}

// tell wakes the worker and those who wait. p.mu is held.
func (p *Printer) tell() {
	close(p.changed)
	p.changed = make(chan struct{})
}
