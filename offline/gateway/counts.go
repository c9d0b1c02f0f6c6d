package gateway

import (
	"maps"
	"sync"
)

// Counts says what happened since the gateway was opened.
type Counts struct {
	Stored   map[string]int `json:"stored"`  // by lane
	Again    map[string]int `json:"again"`   // records that were there already, by lane
	Refused  map[string]int `json:"refused"` // by type of problem
	Enrolled int            `json:"enrolled"`

	Renewed     int `json:"renewed"`
	Heartbeats  int `json:"heartbeats"`
	AuditBreaks int `json:"audit_breaks"` // heartbeats whose audit chain did not continue the last one
	Letters     int `json:"letters"`      // put into mailboxes, once for each
}

type counts struct {
	mu sync.Mutex
	c  Counts
}

func (c *counts) add(fn func(*Counts)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.c.Stored == nil {
		c.c = Counts{Stored: map[string]int{}, Again: map[string]int{}, Refused: map[string]int{}}
	}
	fn(&c.c)
}

// Counts returns what happened since the gateway was opened.
func (g *Gateway) Counts() Counts {
	var copied Counts
	g.counts.add(func(c *Counts) {
		copied = *c
		copied.Stored, copied.Again, copied.Refused = maps.Clone(c.Stored), maps.Clone(c.Again), maps.Clone(c.Refused)
	})
	return copied
}
