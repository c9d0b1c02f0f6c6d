package devices

import "context"

// Line is one open serial line, as drivers see it. devices/port makes it.
type Line interface {
	// Read blocks until bytes come, ctx ends or the line is lost. It returns at least one byte or an error:
	// ctx's own, or an *Error of kind HungUp. Only one goroutine reads.
	Read(ctx context.Context, p []byte) (int, error)
	// Write sends p whole, in pieces, no faster than the line's speed; an *Error of kind Stalled says that the far end
	// takes no more, HungUp that it is gone. Safe for one writer at a time.
	Write(ctx context.Context, p []byte) error
	// Baud is the line's speed in bits a second.
	Baud() int
	// Path is the port's path, for staff.
	Path() string
}

// Driver talks to one kind of device over a line. devices/slot finds and opens the line and calls Serve again after
// each loss.
type Driver interface {
	// Serve runs until ctx ends (returns ctx's error) or the line can't be used any more (an *Error says why).
	// It reports through report how the device is; the first Ready or Unknown says that the probe succeeded.
	Serve(ctx context.Context, line Line, report func(Status)) error
}
