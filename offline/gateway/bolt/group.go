package bolt

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	bbolt "go.etcd.io/bbolt"
)

// maxGroup is how many changes one commit may hold.
const maxGroup = 256

var errClosed = errors.New("store is closed")

// change is one change on its way.
type change struct {
	// apply makes the change in the group's transaction. An writeError ends the whole group. Any other error is of this
	// change alone, and then nothing may have been written: the others are committed.
	apply func(*bbolt.Tx) error
	err   error         // of this change alone, or of the commit
	done  chan struct{} // closed when err is set
}

// update makes a change durable together with those that wait at the same time, and returns after that.
//
// fn may run while ctx is over already: once it is handed over, it is waited for, since the answer must say what became
// of it. Only a Close that overtook it leaves it unanswered.
func (d *DB) update(ctx context.Context, fn func(*bbolt.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c := &change{apply: fn, done: make(chan struct{})}
	select {
	case d.changes <- c:
	case <-d.stop:
		return errClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-c.done:
	case <-d.done:
		select {
		case <-c.done:
		default:
			return errClosed
		}
	}
	return c.err
}

// commitChanges commits what has come in since the last commit, until Close.
func (d *DB) commitChanges() {
	defer close(d.done)
	for {
		select {
		case first := <-d.changes:
			d.commit(d.gather(first))
		case <-d.stop:
			return
		}
	}
}

// gather takes what waits already, and waits for nothing.
func (d *DB) gather(first *change) []*change {
	runtime.Gosched() // those whom the last commit has just answered may have their next record ready
	group := []*change{first}
	for len(group) < maxGroup {
		select {
		case c := <-d.changes:
			group = append(group, c)
		default:
			return group
		}
	}
	return group
}

// commit answers a group. Also a group that changes nothing (known ids alone) goes through a commit: bbolt's always
// writes and syncs, and if an earlier commit failed between its two syncs (its records are visible then, but perhaps not
// on disk), it is this one that makes them so before they are acknowledged.
func (d *DB) commit(group []*change) {
	err := guarded(func() error {
		return d.db.Update(func(tx *bbolt.Tx) error {
			for _, c := range group {
				var broken writeError
				if c.err = c.apply(tx); errors.As(c.err, &broken) {
					return c.err
				}
			}
			return nil
		})
	})
	for _, c := range group {
		if err != nil {
			// Also what a change said of itself is not reported: it may rest on one that was rolled back.
			c.err = fmt.Errorf("commit: %w", err)
		}
		close(c.done)
	}
}
