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
	if res.Outcome == devices.PrintFailed {
		return res, t.abandon(ctx, res.Reason)
	}
	return res, nil
}

func (t *transmission) confirm(ctx context.Context) (devices.PrintResult, error) {
	limit := t.now().Add(t.p.opt.Settle + max(t.printed.Sub(t.now()), 0))
	if t.id.known {
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
	if !done && !t.silence && t.job.ctx.Err() == nil {
		t.id.known = false // it doesn't answer marks any more: from now on its speed is reckoned
	}
	for done {
		got, err := t.askAll(ctx)
		if err != nil {
			return devices.PrintResult{}, err
		}
		if res, sure := t.judge(got); sure || t.job.ctx.Err() != nil || !t.now().Before(limit) {
			return res, nil
		}
		if _, err := t.pump(ctx, askEvery, func() bool { return false }); err != nil {
			return devices.PrintResult{}, err
		}
	}
	return devices.PrintResult{}, nil
}

// judge says what the answers to a whole round mean for a job that is worked off; not sure means that asking again may
// help, and the result is what holds if it doesn't.
func (t *transmission) judge(got uint8) (devices.PrintResult, bool) {
	switch k := t.kind(); {
	case k != devices.OK && k != devices.Stalled:
		return failed(k), true
	case k == devices.Stalled && got != 0:
		return failed(k), false // offline without a cause: it may come back
	case k == devices.OK && got == escpos.AllAnswered:
		return devices.PrintResult{Outcome: devices.Printed}, true
	case k == devices.OK && got&t.cond.Answered == t.cond.Answered:
		return devices.PrintResult{}, true // all that it ever answers, but not all that must be known
	}
	return devices.PrintResult{}, false
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
		case t.id.known && t.passed >= t.sent, !t.id.known && !now.Before(t.printed), t.cond.Answered == 0:
			return true, nil
		case !now.Before(limit), t.job.ctx.Err() != nil:
			return false, nil
		}
		if err := t.inStream(ctx); err != nil {
			return false, err
		}
		wait := askEvery
		if !t.id.known {
			wait = min(wait, max(t.printed.Sub(now), time.Millisecond))
		}
		if _, err := t.pump(ctx, wait, func() bool { return t.id.known && t.passed >= t.sent }); err != nil {
			return false, err
		}
	}
}
