package probe

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"slices"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/idcard/sam"
	"zhizhu/devices/port"
)

// Kinds of devices, as slots name them.
const (
	IDCard  = "idcard"
	Printer = "printer"
	Scanner = "scanner"
)

// Note is something about a port that staff should know.
type Note string

// Notes.
const (
	Echo     Note = "echo"     // what is sent comes back: a loop-back plug, or wires that touch
	Noise    Note = "noise"    // bytes come that mean nothing: an unknown device, or an unknown speed
	Quiet    Note = "quiet"    // nothing comes at all
	SelfTest Note = "selftest" // a card reader whose module says that it is broken (60)
	Unknown  Note = "unknown"  // a card reader whose module is not authorised (66)
	Guess    Note = "guess"    // taken for a scanner because nothing else is left
	ByUSB    Note = "usb"      // known by the maker of its USB port
)

// Finding is what was found at a port.
type Finding struct {
	Kind  string `json:"kind"`            // IDCard, Printer, Scanner, or "" for nobody knows
	Baud  int    `json:"baud,omitempty"`  // speed at which it answered, bits a second
	Model string `json:"model,omitempty"` // what it says of itself
	Sure  bool   `json:"sure"`            // it has proved what it is
	Notes []Note `json:"notes,omitempty"`
}

// Open opens and locks a port for a device.
type Open func(ctx context.Context, device, path string, baud int) (devices.Line, error)

// OpenPort is the Open of real ports.
func OpenPort(log *slog.Logger) Open {
	return func(ctx context.Context, device, path string, baud int) (devices.Line, error) {
		return port.Open(ctx, port.Config{Path: path, Baud: baud, Device: device, Log: log})
	}
}

// Options of Identify. The zero Options search for everything.
type Options struct {
	Open   Open          // nil is OpenPort
	Device string        // named in errors; "" is "probe"
	Want   []string      // kinds to search for; none is all. A printer is always told, so that it is asked nothing else
	Bauds  []int         // speeds to try before the others
	USB    USB           // of the port, where it is known
	Listen time.Duration // for a code that somebody shows, after a scanner's questions; at each speed of a scanner
	Log    *slog.Logger  // nil discards
}

func (o Options) wants(kind string) bool { return len(o.Want) == 0 || slices.Contains(o.Want, kind) }

// Identify finds out what is at the port at path. It takes under 4 s where nothing answers. Its error is a
// *devices.Error from opening (InUse names the holder: a port in use is not touched), HungUp, or ctx's.
func Identify(ctx context.Context, path string, o Options) (Finding, error) {
	line, f, err := identify(ctx, path, o)
	if err != nil {
		return f, err
	}
	return f, shut(line)
}

func shut(line devices.Line) error {
	if c, ok := line.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// identify is Identify with the line left open, at the finding's speed.
func identify(ctx context.Context, path string, o Options) (devices.Line, Finding, error) {
	if o.Open == nil {
		o.Open = OpenPort(o.Log)
	}
	o.Device = cmp.Or(o.Device, "probe")
	first := ahead(o.Bauds, printerSpeeds())[0]
	line, err := o.Open(ctx, o.Device, path, first)
	if err != nil {
		return nil, Finding{}, err
	}
	s := search{o: o, talk: talk{line: line}, path: path}
	f, err := s.run(ctx)
	if err != nil {
		return nil, Finding{}, errors.Join(err, shut(s.line))
	}
	return s.line, f, nil
}

// search is one port's.
type search struct {
	talk
	o    Options
	path string
}

func (s *search) run(ctx context.Context) (Finding, error) {
	if hint(s.o.USB) {
		baud := ahead(s.o.Bauds, scannerSpeeds())[0]
		return Finding{Kind: Scanner, Baud: baud, Model: s.o.USB.Name, Sure: true, Notes: []Note{ByUSB}}, s.tune(ctx, baud)
	}
	for _, stage := range []struct {
		skip bool
		run  func(context.Context) (Finding, error)
		at   []int
	}{
		{false, s.asPrinter, printerSpeeds()},
		{!s.o.wants(IDCard) && !s.o.wants(Scanner), s.asReader, readerSpeeds()},
		{!s.o.wants(Scanner), s.asScanner, scannerSpeeds()},
	} {
		if stage.skip {
			continue
		}
		for _, baud := range ahead(s.o.Bauds, stage.at) {
			if err := s.tune(ctx, baud); err != nil {
				return Finding{}, err
			}
			if f, err := stage.run(ctx); err != nil || f.Kind != "" {
				f.Baud = baud
				return f, err
			}
			if s.code { // somebody shows a scanner a code, just now
				return Finding{Kind: Scanner, Baud: baud, Sure: true}, nil
			}
		}
	}
	return s.nobody(), nil
}

// nobody is the finding where nothing answered.
func (s *search) nobody() Finding {
	switch {
	case s.echo:
		return Finding{Notes: []Note{Echo}}
	case s.noise:
		return Finding{Notes: []Note{Noise}}
	}
	return Finding{Notes: []Note{Quiet}}
}

func (s *search) asPrinter(ctx context.Context) (Finding, error) {
	ok, err := s.printer(ctx)
	if err != nil || !ok {
		return Finding{}, err
	}
	if err := s.wipe(ctx); err != nil { // questions at another speed may have looked like text
		return Finding{}, err
	}
	model, err := s.printerModel(ctx)
	return Finding{Kind: Printer, Model: model, Sure: true}, err
}

func (s *search) asReader(ctx context.Context) (Finding, error) {
	r, ok, err := s.reader(ctx)
	if err == nil && !ok && !s.code {
		err = s.wipeAll(ctx)
	}
	if err != nil || !ok {
		return Finding{}, err
	}
	f := Finding{Kind: IDCard, Sure: true}
	switch r.Status {
	case sam.SelfTestFailed:
		f.Notes = []Note{SelfTest}
	case sam.Unauthorised:
		f.Notes = []Note{Unknown}
	default:
		f.Model, err = s.readerModel(ctx)
	}
	return f, err
}

func (s *search) asScanner(ctx context.Context) (Finding, error) {
	family, ok, err := s.scanner(ctx)
	if err != nil {
		return Finding{}, err
	}
	if !ok && s.o.Listen > 0 {
		got, err := s.hear(ctx, nil, s.o.Listen, code)
		if err != nil {
			return Finding{}, err
		}
		s.judge(got)
		ok = s.code
	}
	if !ok {
		return Finding{}, nil
	}
	return Finding{Kind: Scanner, Model: family, Sure: true}, nil
}

// tune changes the line's speed, by opening it anew where it can't be changed. It stands before talk's own.
func (s *search) tune(ctx context.Context, baud int) error {
	if s.line.Baud() == baud {
		return nil
	}
	if t, ok := s.line.(tuner); ok {
		return t.SetBaud(ctx, baud)
	}
	if err := shut(s.line); err != nil {
		return err
	}
	line, err := s.o.Open(ctx, s.o.Device, s.path, baud)
	if err != nil {
		return err
	}
	s.line = line
	return nil
}
