package a4

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"zhizhu/devices"
)

// run is one job in CUPS.
type run struct {
	p      *Printer
	id     int
	tag    string // begins its name
	device string // device-uri of the queue
	last   progress

	trouble devices.Kind // that stands
	since   time.Time
	lost    time.Time // since when CUPS doesn't answer, zero while it does
}

// follow asks how the job is until it has ended, or has to.
func (r *run) follow(ctx context.Context) devices.PrintResult {
	for {
		job, err := r.ask(ctx)
		switch {
		case ctx.Err() != nil:
			return r.stop(ctx, devices.Cancelled)
		case err != nil && ended(err): // CUPS was told to keep no history, or somebody purged it
			r.p.opt.Log.Warn("Job is gone from CUPS's history, set PreserveJobHistory Yes", slog.Int("job", r.id))
			return devices.PrintResult{Outcome: devices.PrintUnknown}
		case err != nil:
			if r.gone() {
				return r.giveUp(ctx, err)
			}
		case job.over():
			return r.judge(ctx)
		default:
			if k := r.standing(ctx); k != devices.OK {
				return r.stop(ctx, k)
			}
		}
		if pause(ctx, r.p.opt.Follow) != nil {
			return r.stop(ctx, devices.Cancelled)
		}
	}
}

func (r *run) ask(ctx context.Context) (job progress, err error) {
	err = r.p.within(ctx, r.p.opt.Answer, func(ctx context.Context) error {
		job, err = r.p.cups.job(ctx, r.id)
		return err
	})
	if err == nil {
		r.last, r.lost = job, time.Time{}
	}
	return job, err
}

// gone says that CUPS has not answered for too long.
func (r *run) gone() bool {
	now := r.p.opt.Now()
	if r.lost.IsZero() {
		r.lost = now
	}
	return now.Sub(r.lost) >= r.p.opt.Lost
}

// standing is a trouble for which the job has to be given up: one that nobody mended in Options.Fault, or a job that
// CUPS itself has set aside.
func (r *run) standing(ctx context.Context) devices.Kind {
	k := devices.OK
	switch c, err := r.p.ask(ctx); {
	case err != nil && ctx.Err() == nil:
		if devices.KindOf(err) == devices.NotFound {
			k = devices.NotFound // the queue was deleted
		}
	case err == nil:
		k, _ = c.fault()
	}
	switch {
	case k == devices.OK && r.last.State == jobStopped: // with a queue that works: a filter couldn't read the document
		return devices.BadDocument
	case k == devices.OK && r.last.State == jobHeld:
		k = devices.Stalled
	}
	if k != r.trouble {
		r.trouble, r.since = k, r.p.opt.Now()
	}
	if k == devices.OK || k != devices.Paused && r.p.opt.Now().Sub(r.since) < r.p.opt.Fault {
		return devices.OK
	}
	return k
}

// stop cancels the job for a reason and returns what became of it: it may have ended in the meantime.
func (r *run) stop(ctx context.Context, why devices.Kind) devices.PrintResult {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.p.opt.Finish)
	defer cancel()
	job, err := r.p.end(ctx, r.id)
	if err != nil {
		r.p.opt.Log.Warn("Job not cancelled, it will be before the next", slog.Int("job", r.id), slog.Any("err", err))
		return devices.PrintResult{Outcome: devices.PrintUnknown}
	}
	if r.last = job; job.State != jobCanceled {
		return r.judge(ctx)
	}
	r.purge(ctx)
	if why == devices.Cancelled && job.Begun {
		return devices.PrintResult{Outcome: devices.PrintUnknown} // paper may have come out before
	}
	return failed(why)
}

// giveUp ends a job that CUPS would not take, or of which nothing can be learnt any more.
func (r *run) giveUp(ctx context.Context, err error) devices.PrintResult {
	why := devices.KindOf(err)
	if ctx.Err() != nil {
		why = devices.Cancelled
	}
	r.p.opt.Log.Warn("Job given up", slog.Int("job", r.id), slog.Any("err", err))
	if r.id != 0 {
		return r.stop(ctx, why)
	}
	// Whether CUPS made it is not known; an empty job prints nothing. It is swept away before the next.
	return failed(why)
}

// judge says what became of a job that has ended in CUPS, and clears it away.
func (r *run) judge(ctx context.Context) devices.PrintResult {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.p.opt.Finish)
	defer cancel()
	own := r.own(ctx)
	after := r.trouble
	if c, err := r.p.ask(ctx); err == nil {
		if k, sure := c.fault(); sure && k != devices.OK {
			after = k
		}
	}
	r.purge(ctx)
	r.p.opt.Log.Debug("Job ended in CUPS", slog.Any("cups", r.last), slog.Any("printer", own), slog.String("trouble", after.String()))
	return verdict(r.last, own, after)
}

// own is how the printer's own job is: a backend ends well too when the printer was unplugged and knows of no job any
// more. It is waited for where CUPS didn't. Zero means that the printer has none, or can't be asked.
func (r *run) own(ctx context.Context) progress {
	if !directly(r.device) {
		return progress{}
	}
	for {
		job, err := r.p.own(ctx, r.device, r.tag)
		if err != nil || job.State == 0 || job.over() {
			return job
		}
		if pause(ctx, r.p.opt.Follow) != nil {
			return job
		}
	}
}

// purge takes the job's record and document out of CUPS's spool.
func (r *run) purge(ctx context.Context) {
	if err := r.p.purge(ctx, r.id); err != nil {
		r.p.opt.Log.Warn("Job not purged, it will be before the next", slog.Int("job", r.id), slog.Any("err", err))
		return
	}
	r.p.dirty.Store(false)
}

// verdict is what may be said of a job that ended in CUPS, by the printer's own word for it. After is the trouble that
// the printer had then.
func verdict(job, own progress, after devices.Kind) devices.PrintResult {
	unknown := devices.PrintResult{Outcome: devices.PrintUnknown}
	if own.over() && own.State != jobCompleted { // it knows better why
		job = own
	}
	if job.State == jobCompleted {
		if !own.over() || slices.Contains(own.Reasons, "job-completed-with-errors") {
			return unknown
		}
		if after == devices.PaperJam { // the last sheet may be the one that is stuck
			return unknown
		}
		return devices.PrintResult{Outcome: devices.Printed}
	}
	why := after
	switch {
	case !job.over():
		return unknown
	case job.State == jobCanceled && why == devices.OK: // not by us: at the printer, by staff, by CUPS's own time limit
		why = devices.Cancelled
	case job.State == jobAborted && slices.ContainsFunc(job.Reasons, unreadable):
		why = devices.BadDocument
	case why == devices.OK:
		why = devices.Internal
	}
	return failed(why)
}

// unreadable are job-state-reasons that put it down to the document (RFC 8011 sec. 5.3.8).
func unreadable(reason string) bool {
	switch reason {
	case "document-format-error", "unsupported-document-format", "document-unprintable-error", "document-password-error",
		"document-security-error", "document-permission-error", "compression-error":
		return true
	default:
		return false
	}
}
