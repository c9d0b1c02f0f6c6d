package gateway

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"zhizhu/offline/gateway/store"
	"zhizhu/offline/seal"
	"zhizhu/offline/wire"
)

const pageSize = 64 // records read from the store at once

// Stored is one matter as it arrived, opened.
type Stored struct {
	wire.Matter
	StoredAt time.Time `json:"stored_at"`
	Digest   string    `json:"digest"` // SM3 of the packet, hex
	// Problem says why the packet can't be opened any more; then the matter holds only what its envelope says.
	Problem string `json:"problem,omitempty"`
}

// StoredRating is one rating as it arrived, opened.
type StoredRating struct {
	wire.Rating
	StoredAt time.Time `json:"stored_at"`
	Digest   string    `json:"digest"`
	Problem  string    `json:"problem,omitempty"`
}

// Matters calls fn for every stored matter in the order of storing, until fn returns an error. What is stored while it
// runs may or may not be among them.
func (g *Gateway) Matters(ctx context.Context, fn func(Stored) error) error {
	return g.each(ctx, wire.LaneMatters, func(r store.Record) error {
		s := Stored{StoredAt: r.StoredAt, Digest: r.Digest}
		if err := g.openRecord(r, &s.Matter); err != nil {
			s.Matter = wire.Matter{ID: r.ID, Terminal: r.Terminal, Item: r.Item, ItemVer: r.Version}
			s.Problem = err.Error()
		}
		if s.Answers == nil {
			s.Answers = []wire.Answer{} // an empty list in JSON, not null
		}
		return fn(s)
	})
}

// Ratings is Matters for ratings.
func (g *Gateway) Ratings(ctx context.Context, fn func(StoredRating) error) error {
	return g.each(ctx, wire.LaneRatings, func(r store.Record) error {
		s := StoredRating{StoredAt: r.StoredAt, Digest: r.Digest}
		if err := g.openRecord(r, &s.Rating); err != nil {
			s.Rating = wire.Rating{ID: r.ID, Terminal: r.Terminal}
			s.Problem = err.Error()
		}
		return fn(s)
	})
}

func (g *Gateway) each(ctx context.Context, lane string, fn func(store.Record) error) error {
	var after uint64
	for {
		page, err := g.store.List(ctx, lane, after, pageSize)
		if err != nil {
			return fmt.Errorf("list %s: %w", lane, err)
		}
		if len(page) == 0 {
			return nil
		}
		for _, r := range page {
			if err := fn(r); err != nil {
				return err
			}
			after = r.Seq
		}
	}
}

// openRecord opens a stored packet into content. Its errors say nothing of the content.
func (g *Gateway) openRecord(r store.Record, content any) error {
	if r.Purged {
		return fmt.Errorf("open record %s: its content was handed on and removed here", r.ID)
	}
	binding, plain, err := seal.OpenPacket(g.keys.seal, r.Packet)
	if err != nil {
		return fmt.Errorf("open record %s: %w", r.ID, err)
	}
	defer clear(plain)
	if binding.ID != r.ID || json.Unmarshal(plain, content) != nil {
		return fmt.Errorf("open record %s: it does not hold what it should", r.ID)
	}
	return nil
}
