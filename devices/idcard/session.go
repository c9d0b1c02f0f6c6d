package idcard

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/idcard/sam"
)

const (
	probeEvery  = time.Second      // while nothing answers any more
	deadEvery   = 5 * time.Second  // while the module says that it is broken
	deadLong    = 30 * time.Second // ... after deadFirst such answers
	deadFirst   = 10
	silentAfter = 3 // commands in a row without a reply
	resends     = 2 // of a command that the reader didn't understand

	briskFor = 8 * time.Second // after arming and after a card was seen: a card may be laid any moment
)

// session is one line's life.
type session struct {
	r      *Reader
	conn   conn
	dec    *sam.Decoder
	report func(devices.Status)

	alive  bool      // something has answered, and not too long ago
	dead   bool      // the module says that it is broken
	deaths int       // ... so many times in a row
	misses int       // commands in a row without a reply
	since  time.Time // of the first of them
	rounds int       // of questions in a row that ended without a reply
	model  string
	named  bool // the model was asked for
	state  devices.State
	reason devices.Kind
	told   devices.Status // last reported

	now      orders
	served   bool      // a card was read and told in this arming
	reported bool      // the card that answers "find" has had its event; cleared when nobody answers
	troubled bool      // ... and that event was CardTroubled: it is tried again quietly
	brisk    time.Time // until then a card is looked for often
	rescue   rescue
	watch    watch
	sum      uint64 // of the card that was read last

	addressMisses int // questions for the newest address in a row that nothing answered
}

func newSession(r *Reader, line devices.Line, report func(devices.Status)) *session {
	s := &session{r: r, report: report}
	s.conn = newConn(line, r.opts.Now)
	s.dec = &s.conn.dec
	return s
}

// step does one thing and says how long to pause after it. Its error is a lost line's or ctx's.
func (s *session) step(ctx context.Context) (time.Duration, error) {
	s.follow()
	pause, err := s.act(ctx)
	if soft, ok := errors.AsType[*softError](err); ok {
		s.missed(soft)
		if err := s.stranger(ctx); err != nil {
			return 0, err
		}
		if err := s.hopeless(soft.kind); err != nil {
			return 0, err
		}
		return s.rest(), ctx.Err()
	}
	return pause, err
}

// stranger ends a round of questions without a reply: what isn't a reader may be a printer, which takes them for text.
func (s *session) stranger(ctx context.Context) error {
	if s.misses < silentAfter {
		return nil
	}
	s.rounds++
	found, err := s.conn.printer(ctx, s.rounds)
	if err != nil {
		return err
	}
	if found {
		return &devices.Error{Device: "idcard", Kind: devices.WrongDevice, Op: "await reply", Err: errors.New("a printer answers")}
	}
	return nil
}

// hopeless returns the error that ends Serve where waiting doesn't help.
func (s *session) hopeless(kind devices.Kind) error {
	if s.misses < silentAfter {
		return nil
	}
	if other := s.conn.odd.other(); !s.conn.heard && other != "" {
		return &devices.Error{Device: "idcard", Kind: devices.WrongDevice, Op: "await reply", Err: errors.New("got " + other)}
	}
	if limit := s.r.opts.GiveUp; limit > 0 && s.r.opts.Now().Sub(s.since) >= limit {
		return &devices.Error{Device: "idcard", Kind: kind, Op: "await reply", Err: fmt.Errorf("none for %v", limit)}
	}
	return nil
}

// follow takes new orders over.
func (s *session) follow() {
	o := s.r.now()
	if o.arming != s.now.arming {
		s.served, s.reported, s.troubled = false, false, false
		s.rescue.armed(s.r.opts.Now())
		s.seen()
	}
	if o.watching != s.now.watching {
		s.watch.told, s.watch.next = false, time.Time{}
	}
	s.now = o
}

func (s *session) act(ctx context.Context) (time.Duration, error) {
	if s.alive && !s.dead && (s.now.armed || s.watches()) {
		return s.poll(ctx)
	}
	if err := s.check(ctx); err != nil {
		return 0, err
	}
	switch {
	case s.dead:
		return s.deadPause(), nil
	case s.now.armed || s.watches():
		return s.r.opts.PollArmed, nil
	}
	return s.r.opts.CheckEvery, nil
}

// deadPause is the pause after a module has said that it is broken: an alarm, no loop of retries.
func (s *session) deadPause() time.Duration {
	if s.deaths > deadFirst {
		return deadLong
	}
	return deadEvery
}

// rest is the pause after a step that nothing, or no good, answered. Where no reader was ever heard it grows, but not
// beyond the time at which the line is given up.
func (s *session) rest() time.Duration {
	switch {
	case s.alive:
		return s.between()
	case s.conn.heard:
		return probeEvery
	}
	pause := [...]time.Duration{probeEvery, 2 * probeEvery, 5 * probeEvery}[min(max(s.rounds-1, 0), 2)]
	if limit := s.r.opts.GiveUp; limit > 0 {
		pause = min(pause, max(s.since.Add(limit).Sub(s.r.opts.Now()), probeEvery))
	}
	return pause
}

// check asks whether the module lives. Not every reader knows every question, so any whole reply to any of them will
// do, except one that says that the module is broken. Something came that was no reply: then the error says so,
// though another question found silence.
func (s *session) check(ctx context.Context) error {
	var worst *softError
	for _, op := range []sam.Op{sam.StatusSAM, sam.ReadID, sam.Find} {
		reply, err := s.ask(ctx, op)
		if err == nil {
			if reply.Status.Class() != sam.DeviceFault && !s.named {
				return s.identify(ctx)
			}
			return nil
		}
		soft, ok := errors.AsType[*softError](err)
		if !ok {
			return err
		}
		if worst == nil || soft.kind == devices.Garbled {
			worst = soft
		}
	}
	return worst
}

// identify reads the SAM id, up to three times: some modules give none, or a wrong one, at first.
func (s *session) identify(ctx context.Context) error {
	for range 3 {
		reply, err := s.ask(ctx, sam.ReadID)
		if _, soft := errors.AsType[*softError](err); err != nil && !soft {
			return err
		}
		if err == nil && reply.Status == sam.OK {
			if id, err := sam.ParseID(reply.Data); err == nil {
				s.model = id
				break
			}
		}
	}
	s.named = true
	s.tell()
	return s.learnAddress(ctx)
}

// ask exchanges one command for one reply and keeps account of the module's health by it.
func (s *session) ask(ctx context.Context, op sam.Op) (sam.Reply, error) {
	reply, err := s.understood(ctx, op)
	if err != nil {
		if _, ok := errors.AsType[*softError](err); ok {
			if s.misses == 0 {
				s.since = s.r.opts.Now()
			}
			s.misses++
		}
		return sam.Reply{}, err
	}
	s.misses, s.rounds = 0, 0
	s.alive = true
	s.dead = reply.Status.Class() == sam.DeviceFault
	if !s.dead {
		s.deaths = 0
		s.set(devices.Ready, devices.OK)
		return reply, nil
	}
	s.deaths++
	if reply.Status == sam.Unauthorised {
		s.set(devices.Faulty, devices.Unauthorised)
	} else {
		s.set(devices.Faulty, devices.SelfTest)
	}
	return reply, nil
}

// understood exchanges one command for one reply and sends it again where the reader says that it came spoilt. Where
// that doesn't help, nothing can be said to this reader: the line spoils it all.
func (s *session) understood(ctx context.Context, op sam.Op) (sam.Reply, error) {
	for sent := 0; ; sent++ {
		reply, err := s.conn.exchange(ctx, op)
		if err != nil || !spoilt(op, reply.Status) {
			return reply, err
		}
		s.conn.garbled++
		switch {
		case sent < resends:
		case reply.Status == sam.BadCommand:
			return reply, nil
		default:
			return sam.Reply{}, &softError{kind: devices.Garbled, op: op}
		}
	}
}

// spoilt says whether a reader means by its reply that op came to it spoilt. Some don't know every question, and say
// to those that the command is wrong.
func spoilt(op sam.Op, status sam.Status) bool {
	switch status {
	case sam.BadChecksum, sam.BadLength:
		return true
	case sam.BadCommand:
		return op == sam.Find || op == sam.Select || op == sam.ReadText
	default:
		return false
	}
}

// missed notes a command that nothing good answered.
func (s *session) missed(e *softError) {
	s.r.opts.Log.Debug("Card reader didn't answer", slog.Any("err", e), slog.Int("inARow", s.misses))
	if s.misses < silentAfter {
		return
	}
	s.alive = false
	s.set(devices.Faulty, e.kind)
}

func (s *session) set(state devices.State, reason devices.Kind) {
	s.state, s.reason = state, reason
	if state == devices.Ready && !s.named {
		return // identify comes next, and tells
	}
	s.tell()
}

// tell reports the status where it has changed.
func (s *session) tell() {
	now := devices.Status{State: s.state, Reason: s.reason, Model: s.model, Dropped: s.conn.garbled}
	if now != s.told {
		s.told = now
		s.report(now)
	}
}

// pause waits, listens whether the line is lost, and is cut short by Arm.
func (s *session) pause(ctx context.Context, d time.Duration) error {
	wait, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	if !s.r.pausing(cancel) {
		return ctx.Err()
	}
	defer s.r.pausing(nil)
	err := s.conn.listen(wait)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if wait.Err() != nil {
		return nil
	}
	return err
}
