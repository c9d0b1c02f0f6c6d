package port

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// What frees a write that is stuck in the kernel (tried on ptys, Linux 6.18; the UART path read in the kernel's source):
//
//   - Closing either of our descriptors doesn't: the sleeping write holds the tty.
//   - TCOFLUSH alone doesn't on a pty: it empties the queue, but wakes nobody (a UART's driver does wake).
//   - TCOFLUSH, then TCOOFF and TCOON from another descriptor does: TCOON wakes the writers of the tty, who find the
//     empty queue, put their piece (1 KiB at most) into it and return. A second TCOFLUSH throws that piece away, so
//     that the far end doesn't get a torn command later.
//   - A hang-up does, with EIO.
//
// A driver without flush_buffer (some USB adapters) may ignore all of it. There, POLLOUT has told beforehand that the
// piece fits; should one still be stuck, its goroutine is left alone, owns the descriptor, and closes it when the
// kernel lets go, at the latest when the adapter is unplugged. The program goes on at once.
func (p *Port) release() error {
	return control(p.ctl, func(fd int) error {
		for _, step := range []struct {
			req uint
			arg int
		}{
			{unix.TCFLSH, unix.TCOFLUSH}, {unix.TCXONC, unix.TCOOFF}, {unix.TCXONC, unix.TCOON},
		} {
			if err := unix.IoctlSetInt(fd, step.req, step.arg); err != nil {
				return fmt.Errorf("release output: %w", err)
			}
		}
		return nil
	})
}

// errStuck says that the far end took no byte for too long.
var errStuck = errors.New("the far end takes no more")

// grace is how long a freed write may take to come back before its goroutine is left alone.
const grace = 300 * time.Millisecond

// moment is how long a running write may still take after its context has ended.
const moment = 50 * time.Millisecond

// writer owns the goroutine in which tarm's blocking Write runs.
type writer struct {
	pieces  chan []byte
	results chan error // one a piece; buffered, so that an abandoned goroutine can still leave

	mu    sync.Mutex
	stuck bool // the goroutine is inside a write that was given up
	freed bool // output was thrown away
}

func startWriter(w io.Writer) *writer {
	wr := &writer{pieces: make(chan []byte), results: make(chan error, 1)}
	go func() {
		defer close(wr.results)
		for b := range wr.pieces {
			_, err := w.Write(b)
			wr.results <- err
		}
	}()
	return wr
}

// write sends b, and calls release when it has taken longer than limit, or a moment after one of the contexts has
// ended. The caller may reuse b afterwards.
func (w *writer) write(ctx, closing context.Context, b []byte, limit time.Duration, release func()) error {
	if w.broken() {
		return errStuck
	}
	own := append([]byte(nil), b...) // an abandoned write must not read the caller's buffer
	w.pieces <- own
	t := time.NewTimer(limit)
	defer t.Stop()
	defer context.AfterFunc(ctx, func() { t.Reset(moment) })()
	defer context.AfterFunc(closing, func() { t.Reset(moment) })()
	select {
	case err := <-w.results:
		return err
	case <-t.C:
	}
	w.mark(&w.freed)
	release()
	last := time.NewTimer(grace)
	defer last.Stop()
	select {
	case err := <-w.results:
		release() // throw away the piece that the freed write has just put in
		return errors.Join(errStuck, err)
	case <-last.C:
		w.mark(&w.stuck)
		return errStuck
	}
}

func (w *writer) mark(flag *bool) {
	w.mu.Lock()
	*flag = true
	w.mu.Unlock()
}

// broken says that bytes were lost, so that the line must be opened again.
func (w *writer) broken() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.freed
}

// close ends the goroutine and closes c. When the goroutine is stuck, it closes c itself, later.
func (w *writer) close(c io.Closer) error {
	close(w.pieces)
	w.mu.Lock()
	stuck := w.stuck
	w.mu.Unlock()
	if stuck {
		go func() {
			w.drain()
			_ = c.Close()
		}()
		return nil
	}
	w.drain()
	if err := c.Close(); err != nil {
		return fmt.Errorf("close port: %w", err)
	}
	return nil
}

// drain waits until the goroutine has ended.
func (w *writer) drain() {
	for ok := true; ok; {
		_, ok = <-w.results
	}
}
