package slot

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"time"

	"zhizhu/devices"
)

// Options of a Slot. Either Open and Driver are given, or Run.
type Options struct {
	Device string // "idcard", "printer", "scanner": for logs
	// Path is the port, as configured: empty means that the machine has no such device. A slot that searches for its
	// port has a word here ("auto"), and There.
	Path string
	Baud int // speed as configured, 0 where it is searched for
	// Open opens and locks the port. A line that is also an io.Closer is closed after its loss. The line may lie
	// elsewhere than at Path and run at another speed than Baud: statuses tell the line's own.
	Open   func(context.Context) (devices.Line, error)
	Driver devices.Driver
	// Run serves a device that has no serial line (a camera, a printer behind the system's spooler), under the same
	// supervision. It opens what it needs, tells by report how the device is, runs until ctx ends or the device is
	// lost, and leaves nothing open or running when it returns. Its error's kind becomes the reason.
	Run func(ctx context.Context, report func(devices.Status)) error
	// There says whether the device's port is there. It is asked ten times a second while the slot pauses between two
	// tries, in the slot's goroutine; a change from false to true ends the pause. nil looks for a file at Path.
	There func() bool
	// OnStatus takes every change, in the slot's goroutine: it must not block.
	OnStatus func(devices.Status)
	Log      *slog.Logger     // nil discards
	Now      func() time.Time // required
	// Backoff is how long to wait before the port is opened again. Zero fields mean 100 ms doubling to 5 s. A port that
	// another program has, or that this one may not open, is tried at least every second: its state is told then. A
	// slot with another kind of device in it is tried every Max, until its port changes.
	Backoff Backoff
}

// Backoff is a pause that doubles from Min to Max.
type Backoff struct{ Min, Max time.Duration }

const (
	lookEvery   = 100 * time.Millisecond // for a port that is not there
	steadyAfter = 5 * time.Second        // of service, after which trouble is new trouble
	askEvery    = time.Second            // at least, of what is told as taken or forbidden
)

// Slot supervises one device. Serve may run once at a time.
type Slot struct {
	opts Options
	told *devices.Status // last told, nil for none yet
	path string          // of the line that is open, or was last
	baud int
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
	return &Slot{opts: o, path: o.Path, baud: o.Baud}
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
		came := s.wait(ctx, s.patience(devices.KindOf(err), pause))
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

// patience is how long to pause after trouble of kind k, where the back-off has come to pause.
func (s *Slot) patience(k devices.Kind, pause time.Duration) time.Duration {
	switch k {
	case devices.WrongDevice: // asking it again and again is no help, and it may print what it is asked
		return s.opts.Backoff.Max
	case devices.InUse, devices.NoPermission:
		return min(pause, max(askEvery, s.opts.Backoff.Min))
	default:
		return pause
	}
}

// once serves the device until it is lost. A driver that panics leaves the port closed, so that the next try finds it
// free, and the device told as out of service.
func (s *Slot) once(ctx context.Context) (err error) {
	ended := false
	defer func() {
		if !ended {
			s.lost(s.fault("driver panicked"))
		}
	}()
	if s.opts.Run != nil {
		err = s.opts.Run(ctx, s.report)
	} else {
		err = s.line(ctx)
	}
	ended = true
	if err == nil {
		err = s.fault("driver ended without a reason")
	}
	return err
}

// line opens the line and serves it until it is lost.
func (s *Slot) line(ctx context.Context) error {
	line, err := s.opts.Open(ctx)
	if err != nil {
		return err
	}
	defer s.close(line)
	s.path, s.baud = line.Path(), line.Baud()
	s.opts.Log.Info("Port opened", slog.String("port", s.path), slog.Int("baud", s.baud))
	return s.opts.Driver.Serve(ctx, line, s.report)
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
	case devices.NoPort, devices.NotFound, devices.InUse, devices.NoPermission, devices.HungUp, devices.Unconfigured:
		st.State = devices.Missing
	default:
	}
	if e, ok := errors.AsType[*devices.Error](err); ok {
		st.Holder = e.Holder
	}
	if st.Reason != devices.HungUp { // what was pulled out is named by where it was
		s.path, s.baud = s.opts.Path, s.opts.Baud
	}
	if s.tell(st) {
		s.opts.Log.Warn("Device out of service", slog.String("port", s.path), slog.Any("err", err))
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
			switch there := s.there(); {
			case there && absent:
				s.opts.Log.Info("Port is there", slog.String("port", s.opts.Path))
				return true
			case !there && !absent:
				absent = true
				s.left()
			}
		}
	}
}

// left tells that the port went away during a pause, whatever was wrong with it before.
func (s *Slot) left() {
	if s.opts.There == nil && s.told != nil && s.told.Reason != devices.HungUp {
		s.tell(devices.Status{State: devices.Missing, Reason: devices.NoPort})
	}
}

func (s *Slot) there() bool {
	if s.opts.There != nil {
		return s.opts.There()
	}
	_, err := os.Stat(s.opts.Path)
	return err == nil
}

// report is what the driver tells by.
func (s *Slot) report(st devices.Status) {
	if s.opts.Run != nil { // it alone knows where its device is
		s.path, s.baud = cmp.Or(st.Port, s.opts.Path), st.Baud
	}
	if s.tell(st) && st.Usable() {
		s.opts.Log.Info("Device in service", slog.String("port", s.path), slog.String("model", st.Model))
	}
}

// tell hands a status on where it differs from the last one, and says whether its state does.
func (s *Slot) tell(st devices.Status) (changed bool) {
	st.Port, st.Baud = s.path, s.baud
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
