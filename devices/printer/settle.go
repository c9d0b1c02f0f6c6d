package printer

import (
	"context"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/printer/escpos"
)

// settle waits until the job is on paper and asks how the printer is. All bytes are out.
func (t *transmission) settle(ctx context.Context) (devices.PrintResult, error) {
	res, err := t.confirm(ctx)
	if err != nil {
		t.leave(true)
		return failed(lineKind(err)), err
	}
	switch {
	case res.Outcome == devices.PrintFailed:
		return res, t.abandon(ctx, res.Reason)
	case res.Outcome == devices.PrintUnknown && (t.spoke && t.silence || t.lost || t.lostTouch()):
		t.leave(false) // a part of it may hang out of the printer, without its cut
	}
	return res, nil
}

func (t *transmission) confirm(ctx context.Context) (devices.PrintResult, error) {
	limit := t.now().Add(t.p.opt.Settle + max(t.printed.Sub(t.now()), 0))
	if t.met.marks {
		if err := t.mark(ctx); err != nil {
			return devices.PrintResult{}, err
		}
	}
	done, err := t.workedOff(ctx, limit)
	if err != nil {
		return devices.PrintResult{}, err
	}
	if k := t.kind(); k != devices.OK && k != devices.Stalled {
		return failed(k), nil
	}
	if !done {
		t.lost = true
		t.unmark()
		return devices.PrintResult{}, nil
	}
	for {
		got, err := t.askAll(ctx)
		if err != nil {
			return devices.PrintResult{}, err
		}
		told, err := t.askAuto(ctx, got, limit)
		if err != nil {
			return devices.PrintResult{}, err
		}
		res, sure := t.judge(got, told)
		if sure || t.job.ctx.Err() != nil || !t.now().Before(t.later(limit)) {
			return res, nil
		}
		if _, err := t.pump(ctx, askEvery, func() bool { return false }); err != nil {
			return devices.PrintResult{}, err
		}
	}
}

// later is the limit, put off while the printer recovers by itself.
func (t *transmission) later(limit time.Time) time.Time {
	if t.cond.Recovering && t.hot.Add(t.p.opt.Cool).After(limit) {
		return t.hot.Add(t.p.opt.Cool)
	}
	return limit
}

// unmark takes note that the printer doesn't answer marks any more: its speed is reckoned until it answers them again.
func (t *transmission) unmark() {
	if !t.silence && t.job.ctx.Err() == nil {
		t.met.marks = false
		t.met.begin(false)
	}
}

// askAuto has the automatic status sent once more. It comes in its turn, so that it also says that the job is worked
// off, which a printer without marks can't say otherwise.
func (t *transmission) askAuto(ctx context.Context, got uint8, limit time.Time) (bool, error) {
	if !t.met.auto || t.met.marks && got == escpos.AllAnswered || t.blocked() {
		return false, nil
	}
	before := t.autos
	if err := t.question(ctx, autoQuestion); err != nil {
		return false, err
	}
	told, err := t.pump(ctx, max(limit.Sub(t.now()), t.p.opt.Answer), func() bool {
		return t.autos > before || t.job.ctx.Err() != nil
	})
	told, t.ask.open = told && t.autos > before, 0
	t.met.auto = told
	return told, err
}

// judge says what the answers to a whole round, and an automatic status, mean for a job that is worked off; not sure
// means that asking again may help, and the result is what holds if it doesn't.
func (t *transmission) judge(got uint8, told bool) (devices.PrintResult, bool) {
	printed := devices.PrintResult{Outcome: devices.Printed}
	if t.lostTouch() {
		printed = devices.PrintResult{}
	}
	switch k := t.kind(); {
	case k != devices.OK && k != devices.Stalled:
		return failed(k), true
	case k == devices.Stalled && (got != 0 || told):
		return failed(k), false // offline without a cause: it may come back
	case k == devices.OK && (told || got&escpos.AllAnswered == escpos.AllAnswered):
		return printed, true
	case k == devices.OK && got&t.cond.Answered == t.cond.Answered:
		return devices.PrintResult{}, true // all that it ever answers, but not all that must be known
	}
	return devices.PrintResult{}, false
}

// lostTouch says that the printer left questions without an answer, early or late, while the job was printed, or said
// what it wasn't asked: it may have been switched off and on, and have forgotten what it held.
func (t *transmission) lostTouch() bool {
	t.strange = t.accustom() || t.strange
	return t.ask.lost > 0 || t.strange || t.cond.Answered == 0 && t.ask.autos > 0
}

// workedOff waits until the printer has done all that it was sent: by its answer to the last mark, else by reckoning.
// It asks for status meanwhile and returns early when something is wrong.
func (t *transmission) workedOff(ctx context.Context, limit time.Time) (bool, error) {
	for {
		if err := t.drain(ctx); err != nil {
			return false, err
		}
		now := t.now()
		switch k := t.kind(); {
		case k != devices.OK && k != devices.Stalled:
			return true, nil
		case t.met.marks && t.passed >= t.sent, !t.met.marks && !now.Before(t.printed), !t.speaks():
			return true, nil
		case !now.Before(t.later(limit)), t.job.ctx.Err() != nil:
			return false, nil
		}
		if err := t.inStream(ctx); err != nil {
			return false, err
		}
		wait := askEvery
		if !t.met.marks {
			wait = min(wait, max(t.printed.Sub(now), time.Millisecond))
		}
		if _, err := t.pump(ctx, wait, func() bool { return t.met.marks && t.passed >= t.sent }); err != nil {
			return false, err
		}
	}
}
