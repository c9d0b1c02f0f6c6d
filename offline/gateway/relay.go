package gateway

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"zhizhu/offline/gateway/adapter"
	"zhizhu/offline/gateway/store"
	"zhizhu/offline/seal"
	"zhizhu/offline/wire"
)

// Times of handing on.
const (
	handEvery   = 15 * time.Second // when nothing new came, and no kick was heard
	handAtOnce  = 4                // cases under way; also how many a platform that is down is asked with
	handTimeout = 3 * time.Minute
	handLease   = 10 * time.Minute // must be well over handTimeout
	pollEvery   = 30 * time.Second
	upkeepEvery = time.Hour

	retryFirst   = 10 * time.Second
	retryLast    = time.Hour
	retryRefused = 24 * time.Hour
	maxNote      = 300 // bytes
)

// ErrNoAdapter says that this gateway hands nothing on.
var ErrNoAdapter = errors.New("no adapter is set up: name one by --adapter")

// relay hands on what arrived and fetches the answers.
type relay struct {
	adapter adapter.Adapter // nil for none
	wake    chan struct{}
}

func newRelay(g *Gateway, build func(adapter.Signer) (adapter.Adapter, error)) (*relay, error) {
	r := &relay{wake: make(chan struct{}, 1)}
	if build == nil {
		return r, nil
	}
	a, err := build(adapter.Signer{
		Key:  g.keys.ack.Public().Hex(),
		Sign: func(message []byte) ([]byte, error) { return seal.Sign(g.rand, g.keys.ack, message) },
	})
	if err != nil {
		return nil, fmt.Errorf("make adapter: %w", err)
	}
	r.adapter = a
	return r, nil
}

// kick says that there may be something to hand on.
func (r *relay) kick() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// serveRelay works in the background until stop is called.
func (g *Gateway) serveRelay(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	all.Go(func() { g.repeat(ctx, "upkeep", upkeepEvery, nil, g.Upkeep) })
	if g.relay.adapter != nil {
		all.Go(func() { g.repeat(ctx, "hand on", handEvery, g.relay.wake, g.HandOn) })
		all.Go(func() { g.repeat(ctx, "poll", pollEvery, nil, g.Poll) })
	}
	return func() {
		cancel()
		all.Wait()
	}
}

// repeat does a task over and over: at once, when it is kicked, and every so often. After a failure it waits for longer
// and longer, and hears no kicks.
func (g *Gateway) repeat(ctx context.Context, name string, every time.Duration, wake <-chan struct{}, task func(context.Context) error) {
	for failures := 0; ctx.Err() == nil; {
		wait, kicked := every, wake
		if err := task(ctx); err != nil && ctx.Err() == nil {
			failures++
			wait, kicked = g.backoff(failures, err), nil
			g.log.WarnContext(ctx, "Task of the gateway will be tried again", slog.String("task", name),
				slog.Duration("wait", wait), slog.Any("error", err))
		} else {
			failures = 0
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-kicked:
		}
		timer.Stop()
	}
}

// backoff is how long to wait after so many failures in a row: doubling up to an hour, half of it by chance, so that
// gateways that share a platform don't knock together. A platform that names a time is heeded.
func (g *Gateway) backoff(failures int, err error) time.Duration {
	most := retryLast
	if failures < 16 {
		most = min(retryLast, retryFirst<<(failures-1))
	}
	wait := most/2 + time.Duration(g.chance()*float64(most/2))
	if later, ok := errors.AsType[*adapter.LaterError](err); ok {
		wait = max(wait, min(later.Wait, retryLast))
	}
	return wait
}

// chance is a number from 0 to 1.
func (g *Gateway) chance() float64 {
	var b [4]byte
	if _, err := io.ReadFull(g.rand, b[:]); err != nil {
		return 0.5
	}
	return float64(binary.BigEndian.Uint32(b[:])) / (1 << 32)
}

// HandOn hands everything on that is due, until there is nothing more or the platform fails; then it returns that error.
func (g *Gateway) HandOn(ctx context.Context) error {
	if g.relay.adapter == nil {
		return ErrNoAdapter
	}
	for _, lane := range []string{wire.LaneRatings, wire.LaneMatters} {
		for {
			due, err := g.store.Due(ctx, g.relay.adapter.Name(), lane, g.stamp(), handLease, handAtOnce)
			if err != nil {
				return fmt.Errorf("look for what is due: %w", err)
			}
			if len(due) == 0 {
				break
			}
			if err := g.handAll(ctx, due); err != nil {
				return err
			}
		}
	}
	return nil
}

func (g *Gateway) handAll(ctx context.Context, due []store.Record) error {
	errs := make([]error, len(due))
	var all sync.WaitGroup
	for i, r := range due {
		all.Go(func() { errs[i] = g.hand(ctx, r) })
	}
	all.Wait()
	return errors.Join(errs...)
}

// hand hands one record on and keeps what came of it. Its error is about the platform or the store, not about the
// record. A platform that has it while the store can't note that is asked again: that is what the id is for.
func (g *Gateway) hand(ctx context.Context, r store.Record) error {
	name := g.relay.adapter.Name()
	before, err := g.store.Handover(ctx, name, r.Lane, r.ID)
	if err != nil {
		return fmt.Errorf("hand on: %w", err)
	}
	now, outcome, failed := g.stamp(), adapter.Outcome{}, error(nil)
	c, err := g.makeCase(ctx, r)
	if err == nil {
		outcome, failed = g.handCase(ctx, c)
		err = failed
	}
	h := g.handover(r, before, now, outcome, err)
	// What happened is noted also while the gateway is told to end.
	keep, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
	defer cancel()
	if err := g.store.Handed(keep, name, r.Lane, r.ID, h); err != nil {
		return fmt.Errorf("note what was handed on: %w", err)
	}
	g.logHanded(ctx, r, h)
	if errors.Is(failed, adapter.ErrRefused) {
		return nil
	}
	return failed
}

func (g *Gateway) handCase(ctx context.Context, c adapter.Case) (adapter.Outcome, error) {
	ctx, cancel := context.WithTimeout(ctx, handTimeout)
	defer cancel()
	return g.relay.adapter.Hand(ctx, c)
}

// handover says how it goes on after a try.
func (g *Gateway) handover(r store.Record, before store.Handover, now time.Time, o adapter.Outcome, err error) store.Handover {
	h := store.Handover{Tries: before.Tries + 1, At: now, Note: o.Note}
	switch {
	case err == nil:
		h.Done = true
	case errors.Is(err, errIncomplete):
		// The platform was not asked. The longer it has taken, the longer it may take.
		h.Tries = before.Tries
		h.Next = now.Add(min(max(now.Sub(r.StoredAt)/4, 30*time.Second), retryLast))
	case errors.Is(err, adapter.ErrRefused):
		h.Next = now.Add(retryRefused)
	default:
		h.Next = now.Add(g.backoff(h.Tries, err))
	}
	if err != nil {
		h.Note = err.Error()
	}
	if len(h.Note) > maxNote {
		h.Note = h.Note[:maxNote]
	}
	return h
}

func (g *Gateway) logHanded(ctx context.Context, r store.Record, h store.Handover) {
	attrs := []slog.Attr{slog.String("lane", r.Lane), slog.String("id", r.ID), slog.Int("tries", h.Tries)}
	if h.Done {
		g.log.LogAttrs(ctx, slog.LevelInfo, "Record was handed on", attrs...)
		return
	}
	g.log.LogAttrs(ctx, slog.LevelWarn, "Record was not handed on", append(attrs, slog.Time("next", h.Next), slog.String("why", h.Note))...)
}
