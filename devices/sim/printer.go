package sim

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"

	"zhizhu/devices"
	"zhizhu/devices/sim/paper"
)

// Printer plays a receipt printer on a TTY: it takes bytes at the line's speed, answers real-time status between any
// two commands, prints in its own time, and fails as it is told.
//
// What happens to its answers on the wire is scripted by Inject.
type Printer struct {
	wire
	log       *slog.Logger
	onReceipt func([]byte)
	onBytes   func(int)

	opt     PrinterOptions // mu
	out     chan []byte
	mu      sync.Mutex
	changed chan struct{} // closed and renewed at every change

	in     []byte          // received, not yet a whole command
	looked int             // bytes of in that were searched for real-time commands
	drawn  int             // bytes of in, a picture, that the print head has taken already
	queue  []paper.Command // whole commands, not yet obeyed
	queued int             // their bytes
	strip  []byte          // obeyed since the last cut

	condition
	printed  int
	lost     int
	unknown  []error
	received int
	alarms   []alarm
}

// alarm is what happens when so many bytes have been received.
type alarm struct {
	at   int
	ring func()
}

// NewPrinter makes a printer with paper in it.
func NewPrinter(o PrinterOptions) *Printer {
	o = o.sound()
	return &Printer{
		wire: newWire(o.TTY), log: o.Log, onReceipt: o.OnReceipt, onBytes: o.OnBytes, opt: o, out: make(chan []byte, 256), changed: make(chan struct{}),
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
		n, err := p.tty.Recv(ctx, buf)
		if err != nil {
			return err
		}
		if p.onBytes != nil {
			p.onBytes(n)
		}
		for b := buf[:n]; len(b) > 0; {
			k := p.untilAlarm(min(len(b), 16)) // as the bytes come, not as the kernel gathers them
			p.take(b[:k])
			p.ring()
			b = b[k:]
		}
	}
}

// AtByte has ring called, in the printer's goroutine, when n more bytes have come. It must not block.
func (p *Printer) AtByte(n int, ring func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.alarms = append(p.alarms, alarm{at: p.received + max(n, 1), ring: ring})
}

// untilAlarm is how many of n bytes may be taken before something is to happen.
func (p *Printer) untilAlarm(n int) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, a := range p.alarms {
		n = min(n, max(a.at-p.received, 1))
	}
	return n
}

func (p *Printer) ring() {
	p.mu.Lock()
	var due []func()
	p.alarms = slices.DeleteFunc(p.alarms, func(a alarm) bool {
		if a.at <= p.received {
			due = append(due, a.ring)
		}
		return a.at <= p.received
	})
	p.mu.Unlock()
	for _, ring := range due {
		ring()
	}
}

// answer sends replies, so that a slow line never holds up receiving.
func (p *Printer) answer(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case b := <-p.out:
			if err := p.send(ctx, b); err != nil && !errors.Is(err, ErrUnplugged) && ctx.Err() == nil {
				p.log.Warn("Reply not sent", slog.Any("err", err))
			}
		}
	}
}

// reply queues an answer; a host that asks faster than the line can answer loses some. p.mu is held.
func (p *Printer) reply(b ...byte) {
	if p.silent || p.awakeAt.After(now()) {
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
	if p.awakeAt.After(now()) {
		return // without power nobody hears
	}
	p.drain()
	// Real-time commands pass a full buffer: the receiving side looks for them.
	if room := p.opt.Buffer - p.used(); len(b) > room && !isRealTime(p.in, b) {
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
			p.log.Warn("Unknown command dropped", slog.Int("offset", bad.Offset), slog.Int("bytes", n))
		case err != nil:
			p.insideData(len(p.in))
			p.drain()
			p.flow()
			p.tell()
			return
		case c.RealTime():
			p.obeyNow(c)
		default:
			c.Data = append([]byte(nil), p.in[:n]...) // the whole command, as received
			p.insideData(n)
			c.Len -= p.drawn // what of it waits in the buffer
			p.queue = append(p.queue, c)
			p.queued += c.Len
		}
		p.in, p.looked, p.drawn = p.in[min(n, len(p.in)):], 0, 0
	}
	p.in = nil
	p.flow()
	p.tell()
}

// pictureHead is how a picture begins whose rows are printed as they come: it may be larger than the buffer.
const pictureHead = 8

// drain has the print head take what has come of a picture, unless it is busy with what came before. p.mu is held.
func (p *Printer) drain() {
	if len(p.in) > pictureHead && p.in[0] == 0x1d && p.in[1] == 'v' && len(p.queue) == 0 && !p.offline() && !p.heldUntil.After(now()) {
		p.drawn = len(p.in) - pictureHead
	}
}

// used is how much of the buffer is full. p.mu is held.
func (p *Printer) used() int { return p.queued + len(p.in) - p.drawn }

// insideData obeys the real-time commands that lie in the first n bytes of the running command and were not seen before. p.mu
// is held.
func (p *Printer) insideData(n int) {
	const head = 8 // shorter commands hold none
	if !p.opt.ObeysInData || n <= head {
		return
	}
	for at := max(p.looked, head); at+2 < n; at++ {
		if c, size, err := paper.Next(p.in[at:n]); err == nil && c.RealTime() && p.in[at] == 0x10 {
			p.obeyNow(c)
			at += size - 1
		}
	}
	p.looked = max(n-2, p.looked)
}

func isRealTime(in, b []byte) bool {
	return len(in) == 0 && b[0] == 0x10 || len(in) > 0 && in[0] == 0x10
}

// tell wakes the worker and those who wait. p.mu is held.
func (p *Printer) tell() {
	close(p.changed)
	p.changed = make(chan struct{})
}
