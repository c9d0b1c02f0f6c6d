package gateway

import (
	"net/netip"
	"sync"
	"time"
)

// Failed enrolments of one address are limited, so that codes can't be tried out. Good ones cost nothing: a whole county
// may be enrolled from behind one address.
const (
	maxFailures   = 10
	failureWindow = 10 * time.Minute
	maxAddresses  = 4096
)

type limiter struct {
	now func() time.Time

	mu   sync.Mutex
	seen map[netip.Prefix]failures
}

type failures struct {
	count int
	ends  time.Time
}

func newLimiter(now func() time.Time) *limiter {
	return &limiter{now: now, seen: make(map[netip.Prefix]failures)}
}

// wait returns how long an address must wait before its next attempt, 0 for not at all.
func (l *limiter) wait(remote string) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	f := l.seen[prefixOf(remote)]
	if f.count < maxFailures {
		return 0
	}
	return max(0, f.ends.Sub(l.now()))
}

// fail counts a failed attempt.
func (l *limiter) fail(remote string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now, key := l.now(), prefixOf(remote)
	f, ok := l.seen[key]
	if !ok && len(l.seen) >= maxAddresses {
		l.forget(now)
	}
	if !now.Before(f.ends) {
		f = failures{ends: now.Add(failureWindow)}
	}
	f.count++
	l.seen[key] = f
}

// forget makes room: first by what is over, otherwise by forgetting everybody, so that memory stays bounded.
func (l *limiter) forget(now time.Time) {
	for key, f := range l.seen {
		if !now.Before(f.ends) {
			delete(l.seen, key)
		}
	}
	if len(l.seen) >= maxAddresses {
		clear(l.seen)
	}
}

// prefixOf is what counts as one address: an IPv4 address, or the /64 of an IPv6 one. All unreadable ones are one.
func prefixOf(remote string) netip.Prefix {
	ap, err := netip.ParseAddrPort(remote)
	if err != nil {
		return netip.Prefix{}
	}
	addr, bits := ap.Addr().Unmap().WithZone(""), 64
	if addr.Is4() {
		bits = 32
	}
	return netip.PrefixFrom(addr, bits).Masked()
}
