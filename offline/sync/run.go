package sync

import (
	"context"
	"log/slog"
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

	flying  map[string]bool // ids under way
	resting map[string]bool // ids that wait after trouble
	strikes map[string]int  // how often an id failed
	content content         // what was refused for its content
	done    chan result
	rested  chan string
	calls   sync.WaitGroup
}

// result is the end of one call.
type result struct {
	waiting outbox.Waiting // zero for a probe
	proof   outbox.Proof
	answer  answer
	fault   *fault
}

// Serve carries records until ctx ends. What is under way then is not waited for longer than its cancelling takes; the
// gateway may have stored it, which the next run finds out by sending it again.
func (s *Syncer) Serve(ctx context.Context) error {
	r := &run{
		Syncer: s, state: s.State(), pause: stopped(), idle: stopped(),
		flying: map[string]bool{}, resting: map[string]bool{}, strikes: map[string]int{},
		done: make(chan result, s.o.AtOnce+1), rested: make(chan string),
	}
	defer r.calls.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer r.pause.Stop()
	defer r.idle.Stop()
	defer s.call.client.CloseIdleConnections()
	for {
		r.next(ctx)
		r.report(ctx, r.state)
		if err := s.o.Outbox.Prepare(); err != nil {
			s.o.Log.LogAttrs(ctx, slog.LevelError, "Packet key can't be prepared", slog.Any("error", err))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.kick:
			r.wake()
		case <-s.look:
			if r.paused {
				r.wake()
			} else {
				r.probe(ctx)
			}
		case id := <-r.rested:
			delete(r.resting, id)
		case <-r.pause.C:
			r.paused = false
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
func (r *run) wake() {
	switch r.state.Reason {
	case Unreachable, DNS, Certificate, Clock:
		if r.paused && !r.kicked {
			r.kicked = true // once for every failure, lest a busy machine hammers a dead line
			r.pause.Reset(shortest)
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
	most := r.o.AtOnce
	if r.state.Reason != OK {
		most = 1 // the line is to be trusted again first
	}
	r.fillAll(ctx, most)
	if len(r.flying) == 0 && r.content.next() {
		r.fillAll(ctx, most)
	}
}

func (r *run) fillAll(ctx context.Context, most int) {
	for _, lane := range []string{outbox.LaneRatings, outbox.LaneFeedback, outbox.LaneMatters} {
		r.fill(ctx, lane, most)
	}
}

// fill starts uploads of one lane until so many run.
func (r *run) fill(ctx context.Context, lane string, most int) {
	room := most - len(r.flying)
	if room <= 0 {
		return
	}
	skip := func(id string) bool { return r.flying[id] || r.resting[id] || r.content.tried[id] }
	waiting, err := r.o.Outbox.Pending(ctx, lane, room, skip)
	if err != nil && ctx.Err() == nil {
		r.o.Log.LogAttrs(ctx, slog.LevelError, "Outbox can't be read", slog.Any("error", err))
	}
	for _, w := range waiting {
		r.flying[w.ID] = true
		r.start(func() result {
			proof, answer, fault := r.call.upload(ctx, w)
			return result{waiting: w, proof: proof, answer: answer, fault: fault}
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
