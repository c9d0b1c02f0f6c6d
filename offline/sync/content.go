package sync

import (
	"context"
	"log/slog"
	"maps"
)

// rowMost is how many records in a row may be refused for their content before the refusals are doubted, not the
// records: a gateway with a wrong key or a new check would have the whole queue set aside otherwise.
const rowMost = 3

// content keeps account of records that were refused for their content.
type content struct {
	row    []string        // set aside since a record was taken
	tried  map[string]bool // tried without success since the line is held for this; nil while it isn't
	proven map[string]bool // refused while others were taken later: it is about the record
}

func (c *content) held() bool { return c.tried != nil }

// next begins a new round once all were tried, and says whether it did.
func (c *content) next() bool {
	if len(c.tried) == 0 {
		return false
	}
	clear(c.tried)
	return true
}

// doubted says whether a refused record is left in the queue: one of too many in a row. The line is held then, and one
// record after the other is tried after longer and longer rests; a taken one ends it.
func (r *run) doubted(ctx context.Context, res result) bool {
	if !r.doubt(ctx, &r.content, res.waiting.ID, res.fault.detail) {
		return false
	}
	r.hold(ctx, &fault{reason: Busy, detail: res.fault.detail + ", one record after the other: the queue is held back, ask whoever runs the gateway"})
	return true
}

// doubt takes account of a refused record, and says whether it is left in the queue.
func (r *run) doubt(ctx context.Context, c *content, id, detail string) bool {
	if c.proven[id] && !c.held() {
		delete(c.proven, id)
		return false
	}
	if !c.held() {
		if c.row = append(c.row, id); len(c.row) < rowMost {
			return false
		}
		c.tried = map[string]bool{}
		r.putBack(ctx, c, c.row[:len(c.row)-1])
		r.o.Log.LogAttrs(ctx, slog.LevelError, "Gateway refuses one record after the other, the queue is held back",
			slog.String("reason", detail))
	}
	c.tried[id] = true
	return true
}

// putBack returns to the queue what was set aside before the refusals were doubted.
func (r *run) putBack(ctx context.Context, c *content, ids []string) {
	for _, id := range ids {
		if err := r.o.Outbox.Requeue(context.WithoutCancel(ctx), id); err != nil {
			r.o.Log.LogAttrs(ctx, slog.LevelError, "Record can't be put back", slog.String("id", id), slog.Any("error", err))
			continue
		}
		c.tried[id] = true
	}
}

// taken notes that the gateway took a record: it judges each by itself.
func (r *run) taken() {
	if r.content.taken() && r.paused && r.state.Reason == Busy {
		r.unpause()
	}
}

// taken notes that a record was taken, and says whether that ends a doubt.
func (c *content) taken() bool {
	c.row = nil
	if !c.held() {
		return false
	}
	if c.proven == nil {
		c.proven = map[string]bool{}
	}
	maps.Copy(c.proven, c.tried)
	c.tried = nil
	return true
}
