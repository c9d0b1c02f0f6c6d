package store

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestCanary(t *testing.T) {
	o := testOptions(t)
	s, _ := mustOpen(t, o)
	for range 3 {
		if err := s.Canary(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if st, err := s.state(); err != nil || st.canary != "3" {
		t.Fatalf("%v, canary %q", err, st.canary)
	}
	s.suspect = true // as after a commit that failed: the canary heals, or says that it can't
	if err := s.Canary(t.Context()); err != nil || s.suspect {
		t.Fatal(err)
	}
	_ = s.Close()
	if err := s.Canary(t.Context()); !errors.Is(err, ErrClosed) {
		t.Fatalf("%v, want ErrClosed", err)
	}
}

// A disk that hangs is noticed in time, also by the next, and there is never more than one who waits for it.
func TestCanaryOfADiskThatHangs(t *testing.T) {
	s, _ := mustOpen(t, testOptions(t))
	hang, hangs := make(chan struct{}), make(chan struct{})
	go func() {
		_ = s.Update(t.Context(), func(*Tx) error { close(hangs); <-hang; return nil })
	}()
	<-hangs
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := s.Canary(ctx); !errors.Is(err, ErrSlow) || !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("%v, want ErrSlow", err)
	}
	if err := s.Canary(t.Context()); !errors.Is(err, ErrSlow) {
		t.Fatalf("%v, want ErrSlow", err)
	}
	close(hang)
	for s.canary.Load() {
		select {
		case <-t.Context().Done():
			t.Fatal("the first canary never came back")
		case <-time.After(time.Millisecond):
		}
	}
	if err := s.Canary(t.Context()); err != nil {
		t.Fatal(err)
	}
}
