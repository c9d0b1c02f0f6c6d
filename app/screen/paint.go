package screen

import (
	"context"
	"fmt"

	"zhizhu/app/visit"
)

// The beacon is one transparent pixel that is drawn last in each frame after a change. Fyne draws the frame and swaps it
// in before it takes the next posted function, so a function posted while the beacon is drawn runs when the frame is on
// the glass.

// waiter waits for a frame, or for a view on the glass.
type waiter struct {
	at   uint64
	ok   func(visit.View) bool // nil: the frame is enough
	then func()
	gone bool
}

// touched counts a change and asks for a frame.
func (s *Screen) touched() {
	s.applied++
	if s.paints {
		s.beacon.Refresh()
		return
	}
	s.onSeen(s.applied)
}

// onPaint runs while a frame is being drawn.
func (s *Screen) onPaint() {
	if shot := s.shot; shot != nil {
		s.shot = nil
		if img, ok := readFrame(shot.w, shot.h); ok {
			shot.take(img)
		} else {
			s.post(func() { shot.take(s.win.Canvas().Capture()) })
		}
	}
	n := s.applied
	s.post(func() { s.onSeen(n) })
}

// onSeen runs when all changes up to n are on the glass.
func (s *Screen) onSeen(n uint64) {
	if n <= s.seen {
		return
	}
	s.seen = n
	if n == s.applied {
		s.seenV = s.view
	}
	keep := s.waiters[:0]
	for _, w := range s.waiters {
		if !s.ready(w) {
			keep = append(keep, w)
		}
	}
	clear(s.waiters[len(keep):])
	s.waiters = keep
}

// ready calls a waiter's function if its time has come, and reports whether it is done with.
func (s *Screen) ready(w *waiter) bool {
	if w.gone {
		return true
	}
	if s.seen < w.at || w.ok != nil && (s.seenV.Body == nil || !w.ok(s.seenV)) {
		return false
	}
	w.then()
	return true
}

// onceSeen runs f when everything that has been changed is on the glass.
func (s *Screen) onceSeen(f func()) {
	w := &waiter{at: s.applied, then: f}
	if !s.ready(w) {
		s.waiters = append(s.waiters, w)
	}
}

// WaitView returns once a view that satisfies ok is on the glass; at once if it is already. Ok runs on the window's
// goroutine and must not call the screen.
func (s *Screen) WaitView(ctx context.Context, ok func(visit.View) bool) error {
	done := make(chan struct{})
	w := &waiter{ok: ok, then: func() { close(done) }}
	s.post(func() {
		if !s.ready(w) {
			s.waiters = append(s.waiters, w)
		}
	})
	select {
	case <-done:
		return nil
	case <-s.done:
		return fmt.Errorf("wait for view: %w", errClosed)
	case <-ctx.Done():
		s.post(func() { w.gone = true })
		return fmt.Errorf("wait for view: %w", ctx.Err())
	}
}
