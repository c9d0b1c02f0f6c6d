package sim

import (
	"time"

	"zhizhu/devices/idcard/sam"
)

// CardFaults scripts what a reader does otherwise than a sound one. Counts are counted down as they happen, -1 is for
// ever; zero is no trouble.
type CardFaults struct {
	Silent      int // replies that are not sent at all
	BadChecksum int // replies with a wrong checksum
	Torn        int // replies in two halves, TornPause apart
	TornPause   time.Duration
	LostTail    int    // replies of which the second half never comes
	Garbage     []byte // sent before every reply
	Busy        int    // Finds answered 80 though a card lies there
	SelectFails int    // Selects answered 81
	ReadFails   int    // ReadTexts answered 41
	HangUpRead  int    // readings in the middle of which the plug is pulled
	Dead        sam.Status
	// AlwaysFinds makes Find answer 9F for as long as a card lies there, read or not, as some readers do.
	AlwaysFinds bool
	// NoIIN makes Find answer without data.
	NoIIN bool
	// Think is how long the module works before it answers a reading. Real ones need most of a second.
	Think time.Duration
	// Latency is how long it works before it answers anything.
	Latency time.Duration
	// LongForm answers ReadText in the form of ReadAll: 1297 bytes for a card without prints (protocols.md A8).
	LongForm bool
	// NoAddress leaves ReadAddress without an answer, as readers do that don't know it.
	NoAddress bool
	// LiftAfter takes the card away when so many bytes of its next reading have gone out: the rest never comes. -1 takes it
	// away before the first: the reading is answered 41.
	LiftAfter int
	// Answers are given instead of what the reader would say, the first that fits first.
	Answers []Answer
}

// Answer is a scripted reply to one command, Times times (-1 for ever).
type Answer struct {
	Op    sam.Op // 0 fits every command
	Reply sam.Reply
	Times int
}

// scripted takes the scripted reply to a command, if there is one.
func (f *CardFaults) scripted(op sam.Op) (sam.Reply, bool) {
	for i := range f.Answers {
		a := &f.Answers[i]
		if (a.Op == 0 || a.Op == op) && take(&a.Times) {
			return a.Reply, true
		}
	}
	return sam.Reply{}, false
}

// StatusOp is the command to which a reader answers with a status, 0 for those that answer any command.
func StatusOp(s sam.Status) sam.Op {
	switch s {
	case sam.Found, sam.NoCard:
		return sam.Find
	case sam.SelectFailed, sam.UnknownCardType:
		return sam.Select
	case sam.CardRefusedSAM, sam.SAMRefusedCard, sam.BadInformation, sam.BadFingerprint, sam.BadItemLength, sam.ReadFailed, sam.RandomFailed:
		return sam.ReadText
	case sam.NoSuchItem:
		return sam.ReadAddress
	default:
		return 0
	}
}

// spoil takes the faults of the wire that the script holds. r.mu is held.
func (r *CardReader) spoil(req sam.Request) (out []Fault) {
	f := &r.faults
	add := func(on bool, fault Fault) {
		if on {
			out = append(out, fault)
		}
	}
	if take(&f.Silent) || f.NoAddress && req.Op == sam.ReadAddress {
		return []Fault{{Kind: Silence}}
	}
	add(take(&f.BadChecksum), Fault{Kind: WrongChecksum})
	add(len(f.Garbage) > 0, Fault{Kind: NoiseBefore, Bytes: f.Garbage})
	switch {
	case isRead(req.Op) && take(&f.HangUpRead):
		add(true, Fault{Kind: Unplugged})
	case take(&f.LostTail):
		add(true, Fault{Kind: Truncated})
	case take(&f.Torn):
		add(true, Fault{Kind: Late, Pause: f.TornPause})
	}
	return out
}
