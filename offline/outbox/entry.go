package outbox

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"zhizhu/offline/store"
)

// The tables of the outbox.
const (
	queueTable  store.Table = "outbox.queue"
	entryTable  store.Table = "outbox.entry"
	asideTable  store.Table = "outbox.aside"
	serialTable store.Table = "outbox.serial"
	blobTable   store.Table = "outbox.blob"
	tombTable   store.Table = "outbox.tomb"
	findTable   store.Table = "outbox.find"
	metaTable   store.Table = "outbox.meta"
)

// Tables lists the tables that the store's schema must have. New makes those that a file of an earlier program lacks.
func Tables() []store.Table {
	return append([]store.Table{queueTable, entryTable, asideTable, serialTable}, newerTables()...)
}

// newerTables are those that the first version of this program did not have.
func newerTables() []store.Table { return []store.Table{blobTable, tombTable, findTable, metaTable} }

// State of a record.
type State string

// States.
const (
	Queued       State = "queued"
	Sending      State = "sending" // queued, and on its way now: in memory only
	Acknowledged State = "acknowledged"
	Settled      State = "settled" // the upstream is done with it
	Refused      State = "refused" // the upstream said no, with its reason
	Quarantined  State = "quarantined"

	purged State = "purged" // acknowledged, and the small record is gone
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
	Matter   id        `json:"matter,omitzero"`  // of a blob or rating: the matter that it belongs to
	Size     int64     `json:"size,omitempty"`   // of a blob: bytes of its packet, which lies in outbox.blob

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
	Outcome  State     `json:"outcome,omitempty"` // Settled or Refused
	Why      string    `json:"why,omitempty"`     // in the upstream's words, which may name people
}

var errEntry = errors.New("entry can't be read")

// encode writes an entry and its packet (nil where there is none, or it lies elsewhere) as one value.
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

// sequenceKey is a sequence as a key.
func sequenceKey(seq uint64) []byte { return binary.BigEndian.AppendUint64(nil, seq) }

// place says where an entry of some state lies.
func place(state State, lane string, sequence uint64) (store.Table, []byte) {
	key := sequenceKey(sequence)
	switch state {
	case Acknowledged:
		return entryTable, key
	case Quarantined:
		return asideTable, key
	case Queued, Sending, Settled, Refused, purged:
	}
	b, err := laneByte(lane)
	if err != nil {
		panic("outbox: " + err.Error()) // lanes are checked where entries are made and read
	}
	return queueTable, append([]byte{b}, key...)
}
