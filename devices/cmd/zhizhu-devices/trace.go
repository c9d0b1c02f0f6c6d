package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/port"
	"zhizhu/devices/sim"
)

// traceCmd stands between a device and its program, or only listens.
type traceCmd struct {
	Port     string `arg:"" help:"The device's port."`
	As       string `type:"path" help:"Make a port under this link, for the program to open instead of PORT, and pass everything on. Without it: only listen to what the device says."`
	Baud     int    `default:"115200" help:"Speed of PORT."`
	Kind     string `enum:"auto,idcard,printer,scanner" default:"auto" help:"What kind of device it is."`
	Raw      string `type:"path" help:"Also write a recording, for zhizhu-devices play. Personal data are overwritten, lengths and check sums stay right."`
	Unmasked bool   `help:"Write the recording with personal data. Needs the other flag too."`
	Scary    bool   `name:"i-hold-personal-data-of-residents-and-will-destroy-this-file" help:"What it says."`
}

// Validate is kong's.
func (c *traceCmd) Validate() error {
	if c.Unmasked && !c.Scary {
		return errors.New("--unmasked would write names, numbers and codes of residents into a file: it is refused without " +
			"--i-hold-personal-data-of-residents-and-will-destroy-this-file")
	}
	return nil
}

// Run is kong's.
func (c *traceCmd) Run(ctx context.Context, stdout io.Writer) (err error) {
	t := &tracer{out: stdout, mask: newMask(c.Kind), start: time.Now(), unmasked: c.Unmasked}
	if c.Raw != "" {
		f, err := os.OpenFile(c.Raw, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return fmt.Errorf("make recording: %w", err)
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		t.raw = f
	}
	defer func() { err = errors.Join(err, t.end()) }()
	var tty *sim.TTY
	if c.As != "" {
		if tty, err = sim.OpenTTY(c.As, 0); err != nil {
			return err
		}
		defer func() { _ = tty.Close() }() // nothing is lost with a pty
		t.note("programs open %s instead of %s", c.As, c.Port)
	}
	return c.serve(ctx, t, tty)
}

// again is how long after a loss the port is tried again.
const again = time.Second

// serve traces one life of the port after the other.
func (c *traceCmd) serve(ctx context.Context, t *tracer, tty *sim.TTY) error {
	for first := true; ; first = false {
		line, err := port.Open(ctx, port.Config{Path: c.Port, Baud: c.Baud, Device: "traced device"})
		if err == nil {
			t.note("%s is open at %d baud", c.Port, c.Baud)
			if tty != nil {
				err = tty.Restore()
			}
			if err == nil {
				err = t.pass(ctx, line, tty)
			}
			err = errors.Join(err, line.Close())
			t.note("%s is lost", c.Port)
		} else if first {
			return err
		}
		if ctx.Err() != nil {
			return nil
		}
		if devices.KindOf(err) == devices.Internal {
			return err
		}
		if tty != nil { // the program sees what happened to the cable
			_ = tty.HangUp()
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(again):
		}
	}
}

// tracer tells what goes by.
type tracer struct {
	mu       sync.Mutex
	out      io.Writer
	raw      io.Writer // nil without a recording
	mask     mask
	start    time.Time
	unmasked bool
	last     time.Time // of the recording
	err      error     // of writing
}

// quiet is how long nothing may come before what has begun is told as it is.
const quiet = 300 * time.Millisecond

// pass carries bytes both ways until the line is lost or ctx ends.
func (t *tracer) pass(ctx context.Context, line *port.Port, tty *sim.TTY) error {
	ctx, stop := context.WithCancelCause(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { stop(t.fromDevice(ctx, line, tty)) })
	if tty != nil {
		wg.Go(func() { stop(t.fromHost(ctx, line, tty)) })
	}
	wg.Wait()
	return context.Cause(ctx)
}

func (t *tracer) fromDevice(ctx context.Context, line *port.Port, tty *sim.TTY) error {
	buf := make([]byte, 4096)
	for {
		wait, cancel := context.WithTimeout(ctx, quiet)
		n, err := line.Read(wait, buf)
		silent := wait.Err() != nil && ctx.Err() == nil
		cancel()
		switch {
		case n > 0:
			t.tell(deviceSide, buf[:n])
			if tty == nil {
				continue
			}
			if err := tty.Send(ctx, buf[:n]); err != nil && !errors.Is(err, sim.ErrUnplugged) {
				return err
			}
		case silent:
			t.flush()
		case err != nil:
			return err
		}
	}
}

func (t *tracer) fromHost(ctx context.Context, line *port.Port, tty *sim.TTY) error {
	buf := make([]byte, 4096)
	for {
		n, err := tty.Recv(ctx, buf)
		if err != nil {
			return err
		}
		t.tell(hostSide, buf[:n])
		if err := line.Write(ctx, buf[:n]); err != nil {
			if devices.KindOf(err) != devices.Stalled {
				return err
			}
			t.note("the device takes nothing more: %d bytes or some of them are lost", n)
		}
	}
}

// tell tells what one side has written.
func (t *tracer) tell(from side, b []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, e := range t.mask.feed(from, b) {
		t.print(e)
	}
	if t.raw != nil && t.unmasked {
		t.record(from, b)
	}
}

func (t *tracer) flush() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, e := range t.mask.flush() {
		t.print(e)
	}
}

// end tells what was kept back and returns the first error of writing.
func (t *tracer) end() error {
	t.flush()
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.err
}

func (t *tracer) note(format string, v ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.printf("%s # "+format+"\n", append([]any{t.at()}, v...)...)
}

// at is the time since the start, in seconds.
func (t *tracer) at() string { return fmt.Sprintf("%10.6f", time.Since(t.start).Seconds()) }

func (t *tracer) print(e event) {
	t.printf("%s %c %s\n", t.at(), e.side, e.says)
	if t.raw != nil && !t.unmasked && len(e.bytes) > 0 {
		t.record(e.side, e.bytes)
	}
}

func (t *tracer) printf(format string, v ...any) {
	if _, err := fmt.Fprintf(t.out, format, v...); err != nil && t.err == nil {
		t.err = fmt.Errorf("write trace: %w", err)
	}
}

// record adds to the recording, with the pause since what stands there last.
func (t *tracer) record(from side, b []byte) {
	now := time.Now()
	entries := []sim.Entry{{Kind: sim.EntryKind(from), Bytes: b}}
	if pause := now.Sub(t.last).Round(time.Millisecond); !t.last.IsZero() && pause > 0 {
		entries = append([]sim.Entry{{Kind: sim.Pause, Pause: pause}}, entries...)
	}
	t.last = now
	if _, err := (sim.Recording{Scenes: []sim.Scene{{Entries: entries}}}).WriteTo(t.raw); err != nil && t.err == nil {
		t.err = fmt.Errorf("write recording: %w", err)
	}
}
