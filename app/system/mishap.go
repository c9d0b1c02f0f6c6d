package system

import (
	"context"
	"errors"
	"fmt"
	"time"

	"zhizhu/app/health"
	"zhizhu/app/pilot"
	"zhizhu/app/visit"
	"zhizhu/devices"
	"zhizhu/devices/sim"
	"zhizhu/offline/catalog"
)

// Outcomes of a demo's visit.
const (
	outcomePrinted = "printed"
	outcomeShown   = "shown" // lodged, no paper: the number stood on the screen
	outcomeLeft    = "left"
	outcomeTimeOut = "timed-out"
)

// mishap is what goes otherwise than planned in a visit.
type mishap struct {
	name string
	play func(d *demo, ctx context.Context, line *VisitLine) error
}

// mishaps are drawn by lot; most visits have none. Every one of them happens to real residents.
var mishaps = []mishap{
	{"none", (*demo).plain},
	{"none", (*demo).plain},
	{"none", (*demo).plain},
	{"back", (*demo).goBack},
	{"cancel", (*demo).cancel},
	{"card-early", (*demo).cardEarly},
	{"paper-out", (*demo).paperOut},
	{"time-out", (*demo).timeOut},
	{"net-down", (*demo).netDown},
	{"net-up", (*demo).netUp},
}

func (d *demo) visit(ctx context.Context, n int) (VisitLine, error) {
	item := d.drawItem()
	m := mishaps[d.rng.IntN(len(mishaps))]
	line := VisitLine{Visit: n, Item: item.ID, Mishap: m.name}
	begun := time.Now()
	err := m.play(d, ctx, &line)
	line.MS = float64(time.Since(begun).Microseconds()) / 1000
	return line, err
}

// drawItem draws every item once before any comes again.
func (d *demo) drawItem() *catalog.Item {
	if len(d.bag) == 0 {
		for _, it := range d.t.catalog.Items {
			if it.Offline != catalog.OfflineGuide {
				d.bag = append(d.bag, it)
			}
		}
		d.rng.Shuffle(len(d.bag), func(i, j int) { d.bag[i], d.bag[j] = d.bag[j], d.bag[i] })
	}
	it := d.bag[0]
	d.bag = d.bag[1:]
	return it
}

// serve plays the visit to its end, wherever it stands, and says what came of the paper.
func (d *demo) serve(ctx context.Context, line *VisitLine, seed uint64) error {
	s, err := d.runner.Finish(ctx, line.Item, seed)
	line.Receipt, line.Persona = s.Number, s.Persona
	if err != nil {
		return err
	}
	line.Outcome = outcomeShown
	if _, ok := d.sim.paper.picture(s.Number); ok {
		line.Outcome = outcomePrinted
	}
	return nil
}

func (d *demo) plain(ctx context.Context, line *VisitLine) error {
	return d.serve(ctx, line, d.rng.Uint64())
}

// errMoment ends a visit's script at a chosen moment, so that something else can happen there.
var errMoment = errors.New("the moment has come")

// moment is a window that stops the script when a view first satisfies at.
type moment struct {
	*Headless
	at func(visit.View) bool
}

func (m *moment) WaitView(ctx context.Context, ok func(visit.View) bool) error {
	come := false
	err := m.Headless.WaitView(ctx, func(v visit.View) bool {
		come = come || m.at(v)
		return come || ok(v)
	})
	if err == nil && come {
		return errMoment
	}
	return err
}

// until plays the visit up to the moment when a view satisfies at.
func (d *demo) until(ctx context.Context, line *VisitLine, seed uint64, at func(visit.View) bool) error {
	o := d.runner.Options
	o.Window = &moment{Headless: d.window, at: at}
	s, err := pilot.New(o).Serve(ctx, line.Item, seed)
	switch {
	case errors.Is(err, errMoment):
		return nil
	case err != nil:
		return err
	default:
		return fmt.Errorf("item %s never came to the moment; receipt %q", line.Item, s.Number)
	}
}

// wait returns once a view satisfies ok.
func (d *demo) wait(ctx context.Context, what string, ok func(visit.View) bool) error {
	ctx, cancel := context.WithTimeout(ctx, d.runner.Patience)
	defer cancel()
	if err := d.window.WaitView(ctx, ok); err != nil {
		return fmt.Errorf("wait for %s on page %s: %w", what, d.window.Step(), err)
	}
	return nil
}

func onStep(s visit.Step) func(visit.View) bool {
	return func(v visit.View) bool { return v.Step == s && v.Overlay == nil }
}

// goBack looks back from the review page, all the way to the guide, and goes on with the answers kept.
func (d *demo) goBack(ctx context.Context, line *VisitLine) error {
	seed := d.rng.Uint64()
	if err := d.until(ctx, line, seed, onStep(visit.Review)); err != nil {
		return err
	}
	for range 2 {
		before := d.t.kiosk.View()
		if err := d.window.TapID("back"); err != nil {
			return err
		}
		if err := d.wait(ctx, "the page before", func(v visit.View) bool {
			return v.Step != before.Step || v.Title != before.Title
		}); err != nil {
			return err
		}
	}
	return d.serve(ctx, line, seed)
}

// cancel leaves where the person would be asked to lay the card or to answer, without lodging.
func (d *demo) cancel(ctx context.Context, line *VisitLine) error {
	asked := func(v visit.View) bool { return v.Step == visit.Questions || v.Step == visit.Review }
	if err := d.until(ctx, line, d.rng.Uint64(), asked); err != nil {
		return err
	}
	if err := d.window.TapID("leave"); err != nil {
		return err
	}
	err := d.wait(ctx, "the question whether to leave", func(v visit.View) bool {
		return v.Overlay != nil || v.Step == visit.Wiped || v.Step == visit.Attract
	})
	if err != nil {
		return err
	}
	if v, _ := d.window.now(); v.Overlay != nil {
		if err := d.confirmLeave(v); err != nil {
			return err
		}
	}
	line.Outcome = outcomeLeft
	return d.gone(ctx)
}

func (d *demo) confirmLeave(v visit.View) error {
	for _, a := range v.Overlay.Actions {
		if _, ok := a.Event.(visit.ConfirmLeave); ok {
			return d.window.TapID(a.ID)
		}
	}
	return errors.New("the question whether to leave has no yes")
}

// gone waits until the machine is wiped and ready for the next one; the card goes home with its owner.
func (d *demo) gone(ctx context.Context) error {
	if d.sim.card != nil {
		d.sim.card.Lift()
	}
	return d.wait(ctx, "the attract page", onStep(visit.Attract))
}

// cardEarly takes the card away while it is read, then lays it again as the screen asks.
func (d *demo) cardEarly(ctx context.Context, line *VisitLine) error {
	d.sim.card.Fail(sim.CardFaults{ReadFails: 1})
	defer d.sim.card.Fail(sim.CardFaults{})
	return d.plain(ctx, line)
}

// paperOut prints nothing at first; new paper is put in, and the person lays the card again for the receipt.
func (d *demo) paperOut(ctx context.Context, line *VisitLine) error {
	d.sim.printer.SetPaper(devices.PaperEnd)
	err := d.plain(ctx, line)
	d.sim.printer.SetPaper(devices.PaperOK)
	if err != nil {
		return err
	}
	if line.Outcome != outcomeShown {
		return errors.New("printed without paper")
	}
	if err := d.t.pulse.waitPaper(ctx, true); err != nil || d.rng.IntN(2) == 0 {
		return err
	}
	return d.reprint(ctx, line)
}

// reprint is the same person coming back: the number, scanned from a photo of the screen, brings the receipt.
func (d *demo) reprint(ctx context.Context, line *VisitLine) error {
	if err := d.sim.scanner.Scan(ctx, line.Receipt); err != nil {
		return err
	}
	again := func(v visit.View) (string, bool) {
		b, ok := v.Body.(*visit.RecordsBody)
		if !ok || len(b.Rows) == 0 || b.Rows[0].Print == nil || b.Rows[0].Print.Off {
			return "", false
		}
		return b.Rows[0].Print.ID, true
	}
	if err := d.wait(ctx, "the matter's line", func(v visit.View) bool { _, ok := again(v); return ok }); err != nil {
		return err
	}
	id, _ := again(d.t.kiosk.View())
	if err := d.window.TapID(id); err != nil {
		return err
	}
	if err := d.wait(ctx, "the reprint", func(v visit.View) bool {
		return v.Notice != nil && v.Notice.Tone == visit.Good
	}); err != nil {
		return err
	}
	if _, ok := d.sim.paper.picture(line.Receipt); !ok {
		return errors.New("the reprint's code does not read as the number")
	}
	line.Outcome = outcomePrinted
	if err := d.window.TapID("leave"); err != nil {
		return err
	}
	return d.gone(ctx)
}

// longestIdle is more than any page waits for a sign of life, in seconds.
const longestIdle = 600

// timeOut walks away in the middle: the machine asks, waits, and wipes.
func (d *demo) timeOut(ctx context.Context, line *VisitLine) error {
	away := func(v visit.View) bool { return v.Step == visit.Guide || v.Step == visit.Questions }
	if err := d.until(ctx, line, d.rng.Uint64(), away); err != nil {
		return err
	}
	left, seconds := false, 0
	for ; !left && seconds < longestIdle; seconds++ {
		d.pass(ctx, time.Second)
		v, _ := d.window.now()
		left = v.Step == visit.Wiped || v.Step == visit.Attract
	}
	if !left {
		return fmt.Errorf("nobody is there for %d s, and page %s still stands", seconds, d.window.Step())
	}
	line.Outcome = outcomeTimeOut
	return d.gone(ctx)
}

// netDown serves with the cable out; later visits too, until one has it put back.
func (d *demo) netDown(ctx context.Context, line *VisitLine) error {
	if err := d.sim.devices(d.t).Net(ctx, false); err != nil {
		return err
	}
	return d.plain(ctx, line)
}

// netUp puts the cable back in while the person is answering.
func (d *demo) netUp(ctx context.Context, line *VisitLine) error {
	seed := d.rng.Uint64()
	if err := d.until(ctx, line, seed, onStep(visit.Review)); err != nil {
		return err
	}
	d.sim.link.Set(true)
	return d.serve(ctx, line, seed)
}

// readyTime is how long the devices and the line may take to be ready before the first visit.
const readyTime = 30 * time.Second

// awaitReady returns once everything that is played can be used.
func (t *Terminal) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyTime)
	defer cancel()
	ready := func(s devices.Status) bool { return s.State == devices.Ready }
	err := t.pulse.await(ctx, func(f health.Facts, r health.Report) bool {
		return r.CanLodge && r.Online && r.CanRead && ready(f.IDCard) && ready(f.Printer) && f.Scanner.Usable()
	})
	if err != nil {
		return fmt.Errorf("wait for devices and gateway: %w", err)
	}
	return nil
}
