package idcard_test

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/idcard"
	"zhizhu/devices/idcard/sam"
)

// module is a reader in memory, for tests of long times: with its line it lives in a synctest bubble. It is the SAM of
// protocols.md A4, with what real ones do differently.
type module struct {
	mu       sync.Mutex
	card     []byte // data of the reply to ReadText, nil for no card
	found    bool
	selected bool
	read     bool
	asked    map[sam.Op]int

	findsRead  bool                                         // a card that was read goes on answering Find
	muteEmpty  bool                                         // a reading without a card is not answered
	address    []byte                                       // data of the reply to ReadAddress
	mute       map[sam.Op]bool                              // commands that are never answered
	think      map[sam.Op]time.Duration                     // before the answer
	instead    func(sam.Request) (reply sam.Reply, ok bool) // scripted answers
	send       func(in chan<- []byte, frame []byte)         // scripted delivery
	rawInstead func(sam.Request) []byte                     // scripted bytes, nil for nothing
	status     []byte                                       // what answers a printer's DLE EOT
}

func newModule() *module {
	return &module{asked: map[sam.Op]int{}, mute: map[sam.Op]bool{}, think: map[sam.Op]time.Duration{}}
}

func (m *module) lay(t *testing.T, c devices.Card) {
	t.Helper()
	text, err := sam.EncodeText(c)
	if err != nil {
		t.Fatal(err)
	}
	m.put(sam.AppendReading(nil, sam.Reading{Text: text, Photo: bytes.Repeat([]byte{0x57}, 1024)}, false))
}

func (m *module) lift() { m.put(nil) }

func (m *module) put(data []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.card, m.found, m.selected, m.read = data, false, false, false
}

func (m *module) count(op sam.Op) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.asked[op]
}

func (m *module) commands() (n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range m.asked {
		n += c
	}
	return n
}

// answer is the frame that goes back, and how long after the request.
func (m *module) answer(req sam.Request) ([]byte, time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asked[req.Op]++
	if m.rawInstead != nil {
		return m.rawInstead(req), 0
	}
	if m.mute[req.Op] || m.muteEmpty && m.card == nil && req.Op == sam.ReadText {
		return nil, 0
	}
	reply := m.reply(req.Op)
	if m.instead != nil {
		if r, ok := m.instead(req); ok {
			reply = r
		}
	}
	return sam.AppendReply(nil, reply), m.think[req.Op]
}

func (m *module) reply(op sam.Op) sam.Reply {
	switch op {
	case sam.Find:
		if m.card == nil || m.read && !m.findsRead {
			return sam.Reply{Status: sam.NoCard}
		}
		m.found = true
		return sam.Reply{Status: sam.Found, Data: []byte{0, 0, 0, 0}}
	case sam.Select:
		if m.card == nil || !m.found {
			return sam.Reply{Status: sam.SelectFailed}
		}
		m.selected = true
		return sam.Reply{Status: sam.OK, Data: make([]byte, 8)}
	case sam.ReadText:
		if m.card == nil || !m.selected {
			return sam.Reply{Status: sam.ReadFailed}
		}
		m.read = true
		return sam.Reply{Status: sam.OK, Data: m.card}
	case sam.ReadAddress:
		if m.card == nil || m.address == nil {
			return sam.Reply{Status: sam.NoSuchItem}
		}
		return sam.Reply{Status: sam.OK, Data: m.address}
	case sam.ReadID:
		return sam.Reply{Status: sam.OK, Data: sam.AppendID(nil, 5, 3, 20240101, 1, 2)}
	}
	return sam.Reply{Status: sam.OK}
}

// wire is a module's line.
type wire struct {
	m    *module
	dec  sam.Decoder
	in   chan []byte
	left []byte
	lost chan struct{}
	turn chan struct{}
}

func newWire(m *module) *wire {
	return &wire{m: m, dec: sam.Decoder{Requests: true}, in: make(chan []byte, 10000), lost: make(chan struct{}), turn: make(chan struct{}, 1)}
}

var errLost = &devices.Error{Device: "idcard", Kind: devices.HungUp, Op: "read"}

func (w *wire) Baud() int    { return 115200 }
func (w *wire) Path() string { return "memory" }

func (w *wire) Read(ctx context.Context, p []byte) (int, error) {
	if len(w.left) == 0 {
		select {
		case w.left = <-w.in:
		case <-w.lost:
			return 0, errLost
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
	n := copy(p, w.left)
	w.left = w.left[n:]
	return n, nil
}

func (w *wire) Write(ctx context.Context, p []byte) error {
	select {
	case <-w.lost:
		return errLost
	case <-ctx.Done():
		return ctx.Err()
	default:
	}
	if len(p) == 3 && p[0] == 0x10 && p[1] == 0x04 && len(w.m.status) > 0 {
		w.in <- bytes.Clone(w.m.status)
	}
	w.dec.Write(p)
	for body, ok := w.dec.Next(); ok; body, ok = w.dec.Next() {
		req, err := sam.ParseRequest(body)
		if err != nil {
			return err
		}
		if frame, after := w.m.answer(req); len(frame) > 0 {
			after += time.Duration(len(p)+len(frame)) * 10 * time.Second / 115200
			time.AfterFunc(after, func() { w.deliver(frame) })
		}
	}
	return nil
}

func (w *wire) deliver(frame []byte) {
	w.m.mu.Lock()
	send := w.m.send
	w.m.mu.Unlock()
	if send == nil {
		w.in <- frame
		return
	}
	w.turn <- struct{}{} // one reply after the other
	send(w.in, frame)
	<-w.turn
}

// bubble is a driver on a module in memory.
type bubble struct {
	*testing.T
	m      *module
	wire   *wire
	reader *idcard.Reader
	events chan devices.CardEvent
	status chan devices.Status
	ended  chan error
	cancel context.CancelFunc
}

func newBubble(t *testing.T, m *module, o idcard.Options) *bubble {
	t.Helper()
	b := &bubble{T: t, m: m, events: make(chan devices.CardEvent, 1000), status: make(chan devices.Status, 10000)}
	o.Now, o.OnEvent = time.Now, func(e devices.CardEvent) { b.events <- e }
	b.reader = idcard.New(o)
	b.plug()
	t.Cleanup(func() { b.cancel() })
	return b
}

// plug serves a new line.
func (b *bubble) plug() {
	ctx, cancel := context.WithCancel(b.Context())
	wire, ended := newWire(b.m), make(chan error, 1)
	b.wire, b.ended, b.cancel = wire, ended, cancel
	go func() { ended <- b.reader.Serve(ctx, wire, func(s devices.Status) { b.status <- s }) }()
}

func (b *bubble) end() {
	b.Helper()
	b.cancel()
	if err := <-b.ended; !errors.Is(err, context.Canceled) {
		b.Errorf("Serve returned %v", err)
	}
	<-time.After(time.Minute) // what was on the wire has come
}

func (b *bubble) lay(id string) devices.Card {
	b.Helper()
	c := persona(b.T, id)
	b.m.lay(b.T, c)
	return c
}

// want returns the next events, each within a time, and the last one's.
func (b *bubble) want(within time.Duration, kinds ...devices.CardEventKind) (e devices.CardEvent) {
	b.Helper()
	for _, k := range kinds {
		select {
		case e = <-b.events:
		case <-time.After(within):
			b.Fatalf("no event within %v, want %d", within, k)
		}
		if e.Kind != k {
			b.Fatalf("event %d, want %d", e.Kind, k)
		}
	}
	return e
}

func (b *bubble) next(within time.Duration) devices.CardEvent {
	b.Helper()
	select {
	case e := <-b.events:
		return e
	case <-time.After(within):
		b.Fatalf("no event within %v", within)
		return devices.CardEvent{}
	}
}

// nothing proves that no event comes for so long.
func (b *bubble) nothing(long time.Duration) {
	b.Helper()
	select {
	case e := <-b.events:
		b.Fatalf("event %d, want none", e.Kind)
	case <-time.After(long):
	}
}

// last is the newest status.
func (b *bubble) last() (s devices.Status) {
	for {
		select {
		case s = <-b.status:
		default:
			return s
		}
	}
}
