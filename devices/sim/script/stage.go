package script

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"zhizhu/devices/sim"
)

// ErrQuit is how a script ends everything that is played.
var ErrQuit = errors.New("quit")

// Stage is what a script plays on. Devices that are not there are nil.
type Stage struct {
	Card    *sim.CardReader
	Printer *sim.Printer
	Scanner *sim.Scanner
	Lines   map[string]*sim.TTY // "idcard", "printer", "scanner"
	// Said takes what the script says, and the errors of what it plays later. Commands that are played at once return theirs.
	// It may be called by several goroutines; nil drops all.
	Said func(text string, err error)

	mu       sync.Mutex
	receipts int // seen by the script so far, as all that follow
	readings int
	triggers int
	later    sync.WaitGroup
}

// Play plays steps one after the other, until the end, an error, or the end of ctx. What was started for later goes on:
// see Wait. text is what the last step says.
func (s *Stage) Play(ctx context.Context, steps []Step) (text string, err error) {
	for _, step := range steps {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		if text, err = s.play(ctx, step); err != nil {
			return "", err
		}
	}
	return text, nil
}

// Wait waits for what was started for later. End its ctx first, or it takes as long as that takes.
func (s *Stage) Wait() { s.later.Wait() }

func (s *Stage) play(ctx context.Context, step Step) (string, error) {
	if step.block != nil || step.do == nil {
		for n := 0; n != step.times; n++ {
			if _, err := s.Play(ctx, step.block); err != nil {
				return "", err
			}
		}
		return "", nil
	}
	if step.after > 0 {
		s.in(ctx, step.after, func() error {
			_, err := step.do(ctx, s, step.args)
			return at(step, err)
		})
		return "", nil
	}
	text, err := step.do(ctx, s, step.args)
	return text, at(step, err)
}

func at(step Step, err error) error {
	if err == nil || errors.Is(err, ErrQuit) || errors.Is(err, context.Canceled) {
		return err
	}
	return fmt.Errorf("line %d, %s: %w", step.Line, step.Word, err)
}

// in does something later, unless ctx ends before.
func (s *Stage) in(ctx context.Context, d time.Duration, do func() error) {
	s.later.Go(func() {
		if pause(ctx, d) != nil {
			return
		}
		if err := do(); err != nil && ctx.Err() == nil {
			s.tell("", err)
		}
	})
}

func (s *Stage) tell(text string, err error) {
	if s.Said != nil {
		s.Said(text, err)
	}
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

func (s *Stage) wait(ctx context.Context, a args) (string, error) {
	return "", pause(ctx, a.duration("time"))
}

func (s *Stage) say(_ context.Context, a args) (string, error) {
	s.tell(a.text("text"), nil)
	return "", nil
}

// patience is how long is waited for something, where the script doesn't say.
const patience = 60 * time.Second

// until waits until a counter has gone beyond what the script has seen of it by more than n.
func (s *Stage) until(ctx context.Context, a args, what string, seen *int, n int, count func() int) (string, error) {
	limit := patience
	if a.has("time") {
		limit = a.duration("time")
	}
	late := time.NewTimer(limit)
	defer late.Stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		s.mu.Lock()
		come := count() >= *seen+n
		if come {
			*seen += n
		}
		s.mu.Unlock()
		if come {
			return "", nil
		}
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case <-tick.C:
		case <-late.C:
			return "", fmt.Errorf("no %s came within %v", what, limit)
		}
	}
}

func (s *Stage) waitReceipt(ctx context.Context, a args) (string, error) {
	if s.Printer == nil {
		return "", errAbsent("printer")
	}
	return s.until(ctx, a, "receipt", &s.receipts, 1, s.Printer.Printed)
}

func (s *Stage) waitReading(ctx context.Context, a args) (string, error) {
	if s.Card == nil {
		return "", errAbsent("card reader")
	}
	return s.until(ctx, a, "reading of a card", &s.readings, 1, s.Card.Readings)
}

func (s *Stage) waitTrigger(ctx context.Context, a args) (string, error) {
	if s.Scanner == nil {
		return "", errAbsent("scanner")
	}
	return s.until(ctx, a, "command to read", &s.triggers, 1, func() int { return s.Scanner.Counts().Triggers })
}

func (s *Stage) waitBytes(ctx context.Context, a args) (string, error) {
	if s.Printer == nil {
		return "", errAbsent("printer")
	}
	from := s.Printer.Received()
	return s.until(ctx, a, "bytes", &from, a.number("bytes"), s.Printer.Received)
}

func errAbsent(device string) error { return fmt.Errorf("no %s is played here", device) }

// name is the name of the device in a command.
func name(a args) string {
	if d := a.text("device"); d != "reader" {
		return d
	}
	return "idcard"
}

func (s *Stage) line(device string) (*sim.TTY, error) {
	if tty := s.Lines[device]; tty != nil {
		return tty, nil
	}
	return nil, errAbsent(device)
}

func (s *Stage) unplug(ctx context.Context, a args) (string, error) {
	tty, err := s.line(name(a))
	if err != nil {
		return "", err
	}
	if d := a.duration("time"); d > 0 {
		s.in(ctx, d, tty.Restore)
	}
	return "", tty.HangUp()
}

func (s *Stage) unplugAt(ctx context.Context, a args) (string, error) {
	tty, err := s.line("printer")
	if err != nil || s.Printer == nil {
		return "", errAbsent("printer")
	}
	s.Printer.AtByte(a.number("byte"), func() {
		if err := tty.HangUp(); err != nil {
			s.tell("", err)
		}
		if d := a.duration("time"); d > 0 {
			s.in(ctx, d, tty.Restore)
		}
	})
	return "", nil
}

func (s *Stage) plug(_ context.Context, a args) (string, error) {
	tty, err := s.line(name(a))
	if err != nil {
		return "", err
	}
	link := a.text("link")
	if link == "" {
		return "", tty.Restore()
	}
	if !filepath.IsAbs(link) {
		link = filepath.Join(filepath.Dir(tty.Path()), link)
	}
	return "", tty.RestoreAs(link)
}

func (s *Stage) baud(_ context.Context, a args) (string, error) {
	tty, err := s.line(name(a))
	if err == nil {
		tty.SetBaud(a.number("baud"))
	}
	return "", err
}

// faulty is what every played device can.
type faulty interface {
	Inject(f sim.Fault)
	Mend()
	Noise(ctx context.Context, n int) error
}

func (s *Stage) device(a args) (faulty, error) {
	switch name(a) {
	case "idcard":
		if s.Card != nil {
			return s.Card, nil
		}
	case "printer":
		if s.Printer != nil {
			return s.Printer, nil
		}
	case "scanner":
		if s.Scanner != nil {
			return s.Scanner, nil
		}
	}
	return nil, errAbsent(name(a))
}

func (s *Stage) noise(ctx context.Context, a args) (string, error) {
	d, err := s.device(a)
	if err != nil {
		return "", err
	}
	return "", d.Noise(ctx, a.number("bytes"))
}

func (s *Stage) mend(_ context.Context, a args) (string, error) {
	d, err := s.device(a)
	if err == nil {
		d.Mend()
	}
	return "", err
}

func (s *Stage) fault(_ context.Context, a args) (string, error) {
	d, err := s.device(a)
	if err != nil {
		return "", err
	}
	f := sim.Fault{Times: a.count(), At: a.number("byte"), Pause: a.duration("time")}
	if a.has("bytes") {
		f.At = a.number("bytes")
	}
	f.Kind = map[string]sim.FaultKind{
		"silent": sim.Silence, "double": sim.Twice, "checksum": sim.WrongChecksum, "late": sim.Late, "bytewise": sim.ByteByByte,
		"truncate": sim.Truncated, "unplug": sim.Unplugged, "noise": sim.NoiseBefore, "noise-after": sim.NoiseAfter,
		"extra-aa": sim.ExtraPreamble, "longer": sim.WrongLength, "shorter": sim.WrongLength,
	}[a.text("fault")]
	if a.text("fault") == "shorter" {
		f.At = -f.At
	}
	d.Inject(f)
	return "", nil
}

func (s *Stage) powerCycle(ctx context.Context, a args) (string, error) {
	n := a.number("bytes")
	switch d := name(a); {
	case d == "idcard" && s.Card != nil:
		if err := s.Card.PowerCycle(ctx, nil); err != nil {
			return "", err
		}
	case d == "printer" && s.Printer != nil:
		s.Printer.PowerCycle()
	}
	d, err := s.device(a)
	if err != nil || n == 0 {
		return "", err
	}
	return "", d.Noise(ctx, n)
}
