package frame

import "bytes"

// Family is a maker's way of speaking.
type Family int

// Families.
const (
	NoFamily Family = iota
	GM
	SSI
	Newland
	Honeywell
)

// Kind says what a frame from a scanner is.
type Kind int

// Kinds of frames.
const (
	Ack  Kind = iota + 1 // a command was obeyed; Data is what was asked for, if anything was
	Nak                  // a command was refused
	Code                 // a packet with a code, or a part of one
)

// Frame is one whole frame from a scanner. Data lies in the bytes that it was found in.
type Frame struct {
	Kind   Kind
	Family Family
	Len    int    // of the whole frame, in bytes
	Data   []byte // of Code: the code
	Again  bool   // of Code: the scanner has sent it before
	More   bool   // of Code: the next packet goes on with it
}

// Match says how bytes fit a frame.
type Match int

// Matches.
const (
	None    Match = iota // no frame begins here
	Partial              // what is here may become one
	Whole                // here it is
	Broken               // it has all its bytes, and its checksum is wrong
)

// Replies finds replies to commands. Echoes are the texts of commands that a Honeywell scanner sends back before its 06
// or 15; none where none is sent, since any text might be an echo.
type Replies struct{ Echoes [][]byte }

// Find looks for a frame at the beginning of p. At the beginning of a line, packets with codes are looked for as well.
func (r Replies) Find(p []byte, lineStart bool) (Frame, Match) {
	f, m := r.reply(p)
	if m == None && lineStart {
		f, m = ssiCode(p)
	}
	return f, m
}

// Candidate says whether a reply may begin with b in the middle of a line.
func Candidate(b byte) bool { return b == 0x02 || b == 0x04 || b == 0x05 }

func (r Replies) reply(p []byte) (Frame, Match) {
	best := None
	for _, find := range [...]func([]byte) (Frame, Match){gmReply, ssiAnswer, newlandReply, r.honeywell} {
		f, m := find(p)
		if m == Whole {
			return f, m
		}
		best = max(best, m)
	}
	return Frame{}, best
}

// begins says whether p begins with want, or want with p: what is there fits.
func begins(p []byte, want ...byte) bool {
	n := min(len(p), len(want))
	return n > 0 && bytes.Equal(p[:n], want[:n])
}
