package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"zhizhu/offline/gateway/store"
	"zhizhu/offline/wire"
)

// halfTerm is how long the beginning of an attachment waits for its rest.
const halfTerm = 60 * 24 * time.Hour

// Upkeep removes what is over: letters that nobody fetched, uploads that were given up, and the content of what was
// handed on longer ago than Options.Retain.
func (g *Gateway) Upkeep(ctx context.Context) error {
	now := g.stamp()
	posts, err1 := g.store.ExpirePosts(ctx, now)
	halves, err2 := g.store.DropHalves(ctx, now.Add(-halfTerm))
	purged, err3 := g.purge(ctx, now)
	if posts+halves+purged > 0 {
		g.log.InfoContext(ctx, "What is over was removed", slog.Int("letters", posts), slog.Int("uploads", halves),
			slog.Int("contents", purged))
	}
	if err := errors.Join(err1, err2, err3); err != nil {
		return fmt.Errorf("keep up: %w", err)
	}
	return nil
}

// purge removes the content of what the platform has had for long enough. What it doesn't have stays, however old.
func (g *Gateway) purge(ctx context.Context, now time.Time) (purged int, err error) {
	if g.relay.adapter == nil || g.retain <= 0 {
		return 0, nil
	}
	young := errors.New("the rest is younger")
	for _, lane := range []string{wire.LaneMatters, wire.LaneRatings} {
		err := g.each(ctx, lane, func(r store.Record) error {
			if now.Sub(r.StoredAt) < g.retain {
				return young
			}
			done, err := g.purgeRecord(ctx, r, now)
			if done {
				purged++
			}
			return err
		})
		if err != nil && !errors.Is(err, young) {
			return purged, err
		}
	}
	return purged, nil
}

func (g *Gateway) purgeRecord(ctx context.Context, r store.Record, now time.Time) (bool, error) {
	if r.Purged {
		return false, nil
	}
	h, err := g.store.Handover(ctx, g.relay.adapter.Name(), r.Lane, r.ID)
	if err != nil || !h.Done || now.Sub(h.At) < g.retain {
		return false, err
	}
	if r.Lane == wire.LaneMatters {
		var m wire.Matter
		if err := g.openRecord(r, &m); err != nil {
			return false, nil //nolint:nilerr // nobody can read it, so nobody can tell what else belongs to it
		}
		for _, a := range m.Attachments {
			if err := g.store.DropBlob(ctx, a.Blob); err != nil {
				return false, err
			}
		}
	}
	// Last, since only the packet knows its attachments.
	return true, g.store.Purge(ctx, r.Lane, r.ID)
}

// Retry makes everything that the platform would not have, or did not answer for, due at once, and says how many.
func (g *Gateway) Retry(ctx context.Context) (int, error) {
	if g.relay.adapter == nil {
		return 0, ErrNoAdapter
	}
	const most = 100_000
	n, name := 0, g.relay.adapter.Name()
	for _, lane := range []string{wire.LaneRatings, wire.LaneMatters} {
		failing, err := g.store.Failing(ctx, name, lane, most)
		if err != nil {
			return n, fmt.Errorf("retry: %w", err)
		}
		for _, f := range failing {
			f.Next = g.stamp()
			if err := g.store.Handed(ctx, name, lane, f.ID, f.Handover); err != nil {
				return n, fmt.Errorf("retry: %w", err)
			}
			n++
		}
	}
	g.relay.kick()
	return n, nil
}
