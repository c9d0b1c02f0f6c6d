package courier_test

import (
	"context"
	"errors"

	"zhizhu/offline/outbox"
)

// damaged is an outbox whose records of one lane the disk has spoilt.
type damaged struct{ *outbox.Outbox }

func (d damaged) Pending(ctx context.Context, lane string, n int, skip func(string) bool) ([]outbox.Waiting, error) {
	all, err := d.Outbox.Pending(ctx, lane, n, skip)
	for i := range all {
		all[i].Damaged = true
	}
	return all, err
}

// two is an outbox to which another's matters are added, as if they were its own.
type two struct {
	*outbox.Outbox
	other *outbox.Outbox
}

func (d two) Pending(ctx context.Context, lane string, n int, skip func(string) bool) ([]outbox.Waiting, error) {
	all, err := d.Outbox.Pending(ctx, lane, n, skip)
	more, err2 := d.other.Pending(ctx, lane, n, skip)
	return append(all, more...), errors.Join(err, err2)
}
