package port

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"zhizhu/devices"
)

// speedCode is the kernel's code of a speed, for those that the serial devices of a kiosk have.
func speedCode(baud int) (uint32, bool) {
	switch baud {
	case 1200:
		return unix.B1200, true
	case 2400:
		return unix.B2400, true
	case 4800:
		return unix.B4800, true
	case 9600:
		return unix.B9600, true
	case 19200:
		return unix.B19200, true
	case 38400:
		return unix.B38400, true
	case 57600:
		return unix.B57600, true
	case 115200:
		return unix.B115200, true
	case 230400:
		return unix.B230400, true
	}
	return 0, false
}

// SetBaud changes the speed of an open port, from 1200 to 230400, and forgets what came at the old one. Opening anew
// would do the same, but lets go of the lock and pulls the modem lines, at which some devices start anew. Bytes that
// were written go out at the old speed first, as far as the wire's own clock tells. No Write may be running.
func (p *Port) SetBaud(ctx context.Context, baud int) error {
	code, ok := speedCode(baud)
	if !ok {
		return fmt.Errorf("set speed of %s: %d baud is none of 1200 to 230400", p.cfg.Path, baud)
	}
	p.writing.Lock()
	defer p.writing.Unlock()
	if err := p.awaitSent(ctx); err != nil {
		return err
	}
	err := control(p.ctl, func(fd int) error {
		t, err := unix.IoctlGetTermios(fd, unix.TCGETS)
		if err != nil {
			return fmt.Errorf("get line settings: %w", err)
		}
		t.Cflag = t.Cflag&^unix.CBAUD | code
		t.Ispeed, t.Ospeed = code, code
		if err := unix.IoctlSetTermios(fd, unix.TCSETS, t); err != nil {
			return fmt.Errorf("set line settings: %w", err)
		}
		if err := unix.IoctlSetInt(fd, unix.TCFLSH, unix.TCIFLUSH); err != nil {
			return fmt.Errorf("flush input: %w", err)
		}
		return nil
	})
	if err != nil {
		return p.fail(devices.HungUp, "set speed", err) // the only reason that there is on an open port
	}
	p.baud.Store(int64(baud))
	return nil
}

// awaitSent waits until the wire has carried what it was given, and the adapter's own buffer with it.
func (p *Port) awaitSent(ctx context.Context) error {
	if d := p.free.Sub(now()); d > 0 {
		t := time.NewTimer(d + slack)
		defer t.Stop()
		select {
		case <-ctx.Done():
		case <-p.closing.Done():
		case <-t.C:
		}
	}
	return p.over(ctx)
}

// slack is what an adapter may lag behind the wire.
const slack = 5 * time.Millisecond
