package seal

import (
	"fmt"

	"golang.org/x/crypto/argon2"
)

// Cost is what one try at a passphrase costs: Argon2id (RFC 9106).
type Cost struct {
	Time    uint32 `json:"time"`
	Memory  uint32 `json:"memory"` // KiB
	Threads uint8  `json:"threads"`
}

// DefaultCost is RFC 9106's second choice: 64 MiB, three passes; about 0.2 s on a kiosk.
func DefaultCost() Cost { return Cost{Time: 3, Memory: 64 << 10, Threads: 2} }

// Stretch makes a key of StationKeySize bytes from a passphrase. A cost that nobody would choose, as it may stand in a
// damaged file, is refused.
func Stretch(passphrase, salt []byte, c Cost) ([]byte, error) {
	if c.Time < 1 || c.Time > 64 || c.Memory < 8<<10 || c.Memory > 1<<20 || c.Threads < 1 || c.Threads > 16 || len(salt) < 16 {
		return nil, fmt.Errorf("stretch passphrase: cost or salt out of range: %w", ErrFormat)
	}
	return argon2.IDKey(passphrase, salt, c.Time, c.Memory, c.Threads, StationKeySize), nil
}
