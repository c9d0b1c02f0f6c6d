package scanner

import (
	"context"
	"time"

	"zhizhu/devices"
)

// inlet reads the line in a goroutine of its own, a portion whenever it is asked, so that a run can wait for more than
// the line. The silence that ends a code is measured in here, by the line's own Read: it looks for bytes once more before
// it gives up, so that a busy machine isn't taken for a silent scanner.
type inlet struct {
	ask chan time.Duration // how long silence may last; 0 for ever
	got chan portionRead
}

type portionRead struct {
	bytes []byte // valid until the next ask
	err   error  // nil without bytes is silence
}

func newInlet() inlet {
	return inlet{ask: make(chan time.Duration, 1), got: make(chan portionRead)}
}

func (i inlet) serve(ctx context.Context, line devices.Line) {
	buf := make([]byte, portion)
	defer clear(buf)
	for {
		select {
		case <-ctx.Done():
			return
		case silence := <-i.ask:
			n, err := read(ctx, line, buf, silence)
			select {
			case <-ctx.Done():
				return
			case i.got <- portionRead{buf[:n], err}:
			}
		}
	}
}

// read returns (0, nil) when silence has fallen.
func read(ctx context.Context, line devices.Line, buf []byte, silence time.Duration) (int, error) {
	if silence == 0 {
		return line.Read(ctx, buf)
	}
	wait, cancel := context.WithTimeout(ctx, silence)
	defer cancel()
	n, err := line.Read(wait, buf)
	switch {
	case n > 0:
		return n, nil
	case wait.Err() != nil && ctx.Err() == nil && devices.KindOf(err) != devices.HungUp:
		return 0, nil
	}
	return n, err
}

// outlet writes frames to the line in a goroutine of its own: a scanner that takes none must not keep codes back.
type outlet struct {
	commands chan command
	failed   chan error
	wake     []byte        // sent before a command to a scanner that may be asleep
	pause    time.Duration // after wake
}

func newOutlet(wake []byte, pause time.Duration) outlet {
	return outlet{commands: make(chan command), failed: make(chan error, 1), wake: wake, pause: pause}
}

func (o outlet) serve(ctx context.Context, line devices.Line) {
	for {
		select {
		case <-ctx.Done():
			return
		case cmd := <-o.commands:
			if err := o.send(ctx, line, cmd); err != nil {
				select {
				case o.failed <- err:
				default:
				}
			}
		}
	}
}

func (o outlet) send(ctx context.Context, line devices.Line, cmd command) error {
	if cmd.wake && len(o.wake) > 0 {
		if err := line.Write(ctx, o.wake); err != nil {
			return err
		}
		t := time.NewTimer(o.pause)
		defer t.Stop()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-t.C:
		}
	}
	return line.Write(ctx, cmd.frame)
}
