package printer_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"zhizhu/devices/sim/paper"
)

// model is a printer on a line without a kernel, in a synctest bubble: for faults that last long, on makes that differ.
// It was written from protocols.md without regard to devices/sim: real-time commands are obeyed wherever they stand in
// the stream, everything else in its turn, at the print head's speed, out of a small buffer.
type model struct {
	traits
	replies chan []byte

	mu      sync.Mutex
	changed chan struct{}
	faults
	buffer  []byte
	partly  []byte // of a command that is being worked off as it comes
	window  []byte // last bytes received, for real-time commands
	xoff    bool
	auto    byte
	strip   []byte
	slips   [][]byte
	unknown []error
	lost    int
	got     int    // bytes received
	head    []byte // last bytes outside pictures
	inside  int    // bytes of a picture that are still to come
	alarms  map[int]func(*model)
}

// traits is the make.
type traits struct {
	baud        int
	dots        int // a second; 0 takes no time
	buffer      int
	xoffAt      int  // bytes at which it sends XOFF; 0 is three quarters of the buffer
	noMarks     bool // ignores GS I
	noAuto      bool // ignores GS a
	noRoll      bool // ignores GS r
	noRealTime  bool // ignores DLE EOT
	onlyPaper   bool // answers DLE EOT 4 only
	muteOffline bool // answers DLE EOT only while it is online
	greets      bool // sends XON when it is switched on
	dataDeaf    bool // takes a DLE EOT inside a picture for a part of it
	noFlow      bool // sends no XOFF
	noRecover   bool // ignores DLE ENQ
	noFont      bool
	drawer      bool // 16 instead of 12
	late        time.Duration
}

// faults is what is wrong now.
type faults struct {
	cover, paperOut, nearEnd, jam, jamNext, hot, off bool
	silent                                           bool // says nothing any more, prints on
	held                                             bool // XOFF for no reason
}

func newModel(t traits) *model {
	if t.baud == 0 {
		t.baud = 115200
	}
	if t.buffer == 0 {
		t.buffer = 4096
	}
	return &model{traits: t, replies: make(chan []byte, 4096), changed: make(chan struct{}), alarms: map[int]func(*model){}}
}

func (m *model) Baud() int    { return m.baud }
func (m *model) Path() string { return "model" }

func (m *model) Read(ctx context.Context, p []byte) (int, error) {
	select {
	case b := <-m.replies:
		return copy(p, b), nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

func (m *model) Write(ctx context.Context, p []byte) error {
	for len(p) > 0 {
		n := min(len(p), 32)
		select {
		case <-time.After(time.Duration(n) * 10 * time.Second / time.Duration(m.baud)):
		case <-ctx.Done():
			return ctx.Err()
		}
		m.mu.Lock()
		for _, b := range p[:n] {
			m.receive(b)
		}
		m.flow()
		m.tell()
		m.mu.Unlock()
		p = p[n:]
	}
	return nil
}

func (m *model) tell() {
	close(m.changed)
	m.changed = make(chan struct{})
}

// change lets something happen to the printer.
func (m *model) change(f func(*model)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	before := m.block()
	f(m)
	if m.auto != 0 && m.block() != before {
		b := m.block()
		m.reply(b[:]...)
	}
	m.flow()
	m.tell()
}

func (m *model) reply(b ...byte) {
	if m.silent || m.off {
		return
	}
	if m.late > 0 {
		time.AfterFunc(m.late, func() { m.replies <- b })
		return
	}
	m.replies <- b
}

func (m *model) offline() bool { return m.cover || m.paperOut || m.jam || m.hot }

func (m *model) receive(b byte) {
	m.got++
	if f := m.alarms[m.got]; f != nil {
		delete(m.alarms, m.got)
		before := m.block()
		if f(m); m.auto != 0 && m.block() != before {
			b := m.block()
			m.reply(b[:]...)
		}
	}
	if m.off {
		return
	}
	if m.window = append(m.window, b); len(m.window) > 3 {
		m.window = m.window[1:]
	}
	if len(m.buffer) >= m.traits.buffer {
		m.lost++
	} else {
		m.buffer = append(m.buffer, b)
	}
	if m.picture(b) && m.dataDeaf {
		m.window = nil
	}
	if w := m.window; len(w) == 3 && w[0] == 0x10 && (w[1] == 0x04 && b >= 1 && b <= 4 || w[1] == 0x05 && b <= 2) {
		m.window = nil
		m.now(w[1], b)
	}
}

// picture says that b is inside a picture.
func (m *model) picture(b byte) bool {
	if m.inside > 0 {
		m.inside--
		return true
	}
	if m.head = append(m.head, b); len(m.head) > 8 {
		m.head = m.head[1:]
	}
	if h := m.head; len(h) == 8 && h[0] == 0x1d && h[1] == 'v' && h[2] == '0' {
		m.inside = (int(h[4]) + int(h[5])<<8) * (int(h[6]) + int(h[7])<<8)
		m.head = nil
	}
	return false
}

// now obeys a real-time command.
func (m *model) now(what, n byte) {
	switch {
	case what == 0x05 && !m.noRecover:
		m.jam = false
		if n == 2 {
			m.buffer = nil
			if len(m.partly) < 8 || m.partly[0] != 0x1d {
				m.partly = nil
			}
		}
	case what != 0x04, m.noRealTime, m.onlyPaper && n != 4, m.muteOffline && m.offline():
	default:
		m.reply(m.realTime(n))
	}
}

func bit(on bool, b byte) byte {
	if on {
		return b
	}
	return 0
}

func (m *model) realTime(n byte) byte {
	switch n {
	case 1:
		return 0x12 | bit(m.drawer, 0x04) | bit(m.offline(), 0x08)
	case 2:
		return 0x12 | bit(m.cover, 0x04) | bit(m.paperOut, 0x20) | bit(m.jam || m.hot, 0x40)
	case 3:
		return 0x12 | bit(m.jam, 0x08) | bit(m.hot, 0x40)
	}
	return 0x12 | bit(m.nearEnd || m.paperOut, 0x0c) | bit(m.paperOut, 0x60)
}

func (m *model) block() [4]byte {
	return [4]byte{
		0x10 | bit(m.drawer, 0x04) | bit(m.offline(), 0x08) | bit(m.cover, 0x20), bit(m.jam, 0x08) | bit(m.hot, 0x40),
		bit(m.nearEnd || m.paperOut, 0x03) | bit(m.paperOut, 0x0c), 0x0f,
	}
}

func (m *model) xoffAt() int {
	if m.traits.xoffAt > 0 {
		return m.traits.xoffAt
	}
	return m.traits.buffer * 3 / 4
}

// flow sends XOFF at three quarters and while offline, XON at a quarter.
func (m *model) flow() {
	want := m.xoff
	switch {
	case m.held, !m.noFlow && (m.offline() || len(m.buffer) > m.xoffAt()):
		want = true
	case len(m.buffer) <= m.xoffAt()/3:
		want = false
	}
	if want != m.xoff {
		m.xoff = want
		m.reply(map[bool]byte{true: 0x13, false: 0x11}[want])
	}
}

// start lets the printer work until stop is called.
func (m *model) start(t *testing.T) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		m.serve(ctx)
	}()
	return func() {
		cancel()
		<-done
	}
}

// serve prints until ctx ends.
func (m *model) serve(ctx context.Context) {
	for {
		m.mu.Lock()
		wait, changed := m.work(), m.changed
		m.mu.Unlock()
		if wait > 0 {
			changed = nil
		}
		var timer <-chan time.Time
		if wait > 0 {
			timer = time.After(wait)
		}
		select {
		case <-ctx.Done():
			return
		case <-changed:
		case <-timer:
		}
	}
}

// work obeys what is in the buffer, up to a command that takes time.
func (m *model) work() time.Duration {
	for len(m.buffer) > 0 && !m.offline() && !m.off {
		m.partly, m.buffer = append(m.partly, m.buffer...), nil
		c, n, err := paper.Next(m.partly)
		var bad *paper.UnknownError
		switch {
		case errors.As(err, &bad):
			m.unknown = append(m.unknown, err)
			n = max(n, 1)
		case err != nil:
			m.flow()
			return 0
		}
		whole := slices.Clone(m.partly[:n])
		m.partly, m.buffer = nil, slices.Clone(m.partly[n:])
		m.flow()
		if err != nil {
			continue
		}
		if rows := m.obey(c, whole); rows > 0 && m.dots > 0 {
			return time.Duration(rows) * time.Second / time.Duration(m.dots)
		}
	}
	return 0
}

// obey returns how far the paper moves.
func (m *model) obey(c paper.Command, whole []byte) int {
	switch c.Op {
	case paper.OpIdentify:
		if !m.noMarks && c.N == 2 {
			m.reply(0x02 | bit(!m.noFont, 0x01))
		}
		return 0
	case paper.OpAutoStatus:
		if m.auto = byte(c.N); !m.noAuto && c.N != 0 {
			b := m.block()
			m.reply(b[:]...)
		}
		if m.noAuto {
			m.auto = 0
		}
		return 0
	case paper.OpPaperStatus:
		if !m.noRoll {
			m.reply(bit(m.nearEnd, 0x03))
		}
		return 0
	case paper.OpStatus, paper.OpRecover:
		return 0
	case paper.OpCut:
		if m.jamNext {
			m.jamNext, m.jam = false, true
			if b := m.block(); m.auto != 0 {
				m.reply(b[:]...)
			}
			return 0
		}
		m.slips = append(m.slips, append(m.strip, whole...))
		m.strip = nil
		return 100
	default:
	}
	m.strip = append(m.strip, whole...)
	switch c.Op {
	case paper.OpLineFeed:
		return 30
	case paper.OpFeedLines:
		return 30 * c.N
	case paper.OpRaster:
		return c.H * (1 + c.N>>1)
	default:
		return 0
	}
}

// powerCycle switches the printer off for a time: what it held is forgotten, what is on its paper stays there.
func (m *model) powerCycle(d time.Duration) {
	m.off, m.buffer, m.partly, m.window, m.xoff, m.auto = true, nil, nil, nil, false, 0
	m.head, m.inside = nil, 0
	time.AfterFunc(d, func() {
		m.change(func(m *model) {
			m.off = false
			if m.greets {
				m.reply(0x11)
			}
		})
	})
}

// out is what has been cut off so far.
func (m *model) out() [][]byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.slips)
}

// at lets something happen when n more bytes have come.
func (m *model) at(n int, f func(*model)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.alarms[m.got+n] = f
}

// spell lets f hold for a while.
func spell(d time.Duration, f func(*model, bool)) func(*model) {
	return func(m *model) {
		f(m, true)
		time.AfterFunc(d, func() { m.change(func(m *model) { f(m, false) }) })
	}
}

// holds tells whether one of the slips has text, as the bytes of the printer's font.
func holds(slips [][]byte, text string) bool {
	b, err := simplifiedchinese.GBK.NewEncoder().Bytes([]byte(text))
	return err == nil && slices.ContainsFunc(slips, func(s []byte) bool { return bytes.Contains(s, b) })
}
