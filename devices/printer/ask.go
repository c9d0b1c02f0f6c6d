package printer

import (
	"context"
	"log/slog"
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
}

const lastQuestion = 4

// answered takes in the answer to the open question.
func (a *asking) answered(c *escpos.Condition, b byte) bool {
	if a.open == 0 {
		return false
	}
	c.RealTime(a.open, b)
	a.got |= 1 << a.open
	a.open = 0
	return true
}

func (s *session) question(ctx context.Context, n int) error {
	s.ask.open, s.ask.at = n, s.now()
	return s.line.Write(ctx, escpos.Query(n))
}

// expire gives up the open question when its time is over. A late answer would be taken for the next one's, so the
// round is over too where an answer was to be expected.
func (s *session) expire() {
	a := &s.ask
	if a.open == 0 || s.now().Sub(a.at) < s.p.opt.Answer {
		return
	}
	if s.cond.Answered&(1<<a.open) != 0 && a.next > 0 {
		a.next = lastQuestion + 1
	}
	a.open = 0
}

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
	case a.open != 0:
		return nil
	case a.next > 0:
		return s.nextQuestion
	case s.p.left.any && s.kind() == devices.OK && !s.held && a.rounds > 0:
		return s.clean
	case s.identifyDue():
		return s.identify
	case !s.now().Before(a.due):
		a.next, a.got = 1, 0
		return s.nextQuestion
	}
	return nil
}

// nextQuestion asks the next question of the round, or ends it.
func (s *session) nextQuestion(ctx context.Context) error {
	n := s.ask.next
	if n > lastQuestion {
		s.endRound()
		return nil
	}
	s.ask.next++
	return s.question(ctx, n)
}

func (s *session) endRound() {
	s.silence = s.ask.got == 0
	s.ask.next = 0
	s.ask.rounds++
	s.ask.due = s.now().Add(s.p.opt.Poll)
}

// stuck says that the printer may be waiting for the rest of a picture: a question would be taken for a part of it.
func (s *session) stuck() bool { return s.p.left.owed > 0 || s.p.left.lost }

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
		at = s.ask.at.Add(s.p.opt.Answer)
	} else if s.id.open && s.id.at.Add(s.p.opt.Answer).Before(at) {
		at = s.id.at.Add(s.p.opt.Answer)
	}
	if s.stuck() {
		at = s.now().Add(s.p.opt.Answer)
	}
	return max(at.Sub(s.now()), time.Millisecond)
}

// askAll asks everything once and waits for the answers. It returns the questions that were answered.
func (s *session) askAll(ctx context.Context) (uint8, error) {
	var got uint8
	for n := 1; n <= lastQuestion; n++ {
		ok, err := s.pump(ctx, s.p.opt.Answer, func() bool { return s.ask.open == 0 })
		if err != nil {
			return got, err
		}
		if !ok {
			s.ask.open = 0
		}
		if err := s.question(ctx, n); err != nil {
			return got, err
		}
		if ok, err = s.pump(ctx, s.p.opt.Answer, func() bool { return s.ask.open == 0 }); err != nil {
			return got, err
		}
		if ok {
			got |= 1 << n
		}
		s.ask.open = 0
	}
	s.silence = got == 0
	return got, nil
}

// giveUp breaks off a job that is stuck inside a picture of which owed bytes are missing, with the cause if the printer
// tells it. The picture is lost now, so that a question may be asked in it: many printers answer it all the same, the
// others take it for a part of the picture, of which more than enough is sent when they go on. Those are asked once
// only.
func (s *session) giveUp(ctx context.Context, owed int) error {
	s.ask.open, s.ask.next = 0, 0
	for _, n := range [...]int{4, 2, 3} { // paper, cover, cutter
		if s.deaf || s.cond.Answered&(1<<n) == 0 || owed < len(escpos.Query(n)) {
			continue
		}
		if err := s.question(ctx, n); err != nil {
			return err
		}
		answered, err := s.pump(ctx, s.p.opt.Answer, func() bool { return s.ask.open == 0 })
		if err != nil {
			return err
		}
		s.ask.open, s.deaf = 0, !answered
	}
	if k := s.worst(); k != devices.OK {
		return &brokenOffError{k}
	}
	return &brokenOffError{devices.Stalled}
}

// identity is what the printer says of itself. Its answer comes in turn, after all that was sent before the question;
// a printer that gives it can be asked for it again, as a mark in the middle of a job.
type identity struct {
	known bool
	tries int
	open  bool
	at    time.Time
	model string
}

const identityTries = 2

func (s *session) identifyDue() bool {
	if s.id.open && s.now().Sub(s.id.at) >= s.p.opt.Answer {
		s.id.open = false
	}
	return !s.id.known && !s.id.open && s.id.tries < identityTries && s.cond.Answered != 0 && !s.silence && !s.held &&
		s.kind() == devices.OK
}

func (s *session) identify(ctx context.Context) error {
	s.id.open, s.id.at = true, s.now()
	s.id.tries++
	return s.line.Write(ctx, escpos.Identify())
}

// hearMark takes in the answer to an identification, be it the first or a mark.
func (s *session) hearMark(b byte) {
	if s.passed < s.sent {
		s.passed++
		return
	}
	if !s.id.open && s.id.known {
		s.dropped++
		return
	}
	s.id.known, s.id.open = true, false
	draw := !escpos.ChineseFont(b)
	s.p.mu.Lock()
	s.p.draw = draw
	s.p.mu.Unlock()
	s.log.Info("Printer identified", slog.Int("type", int(b)), slog.Bool("chinese", !draw))
}
