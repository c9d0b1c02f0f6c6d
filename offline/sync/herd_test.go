package sync

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"zhizhu/offline/identity"
	"zhizhu/offline/outbox"
	"zhizhu/offline/wire"
)

// station is a terminal's outbox, reduced to a number of records, for syncers by the thousand.
type station struct {
	Outbox // what a herd needs none of is nil

	mu     sync.Mutex
	left   []string
	proven map[string]bool
}

func newStation(n int) *station {
	s := &station{proven: map[string]bool{}}
	for i := range n {
		s.left = append(s.left, strconv.Itoa(i))
	}
	return s
}

func (s *station) Pending(_ context.Context, lane string, n int, skip func(string) bool) ([]outbox.Waiting, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []outbox.Waiting
	for _, id := range s.left {
		if lane == outbox.LaneMatters && len(all) < n && !skip(id) {
			all = append(all, outbox.Waiting{ID: id, Lane: lane, WireLane: lane, Packet: []byte{1}})
		}
	}
	return all, nil
}

func (s *station) Verify(id, _ string, _ wire.Ack, _ []byte) (outbox.Proof, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.proven[id] = true
	return outbox.Proof{}, nil
}

func (s *station) Settle(context.Context, []outbox.Proof) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := s.left[:0]
	for _, id := range s.left {
		if !s.proven[id] {
			kept = append(kept, id)
		}
	}
	s.left = kept
	return nil
}

func (s *station) Counts() outbox.Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	return outbox.Counts{Queued: len(s.left)}
}

func (*station) Sending([]string)                                        {}
func (*station) Prepare() error                                          { return nil }
func (*station) Pace(context.Context) (int, time.Duration, error)        { return 0, 0, nil }
func (*station) SetPace(_ context.Context, _ int, _ time.Duration) error { return nil }

// model is a gateway that takes so many calls a second and sends the others away.
type model struct {
	back     time.Time // it refuses connections until then
	capacity int

	mu     sync.Mutex
	calls  map[int]int // by second since back
	stored map[int]int // likewise: records taken
}

func (m *model) RoundTrip(req *http.Request) (*http.Response, error) {
	second := int(time.Since(m.back) / time.Second)
	if time.Now().Before(m.back) {
		return nil, &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
	}
	m.mu.Lock()
	m.calls[second]++
	over := m.calls[second] > m.capacity
	if !over && req.Method == http.MethodPut {
		m.stored[second]++
	}
	m.mu.Unlock()
	select {
	case <-time.After(50 * time.Millisecond):
	case <-req.Context().Done():
		return nil, req.Context().Err()
	}
	resp := &http.Response{StatusCode: http.StatusNoContent, Header: http.Header{}, Request: req, Body: http.NoBody}
	switch {
	case over:
		resp.StatusCode = http.StatusServiceUnavailable
		resp.Header.Set("Retry-After", "30")
	case req.Method == http.MethodPut:
		resp.StatusCode, resp.Body = http.StatusCreated, io.NopCloser(strings.NewReader("{}"))
	}
	return resp, nil
}

// seeded is randomness that many may use at once, the same in every run.
type seeded struct {
	mu sync.Mutex
	r  *rand.Rand
}

func (s *seeded) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return copy(p, binary.BigEndian.AppendUint64(nil, s.r.Uint64())), nil
}

// herd lets terminals come back after the gateway was away for long, and returns what it had to bear.
func herd(t testing.TB, terminals, records, capacity int, away, last time.Duration) *model {
	m := &model{back: time.Now().Add(away), capacity: capacity, calls: map[int]int{}, stored: map[int]int{}}
	rnd := &seeded{r: rand.New(rand.NewPCG(1, 2))} //nolint:gosec // G404: the same in every run
	ctx, cancel := context.WithCancel(t.Context())
	id := &identity.Identity{Terminal: terminal, Certificate: tls.Certificate{}}
	var all sync.WaitGroup
	for range terminals {
		s, err := New(Options{
			Outbox: newStation(records), Identity: id, URL: "https://gateway", Now: time.Now, Rand: rnd, Log: slog.New(slog.DiscardHandler),
			// What a quiet line costs is not the question here, and probes make the test slow.
			IdleEvery: time.Hour, ProbeEvery: 30 * time.Second,
		})
		if err != nil {
			t.Fatal(err)
		}
		s.call.client.Store(&http.Client{Transport: m, Timeout: time.Minute})
		all.Go(func() {
			if err := s.Serve(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("serve: %v", err)
			}
		})
	}
	<-time.After(away + last)
	cancel()
	all.Wait()
	return m
}

// curve writes what came and what was stored, by minutes.
func (m *model) curve(minutes int) string {
	var b bytes.Buffer
	for i := range minutes {
		calls, stored, most := 0, 0, 0
		for s := i * 60; s < (i+1)*60; s++ {
			calls, stored, most = calls+m.calls[s], stored+m.stored[s], max(most, m.calls[s])
		}
		fmt.Fprintf(&b, "minute %2d: %6d calls, at most %5d in a second, %6d records stored\n", i+1, calls, most, stored)
	}
	return b.String()
}

// check holds the bound: no second with more than so often the capacity after the first minute, and everything arrives.
func (m *model) check(t testing.TB, want, factor, minutes int) {
	t.Helper()
	sum := 0
	for second, n := range m.calls {
		sum += m.stored[second]
		if second >= 60 && n > factor*m.capacity {
			t.Errorf("second %d: %d calls of %d", second, n, m.capacity)
		}
	}
	t.Logf("\n%s", m.curve(minutes))
	if sum != want {
		t.Errorf("%d records stored, want %d", sum, want)
	}
}

// herdSize: "go test -run TestHerd -v -herd 30000 ./offline/sync" shows a province's curve.
var herdSize = flag.Int("herd", 500, "terminals that come back at once")

// After an outage of the gateway its terminals come back without a stampede: real syncers, a sixtieth of a province,
// against a gateway of a sixtieth of its strength (5,000 records a second), and against one that is much too weak, which
// Retry-After protects.
func TestHerd(t *testing.T) {
	n := *herdSize
	for _, c := range []struct{ terminals, records, capacity, factor, minutes int }{
		{n, 10, n / 6, 2, 7},
		{n, 10, n / 25, 4, 20},
	} {
		t.Run(fmt.Sprintf("%d a second", c.capacity), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := herd(t, c.terminals, c.records, c.capacity, 11*time.Minute, time.Duration(c.minutes)*time.Minute)
				m.check(t, c.terminals*c.records, c.factor, c.minutes)
			})
		})
	}
}
