package outbox

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// id is a record's UUID. It is made by the terminal at lodging and is the key of everything.
type id [16]byte

// newID makes a UUID of version 7. It is unique by its 74 random bits; the time in it only keeps new ones together.
func newID(rand io.Reader, now time.Time) (id, error) {
	var u id
	if _, err := io.ReadFull(rand, u[6:]); err != nil {
		return u, fmt.Errorf("make id: %w", err)
	}
	ms := now.UnixMilli()
	for i := range 6 {
		u[i] = byte(ms >> (40 - 8*i))
	}
	u[6] = u[6]&0x0f | 0x70
	u[8] = u[8]&0x3f | 0x80
	return u, nil
}

func (u id) String() string {
	h := hex.EncodeToString(u[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

var errID = errors.New("not a record's id")

func parseID(s string) (id, error) {
	var u id
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return u, errID
	}
	if n, err := hex.Decode(u[:], []byte(s[:8]+s[9:13]+s[14:18]+s[19:23]+s[24:])); err != nil || n != len(u) {
		return u, errID
	}
	return u, nil
}

// MarshalText writes the id as its UUID.
func (u id) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// UnmarshalText reads a UUID.
func (u *id) UnmarshalText(text []byte) error {
	var err error
	*u, err = parseID(string(text))
	return err
}

// recordKey reads how a record is named to the outside: by its UUID, or an attachment by its digest, of which the first
// half is its id here.
func recordKey(s string) (id, error) {
	if len(s) != 2*digestSize {
		return parseID(s)
	}
	sum, err := hex.DecodeString(s)
	if err != nil || s != strings.ToLower(s) {
		return id{}, errID
	}
	return id(sum[:16]), nil
}
