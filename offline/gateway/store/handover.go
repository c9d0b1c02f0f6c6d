package store

import (
	"context"
	"time"
)

// Handover says how far the handing on of one record by one adapter is.
type Handover struct {
	Done  bool      // handed over, for ever
	Tries int       // so far
	Next  time.Time // not to be tried before; without meaning once it is done
	Note  string    // why the last try failed, or what the platform calls it; no personal data
	At    time.Time // of the last try
}

// Backlog says what one adapter has before it in one lane.
type Backlog struct {
	Waiting uint64    // records that are not handed over
	Failing uint64    // those of them that were tried
	Tries   int       // most tries of one of them
	Oldest  time.Time // StoredAt of the first of them; zero for none
}

// Failing is a record that was tried and is not handed over.
type Failing struct {
	Lane string
	ID   string
	Handover
}

// Handovers keep what was handed on to the platform: one row for each adapter, lane and id. An adapter is made by its
// name being used.
type Handovers interface {
	// Due returns up to limit records of a lane that the adapter has not handed over, whose next try is reached, and
	// which no other gateway has leased; it leases them until now+lease. Purged ones are passed over and count as done: an
	// empty list says that nothing is due, but for what another gateway looks at just then. First come those that
	// were tried before, by their time, then the others by Seq. A lease ends with Handed, or by itself: a gateway that
	// died holds nothing up for longer. The clocks of gateways that share a store must agree to well within a lease.
	Due(ctx context.Context, adapter, lane string, now time.Time, lease time.Duration, limit int) ([]Record, error)
	// Handed keeps the outcome of a try and ends the lease. What is done stays done, whatever a slow gateway says later.
	// ErrNotFound for an id that never was.
	Handed(ctx context.Context, adapter, lane, id string, h Handover) error
	// Handover returns how far a record is: the zero value before the first try; ErrNotFound for an id that never was.
	Handover(ctx context.Context, adapter, lane, id string) (Handover, error)
	// Backlog counts what is before an adapter in a lane.
	Backlog(ctx context.Context, adapter, lane string) (Backlog, error)
	// Failing returns up to limit records of a lane that were tried and are not handed over, in the order of their next
	// try.
	Failing(ctx context.Context, adapter, lane string, limit int) ([]Failing, error)
}
