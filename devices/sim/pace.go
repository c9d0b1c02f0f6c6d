package sim

import (
	"context"
	"sync"
	"time"
)

// pace is how long bytes take on the wire.
type pace struct{ baud int }

// wire is the time of n bytes at 10 bits each.
func (p pace) wire(n int) time.Duration {
	if p.baud <= 0 {
		return 0
	}
	return time.Duration(n) * 10 * time.Second / time.Duration(p.baud)
}

// step is how many bytes go at once: what a UART with a FIFO gathers in 2 ms, at least 1 and at most 64.
func (p pace) step() int {
	if p.baud <= 0 {
		return 4096
	}
	return min(max(p.baud/10/500, 1), 64)
}

// rxClock says when the bytes that came from the host would have been received.
type rxClock struct {
	mu   sync.Mutex
	free time.Time // when the wire has carried all earlier bytes
}

// arrived adds bytes that take wire and returns when the last of them is there. Up to 20 ms of the caller's own
// lateness are made good, so that timers that fire late don't slow the line down.
func (c *rxClock) arrived(wire time.Duration) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at := now(); at.Sub(c.free) > 20*time.Millisecond {
		c.free = at
	}
	c.free = c.free.Add(wire)
	return c.free
}

func waitUntil(ctx context.Context, at time.Time) error {
	d := at.Sub(now())
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// now is the wire's clock: real bytes take real time, whatever clock the rest of the program is handed.
func now() time.Time {
	return time.Now() //nolint:forbidigo // see above
}
