package seal

import (
	"crypto/cipher"
	"fmt"
	"io"
	"log/slog"
)

// StationKeySize is the length of a station key in bytes.
const StationKeySize = 32

const boxOverhead = 1 + nonceSize + tagSize

// Box seals this station's own records. It is safe for concurrent use.
type Box struct {
	suite suite
	aead  cipher.AEAD
	index []byte
}

// NewBox derives a box from a station key of StationKeySize bytes. Records and look-ups have keys of their own.
func NewBox(key []byte) (*Box, error) {
	if len(key) != StationKeySize {
		return nil, fmt.Errorf("make box: station key has %d bytes, not %d: %w", len(key), StationKeySize, ErrKey)
	}
	s := current()
	aead, err := s.aead(KeyedHash(key, "zhizhu-box-1 record")[:s.keySize()])
	if err != nil {
		return nil, fmt.Errorf("make box: %w", err)
	}
	return &Box{suite: s, aead: aead, index: KeyedHash(key, "zhizhu-box-1 index")}, nil
}

// Seal seals plain, bound to ad: a record moved to another place doesn't open.
func (b *Box) Seal(rand io.Reader, ad, plain []byte) ([]byte, error) {
	sealed := make([]byte, 1+nonceSize, boxOverhead+len(plain))
	sealed[0] = b.suite.id()
	nonce := sealed[1 : 1+nonceSize]
	if _, err := io.ReadFull(rand, nonce); err != nil {
		return nil, fmt.Errorf("seal record: read randomness: %w", err)
	}
	return b.aead.Seal(sealed, nonce, plain, b.bound(ad)), nil
}

// Open opens what Seal sealed with the same ad.
func (b *Box) Open(ad, sealed []byte) ([]byte, error) {
	if len(sealed) < boxOverhead {
		return nil, fmt.Errorf("open record: %w", ErrFormat)
	}
	if sealed[0] != b.suite.id() {
		return nil, fmt.Errorf("open record: %w", ErrSuite)
	}
	plain, err := b.aead.Open(nil, sealed[1:1+nonceSize], sealed[1+nonceSize:], b.bound(ad))
	if err != nil {
		return nil, fmt.Errorf("open record: %w", ErrOpen)
	}
	return plain, nil
}

// KeyedHash returns the look-up value of s under the box's index key, 32 bytes.
func (b *Box) KeyedHash(s string) []byte { return KeyedHash(b.index, s) }

// LogValue hides the keys.
func (b *Box) LogValue() slog.Value { return slog.StringValue("box") }

func (b *Box) bound(ad []byte) []byte {
	bound := append(make([]byte, 0, 16+len(ad)), "zhizhu-box-1"...)
	return append(append(bound, b.suite.id()), ad...)
}
