package main

import (
	"fmt"
	"sync"

	"zhizhu/offline/wire"
)

// said is what a terminal has said of one try.
type said struct {
	message // the last one of it
	tried   int
}

// ledger is all that the terminal has said, over all its lives.
type ledger struct {
	mu        sync.Mutex
	tries     map[string]*said // by lane and word
	state     message          // the newest
	states    int
	opened    int
	damaged   []string // causes for which data files were put aside
	trouble   []string
	full      int // refusals for want of room
	kept      int
	delivered map[string]int  // letters, by id
	recorded  []string        // ids of matters, in the audit chain
	letters   []letter        // that the gateway said it has sent
	matters   []message       // that were kept, in their order
	moments   []chan struct{} // told with the next try
}

func newLedger() *ledger { return &ledger{tries: map[string]*said{}, delivered: map[string]int{}} }

func key(lane, word string) string { return lane + "/" + word }

func (l *ledger) note(m message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch m.Say {
	case sayTry, sayKept, sayFailed, sayDoubt:
		l.noteTry(m)
	case sayDelivered:
		l.delivered[m.ID]++
	case sayRecorded:
		l.recorded = append(l.recorded, m.ID)
	case sayState:
		l.state = m
		l.states++
	case sayOpened:
		l.opened++
		if m.Cause != "" {
			l.damaged = append(l.damaged, m.Cause)
		}
	case sayTrouble:
		l.trouble = append(l.trouble, m.Cause)
	}
}

func (l *ledger) noteTry(m message) {
	k := key(m.Lane, m.Word)
	if l.tries[k] == nil {
		l.tries[k] = &said{}
	}
	s := l.tries[k]
	s.message = m
	switch m.Say {
	case sayTry:
		if s.tried++; s.tried > 1 {
			l.trouble = append(l.trouble, fmt.Sprintf("the word of try %s was used twice", k))
		}
		for _, c := range l.moments {
			close(c)
		}
		l.moments = nil
	case sayKept:
		l.kept++
		if m.Lane == wire.LaneMatters && m.ID != "" {
			l.matters = append(l.matters, m)
		}
	case sayFailed:
		if m.Full {
			l.full++
		}
	}
}

// nextTry is closed when somebody begins to lodge.
func (l *ledger) nextTry() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := make(chan struct{})
	l.moments = append(l.moments, c)
	return c
}

// now returns the newest state, and how many there were.
func (l *ledger) now() (message, int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state, l.states
}

func (l *ledger) keptSoFar() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.kept
}

// anyMatter draws a matter that was kept.
func (l *ledger) anyMatter(n int) (id, number string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.matters) == 0 {
		return "", ""
	}
	m := l.matters[n%len(l.matters)]
	return m.ID, m.Number
}
