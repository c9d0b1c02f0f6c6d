package printer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/printer/escpos"
)

// Options says what the printer is and whom to tell. With Now alone it is an 80 mm printer.
type Options struct {
	Log *slog.Logger     // nil discards
	Now func() time.Time // required; with a monotonic reading, as time.Now has: intervals are measured by it
	// OnStatus is told each change of status, beside Serve's own report.
	OnStatus func(devices.Status)
	Dots     int    // printable width; 0 is 576
	Font     []byte // OpenType font for what the printer's own can't say; nil prints 〓
	// RareFont returns a font for a character that Font lacks (assets.RareFont); nil, or false, draws a box with its code.
	RareFont func(rune) ([]byte, bool)
	NativeQR bool // the printer makes QR codes itself

	Poll   time.Duration // between two rounds of status questions while idle; 0 is 2 s
	Answer time.Duration // how long an answer may take; 0 is 300 ms
	Stall  time.Duration // how long a printer may take no byte in the middle of a job; 0 is 10 s
	Cool   time.Duration // how long a printer may need to recover by itself, as from a hot head; 0 is 60 s
	Settle time.Duration // how long after a job status may stay bad or missing; 0 is 5 s, the time for printing is added
	// Buffer is the printer's receive buffer; 0 is 4096 bytes. A smaller one is found out by its XOFFs, but a printer without
	// flow control needs it to be told.
	Buffer int
}

// Printer is a receipt printer; it implements devices.Driver. Jobs may come from any goroutine, one is printed at a
// time.
type Printer struct {
	opt    Options
	glyphs *escpos.Glyphs
	rare   rareFonts

	mu   sync.Mutex
	cur  *session     // nil while there is no line
	why  devices.Kind // why there is none
	left leftover     // outlives the line: the printer's buffer does too
	draw bool         // the printer has no Chinese font
}

var _ devices.Driver = (*Printer)(nil)

// New makes a printer without a line. The error says what is missing, or that the font can't be read.
func New(o Options) (*Printer, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		return nil, errors.New("make printer: no clock is given, set Options.Now")
	}
	if o.OnStatus == nil {
		o.OnStatus = func(devices.Status) {}
	}
	defaults(&o.Dots, 576)
	defaults(&o.Poll, 2*time.Second)
	defaults(&o.Answer, 300*time.Millisecond)
	defaults(&o.Stall, 10*time.Second)
	defaults(&o.Cool, time.Minute)
	defaults(&o.Settle, 5*time.Second)
	defaults(&o.Buffer, 4096)
	p := &Printer{opt: o, why: devices.NoPort, rare: rareFonts{load: o.RareFont, log: o.Log}}
	if len(o.Font) > 0 {
		g, err := escpos.NewGlyphs(o.Font)
		if err != nil {
			return nil, fmt.Errorf("make printer: %w", err)
		}
		p.glyphs = g
	}
	return p, nil
}

func defaults[T int | time.Duration](v *T, d T) {
	if *v <= 0 {
		*v = d
	}
}

// answerAfter is how long after the end of its context a job that has begun may take to say what became of it: the
// questions that are open then are answered first.
const answerAfter = 2 * time.Second

// Print prints one document and returns when it is known what became of it. It is done at the latest shortly after ctx
// ends. Calls at the same time are printed one after the other.
func (p *Printer) Print(ctx context.Context, doc devices.Document) devices.PrintResult {
	p.mu.Lock()
	s, why := p.cur, p.why
	p.mu.Unlock()
	if s == nil {
		return failed(why)
	}
	s.awaitFont(ctx)
	p.mu.Lock()
	draw := p.draw
	p.mu.Unlock()
	laid, err := escpos.Layout(doc, escpos.Profile{
		Dots: p.opt.Dots, DrawChinese: draw, NativeQR: p.opt.NativeQR, Glyphs: p.glyphs, Rare: p.rare.find, Code: code,
		Band: s.band(),
	})
	if err != nil {
		p.opt.Log.Error("Document not laid out", slog.Any("err", err))
		return failed(devices.Internal)
	}
	j := job{ctx: ctx, laid: laid, done: make(chan devices.PrintResult, 1)}
	select {
	case s.jobs <- j:
		return j.await(s.over)
	case <-s.over:
		return failed(devices.HungUp)
	case <-ctx.Done():
		return failed(devices.Cancelled)
	}
}

func failed(k devices.Kind) devices.PrintResult {
	return devices.PrintResult{Outcome: devices.PrintFailed, Reason: k}
}

// job is one document on its way.
type job struct {
	ctx  context.Context //nolint:containedctx // the job is the call
	laid escpos.Job
	done chan devices.PrintResult
}

// await returns what became of a job that was taken on. Of one that gets no answer, because the driver broke down or is
// stuck in a line that doesn't give a write back, nobody knows how much came out.
func (j job) await(over <-chan struct{}) devices.PrintResult {
	select {
	case res := <-j.done:
		return res
	case <-over:
	case <-j.ctx.Done():
		grace := time.NewTimer(answerAfter)
		defer grace.Stop()
		select {
		case res := <-j.done:
			return res
		case <-over:
		case <-grace.C:
		}
	}
	select {
	case res := <-j.done: // the session answers before it is over
		return res
	default:
		return devices.PrintResult{Outcome: devices.PrintUnknown}
	}
}

// leftover is what a broken-off job may have left in the printer.
type leftover struct {
	any  bool
	ink  bool // some of it may be on the paper or still come
	owed int  // bytes that the printer still waits for in the middle of a picture
	lost bool // the line broke: how much of what was sent arrived, nobody knows
}

// Serve implements devices.Driver. Whatever way it ends, by a panic too, no job is left waiting for it and the next
// call begins anew.
func (p *Printer) Serve(ctx context.Context, line devices.Line, report func(devices.Status)) error {
	s := newSession(p, line, report)
	p.mu.Lock()
	p.cur = s
	p.mu.Unlock()
	why := devices.Internal
	defer func() {
		p.mu.Lock()
		p.cur, p.why = nil, why
		p.mu.Unlock()
		close(s.over)
	}()
	err := s.serve(ctx)
	if why = devices.KindOf(err); ctx.Err() != nil {
		why = devices.HungUp
	}
	return err
}
