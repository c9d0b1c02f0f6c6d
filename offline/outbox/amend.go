package outbox

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"zhizhu/offline/store"
)

// alter changes a record's entry where it lies. fn says whether there is anything to write; if not, it is errUnchanged.
func alter(tx *store.Tx, u id, s spot, fn func(*entry) (bool, error)) error {
	table, key := place(s.state, s.lane, s.seq)
	e, packet, err := decodeEntry(tx.Get(table, key))
	if err != nil || e.ID != u {
		return errors.Join(errEntry, err)
	}
	changed, err := fn(&e)
	if err != nil {
		return err
	}
	if !changed {
		return errUnchanged
	}
	value, err := e.encode(packet)
	if err != nil {
		return err
	}
	return tx.Put(table, key, value)
}

// MarkPrinted records that a matter's receipt came out on paper.
func (o *Outbox) MarkPrinted(ctx context.Context, number string) error {
	where := func(tx *store.Tx) (id, spot, bool) {
		all := o.lookUpBuried(tx, "", number, o.lookUp("", number))
		if len(all) == 0 {
			return id{}, spot{}, false
		}
		return all[0].id, all[0].spot, true
	}
	err := o.amend(ctx, where, func(r smallRecord) bool { return r.Printed }, func(r *smallRecord) { r.Printed = true })
	if err != nil {
		return fmt.Errorf("mark printed: %w", err)
	}
	return nil
}

// mostWhy is how many bytes of the upstream's words are kept here. The letter itself has them all.
const mostWhy = 4 << 10

// Conclude records what the upstream decided about a matter: Settled, or Refused with its reason, which Find shows to
// whom it concerns. A later word takes the place of an earlier one. What has left this terminal already needs none.
// ErrUnknown: no such matter was lodged here.
func (o *Outbox) Conclude(ctx context.Context, matterID string, to State, reason string) error {
	u, err := parseID(matterID)
	if err != nil {
		return fmt.Errorf("conclude matter: %w", err)
	}
	if to != Settled && to != Refused {
		return fmt.Errorf("conclude matter: %q is no conclusion", to)
	}
	why := reason
	if len(why) > mostWhy {
		why = strings.ToValidUTF8(why[:mostWhy], "") + "…"
	}
	where := func(tx *store.Tx) (id, spot, bool) {
		s, ok := o.locate(tx, u)
		return u, s, ok && isMatter(s.lane)
	}
	err = o.amend(ctx, where,
		func(r smallRecord) bool { return r.Outcome == to && r.Why == why },
		func(r *smallRecord) { r.Outcome, r.Why = to, why })
	if err != nil {
		return fmt.Errorf("conclude matter: %w", err)
	}
	return nil
}

// amend changes a matter's small record where it lies, unless it is done already.
func (o *Outbox) amend(ctx context.Context, where func(*store.Tx) (id, spot, bool), done func(smallRecord) bool, set func(*smallRecord)) error {
	return o.update(ctx, change{
		write: func(tx *store.Tx) error {
			u, s, ok := where(tx)
			switch {
			case !ok:
				return ErrUnknown
			case s.state == purged:
				return errUnchanged
			}
			return alter(tx, u, s, func(e *entry) (bool, error) {
				r, err := o.openSmall(*e)
				if err != nil || done(r) {
					return false, err
				}
				set(&r)
				e.Record, err = o.sealRecord(u, r)
				return true, err
			})
		},
		present: func(tx *store.Tx) (bool, error) {
			u, s, _ := where(tx)
			e, _, err := getEntry(tx, u, s)
			if err != nil {
				return false, err
			}
			r, err := o.openSmall(e)
			return done(r), err
		},
		apply: func(*index) {},
	})
}
