package outbox

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"fmt"

	"zhizhu/offline/seal"
	"zhizhu/offline/store"
	"zhizhu/offline/wire"
)

// Blob is one sealed attachment that waits to go up.
type Blob struct {
	Digest  string // SM3 of the packet as it was sealed, hex; its name everywhere
	Size    int64  // of the packet, bytes
	Matter  string // id of the matter that it belongs to
	Damaged bool   // the packet on disk isn't the one that was sealed; quarantine it
}

// partSize is how many bytes of a packet lie in one row: two rows, their keys and bbolt's headers fill 16 pages of 4 KiB.
// In rows of this size a packet finds room between others, where one of megabytes would make the file grow, and writing
// beside it does not write it anew.
const partSize = 32_700

// partKey is the key of a row of outbox.blob: sequence (8 bytes), number of the part (2).
func partKey(seq uint64, part int) []byte {
	return binary.BigEndian.AppendUint16(sequenceKey(seq), uint16(part))
}

// writeBlobs queues sealed attachments, which the matter lists already.
func (o *Outbox) writeBlobs(tx *store.Tx, u id, m *wire.Matter, packets [][]byte) ([]entry, error) {
	written := make([]entry, 0, len(packets))
	for i, packet := range packets {
		digest := m.Attachments[i].Blob
		key, err := recordKey(digest)
		if err != nil {
			return nil, err
		}
		e := entry{ID: key, Lane: LaneBlobs, At: m.LodgedAt, Digest: digest, Matter: u, Size: int64(len(packet))}
		if e.Sequence, err = tx.NextNumber(queueTable); err != nil {
			return nil, err
		}
		for part, rest := 0, packet; len(rest) > 0; part++ {
			n := min(partSize, len(rest))
			if err := tx.Put(blobTable, partKey(e.Sequence, part), rest[:n]); err != nil {
				return nil, err
			}
			rest = rest[n:]
		}
		value, err := e.encode(nil)
		if err != nil {
			return nil, err
		}
		table, place := place(Queued, e.Lane, e.Sequence)
		if err := tx.Put(table, place, value); err != nil {
			return nil, err
		}
		written = append(written, e)
	}
	return written, nil
}

// deleteParts removes the rows of a packet.
func deleteParts(tx *store.Tx, seq uint64) error {
	for _, key := range keys(tx, blobTable, sequenceKey(seq)) {
		if err := tx.Delete(blobTable, key); err != nil {
			return err
		}
	}
	return nil
}

// PendingBlobs returns up to n attachments, first lodged first, without those that skip names by their digest.
func (o *Outbox) PendingBlobs(ctx context.Context, n int, skip func(digest string) bool) ([]Blob, error) {
	type row struct {
		id    id
		seq   uint64
		whole bool
	}
	o.mu.RLock()
	ids := o.index.waiting(LaneBlobs, n, func(u id) bool { return skip != nil && skip(o.index.digest(u)) })
	all, rows := make([]Blob, len(ids)), make([]row, len(ids))
	for i, u := range ids {
		b := o.index.blobs[u]
		all[i] = Blob{Digest: o.index.digest(u), Size: b.size, Matter: b.matter.String()}
		rows[i] = row{u, o.index.spots[u].seq, o.index.whole[u]}
	}
	o.mu.RUnlock()
	here := all[:0]
	for i, r := range rows {
		b := all[i]
		if !r.whole {
			there, sound, err := o.soundBlob(ctx, r.seq, b.Digest)
			if err != nil {
				return nil, fmt.Errorf("list pending attachments: %w", err)
			}
			if !there {
				continue // acknowledged in the meantime
			}
			b.Damaged = !sound
			o.noteWhole(r.id, sound)
		}
		here = append(here, b)
	}
	return here, nil
}

// noteWhole remembers until the next start that a packet was read through.
func (o *Outbox) noteWhole(u id, sound bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if _, there := o.index.spots[u]; there && sound {
		o.index.whole[u] = true
	}
}

// soundBlob reads a packet through, and tells whether it is there and the one that was sealed.
func (o *Outbox) soundBlob(ctx context.Context, seq uint64, digest string) (there, sound bool, err error) {
	err = o.o.Store.View(ctx, func(tx *store.Tx) error {
		there, sound = holdsBlob(tx, seq), seal.Digest(packetOf(tx, seq)) == digest
		return nil
	})
	return there, sound, err
}

// holdsBlob reports whether an attachment waits or is set aside.
func holdsBlob(tx *store.Tx, seq uint64) bool {
	for _, state := range []State{Queued, Quarantined} {
		if table, key := place(state, LaneBlobs, seq); tx.Get(table, key) != nil {
			return true
		}
	}
	return false
}

// packetOf puts a packet together.
func packetOf(tx *store.Tx, seq uint64) []byte {
	var packet []byte
	for _, part := range tx.Scan(blobTable, sequenceKey(seq)) {
		packet = append(packet, part...)
	}
	return packet
}

// BlobPart returns up to n bytes of an attachment's packet from offset on; none where it ends. ErrUnknown: it isn't here
// (any more). ErrDamaged: the disk has lost a part of it.
func (o *Outbox) BlobPart(ctx context.Context, digest string, offset int64, n int) ([]byte, error) {
	u, err := recordKey(digest)
	if err != nil {
		return nil, fmt.Errorf("read attachment: %w", err)
	}
	o.mu.RLock()
	b, ok := o.index.blobs[u]
	seq := o.index.spots[u].seq
	o.mu.RUnlock()
	if !ok {
		return nil, fmt.Errorf("read attachment: %w", ErrUnknown)
	}
	if offset < 0 || offset > b.size || n < 0 {
		return nil, fmt.Errorf("read attachment: %d bytes from %d of %d", n, offset, b.size)
	}
	want := int(min(int64(n), b.size-offset))
	read := make([]byte, 0, want)
	err = o.o.Store.View(ctx, func(tx *store.Tx) error {
		for len(read) < want {
			at := int(offset) + len(read)
			part := tx.Get(blobTable, partKey(seq, at/partSize))
			switch {
			case len(part) > at%partSize:
			case holdsBlob(tx, seq):
				return ErrDamaged
			default:
				return ErrUnknown // acknowledged in the meantime
			}
			part = part[at%partSize:]
			read = append(read, part[:min(len(part), want-len(read))]...)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read attachment: %w", err)
	}
	return read, nil
}

// digest is a blob's whole digest in hex.
func (x *index) digest(u id) string {
	b := x.blobs[u]
	return hex.EncodeToString(b.digest[:])
}

// SettleBlob records the acknowledgement of one attachment: its packet leaves the disk.
func (o *Outbox) SettleBlob(ctx context.Context, p Proof) error { return o.Settle(ctx, []Proof{p}) }
