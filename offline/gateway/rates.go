package gateway

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Rate is how often one terminal may ask. A day of a village is twenty matters; what is queued after weeks without a
// line may come at once.
type Rate struct {
	PerSecond float64 // in the long run; 20 if it is 0, without end if it is negative
	Burst     int     // at once; 20,000 if it is 0
}

const (
	defaultPerSecond = 20
	defaultBurst     = 20_000
	maxBuckets       = 65_536
)

// rates holds one token bucket (golang.org/x/time/rate) for each terminal that spoke.
type rates struct {
	now func() time.Time
	Rate

	mu      sync.Mutex
	buckets map[string]*rate.Limiter
}

func newRates(r Rate, now func() time.Time) *rates {
	if r.PerSecond == 0 {
		r.PerSecond = defaultPerSecond
	}
	if r.Burst <= 0 {
		r.Burst = defaultBurst
	}
	return &rates{now: now, Rate: r, buckets: make(map[string]*rate.Limiter)}
}

// wait counts one call of a terminal, or says how long it must wait before the next.
func (r *rates) wait(terminal string) time.Duration {
	if r.PerSecond < 0 {
		return 0
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	b, ok := r.buckets[terminal]
	if !ok {
		if len(r.buckets) >= maxBuckets {
			r.forget(now)
		}
		b = rate.NewLimiter(rate.Limit(r.PerSecond), r.Burst)
		r.buckets[terminal] = b
	}
	if b.AllowN(now, 1) {
		return 0
	}
	missing := 1 - b.TokensAt(now)
	// Half a burst is worth waiting for: else the terminal comes back for one token at a time.
	missing += float64(r.Burst) / 2
	return min(time.Duration(missing/r.PerSecond*float64(time.Second)), maxRateWait)
}

// maxRateWait is the longest that a terminal is sent away for.
const maxRateWait = 5 * time.Minute

// forget makes room: full buckets are as good as none. All are, if that is not enough, so that memory stays bounded.
func (r *rates) forget(now time.Time) {
	for terminal, b := range r.buckets {
		if b.TokensAt(now) >= float64(r.Burst) {
			delete(r.buckets, terminal)
		}
	}
	if len(r.buckets) >= maxBuckets {
		clear(r.buckets)
	}
}
