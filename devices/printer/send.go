package printer

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/printer/escpos"
)

// brokenOffError says why a job can't go on while the line is still good.
type brokenOffError struct{ kind devices.Kind }

func (b *brokenOffError) Error() string { return "break off job: " + b.kind.String() }

// print prints one job. The error is the line's: the session is over then.
func (s *session) print(ctx context.Context, j job) (devices.PrintResult, error) {
	s.busy = true
	s.tell()
	s.ask.lost, s.ask.autos = 0, 0
	s.accustom()
	start := s.now()
	t := &transmission{session: s, job: j, start: start, printed: start, spoke: s.speaks() && !s.silence}
	whole := false
	defer func() {
		if !whole { // a panic: the next session must clean up
			t.leave(true)
		}
	}()
	res, err := t.run(ctx)
	whole = true
	s.busy, s.fresh = false, false
	if s.accustom(); res.Outcome == devices.Printed {
		s.habit, s.late = max(s.habit-1, 0), 0
	}
	s.ask.due = s.now() // how is it now?
	if err == nil {
		s.tell()
	}
	s.log.Info("Print job over", slog.Int("outcome", int(res.Outcome)), slog.String("reason", res.Reason.String()),
		slog.Int("bytes", t.bytes), slog.Int("missing", j.laid.Missing),
		slog.Int64("ms", s.now().Sub(start).Milliseconds()))
	return res, err
}

// transmission is one job on the wire.
type transmission struct {
	*session
	job job

	start   time.Time
	begun   bool // something of it may have been sent
	bytes   int  // sent of this job
	ink     bool
	owed    int
	marks   []int     // bytes that had been sent at each mark
	asked   time.Time // last question in the stream
	turn    int       // which one
	printed time.Time // when, by its dots, all that was sent will be on paper
	spoke   bool      // the printer said how it is before the job
	lost    bool      // it never said that it is done
	noted   time.Time // when the last XOFF came
	waited  int       // bytes that waited in the printer then, at the most
	strange bool      // something came that nothing explains
	backlog []backlog // what is on its way, by that reckoning
}

type backlog struct {
	bytes int
	until time.Time
}

const (
	headSpeed = 1000                  // dots a second: a slow printer, for reckoning
	markEvery = 128                   // bytes: what is lost behind the last mark, the printer can't tell
	fewMarks  = 512                   // bytes that may always be on their way
	chunkFor  = 10 * time.Millisecond // wire time of a chunk: so fast is XOFF obeyed
	askEvery  = 100 * time.Millisecond
	quietFor  = 50 * time.Millisecond // between two questions in the stream
	bandFor   = 50 * time.Millisecond // wire time of a part of a picture: so long nothing is asked
	leastBand = 288                   // bytes of it, four rows at full width
	tailBytes = 16                    // end of a picture that is sent despite XOFF, which leaves more room: questions may be asked after it
)

func (t *transmission) run(ctx context.Context) (devices.PrintResult, error) {
	err := t.prepare(ctx)
	if err == nil {
		err = t.send(ctx)
	}
	var off *brokenOffError
	switch {
	case err == nil:
		return t.settle(ctx)
	case errors.As(err, &off):
		return failed(off.kind), t.abandon(ctx, off.kind)
	}
	t.leave(true)
	return failed(lineKind(err)), err
}

// patience is how long the printer may take no byte now.
func (t *transmission) patience() time.Duration {
	if t.cond.Recovering {
		return max(t.p.opt.Cool, t.p.opt.Stall)
	}
	return t.p.opt.Stall
}

// send puts all pieces on the wire, several small ones at a time.
func (t *transmission) send(ctx context.Context) error {
	t.filled = false
	t.ask.lost, t.ask.autos = 0, 0 // what it didn't answer before, it was asked again
	if err := t.arm(ctx); err != nil {
		return err
	}
	t.noted = time.Time{}
	pieces := t.job.laid.Pieces
	for i := 0; i < len(pieces); {
		if err := t.between(ctx, len(pieces[i].Bytes)); err != nil {
			return err
		}
		t.begun = true
		if pieces[i].Bulk {
			if err := t.bulk(ctx, pieces[i].Bytes); err != nil {
				return err
			}
			t.account(pieces[i])
			i++
			continue
		}
		var batch []byte
		for n := t.batch(); i < len(pieces) && len(batch) < n && !pieces[i].Bulk; {
			batch = append(batch, pieces[i].Bytes...)
			t.account(pieces[i])
			i++
		}
		if err := t.text(ctx, batch); err != nil {
			return err
		}
	}
	t.unlearn()
	return nil
}

// arm has a printer that tells of itself what changes told to do so once more: it may have been off and on since, and
// inside a picture, where nothing is asked, this alone says why it stops.
func (t *transmission) arm(ctx context.Context) error {
	if !t.met.pushes {
		return nil
	}
	t.ask.autos++
	return t.give(ctx, escpos.TellChanges())
}

// account reckons when a piece will be on paper.
func (t *transmission) account(p escpos.Piece) {
	t.ink = t.ink || p.Dots > 0
	if at := t.now(); t.printed.Before(at) {
		t.printed = at
	}
	t.printed = t.printed.Add(time.Duration(p.Dots) * time.Second / headSpeed)
	t.backlog = append(t.backlog, backlog{bytes: len(p.Bytes), until: t.printed})
}

// bulk sends a piece that the printer counts. It stops inside only where the printer does.
func (t *transmission) bulk(ctx context.Context, b []byte) error {
	t.owed = len(b)
	for len(b) > 0 {
		if err := t.awaitWire(ctx); err != nil {
			return err
		}
		if len(b) > tailBytes || t.small() {
			if err := t.waitInside(ctx); err != nil {
				return err
			}
		}
		n := min(len(b), t.chunk())
		if err := t.put(ctx, b[:n]); err != nil {
			return err
		}
		b = b[n:]
		t.owed = len(b)
	}
	return t.drain(ctx)
}

// waitInside waits in the middle of a picture while the printer takes no more. It asks nothing there, but hears what the
// printer says of itself.
func (t *transmission) waitInside(ctx context.Context) error {
	since, out := t.now(), t.outstanding()
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
			return t.fillUp(ctx, out)
		}
		if _, err := t.pump(ctx, askEvery, func() bool { return !t.held }); err != nil {
			return err
		}
	}
	return nil
}

// between is called where a command may stand: it asks for status now and then, sets marks, and waits while the
// printer has no room for the next piece of n bytes.
func (t *transmission) between(ctx context.Context, n int) error {
	since, progress := t.now(), t.passed
	for {
		if err := t.awaitWire(ctx); err != nil {
			return err
		}
		if t.job.ctx.Err() != nil {
			return &brokenOffError{devices.Cancelled}
		}
		if k := t.kind(); k != devices.OK && k != devices.Stalled {
			return &brokenOffError{k}
		}
		if err := t.inStream(ctx); err != nil {
			return err
		}
		t.learn()
		wait := t.full(n)
		if wait == 0 && !t.blocked() {
			return nil
		}
		if t.passed != progress {
			since, progress = t.now(), t.passed
		}
		if t.now().Sub(since) > t.patience() {
			return &brokenOffError{devices.Stalled}
		}
		if wait == 0 {
			wait = askEvery
		}
		if _, err := t.pump(ctx, wait, func() bool { return !t.blocked() && t.full(n) == 0 }); err != nil {
			return err
		}
	}
}

// blocked says that the printer takes no more, or would not print it.
func (t *transmission) blocked() bool { return t.held || t.worst() == devices.Stalled }

// inStream writes the questions and marks that are due.
func (t *transmission) inStream(ctx context.Context) error {
	if err := t.askNext(ctx); err != nil {
		return err
	}
	if err := t.awaitWire(ctx); err != nil {
		return err
	}
	last := 0
	if len(t.marks) > 0 {
		last = t.marks[len(t.marks)-1]
	}
	switch {
	case t.held || t.bytes-last < min(markEvery, t.p.opt.Buffer/4):
		return nil
	case t.met.marks:
		return t.mark(ctx)
	case t.met.auto && t.cond.Answered == 0: // the only thing that it answers: it shows that it is still there
		t.marks = append(t.marks, t.bytes)
		return t.question(ctx, autoQuestion)
	}
	return nil
}

// askNext asks the next question that is due.
func (t *transmission) askNext(ctx context.Context) error {
	t.expire()
	every := max(quietFor, 200*10*time.Second/time.Duration(t.line.Baud())) // three bytes in two hundred
	if t.held && t.small() {
		every = time.Second // what is left of the buffer is soon full of questions
	}
	if t.ask.open == 0 && t.now().Sub(t.asked) >= every && !t.now().Before(t.ask.quiet) {
		t.asked = t.now()
		t.turn = t.turn%lastRealTime + 1
		if err := t.question(ctx, t.turn); err != nil {
			return err
		}
	}
	return nil
}

func (t *transmission) mark(ctx context.Context) error {
	t.marks = append(t.marks, t.bytes)
	t.sent++
	return t.give(ctx, escpos.Identify())
}

// abandon gives up a job that has begun: what the printer holds of it is cleared where the printer can do that.
func (t *transmission) abandon(ctx context.Context, k devices.Kind) error {
	t.leave(false)
	if t.bytes == 0 || k == devices.Cancelled || t.held || t.owed > 0 {
		return nil
	}
	return t.line.Write(ctx, escpos.Recover())
}

// leave notes what must be cleaned up before anything else is printed.
func (t *transmission) leave(lost bool) {
	if t.begun {
		t.p.left = leftover{any: true, ink: t.ink, owed: t.owed, lost: lost}
	}
}

// lineKind is why the line can't be used any more.
func lineKind(err error) devices.Kind {
	if k := devices.KindOf(err); k != devices.Internal {
		return k
	}
	return devices.HungUp // the program is stopping
}
