package scanner

import (
	"bytes"
	"crypto/rand"
	"errors"
	"testing"
	"testing/iotest"
	"time"
)

func at(seconds float64) time.Time {
	return time.Unix(1000, 0).Add(time.Duration(seconds * float64(time.Second)))
}

func TestSeen(t *testing.T) {
	s := seen{window: 3 * time.Second}
	for i, tc := range []struct {
		code  string
		at    float64
		times int
	}{
		{"a", 0, 0},
		{"a", 2.9, 1},
		{"a", 5.8, 2}, // it lies there all the time
		{"b", 5.9, 0},
		{"a", 6.0, 3}, // two lie there
		{"b", 6.1, 1},
		{"b", 9.2, 0}, // it was away
		{"a", 9.3, 0},
		{"a", 1.0, 0}, // the clock was set back
	} {
		if got := s.again([]byte(tc.code), nil, at(tc.at)); got != tc.times {
			t.Errorf("%d: %s was there %d times, want %d", i, tc.code, got, tc.times)
		}
	}
}

func TestSeenIsBounded(t *testing.T) {
	s := seen{window: time.Hour}
	for i := range 100 {
		s.again([]byte{byte(i)}, nil, at(0))
	}
	if len(s.entries) != maxSeen {
		t.Errorf("%d codes are remembered", len(s.entries))
	}
}

// A code's own bytes are overwritten when its time is over, and by forget; sums outlive forget, so that a phone which is
// left under the scanner doesn't begin the next visit.
func TestCodesDontStayInMemory(t *testing.T) {
	wiped := func(b []byte) bool { return bytes.Equal(b, make([]byte, len(b))) }
	s := seen{window: 3 * time.Second}
	s.again([]byte("secret"), nil, at(0))
	kept := s.entries[0].what
	if next := s.expire(at(1)); next != 2*time.Second || wiped(kept) {
		t.Errorf("next %v, wiped %v", next, wiped(kept))
	}
	if next := s.expire(at(3)); next != 0 || !wiped(kept) {
		t.Errorf("next %v, wiped %v", next, wiped(kept))
	}
	s.again([]byte("secret"), nil, at(4))
	kept = s.entries[0].what
	if s.forget(); !wiped(kept) || len(s.entries) != 0 {
		t.Error("forget didn't wipe the code")
	}
	h, err := newHasher(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s.again([]byte("secret"), h.sum([]byte("secret")), at(5))
	s.forget()
	if times := s.again([]byte("secret"), h.sum([]byte("secret")), at(6)); times != 1 || bytes.Contains(s.entries[0].what, []byte("secret")) {
		t.Errorf("there %d times", times)
	}
}

func TestNames(t *testing.T) {
	h1, err1 := newHasher(bytes.NewReader(make([]byte, 32)))
	h2, err2 := newHasher(bytes.NewReader(bytes.Repeat([]byte{1}, 32)))
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	a, b := name(h1.sum([]byte("a"))), name(h1.sum([]byte("b")))
	if len(a) != 16 || a == b || a != name(h1.sum([]byte("a"))) || a == name(h2.sum([]byte("a"))) {
		t.Errorf("%s, %s", a, b)
	}
	if h, err := newHasher(nil); err != nil || name(h.sum([]byte("a"))) != "" {
		t.Error("named without a key")
	}
	if _, err := newHasher(iotest.ErrReader(errors.New("no entropy"))); err == nil {
		t.Error("named with half a key")
	}
}
