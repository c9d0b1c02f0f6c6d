package sim

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// ErrUnplugged is returned by Send while the TTY is hung up.
var ErrUnplugged = errors.New("tty is unplugged")

// TTY is the device's end of a serial line: the master of a pty pair, paced at a baud rate in both directions.
// Several goroutines may use it; one should receive and one send at a time.
type TTY struct {
	baud atomic.Int64

	mu      sync.Mutex
	link    string
	pair    *pair         // nil while unplugged
	changed chan struct{} // closed and renewed at every plug, unplug and close
	closed  bool

	rx rxClock
}

// pair is one plugged-in life of a TTY.
type pair struct {
	master *os.File // non-blocking, in the runtime's poller
	slave  *os.File // held open, so that the master never sees EIO because no host has opened the line yet
	name   string
}

// OpenTTY opens a pty pair in raw mode. link is the path of a symbolic link to make to the host's end ("" for none):
// a name that stays over HangUp and Restore; it replaces an earlier link, never another kind of file. baud paces
// both directions at 10 bits a byte; 0 is as fast as the kernel goes.
//
// A host that sets another speed than baud reads and writes garbage, as on a real line. The host's end comes up at
// baud, so that a host which sets no speed at all is understood.
func OpenTTY(link string, baud int) (*TTY, error) {
	t := &TTY{link: link, changed: make(chan struct{})}
	t.baud.Store(int64(baud))
	if err := t.Restore(); err != nil {
		return nil, err
	}
	return t, nil
}

// Path is the host's end: the link where one was asked for, else the slave's own path ("" while unplugged).
func (t *TTY) Path() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.link != "" {
		return t.link
	}
	if t.pair == nil {
		return ""
	}
	return t.pair.name
}

// PluggedIn says whether the cable is in.
func (t *TTY) PluggedIn() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.pair != nil
}

// Baud is the speed that the TTY is paced at.
func (t *TTY) Baud() int { return int(t.baud.Load()) }

// SetBaud changes the device's speed, as a set-up command does. The host's stays.
func (t *TTY) SetBaud(baud int) { t.baud.Store(int64(baud)) }

func (t *TTY) pace() pace { return pace{baud: t.Baud()} }

// Send puts p on the wire and returns when its last bit would have left it. Bytes that the host's kernel has no room
// for, because nobody reads there, are lost, as they are on a real line. While unplugged it returns ErrUnplugged.
func (t *TTY) Send(ctx context.Context, p []byte) error {
	start, pace := now(), t.pace()
	for done := 0; done < len(p); {
		n := min(pace.step(), len(p)-done)
		if err := waitUntil(ctx, start.Add(pace.wire(done+n))); err != nil {
			return err
		}
		cur, _, err := t.current()
		if err != nil {
			return err
		}
		if cur == nil {
			return ErrUnplugged
		}
		if err := cur.put(resample(p[done:done+n], pace.baud, cur.hostBaud())); err != nil {
			if t.stillIn(cur) {
				return fmt.Errorf("send on %s: %w", cur.name, err)
			}
			return ErrUnplugged
		}
		done += n
	}
	return nil
}

// Recv returns what the host has sent, at least one byte, no sooner than the wire would have carried it. It waits
// through unplugged times; it ends with ctx's error or, after Close, with os.ErrClosed.
func (t *TTY) Recv(ctx context.Context, p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	p = p[:min(len(p), t.pace().step())]
	for {
		cur, changed, err := t.current()
		if err != nil {
			return 0, err
		}
		if cur == nil {
			select {
			case <-ctx.Done():
				return 0, ctx.Err()
			case <-changed:
				continue
			}
		}
		n, err := cur.get(ctx, p)
		switch {
		case n > 0:
			pace := t.pace()
			n = copy(p, resample(p[:n], cur.hostBaud(), pace.baud))
			if err := waitUntil(ctx, t.rx.arrived(pace.wire(n))); err != nil || n > 0 {
				return n, err
			}
		case ctx.Err() != nil:
			return 0, ctx.Err()
		case err != nil && t.stillIn(cur):
			return 0, fmt.Errorf("receive on %s: %w", cur.name, err)
		}
	}
}

// HangUp pulls the plug: the host gets EIO, and the link is gone until Restore.
func (t *TTY) HangUp() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.unplug()
}

// Restore plugs in again: a new pty pair under the same link. It does nothing on a TTY that is plugged in.
func (t *TTY) Restore() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return os.ErrClosed
	}
	if t.pair != nil {
		return nil
	}
	p, err := openPair(t.Baud())
	if err != nil {
		return err
	}
	if err := relink(t.link, p.name); err != nil {
		return errors.Join(err, p.close())
	}
	t.pair = p
	t.tell()
	return nil
}

// RestoreAs plugs in again under another link, as a USB adapter does that comes back as ttyUSB1.
func (t *TTY) RestoreAs(link string) error {
	t.mu.Lock()
	if t.pair == nil {
		t.link = link
	}
	t.mu.Unlock()
	return t.Restore()
}

// Close unplugs for good.
func (t *TTY) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return nil
	}
	t.closed = true
	err := t.unplug()
	t.tell()
	return err
}

func (t *TTY) unplug() error {
	if t.pair == nil {
		return nil
	}
	p := t.pair
	t.pair = nil
	t.tell()
	var err error
	if t.link != "" {
		if err = os.Remove(t.link); errors.Is(err, os.ErrNotExist) {
			err = nil
		}
	}
	return errors.Join(err, p.close())
}

// tell wakes those who wait for a plug, an unplug or the end. t.mu is held.
func (t *TTY) tell() {
	close(t.changed)
	t.changed = make(chan struct{})
}

func (t *TTY) current() (*pair, <-chan struct{}, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return nil, nil, os.ErrClosed
	}
	return t.pair, t.changed, nil
}

func (t *TTY) stillIn(p *pair) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.pair == p
}

func openPair(baud int) (*pair, error) {
	m, s, err := pty.Open()
	if err != nil {
		return nil, fmt.Errorf("open pty: %w", err)
	}
	defer func() { _ = m.Close() }()
	if err := raw(s, baud); err != nil {
		return nil, errors.Join(fmt.Errorf("set raw mode: %w", err), s.Close())
	}
	// A duplicate, because only a descriptor that os.NewFile finds non-blocking is given to the poller, which is what
	// makes deadlines and Close work on a running read.
	fd, err := unix.FcntlInt(m.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("duplicate pty: %w", err), s.Close())
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		return nil, errors.Join(fmt.Errorf("set pty non-blocking: %w", err), unix.Close(fd), s.Close())
	}
	return &pair{master: os.NewFile(uintptr(fd), "pty"), slave: s, name: s.Name()}, nil
}

// put writes what fits and loses the rest, as a line without flow control does.
func (p *pair) put(b []byte) error {
	rc, err := p.master.SyscallConn()
	if err != nil {
		return fmt.Errorf("reach pty: %w", err)
	}
	var werr error
	err = rc.Control(func(fd uintptr) { _, werr = unix.Write(int(fd), b) })
	if errors.Is(werr, unix.EAGAIN) {
		werr = nil
	}
	return errors.Join(err, werr)
}

func (p *pair) get(ctx context.Context, b []byte) (int, error) {
	// The deadline is how a context ends a running read. It is cleared first: an earlier context may have set it.
	if err := p.master.SetReadDeadline(time.Time{}); err != nil {
		return 0, fmt.Errorf("clear deadline: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { _ = p.master.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	n, err := p.master.Read(b)
	if err != nil && errors.Is(err, os.ErrDeadlineExceeded) {
		err = nil // either our ctx ended, or an earlier call's AfterFunc came late: the caller asks again
	}
	return n, err
}

func (p *pair) close() error { return errors.Join(p.master.Close(), p.slave.Close()) }
