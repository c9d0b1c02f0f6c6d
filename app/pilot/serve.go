package pilot

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"zhizhu/app/visit"
	"zhizhu/offline/catalog"
)

// Served is a visit that `serve` has played. It holds no personal data: a persona's id is an invented one.
type Served struct {
	Item    string
	Seed    uint64
	Persona string // "" where the card was laid by hand
	Number  string // receipt number
	Took    time.Duration
}

// mostMoves bounds a visit: a page that is come back to again and again is a fault of the visit, to be told.
const mostMoves = 300

// cardTries is how often a card that gave trouble is laid again.
const cardTries = 3

// Serve plays a whole visit: from the attract or the home page to an item (by id, official or short name), through
// every question with answers drawn by the seed, to the printed receipt and back to the attract page. What it does
// next it reads from the view alone; it waits for views, never for time to pass.
func (r *Runner) Serve(ctx context.Context, name string, seed uint64) (Served, error) {
	item := findItem(r.Catalog, name)
	if item == nil {
		return Served{}, fmt.Errorf("no item %q; there are %s", name, itemIDs(r.Catalog))
	}
	if err := r.atStart(ctx); err != nil {
		return Served{}, fmt.Errorf("serve %s: %w", item.ID, err)
	}
	return r.finish(ctx, item, seed)
}

// Finish is Serve from wherever the visit stands: after something that went otherwise than planned.
func (r *Runner) Finish(ctx context.Context, name string, seed uint64) (Served, error) {
	item := findItem(r.Catalog, name)
	if item == nil {
		return Served{}, fmt.Errorf("no item %q; there are %s", name, itemIDs(r.Catalog))
	}
	return r.finish(ctx, item, seed)
}

// finish plays on until the attract page stands again behind a receipt.
func (r *Runner) finish(ctx context.Context, item *catalog.Item, seed uint64) (Served, error) {
	v := &play{item: item, seed: seed, themes: map[string]bool{}}
	if ids := r.Devices.Personas(); len(ids) > 0 {
		v.persona = ids[seed%uint64(len(ids))]
	}
	begun := r.Now()
	for range mostMoves {
		now, err := r.view(ctx)
		if err != nil {
			return Served{}, err
		}
		m, err := v.next(now)
		if err != nil {
			return Served{}, fmt.Errorf("serve %s on page %s: %w", item.ID, now.Step, err)
		}
		if m.done {
			return Served{item.ID, seed, v.persona, v.number, r.Now().Sub(begun)}, r.lift(ctx)
		}
		if err := r.move(ctx, now, m); err != nil {
			return Served{}, fmt.Errorf("serve %s on page %s: %w", item.ID, now.Step, err)
		}
	}
	return Served{}, fmt.Errorf("serve %s: no end after %d moves", item.ID, mostMoves)
}

// atStart waits until a visit can begin: nobody's answers are walked over.
func (r *Runner) atStart(ctx context.Context) error {
	came, err := r.within(ctx, r.Patience, func(v visit.View) bool {
		return v.Step == visit.Attract || v.Step == visit.Home || v.Step == visit.List
	})
	if err == nil && !came {
		err = fmt.Errorf("a visit begins at %s or %s, the page is %s", visit.Attract, visit.Home, r.Window.Step())
	}
	return err
}

func (r *Runner) lift(ctx context.Context) error {
	if err := r.Devices.Lift(ctx); err != nil && !errors.Is(err, ErrByHand) {
		return err
	}
	return nil
}

// move does one thing and waits until it shows.
func (r *Runner) move(ctx context.Context, now visit.View, m move) error {
	patience := r.Patience
	err := r.act(ctx, m)
	if errors.Is(err, ErrByHand) {
		patience, err = handPatience, nil
	}
	if err != nil {
		return err
	}
	shows := m.shows
	if shows == nil {
		shows = func(v visit.View) bool { return !samePage(v, now) }
	}
	came, err := r.within(ctx, patience, shows)
	if err == nil && !came {
		err = fmt.Errorf("%s: the page stays as it is", m.what)
	}
	return err
}

func (r *Runner) act(ctx context.Context, m move) error {
	switch {
	case m.tap != nil:
		return r.retry(ctx, func() error { return r.Window.TapID(m.tap.ID) })
	case m.field != nil:
		return r.retry(ctx, func() error { return r.Window.Type(m.field.Label, m.text) })
	case m.card:
		// A card that lies there since the last try must leave first.
		if err := r.lift(ctx); err != nil {
			return err
		}
		return r.Devices.Card(ctx, m.text)
	case m.sign:
		return r.retry(ctx, r.Window.Sign)
	default:
		return nil
	}
}

func findItem(c *catalog.Catalog, name string) *catalog.Item {
	if c == nil {
		return nil
	}
	for _, it := range c.Items {
		if it.ID == name || it.Name == name || it.Short == name {
			return it
		}
	}
	return nil
}

func itemIDs(c *catalog.Catalog) string {
	if c == nil {
		return "none"
	}
	ids := make([]string, 0, len(c.Items))
	for _, it := range c.Items {
		ids = append(ids, it.ID)
	}
	return strings.Join(ids, ", ")
}
