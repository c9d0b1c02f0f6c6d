package idcard

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/idcard/sam"
)

const (
	attempts    = 4                      // at one card before CardTroubled
	retryPause  = 30 * time.Millisecond  // between them
	troubleWait = 500 * time.Millisecond // between quiet attempts at a troubled card
	goneAfter   = 2                      // attempts in a row in which nobody answered "find"
)

// poll looks for a card once, and reads it.
func (s *session) poll(ctx context.Context) (time.Duration, error) {
	reply, err := s.ask(ctx, sam.Find)
	if err != nil {
		return 0, err
	}
	switch class := reply.Status.Class(); {
	case s.dead:
		return s.deadPause(), nil
	case class == sam.LineFault: // it isn't known whether somebody is there
		return s.r.opts.PollIdle, nil
	case class == sam.Fine || class == sam.Foreign:
		s.seen()
		if err := s.someone(ctx); err != nil {
			return 0, err
		}
		if !s.now.armed {
			return s.r.opts.PollIdle, nil
		}
		return s.found(ctx)
	}
	s.reported, s.troubled, s.watch.nobody = false, false, s.r.cardLies()
	switch {
	case s.watches():
		return s.look(ctx)
	case s.now.armed && !s.served && s.rescue.due(s.r.opts.Now()):
		return s.tryRescue(ctx)
	}
	return s.between(), nil
}

// between is the pause between two looks for a card.
func (s *session) between() time.Duration {
	switch {
	case s.served || s.reported:
		return s.r.opts.PollIdle
	case s.r.opts.Now().Before(s.brisk):
		return s.r.opts.PollArmed
	}
	return s.r.opts.PollSlow
}

// seen notes that somebody is about with a card: the next one is looked for often.
func (s *session) seen() { s.brisk = s.r.opts.Now().Add(briskFor) }

// found handles a card that answers "find".
func (s *session) found(ctx context.Context) (time.Duration, error) {
	if s.reported && !s.troubled {
		return s.between(), nil
	}
	s.rescue.tries = 0
	if !s.troubled {
		s.emit(devices.CardEvent{Kind: devices.CardFound})
	}
	end, err := s.take(ctx)
	s.seen()
	if err != nil {
		return 0, err
	}
	switch end.Kind {
	case devices.CardTroubled:
		if !s.troubled {
			s.emit(end)
		}
		s.reported, s.troubled = true, true
		return troubleWait, nil
	case devices.CardGone:
		if !s.troubled {
			s.emit(end)
		}
		s.reported, s.troubled = false, false
		return s.between(), nil
	default:
		s.settled(end)
		return s.between(), nil
	}
}

// settled tells the end of a card that needs no more tries: read, or of no use.
func (s *session) settled(end devices.CardEvent) {
	s.reported, s.troubled = true, false
	s.rescue.tries = 0
	if end.Kind == devices.CardRead {
		s.rescue.tries = rescueTries
		s.r.setCardSum(s.sum)
		s.laid()
	}
	if s.emit(end) {
		s.served = s.served || end.Kind == devices.CardRead
	}
}

// emit hands an event on, unless the reader was disarmed or armed anew meanwhile: what was read under an earlier
// order is not told under a later one.
func (s *session) emit(e devices.CardEvent) bool {
	if o := s.r.now(); !o.armed || o.arming != s.now.arming {
		return false
	}
	s.r.opts.OnEvent(e)
	return true
}

// take reads the card that lies there. "Find" and "select" prepare the way, but a reading is tried whatever they
// say: that rescues a card which is selected already. A card has gone when nobody answers "find" after two readings
// that failed; one that only came spoilt is no failure of the card.
func (s *session) take(ctx context.Context) (devices.CardEvent, error) {
	absent := 0
	for range attempts {
		spoilt := s.conn.garbled
		end, done, err := s.attempt(ctx)
		switch {
		case err != nil:
			return devices.CardEvent{}, err
		case done:
			end.Card.LatestAddress = s.latestAddress(ctx, end.Card)
			return end, nil
		case s.dead || s.misses >= silentAfter:
			return devices.CardEvent{Kind: devices.CardTroubled}, nil
		}
		spoilt = s.conn.garbled - spoilt
		nobody, err := s.again(ctx)
		if err != nil {
			return devices.CardEvent{}, err
		}
		if absent++; !nobody || spoilt > 0 {
			absent = 0
		}
		if absent >= goneAfter {
			return devices.CardEvent{Kind: devices.CardGone}, nil
		}
	}
	return devices.CardEvent{Kind: devices.CardTroubled}, nil
}

// again prepares another attempt and says whether nobody answered.
func (s *session) again(ctx context.Context) (nobody bool, err error) {
	if err := s.hold(ctx, retryPause); err != nil {
		return false, err
	}
	reply, err := s.soft(ctx, sam.Find)
	return err == nil && reply.Status == sam.NoCard, err
}

// attempt selects and reads once. done is false where another attempt may help.
func (s *session) attempt(ctx context.Context) (end devices.CardEvent, done bool, err error) {
	reply, err := s.soft(ctx, sam.Select)
	if err != nil || s.dead {
		return devices.CardEvent{}, false, err
	}
	if reply.Status.Class() == sam.Foreign {
		return devices.CardEvent{Kind: devices.CardUnknown}, true, nil
	}
	reply, err = s.soft(ctx, sam.ReadText)
	if err != nil {
		return devices.CardEvent{}, false, err
	}
	if reply.Status == 0 { // the reader may have read it nonetheless, and then it is deaf
		s.rescue.tries = rescueTries
	}
	end, done = s.judge(reply)
	return end, done, nil
}

// judge turns the reply to a reading into its event. The bytes of a card are overwritten here.
func (s *session) judge(reply sam.Reply) (devices.CardEvent, bool) {
	switch {
	case reply.Status.Class() == sam.Foreign:
		return devices.CardEvent{Kind: devices.CardUnknown}, true
	case reply.Status != sam.OK:
		return devices.CardEvent{}, false
	}
	defer s.dec.Reset()
	card, err := sam.ParseCard(reply.Data)
	switch {
	case errors.Is(err, sam.ErrUnknownType):
		return devices.CardEvent{Kind: devices.CardUnknown}, true
	case err != nil:
		s.conn.garbled++
		s.r.opts.Log.Warn("Card data not understood", slog.Any("err", err))
		return devices.CardEvent{}, false
	}
	s.sum = s.r.sumOf(reply.Data)
	return devices.CardEvent{Kind: devices.CardRead, Card: card}, true
}

// soft asks like ask, but a command that got no good reply yields the zero reply and no error: the caller tries on.
func (s *session) soft(ctx context.Context, op sam.Op) (sam.Reply, error) {
	reply, err := s.ask(ctx, op)
	if soft, ok := errors.AsType[*softError](err); ok {
		s.missed(soft)
		return sam.Reply{}, nil
	}
	return reply, err
}

// hold waits a moment while listening, without being cut short.
func (s *session) hold(ctx context.Context, d time.Duration) error {
	wait, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	err := s.conn.listen(wait)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if wait.Err() != nil {
		return nil
	}
	return err
}
