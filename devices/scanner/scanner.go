package scanner

import (
	"bytes"
	"context"
	"log/slog"
	"time"

	"zhizhu/devices"
)

// Options of a Scanner.
type Options struct {
	Log *slog.Logger     // nil discards
	Now func() time.Time // required
	// OnScan takes every code, in the driver's goroutine: it must not block. The Scan is the receiver's own.
	OnScan func(devices.Scan)
	// Silence ends a line that has no end. Zero means 60 ms. A scanner that has been seen to end its lines gets ten
	// times as long, so that a hiccup of the line doesn't cut a code in two.
	Silence time.Duration
	// Again is how long the same code is taken for the same. Zero means 3 s.
	Again time.Duration
}

// Scanner is the driver.
type Scanner struct{ opts Options }

var _ devices.Driver = (*Scanner)(nil)

// New makes a driver.
func New(o Options) *Scanner {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.OnScan == nil {
		o.OnScan = func(devices.Scan) {}
	}
	if o.Silence <= 0 {
		o.Silence = 60 * time.Millisecond
	}
	if o.Again <= 0 {
		o.Again = 3 * time.Second
	}
	return &Scanner{opts: o}
}

// Serve implements devices.Driver. A scanner says nothing of itself, so an open line is all that Ready means.
func (s *Scanner) Serve(ctx context.Context, line devices.Line, report func(devices.Status)) error {
	report(devices.Status{State: devices.Ready})
	r := run{opts: s.opts}
	defer clear(r.last)
	buf := make([]byte, 512)
	dropped := 0
	for {
		n, err := r.read(ctx, line, buf)
		switch {
		case n > 0:
			r.lines.Write(buf[:n], r.take)
			clear(buf[:n])
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			return err
		default:
			r.lines.End(r.take)
		}
		if r.lines.Dropped != dropped {
			dropped = r.lines.Dropped
			report(devices.Status{State: devices.Ready, Dropped: dropped})
		}
	}
}

// run is one line's life.
type run struct {
	opts  Options
	lines Splitter
	last  []byte
	at    time.Time
}

// read returns (0, nil) when a line has begun and silence has fallen.
func (r *run) read(ctx context.Context, line devices.Line, buf []byte) (int, error) {
	if !r.lines.Open() {
		return line.Read(ctx, buf)
	}
	silence := r.opts.Silence
	if r.lines.Ends {
		silence *= 10
	}
	wait, cancel := context.WithTimeout(ctx, silence)
	defer cancel()
	n, err := line.Read(wait, buf)
	if n == 0 && wait.Err() != nil && ctx.Err() == nil {
		return 0, nil
	}
	return n, err
}

// take hands a code on, unless it is the one that was just handed on. A code that is held before the scanner goes on
// being the same for as long as it is seen.
func (r *run) take(code []byte) {
	now := r.opts.Now()
	again := bytes.Equal(code, r.last) && now.Sub(r.at) < r.opts.Again && !now.Before(r.at)
	clear(r.last)
	r.last, r.at = append(r.last[:0], code...), now
	if again {
		r.opts.Log.Debug("Same code again")
		return
	}
	r.opts.OnScan(devices.Scan{Raw: bytes.Clone(code), Text: decode(code)})
}
