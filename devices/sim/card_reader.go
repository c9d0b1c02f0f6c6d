package sim

import (
	"context"
	"encoding/binary"
	"fmt"
	"sync"
	"unicode/utf16"

	"zhizhu/devices"
	"zhizhu/devices/idcard/sam"
)

// CardReader plays a card reader with a SAM: one card lies on it, or none. It behaves as protocols.md A4 says of real
// ones: after a successful reading the same card doesn't answer Find until it has left the field, while ReadText still
// reads it, because it is selected; ReadText of a card that was never selected fails with 41.
//
// What happens to its replies on the wire is scripted by Inject, what it says by Fail and Adjust.
type CardReader struct {
	wire
	home int // the speed that it wakes up at

	mu       sync.Mutex
	card     *cardOn
	faults   CardFaults
	commands int
	reads    int
}

// cardOn is a card in the field.
type cardOn struct {
	data            []byte // of the reply to ReadText
	long            []byte // of the reply to ReadAll
	address         []byte // of the reply to ReadAddress, nil if there is none
	found, selected bool
	read            bool // since it was laid: Find doesn't answer any more
	unknown         bool
}

// NewCardReader plays a reader on tty, which stays the caller's to close.
func NewCardReader(tty *TTY) *CardReader { return &CardReader{wire: newWire(tty), home: tty.Baud()} }

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
	r.lay(&cardOn{
		data: sam.AppendReading(nil, all, false), long: sam.AppendReading(nil, all, true), address: appended(c.LatestAddress),
	})
	return nil
}

// appended is the record of an appended address: 70 bytes of UTF-16LE, padded with spaces.
func appended(address string) []byte {
	if address == "" {
		return nil
	}
	var b []byte
	for _, u := range utf16.Encode([]rune(address)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	for len(b) < 70 {
		b = append(b, ' ', 0)
	}
	return b[:70]
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

// Adjust changes what goes wrong, and leaves the rest of it.
func (r *CardReader) Adjust(change func(*CardFaults)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(&r.faults)
}

// PowerCycle forgets the selection and the speed that the host has set. What lies there must be found again. banner is
// what comes out of the reader while it wakes up, before it listens.
func (r *CardReader) PowerCycle(ctx context.Context, banner []byte) error {
	r.mu.Lock()
	if r.card != nil {
		r.card.found, r.card.selected, r.card.read = false, false, false
	}
	r.mu.Unlock()
	r.tty.SetBaud(r.home)
	return r.tty.Send(ctx, banner)
}

// Readings is how many times a card's text was given so far.
func (r *CardReader) Readings() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.reads
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
		dropped := dec.Dropped
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
		if dec.Dropped > dropped {
			// The module says that it didn't understand. A pulled cable here is no reason to end.
			if err := r.send(ctx, sam.AppendReply(nil, sam.Reply{Status: sam.BadChecksum})); err != nil && ctx.Err() != nil {
				return ctx.Err()
			}
		}
	}
}

// serve answers one request. Being unplugged in the middle is no reason to end.
func (r *CardReader) serve(ctx context.Context, req sam.Request) error {
	r.mu.Lock()
	r.commands++
	card := r.card
	reply := r.answer(req)
	wait := r.faults.Latency
	if isRead(req.Op) && reply.Status == sam.OK {
		wait += r.faults.Think
	}
	injected := append(r.spoil(req), r.wire.faults()...)
	lift := 0
	if isRead(req.Op) && reply.Status == sam.OK {
		lift, r.faults.LiftAfter = r.faults.LiftAfter, 0
		r.reads++
	}
	r.mu.Unlock()
	if err := waitUntil(ctx, now().Add(wait)); err != nil {
		return err
	}
	steps := plan(injected, sam.AppendReply(nil, reply))
	if lift > 0 {
		if steps, _ = cut(steps, lift); len(steps) > 0 {
			steps[len(steps)-1].then = func() { r.takeAway(card) }
		}
	}
	if err := r.run(ctx, steps); err != nil {
		return err
	}
	if n := int(req.Op &^ sam.SetBaud); req.Op&^7 == sam.SetBaud && reply.Status == sam.OK && r.tty.Baud() > 0 {
		r.tty.SetBaud(sam.Bauds()[n])
	}
	return nil
}

func isRead(op sam.Op) bool { return op == sam.ReadText || op == sam.ReadAll }

// takeAway lifts a card, unless another lies there by now.
func (r *CardReader) takeAway(c *cardOn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.card == c {
		r.card = nil
	}
}

// answer is what a sound reader says. r.mu is held.
func (r *CardReader) answer(req sam.Request) sam.Reply {
	if r.faults.Dead != 0 {
		return sam.Reply{Status: r.faults.Dead}
	}
	if reply, ok := r.faults.scripted(req.Op); ok {
		return reply
	}
	switch req.Op {
	case sam.StatusSAM:
		return sam.Reply{Status: sam.OK}
	case sam.ResetSAM:
		if r.card != nil {
			r.card.found, r.card.selected = false, false
		}
		return sam.Reply{Status: sam.OK}
	case sam.SetRFFrame:
		if len(req.Data) != 1 {
			return sam.Reply{Status: sam.BadLength}
		}
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
		return r.latest()
	default:
		if n := int(req.Op &^ sam.SetBaud); req.Op&^7 == sam.SetBaud && n < len(sam.Bauds()) {
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
	if r.faults.LiftAfter < 0 { // taken away before the module had it all
		r.card, r.faults.LiftAfter = nil, 0
		return sam.Reply{Status: sam.ReadFailed}
	}
	c.read = true
	if op == sam.ReadAll || r.faults.LongForm {
		return sam.Reply{Status: sam.OK, Data: c.long}
	}
	return sam.Reply{Status: sam.OK, Data: c.data}
}

// latest answers ReadAddress.
func (r *CardReader) latest() sam.Reply {
	switch c := r.card; {
	case c != nil && c.address == nil:
		return sam.Reply{Status: sam.NoSuchItem}
	case c == nil || !c.selected:
		return sam.Reply{Status: sam.ReadFailed}
	default:
		return sam.Reply{Status: sam.OK, Data: c.address}
	}
}

// take counts a fault down and says whether it happens now. -1 never ends.
func take(n *int) bool {
	if *n > 0 {
		*n--
		return true
	}
	return *n < 0
}
