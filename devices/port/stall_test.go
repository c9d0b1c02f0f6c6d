package port

import (
	"errors"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"zhizhu/devices/sim"
)

// TestReleaseFreesAWriteStuckInTheKernel goes round POLLOUT, which otherwise keeps a write from being stuck at all.
func TestReleaseFreesAWriteStuckInTheKernel(t *testing.T) {
	s, err := sim.OpenTTY("", 0) // nobody receives
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	p, err := Open(t.Context(), Config{Path: s.Path(), Baud: 115200, Device: "test"})
	if err != nil {
		t.Fatal(err)
	}
	limit := 100 * time.Millisecond
	piece := make([]byte, maxPiece)
	released := 0
	for err == nil {
		err = p.writer.write(t.Context(), p.closing, piece, limit, func() {
			released++
			if err := p.release(); err != nil {
				t.Error(err)
			}
		})
	}
	if !errors.Is(err, errStuck) || !p.writer.broken() {
		t.Errorf("got %v", err)
	}
	if released != 2 || p.writer.stuck {
		t.Errorf("release was called %d times, stuck is %v: the write wasn't freed", released, p.writer.stuck)
	}
	queued := 0
	if err := control(p.ctl, func(fd int) error { queued, err = unix.IoctlGetInt(fd, unix.TIOCOUTQ); return err }); err != nil {
		t.Error(err)
	}
	if queued != 0 {
		t.Errorf("%d bytes of a given up write wait in the queue", queued)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}

// deaf is a line whose kernel ignores every release.
type deaf struct {
	gone   chan struct{}
	closed chan struct{}
}

func (d deaf) Write([]byte) (int, error) { <-d.gone; return 0, unix.EIO }
func (d deaf) Close() error              { close(d.closed); return nil }

func TestAWriteThatNothingFreesIsLeftAloneAndClosesLater(t *testing.T) {
	d := deaf{gone: make(chan struct{}), closed: make(chan struct{})}
	w := startWriter(d)
	if err := w.write(t.Context(), t.Context(), []byte("x"), time.Millisecond, func() {}); !errors.Is(err, errStuck) {
		t.Fatalf("got %v", err)
	}
	if err := w.write(t.Context(), t.Context(), []byte("y"), time.Millisecond, func() {}); !errors.Is(err, errStuck) {
		t.Errorf("second write: %v", err)
	}
	if err := w.close(d); err != nil {
		t.Fatal(err)
	}
	select {
	case <-d.closed:
		t.Fatal("closed under a running write")
	default:
	}
	close(d.gone) // unplugged
	<-d.closed
}
