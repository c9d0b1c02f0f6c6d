package outbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"zhizhu/offline/seal"
	"zhizhu/offline/store"
	"zhizhu/offline/wire"
)

// PutRating puts a rating into its lane. A matter is rated once: ErrRated for a second time. ID, Station, Terminal and
// RatedAt (if zero) are filled in here.
func (o *Outbox) PutRating(ctx context.Context, r wire.Rating) error {
	now := o.o.Now()
	u, err := newID(o.o.Rand, now)
	if err != nil {
		return fmt.Errorf("put rating: %w", err)
	}
	r.ID, r.Station, r.Terminal = u.String(), o.o.Station, o.o.Terminal
	if r.RatedAt.IsZero() {
		r.RatedAt = china(now).Truncate(time.Millisecond)
	}
	if err := o.o.Store.Room(); err != nil {
		return storeError("put rating", err)
	}
	err = o.insert(ctx, func(tx *store.Tx) ([]entry, error) {
		e, err := o.writeRating(tx, u, r)
		return []entry{e}, err
	})
	switch {
	case errors.Is(err, ErrRated):
		return fmt.Errorf("put rating: %w", err)
	case err != nil:
		return storeError("put rating", err)
	}
	return nil
}

func (o *Outbox) writeRating(tx *store.Tx, u id, r wire.Rating) (entry, error) {
	e := entry{ID: u, Lane: wire.LaneRatings, At: r.RatedAt}
	if matter, err := parseID(r.Matter); err == nil {
		e.Matter = matter
		if err := o.markRated(tx, matter, true); err != nil {
			return entry{}, err
		}
	}
	err := o.enqueue(tx, &e, seal.Binding{ID: r.ID, Terminal: r.Terminal, Item: r.Item}, r)
	return e, err
}

// markRated notes that a matter has its rating now, or (where that is taken out again) that it has none. One that isn't
// known here is nobody's business.
func (o *Outbox) markRated(tx *store.Tx, matter id, rated bool) error {
	s, ok := o.locate(tx, matter)
	if !ok {
		return nil
	}
	if s.state != purged {
		return alter(tx, matter, s, func(m *entry) (bool, error) {
			if rated && m.Rated {
				return false, ErrRated
			}
			m.Rated = rated
			return true, nil
		})
	}
	t, _ := buried(tx, matter)
	if rated && t.rated {
		return ErrRated
	}
	t.rated = rated
	return putTomb(tx, matter, t)
}
