package idcard

import (
	"context"
	"errors"
	"fmt"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/idcard/sam"
)

const (
	gap     = 600 * time.Millisecond // silence inside a reply after which its rest won't come, ...
	longGap = 4 * gap                // ... at most, on a line on which it didn't come in time before
	longest = 15 * time.Second       // that a reply may take from its first byte, however slowly it trickles in
	quiet   = 60 * time.Millisecond  // silence after a spoilt reply, before the command is sent again

	readingPatience = 3 * time.Second // with a reading, while it isn't known how long this reader takes
)

// patience is how long the first byte of a reply may take, wire time not counted. Shipped code waits 100 ms for
// find and select, 300 ms for the id and 2 s for a reading; slow modules get more here, good ones are not slowed.
func (c *conn) patience(op sam.Op) time.Duration {
	switch op {
	case sam.ReadText, sam.ReadAll:
		if c.slowest > 0 { // known: so a card that was taken away is noticed sooner
			return min(max(3*c.slowest, time.Second), readingPatience)
		}
		return readingPatience
	case sam.ReadAddress:
		return addressPatience
	default:
		return 300 * time.Millisecond
	}
}

// softError says that a command got no good reply, while the line itself is up.
type softError struct {
	kind devices.Kind // Silent or Garbled
	op   sam.Op
}

func (e *softError) Error() string { return fmt.Sprintf("%v: %v", e.op, e.kind) }

// conn exchanges commands for replies over a line.
type conn struct {
	line    devices.Line
	now     func() time.Time
	dec     sam.Decoder
	tx, rx  []byte
	noise   int // dec.Noise at the last count
	garbled int // exchanges and pauses in which something came that was no good reply
	heard   bool
	odd     suspicion     // of all that came before anything was heard
	slowest time.Duration // that a good reading took, wire time not counted
	gap     time.Duration // see the constant
}

func newConn(line devices.Line, now func() time.Time) conn {
	return conn{line: line, now: now, gap: gap, tx: make([]byte, 0, 16), rx: make([]byte, 512)}
}

// waits are the ends of what an exchange waits for.
type waits struct {
	op      sam.Op
	begin   context.Context // of a reply that nothing announces
	chatter context.Context // of anything that is no reply
	all     context.Context
	dropped int // dec.Dropped and dec.Noise at the start
	noise   int
}

// exchange sends op and returns its reply. The reply's data are valid until the next call. Errors are *softError, or
// the line's or ctx's own.
func (c *conn) exchange(ctx context.Context, op sam.Op) (sam.Reply, error) {
	c.settle()
	defer c.count()
	c.tx = sam.AppendRequest(c.tx[:0], op)
	if err := c.line.Write(ctx, c.tx); err != nil {
		return sam.Reply{}, err
	}
	start := c.now()
	first := c.patience(op) + c.wire(len(c.tx))
	all, cancel := context.WithTimeout(ctx, first+longest)
	defer cancel()
	chatter, cancel := context.WithTimeout(all, first+gap+2*c.wire(2400))
	defer cancel()
	begin, cancel := context.WithTimeout(chatter, first)
	defer cancel()
	w := waits{op: op, begin: begin, chatter: chatter, all: all, dropped: c.dec.Dropped, noise: c.dec.Noise}
	for {
		if reply, ok := c.next(op); ok {
			c.heard = true
			c.learn(op, reply, start)
			return reply, nil
		}
		switch err := c.more(ctx, w); {
		case errors.Is(err, errLate):
			return c.late(w)
		case err != nil:
			return sam.Reply{}, err
		}
	}
}

// learn takes down how long this reader takes for a reading.
func (c *conn) learn(op sam.Op, reply sam.Reply, start time.Time) {
	if op == sam.ReadText && reply.Status == sam.OK {
		took := c.now().Sub(start) - c.wire(len(c.tx)+len(reply.Data))
		c.slowest = max(c.slowest, took, time.Millisecond)
	}
}

// errLate says that what was waited for has not come in time.
var errLate = errors.New("nothing more comes")

// more waits for the next bytes, for as long as what has come so far deserves.
func (c *conn) more(ctx context.Context, w waits) error {
	wait, cancel := w.begin, context.CancelFunc(func() {})
	switch {
	case c.dec.Partial():
		wait, cancel = context.WithTimeout(w.all, c.gap)
	case c.dec.Dropped > w.dropped:
		wait, cancel = context.WithTimeout(w.chatter, quiet)
	case c.dec.Noise > w.noise: // the rest of an earlier reply, maybe: this one's turn is after it
		wait, cancel = context.WithTimeout(w.chatter, c.patience(w.op))
	}
	defer cancel()
	n, err := c.line.Read(wait, c.rx) //nolint:contextcheck // all that waits holds was made of ctx, in exchange
	c.take(c.rx[:n])
	switch {
	case err == nil || wait.Err() == nil:
		return err
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return errLate
}

// take hands on what has come and overwrites it.
func (c *conn) take(p []byte) {
	if !c.heard {
		c.odd.see(p)
	}
	c.dec.Write(p)
	clear(p)
}

// late looks once more at what has come when nothing more comes.
func (c *conn) late(w waits) (sam.Reply, error) {
	torn := c.dec.Partial()
	for c.dec.Partial() {
		c.dec.GiveUp()
		if reply, ok := c.next(w.op); ok {
			return reply, nil
		}
	}
	if torn { // its second half may have been late: the next one gets more time
		c.gap = min(2*c.gap, longGap)
	}
	if torn || c.dec.Noise > w.noise {
		return sam.Reply{}, &softError{kind: devices.Garbled, op: w.op}
	}
	return sam.Reply{}, &softError{kind: devices.Silent, op: w.op}
}

// next returns the next whole reply that can be one to op. Replies don't name their command, so one that came late,
// to an earlier command, must be told by its looks.
func (c *conn) next(op sam.Op) (sam.Reply, bool) {
	for body, ok := c.dec.Next(); ok; body, ok = c.dec.Next() {
		if reply, err := sam.ParseReply(body); err == nil && answers(op, reply) {
			return reply, true
		}
		c.garbled++
	}
	return sam.Reply{}, false
}

func answers(op sam.Op, r sam.Reply) bool {
	switch {
	case op == sam.ReadAddress:
		return r.Status != sam.Found && (r.Status != sam.OK || len(r.Data) == 70)
	case r.Status == sam.NoSuchItem:
		return false // to an earlier ReadAddress: nothing else is answered so
	}
	switch op {
	case sam.Find:
		return r.Status != sam.OK || len(r.Data) <= 4
	case sam.Select:
		return r.Status != sam.Found && (r.Status != sam.OK || len(r.Data) <= 16)
	case sam.ReadText, sam.ReadAll:
		return r.Status != sam.Found && (r.Status != sam.OK || len(r.Data) >= 260)
	default:
		return true
	}
}

// listen reads until ctx ends or the line is lost. What comes unasked is counted and dropped.
func (c *conn) listen(ctx context.Context) error {
	for {
		n, err := c.line.Read(ctx, c.rx)
		if n > 0 {
			c.take(c.rx[:n])
			c.settle()
		}
		if err != nil {
			return err
		}
	}
}

// settle forgets what is left over from before.
func (c *conn) settle() {
	for {
		for _, ok := c.dec.Next(); ok; _, ok = c.dec.Next() {
			c.garbled++
		}
		if !c.dec.Partial() {
			break
		}
		c.dec.GiveUp()
	}
	c.count()
	c.dec.Reset()
}

func (c *conn) count() {
	if c.dec.Noise > c.noise {
		c.garbled++
	}
	c.noise = c.dec.Noise
}

func (c *conn) wire(n int) time.Duration {
	return time.Duration(n) * 10 * time.Second / time.Duration(max(c.line.Baud(), 1))
}
