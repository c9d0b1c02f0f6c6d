package printer

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/printer/escpos"
)

// session is one life of a line. All of it but the inbox belongs to the goroutine that serves.
type session struct {
	p      *Printer
	line   devices.Line
	report func(devices.Status)
	log    *slog.Logger
	now    func() time.Time // for intervals only

	jobs chan job
	over chan struct{} // closed when no job is taken any more

	in      inbox
	decoder escpos.Decoder
	cond    escpos.Condition
	held    bool // XOFF came, XON did not
	heldAt  time.Time
	dropped int
	strays  int          // replies that nothing explains, since they were last looked at
	late    int          // answers to commands that wait their turn that were given up and may still come
	learned atomic.Int64 // room in the printer's buffer as its XOFFs told, 0 for none
	wire    time.Time    // when the wire will have carried all that was given out
	carried int          // bytes of jobs that were given out in this line's life, up to provenBy
	habit   int          // how often there were some all the same, less the jobs without

	ask     asking
	answer  time.Duration // how long an answer may take
	met     meeting
	sent    int // marks sent in this line's life
	passed  int // marks answered: the printer has worked off all that was sent before them
	busy    bool
	told    devices.Status
	heard   time.Time // when the last byte came
	silence bool      // the last round of questions was not answered at all
	spoken  int       // rounds of questions that were answered
	fresh   bool      // a whole round of questions was asked since the last job
	deaf    bool      // a question inside a picture was not answered
	filled  bool      // the picture that is owed was filled up though the printer took no more
	autos   int       // automatic statuses that came
	hot     time.Time // since when the printer recovers by itself, zero while it doesn't
	low     time.Time // when the paper was last seen to be near its end
	strange stranger
}

func newSession(p *Printer, line devices.Line, report func(devices.Status)) *session {
	return &session{
		p: p, line: line, report: report, log: p.opt.Log, now: p.opt.Now,
		jobs: make(chan job), over: make(chan struct{}), in: newInbox(), met: newMeeting(), answer: p.opt.Answer,
	}
}

// inbox takes what the reading goroutine brings.
type inbox struct {
	mu    *sync.Mutex
	bytes []byte
	err   error
	bell  chan struct{}
}

func newInbox() inbox { return inbox{mu: &sync.Mutex{}, bell: make(chan struct{}, 1)} }

func (b *inbox) put(p []byte, err error) {
	b.mu.Lock()
	b.bytes = append(b.bytes, p...)
	if err != nil {
		b.err = err
	}
	b.mu.Unlock()
	select {
	case b.bell <- struct{}{}:
	default:
	}
}

func (b *inbox) take() ([]byte, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.bytes
	b.bytes = nil
	return p, b.err
}

// serve runs until ctx ends or the line is lost.
func (s *session) serve(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { s.read(ctx) })
	defer wg.Wait()
	defer stop()
	for {
		if err := s.idle(ctx); err != nil {
			return err
		}
		wait := time.NewTimer(s.untilNext())
		select {
		case <-ctx.Done():
		case <-s.in.bell:
		case j := <-s.jobs:
			res, err := s.print(ctx, j)
			j.done <- res
			if err != nil {
				wait.Stop()
				return err
			}
		case <-wait.C:
		}
		wait.Stop()
	}
}

func (s *session) read(ctx context.Context) {
	buf := make([]byte, 256)
	for {
		n, err := s.line.Read(ctx, buf)
		s.in.put(buf[:n], err)
		if err != nil {
			return
		}
	}
}

// drain takes in what has come. Its error is the line's.
func (s *session) drain(ctx context.Context) error {
	b, err := s.in.take()
	if len(b) > 0 {
		if at := s.now(); at.Sub(s.heard) > time.Second {
			s.decoder.Reset() // what had begun then will never end
		}
		s.heard = s.now()
		s.decoder.Feed(b, s.hear)
		s.note()
		if what := s.strange.hear(b); what != "" {
			return &devices.Error{Device: "printer", Kind: devices.WrongDevice, Op: "hear " + what}
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// note remembers since when things are as they are now.
func (s *session) note() {
	if now := s.now(); !s.cond.Recovering {
		s.hot = time.Time{}
	} else if s.hot.IsZero() {
		s.hot = now
	}
	switch {
	case s.cond.CoverOpen, s.cond.PaperEnd:
		s.low = time.Time{} // a new roll may come
	case s.cond.PaperLow:
		s.low = s.now()
	}
}

// hear takes in one reply.
func (s *session) hear(r escpos.Reply) {
	switch r.Kind {
	case escpos.FlowOff:
		if !s.held {
			s.held, s.heldAt = true, s.now()
		}
	case escpos.FlowOn:
		if !s.held {
			s.strays++ // what it says when it is switched on
		}
		s.held = false
	case escpos.RealTime:
		if !s.ask.answered(&s.cond, r.Byte) {
			s.unasked()
		}
		s.silence = false
	case escpos.Auto:
		s.cond.Auto(r.Block)
		s.autos++
		s.ask.autos = max(s.ask.autos-1, 0)
		s.hearAuto()
		s.silence = false
	case escpos.Queued:
		s.hearByte(r.Byte)
	case escpos.Text:
		s.hearName(r.Name)
	case escpos.Noise:
		s.stray()
	}
}

// stray counts a reply that nothing explains.
func (s *session) stray() {
	s.dropped++
	s.strays++
}

// behind counts an answer to a command that waited its turn, where none is waited for any more.
func (s *session) behind() {
	if s.late == 0 {
		s.stray()
		return
	}
	s.late--
	s.dropped++
}

// forgetMarks waits for no mark any more.
func (s *session) forgetMarks() {
	s.late += s.sent - s.passed
	s.sent, s.passed = 0, 0
}

// usual is how often replies that nothing explains must come until they are this printer's, or this cable's, way.
const usual = 3

// accustom looks at the replies that nothing explains and returns whether there were any that are unusual: the printer
// may have been switched off and on.
func (s *session) accustom() bool {
	some := s.strays > 0
	if s.strays = 0; some {
		s.habit = min(s.habit+1, 2*usual)
	}
	return some && s.habit <= usual
}

// pump waits until cond holds, for at most d. It returns whether it held; the error is the line's, or ctx's.
func (s *session) pump(ctx context.Context, d time.Duration, cond func() bool) (bool, error) {
	limit := time.NewTimer(d)
	defer limit.Stop()
	for {
		if err := s.drain(ctx); err != nil {
			return false, err
		}
		if cond() {
			return true, nil
		}
		select {
		case <-ctx.Done():
		case <-s.in.bell:
		case <-limit.C:
			return false, s.drain(ctx)
		}
	}
}

// kind is the worst that is known now.
func (s *session) kind() devices.Kind {
	k := s.worst()
	if k == devices.OK && s.held && (s.stuck() || s.now().Sub(s.heldAt) > s.p.opt.Stall) {
		return devices.Stalled
	}
	return k
}

// worst is the worst that the printer has said.
func (s *session) worst() devices.Kind {
	switch c := s.cond; {
	case c.CoverOpen:
		return devices.CoverOpen
	case c.PaperEnd, c.Stopped:
		return devices.PaperOut
	case c.CutterJam:
		return devices.CutterJam
	case c.Unrecoverable:
		return devices.SelfTest
	case c.Offline, c.Recovering:
		return devices.Stalled
	}
	return devices.OK
}

// speaks says that the printer has ever said how it is.
func (s *session) speaks() bool { return s.cond.Answered != 0 || s.cond.Told || s.met.roll }

// noticeDropped is how many dropped replies are worth a report of their own.
const noticeDropped = 50

// tell reports the status if it has changed, from the first round of questions on.
func (s *session) tell() {
	if s.ask.rounds == 0 {
		return
	}
	st := devices.Status{
		Port: s.line.Path(), Model: s.met.model(), Reason: s.kind(), Paper: s.paper(), Dropped: s.dropped, Since: s.told.Since,
	}
	switch {
	case !s.speaks() || s.silence:
		st.State, st.Reason, st.Paper = devices.Unknown, devices.Silent, devices.PaperUnknown
	case st.Reason != devices.OK:
		st.State = devices.Faulty
	default:
		st.State = devices.Ready
	}
	if s.busy && st.State == devices.Ready {
		st.State = devices.Busy
	}
	if same := s.told; st.Dropped-same.Dropped < noticeDropped {
		if same.Dropped = st.Dropped; st == same {
			return
		}
	}
	if st.State != s.told.State || st.Reason != s.told.Reason || st.Since.IsZero() {
		st.Since = s.now()
		s.log.Info("Printer changed", slog.Int("state", int(st.State)), slog.String("reason", st.Reason.String()))
	}
	s.told = st
	s.report(st)
	s.p.opt.OnStatus(st)
}

// lowHold is how long the paper must be seen not to be near its end until that is believed: at its edge the roll turns
// past the sensor now here, now there.
const lowHold = 15 * time.Second

func (s *session) paper() devices.Paper {
	switch c := s.cond; {
	case c.PaperEnd:
		return devices.PaperEnd
	case c.PaperLow, !s.low.IsZero() && s.now().Sub(s.low) < lowHold:
		return devices.PaperLow
	case c.Answered&(1<<lastRealTime) != 0, c.Told, s.met.roll:
		return devices.PaperOK
	}
	return devices.PaperUnknown
}
