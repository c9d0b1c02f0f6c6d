package sync

import (
	"context"
	"log/slog"
	"time"

	"zhizhu/offline/outbox"
)

// restMost is the longest that one record waits after trouble of its own while the line is good.
const restMost = time.Minute

// awayFactor is how much more seldom a gateway that has been away for long is looked for.
const awayFactor = 4

// damagedTries is how often a record is sent again that arrived damaged, before it is set aside.
const damagedTries = 3

// take handles a result and all others that are there already, so that many acknowledgements cost one commit.
func (r *run) take(ctx context.Context, first result) {
	batch := []result{first}
	for {
		select {
		case next := <-r.done:
			batch = append(batch, next)
			continue
		default:
		}
		break
	}
	var acknowledged []result
	for _, res := range batch {
		if res.waiting.ID != "" && res.fault == nil {
			r.taken() // first: those that were refused meanwhile were no row
		}
	}
	for _, res := range batch {
		if res.waiting.ID != "" {
			delete(r.flying, res.waiting.ID)
			r.calling--
		}
		r.tellTime(res.answer)
		switch {
		case res.waiting.ID == "":
			r.probed(ctx, res)
		case res.fault == nil:
			r.widen(res)
			acknowledged = append(acknowledged, res)
		default:
			r.widen(res)
			r.trouble(ctx, res)
		}
	}
	r.moved = true
	r.settle(ctx, acknowledged)
	if len(acknowledged) > 0 {
		r.good(ctx)
	}
}

// tellTime keeps the distance to the gateway's clock, as far as whole seconds tell.
func (r *run) tellTime(a answer) {
	if !a.dated || r.state.OffsetKnown && (a.offset-r.state.ServerOffset).Abs() <= time.Second {
		return
	}
	r.state.ServerOffset, r.state.OffsetKnown = a.offset, true
}

// settle has acknowledgements written to disk, while further records are under way: all that come in the meantime are
// one commit.
func (r *run) settle(ctx context.Context, acknowledged []result) {
	for _, res := range acknowledged {
		r.flying[res.waiting.ID] = true // not to be sent again before it is settled
	}
	r.signed = append(r.signed, acknowledged...)
	if len(r.signed) == 0 || r.settles {
		return
	}
	batch := r.signed
	r.signed, r.settles = nil, true
	r.calls.Go(func() {
		err := r.o.Outbox.Settle(context.WithoutCancel(ctx), proofs(batch))
		r.tell(ctx, func() {
			r.settles = false
			r.settled(ctx, batch, err)
			r.settle(ctx, nil)
		})
	})
}

// settled handles the end of one commit.
func (r *run) settled(ctx context.Context, batch []result, err error) {
	if err != nil {
		r.o.Log.LogAttrs(ctx, slog.LevelError, "Acknowledgements can't be kept, records are sent again", slog.Any("error", err))
	}
	for _, res := range batch {
		id := res.waiting.ID
		delete(r.flying, id)
		if err != nil {
			r.rest(ctx, id)
			continue
		}
		delete(r.strikes, id)
		for _, c := range []*content{&r.content, &r.events.content, &r.blobs.content} {
			delete(c.proven, id)
		}
	}
	r.moved, r.sent = true, r.sent || err == nil
}

// last keeps what the gateway signed for while this program was told to stop.
func (r *run) last(ctx context.Context) {
	if len(r.signed) == 0 {
		return
	}
	if err := r.o.Outbox.Settle(context.WithoutCancel(ctx), proofs(r.signed)); err != nil {
		r.o.Log.LogAttrs(ctx, slog.LevelError, "Acknowledgements can't be kept, records are sent again", slog.Any("error", err))
	}
}

func proofs(all []result) []outbox.Proof {
	list := make([]outbox.Proof, len(all))
	for i, res := range all {
		list[i] = res.proof
	}
	return list
}

// probed handles the answer of a probe.
func (r *run) probed(ctx context.Context, res result) {
	r.probing = false
	if res.fault != nil {
		r.hold(ctx, res.fault)
		return
	}
	r.up = true
	r.beating.news = true // have a look whether there is any
	r.returned(ctx)
	switch r.state.Reason {
	case Unknown, OK, Unreachable, DNS, Certificate, Clock:
		r.good(ctx)
	case Portal, Busy:
		// The gateway is there, but did not take the last record. Only the next one can tell.
		if c := r.o.Outbox.Counts(); c.Queued+c.Ratings == 0 {
			r.good(ctx)
		}
	case Refused:
		// A terminal with a certificate learns of a refusal by the probe, too; else the next record tells.
		if c := r.o.Outbox.Counts(); c.Queued+c.Ratings == 0 {
			r.good(ctx)
		}
	case Unenrolled:
	}
}

// good notes that the gateway answered as it should.
func (r *run) good(ctx context.Context) {
	if r.paused && (r.state.Reason == Busy || r.state.Reason == Refused) {
		return // an answer to a call from before; what was asked for is kept
	}
	r.up, r.failures = true, 0
	r.state.Online, r.state.Reason, r.state.Detail = true, OK, ""
	r.unpause()
	if r.rests.kept {
		r.keepPace(ctx, 0)
	}
	r.idle.Reset(r.o.IdleEvery)
}

// trouble handles an upload that brought no acknowledgement.
func (r *run) trouble(ctx context.Context, res result) {
	if ctx.Err() != nil {
		return // cut by ourselves
	}
	id, f := res.waiting.ID, res.fault
	r.strikes[id]++
	if !f.aside {
		r.rest(ctx, id)
		r.hold(ctx, f)
		return
	}
	if f.again && r.strikes[id] < damagedTries {
		if !r.content.held() {
			r.good(ctx) // the gateway's own words
		}
		r.rest(ctx, id)
		return
	}
	if res.answer.status != 0 {
		if r.doubted(ctx, res) {
			return
		}
		r.good(ctx)
	}
	r.setAside(ctx, id, res.waiting.Lane, f.detail)
}

// setAside takes a record out of the queue, for staff.
func (r *run) setAside(ctx context.Context, id, lane, reason string) {
	r.o.Log.LogAttrs(ctx, slog.LevelError, "Record set aside", slog.String("id", id),
		slog.String("lane", lane), slog.String("reason", reason))
	if err := r.o.Outbox.Quarantine(context.WithoutCancel(ctx), id, reason); err != nil {
		r.o.Log.LogAttrs(ctx, slog.LevelError, "Record can't be set aside", slog.String("id", id), slog.Any("error", err))
		r.rest(ctx, id)
		return
	}
	delete(r.strikes, id)
}

// rest leaves one record alone for a while, so that it doesn't hold up the others.
func (r *run) rest(ctx context.Context, id string) {
	r.resting[id] = true
	own := r.pace
	own.most = min(own.most, restMost)
	time.AfterFunc(own.delay(Busy, max(1, r.strikes[id]), 0, r.o.Rand), func() {
		select {
		case r.rested <- id:
		case <-ctx.Done():
		}
	})
}

// hold lets the line rest.
func (r *run) hold(ctx context.Context, f *fault) {
	if ctx.Err() != nil {
		return
	}
	if r.paused && (r.state.Reason == f.reason || r.state.Reason == Refused) {
		return // calls that ran side by side fail side by side
	}
	if !r.paused {
		r.failures++
	}
	r.up, r.kicked = false, false
	r.unpause()
	r.state.Online, r.state.Reason, r.state.Detail = false, f.reason, f.detail
	r.idle.Stop()
	r.call.client.Load().CloseIdleConnections()
	r.pauseFor(ctx, r.restAfter(f), !momentary(f.reason))
}

// momentary says whether a rest is that of a line that is down, which is looked at every few seconds.
func momentary(reason Reason) bool {
	switch reason {
	case Unreachable, DNS, Certificate, Clock:
		return true
	case Unknown, OK, Portal, Refused, Busy, Unenrolled:
	}
	return false
}

// restAfter reckons how long the line rests.
func (r *run) restAfter(f *fault) time.Duration {
	p := r.pace
	r.rests.shared = f.shared
	if f.alive && r.rests.outage >= easeAfter {
		p.probe *= awayFactor // a county that knocks every few seconds keeps a gateway from standing up
	}
	return p.delay(f.reason, r.failures, f.asked, r.o.Rand)
}
