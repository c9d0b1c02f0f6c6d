package seal

import (
	"encoding/binary"
	"fmt"
	"unicode/utf8"
)

// Binding is what a packet's content is bound to. Everybody can read it; nobody can change it unseen. It must not hold
// personal data.
type Binding struct {
	ID       string // of the matter, 1 to 64 bytes
	Terminal string
	Item     string
	Version  string // of the item; may be empty
}

const (
	magic         = "ZZPK"
	layout        = 1
	recipientSize = 8
	nonceSize     = 12
	tagSize       = 16
	fixedSize     = 16 // magic to recipient
	maxField      = 64
	maxWrapped    = 1024
)

// header is everything of a packet before its ciphertext.
type header struct {
	suite     byte
	recipient [recipientSize]byte
	binding   Binding
	wrapped   []byte
	nonce     []byte
	raw       []byte // all of it, as additional data
}

// fields lists the binding's parts in the order of the layout, and the least length of each.
func (b *Binding) fields() [4]struct {
	name  string
	value *string
	least int
} {
	return [4]struct {
		name  string
		value *string
		least int
	}{{"id", &b.ID, 1}, {"terminal", &b.Terminal, 1}, {"item", &b.Item, 1}, {"version", &b.Version, 0}}
}

// encode appends the header to dst.
func (h *header) encode(dst []byte) ([]byte, error) {
	start := len(dst)
	dst = append(dst, magic...)
	dst = append(dst, layout, h.suite, 0, 0)
	dst = append(dst, h.recipient[:]...)
	for _, f := range h.binding.fields() {
		v := *f.value
		if len(v) < f.least || len(v) > maxField || !utf8.ValidString(v) {
			return nil, fmt.Errorf("binding's %s must be %d to %d bytes of UTF-8, is %d: %w", f.name, f.least, maxField, len(v), ErrFormat)
		}
		dst = append(dst, byte(len(v)))
		dst = append(dst, v...)
	}
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(h.wrapped)))
	dst = append(dst, h.wrapped...)
	dst = append(dst, h.nonce...)
	binary.BigEndian.PutUint16(dst[start+6:], uint16(len(dst)-start))
	return dst, nil
}

// decodeHeader reads a packet's header and returns it with the ciphertext. Both point into packet.
func decodeHeader(packet []byte) (header, []byte, error) {
	var h header
	if len(packet) < fixedSize || string(packet[:4]) != magic {
		return h, nil, ErrFormat
	}
	if packet[4] != layout {
		return h, nil, fmt.Errorf("packet layout %d: %w", packet[4], ErrSuite)
	}
	h.suite = packet[5]
	end := int(binary.BigEndian.Uint16(packet[6:]))
	if end < fixedSize || len(packet) < end+tagSize {
		return h, nil, ErrFormat
	}
	h.raw = packet[:end:end]
	h.recipient = [recipientSize]byte(packet[8:fixedSize])
	rest := h.raw[fixedSize:]
	for _, f := range h.binding.fields() {
		v, tail, ok := cut(rest, 1)
		if !ok || len(v) < f.least || len(v) > maxField || !utf8.Valid(v) {
			return h, nil, ErrFormat
		}
		*f.value, rest = string(v), tail
	}
	wrapped, nonce, ok := cut(rest, 2)
	if !ok || len(wrapped) > maxWrapped || len(nonce) != nonceSize {
		return h, nil, ErrFormat
	}
	h.wrapped, h.nonce = wrapped, nonce
	return h, packet[end:], nil
}

// cut reads a length of n bytes (1 or 2) and that many bytes after it.
func cut(p []byte, n int) (value, rest []byte, ok bool) {
	if len(p) < n {
		return nil, nil, false
	}
	size := int(p[0])
	if n == 2 {
		size = int(binary.BigEndian.Uint16(p))
	}
	if len(p) < n+size {
		return nil, nil, false
	}
	return p[n : n+size], p[n+size:], true
}
