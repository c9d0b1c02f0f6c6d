package outbox

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"zhizhu/offline/seal"
	"zhizhu/offline/store"
	"zhizhu/offline/wire"
)

// Record is what the station still knows of a matter that was lodged here.
type Record struct {
	ID       string
	Number   string
	Item     string
	ItemName string
	At       time.Time
	Accepted bool
	Printed  bool
	Rated    bool
	State    State
	Reason   string // of a quarantined one, for staff
}

// Find returns what was lodged here under an ID number, or the one matter with a receipt number, newest first. Of two
// given ones the ID number counts. Nothing found is no error.
func (o *Outbox) Find(ctx context.Context, idNumber, number string) ([]Record, error) {
	spots := o.lookUp(idNumber, number)
	records := make([]Record, 0, len(spots))
	err := o.o.Store.View(ctx, func(tx *store.Tx) error {
		for _, f := range spots {
			e, state, err := getEntry(tx, f.id, f.spot)
			var r smallRecord
			if err == nil {
				r, err = o.openSmall(e)
			}
			if err != nil { // it must not hide the others
				o.o.Log.LogAttrs(ctx, slog.LevelError, "Record can't be opened", slog.String("id", f.id.String()), slog.Any("error", err))
				continue
			}
			records = append(records, Record{
				ID: f.id.String(), Number: r.Number, Item: r.Item, ItemName: r.ItemName, At: r.At, Accepted: r.Accepted,
				Printed: r.Printed, Rated: e.Rated, State: state, Reason: e.Reason,
			})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("find records: %w", err)
	}
	return records, nil
}

// found is a record's id and where it lay when it was looked up.
type found struct {
	id   id
	spot spot
}

// lookUp returns records from the index, newest first.
func (o *Outbox) lookUp(idNumber, number string) []found {
	o.mu.RLock()
	defer o.mu.RUnlock()
	var ids []id
	if idNumber != "" {
		ids = o.index.persons[string(o.personHash(idNumber))]
	} else if u, ok := o.index.numbers[string(o.numberHash(number))]; ok {
		ids = []id{u}
	}
	all := make([]found, len(ids))
	for i, u := range ids {
		all[i] = found{u, o.index.spots[u]}
	}
	slices.SortFunc(all, func(a, b found) int { return cmp.Compare(b.spot.seq, a.spot.seq) })
	return all
}

func (o *Outbox) spotOf(u id) (spot, bool) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	s, ok := o.index.spots[u]
	return s, ok
}

// getEntry reads a record's entry. It may have changed its state since it was looked up.
func getEntry(tx *store.Tx, u id, s spot) (entry, State, error) {
	for _, state := range []State{s.state, Queued, Acknowledged, Quarantined} {
		table, key := place(state, s.lane, s.seq)
		if v := tx.Get(table, key); v != nil {
			e, _, err := decodeEntry(v)
			if err == nil && e.ID != u {
				err = errEntry
			}
			return e, state, err
		}
	}
	return entry{}, "", ErrUnknown
}

// alter changes a record's entry where it lies. fn says whether there is anything to write.
func alter(tx *store.Tx, u id, s spot, fn func(*entry) (bool, error)) error {
	table, key := place(s.state, s.lane, s.seq)
	e, packet, err := decodeEntry(tx.Get(table, key))
	if err != nil || e.ID != u {
		return errors.Join(errEntry, err)
	}
	changed, err := fn(&e)
	if err != nil || !changed {
		return err
	}
	value, err := e.encode(packet)
	if err != nil {
		return err
	}
	return tx.Put(table, key, value)
}

// MarkPrinted records that a matter's receipt came out on paper.
func (o *Outbox) MarkPrinted(ctx context.Context, number string) error {
	all := o.lookUp("", number)
	if len(all) == 0 {
		return fmt.Errorf("mark printed: %w", ErrUnknown)
	}
	u := all[0].id
	err := o.update(ctx, change{
		write: func(tx *store.Tx) error {
			s, _ := o.spotOf(u) // as it is now that nobody else writes
			return alter(tx, u, s, func(e *entry) (bool, error) {
				r, err := o.openSmall(*e)
				if err != nil || r.Printed {
					return false, err
				}
				r.Printed = true
				e.Record, err = o.sealRecord(u, r)
				return true, err
			})
		},
		present: func(tx *store.Tx) (bool, error) {
			s, _ := o.spotOf(u)
			e, _, err := getEntry(tx, u, s)
			if err != nil {
				return false, err
			}
			r, err := o.openSmall(e)
			return r.Printed, err
		},
		apply: func(*index) {},
	})
	if err != nil {
		return fmt.Errorf("mark printed: %w", err)
	}
	return nil
}

// PutRating puts a rating into its lane. A matter is rated once: ErrRated for a second time. ID, Station, Terminal and
// RatedAt (if zero) are filled in here.
func (o *Outbox) PutRating(ctx context.Context, r wire.Rating) error {
	now := o.o.Now()
	u, err := newID(o.o.Rand, now)
	if err != nil {
		return fmt.Errorf("put rating: %w", err)
	}
	r.ID, r.Station, r.Terminal = u.String(), o.o.Station, o.o.Terminal
	if r.RatedAt.IsZero() {
		r.RatedAt = china(now).Truncate(time.Millisecond)
	}
	if err := o.o.Store.Room(); err != nil {
		return storeError("put rating", err)
	}
	var e entry
	err = o.insert(ctx, &e, func(tx *store.Tx) (err error) {
		e, err = o.writeRating(tx, u, r)
		return err
	})
	switch {
	case errors.Is(err, ErrRated):
		return fmt.Errorf("put rating: %w", err)
	case err != nil:
		return storeError("put rating", err)
	}
	return nil
}

func (o *Outbox) writeRating(tx *store.Tx, u id, r wire.Rating) (entry, error) {
	if matter, err := parseID(r.Matter); err == nil {
		if s, ok := o.spotOf(matter); ok {
			err := alter(tx, matter, s, func(m *entry) (bool, error) {
				if m.Rated {
					return false, ErrRated
				}
				m.Rated = true
				return true, nil
			})
			if err != nil {
				return entry{}, err
			}
		}
	}
	e := entry{ID: u, Lane: wire.LaneRatings, At: r.RatedAt}
	err := o.enqueue(tx, &e, seal.Binding{ID: r.ID, Terminal: r.Terminal, Item: r.Item}, r)
	return e, err
}

func (o *Outbox) sealRecord(u id, r smallRecord) ([]byte, error) {
	plain, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("write record: %w", err)
	}
	return o.o.Box.Seal(o.o.Rand, u[:], plain)
}

func (o *Outbox) openSmall(e entry) (smallRecord, error) {
	var r smallRecord
	plain, err := o.o.Box.Open(e.ID[:], e.Record)
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(plain, &r); err != nil {
		return r, fmt.Errorf("read record: %w", err)
	}
	return r, nil
}

// personHash and numberHash are look-up values: they can't be tried out without the station key.
func (o *Outbox) personHash(idNumber string) []byte {
	h := o.o.Box.KeyedHash("person " + strings.ToUpper(strings.TrimSpace(idNumber)))
	return h[:16]
}

func (o *Outbox) numberHash(number string) []byte {
	h := o.o.Box.KeyedHash("number " + strings.ToUpper(strings.TrimSpace(number)))
	return h[:16]
}
