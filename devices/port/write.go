package port

import (
	"context"
	"errors"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"zhizhu/devices"
)

const (
	maxPiece = 1024                  // what a driver with POLLOUT takes whole: its queue is 4 KiB, POLLOUT says under 256 are in it
	pieceFor = 20 * time.Millisecond // wire time of one piece
	lead     = 12 * time.Millisecond // how far ahead of the wire the next piece is given, so that the wire never starves
)

// Write implements devices.Line. Bytes are given to the kernel no faster than the wire carries them, except for a
// lead of some 30 ms, so that a printer's small buffer is never run over and what was cancelled is soon over.
func (p *Port) Write(ctx context.Context, b []byte) error {
	p.writing.Lock()
	defer p.writing.Unlock()
	for len(b) > 0 {
		n := min(len(b), p.piece())
		if err := p.awaitTurn(ctx); err != nil {
			return err
		}
		if err := p.awaitRoom(ctx); err != nil {
			return err
		}
		if err := p.put(ctx, b[:n]); err != nil {
			return err
		}
		p.carried(n)
		b = b[n:]
	}
	return nil
}

func (p *Port) piece() int {
	n := int(time.Duration(p.Baud()/10) * pieceFor / time.Second)
	return min(max(n, 16), maxPiece)
}

// awaitTurn waits until the wire has nearly carried what it was given.
func (p *Port) awaitTurn(ctx context.Context) error {
	if at := now().Add(lead); p.free.After(at) {
		t := time.NewTimer(p.free.Sub(at))
		defer t.Stop()
		select {
		case <-ctx.Done():
		case <-p.closing.Done():
		case <-t.C:
		}
	}
	return p.over(ctx)
}

func (p *Port) carried(n int) {
	if at := now(); p.free.Before(at) {
		p.free = at
	}
	p.free = p.free.Add(time.Duration(n) * 10 * time.Second / time.Duration(p.Baud()))
}

// awaitRoom waits until the kernel takes bytes, at most StallAfter.
func (p *Port) awaitRoom(ctx context.Context) error {
	limit := now().Add(p.cfg.StallAfter)
	for {
		var events int16
		err := p.wait(ctx, func(t time.Time) error {
			if t.IsZero() {
				t = limit
			}
			return p.ctl.SetWriteDeadline(t)
		}, func(rc syscall.RawConn) error {
			return rc.Write(func(fd uintptr) bool {
				fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}} //nolint:gosec // descriptors are small
				if _, err := unix.Poll(fds, 0); err != nil {
					return !errors.Is(err, unix.EINTR)
				}
				events = fds[0].Revents
				return events != 0
			})
		})
		switch {
		case p.over(ctx) != nil:
			return p.over(ctx)
		case events&(unix.POLLHUP|unix.POLLERR|unix.POLLNVAL) != 0:
			return p.fail(devices.HungUp, "write", unix.EIO)
		case err == nil:
			return nil
		case !errors.Is(err, os.ErrDeadlineExceeded):
			return p.fail(devices.HungUp, "write", err)
		case !now().Before(limit):
			return p.fail(devices.Stalled, "write", err)
		}
	}
}

// put hands one piece to tarm/serial and watches it.
func (p *Port) put(ctx context.Context, b []byte) error {
	err := p.writer.write(ctx, p.closing, b, p.cfg.StallAfter, func() { _ = p.release() })
	switch {
	case err == nil:
		return nil
	case p.over(ctx) != nil:
		return p.over(ctx)
	case errors.Is(err, errStuck):
		return p.fail(devices.Stalled, "write", err)
	}
	return p.fail(devices.HungUp, "write", err)
}

func (p *Port) over(ctx context.Context) error {
	if p.closing.Err() != nil {
		return p.fail(devices.HungUp, "write", os.ErrClosed)
	}
	return ctx.Err()
}

// now is the wire's clock: real bytes take real time, whatever clock the rest of the program is handed.
func now() time.Time {
	return time.Now() //nolint:forbidigo // see above
}
