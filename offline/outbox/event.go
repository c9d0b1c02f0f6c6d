package outbox

import (
	"context"
	"time"

	"zhizhu/offline/seal"
	"zhizhu/offline/store"
	"zhizhu/offline/wire"
)

// PutEvent queues a report, sealed like everything that goes up. ID, Terminal, Station, and At if it is zero, are filled
// in here. Its error is an ErrDiskFull or an ErrStore.
func (o *Outbox) PutEvent(ctx context.Context, ev wire.Event) error {
	if err := o.o.Store.Room(); err != nil {
		return storeError("put event", err)
	}
	now := o.o.Now()
	u, err := newID(o.o.Rand, now)
	if err != nil {
		return storeError("put event", err)
	}
	ev.ID, ev.Terminal, ev.Station = u.String(), o.o.Terminal, o.o.Station
	if ev.At.IsZero() {
		ev.At = china(now).Truncate(time.Millisecond)
	}
	err = o.insert(ctx, func(tx *store.Tx) ([]entry, error) {
		e := entry{ID: u, Lane: LaneEvents, At: ev.At}
		err := o.enqueue(tx, &e, seal.Binding{ID: ev.ID, Terminal: ev.Terminal, Item: "event", Version: ev.Kind}, ev)
		return []entry{e}, err
	})
	if err != nil {
		return storeError("put event", err)
	}
	return nil
}

// Sending says which records are on their way now: these and no others. It is kept in memory, for Find, and changes
// nothing about what waits. Acknowledged and quarantined records leave it by themselves.
func (o *Outbox) Sending(ids []string) {
	on := make(map[id]bool, len(ids))
	for _, s := range ids {
		if u, err := recordKey(s); err == nil {
			on[u] = true
		}
	}
	o.mu.Lock()
	o.index.sending = on
	o.mu.Unlock()
}
