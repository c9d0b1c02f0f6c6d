package gateway

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"sync"

	"zhizhu/offline/wire"
)

const maxHeartbeat = 16 << 10 // bytes

// heartbeat keeps what a terminal says of itself.
func (g *Gateway) heartbeat(w http.ResponseWriter, r *http.Request) {
	terminal, refused := g.identify(r)
	if refused != nil {
		g.answer(w, r, refused)
		return
	}
	body, refused := readBody(w, r, maxHeartbeat)
	if refused != nil {
		g.answer(w, r, refused)
		return
	}
	var beat wire.Heartbeat
	if err := json.Unmarshal(body, &beat); err != nil || beat.Terminal != terminal.ID {
		g.answer(w, r, refuse(http.StatusUnprocessableEntity, problemBlank, "the body must be this terminal's heartbeat in JSON"))
		return
	}
	g.checkAudit(r.Context(), beat)
	if err := g.store.SetHeartbeat(r.Context(), terminal.ID, g.stamp(), body); err != nil {
		g.answer(w, r, refuseStore(err))
		return
	}
	g.counts.add(func(c *Counts) { c.Heartbeats++ })
	w.WriteHeader(http.StatusNoContent)
}

// heads are the newest records of the terminals' audit chains, as far as this process has heard of them.
type heads struct {
	mu    sync.Mutex
	known map[string]wire.AuditHead // nil until the store was asked
}

// checkAudit sounds the alarm when a terminal's audit chain is shorter than it was, or another one. It refuses nothing:
// a disk that was restored from its back-up looks just so, and its records must go up all the same.
func (g *Gateway) checkAudit(ctx context.Context, beat wire.Heartbeat) {
	g.heads.mu.Lock()
	defer g.heads.mu.Unlock()
	if g.heads.known == nil {
		known, err := g.storedHeads(ctx)
		if err != nil {
			g.log.WarnContext(ctx, "Audit chains can't be compared now", slog.Any("error", err))
			return
		}
		g.heads.known = known
	}
	was, now := g.heads.known[beat.Terminal], beat.Audit
	if now.Seq < was.Seq || now.Seq == was.Seq && now.Hash != was.Hash {
		g.counts.add(func(c *Counts) { c.AuditBreaks++ })
		g.log.ErrorContext(ctx, "Audit chain of a terminal went back or was altered", slog.String("terminal", beat.Terminal),
			slog.Uint64("was", was.Seq), slog.Uint64("is", now.Seq))
	}
	g.heads.known[beat.Terminal] = now
}

func (g *Gateway) storedHeads(ctx context.Context) (map[string]wire.AuditHead, error) {
	all, err := g.store.Heartbeats(ctx)
	if err != nil {
		return nil, fmt.Errorf("read heartbeats: %w", err)
	}
	known := make(map[string]wire.AuditHead, len(all))
	for _, h := range all {
		var beat wire.Heartbeat
		if json.Unmarshal(h.Body, &beat) == nil {
			known[h.Terminal] = beat.Audit
		}
	}
	return known, nil
}
