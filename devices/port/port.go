package port

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/tarm/serial"
	"golang.org/x/sys/unix"

	"zhizhu/devices"
)

// Config says which port to open and how.
type Config struct {
	Path   string // best a name of /dev/serial/by-id or by-path
	Baud   int    // one of tarm/serial's speeds, 50 to 4000000
	Device string // "idcard", "printer", "scanner": named in errors
	// StallAfter is how long the far end may take no byte before a Write gives up with Stalled. Zero means 5 s.
	StallAfter time.Duration
	Log        *slog.Logger // nil discards

	witness witness // zero looks at the machine's own
}

// readTimeout is tarm's own. It never runs out, because Read asks first whether bytes are there; should it ever be
// wrong, 100 ms is all that it costs. It must not be 0: tarm then blocks for ever.
const readTimeout = 100 * time.Millisecond

// Port is an open serial port.
type Port struct {
	cfg  Config
	baud atomic.Int64
	line *serial.Port
	ctl  *os.File // the same port again, non-blocking: waits, locks and frees, never carries a byte

	closing context.Context // ends with Close
	stop    context.CancelFunc

	reading sync.Mutex // held by a Read, and by Close at its end
	writing sync.Mutex // held by a Write, and by Close at its end
	writer  *writer
	free    time.Time // when the wire will have carried all that was written; writing is held

	closeOnce sync.Once
	closeErr  error
}

var _ devices.Line = (*Port)(nil)

// Open opens and locks the port. Its error is a *devices.Error of kind NoPort (not there, or no serial port), InUse
// (another program has it open, locked or not; Holder names it), NoPermission (the text says what to do) or Internal
// (no such speed). A link, as those of /dev/serial, is followed anew at each Open.
func Open(ctx context.Context, cfg Config) (*Port, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.StallAfter <= 0 {
		cfg.StallAfter = 5 * time.Second
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if cfg.Path == "" {
		return nil, cfg.fail(devices.Unconfigured, "open port", errors.New("no port is named in the config"))
	}
	if cfg.witness == (witness{}) {
		cfg.witness = witness{proc: "/proc", locks: "/var/lock"}
	}
	real, err := resolve(cfg.Path)
	if err != nil {
		return nil, cfg.fail(openKind(err), "open port", err)
	}
	ctl, err := openControl(real, cfg.witness)
	if err != nil {
		return nil, cfg.fail(openKind(err), "open port", err)
	}
	line, err := serial.OpenPort(&serial.Config{Name: real, Baud: cfg.Baud, ReadTimeout: readTimeout})
	if err != nil {
		err = fmt.Errorf("set up %s at %d baud: %w", cfg.Path, cfg.Baud, err)
		return nil, errors.Join(cfg.fail(openKind(err), "open port", err), ctl.Close())
	}
	// What came before anyone listened belongs to an earlier conversation.
	if err := control(ctl, func(fd int) error { return unix.IoctlSetInt(fd, unix.TCFLSH, unix.TCIFLUSH) }); err != nil {
		cfg.Log.Warn("Stale input not flushed", slog.String("port", cfg.Path), slog.Any("err", err))
	}
	if err := control(ctl, func(fd int) error { return exclude(fd, true) }); err != nil {
		cfg.Log.Warn("Other programs not kept out", slog.String("port", cfg.Path), slog.Any("err", err))
	}
	p := &Port{cfg: cfg, line: line, ctl: ctl, writer: startWriter(line)}
	p.baud.Store(int64(cfg.Baud))
	p.closing, p.stop = context.WithCancel(context.WithoutCancel(ctx))
	return p, nil
}

// Baud is the speed that the port was opened with, or was set to since.
func (p *Port) Baud() int { return int(p.baud.Load()) }

// Path is the port's path.
func (p *Port) Path() string { return p.cfg.Path }

// Read implements devices.Line.
func (p *Port) Read(ctx context.Context, b []byte) (int, error) {
	p.reading.Lock()
	defer p.reading.Unlock()
	if len(b) == 0 {
		return 0, nil
	}
	for {
		if err := p.awaitInput(ctx); err != nil {
			return 0, err
		}
		n, err := p.line.Read(b)
		switch {
		case n > 0:
			return n, nil
		case err != nil && !errors.Is(err, io.EOF):
			return 0, p.fail(devices.HungUp, "read", err)
		}
		// (0, EOF) is "no data": another look at the control descriptor tells silence from a hang-up.
	}
}

// awaitInput returns nil once bytes wait to be read. It looks before it waits, so that bytes which are there are read
// even by a caller that was late: a busy machine must not look like a silent device.
func (p *Port) awaitInput(ctx context.Context) error {
	for {
		there, err := p.look(ctx)
		switch {
		case p.closing.Err() != nil:
			return p.fail(devices.HungUp, "read", os.ErrClosed)
		case there:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && !errors.Is(err, os.ErrDeadlineExceeded):
			return p.fail(devices.HungUp, "read", err)
		}
	}
}

// look waits for bytes and says whether they are there.
func (p *Port) look(ctx context.Context) (there bool, err error) {
	ask := func(fd int) (done bool) {
		var n int
		n, err = unix.IoctlGetInt(fd, unix.TIOCINQ)
		if err == nil && n == 0 && hungUp(fd) {
			err = unix.EIO
		}
		there = err == nil && n > 0
		return there || err != nil
	}
	once := func(fd int) error { ask(fd); return err }
	if cerr := control(p.ctl, once); cerr != nil || there {
		return there, cerr
	}
	werr := p.wait(ctx, p.ctl.SetReadDeadline, func(rc syscall.RawConn) error {
		return rc.Read(func(fd uintptr) bool { return ask(int(fd)) })
	})
	if werr != nil && err == nil {
		if cerr := control(p.ctl, once); cerr != nil {
			return false, cerr
		}
		err = werr
	}
	return there, err
}

// wait runs f, a wait in the poller, and ends it early when ctx or the port ends.
func (p *Port) wait(ctx context.Context, deadline func(time.Time) error, f func(syscall.RawConn) error) error {
	if err := deadline(time.Time{}); err != nil {
		return fmt.Errorf("clear deadline: %w", err)
	}
	// A past deadline makes a wait in the poller return at once. One that is set late, for a wait that is already over,
	// makes the next wait return early with ErrDeadlineExceeded: callers look why, and wait again.
	end := func() { _ = deadline(time.Unix(1, 0)) }
	defer context.AfterFunc(ctx, end)()
	defer context.AfterFunc(p.closing, end)()
	rc, err := p.ctl.SyscallConn()
	if err != nil {
		return fmt.Errorf("reach control descriptor: %w", err)
	}
	return f(rc)
}

// Close ends running reads and writes and gives the port back. It never waits for the far end.
func (p *Port) Close() error {
	p.closeOnce.Do(func() {
		p.stop()
		p.reading.Lock()
		defer p.reading.Unlock()
		p.writing.Lock()
		defer p.writing.Unlock()
		// Closing a UART waits up to 30 s (closing_wait) for output that the far end doesn't take; after a stall or a
		// cancelled write nobody wants that output any more.
		if p.writer.broken() {
			_ = p.release()
		}
		// A writer that is stuck for ever keeps the port open: it must not keep the next opener out.
		_ = control(p.ctl, func(fd int) error { return exclude(fd, false) })
		p.closeErr = errors.Join(p.writer.close(p.line), p.ctl.Close())
	})
	return p.closeErr
}

func (p *Port) fail(k devices.Kind, op string, err error) error { return p.cfg.fail(k, op, err) }

func (c Config) fail(k devices.Kind, op string, err error) error {
	e := &devices.Error{Device: c.Device, Kind: k, Op: op, Err: err}
	if held, ok := errors.AsType[*heldError](err); ok {
		e.Holder = held.holder
	}
	return e
}
