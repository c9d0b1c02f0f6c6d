package sim

import (
	"context"
	"fmt"
	"sync"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/idcard/sam"
)

// CardReader plays a card reader with a SAM: one card lies on it, or none. It behaves as protocols.md A4 says of real
// ones: after a successful reading the same card doesn't answer Find until it has left the field, while ReadText still
// reads it, because it is selected; ReadText of a card that was never selected fails with 41.
type CardReader struct {
	tty *TTY

	mu       sync.Mutex
	card     *cardOn
	faults   CardFaults
	commands int
}

// CardFaults scripts trouble. Counts are counted down as they happen; zero is no trouble.
type CardFaults struct {
	Silent      int // replies that are not sent at all; -1 for ever
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
	// Think is how long the module works before it answers a ReadText. Real ones need most of a second.
	Think time.Duration
}

// cardOn is a card in the field.
type cardOn struct {
	data            []byte // of the reply to ReadText
	long            []byte // of the reply to ReadAll
	found, selected bool
	read            bool // since it was laid: Find doesn't answer any more
	unknown         bool
}

// NewCardReader plays a reader on tty, which stays the caller's to close.
func NewCardReader(tty *TTY) *CardReader { return &CardReader{tty: tty} }

// Lay lays a card on the reader, instead of one that lies there.
func (r *CardReader) Lay(c devices.Card) error {
	text, err := sam.EncodeText(c)
	if err != nil {
		return fmt.Errorf("lay card: %w", err)
	}
	photo := c.Photo
	if len(photo) == 0 {
		photo = make([]byte, 1024)
	}
	all := sam.Reading{Text: text, Photo: photo, Fingerprint: c.Fingerprint}
	r.lay(&cardOn{data: sam.AppendReading(nil, all, false), long: sam.AppendReading(nil, all, true)})
	return nil
}

// LayData lays a card whose ReadText and ReadAll are answered with these data, whatever they are.
func (r *CardReader) LayData(data []byte) { r.lay(&cardOn{data: data, long: data}) }

// LayUnknown lays something that is no ID card: Find sees it, Select answers 40.
func (r *CardReader) LayUnknown() { r.lay(&cardOn{unknown: true}) }

func (r *CardReader) lay(c *cardOn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.card = c
}

// Lift takes the card away.
func (r *CardReader) Lift() { r.lay(nil) }

// Fail scripts what goes wrong from now on.
func (r *CardReader) Fail(f CardFaults) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.faults = f
}

// Commands is how many requests were answered or swallowed so far.
func (r *CardReader) Commands() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.commands
}

// Serve answers requests until ctx ends or the TTY is closed.
func (r *CardReader) Serve(ctx context.Context) error {
	dec := sam.Decoder{Requests: true}
	buf := make([]byte, 256)
	for {
		n, err := r.tty.Recv(ctx, buf)
		if err != nil {
			return err
		}
		dec.Write(buf[:n])
		for body, ok := dec.Next(); ok; body, ok = dec.Next() {
			req, err := sam.ParseRequest(body)
			if err != nil {
				continue
			}
			if err := r.serve(ctx, req); err != nil && ctx.Err() != nil {
				return ctx.Err()
			}
		}
	}
}

// serve answers one request. Being unplugged in the middle is no reason to end.
func (r *CardReader) serve(ctx context.Context, req sam.Request) error {
	r.mu.Lock()
	r.commands++
	reply := r.answer(req)
	think := time.Duration(0)
	if req.Op == sam.ReadText && reply.Status == sam.OK {
		think = r.faults.Think
	}
	plan := r.spoil(req, sam.AppendReply(nil, reply))
	r.mu.Unlock()
	if err := waitUntil(ctx, now().Add(think)); err != nil {
		return err
	}
	return r.send(ctx, plan)
}

// answer is what a sound reader says. r.mu is held.
func (r *CardReader) answer(req sam.Request) sam.Reply {
	if r.faults.Dead != 0 {
		return sam.Reply{Status: r.faults.Dead}
	}
	switch req.Op {
	case sam.ResetSAM, sam.StatusSAM, sam.SetRFFrame:
		return sam.Reply{Status: sam.OK}
	case sam.ReadID:
		return sam.Reply{Status: sam.OK, Data: sam.AppendID(nil, 5, 3, 20240101, 1234567, 7654321)}
	case sam.Find:
		return r.find()
	case sam.Select:
		return r.choose()
	case sam.ReadText, sam.ReadAll:
		return r.read(req.Op)
	case sam.ReadAddress:
		return sam.Reply{Status: sam.NoSuchItem}
	default:
		if req.Op&^7 == sam.SetBaud {
			return sam.Reply{Status: sam.OK}
		}
		return sam.Reply{Status: sam.BadCommand}
	}
}

func (r *CardReader) find() sam.Reply {
	c := r.card
	if c == nil || c.read && !r.faults.AlwaysFinds || take(&r.faults.Busy) {
		return sam.Reply{Status: sam.NoCard}
	}
	c.found = true
	if r.faults.NoIIN {
		return sam.Reply{Status: sam.Found}
	}
	return sam.Reply{Status: sam.Found, Data: make([]byte, 4)}
}

func (r *CardReader) choose() sam.Reply {
	c := r.card
	switch {
	case c == nil || !c.found || take(&r.faults.SelectFails):
		return sam.Reply{Status: sam.SelectFailed}
	case c.unknown:
		return sam.Reply{Status: sam.UnknownCardType}
	}
	c.selected = true
	return sam.Reply{Status: sam.OK, Data: []byte{0, 0, 0, 1, 2, 3, 4, 5}}
}

func (r *CardReader) read(op sam.Op) sam.Reply {
	c := r.card
	if c == nil || !c.selected || take(&r.faults.ReadFails) {
		return sam.Reply{Status: sam.ReadFailed}
	}
	c.read = true
	if op == sam.ReadAll {
		return sam.Reply{Status: sam.OK, Data: c.long}
	}
	return sam.Reply{Status: sam.OK, Data: c.data}
}

// take counts a fault down and says whether it happens now. -1 never ends.
func take(n *int) bool {
	if *n > 0 {
		*n--
		return true
	}
	return *n < 0
}
