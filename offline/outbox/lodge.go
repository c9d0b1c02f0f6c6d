package outbox

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	"zhizhu/offline/seal"
	"zhizhu/offline/store"
	"zhizhu/offline/wire"
)

// Lodged says what became of a matter that is on disk.
type Lodged struct {
	ID     string
	Number string
	At     time.Time
}

// china is the clock by which receipts are dated, whatever the machine is set to.
func china(t time.Time) time.Time { return t.In(time.FixedZone("CST", 8*60*60)) }

// Lodge takes a matter in. When it returns nil, number, packet, queue entry and record are on disk. ID, Number, Station,
// Terminal, LodgedAt and ClockTrust of the draft are filled in here. Its error is an ErrDiskFull or an ErrStore, which may
// be an ErrInDoubt, too.
func (o *Outbox) Lodge(ctx context.Context, draft wire.Matter) (Lodged, error) {
	if err := o.o.Store.Room(); err != nil {
		return Lodged{}, storeError("lodge matter", err)
	}
	now := o.o.Now()
	u, err := newID(o.o.Rand, now)
	if err != nil {
		return Lodged{}, storeError("lodge matter", err)
	}
	m := draft
	m.ID, m.Station, m.Terminal = u.String(), o.o.Station, o.o.Terminal
	m.LodgedAt, m.ClockTrust = china(now).Truncate(time.Millisecond), o.o.ClockTrust()
	if m.Channel == "" {
		m.Channel = "self-service"
	}
	var e entry
	err = o.insert(ctx, &e, func(tx *store.Tx) (err error) {
		e, err = o.writeMatter(tx, u, &m)
		return err
	})
	if err != nil {
		return Lodged{}, storeError("lodge matter", err)
	}
	return Lodged{ID: m.ID, Number: m.Number, At: m.LodgedAt}, nil
}

// insert writes a new record, whose entry write sets.
func (o *Outbox) insert(ctx context.Context, e *entry, write func(tx *store.Tx) error) error {
	return o.update(ctx, change{
		write: write,
		present: func(tx *store.Tx) (bool, error) {
			_, key := place(Queued, e.Lane, e.Sequence)
			found, _, err := decodeEntry(tx.Get(queueTable, key))
			return err == nil && found.ID == e.ID, nil
		},
		apply: func(x *index) { x.add(*e, Queued) },
		doubtful: func() (id, []byte) {
			_, key := place(Queued, e.Lane, e.Sequence)
			return e.ID, key
		},
	})
}

// writeMatter numbers, seals and queues a matter.
func (o *Outbox) writeMatter(tx *store.Tx, u id, m *wire.Matter) (entry, error) {
	date := m.LodgedAt.Format("20060102")
	serial, err := o.nextSerial(tx, date)
	if err != nil {
		return entry{}, err
	}
	m.Number = FormatNumber(o.o.Terminal, date, serial)
	e := entry{ID: u, Lane: wire.LaneMatters, At: m.LodgedAt, Number: o.numberHash(m.Number)}
	if m.Applicant != nil && m.Applicant.IDNumber != "" {
		e.Person = o.personHash(m.Applicant.IDNumber)
	}
	e.Record, err = o.sealRecord(u, smallRecord{
		Number: m.Number, Item: m.Item, ItemName: m.ItemName, At: m.LodgedAt, Accepted: m.Accepted,
	})
	if err != nil {
		return entry{}, err
	}
	err = o.enqueue(tx, &e, seal.Binding{ID: m.ID, Terminal: m.Terminal, Item: m.Item, Version: m.ItemVer}, m)
	return e, err
}

// enqueue seals content and puts it at the end of its lane.
func (o *Outbox) enqueue(tx *store.Tx, e *entry, b seal.Binding, content any) error {
	plain, err := json.Marshal(content)
	if err != nil {
		return fmt.Errorf("write packet: %w", err)
	}
	packet, err := o.sealer.Seal(b, plain)
	clear(plain)
	if err != nil {
		return err
	}
	if e.Sequence, err = tx.NextNumber(queueTable); err != nil {
		return err
	}
	e.Digest = seal.Digest(packet)
	value, err := e.encode(packet)
	if err != nil {
		return err
	}
	table, key := place(Queued, e.Lane, e.Sequence)
	return tx.Put(table, key, value)
}

// serialsPerGeneration keeps the numbers of a new data file apart from those of a damaged one put aside on the same day.
const serialsPerGeneration = 100_000

// nextSerial counts the matters of a day. A day that comes again, because the clock went back, is counted on.
func (o *Outbox) nextSerial(tx *store.Tx, date string) (uint64, error) {
	last := uint64(o.o.Generation) * serialsPerGeneration
	if raw := tx.Get(serialTable, []byte(date)); len(raw) == 8 {
		last = binary.BigEndian.Uint64(raw)
	}
	return last + 1, tx.Put(serialTable, []byte(date), binary.BigEndian.AppendUint64(nil, last+1))
}
