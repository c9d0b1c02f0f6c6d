package outbox

import (
	"context"
	"fmt"
	"time"

	"zhizhu/offline/store"
)

// pace is how the last tries to reach the gateway went.
type pace struct {
	failures int
	wait     time.Duration
}

var paceKey = []byte("pace")

func (p pace) encode() []byte { return fmt.Appendf(nil, "%d %d", p.failures, int64(p.wait)) }

// readPace returns the kept pace; one that can't be read is none.
func readPace(tx *store.Tx) pace {
	var p pace
	var wait int64
	if n, err := fmt.Sscanf(string(tx.Get(metaTable, paceKey)), "%d %d", &p.failures, &wait); err != nil || n != 2 || p.failures < 0 || wait < 0 {
		return pace{}
	}
	p.wait = time.Duration(wait)
	return p
}

// Pace returns what SetPace kept.
func (o *Outbox) Pace(context.Context) (failures int, wait time.Duration, err error) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return o.failed.failures, o.failed.wait, nil
}

// SetPace keeps over a restart how often the gateway could not be reached in a row, and what is left to wait before the
// next try: a length of time, since no clock can be trusted to tell when that is. The same again writes nothing.
func (o *Outbox) SetPace(ctx context.Context, failures int, wait time.Duration) error {
	want := pace{max(0, failures), max(0, wait)}
	err := o.update(ctx, change{
		write: func(tx *store.Tx) error {
			if readPace(tx) == want {
				return errUnchanged
			}
			return tx.Put(metaTable, paceKey, want.encode())
		},
		present: func(tx *store.Tx) (bool, error) { return readPace(tx) == want, nil },
		apply:   func(*index) { o.failed = want },
	})
	if err != nil {
		return fmt.Errorf("keep pace: %w", err)
	}
	return nil
}
