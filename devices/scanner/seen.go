package scanner

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"slices"
	"time"
)

// hasher names codes in logs: the same code has the same name while the program runs, and nobody can tell the code from
// it, or the name from the code, without the key that is never written anywhere.
type hasher struct{ key []byte }

// newHasher draws the key; without a source of randomness codes have no names.
func newHasher(random io.Reader) (hasher, error) {
	if random == nil {
		return hasher{}, nil
	}
	key := make([]byte, sha256.Size)
	if _, err := io.ReadFull(random, key); err != nil {
		return hasher{}, err
	}
	return hasher{key}, nil
}

// sum is HMAC-SHA-256 of code, nil without a key.
func (h hasher) sum(code []byte) []byte {
	if h.key == nil {
		return nil
	}
	mac := hmac.New(sha256.New, h.key)
	mac.Write(code)
	return mac.Sum(nil)
}

// name is for logs: eight bytes of the sum are enough to see "the same again".
func name(sum []byte) string {
	if sum == nil {
		return ""
	}
	return hex.EncodeToString(sum[:8])
}

// seen remembers which codes were just there. It keeps sums where there is a key, and a code's own bytes only where
// there is none, and only while they are needed.
type seen struct {
	window  time.Duration
	entries []entry // few: one for each code that was there within the window
}

type entry struct {
	what  []byte // the sum, or the code
	own   bool   // what is the code
	at    time.Time
	times int // that it came again
}

// maxSeen is how many different codes are remembered. Two phones before a scanner that reads all the time are two.
const maxSeen = 8

// again says how often the code was there before without having been away for the window: 0 is a new one.
func (s *seen) again(code, sum []byte, now time.Time) int {
	s.expire(now)
	what := sum
	if what == nil {
		what = code
	}
	for i := range s.entries {
		if e := &s.entries[i]; bytes.Equal(e.what, what) {
			e.at = now
			e.times++
			return e.times
		}
	}
	if len(s.entries) == maxSeen {
		s.drop(0)
	}
	s.entries = append(s.entries, entry{what: bytes.Clone(what), own: sum == nil, at: now})
	return 0
}

// expire forgets codes that were away for the window, and says after how long it has to be called again: 0 is never. A
// clock that was set back forgets them too.
func (s *seen) expire(now time.Time) (next time.Duration) {
	for i, e := range slices.Backward(s.entries) {
		if away := now.Sub(e.at); away < 0 || away >= s.window {
			s.drop(i)
		} else if left := s.window - away; next == 0 || left < next {
			next = left
		}
	}
	return next
}

// forget wipes codes that are kept as they are. Sums stay: nobody can tell a code from one, and a code that is left
// under the scanner must not begin the next visit.
func (s *seen) forget() {
	for i, e := range slices.Backward(s.entries) {
		if e.own {
			s.drop(i)
		}
	}
}

func (s *seen) drop(i int) {
	clear(s.entries[i].what)
	last := len(s.entries) - 1
	copy(s.entries[i:], s.entries[i+1:])
	s.entries[last] = entry{}
	s.entries = s.entries[:last]
}
