package pilot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"zhizhu/app/visit"
)

// device plays a line that acts on a device; where that is a real one, it says what is to be done and waits for it.
func (r *Runner) device(ctx context.Context, c Command) error {
	before, err := r.view(ctx)
	if err != nil {
		return err
	}
	switch c.Verb {
	case Card:
		err = r.Devices.Card(ctx, c.Label)
	case Lift:
		err = r.Devices.Lift(ctx)
	case Scan:
		err = r.Devices.Scan(ctx, c.Text)
	case Net:
		err = r.Devices.Net(ctx, c.Label == Up)
	case Printer:
		err = r.Devices.Printer(ctx, c.Label)
	default:
		return fmt.Errorf("no device takes %s", c.Verb)
	}
	if !errors.Is(err, ErrByHand) {
		return err
	}
	// What is to be laid or scanned is not said: it may be somebody's own.
	r.Log.LogAttrs(ctx, slog.LevelInfo, "Pilot waits for a hand", slog.String("place", c.Place()),
		slog.String("verb", string(c.Verb)))
	return r.hand(ctx, c, before)
}

// hand waits for what a hand does at a real device to show.
func (r *Runner) hand(ctx context.Context, c Command, before visit.View) error {
	switch c.Verb {
	case Card:
		return r.handCard(ctx)
	case Scan:
		return r.handShows(ctx, "a code to be scanned", func(v visit.View) bool { return !samePage(v, before) })
	case Net:
		up := c.Label == Up
		return r.handShows(ctx, "the network to go "+c.Label, func(v visit.View) bool { return v.Header.Online == up })
	case Printer:
		if r.WaitPaper == nil {
			return nil
		}
		ctx, cancel := context.WithTimeout(ctx, handPatience)
		defer cancel()
		return r.WaitPaper(ctx, c.Label == PaperOK)
	default: // lift shows nowhere
		return nil
	}
}

func (r *Runner) handShows(ctx context.Context, what string, ok func(visit.View) bool) error {
	came, err := r.within(ctx, handPatience, ok)
	if err == nil && !came {
		err = fmt.Errorf("waited %v for %s", handPatience, what)
	}
	return err
}

// handCard waits until the visit has got past the page that asks for the card. Where that page is not shown (yet), a
// card may be laid ahead of it: then there is nothing to wait for.
func (r *Runner) handCard(ctx context.Context) error {
	asks := func(v visit.View) bool { return asksForCard(v) }
	asked, err := r.within(ctx, moment, asks)
	if err != nil || !asked {
		return err
	}
	return r.handShows(ctx, "a card to be laid", func(v visit.View) bool { return !asks(v) })
}

// asksForCard says whether the reader is waited for.
func asksForCard(v visit.View) bool {
	_, identify := v.Body.(*visit.IdentifyBody)
	return identify
}
