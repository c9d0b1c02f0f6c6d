package idcard

import (
	"context"
	"errors"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/idcard/sam"
)

// lookEvery is the least time between two readings that only ask whether a card still lies there. The first of a
// watching is made at once: that a card has gone is news for whoever comes next.
const lookEvery = 1500 * time.Millisecond

// justRead is how long after its reading nobody is told to take a card.
const justRead = 1500 * time.Millisecond

// watch is what a session knows of the card that was read (Reader.lies says that there is one).
type watch struct {
	nobody bool      // "find" was answered by nobody since it was read
	told   bool      // CardLying was told in this watching
	next   time.Time // no look before
	quiet  time.Time // no CardLying before
}

// watches says whether a card that was read is to be watched now. A reader that is armed for another reading of the
// same card tells that first.
func (s *session) watches() bool {
	return s.now.watch && (s.served || !s.now.armed) && s.r.cardLies()
}

// laid notes a reading: from now on there is a card to watch.
func (s *session) laid() {
	now := s.r.opts.Now()
	s.watch = watch{next: now.Add(lookEvery), quiet: now.Add(justRead)}
	s.r.setCardLies(true)
}

// someone takes an answer to "find" to account. A card that answers although nobody did before has come since, so the
// one that was read has gone. Without that it may be the same card, on a reader whose read cards go on answering, or
// another that was put in its place faster than anybody asked: it is read, and compared.
func (s *session) someone(ctx context.Context) error {
	now := s.r.opts.Now()
	switch {
	case s.watch.nobody:
		s.lifted()
	case s.watches() && !now.Before(s.watch.next):
		s.watch.next = now.Add(lookEvery)
		return s.compare(ctx)
	}
	return nil
}

// compare reads the card that answers "find" and tells whether it is the one that was read before. Of either only a
// keyed sum is kept.
func (s *session) compare(ctx context.Context) error {
	defer s.dec.Reset()
	if _, err := s.soft(ctx, sam.Select); err != nil {
		return err
	}
	reply, err := s.soft(ctx, sam.ReadText)
	if err != nil {
		return err
	}
	if reply.Status != sam.OK {
		return nil // the next look will tell
	}
	before := s.r.cardSum()
	if s.r.sumOf(reply.Data) == before {
		s.lying()
		return nil
	}
	s.lifted()
	s.reported, s.rescue.tries = false, rescueTries // it may be deaf now: the next arming reads it without "find"
	return nil
}

// look asks whether the card that was read still lies there, although nobody answers "find": by reading it once more,
// the only command that it answers (protocols.md A4). Its bytes are overwritten unread.
func (s *session) look(ctx context.Context) (time.Duration, error) {
	now := s.r.opts.Now()
	if now.Before(s.watch.next) {
		return s.r.opts.PollIdle, nil
	}
	s.watch.next = now.Add(lookEvery)
	defer s.dec.Reset()
	reply, err := s.ask(ctx, sam.ReadText)
	if soft, ok := errors.AsType[*softError](err); ok && soft.kind == devices.Silent {
		s.misses = 0
		s.rescue.silent()
		s.lifted()
		return s.r.opts.PollIdle, nil
	}
	if err != nil {
		return 0, err
	}
	switch reply.Status.Class() {
	case sam.Fine:
		s.lying()
	case sam.LineFault, sam.DeviceFault:
	default:
		s.lifted()
	}
	return s.r.opts.PollIdle, nil
}

func (s *session) lying() {
	if !s.watch.told && !s.r.opts.Now().Before(s.watch.quiet) {
		s.watch.told = s.emitWatched(devices.CardLying)
	}
}

// lifted notes that the card which was read has gone.
func (s *session) lifted() {
	s.rescue.tries, s.watch.nobody = 0, false
	if s.r.cardLies() {
		s.seen()
		s.r.setCardLies(false)
		s.emitWatched(devices.CardLifted)
	}
}

// emitWatched hands an event on, unless the watching that it belongs to is over.
func (s *session) emitWatched(kind devices.CardEventKind) bool {
	if o := s.r.now(); !o.watch || o.watching != s.now.watching {
		return false
	}
	s.r.opts.OnEvent(devices.CardEvent{Kind: kind})
	return true
}
