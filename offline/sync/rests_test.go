package sync

import (
	"context"
	"net"
	"net/http"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"zhizhu/offline/wire"
)

// again makes a new syncer over the same outbox, as a restart does.
func (r *rig) again(t *testing.T, change func(*Options)) {
	t.Helper()
	o := r.o
	if change != nil {
		change(&o)
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	r.Syncer = s
	r.run(t)
}

// What the gateway asked for goes on after a restart, whatever the clock says then.
func TestRestGoesOnAfterARestart(t *testing.T) {
	for name, step := range map[string]time.Duration{"same clock": 0, "years later": 90_000 * time.Hour, "years before": -90_000 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				up, r := bubble(t, nil)
				var first time.Time
				up.before = func(w http.ResponseWriter, req *http.Request) bool {
					if req.Method != http.MethodPut {
						return false
					}
					up.set(func(*upstream) { first = time.Now() })
					w.Header().Set("Retry-After", "1800")
					problem(w, http.StatusServiceUnavailable, wire.ProblemStorage)
					return true
				}
				r.lodge(t, 1)
				r.run(t)
				pass(10 * time.Minute) // some of the rest has gone by
				r.stop()
				up.set(func(u *upstream) { u.before = nil })
				r.again(t, func(o *Options) { o.Now = func() time.Time { return time.Now().Add(step) } })
				if s := r.State(); s.Online {
					t.Errorf("%+v", s)
				}
				pass(15 * time.Minute)
				if up.count() != 0 {
					t.Errorf("sent %v after the refusal, asked for half an hour", time.Since(first))
				}
				pass(40 * time.Minute)
				// A clock of years later calls the gateway's certificate expired: then it is for the clock that the line waits.
				if step <= 0 && up.count() != 1 {
					t.Errorf("not sent: %+v", r.State())
				}
				failures, wait, err := r.box.Pace(t.Context())
				if err != nil || wait != 0 || step <= 0 && failures != 0 {
					t.Errorf("kept %d failures, %v, %v", failures, wait, err)
				}
				finish(up, r)
			})
		})
	}
}

// A line that is merely down writes nothing to the disk.
func TestDeadLineWritesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		up, r := bubble(t, nil, func(o *Options) {
			o.Dial = func(context.Context, string, string) (net.Conn, error) {
				return nil, &net.OpError{Op: "dial", Err: syscall.ENETUNREACH}
			}
		})
		r.lodge(t, 1)
		r.run(t)
		pass(24 * time.Hour)
		if failures, wait, err := r.box.Pace(t.Context()); failures != 0 || wait != 0 || err != nil {
			t.Errorf("kept %d failures, %v, %v", failures, wait, err)
		}
		finish(up, r)
	})
}

// A queue waits its turn after an outage of the gateway, not after one of this machine's own line.
func TestQueueWaitsAfterTheGatewaysOutage(t *testing.T) {
	for name, c := range map[string]struct {
		cause error
		eases bool
	}{"gateway": {syscall.ECONNREFUSED, true}, "own line": {syscall.ENETUNREACH, false}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var down atomic.Bool
				down.Store(true)
				up, r := bubble(t, nil, func(o *Options) {
					through := o.Dial
					o.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
						if down.Load() {
							return nil, &net.OpError{Op: "dial", Err: c.cause}
						}
						return through(ctx, network, addr)
					}
				})
				r.Syncer.o.Rand = high{} // the longest of every jitter
				r.lodge(t, 20)
				r.run(t)
				pass(time.Hour)
				down.Store(false)
				pass(2 * time.Minute)
				if s := r.State(); !s.Online || (s.Queued == 20) != c.eases {
					t.Errorf("two minutes after: %+v", s)
				}
				pass(5 * time.Minute)
				if s := r.State(); s.Queued != 0 {
					t.Errorf("seven minutes after: %+v", s)
				}
				r.lodge(t, 1) // and a single one goes at once
				pass(time.Second)
				if s := r.State(); s.Queued != 0 || s.Acknowledged != 21 {
					t.Errorf("%+v", s)
				}
				finish(up, r)
			})
		})
	}
}

// high is randomness that makes every jitter the longest.
type high struct{}

func (high) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 0xff
	}
	return len(p), nil
}

// The wall clock jumps by hours and years while records go up: all of them go, at once, and its distance is known.
func TestClockThatJumps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var off atomic.Int64
		up, r := bubble(t, nil, func(o *Options) {
			o.Now = func() time.Time { return time.Now().Add(time.Duration(off.Load())).Round(0) }
		})
		r.run(t)
		sum := 0
		for _, step := range []time.Duration{0, 3 * time.Hour, -5 * time.Hour, -9 * 365 * 24 * time.Hour, 20 * 24 * time.Hour, 0} {
			off.Store(int64(step))
			r.withPicture(t, 100_000)
			r.lodge(t, 3)
			sum += 4
			pass(31 * time.Second) // a quiet line is looked at every 30 s
			s := r.State()
			if s.Acknowledged != sum || s.Blobs != 0 || !s.Online {
				t.Errorf("clock off by %v: %+v", step, s)
			}
			if (s.ServerOffset + step).Abs() > 2*time.Second {
				t.Errorf("clock off by %v, taken for %v", step, -s.ServerOffset)
			}
		}
		finish(up, r)
	})
}
