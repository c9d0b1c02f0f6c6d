package printer

import (
	"context"
	"time"

	"zhizhu/devices"
)

// How bytes are given out to a printer whose buffer is small, or not known yet. An XOFF takes its time: through the
// printer's and the adapter's own queues (a USB adapter may sit on it for 16 ms, which are 184 bytes at 115200 baud), and
// what was given to the kernel by then comes all the same. So little is given at a time, and nothing before the wire has
// carried what was given before.
//
// What can't be helped: a buffer whose room behind its XOFF is less than what the wire carries until the XOFF is here.
// Sure, from the first receipt on: 45 bytes at 9600 baud and 64 at 19200 where it takes 1 ms (a real UART); 256 bytes with
// XOFF at 64 up to 38400 baud where it takes 16 ms, at 115200 where it takes 12. Where it takes 16 there, some bytes of
// the first receipt may be lost, of later ones none. Options.Buffer makes it sure from the start.
const (
	smallRoom  = 1024 // from so many bytes on, chunks of 10 ms do no harm
	provenBy   = 1024 // bytes that a printer took without an XOFF: its buffer is no small one
	slowBaud   = 19200
	leastChunk = 4
	leastRoom  = 32
	carefulFor = 2 * time.Millisecond // wire time of a careful chunk
	wireLead   = 2 * time.Millisecond // how far ahead of the wire a chunk is given where the buffer isn't known
	xoffTakes  = 2 * time.Millisecond // how long after its cause an XOFF is here, at the soonest
)

// room is how many bytes the printer's buffer has, as far as is known: what Options say, less where it has said XOFF
// sooner.
func (s *session) room() int {
	if n := int(s.learned.Load()); n > 0 {
		return min(n, s.p.opt.Buffer)
	}
	return s.p.opt.Buffer
}

// small says that the printer's buffer is small, or may be: one that is faster than a slow line shows it only when it
// stops for another reason. On such a line, care costs nothing.
func (s *session) small() bool {
	return s.room() < smallRoom || s.carried < provenBy || s.line.Baud() <= slowBaud
}

// learn takes note of an XOFF that came, and of how many bytes waited in the printer at the most. When it goes on, and
// nothing was wrong, it was the buffer that was full.
func (t *transmission) learn() {
	switch {
	case t.held && t.noted != t.heldAt:
		t.noted, t.waited = t.heldAt, max(t.outstanding(), leastRoom)
	case !t.held && t.waited > 0:
		if t.worst() == devices.OK {
			t.learned.Store(int64(min(t.room(), t.waited)))
		}
		t.waited = 0
	}
}

// unlearn gives a printer that took a whole job without an XOFF the benefit of the doubt: that one may have come for
// another reason.
func (t *transmission) unlearn() {
	if n := t.learned.Load(); n > 0 && t.noted.IsZero() && n < int64(t.p.opt.Buffer) {
		t.learned.Store(n * 2)
	}
}

// band is how many bytes of a picture go into one command: few enough that a printer which was off for a moment is asked
// something in that moment, and no more than half of a small buffer.
func (s *session) band() int {
	n := max(s.wireBytes(bandFor), leastBand)
	return min(n, max(s.room()/2, 1))
}

// chunk is how many bytes are given out at a time.
func (s *session) chunk() int {
	switch {
	case s.room() < smallRoom:
		return max(min(s.wireBytes(carefulFor), s.room()/8), leastChunk)
	case s.small():
		return max(s.wireBytes(carefulFor), 2*leastChunk)
	}
	return max(s.wireBytes(chunkFor), 16)
}

// wireBytes is how many bytes the wire carries in d.
func (s *session) wireBytes(d time.Duration) int {
	return int(int64(s.line.Baud()) * d.Milliseconds() / 10_000)
}

// batch is how many bytes of small pieces go in one: where care is needed, they go piece by piece.
func (t *transmission) batch() int {
	if t.small() {
		return 1
	}
	return t.chunk()
}

// put gives out a chunk of a job.
func (t *transmission) put(ctx context.Context, b []byte) error {
	t.carried = min(t.carried+len(b), provenBy)
	t.bytes += len(b)
	return t.give(ctx, b)
}

// give gives out bytes and reckons when the wire will have carried them.
func (s *session) give(ctx context.Context, b []byte) error {
	if at := s.now(); s.wire.Before(at) {
		s.wire = at
	}
	s.wire = s.wire.Add(time.Duration(len(b)) * 10 * time.Second / time.Duration(s.line.Baud()))
	return s.line.Write(ctx, b)
}

// awaitWire waits until the wire has nearly carried what was given out, where that matters; of a buffer that is known to
// be small, until the XOFF that this may have called for is here.
func (s *session) awaitWire(ctx context.Context) error {
	if !s.small() {
		return s.drain(ctx)
	}
	at := s.wire.Add(-wireLead)
	if s.room() < smallRoom {
		at = s.wire.Add(xoffTakes)
	}
	_, err := s.pump(ctx, at.Sub(s.now()), func() bool { return false })
	return err
}

// text gives out what a printer doesn't count: one piece, or several where they may go in one.
func (t *transmission) text(ctx context.Context, b []byte) error {
	for len(b) > 0 {
		n := len(b)
		if t.small() {
			if err := t.awaitWire(ctx); err != nil {
				return err
			}
			n = characters(b, t.chunk())
			if err := t.waitInLine(ctx); err != nil {
				return err
			}
		}
		if err := t.put(ctx, b[:n]); err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

// characters is how many of the bytes of a piece may be given out before a pause: all of a command, of a line of text the
// characters that n bytes hold.
func characters(b []byte, n int) int {
	if b[0] < ' ' {
		return len(b)
	}
	i := 0
	for i < len(b) && i < n && b[i] >= ' ' {
		if b[i] > 0x80 {
			i++
		}
		i++
	}
	return min(i, len(b))
}

// waitInLine waits between two characters of a line while the printer takes no more. Unlike in a picture, it may be asked
// why.
func (t *transmission) waitInLine(ctx context.Context) error {
	since := t.now()
	defer t.learn()
	for t.held {
		t.learn()
		if t.job.ctx.Err() != nil {
			return &brokenOffError{devices.Cancelled}
		}
		if k := t.worst(); k != devices.OK && k != devices.Stalled {
			return &brokenOffError{k}
		}
		if t.now().Sub(since) > t.patience() {
			return &brokenOffError{devices.Stalled}
		}
		if err := t.askNext(ctx); err != nil {
			return err
		}
		if _, err := t.pump(ctx, askEvery, func() bool { return !t.held }); err != nil {
			return err
		}
	}
	return nil
}

// full says how long to wait before n more bytes may be sent without running over the printer's buffer; 0 is no time.
// A printer that answers marks says itself how far it is; else its speed is reckoned.
func (t *transmission) full(n int) time.Duration {
	window := t.p.opt.Buffer * 3 / 4
	out := t.outstanding()
	if t.met.marks {
		if out > min(fewMarks, t.p.opt.Buffer/2) && out+n > window && len(t.marks) > t.passed {
			return askEvery
		}
		return 0
	}
	if out == 0 || out+n <= t.p.opt.Buffer*7/8 {
		return 0
	}
	return max(t.backlog[0].until.Sub(t.now()), time.Millisecond)
}

// outstanding is how many of the bytes that were sent the printer may not have worked off: by its answers to marks, else
// by reckoning.
func (t *transmission) outstanding() int {
	if t.met.marks {
		if t.passed == 0 {
			return t.bytes
		}
		return t.bytes - t.marks[min(t.passed, len(t.marks))-1]
	}
	now, out := t.now(), 0
	for len(t.backlog) > 0 && !t.backlog[0].until.After(now) {
		t.backlog = t.backlog[1:]
	}
	for _, b := range t.backlog {
		out += b.bytes
	}
	return out
}
