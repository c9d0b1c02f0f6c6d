package kiosk

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"zhizhu/app/visit"
	"zhizhu/devices"
)

// carryOut starts one effect. None of them holds the kiosk up: each runs in a goroutine of its own, within its time.
func (k *Kiosk) carryOut(ctx context.Context, e visit.Effect) {
	switch e := e.(type) {
	case visit.WatchCard:
		k.watchCard(e.On)
	case visit.AimScanner:
		k.aimScanner(e.On)
	case visit.ArmCard:
		k.arm.set(e.On)
	case visit.Lodge:
		k.lodge(ctx, e.Draft)
	case visit.Print:
		k.print(ctx, e)
	case visit.FindRecords:
		k.find(e)
	case visit.PutRating:
		k.rate(ctx, e)
	case visit.MarkDelivered:
		k.delivered(ctx, e.Letters)
	case visit.Wipe:
		k.wipe(ctx)
	case visit.Note:
		if k.opts.OnNote != nil {
			k.opts.OnNote(e)
		}
		k.log.Info("Took a step in a visit", slog.String("act", e.Act), slog.String("item", e.Item))
	}
}

// answer returns a function that hands an effect's answer in, for the visit that asked.
func (k *Kiosk) answer() func(visit.Event) {
	n := k.visit
	return func(ev visit.Event) { k.events.put(item{ev: ev, answer: true, visit: n}) }
}

// logPanic keeps the value of a panic out of the log: it may hold anything.
func (k *Kiosk) logPanic(where string, r any) {
	k.log.Error("Recovered from a panic", slog.String("where", where), slog.String("kind", fmt.Sprintf("%T", r)),
		slog.String("stack", string(debug.Stack())))
}

var errPanic = errors.New("panicked")

// guard runs one call into another room. A panic there becomes an error.
func (k *Kiosk) guard(where string, call func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			k.logPanic(where, r)
			err = fmt.Errorf("%s: %w", where, errPanic)
		}
	}()
	return call()
}

// lodge writes a matter. Its answer is waited for however long it takes, and whoever leaves or switches the machine
// off: a matter that is neither taken in nor refused would be the worst of all.
func (k *Kiosk) lodge(ctx context.Context, d visit.Draft) {
	answer := k.answer()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), k.opts.Limits.Lodge)
	k.keep.Go(func() {
		defer cancel()
		var lodged visit.Lodged
		err := k.guard("lodge", func() (err error) {
			lodged, err = k.opts.Matters.Lodge(ctx, d)
			return err
		})
		if err == nil {
			answer(lodged)
			return
		}
		k.log.Error("Could not lodge a matter", slog.Any("error", err))
		fault := visit.LodgeStore
		var le *LodgeError
		if errors.As(err, &le) && le.Fault != 0 {
			fault = le.Fault
		}
		answer(visit.LodgeFailed{Reason: fault})
	})
}

// print prints one document. It belongs to this visit: wiping cancels it, and one that waits for an earlier job is
// then never begun.
func (k *Kiosk) print(ctx context.Context, e visit.Print) {
	answer := k.answer()
	job, cancel := context.WithTimeout(k.ofVisit, k.opts.Limits.Print)
	k.keep.Go(func() {
		defer cancel()
		r := k.atPress(job, e.Doc)
		answer(visit.PrintDone{Job: e.Job, Number: e.Number, Result: r})
		if r.Outcome == devices.Printed && e.Number != "" {
			k.markPrinted(ctx, e.Number)
		}
	})
}

// atPress waits for its turn at the printer, and prints. Its turn ends when the printer gives the job back or is left
// behind: one job that never comes back must not keep all later ones from a printer that has healed.
func (k *Kiosk) atPress(ctx context.Context, doc devices.Document) devices.PrintResult {
	select {
	case k.press <- struct{}{}:
		defer func() { <-k.press }()
	case <-ctx.Done():
		return devices.PrintResult{Outcome: devices.PrintFailed, Reason: devices.Stalled} // never begun
	}
	result := make(chan devices.PrintResult, 1)
	go func() { result <- k.printNow(ctx, doc) }()
	return k.awaitPaper(ctx, result)
}

// afterPrint is how long a printer may take to say how it stands once its time is up.
const afterPrint = 3 * time.Second

// awaitPaper returns what became of a job. A printer that doesn't come back is left behind: nobody waits for it, and
// what it says later is dropped.
func (k *Kiosk) awaitPaper(ctx context.Context, result <-chan devices.PrintResult) devices.PrintResult {
	select {
	case r := <-result:
		return r
	case <-ctx.Done():
	}
	grace := time.NewTimer(afterPrint)
	defer grace.Stop()
	select {
	case r := <-result:
		return r
	case <-grace.C:
		k.log.Warn("Left a printer behind that does not come back")
		return devices.PrintResult{Outcome: devices.PrintUnknown}
	}
}

// printNow prints, if there is a printer and anybody still waits for the paper.
func (k *Kiosk) printNow(ctx context.Context, doc devices.Document) devices.PrintResult {
	switch {
	case ctx.Err() != nil:
		return devices.PrintResult{Outcome: devices.PrintFailed, Reason: devices.Cancelled}
	case k.opts.Printer == nil:
		return devices.PrintResult{Outcome: devices.PrintFailed, Reason: devices.Unconfigured}
	}
	var r devices.PrintResult
	err := k.guard("print", func() error {
		r = k.opts.Printer.Print(ctx, doc)
		return nil
	})
	if err != nil {
		return devices.PrintResult{Outcome: devices.PrintUnknown} // some of it may have come out
	}
	return r
}

// markPrinted records that a receipt came out, whether or not its resident is here still.
func (k *Kiosk) markPrinted(ctx context.Context, number string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), k.opts.Limits.Rate)
	defer cancel()
	if err := k.guard("mark printed", func() error { return k.opts.Matters.MarkPrinted(ctx, number) }); err != nil {
		k.log.Warn("Could not mark a receipt as printed", slog.Any("error", err))
	}
}

func (k *Kiosk) find(e visit.FindRecords) {
	answer := k.answer()
	ctx, cancel := context.WithTimeout(k.ofVisit, k.opts.Limits.Find)
	go func() {
		defer cancel()
		var records []visit.Record
		err := k.guard("find", func() (err error) {
			records, err = k.opts.Matters.Find(ctx, e.IDNumber, e.Number)
			return err
		})
		if err != nil {
			k.log.Warn("Could not look records up", slog.Any("error", err))
			records = nil
		}
		answer(visit.Found{Ask: e.Ask, Records: records, Failed: err != nil})
	}()
}

// rate puts a rating away. It isn't cancelled by the resident's leaving.
func (k *Kiosk) rate(ctx context.Context, e visit.PutRating) {
	k.behind(ctx, "rate", func(ctx context.Context) error { return k.opts.Matters.Rate(ctx, e) })
}

// delivered records that letters were shown.
func (k *Kiosk) delivered(ctx context.Context, letters []string) {
	k.behind(ctx, "deliver", func(ctx context.Context) error { return k.opts.Matters.MarkDelivered(ctx, letters) })
}

// behind puts away what outlives its visit, and nobody waits for.
func (k *Kiosk) behind(ctx context.Context, op string, put func(context.Context) error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), k.opts.Limits.Rate)
	k.keep.Go(func() {
		defer cancel()
		if err := k.guard(op, func() error { return put(ctx) }); err != nil {
			k.log.Error("Could not put a record away", slog.String("op", op), slog.Any("error", err))
		}
	})
}

// wipe ends this visit: its print jobs and look-ups are cancelled, its answers dropped when they come, and the other
// rooms are told to forget it.
func (k *Kiosk) wipe(ctx context.Context) {
	k.endIt()
	k.visit++
	k.ofVisit, k.endIt = context.WithCancel(ctx)
	answer := k.answer()
	ctx, cancel := context.WithTimeout(ctx, k.opts.Limits.Wipe)
	done := make(chan error, 1)
	go func() {
		done <- k.guard("wipe", func() error {
			if k.opts.CardReader != nil {
				k.opts.CardReader.Forget()
			}
			if k.opts.Scanner != nil {
				k.opts.Scanner.Forget()
			}
			return k.opts.Screen.Wipe(ctx)
		})
	}()
	go func() {
		defer cancel()
		var err error
		select {
		case err = <-done:
		case <-ctx.Done():
			err = ctx.Err()
		}
		if err != nil {
			k.log.Error("Could not wipe a visit, trying again", slog.Any("error", err))
			answer(visit.WipeFailed{})
			return
		}
		answer(visit.WipeDone{})
	}()
}

// watchCard asks the reader whether the card that was read still lies there, or stops asking.
func (k *Kiosk) watchCard(on bool) {
	if r := k.opts.CardReader; r != nil {
		k.order("watch card", func() { r.Watch(on) })
	}
}

// aimScanner tells the scanner that a code is wanted, or no more.
func (k *Kiosk) aimScanner(on bool) {
	if s := k.opts.Scanner; s != nil {
		k.order("aim scanner", func() { s.Trigger(on) })
	}
}

// setReader turns the card reader on or off.
func (k *Kiosk) setReader(on bool) {
	if r := k.opts.CardReader; r != nil {
		k.order("arm reader", func() { r.Arm(on) })
	}
}

// order tells a device what to do; what it makes of it comes back as events.
func (k *Kiosk) order(op string, tell func()) {
	if err := k.guard(op, func() error { tell(); return nil }); err != nil {
		k.log.Error("Could not give a device its order", slog.String("op", op), slog.Any("error", err))
	}
}
