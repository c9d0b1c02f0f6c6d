package sync

import (
	"context"
	"crypto/rand"
	"errors"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"zhizhu/offline/wire"
)

// pipes is a network without sockets, so that time in a synctest bubble runs as fast as it can.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
	close func()
}

func newPipes() *pipes {
	p := &pipes{conns: make(chan net.Conn), done: make(chan struct{})}
	p.close = sync.OnceFunc(func() { close(p.done) })
	return p
}

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case p.conns <- there:
		return here, nil
	case <-p.done:
		return nil, errors.New("closed")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.close(); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 443} }

// bubble makes an upstream behind pipes and a rig with the patience of a real machine.
func bubble(t *testing.T, change func(*upstream), options ...func(*Options)) (*upstream, *rig) {
	t.Helper()
	p := newPipes()
	up := newUpstream(t, func(u *upstream) {
		_ = u.Listener.Close()
		u.Listener, u.EnableHTTP2 = p, false
		if change != nil {
			change(u)
		}
	})
	patience := func(o *Options) {
		o.Dial = p.dial
		o.FirstBackoff, o.MaxBackoff, o.ProbeEvery, o.HaltRetry, o.Timeout = 0, 0, 0, 0, 0
		*o = o.withDefaults()
	}
	return up, newRig(t, up, append([]func(*Options){patience}, options...)...)
}

// pass lets so much of a bubble's time go by, and everything happen that it brings.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// finish ends everything of a bubble before it does.
func finish(up *upstream, r *rig) {
	r.stop()
	up.Close()
}

func TestRetryAfterIsHonoured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var came []time.Time
		up, r := bubble(t, nil)
		up.before = func(w http.ResponseWriter, req *http.Request) bool {
			if req.Method != http.MethodPut {
				return false
			}
			up.mu.Lock()
			came = append(came, time.Now())
			n := len(came)
			up.mu.Unlock()
			if n > 2 {
				return false
			}
			w.Header().Set("Retry-After", "600")
			problem(w, http.StatusServiceUnavailable, wire.ProblemStorage)
			return true
		}
		r.lodge(t, 1)
		r.run(t)
		pass(59 * time.Minute)
		if len(came) != 3 {
			t.Fatalf("tried %d times, want 3", len(came))
		}
		for i := range 2 {
			if d := came[i+1].Sub(came[i]); d < 10*time.Minute || d > 21*time.Minute {
				t.Errorf("try %d after %v, asked for 10 min", i+2, d)
			}
		}
		if s := r.State(); s.Acknowledged != 1 || !s.Online {
			t.Errorf("%+v", s)
		}
		finish(up, r)
	})
}

// A gateway that is busy for a day is asked less and less, at least once an hour, and never by kicks.
func TestBusyGatewayIsLeftInPeace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var came []time.Time
		up, r := bubble(t, nil)
		up.before = func(w http.ResponseWriter, req *http.Request) bool {
			if req.Method == http.MethodPut {
				up.mu.Lock()
				came = append(came, time.Now())
				up.mu.Unlock()
				problem(w, http.StatusServiceUnavailable, wire.ProblemStorage)
			}
			return req.Method == http.MethodPut
		}
		r.lodge(t, 40)
		r.run(t)
		for range 24 * 60 {
			pass(time.Minute)
			r.Kick()
		}
		// The first four go at once; then the waits double up to an hour, half of it on average.
		if n := len(came); n < 24 || n > 120 {
			t.Errorf("asked %d times in a day", n)
		}
		for i := 1; i < len(came); i++ {
			if d := came[i].Sub(came[i-1]); d > time.Hour+time.Minute {
				t.Errorf("nothing tried for %v", d)
			}
		}
		if s := r.State(); s.Reason != Busy || s.Queued != 40 || s.Quarantined != 0 {
			t.Errorf("%+v", s)
		}
		finish(up, r)
	})
}

// A line that is down for a day is looked at every 15 seconds, so that its return is noticed at once.
func TestDeadLineIsLookedAt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var down atomic.Bool
		down.Store(true)
		var mu sync.Mutex
		var tries []time.Time
		up, r := bubble(t, nil, func(o *Options) {
			through := o.Dial
			o.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
				mu.Lock()
				tries = append(tries, time.Now())
				mu.Unlock()
				if down.Load() {
					return nil, &net.OpError{Op: "dial", Err: errors.New("network is unreachable")}
				}
				return through(ctx, network, addr)
			}
		})
		r.lodge(t, 3)
		r.run(t)
		pass(24 * time.Hour)
		mu.Lock()
		for i := 1; i < len(tries); i++ {
			if d := tries[i].Sub(tries[i-1]); d > 15*time.Second {
				t.Fatalf("not looked at for %v", d)
			}
		}
		if s := r.State(); s.Reason != Unreachable || s.Queued != 3 {
			t.Errorf("%+v", s)
		}
		mu.Unlock()
		down.Store(false)
		pass(17 * time.Second)
		if s := r.State(); s.Acknowledged != 3 || !s.Online {
			t.Errorf("17 s after the line came back: %+v", s)
		}
		finish(up, r)
	})
}

// A terminal that was refused asks again every few minutes only.
func TestRefusedTerminalWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		puts := 0
		up, r := bubble(t, nil)
		up.before = func(w http.ResponseWriter, req *http.Request) bool {
			if req.Method == http.MethodPut {
				up.mu.Lock()
				puts++
				up.mu.Unlock()
				problem(w, http.StatusForbidden, wire.ProblemIdentity)
			}
			return req.Method == http.MethodPut
		}
		r.lodge(t, 8)
		r.run(t)
		pass(2 * time.Hour)
		if s := r.State(); s.Reason != Refused || puts < 12 || puts > 4+24 {
			t.Errorf("%d tries in two hours, %+v", puts, s)
		}
		up.set(func(u *upstream) { u.before = nil })
		pass(12 * time.Minute)
		if s := r.State(); s.Acknowledged != 8 || !s.Online {
			t.Errorf("%+v", s)
		}
		finish(up, r)
	})
}

// Waits grow, never pass their limits, and are spread out.
func TestDelays(t *testing.T) {
	p := pace{first: time.Second, most: time.Hour, probe: 15 * time.Second, halt: 10 * time.Minute}
	for _, c := range []struct {
		reason   Reason
		failures int
		asked    time.Duration
		least    time.Duration
		most     time.Duration
	}{
		{Unreachable, 1, 0, shortest, time.Second},
		{Unreachable, 5, 0, shortest, 15 * time.Second},
		{DNS, 1 << 20, 0, shortest, 15 * time.Second},
		{Busy, 1, 0, shortest, time.Second},
		{Busy, 4, 0, shortest, 8 * time.Second},
		{Busy, 1 << 20, 0, shortest, time.Hour},
		{Busy, 1, 10 * time.Minute, 10 * time.Minute, 10*time.Minute + time.Second},
		{Busy, 20, 10 * time.Minute, 10 * time.Minute, 20 * time.Minute},
		{Busy, 1, 100 * time.Hour, time.Hour, time.Hour},
		{Portal, 30, 0, shortest, time.Hour},
		{Refused, 1, 0, 5 * time.Minute, 10 * time.Minute},
	} {
		least, most := time.Duration(1<<62), time.Duration(0)
		for range 300 {
			d := p.delay(c.reason, c.failures, c.asked, rand.Reader)
			least, most = min(least, d), max(most, d)
		}
		if least < c.least || most > c.most {
			t.Errorf("%v after %d: %v to %v, want within %v to %v", c.reason, c.failures, least, most, c.least, c.most)
		}
		if spread := c.most - c.least; most-least < spread/2 {
			t.Errorf("%v after %d: %v to %v is not spread over %v", c.reason, c.failures, least, most, spread)
		}
	}
}
