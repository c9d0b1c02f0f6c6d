package a4

import (
	"context"
	"log/slog"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/OpenPrinting/goipp"

	"zhizhu/devices"
)

// Job is one document to print.
type Job struct {
	// Title shows in CUPS's and the printer's job lists, on the printer's panel too: never a person's data. Empty is
	// "document".
	Title  string
	PDF    []byte // see CheckPDF
	Copies int    // 0 is 1
	Duplex bool   // on both sides, turned over the long edge
	Media  string // PWG 5101.1 name such as "iso_a4_210x297mm", which an empty one means too
}

// A4 is the media name of an A4 sheet (PWG 5101.1).
const A4 = "iso_a4_210x297mm"

const maxCopies = 99

// LogValue keeps the document out of logs.
func (j Job) LogValue() slog.Value { return slog.StringValue("job " + j.Title) }

func (j Job) filled() Job {
	j.Title = clip(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(j.Title, "")), 100)
	if strings.TrimSpace(j.Title) == "" {
		j.Title = "document"
	}
	j.Copies = min(max(j.Copies, 1), maxCopies)
	if j.Media == "" {
		j.Media = A4
	}
	return j
}

// template is what is asked of the queue. CUPS itself gives the job up after limit seconds of printing, should nobody be
// left to do it.
func (j Job) template(limit int) goipp.Attributes {
	sides := "one-sided"
	if j.Duplex {
		sides = "two-sided-long-edge"
	}
	return goipp.Attributes{
		goipp.MakeAttr("copies", goipp.TagInteger, goipp.Integer(j.Copies)),
		goipp.MakeAttr("job-cancel-after", goipp.TagInteger, goipp.Integer(limit)),
		goipp.MakeAttr("media", goipp.TagKeyword, goipp.String(j.Media)),
		goipp.MakeAttr("sides", goipp.TagKeyword, goipp.String(sides)),
	}
}

// clip cuts s at n bytes or before, between characters.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}

// Print prints one document and returns when it is known what became of it. Calls at the same time are printed one
// after the other. When ctx ends the job is cancelled and cleared away; that is done at the latest Options.Finish after
// it, and no job is left to be printed later: what can't be cancelled now is cancelled before the next one.
func (p *Printer) Print(ctx context.Context, j Job) devices.PrintResult {
	if err := CheckPDF(j.PDF); err != nil {
		p.opt.Log.Warn("Document refused", slog.Any("err", err))
		return failed(devices.BadDocument)
	}
	select {
	case <-p.turn:
	case <-ctx.Done():
		return failed(devices.Cancelled)
	}
	defer p.release()
	p.busy.Store(true)
	defer p.busy.Store(false)
	ctx, cancel := context.WithTimeout(ctx, p.opt.Limit)
	defer cancel()
	start := p.opt.Now()
	res := p.print(ctx, j.filled())
	p.opt.Log.Info("Job ended", slog.Int("outcome", int(res.Outcome)), slog.String("reason", res.Reason.String()),
		slog.Duration("took", p.opt.Now().Sub(start)))
	return res
}

func failed(k devices.Kind) devices.PrintResult {
	return devices.PrintResult{Outcome: devices.PrintFailed, Reason: k}
}

// refused is what becomes of a job that was not begun.
func (p *Printer) refused(ctx context.Context, err error) devices.PrintResult {
	if ctx.Err() != nil {
		return failed(devices.Cancelled)
	}
	p.opt.Log.Warn("Job not begun", slog.Any("err", err))
	return failed(devices.KindOf(err))
}

// print does a job in its turn.
func (p *Printer) print(ctx context.Context, j Job) devices.PrintResult {
	if err := p.sweep(ctx); err != nil {
		return p.refused(ctx, err)
	}
	c, err := p.ask(ctx)
	if err != nil {
		return p.refused(ctx, err)
	}
	if k, sure := c.fault(); sure && k != devices.OK {
		return failed(k)
	}
	uri, err := p.queue(ctx)
	if err != nil {
		return p.refused(ctx, err)
	}
	r := &run{p: p, device: c.queue.Device, tag: p.tag()}
	j.Title = r.tag + " " + j.Title
	p.dirty.Store(true) // until it is cleared away
	err = p.within(ctx, p.opt.Answer, func(ctx context.Context) error {
		var err error
		r.id, err = p.cups.create(ctx, uri, j, int(p.opt.Limit/time.Second))
		return err
	})
	if err == nil {
		err = p.within(ctx, p.opt.Send, func(ctx context.Context) error { return p.cups.send(ctx, uri, r.id, j.PDF) })
	}
	if err != nil {
		return r.giveUp(ctx, err)
	}
	return r.follow(ctx)
}

func (p *Printer) within(ctx context.Context, d time.Duration, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	return f(ctx)
}

// sweep cancels and purges every job of ours that is left over. Whoever calls it has the turn.
func (p *Printer) sweep(ctx context.Context) error {
	if !p.dirty.Load() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, p.opt.Finish)
	defer cancel()
	var ids []int
	err := p.within(ctx, p.opt.Answer, func(ctx context.Context) (err error) {
		ids, err = p.cups.mine(ctx)
		return err
	})
	if err != nil {
		return err
	}
	for _, id := range ids {
		if _, err := p.end(ctx, id); err != nil && !ended(err) {
			return err
		}
		if err := p.purge(ctx, id); err != nil {
			return err
		}
	}
	if len(ids) > 0 {
		p.opt.Log.Warn("Jobs left over were cancelled", slog.Int("jobs", len(ids)))
	}
	p.dirty.Store(false)
	return nil
}

// end cancels a job, unless it has ended, and returns when nothing of CUPS works on it any more. To purge a job at once
// would kill the backend before it could tell the printer, which would print on.
func (p *Printer) end(ctx context.Context, id int) (job progress, err error) {
	if err := p.within(ctx, p.opt.Answer, func(ctx context.Context) error { return p.cups.cancel(ctx, id, false) }); err != nil {
		return job, err
	}
	for {
		err := p.within(ctx, p.opt.Answer, func(ctx context.Context) error {
			job, err = p.cups.job(ctx, id)
			return err
		})
		if err != nil {
			return job, err
		}
		if job.over() && !p.ending(ctx, job) {
			return job, nil
		}
		if err := pause(ctx, min(p.opt.Follow, 100*time.Millisecond)); err != nil {
			return job, err
		}
	}
}

// ending says that a cancelled job's backend still runs. The reason alone isn't enough: CUPS 2.4 leaves it standing when
// the queue was stopped.
func (p *Printer) ending(ctx context.Context, job progress) bool {
	if job.State != jobCanceled || !slices.Contains(job.Reasons, "processing-to-stop-point") {
		return false
	}
	c, err := p.ask(ctx)
	return err == nil && c.queue.State == processing
}

func (p *Printer) purge(ctx context.Context, id int) error {
	return p.within(ctx, p.opt.Answer, func(ctx context.Context) error { return p.cups.cancel(ctx, id, true) })
}

// tag names one job among all that the printer remembers.
func (p *Printer) tag() string { return strconv.FormatInt(p.opt.Now().UnixMilli(), 36) }

// own asks the printer at device for the job whose name begins with tag; its State is 0 where there is none.
func (p *Printer) own(ctx context.Context, device, tag string) (job progress, err error) {
	at, err := url.Parse(device)
	if err != nil {
		return job, err
	}
	err = p.within(ctx, p.opt.Answer, func(ctx context.Context) error {
		for _, which := range []string{"completed", "not-completed"} {
			if job, err = p.direct.named(ctx, at, which, tag); err != nil || job.State != 0 {
				return err
			}
		}
		return nil
	})
	return job, err
}
