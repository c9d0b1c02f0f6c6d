package camscan

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"hash/maphash"
	"io"
	"log/slog"
	"time"
)

// seen remembers which codes were just in sight, by sums under a key that lives as long as the program. A code that is
// held before the camera goes on being the same for as long as it is seen; so do two that are held side by side.
type seen struct {
	window  time.Duration
	key     maphash.Seed
	entries []entry // few: one for each code within the window
}

type entry struct {
	sum uint64
	at  time.Time
}

// maxSeen is how many different codes are remembered.
const maxSeen = 8

func newSeen(window time.Duration) seen { return seen{window: window, key: maphash.MakeSeed()} }

// again says whether a code was in sight without having been away for the window, and notes that it is now. A clock
// that was set back forgets.
func (s *seen) again(code []byte, now time.Time) bool {
	sum, found := maphash.Bytes(s.key, code), false
	kept := s.entries[:0]
	for _, e := range s.entries {
		if away := now.Sub(e.at); away < 0 || away >= s.window {
			continue
		}
		if e.sum == sum {
			e.at, found = now, true
		}
		kept = append(kept, e)
	}
	s.entries = kept
	if !found {
		if len(s.entries) == maxSeen {
			s.entries = append(s.entries[:0], s.entries[1:]...)
		}
		s.entries = append(s.entries, entry{sum, now})
	}
	return found
}

// namer names codes in logs by HMAC-SHA-256: the same code has the same name while the program runs, and nobody can tell
// the code from it without the key, which is never written anywhere.
type namer struct{ key []byte }

func newNamer(random io.Reader) (namer, error) {
	if random == nil {
		return namer{}, nil
	}
	key := make([]byte, sha256.Size)
	if _, err := io.ReadFull(random, key); err != nil {
		return namer{}, err
	}
	return namer{key}, nil
}

// attr is empty without a key.
func (n namer) attr(code []byte) slog.Attr {
	if n.key == nil {
		return slog.Attr{}
	}
	mac := hmac.New(sha256.New, n.key)
	mac.Write(code)
	return slog.String("code", hex.EncodeToString(mac.Sum(nil)[:8]))
}
