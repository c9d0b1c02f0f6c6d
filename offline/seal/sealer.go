package seal

import (
	"fmt"
	"io"
)

// Sealer seals packets to one key, with wrapped keys made ahead of time so that a resident doesn't wait for SM2.
// A prepared key lives in memory only and is used for one packet. It is safe for concurrent use.
type Sealer struct {
	rand io.Reader // must be safe for concurrent use
	to   *PublicKey
	kept chan *packetKey
}

// NewSealer makes a sealer that keeps up to ahead prepared keys, and prepares the first (0.1 ms), so that the first
// resident after a start doesn't wait either.
func NewSealer(rand io.Reader, to *PublicKey, ahead int) *Sealer {
	s := &Sealer{rand: rand, to: to, kept: make(chan *packetKey, ahead)}
	_ = s.Prepare() // without randomness Seal fails, and says so
	return s
}

// Prepare makes one key if there is room. Call it when nobody waits.
func (s *Sealer) Prepare() error {
	if len(s.kept) == cap(s.kept) {
		return nil
	}
	key, err := newPacketKey(s.rand, s.to, shipped().now())
	if err != nil {
		return fmt.Errorf("prepare packet key: %w", err)
	}
	select {
	case s.kept <- key:
	default:
		clear(key.key)
	}
	return nil
}

// Prepared returns how many keys are ready.
func (s *Sealer) Prepared() int { return len(s.kept) }

// Seal seals one packet, with a prepared key if there is one.
func (s *Sealer) Seal(b Binding, plain []byte) ([]byte, error) {
	select {
	case key := <-s.kept:
		packet, err := key.seal(s.rand, b, plain)
		if err != nil {
			return nil, fmt.Errorf("seal packet: %w", err)
		}
		return packet, nil
	default:
		return SealPacket(s.rand, s.to, b, plain)
	}
}
