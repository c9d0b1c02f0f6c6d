package sync

import (
	"context"
	"log/slog"
	"time"
)

// Rests that a restart must not cut short: what the gateway asked for, or a refusal. A line that is down is looked at
// every few seconds anyhow, so its rests aren't worth a write.
const (
	keepLeast = time.Minute // shorter rests are not kept
	keepSteps = 8           // how often what is left of a rest is written
)

// ease is how the first drain after an outage of the gateway is spread: all terminals have waited for it, and come back in
// the same seconds. Each one waits anything up to easeEach for every record that it has, so that a gateway takes the same
// number of records a second, whatever each has to bring: 30,000 terminals bring 2,000 a second.
const (
	easeAfter = 10 * time.Minute // shorter outages leave no queues
	easeEach  = 15 * time.Second
	easeMost  = 15 * time.Minute
)

// rested is what is kept of the line's rests.
type rested struct {
	left   time.Duration // of the rest that runs, as far as it was counted
	length time.Duration // of the whole rest
	kept   bool          // a rest is on disk
	step   *time.Timer
	slept  time.Duration // of the rest that runs, by the timers
	shared bool          // all terminals may wait for the same
	outage time.Duration // rested so far because of something that all may wait for
}

// pauseFor lets the line rest.
func (r *run) pauseFor(ctx context.Context, d time.Duration, keep bool) {
	r.paused = true
	r.pause.Reset(d)
	r.rests.slept, r.rests.length, r.rests.left = d, d, d
	if keep && d >= keepLeast {
		r.keepPace(ctx, d)
		r.rests.step.Reset(d / keepSteps)
	}
}

// unpause ends a rest before its time.
func (r *run) unpause() {
	if r.paused {
		r.pause.Stop()
		r.rests.step.Stop()
		r.paused = false
	}
}

// stepped writes what is left of a rest. It goes by the timers, not by a clock.
func (r *run) stepped(ctx context.Context) {
	if !r.paused || !r.rests.kept {
		return
	}
	step := r.rests.length / keepSteps
	r.rests.left -= step
	if r.rests.left <= step/2 {
		return
	}
	r.keepPace(ctx, r.rests.left)
	r.rests.step.Reset(step)
}

// over notes that a rest has ended by itself.
func (r *run) over(ctx context.Context) {
	r.paused = false
	r.rests.step.Stop()
	if r.rests.shared {
		r.rests.outage += r.rests.slept
	}
	if r.rests.kept {
		r.keepPace(ctx, 0) // the failures stay until something goes up
	}
}

func (r *run) keepPace(ctx context.Context, left time.Duration) {
	err := r.o.Outbox.SetPace(context.WithoutCancel(ctx), r.failures, left)
	if err != nil {
		r.o.Log.LogAttrs(ctx, slog.LevelError, "Rest of the line can't be kept over a restart", slog.Any("error", err))
		return
	}
	r.rests.kept = r.failures > 0 || left > 0
}

// resume goes on with what was left of a rest when the program ended.
func (r *run) resume(ctx context.Context) {
	failures, left, err := r.o.Outbox.Pace(ctx)
	if err != nil {
		r.o.Log.LogAttrs(ctx, slog.LevelError, "Rest of the line can't be read", slog.Any("error", err))
	}
	r.failures, r.rests.kept = failures, failures > 0 || left > 0
	if left <= 0 {
		return
	}
	// Power comes back to a county at once: not before, but not all at once.
	left = min(left, r.o.MaxBackoff)
	r.state.Reason, r.state.Detail = Busy, "the gateway asked for rest before the restart"
	r.pauseFor(ctx, min(left+jitter(left/4, r.o.Rand), r.o.MaxBackoff), true)
}

// returned lets a gateway that was away for long be, for a while: everybody has waited for it.
func (r *run) returned(ctx context.Context) {
	outage := r.rests.outage
	r.rests.outage, r.rests.shared = 0, false
	if outage < easeAfter {
		return
	}
	c := r.o.Outbox.Counts()
	wait := jitter(min(easeMost, easeEach*time.Duration(max(1, c.Queued+c.Ratings+c.Events+c.Blobs))), r.o.Rand)
	r.easing = true
	r.o.Log.LogAttrs(ctx, slog.LevelInfo, "Gateway is back, the queue waits a little", slog.Duration("wait", wait))
	time.AfterFunc(wait, func() { r.tell(ctx, func() { r.easing = false }) })
}

// eased says whether the queue may go up.
func (r *run) eased() bool { return !r.easing }
