package sync

import (
	"context"
	"log/slog"
	"time"

	"zhizhu/offline/outbox"
)

// side is work beside the line of records: it has trouble and rests of its own, and never holds up the records. One job
// of it runs at a time. It belongs to Serve's goroutine.
type side struct {
	name     string
	busy     bool // a job is under way
	resting  bool // after trouble
	due      bool // of those that go by time
	failures int  // in a row
	again    *time.Timer
	content  content // events and attachments: what was refused for its content
}

// sides are all of them.
type sides struct {
	events, blobs, mail, beat, renewal side
}

func newSides() sides {
	return sides{
		events: side{name: "events"}, blobs: side{name: "attachments"},
		mail: side{name: "mailbox", due: true}, beat: side{name: "heartbeat", due: true}, renewal: side{name: "renewal", due: true},
	}
}

// fillSides starts what goes beside the records. Events and attachments wait until no record is under way, lest a
// resident's matter shares a poor line with a picture.
func (r *run) fillSides(ctx context.Context) {
	if r.o.Renew != nil {
		r.renew(ctx)
	}
	if r.o.Mailbox != nil {
		r.fetch(ctx)
	}
	if r.o.Heartbeat != nil {
		r.pulse(ctx)
	}
	if r.calling > 0 || !r.eased() {
		return
	}
	r.fillBlobs(ctx)
	r.fillEvents(ctx)
}

// free says whether a job may begin.
func (s *side) free() bool { return !s.busy && !s.resting }

// begin runs a job; what it returns is run on Serve's goroutine afterwards.
func (r *run) begin(ctx context.Context, s *side, job func() (after func())) {
	s.busy = true
	r.calls.Go(func() {
		after := job()
		r.tell(ctx, func() {
			s.busy = false
			after()
		})
	})
}

// tell has fn run on Serve's goroutine, unless that ends.
func (r *run) tell(ctx context.Context, fn func()) {
	select {
	case r.told <- fn:
	case <-ctx.Done():
	}
}

// later makes a side due after a while, with jitter: a county that came back together does not stay together.
func (r *run) later(ctx context.Context, s *side, every time.Duration) {
	s.due = false
	if s.again != nil {
		s.again.Stop()
	}
	s.again = time.AfterFunc(every/2+jitter(every/2, r.o.Rand), func() { r.tell(ctx, func() { s.due = true }) })
}

// fine notes that a side's job went well.
func (s *side) fine() { s.failures = 0 }

// troubled lets a side rest. Whether it is the line that fails is the probe's to say.
func (r *run) troubled(ctx context.Context, s *side, f *fault) {
	if ctx.Err() != nil {
		return // cut by ourselves
	}
	if s.failures++; s.failures == 1 {
		r.o.Log.LogAttrs(ctx, slog.LevelWarn, "Work beside the records fails", slog.String("work", s.name),
			slog.String("reason", f.reason.String()), slog.String("detail", f.detail))
	}
	s.resting = true
	// It is the gateway that has trouble with this work, or nobody: a terminal that isn't known learns of it by the probe.
	wait := r.pace.delay(Busy, s.failures, f.asked, r.o.Rand)
	time.AfterFunc(wait, func() { r.tell(ctx, func() { s.resting = false }) })
	switch f.reason {
	case Unreachable, DNS, Certificate, Clock, Portal, Refused:
		if r.up && !r.paused {
			r.probe(ctx)
		}
	case Unknown, OK, Busy, Unenrolled:
	}
}

// fillEvents sends some events, one after the other.
func (r *run) fillEvents(ctx context.Context) {
	s := &r.events
	if !s.free() || r.o.Outbox.Counts().Events == 0 {
		return
	}
	waiting := r.pendingEvents(ctx)
	if len(waiting) == 0 && s.content.next() {
		waiting = r.pendingEvents(ctx)
	}
	if len(waiting) == 0 {
		return
	}
	r.begin(ctx, s, func() func() {
		var all []result
		for _, w := range waiting {
			proof, answer, fault := r.call.upload(ctx, w)
			all = append(all, result{waiting: w, proof: proof, answer: answer, fault: fault})
			if fault != nil && !fault.aside {
				break // the others would fare no better
			}
		}
		return func() { r.tookEvents(ctx, all) }
	})
}

// eventsAtOnce is how many events one job sends.
const eventsAtOnce = 8

func (r *run) pendingEvents(ctx context.Context) []outbox.Waiting {
	n := eventsAtOnce
	if r.events.content.held() {
		n = 1
	}
	skip := func(id string) bool { return r.flying[id] || r.resting[id] || r.events.content.tried[id] }
	waiting, err := r.o.Outbox.Pending(ctx, outbox.LaneEvents, n, skip)
	if err != nil && ctx.Err() == nil {
		r.o.Log.LogAttrs(ctx, slog.LevelError, "Events can't be read", slog.Any("error", err))
	}
	return waiting
}

func (r *run) tookEvents(ctx context.Context, all []result) {
	s := &r.events
	var acknowledged []result
	for _, res := range all {
		r.tellTime(res.answer)
		if res.fault == nil {
			acknowledged = append(acknowledged, res)
		}
	}
	if len(acknowledged) > 0 {
		s.content.taken()
		s.fine()
		r.settle(ctx, acknowledged)
		r.good(ctx)
		r.state.Faults.Events = ""
	}
	for _, res := range all {
		if f := res.fault; f != nil {
			r.eventTrouble(ctx, res.waiting.ID, res.answer.status, f)
		}
	}
}

func (r *run) eventTrouble(ctx context.Context, id string, status int, f *fault) {
	if ctx.Err() != nil {
		return
	}
	s := &r.events
	r.state.Faults.Events = f.detail
	r.strikes[id]++
	switch {
	case !f.aside, f.again && r.strikes[id] < damagedTries:
		r.rest(ctx, id)
		r.troubled(ctx, s, f)
	case status != 0 && r.doubt(ctx, &s.content, id, f.detail):
		r.troubled(ctx, s, f)
	default:
		r.setAside(ctx, id, outbox.LaneEvents, f.detail)
	}
}
