package outbox

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"zhizhu/offline/store"
)

// A row of outbox.tomb says, for ever, that a record was acknowledged. While its small record is kept, the row points to
// its entry; afterwards, and at once for records that have none, it holds the signed acknowledgement itself:
//
//	'p', lane (1 byte), sequence (8)
//	't', lane (1), flags (1), digest (32), stored at (seconds 8, nanoseconds 4), signature
//
// It is about 120 bytes, on disk only: a hundred thousand of them cost no memory.
type tomb struct {
	lane     string
	pointer  bool
	sequence uint64 // of a pointer

	rated   bool
	digest  [digestSize]byte
	stored  time.Time
	receipt []byte
}

const (
	digestSize  = 32
	pointerSize = 1 + 1 + 8
	tombSize    = 1 + 1 + 1 + digestSize + 8 + 4
	flagRated   = 1
)

var errTomb = errors.New("tombstone can't be read")

// tombOf is what stays of an acknowledged entry.
func tombOf(e *entry) (tomb, error) {
	t := tomb{lane: e.Lane, rated: e.Rated, stored: e.StoredAt.UTC(), receipt: e.Receipt}
	if n, err := hex.Decode(t.digest[:], []byte(e.Digest)); err != nil || n != digestSize || len(e.Digest) != 2*digestSize {
		return t, fmt.Errorf("write tombstone: %w", errEntry)
	}
	return t, nil
}

func (t tomb) digestHex() string { return hex.EncodeToString(t.digest[:]) }

func (t tomb) encode() ([]byte, error) {
	lane, err := laneByte(t.lane)
	if err != nil {
		return nil, fmt.Errorf("write tombstone: %w", err)
	}
	if t.pointer {
		return binary.BigEndian.AppendUint64([]byte{'p', lane}, t.sequence), nil
	}
	v := make([]byte, 0, tombSize+len(t.receipt))
	v = append(v, 't', lane, 0)
	if t.rated {
		v[2] |= flagRated
	}
	v = append(v, t.digest[:]...)
	v = binary.BigEndian.AppendUint64(v, uint64(t.stored.Unix()))
	v = binary.BigEndian.AppendUint32(v, uint32(t.stored.Nanosecond()))
	return append(v, t.receipt...), nil
}

// decodeTomb reads a row. The receipt points into it.
func decodeTomb(v []byte) (tomb, error) {
	if len(v) < pointerSize {
		return tomb{}, errTomb
	}
	lane, err := laneOf(v[1])
	if err != nil {
		return tomb{}, fmt.Errorf("%w: %w", errTomb, err)
	}
	t := tomb{lane: lane}
	switch {
	case v[0] == 'p' && len(v) == pointerSize:
		t.pointer, t.sequence = true, binary.BigEndian.Uint64(v[2:])
		return t, nil
	case v[0] != 't' || len(v) < tombSize || v[2]&^flagRated != 0:
		return tomb{}, errTomb
	}
	t.rated = v[2]&flagRated != 0
	rest := v[3+copy(t.digest[:], v[3:]):]
	seconds, nanos := int64(binary.BigEndian.Uint64(rest)), binary.BigEndian.Uint32(rest[8:])
	if nanos >= uint32(time.Second) {
		return tomb{}, errTomb
	}
	t.stored, t.receipt = time.Unix(seconds, int64(nanos)).UTC(), rest[12:]
	return t, nil
}

// buried looks an acknowledged record up on disk.
func buried(tx *store.Tx, u id) (tomb, bool) {
	v := tx.Get(tombTable, u[:])
	if v == nil {
		return tomb{}, false
	}
	t, err := decodeTomb(v)
	return t, err == nil
}

// putTomb writes a row.
func putTomb(tx *store.Tx, u id, t tomb) error {
	v, err := t.encode()
	if err != nil {
		return err
	}
	return tx.Put(tombTable, u[:], v)
}

// bury writes what an acknowledged entry leaves: a matter's entry with its look-up rows, of all others the tombstone.
func bury(tx *store.Tx, e *entry) error {
	if e.Record == nil {
		t, err := tombOf(e)
		if err != nil {
			return err
		}
		return putTomb(tx, e.ID, t)
	}
	value, err := e.encode(nil)
	if err != nil {
		return err
	}
	if err := tx.Put(entryTable, sequenceKey(e.Sequence), value); err != nil {
		return err
	}
	return enlist(tx, e)
}

// enlist makes an acknowledged matter's entry findable by id, person and number.
func enlist(tx *store.Tx, e *entry) error {
	for _, key := range findKeys(e) {
		if err := tx.Put(findTable, key, sequenceKey(e.Sequence)); err != nil {
			return err
		}
	}
	return putTomb(tx, e.ID, tomb{lane: e.Lane, pointer: true, sequence: e.Sequence})
}

// findKeys are the keys under which an entry is found: "p", hash of the person, sequence; "n", hash of the number.
func findKeys(e *entry) [][]byte {
	var keys [][]byte
	if e.Person != nil {
		keys = append(keys, append(personKey(e.Person), sequenceKey(e.Sequence)...))
	}
	if e.Number != nil {
		keys = append(keys, numberKey(e.Number))
	}
	return keys
}

func personKey(hash []byte) []byte { return append([]byte{'p'}, hash...) }
func numberKey(hash []byte) []byte { return append([]byte{'n'}, hash...) }
