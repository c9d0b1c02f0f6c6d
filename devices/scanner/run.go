package scanner

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/scanner/frame"
)

const (
	maxQueue     = 16          // of frames to send
	garbledAfter = 3           // pieces of garbage in a row
	garbledIn    = time.Minute // between one and the next: a plug now and a plug tomorrow are no row
	wrongAfter   = 3           // pieces in a row that another kind of device says
)

// run is one line's life. All of it happens in Serve's goroutine, but for the line's reads and writes.
type run struct {
	s      *Scanner
	line   devices.Line
	report func(devices.Status)
	lines  Splitter
	talk   *talk
	in     inlet
	out    outlet
	queue  []command // to send

	parts []byte    // of a code that comes in several packets
	part  int       // where the last of them begins
	at    time.Time // when it came

	said    devices.Status // what was reported last
	lost    bool           // talk.lost, then
	garbage int            // pieces of it in a row
	soiled  time.Time      // when the last one came
	dropped int            // pieces of it in all
	foreign int            // pieces in a row that another kind of device says
	doubts  int            // pieces since the last proof that a wrong speed explains
	doubted time.Time      // when the last one came
	cut     bool           // the code that comes in packets is too long: what is left of it is no code
}

func newRun(s *Scanner, line devices.Line, report func(devices.Status)) *run {
	p := s.opts.Profile
	want, _ := s.orders()
	return &run{
		s: s, line: line, report: report,
		lines: Splitter{Replies: p.Replies(), Packets: p.Packets()},
		talk:  newTalk(p, want), in: newInlet(), out: newOutlet(p.Wake, p.WakePause()),
	}
}

func (r *run) wipe() {
	r.lines.wipe()
	clear(r.parts)
}

func (r *run) serve(ctx context.Context) error {
	var answer, expiry alarm
	defer answer.stop()
	defer expiry.stop()
	r.tell()
	r.in.ask <- 0
	for {
		r.enqueue(r.talk.out...)
		r.talk.out = nil
		answer.set(r.talk.wait, r.talk.turn)
		expiry.set(r.expire(), 0)
		var commands chan<- command
		var first command
		if len(r.queue) > 0 {
			commands, first = r.out.commands, r.queue[0]
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case got := <-r.in.got:
			if err := r.received(got); err != nil {
				if ctx.Err() != nil {
					return ctx.Err()
				}
				return err
			}
			r.in.ask <- r.silence()
		case commands <- first:
			r.queue = r.queue[1:]
		case err := <-r.out.failed:
			r.s.opts.Log.Info("Scanner takes no command", slog.Any("err", err))
		case <-r.s.wake:
			r.obey()
		case <-answer.c():
			answer.rang()
			r.talk.expired()
		case <-expiry.c():
			expiry.rang()
		}
		r.tell()
	}
}

// silence is how long the line may be silent before what has begun counts as ended.
func (r *run) silence() time.Duration {
	switch {
	case !r.lines.Open():
		return 0
	case r.lines.Ends:
		return 10 * r.s.opts.Silence
	case r.lines.TooLong(): // a hiccup must not make a code of what is left
		return 4 * r.s.opts.Silence
	}
	return r.s.opts.Silence
}

func (r *run) obey() {
	want, forget := r.s.orders()
	if forget {
		r.lines.Discard()
		r.cut = r.cut || len(r.parts) > 0
		r.dropParts()
	}
	r.talk.trigger(want)
}

// enqueue takes what is to be sent. What a scanner doesn't take for long is not worth sending late.
func (r *run) enqueue(cmds ...command) {
	r.queue = append(r.queue, cmds...)
	if over := len(r.queue) - maxQueue; over > 0 {
		r.queue = r.queue[over:]
	}
}

// expire forgets codes, and parts of codes, whose time is over; and says after how long to look again, 0 for never.
func (r *run) expire() time.Duration {
	next := r.s.expire()
	if len(r.parts) == 0 {
		return next
	}
	window := r.s.opts.Again
	if away := r.s.opts.Now().Sub(r.at); away < 0 || away >= window {
		r.dropParts()
	} else if left := window - away; next == 0 || left < next {
		next = left
	}
	return next
}

func (r *run) dropParts() {
	clear(r.parts)
	r.parts, r.part = r.parts[:0], 0
}

// received takes what the line has brought.
func (r *run) received(got portionRead) error {
	before := r.lines.Dropped
	switch {
	case len(got.bytes) > 0:
		r.lines.Write(got.bytes, r.take)
		clear(got.bytes)
	case got.err != nil:
		return got.err
	default:
		r.lines.End(r.take)
	}
	for range r.lines.Dropped - before {
		r.soil()
		r.doubt()
	}
	if r.foreign >= wrongAfter {
		return &devices.Error{
			Device: "scanner", Kind: devices.WrongDevice, Op: "read code",
			Err: errors.New("an ID-card reader or a printer talks on this line"),
		}
	}
	return r.hopeless()
}

// take handles one piece.
func (r *run) take(p Piece) {
	switch {
	case p.Broken:
		r.enqueue(command{frame: frame.AppendSSI(nil, frame.SSINak, frame.SSIHost, 0, frame.SSIResend)})
	case p.Frame.Kind == frame.Code:
		r.prove()
		r.packet(p.Frame)
	case p.Frame.Kind != 0:
		r.prove()
		r.talk.answered(p.Frame)
	case otherDevice(p.Line):
		r.foreign++
		r.soil()
	case breaks(p.Line):
		r.soil()
		r.doubt()
	default:
		r.code(clean(p.Line), p.Ended)
	}
}

// packet handles a packet with a code, or with a part of one. It is acknowledged only where that is agreed: to other
// scanners nothing is said.
func (r *run) packet(f frame.Frame) {
	if r.lines.Packets {
		r.enqueue(command{frame: frame.AppendSSI(nil, frame.SSIAck, frame.SSIHost, 0)})
	}
	now := r.s.opts.Now()
	r.expire()
	r.cut = r.cut && now.Sub(r.at) < r.s.opts.Again
	r.at = now
	if r.cut {
		r.cut = f.More
		return
	}
	if f.Again && len(r.parts) > 0 && bytes.Equal(r.parts[r.part:], f.Data) {
		return // its acknowledgement was lost
	}
	r.part = len(r.parts)
	r.parts = append(r.parts, f.Data...)
	switch {
	case len(r.parts) > maxLine:
		r.dropParts()
		r.cut = f.More
		r.soil()
	case !f.More:
		r.code(bytes.TrimRight(r.parts, "\r\n"), true)
		r.dropParts()
	}
}

// code hands a code on, unless it is noise, or was there just now: a code that is held before the scanner goes on being
// the same for as long as it is seen.
func (r *run) code(raw []byte, ended bool) {
	p := r.s.opts.Profile
	raw = bytes.TrimSuffix(bytes.TrimPrefix(raw, p.Prefix), p.Suffix)
	if len(raw) == 0 {
		return
	}
	if judge(raw, ended) != isCode {
		r.soil()
		r.doubt()
		return
	}
	r.weigh(raw)
	r.garbage, r.foreign = 0, 0
	r.talk.coded()
	sum := r.s.codes.sum(raw)
	log := r.s.opts.Log
	if sum != nil {
		log = log.With(slog.String("code", name(sum)))
	}
	switch r.s.again(raw, sum) {
	case 0:
		log.Info("Code read")
		r.s.opts.OnScan(devices.Scan{Raw: bytes.Clone(raw), Text: decode(raw)})
	case 1: // a code that lies under a scanner that reads all the time must not fill the log
		log.Debug("Same code again")
	}
}

// soil counts a piece of garbage.
func (r *run) soil() {
	now := r.s.opts.Now()
	if away := now.Sub(r.soiled); r.garbage < garbledAfter && (away < 0 || away > garbledIn) {
		r.garbage, r.foreign = 0, min(r.foreign, 1)
	}
	r.soiled = now
	r.garbage++
	r.dropped++
}

// tell reports how the scanner is, if that has changed.
func (r *run) tell() {
	st := devices.Status{
		State: devices.Ready, Model: r.model(), Baud: r.line.Baud(), Dropped: r.dropped,
	}
	if r.garbage >= garbledAfter || r.s.turns >= allSpeeds {
		st.State, st.Reason = devices.Faulty, devices.Garbled
	}
	if r.talk.lost && !r.lost {
		r.s.opts.Log.Warn("Scanner doesn't obey its commands, whatever it sends is taken", slog.String("profile", r.s.opts.Profile.Name))
	}
	r.lost = r.talk.lost
	if st != r.said {
		r.said = st
		r.report(st)
	}
}

// model is what staff see.
func (r *run) model() string {
	p := r.s.opts.Profile
	model := p.Title
	if p.Unverified {
		model += "（部分命令未验证）"
	}
	if r.talk.lost {
		model += "（不应答命令，改为连续读码）"
	}
	return model
}

// clean takes away what scanners put around a code: NUL, STX, ETX.
func clean(b []byte) []byte { return bytes.Trim(b, "\x00\x02\x03") }

// alarm is a timer that is set again and again; to what it is set to already, it goes on.
type alarm struct {
	timer *time.Timer
	turn  int
}

// set starts the alarm, unless it runs and turn is the same as before. A wait of 0 is never.
func (a *alarm) set(wait time.Duration, turn int) {
	if a.timer != nil && turn == a.turn {
		return
	}
	a.stop()
	a.turn = turn
	if wait > 0 {
		a.timer = time.NewTimer(wait)
	}
}

func (a *alarm) c() <-chan time.Time {
	if a.timer == nil {
		return nil
	}
	return a.timer.C
}

// rang tells that the alarm has gone off.
func (a *alarm) rang() { a.timer = nil }

func (a *alarm) stop() {
	if a.timer != nil {
		a.timer.Stop()
	}
	a.timer = nil
}
