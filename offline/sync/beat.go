package sync

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"zhizhu/offline/wire"
)

// beatGap is the least between two heartbeats.
const beatGap = time.Minute

// diskStep is how much less of the disk is news, in bytes.
const diskStep = 256 << 20

// beating is what is kept of the heartbeats.
type beating struct {
	last string // what the gateway heard last, without what always changes
	news bool   // have it compared
	soon bool   // the last one was less than beatGap ago
}

// pulse sends a heartbeat when it is due, or when there is news.
func (r *run) pulse(ctx context.Context) {
	s := &r.beat
	if !s.free() || !s.due && (!r.beating.news || r.beating.soon) {
		return
	}
	due, last, state := s.due, r.beating.last, r.state
	s.due, r.beating.news = false, false
	r.begin(ctx, s, func() func() {
		h := r.call.heartbeat(r.counted(state))
		news := tidings(h)
		if !due && news == last {
			return func() {}
		}
		a, f := r.call.beat(ctx, h)
		return func() {
			r.tellTime(a)
			r.beaten(ctx, news, f)
		}
	})
}

func (r *run) beaten(ctx context.Context, news string, f *fault) {
	s := &r.beat
	if f != nil {
		r.state.Faults.Heartbeat = f.detail
		s.due = true
		r.troubled(ctx, s, f)
		return
	}
	r.state.Faults.Heartbeat = ""
	r.beating.last, r.beating.soon = news, true
	s.fine()
	r.later(ctx, s, r.o.BeatEvery)
	time.AfterFunc(beatGap, func() { r.tell(ctx, func() { r.beating.soon = false }) })
}

// heartbeat completes what the terminal says of itself by what the syncer knows.
func (c *caller) heartbeat(st State) wire.Heartbeat {
	h := c.o.Heartbeat()
	h.Terminal = c.o.Identity.Terminal
	if h.At.IsZero() {
		h.At = c.o.Now()
	}
	h.ClockTrust = st.ClockTrust()
	h.Queued, h.Quarantined, h.OldestAge = st.Queued+st.Ratings+st.Events+st.Blobs, st.Quarantined, 0
	if !st.Oldest.IsZero() {
		h.OldestAge = max(0, int64(h.At.Sub(st.Oldest).Seconds()))
	}
	return h
}

// tidings is a heartbeat without what changes of itself.
func tidings(h wire.Heartbeat) string {
	h.At, h.OldestAge, h.DiskFree = time.Time{}, 0, h.DiskFree/diskStep
	text, err := json.Marshal(h)
	if err != nil {
		return "" // can't happen: plain values
	}
	return string(text)
}

func (c *caller) beat(ctx context.Context, h wire.Heartbeat) (answer, *fault) {
	body, err := json.Marshal(h)
	if err != nil {
		return answer{}, &fault{reason: OK, detail: "heartbeat can't be encoded"}
	}
	header := c.named()
	header.Set("Content-Type", wire.TypeJSON)
	a, f := c.call(ctx, http.MethodPut, wire.PathHeartbeat, header, body)
	if f == nil && a.status != http.StatusNoContent {
		f = statusFault(a.status, a.header, a.body, c.o.Now())
	}
	return a, f
}
