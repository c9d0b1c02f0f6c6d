package printer

import (
	"cmp"
	"context"

	"zhizhu/devices"
	"zhizhu/devices/printer/escpos"
)

// prepare makes sure that the printer can take a job now. Nothing is sent but questions while it can't.
func (t *transmission) prepare(ctx context.Context) error {
	if err := t.drain(ctx); err != nil {
		return err
	}
	for _, do := range []func(context.Context) error{t.unstick, t.settleMeeting, t.inquire, t.coolDown, t.settleMarks} {
		if err := do(ctx); err != nil {
			return err
		}
	}
	if k := t.kind(); k != devices.OK {
		return &brokenOffError{k}
	}
	if t.job.ctx.Err() != nil {
		return &brokenOffError{devices.Cancelled}
	}
	if t.p.left.any {
		if err := t.clean(ctx); err != nil {
			return err
		}
	}
	if t.p.left.any { // it stopped in the middle of that
		return &brokenOffError{devices.Stalled}
	}
	return nil
}

// unstick frees a printer that waits for the rest of an earlier picture, if it takes bytes.
func (t *transmission) unstick(ctx context.Context) error {
	for t.stuck() {
		if ok, err := t.pump(ctx, t.p.opt.Answer, func() bool { return !t.held }); err != nil || !ok {
			return cmp.Or(err, t.giveUp(ctx, t.p.left.owed))
		}
		if err := t.release(ctx); err != nil {
			return err
		}
	}
	return nil
}

// inquire asks how the printer is now where it was not well, or something of an earlier job is left.
func (t *transmission) inquire(ctx context.Context) error {
	if t.kind() == devices.CutterJam {
		if err := t.line.Write(ctx, escpos.Recover()); err != nil {
			return err
		}
	}
	if t.kind() != devices.OK || t.p.left.any && !t.fresh || t.mute() {
		if _, err := t.askAll(ctx); err != nil {
			return err
		}
	}
	if t.kind() == devices.OK && t.mute() {
		return &brokenOffError{devices.Silent}
	}
	return nil
}

// settleMarks waits for the answers to marks of an earlier job, which could be taken for this one's.
func (t *transmission) settleMarks(ctx context.Context) error {
	_, err := t.pump(ctx, t.answer, func() bool { return t.passed >= t.sent })
	t.forgetMarks()
	return err
}

// coolDown waits for a printer that recovers by itself.
func (t *transmission) coolDown(ctx context.Context) error {
	for t.cond.Recovering && t.now().Sub(t.hot) < t.p.opt.Cool && t.job.ctx.Err() == nil {
		if _, err := t.pump(ctx, t.p.opt.Answer, func() bool { return !t.cond.Recovering }); err != nil {
			return err
		}
		if _, err := t.askAll(ctx); err != nil {
			return err
		}
	}
	return nil
}
