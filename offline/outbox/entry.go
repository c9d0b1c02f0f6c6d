package outbox

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"zhizhu/offline/store"
	"zhizhu/offline/wire"
)

// The tables of the outbox.
const (
	queueTable  store.Table = "outbox.queue"
	entryTable  store.Table = "outbox.entry"
	asideTable  store.Table = "outbox.aside"
	serialTable store.Table = "outbox.serial"
)

// Tables lists the tables that the store's schema must have.
func Tables() []store.Table {
	return []store.Table{queueTable, entryTable, asideTable, serialTable}
}

// State of a record.
type State string

// States.
const (
	Queued       State = "queued"
	Acknowledged State = "acknowledged"
	Quarantined  State = "quarantined"
)

// entry is what is known of one record without opening anything. It holds no personal data in clear.
type entry struct {
	ID       id        `json:"id"`
	Lane     string    `json:"lane"`
	Sequence uint64    `json:"seq"` // in the order of lodging, over all lanes
	At       time.Time `json:"at"`
	Digest   string    `json:"digest"`           // SM3 of the packet, hex
	Person   []byte    `json:"person,omitempty"` // keyed hash of the ID number
	Number   []byte    `json:"number,omitempty"` // keyed hash of the receipt number
	Record   []byte    `json:"record,omitempty"` // the small record, sealed by the station's box
	Rated    bool      `json:"rated,omitempty"`  // of a matter: its rating was lodged
	Reason   string    `json:"reason,omitempty"` // why it is quarantined

	// The gateway's signed word, kept for ever.
	StoredAt time.Time `json:"stored_at,omitzero"`
	Receipt  []byte    `json:"receipt,omitempty"`
}

// smallRecord is what the station may show again of a matter.
type smallRecord struct {
	Number   string    `json:"number"`
	Item     string    `json:"item"`
	ItemName string    `json:"name"`
	At       time.Time `json:"at"`
	Accepted bool      `json:"accepted,omitempty"`
	Printed  bool      `json:"printed,omitempty"`
}

var errEntry = errors.New("entry can't be read")

// encode writes an entry and its packet (nil for a tombstone) as one value.
func (e *entry) encode(packet []byte) ([]byte, error) {
	head, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("write entry: %w", err)
	}
	v := make([]byte, 0, 4+len(head)+len(packet))
	v = binary.BigEndian.AppendUint32(v, uint32(len(head)))
	v = append(v, head...)
	return append(v, packet...), nil
}

// decodeEntry reads a value. The packet points into it.
func decodeEntry(v []byte) (entry, []byte, error) {
	var e entry
	if len(v) < 4 {
		return e, nil, errEntry
	}
	n := uint64(binary.BigEndian.Uint32(v))
	if n > uint64(len(v)-4) {
		return e, nil, errEntry
	}
	if err := json.Unmarshal(v[4:4+n], &e); err != nil {
		return e, nil, fmt.Errorf("%w: %w", errEntry, err)
	}
	if _, err := laneByte(e.Lane); err != nil {
		return e, nil, fmt.Errorf("%w: %w", errEntry, err)
	}
	return e, v[4+n:], nil
}

// place says where an entry of some state lies.
func place(state State, lane string, sequence uint64) (store.Table, []byte) {
	key := binary.BigEndian.AppendUint64(nil, sequence)
	switch state {
	case Acknowledged:
		return entryTable, key
	case Quarantined:
		return asideTable, key
	case Queued:
	}
	b, err := laneByte(lane)
	if err != nil {
		panic("outbox: " + err.Error()) // lanes are checked where entries are made and read
	}
	return queueTable, append([]byte{b}, key...)
}

// laneByte orders lanes in the queue.
func laneByte(lane string) (byte, error) {
	switch lane {
	case wire.LaneRatings:
		return 'r', nil
	case wire.LaneMatters:
		return 'm', nil
	}
	return 0, fmt.Errorf("no such lane %q", lane)
}
