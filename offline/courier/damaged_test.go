package courier_test

import (
	"context"

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
