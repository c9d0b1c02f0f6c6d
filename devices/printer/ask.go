package printer

import (
	"context"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/printer/escpos"
)

// asking is the questioning by real-time status. Answers don't say what they answer, so that one question is open at
// a time.
type asking struct {
	open   int // the question that waits for its answer, 0 none
	at     time.Time
	next   int // the next question of this round, 0 between rounds
	got    uint8
	due    time.Time // when the next round begins
	rounds int

	quiet  time.Time // no question before: an answer may still come, and would be taken for the next one's
	missed bool      // a question was given up
	lost   int       // questions of the running job that were given up, though the printer has answered such before
	autos  int       // automatic statuses that it still owes, where it answers nothing else in real time
}

// Questions 1 to 4 are those of real-time status. The others wait their turn: they are for printers that don't tell of
// their paper in real time, or of nothing.
const (
	lastRealTime = 4
	rollQuestion = 5
	autoQuestion = 6
	lastQuestion = autoQuestion
)

// answered takes in the answer to the open question.
func (a *asking) answered(c *escpos.Condition, b byte) bool {
	if a.open == 0 || a.open > lastRealTime {
		return false
	}
	c.RealTime(a.open, b)
	a.got |= 1 << a.open
	a.open = 0
	return true
}

func (s *session) question(ctx context.Context, n int) error {
	s.ask.open, s.ask.at = n, s.now()
	switch n {
	case rollQuestion:
		return s.give(ctx, escpos.Roll())
	case autoQuestion:
		s.ask.autos++
		return s.give(ctx, escpos.TellChanges())
	}
	return s.give(ctx, escpos.Query(n))
}

// answers says that the printer answers question n, as far as is known.
func (s *session) answers(n int) bool { return s.cond.Answered&(1<<n) != 0 }

// asks says whether question n is one for this printer now.
func (s *session) asks(n int) bool {
	switch n {
	case rollQuestion:
		return s.met.roll && !s.answers(lastRealTime) && !s.held
	case autoQuestion:
		return s.met.auto && s.cond.Answered == 0 && !s.held
	}
	return n <= lastRealTime
}

// expire gives up the open question when its time is over. A late answer would be taken for the next one's, so the
// round is over too where an answer was to be expected, and nothing is asked for a while.
func (s *session) expire() {
	a := &s.ask
	if a.open == 0 || s.now().Sub(a.at) < s.answer {
		return
	}
	s.giveUpQuestion(2 * s.answer)
}

// giveUpQuestion gives up the open question. Nothing is asked for a while if its answer may still come.
func (s *session) giveUpQuestion(quiet time.Duration) {
	a := &s.ask
	if s.answers(a.open) {
		a.lost++
	}
	if s.answers(a.open) || a.open == 1 && a.rounds == 0 {
		a.quiet, a.missed = s.now().Add(quiet), true
		if a.next > 0 && a.rounds > 0 {
			a.next = lastQuestion + 1
		}
	}
	a.open = 0
}

// unasked takes in an answer to no open question: to one that was given up, if there is one. The printer is slow then.
func (s *session) unasked() {
	if !s.ask.missed {
		s.stray()
		return
	}
	s.ask.missed, s.ask.lost = false, max(s.ask.lost-1, 0)
	s.answer = min(s.answer*2, max(slowest, s.p.opt.Answer))
}

// slowest is how long is waited at the most for an answer of a printer that is known to be slow.
const slowest = 1200 * time.Millisecond

// idle does what is due between jobs and returns when there is nothing to do but wait.
func (s *session) idle(ctx context.Context) error {
	for {
		cover := s.cond.CoverOpen
		if err := s.drain(ctx); err != nil {
			return err
		}
		if cover && !s.cond.CoverOpen && s.cond.CutterJam { // somebody has been in there
			if err := s.line.Write(ctx, escpos.Recover()); err != nil {
				return err
			}
		}
		s.expire()
		s.forgiveXoff()
		if do := s.due(); do == nil {
			s.tell()
			return nil
		} else if err := do(ctx); err != nil {
			return err
		}
	}
}

// due is what an idle session does next, nil for waiting.
func (s *session) due() func(context.Context) error {
	switch a := &s.ask; {
	case s.stuck() && s.held:
		return nil
	case s.stuck():
		return s.release
	case a.open != 0, s.now().Before(a.quiet):
		return nil
	case a.next > 0:
		return s.nextQuestion
	case s.p.left.any && s.kind() == devices.OK && !s.held && s.fresh && !s.mute():
		return s.clean
	case s.meetDue():
		return s.meet
	case !s.now().Before(a.due):
		a.next, a.got = 1, 0
		return s.nextQuestion
	}
	return nil
}

// nextQuestion asks the next question of the round, or ends it.
func (s *session) nextQuestion(ctx context.Context) error {
	for n := s.ask.next; n <= lastQuestion; n++ {
		if s.asks(n) {
			s.ask.next = n + 1
			return s.question(ctx, n)
		}
	}
	s.endRound()
	return nil
}

// tryAgain is after how many rounds of silence a printer that has answered in its turn only is asked again so.
const tryAgain = 10

func (s *session) endRound() {
	silence := s.ask.got == 0
	switch {
	case s.silence && !silence, s.ask.rounds == 0:
		s.met.begin(silence) // it may have been switched off, or exchanged
	case silence && s.met.turned && s.ask.rounds%tryAgain == 0:
		s.met.begin(true)
	}
	s.silence, s.fresh = silence, true
	if !silence {
		s.spoken++
		s.accustom()
	}
	s.ask.next = 0
	s.ask.rounds++
	s.ask.due = s.now().Add(s.p.opt.Poll)
}

// stuck says that the printer may be waiting for the rest of a picture: a question would be taken for a part of it.
func (s *session) stuck() bool { return s.p.left.owed > 0 || s.p.left.lost }

// mute says that the printer, which has spoken, says nothing now: it may be switched off, or keep silent because it is
// offline. What is sent to it now might be printed when nobody waits for it any more. One answer may have been
// noise: a printer that never speaks is sent what is to be printed.
func (s *session) mute() bool { return s.silence && s.spoken > 1 }

// forgiveXoff forgets an XOFF whose XON must have been lost: nothing makes a printer refuse bytes so long while it
// says that it is well, or says nothing because we don't ask.
func (s *session) forgiveXoff() {
	if s.held && s.now().Sub(s.heldAt) > 3*s.p.opt.Stall && (s.worst() == devices.OK || s.stuck()) {
		s.held = false
		s.log.Warn("XOFF without XON forgotten")
	}
}

// untilNext is how long the session may wait for something to happen.
func (s *session) untilNext() time.Duration {
	at := s.ask.due
	if s.ask.open != 0 {
		at = s.ask.at.Add(s.answer)
	} else if s.now().Before(s.ask.quiet) {
		at = s.ask.quiet
	} else if s.met.open != 0 && s.met.at.Add(s.answer).Before(at) {
		at = s.met.at.Add(s.answer)
	}
	if s.stuck() {
		at = s.now().Add(s.p.opt.Answer)
	}
	return max(at.Sub(s.now()), time.Millisecond)
}

// askAll asks everything once and waits for the answers. It returns the questions that were answered.
func (s *session) askAll(ctx context.Context) (uint8, error) {
	var got uint8
	if err := s.settleQuestion(ctx); err != nil {
		return got, err
	}
	for n := 1; n <= lastQuestion; n++ {
		if !s.asks(n) {
			continue
		}
		if err := s.question(ctx, n); err != nil {
			return got, err
		}
		ok, err := s.pump(ctx, s.answer, func() bool { return s.ask.open == 0 })
		if err != nil {
			return got, err
		}
		if ok {
			got |= 1 << n
		}
		if err := s.settleQuestion(ctx); err != nil {
			return got, err
		}
	}
	s.silence, s.fresh = got == 0, true
	return got, nil
}

// settleQuestion waits until an open question is answered or given up, and until no answer to an earlier one can come
// any more.
func (s *session) settleQuestion(ctx context.Context) error {
	if _, err := s.pump(ctx, s.answer, func() bool { return s.ask.open == 0 }); err != nil {
		return err
	}
	if s.ask.open != 0 {
		s.giveUpQuestion(s.answer)
	}
	_, err := s.pump(ctx, s.ask.quiet.Sub(s.now()), func() bool { return !s.now().Before(s.ask.quiet) })
	return err
}

// fillUp breaks off a job that is stuck inside a picture. A printer that stopped because something is wrong with it has
// room left for the rest of the picture, unlike one whose buffer is full: after it, a question is one for every make.
// Should bytes be lost all the same, more than enough of them is sent when it goes on. out bytes may be in its buffer.
func (t *transmission) fillUp(ctx context.Context, out int) error {
	if t.owed > 0 && out+t.owed <= t.room()*3/4 {
		t.filled = true
		if err := t.line.Write(ctx, escpos.Fill(t.owed)); err != nil {
			return err
		}
	}
	return t.giveUp(ctx, t.owed)
}

// giveUp breaks off a job that is stuck inside a picture of which owed bytes are missing, with the cause if the printer
// tells it. The picture is lost now, so that a question may be asked in it where it could not be filled up: many
// printers answer it all the same, the others take it for a part of the picture, of which more than enough is sent when
// they go on. Those are asked once only.
func (s *session) giveUp(ctx context.Context, owed int) error {
	s.ask.open, s.ask.next = 0, 0
	for _, n := range [...]int{4, 2, 3} { // paper, cover, cutter
		if s.deaf || !s.answers(n) || owed < len(escpos.Query(n)) {
			continue
		}
		if err := s.question(ctx, n); err != nil {
			return err
		}
		answered, err := s.pump(ctx, s.answer, func() bool { return s.ask.open == 0 })
		if err != nil {
			return err
		}
		s.ask.open, s.deaf = 0, !answered && !s.filled
		if !answered {
			break
		}
	}
	if k := s.worst(); k != devices.OK {
		return &brokenOffError{k}
	}
	return &brokenOffError{devices.Stalled}
}
