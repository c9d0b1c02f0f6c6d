package wire

import "time"

// Event is a small report that goes up once, as a sealed packet in LaneEvents. It holds no personal data.
type Event struct {
	ID       string         `json:"id"`
	Terminal string         `json:"terminal"`
	Station  string         `json:"station"`
	Kind     string         `json:"kind"` // EventXxx
	At       time.Time      `json:"at"`
	Letter   string         `json:"letter,omitempty"` // EventDelivered: id of the letter
	Counts   map[string]int `json:"counts,omitempty"` // EventStatistics
}

// Kinds of events.
const (
	EventDelivered  = "delivered"  // a letter was shown to, or printed for, its person
	EventStatistics = "statistics" // what a day's visits were, counted
)

// Heartbeat is how a terminal is, sent by PUT PathHeartbeat with each round of sync. The gateway keeps the last one.
type Heartbeat struct {
	Terminal    string            `json:"terminal"`
	At          time.Time         `json:"at"` // the terminal's clock
	ClockTrust  string            `json:"clock_trust"`
	Version     string            `json:"version"` // of the program
	Catalog     string            `json:"catalog"` // digest of the catalogue
	Queued      int               `json:"queued"`
	OldestAge   int64             `json:"oldest_age"` // seconds, 0 for none
	Quarantined int               `json:"quarantined"`
	Devices     map[string]string `json:"devices"` // "printer": "ready", "faulty: cover open"
	Paper       string            `json:"paper"`   // unknown, ok, low, end
	DiskFree    int64             `json:"disk_free"`
	Audit       AuditHead         `json:"audit"`
}

// AuditHead is the newest record of a terminal's audit chain. A head that was once reported must stay in the chain.
type AuditHead struct {
	Seq  uint64 `json:"seq"`  // 0 for an empty chain
	Hash string `json:"hash"` // SM3, hex
}
