package probe

import (
	"context"
	"time"

	"zhizhu/devices"
)

// talk is a conversation with whatever is at a port.
type talk struct {
	line  devices.Line
	buf   [512]byte
	echo  bool // something came back as it was sent
	noise bool // bytes came that nothing explains
	code  bool // what reads like a scanned code came by itself
}

// tuner is a line whose speed can be changed.
type tuner interface {
	SetBaud(ctx context.Context, baud int) error
}

// ask sends q and listens until done finds enough in what comes, at most for wait and the wire's time for q. Its error
// is ctx's or the line's; silence is none.
func (t *talk) ask(ctx context.Context, q []byte, wait time.Duration, done func(got []byte) bool) ([]byte, error) {
	if err := t.line.Write(ctx, q); err != nil {
		return nil, err
	}
	wait += time.Duration(2*len(q)) * 10 * time.Second / time.Duration(max(t.line.Baud(), 1))
	return t.hear(ctx, q, wait, done)
}

// hear listens for what follows sent.
func (t *talk) hear(ctx context.Context, sent []byte, wait time.Duration, done func(got []byte) bool) ([]byte, error) {
	window, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	var all, got []byte
	for {
		n, err := t.line.Read(window, t.buf[:])
		all = append(all, t.buf[:n]...)
		clear(t.buf[:n]) // it may be what somebody scanned
		var echoed bool
		got, echoed = withoutEcho(sent, all)
		switch {
		case err != nil && window.Err() == nil:
			return nil, err
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err == nil && (len(got) == 0 || !done(got)):
			continue
		}
		t.echo = t.echo || echoed
		return got, nil
	}
}

// judge remembers what an answer that fits no question may mean.
func (t *talk) judge(got []byte) {
	switch {
	case len(got) == 0:
	case code(got):
		t.code = true
	default:
		t.noise = true
	}
}

// tune changes the line's speed, where it can be changed.
func (t *talk) tune(ctx context.Context, baud int) error {
	if tuned, ok := t.line.(tuner); ok && t.line.Baud() != baud {
		return tuned.SetBaud(ctx, baud)
	}
	return nil
}
