package sync

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"zhizhu/offline/outbox"
)

// run is one run of Serve. All of it belongs to Serve's goroutine; calls run on their own and report by channels.
type run struct {
	*Syncer
	state State // next to be reported

	up       bool // calls are worth trying
	probing  bool
	failures int // in a row, of the line
	kicked   bool
	pause    *time.Timer // runs while the line rests
	paused   bool
	idle     *time.Timer

	flying  map[string]bool // ids under way, and those whose acknowledgement isn't on disk yet
	calling int             // records under way
	signed  []result        // acknowledged, to be settled
	settles bool            // others are being settled
	moved   bool            // since the outbox was told of them
	resting map[string]bool // ids that wait after trouble
	strikes map[string]int  // how often an id failed
	content content         // what was refused for its content
	width   int             // records that may be under way, as the line bears it
	sent    bool            // something went up since the last round
	easing  bool            // the gateway is back after long: the queue waits its turn
	rests   rested
	done    chan result
	rested  chan string
	told    chan func()
	calls   sync.WaitGroup

	sides
	uploads map[string]upload // of attachments, by digest
	piece   int               // bytes of the next one
	beating beating
}

// How many records are under way at once: more as long as each is answered soon, less when something fails.
const (
	widthFirst = 4
	widthMost  = 32
	widthSoon  = time.Second
)

// result is the end of one call.
type result struct {
	waiting outbox.Waiting // zero for a probe
	proof   outbox.Proof
	answer  answer
	fault   *fault
	took    time.Duration
}

// Serve carries records until ctx ends. What is under way then is not waited for longer than its cancelling takes; the
// gateway may have stored it, which the next run finds out by sending it again.
func (s *Syncer) Serve(ctx context.Context) error {
	r := &run{
		Syncer: s, state: s.State(), pause: stopped(), idle: stopped(),
		flying: map[string]bool{}, resting: map[string]bool{}, strikes: map[string]int{},
		done: make(chan result, max(widthMost, s.o.AtOnce)+1), rested: make(chan string), told: make(chan func()),
		width: widthFirst, sides: newSides(), uploads: map[string]upload{}, piece: pieceFirst,
	}
	r.rests.step = stopped()
	ctx, cancel := context.WithCancel(ctx)
	defer r.last(ctx)
	defer r.calls.Wait()
	defer cancel()
	defer r.pause.Stop()
	defer r.idle.Stop()
	defer r.rests.step.Stop()
	defer func() { s.call.client.Load().CloseIdleConnections() }()
	r.resume(ctx)
	for {
		r.next(ctx)
		if r.moved {
			r.moved = false
			s.o.Outbox.Sending(slices.Collect(maps.Keys(r.flying)))
		}
		r.report(ctx, r.state)
		if err := s.o.Outbox.Prepare(); err != nil {
			s.o.Log.LogAttrs(ctx, slog.LevelError, "Packet key can't be prepared", slog.Any("error", err))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.kick:
			r.wake(ctx)
		case <-s.look:
			if r.paused {
				r.wake(ctx)
			} else {
				r.probe(ctx)
			}
		case id := <-r.rested:
			delete(r.resting, id)
		case fn := <-r.told:
			fn()
		case <-r.rests.step.C:
			r.stepped(ctx)
		case <-r.pause.C:
			r.over(ctx)
		case <-r.idle.C:
			r.probe(ctx)
		case first := <-r.done:
			r.take(ctx, first)
		}
	}
}

func stopped() *time.Timer {
	t := time.NewTimer(time.Hour)
	t.Stop()
	return t
}

// wake lets a line that is down be tried at once, unless the gateway asked for rest.
func (r *run) wake(ctx context.Context) {
	switch r.state.Reason {
	case Unreachable, DNS, Certificate, Clock:
		if r.paused && !r.kicked {
			r.kicked = true // once for every failure, lest a busy machine hammers a dead line
			r.pauseFor(ctx, shortest, false)
		}
	case Unknown, OK, Portal, Refused, Busy, Unenrolled:
	}
}

// next starts what can be started now.
func (r *run) next(ctx context.Context) {
	switch {
	case r.paused:
		return
	case !r.up:
		r.probe(ctx)
		return
	}
	if r.eased() {
		r.fillRecords(ctx)
	}
	if r.state.Reason != OK && !r.content.held() {
		return // the line is to be trusted again first
	}
	if r.sent && r.calling == 0 && !r.settles {
		r.sent, r.mail.due, r.beating.news = false, true, true
	}
	r.fillSides(ctx)
}

func (r *run) fillRecords(ctx context.Context) {
	most := r.o.AtOnce
	if most == 0 {
		most = r.width
	}
	if r.state.Reason != OK {
		most = 1 // the line is to be trusted again first
	}
	r.fillAll(ctx, most)
	if r.calling == 0 && r.content.next() {
		r.fillAll(ctx, most)
	}
}

// widen lets more records be under way while the line bears it.
func (r *run) widen(res result) {
	switch {
	case res.fault != nil && !res.fault.aside:
		r.width = widthFirst
	case res.took >= 0 && res.took < widthSoon:
		r.width = min(r.width+1, widthMost)
	default:
		r.width = max(r.width-1, widthFirst)
	}
}

func (r *run) fillAll(ctx context.Context, most int) {
	lanes := []string{outbox.LaneRatings, outbox.LaneFeedback, outbox.LaneMatters}
	if n := len(r.content.tried); n > 0 {
		// One lane may be what is refused: the others get their turn.
		n %= len(lanes)
		lanes = append(lanes[n:], lanes[:n]...)
	}
	for _, lane := range lanes {
		r.fill(ctx, lane, most)
	}
}

// fill starts uploads of one lane until so many run.
func (r *run) fill(ctx context.Context, lane string, most int) {
	room := most - r.calling
	if room <= 0 {
		return
	}
	skip := func(id string) bool { return r.flying[id] || r.resting[id] || r.content.tried[id] }
	waiting, err := r.o.Outbox.Pending(ctx, lane, room, skip)
	if err != nil && ctx.Err() == nil {
		r.o.Log.LogAttrs(ctx, slog.LevelError, "Outbox can't be read", slog.Any("error", err))
	}
	for _, w := range waiting {
		r.flying[w.ID], r.moved = true, true
		r.calling++
		r.start(func() result {
			began := r.o.Now()
			proof, answer, fault := r.call.upload(ctx, w)
			return result{waiting: w, proof: proof, answer: answer, fault: fault, took: r.o.Now().Sub(began)}
		})
	}
}

// probe asks whether the gateway is there, if nobody asks already.
func (r *run) probe(ctx context.Context) {
	if r.probing {
		return
	}
	r.probing = true
	r.start(func() result {
		answer, fault := r.call.probe(ctx)
		return result{answer: answer, fault: fault}
	})
}

func (r *run) start(call func() result) {
	// done has room for all that can run at once, so no call is ever left hanging.
	r.calls.Go(func() { r.done <- call() })
}
