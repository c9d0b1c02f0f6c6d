package kiosk

import (
	"sync"

	"zhizhu/app/visit"
)

// queueLimit bounds what waits for the kiosk. A finger can't fill it; a device gone mad could.
const queueLimit = 512

// item is one event that waits. Answers to effects carry the visit that asked, so that a late one is told from this
// visit's own.
type item struct {
	ev     visit.Event
	answer bool
	visit  uint64
}

// queue is what waits for the kiosk's goroutine. Times and reports that nobody has looked at yet give way to newer
// ones, as a signature's growing strokes do.
type queue struct {
	mu      sync.Mutex
	waiting []item
	bell    chan struct{}
	dropped int
}

func newQueue() *queue { return &queue{bell: make(chan struct{}, 1)} }

// put adds an event and reports whether there was room. Answers always have room: they are as many as their effects.
func (q *queue) put(it item) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.replace(it) {
		if len(q.waiting) >= queueLimit && !it.answer {
			q.dropped++
			return false
		}
		q.waiting = append(q.waiting, it)
	}
	select {
	case q.bell <- struct{}{}:
	default:
	}
	return true
}

// replace puts an event in the place of one that it makes needless.
func (q *queue) replace(it item) bool {
	if it.answer || len(q.waiting) == 0 {
		return false
	}
	switch it.ev.(type) {
	case visit.Clock:
		return replaceSame[visit.Clock](q.waiting, it)
	case visit.Health:
		return replaceSame[visit.Health](q.waiting, it)
	case visit.Sign:
		last := len(q.waiting) - 1
		return replaceSame[visit.Sign](q.waiting[last:], it)
	}
	return false
}

func replaceSame[E visit.Event](waiting []item, it item) bool {
	for i := range waiting {
		if _, same := waiting[i].ev.(E); same {
			waiting[i] = it
			return true
		}
	}
	return false
}

// take returns the oldest event. Nothing of it stays behind: events hold personal data.
func (q *queue) take() (item, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		q.waiting = nil
		return item{}, false
	}
	it := q.waiting[0]
	q.waiting[0] = item{}
	q.waiting = q.waiting[1:]
	return it, true
}

// lost returns how many events found no room since the last call.
func (q *queue) lost() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := q.dropped
	q.dropped = 0
	return n
}
