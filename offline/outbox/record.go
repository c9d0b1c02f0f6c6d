package outbox

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"zhizhu/offline/store"
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
	Sent     bool // the gateway has signed for it
	Blobs    int  // attachments that the gateway has not signed for yet
	State    State
	// Reason is of a refused or settled one the upstream's words, for the person; of a quarantined one why it is, for staff.
	Reason string
}

// Find returns what was lodged here under an ID number, or the one matter with a receipt number, newest first. Of two
// given ones the ID number counts. Nothing found is no error.
func (o *Outbox) Find(ctx context.Context, idNumber, number string) ([]Record, error) {
	waiting := o.lookUp(idNumber, number)
	var records []Record
	err := o.o.Store.View(ctx, func(tx *store.Tx) error {
		all := o.lookUpBuried(tx, idNumber, number, waiting)
		slices.SortFunc(all, func(a, b found) int { return cmp.Compare(b.spot.seq, a.spot.seq) })
		records = make([]Record, 0, len(all))
		for _, f := range all {
			e, state, err := getEntry(tx, f.id, f.spot)
			var r smallRecord
			if err == nil {
				r, err = o.openSmall(e)
			}
			if err != nil { // it must not hide the others
				o.o.Log.LogAttrs(ctx, slog.LevelError, "Record can't be opened", slog.String("id", f.id.String()), slog.Any("error", err))
				continue
			}
			records = append(records, o.shown(&e, state, r))
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("find records: %w", err)
	}
	return records, nil
}

// shown is a record as it is told: what the upstream said counts more than where it lies.
func (o *Outbox) shown(e *entry, state State, r smallRecord) Record {
	rec := Record{
		ID: e.ID.String(), Number: r.Number, Item: r.Item, ItemName: r.ItemName, At: r.At, Accepted: r.Accepted,
		Printed: r.Printed, Rated: e.Rated, Sent: state == Acknowledged, State: state, Reason: e.Reason,
	}
	o.mu.RLock()
	defer o.mu.RUnlock()
	rec.Blobs = o.index.missing[e.ID]
	switch {
	case r.Outcome != "":
		rec.State, rec.Reason = r.Outcome, r.Why
	case state == Queued && o.index.sending[e.ID]:
		rec.State = Sending
	}
	return rec
}

// found is a record's id and where it lay when it was looked up.
type found struct {
	id   id
	spot spot
}

// lookUp returns records from the index.
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
	return all
}

// lookUpBuried adds acknowledged records to those that were found in the index, each once.
func (o *Outbox) lookUpBuried(tx *store.Tx, idNumber, number string, all []found) []found {
	var sequences [][]byte
	if idNumber != "" {
		for _, seq := range tx.Scan(findTable, personKey(o.personHash(idNumber))) {
			sequences = append(sequences, seq)
		}
	} else if seq := tx.Get(findTable, numberKey(o.numberHash(number))); seq != nil {
		sequences = append(sequences, seq)
	}
	for _, key := range sequences {
		e, _, err := decodeEntry(tx.Get(entryTable, key))
		// One that was acknowledged since it was looked up in the index is there already.
		if err == nil && !slices.ContainsFunc(all, func(f found) bool { return f.id == e.ID }) {
			all = append(all, found{e.ID, spot{Acknowledged, e.Lane, e.Sequence, e.At}})
		}
	}
	return all
}

func (o *Outbox) spotOf(u id) (spot, bool) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	s, ok := o.index.spots[u]
	return s, ok
}

// locate says where a record lies, acknowledged ones too.
func (o *Outbox) locate(tx *store.Tx, u id) (spot, bool) {
	if s, ok := o.spotOf(u); ok {
		return s, true
	}
	t, ok := buried(tx, u)
	switch {
	case !ok:
		return spot{}, false
	case t.pointer:
		return spot{state: Acknowledged, lane: t.lane, seq: t.sequence}, true
	}
	return spot{state: purged, lane: t.lane}, true
}

// digestOf returns the digest under which a record was sealed.
func (o *Outbox) digestOf(tx *store.Tx, u id) (string, error) {
	if t, ok := buried(tx, u); ok && !t.pointer {
		return t.digestHex(), nil
	}
	s, ok := o.locate(tx, u)
	if !ok {
		return "", ErrUnknown
	}
	e, _, err := getEntry(tx, u, s)
	return e.Digest, err
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
