package audit

import (
	"crypto/hmac"
	"encoding/binary"
	"encoding/hex"

	"zhizhu/offline/seal"
)

const (
	layout    = 1
	suite     = 1 // SM3 and HMAC-SM3
	kidSize   = 4
	hashSize  = seal.DigestSize
	fixedSize = 2 + kidSize + 2*hashSize
	chainTag  = "zhizhu-audit-1\n"
)

// hash is a link of the chain.
type hash = [hashSize]byte

// link is a record as it is kept.
type link struct {
	kid  [kidSize]byte // which station key mac is under
	hash hash
	mac  hash
	body []byte
}

func (l link) encode() []byte {
	value := make([]byte, 0, fixedSize+len(l.body))
	value = append(value, layout, suite)
	value = append(value, l.kid[:]...)
	value = append(value, l.hash[:]...)
	value = append(value, l.mac[:]...)
	return append(value, l.body...)
}

// decodeLink reads what encode wrote. The body points into value, and is not looked at.
func decodeLink(value []byte) (link, error) {
	var l link
	if len(value) <= fixedSize || len(value) > fixedSize+maxBody || value[0] != layout || value[1] != suite {
		return l, ErrRecord
	}
	l.kid = [kidSize]byte(value[2:])
	l.hash = hash(value[2+kidSize:])
	l.mac = hash(value[2+kidSize+hashSize:])
	l.body = value[fixedSize:]
	return l, nil
}

// follow is the hash of the record with this body that comes after prev.
func follow(prev hash, body []byte) hash {
	return seal.Sum([]byte(chainTag), []byte{layout, suite}, prev[:], body)
}

// macKey authenticates records and checkpoints.
type macKey struct {
	id  [kidSize]byte
	key []byte
}

// newMACKey derives the key from the station's box. Whoever has the station key has it.
func newMACKey(box *seal.Box) macKey {
	key := box.KeyedHash("audit chain")
	return macKey{id: [kidSize]byte(seal.KeyedHash(key, "zhizhu-audit-1 key id")), key: key}
}

func (k macKey) mac(h hash) hash {
	return hash(seal.KeyedHash(k.key, "zhizhu-audit-1 mac "+string(h[:])))
}

func (k macKey) good(h, mac hash) bool {
	want := k.mac(h)
	return hmac.Equal(want[:], mac[:])
}

// point is a place in the chain: the record with this seq has this hash.
type point struct {
	seq  uint64
	hash hash
}

func (p point) encode() []byte {
	return append(binary.BigEndian.AppendUint64(make([]byte, 0, 8+hashSize), p.seq), p.hash[:]...)
}

func decodePoint(value []byte) (point, bool) {
	if len(value) != 8+hashSize {
		return point{}, false
	}
	return point{binary.BigEndian.Uint64(value), hash(value[8:])}, true
}

func seqKey(seq uint64) []byte { return binary.BigEndian.AppendUint64(nil, seq) }

// parseHash reads a hash in hex.
func parseHash(text string) (hash, bool) {
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw) != hashSize {
		return hash{}, false
	}
	return hash(raw), true
}
