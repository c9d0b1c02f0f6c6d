package seal

import (
	"fmt"
	"io"
)

// SealPacket seals plain to a public key. Every packet has a fresh key of its own.
func SealPacket(rand io.Reader, to *PublicKey, b Binding, plain []byte) ([]byte, error) {
	return shipped().sealPacket(rand, to, b, plain)
}

func (s suites) sealPacket(rand io.Reader, to *PublicKey, b Binding, plain []byte) ([]byte, error) {
	key, err := newPacketKey(rand, to, s.now())
	if err != nil {
		return nil, fmt.Errorf("seal packet: %w", err)
	}
	packet, err := key.seal(rand, b, plain)
	if err != nil {
		return nil, fmt.Errorf("seal packet: %w", err)
	}
	return packet, nil
}

// OpenPacket opens a packet and returns what it is bound to. The caller must compare the binding with what it expects.
func OpenPacket(key *PrivateKey, packet []byte) (Binding, []byte, error) {
	return shipped().openPacket(key, packet)
}

func (s suites) openPacket(key *PrivateKey, packet []byte) (Binding, []byte, error) {
	h, sealed, err := decodeHeader(packet)
	if err != nil {
		return Binding{}, nil, fmt.Errorf("open packet: %w", err)
	}
	used, err := s.of(h.suite)
	if err != nil {
		return Binding{}, nil, fmt.Errorf("open packet: %w", err)
	}
	if h.recipient != key.Public().recipient() {
		return Binding{}, nil, fmt.Errorf("open packet: %w", ErrRecipient)
	}
	// Whatever is wrong from here on looks the same from outside.
	own, err := used.unwrap(key, h.wrapped)
	if err != nil || len(own) != used.keySize() {
		return Binding{}, nil, fmt.Errorf("open packet: %w", ErrOpen)
	}
	defer clear(own)
	aead, err := used.aead(own)
	if err != nil {
		return Binding{}, nil, fmt.Errorf("open packet: %w", ErrOpen)
	}
	plain, err := aead.Open(nil, h.nonce, sealed, h.raw)
	if err != nil {
		return Binding{}, nil, fmt.Errorf("open packet: %w", ErrOpen)
	}
	return h.binding, plain, nil
}

// PacketBinding reads what a packet says it is bound to. Without the key nothing proves that it is true.
func PacketBinding(packet []byte) (Binding, error) {
	h, _, err := decodeHeader(packet)
	if err != nil {
		return Binding{}, fmt.Errorf("read packet binding: %w", err)
	}
	return h.binding, nil
}

// packetKey is the key of one packet, made and wrapped already.
type packetKey struct {
	suite     suite
	recipient [recipientSize]byte
	key       []byte
	wrapped   []byte
}

func newPacketKey(rand io.Reader, to *PublicKey, s suite) (*packetKey, error) {
	key := make([]byte, s.keySize())
	if _, err := io.ReadFull(rand, key); err != nil {
		return nil, fmt.Errorf("read randomness: %w", err)
	}
	wrapped, err := s.wrap(rand, to, key)
	if err != nil {
		return nil, fmt.Errorf("wrap key: %w", err)
	}
	return &packetKey{suite: s, recipient: to.recipient(), key: key, wrapped: wrapped}, nil
}

// seal uses the key up: it is cleared, whatever happens.
func (k *packetKey) seal(rand io.Reader, b Binding, plain []byte) ([]byte, error) {
	defer clear(k.key)
	aead, err := k.suite.aead(k.key)
	if err != nil {
		return nil, fmt.Errorf("prepare cipher: %w", err)
	}
	nonce := make([]byte, nonceSize)
	if _, err := io.ReadFull(rand, nonce); err != nil {
		return nil, fmt.Errorf("read randomness: %w", err)
	}
	h := header{suite: k.suite.id(), recipient: k.recipient, binding: b, wrapped: k.wrapped, nonce: nonce}
	room := fixedSize + 4*(1+maxField) + 2 + len(k.wrapped) + nonceSize + len(plain) + tagSize
	packet, err := h.encode(make([]byte, 0, room))
	if err != nil {
		return nil, err
	}
	return aead.Seal(packet, nonce, plain, packet), nil
}
