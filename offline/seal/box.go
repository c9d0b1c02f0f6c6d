package seal

import (
	"crypto/cipher"
	"crypto/hmac"
	"fmt"
	"io"
	"log/slog"
)

// StationKeySize is the length of a station key in bytes.
const StationKeySize = 32

const boxOverhead = 1 + nonceSize + tagSize

// Box seals this station's own records. It is safe for concurrent use.
type Box struct {
	now   byte                 // suite of what is sealed
	aeads map[byte]cipher.AEAD // of all suites that can be opened; never written after NewBox
	index []byte
}

// NewBox derives a box from a station key of StationKeySize bytes. Records and look-ups have keys of their own.
func NewBox(key []byte) (*Box, error) {
	if len(key) != StationKeySize {
		return nil, fmt.Errorf("make box: station key has %d bytes, not %d: %w", len(key), StationKeySize, ErrKey)
	}
	return shipped().newBox(key)
}

func (s suites) newBox(key []byte) (*Box, error) {
	// The index is of SM3 whatever the suite: look-up values of another kind would find nothing.
	b := &Box{now: s.now().id(), aeads: map[byte]cipher.AEAD{}, index: KeyedHash(key, "zhizhu-box-1 index")}
	for _, one := range s {
		own := recordKey(one, key)
		aead, err := one.aead(own)
		clear(own)
		if err != nil {
			return nil, fmt.Errorf("make box: %w", err)
		}
		b.aeads[one.id()] = aead
	}
	return b, nil
}

// recordKey derives the key of a suite's records. No two suites share one.
func recordKey(s suite, key []byte) []byte {
	mac := hmac.New(s.newHash, key)
	mac.Write([]byte("zhizhu-box-1 record"))
	if s.id() != suiteSM {
		mac.Write([]byte{s.id()})
	}
	return mac.Sum(nil)[:s.keySize()]
}

// Seal seals plain, bound to ad: a record moved to another place doesn't open.
func (b *Box) Seal(rand io.Reader, ad, plain []byte) ([]byte, error) {
	sealed := make([]byte, 1+nonceSize, boxOverhead+len(plain))
	sealed[0] = b.now
	nonce := sealed[1 : 1+nonceSize]
	if _, err := io.ReadFull(rand, nonce); err != nil {
		return nil, fmt.Errorf("seal record: read randomness: %w", err)
	}
	return b.aeads[b.now].Seal(sealed, nonce, plain, bound(b.now, ad)), nil
}

// Open opens what Seal sealed with the same ad.
func (b *Box) Open(ad, sealed []byte) ([]byte, error) {
	if len(sealed) < boxOverhead {
		return nil, fmt.Errorf("open record: %w", ErrFormat)
	}
	aead := b.aeads[sealed[0]]
	if aead == nil {
		return nil, fmt.Errorf("open record: %w", ErrSuite)
	}
	plain, err := aead.Open(nil, sealed[1:1+nonceSize], sealed[1+nonceSize:], bound(sealed[0], ad))
	if err != nil {
		return nil, fmt.Errorf("open record: %w", ErrOpen)
	}
	return plain, nil
}

// KeyedHash returns the look-up value of s under the box's index key, 32 bytes.
func (b *Box) KeyedHash(s string) []byte { return KeyedHash(b.index, s) }

// LogValue hides the keys.
func (b *Box) LogValue() slog.Value { return slog.StringValue("box") }

func bound(suite byte, ad []byte) []byte {
	all := append(make([]byte, 0, 16+len(ad)), "zhizhu-box-1"...)
	return append(append(all, suite), ad...)
}
