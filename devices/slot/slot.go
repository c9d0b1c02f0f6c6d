package slot

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"time"

	"zhizhu/devices"
)

// Options of a Slot.
type Options struct {
	Device string // "idcard", "printer", "scanner": for logs
	Path   string // the port, as configured; empty means that the machine has no such device
	Baud   int    // for logs
	// Open opens and locks the port. A line that is also an io.Closer is closed after its loss.
	Open   func(context.Context) (devices.Line, error)
	Driver devices.Driver
	// OnStatus takes every change, in the slot's goroutine: it must not block.
	OnStatus func(devices.Status)
	Log      *slog.Logger     // nil discards
	Now      func() time.Time // required
	// Backoff is how long to wait before the port is opened again. Zero fields mean 100 ms doubling to 5 s.
	Backoff Backoff
}

// Backoff is a pause that doubles from Min to Max.
type Backoff struct{ Min, Max time.Duration }

const (
	lookEvery   = 100 * time.Millisecond // for a port that is not there
	steadyAfter = 5 * time.Second        // of service, after which trouble is new trouble
)

// Slot supervises one device. Serve may run once at a time.
type Slot struct {
	opts Options
	told *devices.Status // last told, nil for none yet
}

// New makes a slot.
func New(o Options) *Slot {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.OnStatus == nil {
		o.OnStatus = func(devices.Status) {}
	}
	if o.Backoff.Min <= 0 {
		o.Backoff.Min = 100 * time.Millisecond
	}
	if o.Backoff.Max < o.Backoff.Min {
		o.Backoff.Max = max(5*time.Second, o.Backoff.Min)
	}
	o.Log = o.Log.With(slog.String("device", o.Device))
	return &Slot{opts: o}
}

// String names the slot in the supervision tree.
func (s *Slot) String() string { return "slot " + s.opts.Device }

// Serve keeps the device in service until ctx ends, and returns ctx's error.
func (s *Slot) Serve(ctx context.Context) error {
	if s.opts.Path == "" {
		s.tell(devices.Status{State: devices.Missing, Reason: devices.Unconfigured})
		<-ctx.Done()
		return ctx.Err()
	}
	pause := s.opts.Backoff.Min
	for {
		start := s.opts.Now()
		err := s.once(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if lived := s.opts.Now().Sub(start); lived >= steadyAfter {
			pause = s.opts.Backoff.Min
		}
		s.lost(err)
		came := s.wait(ctx, pause)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case came:
			pause = s.opts.Backoff.Min
		default:
			pause = min(2*pause, s.opts.Backoff.Max)
		}
	}
}

// once opens the port and serves it until it is lost. A driver that panics leaves the port closed, so that the next try
// finds it free, and the device told as out of service.
func (s *Slot) once(ctx context.Context) error {
	line, err := s.opts.Open(ctx)
	if err != nil {
		return err
	}
	s.opts.Log.Info("Port opened", slog.String("port", s.opts.Path), slog.Int("baud", s.opts.Baud))
	ended := false
	defer func() {
		s.close(line)
		if !ended {
			s.lost(s.fault("driver panicked"))
		}
	}()
	err = s.opts.Driver.Serve(ctx, line, s.report)
	ended = true
	if err == nil {
		err = s.fault("driver ended without a reason")
	}
	return err
}

func (s *Slot) close(line devices.Line) {
	if c, ok := line.(io.Closer); ok {
		if err := c.Close(); err != nil {
			s.opts.Log.Debug("Port closed with an error", slog.Any("err", err))
		}
	}
}

func (s *Slot) fault(what string) error {
	return &devices.Error{Device: s.opts.Device, Kind: devices.Internal, Op: "serve", Err: errors.New(what)}
}

// lost tells why the device is out of service.
func (s *Slot) lost(err error) {
	st := devices.Status{State: devices.Faulty, Reason: devices.KindOf(err)}
	switch st.Reason {
	case devices.NoPort, devices.InUse, devices.HungUp, devices.Unconfigured:
		st.State = devices.Missing
	default:
	}
	if s.tell(st) {
		s.opts.Log.Warn("Device out of service", slog.String("port", s.opts.Path), slog.Any("err", err))
	}
}

// wait pauses before the next try. A port that is not there is looked for all the while; true says that it came.
func (s *Slot) wait(ctx context.Context, pause time.Duration) (came bool) {
	over := time.NewTimer(pause)
	defer over.Stop()
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	absent := !s.there()
	for {
		select {
		case <-ctx.Done():
			return false
		case <-over.C:
			return false
		case <-look.C:
			if !s.there() {
				absent = true
			} else if absent {
				s.opts.Log.Info("Port is there", slog.String("port", s.opts.Path))
				return true
			}
		}
	}
}

func (s *Slot) there() bool {
	_, err := os.Stat(s.opts.Path)
	return err == nil
}

// report is what the driver tells by.
func (s *Slot) report(st devices.Status) {
	if s.tell(st) && st.Usable() {
		s.opts.Log.Info("Device in service", slog.String("port", s.opts.Path), slog.String("model", st.Model))
	}
}

// tell hands a status on where it differs from the last one, and says whether its state does.
func (s *Slot) tell(st devices.Status) (changed bool) {
	st.Port = s.opts.Path
	changed = s.told == nil || s.told.State != st.State || s.told.Reason != st.Reason
	if changed {
		st.Since = s.opts.Now()
	} else {
		st.Since = s.told.Since
	}
	if s.told != nil && *s.told == st {
		return false
	}
	s.told = &st
	s.opts.OnStatus(st)
	return changed
}
