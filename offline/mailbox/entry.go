package mailbox

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhizhu/offline/store"
)

// The tables of the mailbox.
const (
	letterTable  store.Table = "mailbox.letter"
	partTable    store.Table = "mailbox.part"
	findTable    store.Table = "mailbox.find"
	dueTable     store.Table = "mailbox.due"
	refusedTable store.Table = "mailbox.refused"
	metaTable    store.Table = "mailbox.meta"
)

// Tables lists the tables that the store's schema must have.
func Tables() []store.Table {
	return []store.Table{letterTable, partTable, findTable, dueTable, refusedTable, metaTable}
}

// entry is what is known of a letter without opening it. It holds no personal data in the clear. Once the content is
// gone, only the first lines stay.
type entry struct {
	Digest string    `json:"digest"`          // SM3 of the packet as it came, hex
	Taken  time.Time `json:"taken"`           // this machine's clock
	Loose  bool      `json:"loose,omitempty"` // nobody vouched for the clock when it was taken; Vague: when delivered

	Delivered time.Time `json:"delivered,omitzero"` // first time, this machine's clock
	Vague     bool      `json:"vague,omitempty"`
	Person    []byte    `json:"person,omitempty"`      // keyed hash of the ID number
	Number    []byte    `json:"number_hash,omitempty"` // keyed hash of the receipt number
	Rows      uint64    `json:"rows,omitempty"`        // where the content lies in mailbox.part; 0: it is gone
	Size      int64     `json:"size,omitempty"`        // of the sealed content
}

func (e entry) whole() bool { return e.Rows != 0 }

var errEntry = errors.New("entry of a letter can't be read")

// getEntry returns the entry of a letter, and false if there is none.
func getEntry(tx *store.Tx, id string) (entry, bool, error) {
	var e entry
	v := tx.Get(letterTable, []byte(id))
	if v == nil {
		return e, false, nil
	}
	if err := json.Unmarshal(v, &e); err != nil {
		return e, true, fmt.Errorf("%w: %w", errEntry, err)
	}
	return e, true, nil
}

func putEntry(tx *store.Tx, id string, e entry) error {
	v, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("write entry: %w", err)
	}
	return tx.Put(letterTable, []byte(id), v)
}

// partSize is how many bytes of a letter lie in one row: as in the outbox, rows that fill pages well and find room
// between others.
const partSize = 32_700

func partKey(rows uint64, part int) []byte {
	return binary.BigEndian.AppendUint16(number(rows), uint16(part))
}

func number(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// putContent writes a sealed letter and returns where it lies.
func putContent(tx *store.Tx, sealed []byte) (rows uint64, err error) {
	if rows, err = tx.NextNumber(partTable); err != nil {
		return 0, err
	}
	part := 0
	for piece := range slices.Chunk(sealed, partSize) {
		if err := tx.Put(partTable, partKey(rows, part), piece); err != nil {
			return 0, err
		}
		part++
	}
	return rows, addBytes(tx, int64(len(sealed)))
}

func getContent(tx *store.Tx, e entry) []byte {
	sealed := make([]byte, 0, min(max(0, e.Size), maxPacket*2))
	for _, piece := range tx.Scan(partTable, number(e.Rows)) {
		sealed = append(sealed, piece...)
	}
	return sealed
}

// dropContent removes a letter's content and all by which it is found. What is left says that it was here.
func dropContent(tx *store.Tx, id string, e entry) error {
	for _, key := range findKeys(id, e) {
		if err := tx.Delete(findTable, key); err != nil {
			return err
		}
	}
	for _, key := range keysOf(tx, partTable, number(e.Rows)) {
		if err := tx.Delete(partTable, key); err != nil {
			return err
		}
	}
	if err := addBytes(tx, -e.Size); err != nil {
		return err
	}
	return putEntry(tx, id, entry{Digest: e.Digest, Taken: e.Taken, Loose: e.Loose})
}

// findKeys are the keys under which a letter is found.
func findKeys(id string, e entry) [][]byte {
	var keys [][]byte
	if e.Person != nil {
		keys = append(keys, findKey('p', e.Person, id))
	}
	if e.Number != nil {
		keys = append(keys, findKey('n', e.Number, id))
	}
	return keys
}

func findKey(kind byte, hash []byte, id string) []byte {
	return slices.Concat([]byte{kind}, hash, []byte(id))
}

// keysOf returns the keys of a table with a prefix, to be used while the table is written to.
func keysOf(tx *store.Tx, t store.Table, prefix []byte) [][]byte {
	var all [][]byte
	for k := range tx.Scan(t, prefix) {
		all = append(all, slices.Clone(k))
	}
	return all
}

var bytesKey = []byte("bytes")

func (m *Mailbox) cursorKey() []byte { return []byte("cursor " + m.o.Terminal) }

// getNumber reads a number of mailbox.meta, 0 if there is none.
func getNumber(tx *store.Tx, key []byte) uint64 {
	v := tx.Get(metaTable, key)
	if len(v) != 8 {
		return 0
	}
	return binary.BigEndian.Uint64(v)
}

func addBytes(tx *store.Tx, n int64) error {
	return tx.Put(metaTable, bytesKey, number(uint64(max(0, int64(getNumber(tx, bytesKey))+n))))
}

// personHash and numberHash are look-up values: they can't be tried out without the station key. They differ from the
// outbox's, so that one table doesn't tell about the other.
func (m *Mailbox) personHash(idNumber string) []byte { return m.hash("letter person ", idNumber) }
func (m *Mailbox) numberHash(number string) []byte   { return m.hash("letter number ", number) }

const hashSize = 16

func (m *Mailbox) hash(kind, s string) []byte {
	return m.o.Box.KeyedHash(kind + strings.ToUpper(strings.TrimSpace(s)))[:hashSize]
}

// bound is what the content of a letter at rest is bound to.
func bound(id string) []byte { return []byte("zhizhu-mailbox-1\n" + id) }
