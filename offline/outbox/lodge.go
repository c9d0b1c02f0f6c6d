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
// Terminal, LodgedAt, ClockTrust and Attachments of the draft are filled in here. Its error is an ErrDiskFull or an
// ErrStore, which may be an ErrInDoubt, too.
func (o *Outbox) Lodge(ctx context.Context, draft wire.Matter) (Lodged, error) {
	return o.LodgeWith(ctx, draft, nil)
}

// LodgeWith takes a matter in with its attachments, all of it or nothing, as Lodge does. Each file is sealed as a packet
// of its own and goes up beside the matter. Further errors: ErrTooLarge and ErrEmpty for files that can't be taken, and
// ErrAttachmentRoom (with ErrDiskFull) where the matter may still be lodged without them.
func (o *Outbox) LodgeWith(ctx context.Context, draft wire.Matter, files []File) (Lodged, error) {
	total, err := checkFiles(files)
	if err != nil {
		return Lodged{}, fmt.Errorf("lodge matter: %w", err)
	}
	if err := o.room(total); err != nil {
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
	packets, err := o.sealFiles(&m, files)
	if err != nil {
		return Lodged{}, storeError("lodge matter", err)
	}
	err = o.insert(ctx, func(tx *store.Tx) ([]entry, error) {
		e, err := o.writeMatter(tx, u, &m)
		if err != nil {
			return nil, err
		}
		blobs, err := o.writeBlobs(tx, u, &m, packets)
		return append([]entry{e}, blobs...), err
	})
	if err != nil {
		return Lodged{}, storeError("lodge matter", err)
	}
	return Lodged{ID: m.ID, Number: m.Number, At: m.LodgedAt}, nil
}

// insert writes new records, all or none, and returns their entries to the index.
func (o *Outbox) insert(ctx context.Context, write func(tx *store.Tx) ([]entry, error)) error {
	var written []entry
	return o.update(ctx, change{
		write: func(tx *store.Tx) (err error) {
			written, err = write(tx)
			return err
		},
		present: func(tx *store.Tx) (bool, error) {
			e := written[0]
			_, key := place(Queued, e.Lane, e.Sequence)
			found, _, err := decodeEntry(tx.Get(queueTable, key))
			return err == nil && found.ID == e.ID, nil
		},
		apply: func(x *index) {
			for _, e := range written {
				x.add(e, Queued)
			}
		},
		doubtful: func() []entry { return written },
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
	e := entry{ID: u, Lane: matterLane(m), At: m.LodgedAt, Number: o.numberHash(m.Number)}
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
