package visit

import "time"

// paperPatience is how long a print job may stay unanswered before it counts as unknown. The kiosk's own limit is
// shorter; this one keeps a visit from waiting for ever whatever happens.
const paperPatience = 90 * time.Second

// tick is the length of one tick where the clock itself can't say: it was set, or the machine slept.
const (
	tick    = time.Second
	maxTick = 10 * time.Second
)

// clock takes the time in. Idle time is counted in ticks, so that a clock that is set by years in the middle of a
// visit throws nobody out.
func (t *turn) clock(now time.Time) {
	d := now.Sub(t.s.now)
	if t.s.now.IsZero() || d < 0 || d > maxTick {
		d = tick
	}
	t.s.now = now
	t.s.young = max(t.s.young-1, 0)
	t.askedLongEnough(d)
	switch t.s.step {
	case Attract, OutOfService, Lodging:
		t.s.idle = 0
	case Wiped:
		if t.s.wipeBad {
			t.s.wipeBad = false
			t.do(Wipe{})
		}
	case Home, List, Guide, Identify, Questions, Materials, Commitment, Signing, Review, Receipt, Progress, Staff:
		t.idled(d)
	}
}

// idled lets time pass on a page where somebody is, or was.
func (t *turn) idled(d time.Duration) {
	if t.s.printing() {
		t.patience(d)
		t.s.idle = 0
		return
	}
	t.s.idle += d
	limit := t.s.idleLimit()
	switch {
	case t.s.idle < limit:
	case !t.s.asksFirst():
		t.wipe("idle")
	case t.s.over != overIdle:
		t.s.over, t.s.other = overIdle, nil
		t.s.idle = t.s.idleLimit() // the page's own from here on
	case t.s.idle >= limit+t.s.slower(t.s.world.Idle.Notice):
		t.wipe("idle")
	}
}

// asksFirst reports whether a resident is asked before an idle page is left. Where nothing but public words is on the
// screen it isn't worth a question, and a receipt page ends by itself once its slip is out.
func (s State) asksFirst() bool {
	switch s.step {
	case Home, List:
		return s.card != nil || s.losable()
	case Receipt:
		return s.losable() || s.unconfirmed() != ""
	case Staff:
		return false
	case Attract, Guide, Identify, Questions, Materials, Commitment, Signing, Review, Lodging, Progress, Wiped,
		OutOfService:
	}
	return true
}

// idleLimit is how long the page waits for a sign of life.
func (s State) idleLimit() time.Duration {
	times := s.world.Idle
	if s.over == overHelp {
		return s.slower(times.Help)
	}
	switch s.step {
	case Receipt:
		if s.unconfirmed() != "" {
			return s.slower(times.NoPaper)
		}
		return s.slower(times.Receipt)
	case Guide, Identify, Review:
		return s.slower(times.Read)
	case Questions, Materials, Commitment, Signing:
		return s.slower(times.Fill)
	case Attract, Home, List, Progress, Lodging, Wiped, OutOfService, Staff:
	}
	return s.slower(times.Browse)
}

// slower doubles a time in guided mode.
func (s State) slower(d time.Duration) time.Duration {
	if s.guided {
		return 2 * d
	}
	return d
}

// secondsLeft is the countdown of the receipt page in steps of five seconds, 0 while it isn't shown: a number that
// changes every second would repaint the page every second and hurry people.
func (s State) secondsLeft() int {
	left := s.idleLimit() - s.idle
	if s.step != Receipt || s.printing() || s.asksFirst() || left > 30*time.Second || left <= 0 {
		return 0
	}
	return int((left+4*time.Second)/(5*time.Second)) * 5
}
