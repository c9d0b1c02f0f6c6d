package bolt

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"zhizhu/offline/gateway/store"
)

// The first byte of every stored record says how it is laid out.
const (
	layoutWhole  = 1
	layoutPurged = 2 // as a whole one, with an empty packet that was not always so
)

var errDamaged = errors.New("stored record is damaged")

const digestSize = 32

// known is what the ids bucket says of an id.
type known struct {
	digest [digestSize]byte
	stored time.Time
	seq    uint64
}

const knownSize = digestSize + 8 + 8

func (k known) encode() []byte {
	p := make([]byte, 0, knownSize)
	p = append(p, k.digest[:]...)
	p = binary.BigEndian.AppendUint64(p, uint64(k.stored.UnixMicro()))
	return binary.BigEndian.AppendUint64(p, k.seq)
}

func decodeKnown(p []byte) (known, error) {
	if len(p) != knownSize {
		return known{}, fmt.Errorf("decode id: %d bytes: %w", len(p), errDamaged)
	}
	return known{
		digest: [digestSize]byte(p),
		stored: time.UnixMicro(int64(binary.BigEndian.Uint64(p[digestSize:]))).UTC(),
		seq:    binary.BigEndian.Uint64(p[digestSize+8:]),
	}, nil
}

func decodeDigest(text string) ([digestSize]byte, error) {
	p, err := hex.DecodeString(text)
	if err != nil || len(p) != digestSize {
		return [digestSize]byte{}, errors.New("digest must be 64 hex digits")
	}
	return [digestSize]byte(p), nil
}

// encodeRecord writes a record without its lane and seq, which are its place: layout, time, digest, then id, terminal,
// item, version and packet, each with its length as uvarint.
func encodeRecord(r store.Record, digest [digestSize]byte) []byte {
	p := make([]byte, 0, 128+len(r.ID)+len(r.Terminal)+len(r.Item)+len(r.Version)+len(r.Packet))
	layout := byte(layoutWhole)
	if r.Purged {
		layout = layoutPurged
	}
	p = append(p, layout)
	p = binary.BigEndian.AppendUint64(p, uint64(r.StoredAt.UnixMicro()))
	p = append(p, digest[:]...)
	for _, s := range []string{r.ID, r.Terminal, r.Item, r.Version} {
		p = binary.AppendUvarint(p, uint64(len(s)))
		p = append(p, s...)
	}
	p = binary.AppendUvarint(p, uint64(len(r.Packet)))
	return append(p, r.Packet...)
}

func decodeRecord(p []byte) (store.Record, error) {
	const fixed = 1 + 8 + digestSize
	if len(p) < fixed || p[0] != layoutWhole && p[0] != layoutPurged {
		return store.Record{}, fmt.Errorf("decode record: %w", errDamaged)
	}
	r := store.Record{
		StoredAt: time.UnixMicro(int64(binary.BigEndian.Uint64(p[1:]))).UTC(),
		Digest:   hex.EncodeToString(p[9:fixed]),
		Purged:   p[0] == layoutPurged,
	}
	p = p[fixed:]
	var packet string
	for _, s := range []*string{&r.ID, &r.Terminal, &r.Item, &r.Version, &packet} {
		n, used := binary.Uvarint(p)
		if used <= 0 || n > uint64(len(p)-used) {
			return store.Record{}, fmt.Errorf("decode record: %w", errDamaged)
		}
		*s, p = string(p[used:used+int(n)]), p[used+int(n):]
	}
	if len(p) != 0 {
		return store.Record{}, fmt.Errorf("decode record: %d bytes too many: %w", len(p), errDamaged)
	}
	if r.Purged {
		if packet != "" {
			return store.Record{}, fmt.Errorf("decode record: purged, with a packet: %w", errDamaged)
		}
		return r, nil
	}
	r.Packet = []byte(packet)
	return r, nil
}
