package idcard

import (
	"context"
	"errors"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/idcard/sam"
)

const (
	rescueFirst = 3 * time.Second  // after arming, for a card that was selected before this program started
	rescueEvery = 10 * time.Second // after that
	rescueMute  = time.Minute      // on a reader that leaves a reading without a card unanswered: each costs a second
	rescueTries = 3                // at once, where a card may well lie there
	muteAfter   = 3                // readings in a row that nothing answered
)

// rescue is when to read although nobody answers "find". A card that was read doesn't answer it until it has left the
// field (protocols.md A4); and it counts as read for the reader also where the reading was lost on the line.
type rescue struct {
	tries    int // left, because a card may well lie there
	silences int // readings in a row that nothing answered
	next     time.Time
}

func (r *rescue) mute() bool { return r.silences >= muteAfter }

func (r *rescue) due(now time.Time) bool { return r.tries > 0 || !now.Before(r.next) }

// armed plans the first rescue of an arming. A mute reader is deaf for a second meanwhile, just when a resident lays a
// card: there it has time.
func (r *rescue) armed(now time.Time) {
	r.next = now.Add(rescueFirst)
	if r.mute() {
		r.next = now.Add(rescueMute)
	}
}

func (r *rescue) begin(now time.Time) {
	r.tries = max(r.tries-1, 0)
	r.next = now.Add(rescueEvery)
	if r.mute() {
		r.next = now.Add(rescueMute)
	}
}

// silent notes a reading that nothing answered, and says whether that means that there is no card.
func (r *rescue) silent() bool {
	r.silences = min(r.silences+1, muteAfter)
	if r.mute() {
		r.tries = 0
	}
	return r.tries == 0
}

// tryRescue reads without "find": a card that was read before and still lies there answers nothing else.
func (s *session) tryRescue(ctx context.Context) (time.Duration, error) {
	s.rescue.begin(s.r.opts.Now())
	reply, err := s.ask(ctx, sam.ReadText)
	soft, ok := errors.AsType[*softError](err)
	switch {
	case ok && soft.kind == devices.Silent:
		s.misses = 0
		if s.rescue.silent() {
			s.lifted()
		}
		return s.between(), nil
	case err != nil:
		return 0, err
	}
	end, done := s.judge(reply)
	switch class := reply.Status.Class(); {
	case done && end.Kind == devices.CardRead:
		s.rescue.silences = 0
		s.seen()
		s.emit(devices.CardEvent{Kind: devices.CardFound})
		end.Card.LatestAddress = s.latestAddress(ctx, end.Card)
		s.settled(end)
	case class == sam.Nobody || class == sam.Retake:
		s.rescue.silences = 0
		if s.rescue.tries == 0 {
			s.lifted()
		}
	}
	return s.between(), nil
}
