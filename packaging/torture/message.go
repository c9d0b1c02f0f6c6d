package main

import (
	"encoding/json"
	"io"
	"sync"
)

// Kinds of messages that a terminal says, one JSON object a line.
const (
	sayOpened    = "opened"    // the data file is open; Cause if it had been damaged
	saySyncing   = "syncing"   // the line is being looked at
	sayTry       = "try"       // Word is about to be lodged
	sayKept      = "kept"      // Lodge returned nil
	sayFailed    = "failed"    // Lodge said that nothing was taken in
	sayDoubt     = "doubt"     // Lodge said that it isn't known
	sayDelivered = "delivered" // letter ID was shown, and noted as such
	sayRecorded  = "recorded"  // matter ID is in the audit chain
	sayState     = "state"     // how much waits
	sayEnd       = "end"       // closed in order
	sayTrouble   = "trouble"   // Cause: what should not happen
)

// message is what a terminal says.
type message struct {
	Say    string `json:"say"`
	Lane   string `json:"lane,omitempty"`
	Word   string `json:"word,omitempty"` // of the try; the id of the matter for a rating
	ID     string `json:"id,omitempty"`
	Number string `json:"number,omitempty"`
	Digest string `json:"digest,omitempty"` // of the packet; "" where it isn't to be known
	Files  int    `json:"files,omitempty"`
	Cause  string `json:"cause,omitempty"`
	Full   bool   `json:"full,omitempty"` // it failed for want of room

	Waiting     int    `json:"waiting,omitempty"` // records of all lanes that sync carries
	Letters     int    `json:"letters,omitempty"` // how many came down
	Quarantined int    `json:"quarantined,omitempty"`
	Line        string `json:"line,omitempty"`
}

// order is what the parent says to a terminal, likewise.
type order struct {
	Clock *int64 `json:"clock,omitempty"` // seconds between the machine's clock and the right one
	Rest  *bool  `json:"rest,omitempty"`  // lodge nothing
}

// terminalConfig is the argument of a terminal, in JSON.
type terminalConfig struct {
	Dir      string // its data folder
	URL      string
	Seed     uint64
	Clock    int64 // seconds
	GapMS    int   // between two lodgings, in the mean
	MaxSize  int64 // of the data file; 0 for the usual
	NoSync   bool  // for the control: nothing is synced
	Boast    bool  // for the control: says kept before it is
	Rest     bool  // lodge nothing
	Upkeep   bool  // back-ups, compactions, sweeps all the time
	Statuses int   // milliseconds between two states
}

// writer says messages, each in one write.
type writer struct {
	mu  sync.Mutex
	out io.Writer
}

func (w *writer) say(m message) {
	line, err := json.Marshal(m)
	if err != nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	_, _ = w.out.Write(append(line, '\n')) // the parent is gone, or kills
}
