package sync

import "time"

// Reason says how the line to the gateway is. It mirrors health.Upstream, value by value.
type Reason int

// Reasons. With all but OK, records wait in the outbox.
const (
	Unknown     Reason = iota // not tried yet
	OK                        // the gateway answers and takes records
	Unreachable               // no route, refused, time-out, cut
	DNS                       // the name can't be resolved
	Certificate               // not the server that was pinned, or its certificate is out of date
	Clock                     // the certificate's dates don't fit because this machine's clock is wrong
	Portal                    // something answers that isn't the gateway
	Refused                   // this terminal isn't (or no longer) registered there
	Busy                      // the gateway answers, but takes nothing now
	Unenrolled                // this machine has no certificate yet; never set here
)

// String names the reason for logs.
func (r Reason) String() string {
	names := [...]string{"unknown", "ok", "unreachable", "dns", "certificate", "clock", "portal", "refused", "busy", "unenrolled"}
	if r < 0 || int(r) >= len(names) {
		return "?"
	}
	return names[r]
}

// State is what the terminal says of its line and its outbox.
type State struct {
	Online bool // the gateway answers and takes records
	Reason Reason
	Detail string // the last trouble, for staff; no personal data

	Queued       int       // matters waiting
	Ratings      int       // ratings waiting
	Oldest       time.Time // lodging time of the first matter waiting
	Acknowledged int       // matters signed for since the data file was made
	Quarantined  int       // records set aside
	Feedback     int       // of Queued: 办不成事
	Events       int       // events waiting
	Blobs        int       // attachments waiting
	BlobBytes    int64     // of attachments that wait or are set aside

	Faults Faults // what goes wrong beside the records

	// ServerOffset is the gateway's time minus this machine's. It is good to about a second, and true only while
	// OffsetKnown. It lives in memory: a machine that was switched off knows nothing of its clock.
	ServerOffset time.Duration
	OffsetKnown  bool
}

// Faults says what is wrong with the work beside the records, in words for staff, each empty when all is well. None of it
// holds up a record, and none of it holds personal data.
type Faults struct {
	Events    string
	Blobs     string
	Mailbox   string // also names post that can't be proven to be the gateway's
	Heartbeat string
	Renewal   string
}

// clockGood is how far a clock may be off to be called right. Date headers have seconds.
const clockGood = 5 * time.Second

// ClockTrust says how the machine's clock is known, in the words of wire.Matter.ClockTrust.
func (s State) ClockTrust() string {
	switch {
	case !s.OffsetKnown:
		return "unknown"
	case s.ServerOffset.Abs() <= clockGood:
		return "synced"
	}
	return "offset"
}
