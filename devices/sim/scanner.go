package sim

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Scanner plays a serial scanner: it sends codes with a line end. Without a command set it swallows whatever the host
// says, as most scanners do that were never set up for commands.
//
// What happens to its codes on the wire is scripted by Inject.
type Scanner struct {
	wire
	// End closes every code: "\r" as most scanners do; "" for those that send none. Set it before Serve, or by Configure.
	End string

	mu       sync.Mutex
	traits   ScannerTraits
	on       bool   // triggered
	held     []byte // before the scanner now, nil if nothing is
	once     bool   // held was shown for one reading only
	sent     time.Time
	zones    map[uint16]byte // GM65
	acked    bool            // the host has acknowledged the last packet
	open     []byte          // what it has not yet acknowledged
	again    int             // how often that is sent again
	resendAt time.Time
	changed  chan struct{}
	counts   ScannerCounts
}

// ScannerTraits say what kind of scanner it is.
type ScannerTraits struct {
	Prefix   string
	Commands CommandSet
	// NeedsTrigger makes it read only when the host has told it to; the host may change that by a mode command.
	NeedsTrigger bool
	// Repeat makes it send what is held before it again and again, so often. 0 sends it once.
	Repeat time.Duration
	// Packets sends codes as SSI packets, which the host must acknowledge: else they come twice more.
	Packets bool
	// Deaf makes it obey without ever acknowledging.
	Deaf bool
	// Naks refuses every command.
	Naks bool
}

// ScannerCounts say what the host has done.
type ScannerCounts struct {
	Triggers int // commands to read
	Refused  int // commands with a wrong check sum, or refused
	Acks     int // acknowledged packets
}

// NewScanner plays a scanner on tty, which stays the caller's to close.
func NewScanner(tty *TTY) *Scanner {
	return &Scanner{wire: newWire(tty), End: "\r", zones: map[uint16]byte{}, changed: make(chan struct{}, 1)}
}

// Configure makes another model of the scanner.
func (s *Scanner) Configure(change func(t *ScannerTraits, end *string)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.traits, &s.End)
	s.wake()
}

// Counts is what the host has done so far.
func (s *Scanner) Counts() ScannerCounts {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counts
}

// Scan sends text as a scanner that has just read it; one that needs a trigger reads it when that comes. It is safe
// beside Serve.
func (s *Scanner) Scan(ctx context.Context, text string) error { return s.ScanBytes(ctx, []byte(text)) }

// ScanBytes sends a code of any bytes.
func (s *Scanner) ScanBytes(ctx context.Context, raw []byte) error {
	s.mu.Lock()
	if s.traits.NeedsTrigger && !s.on {
		s.held, s.once = slices.Clone(raw), true
		s.mu.Unlock()
		return nil
	}
	s.on = false
	s.mu.Unlock()
	return s.emit(ctx, raw)
}

// Hold holds a code before the scanner until Away.
func (s *Scanner) Hold(raw []byte) { s.show(slices.Clone(raw)) }

// Away takes away what is held before the scanner.
func (s *Scanner) Away() { s.show(nil) }

func (s *Scanner) show(raw []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held, s.once, s.sent = raw, false, time.Time{}
	s.wake()
}

// wake has the reading goroutine look again. s.mu is held.
func (s *Scanner) wake() {
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// emit sends one code.
func (s *Scanner) emit(ctx context.Context, raw []byte) error {
	s.mu.Lock()
	t, end := s.traits, s.End
	s.acked = false
	s.mu.Unlock()
	code := slices.Concat([]byte(t.Prefix), raw, []byte(end))
	if t.Packets {
		code = ssiPacket(raw, 0)
	}
	if err := s.send(ctx, code); err != nil {
		return fmt.Errorf("scan: %w", err)
	}
	if t.Packets {
		s.mu.Lock()
		s.open, s.again = slices.Clone(raw), 2
		s.resendAt = now().Add(ackWait)
		s.wake()
		s.mu.Unlock()
	}
	return nil
}

// ackWait is how long a host may take to acknowledge a packet. (Zebra's default is two seconds; a test shouldn't wait so
// long.)
const ackWait = 300 * time.Millisecond

// unanswered is the packet to send again, or how long to wait for its acknowledgement.
func (s *Scanner) unanswered() ([]byte, time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		return nil, 0
	}
	if s.acked || s.again == 0 {
		s.open = nil
		return nil, 0
	}
	if wait := s.resendAt.Sub(now()); wait > 0 {
		return nil, wait
	}
	s.again--
	s.resendAt = now().Add(ackWait)
	return ssiPacket(s.open, 1), 0
}

// Serve hears what the host says, and reads what is held, until ctx ends or the TTY is closed.
func (s *Scanner) Serve(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { s.look(ctx) })
	defer wg.Wait()
	defer stop()
	var in []byte
	buf := make([]byte, 64)
	for {
		n, err := s.tty.Recv(ctx, buf)
		if err != nil {
			return err
		}
		for in = append(in, buf[:n]...); len(in) > 0; {
			answer, used := s.hear(in)
			if used == 0 {
				break
			}
			in = in[used:]
			if err := s.send(ctx, answer); err != nil && ctx.Err() != nil {
				return ctx.Err()
			}
		}
	}
}

// look reads what is held, and sends again what was not acknowledged.
func (s *Scanner) look(ctx context.Context) {
	for {
		raw, wait := s.due()
		if raw != nil {
			_ = s.emit(ctx, raw) // an unplugged scanner reads on
			continue
		}
		packet, late := s.unanswered()
		if packet != nil {
			_ = s.send(ctx, packet)
			continue
		}
		if wait == 0 || late > 0 && late < wait {
			wait = late
		}
		var timer <-chan time.Time
		if wait > 0 {
			timer = time.After(wait)
		}
		select {
		case <-ctx.Done():
			return
		case <-s.changed:
		case <-timer:
		}
	}
}

// due is the code to read now, or how long to wait before another look.
func (s *Scanner) due() ([]byte, time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := now()
	switch {
	case s.held == nil, s.traits.NeedsTrigger && !s.on:
		return nil, 0
	case !s.sent.IsZero() && s.traits.Repeat <= 0:
		return nil, 0
	case !s.sent.IsZero() && at.Sub(s.sent) < s.traits.Repeat:
		return nil, s.traits.Repeat - at.Sub(s.sent)
	}
	raw := s.held
	s.sent, s.on = at, false
	if s.once {
		s.held, s.sent = nil, time.Time{}
	}
	return raw, 0
}

// hear takes in a command from the front of b: how many bytes it took (0 if more must come) and the answer to it.
func (s *Scanner) hear(b []byte) (answer []byte, used int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, used := s.traits.Commands.next(b)
	switch {
	case used == 0 || c.kind == nothing:
		return nil, used
	case c.kind == refused || s.traits.Naks:
		s.counts.Refused++
		answer = c.nak
	default:
		s.obey(c)
		answer = c.ack
	}
	if s.traits.Commands == GM65 && c.kind == readZone {
		answer = gmZones(c, s.zones)
	}
	if s.traits.Deaf {
		answer = nil
	}
	return bytes.Clone(answer), used
}

// obey does what a command says. s.mu is held.
func (s *Scanner) obey(c hostCommand) {
	switch c.kind {
	case triggerOn:
		s.counts.Triggers++
		s.on, s.sent = true, time.Time{}
	case triggerOff:
		s.on = false
	case modeTriggered:
		s.traits.NeedsTrigger = true
	case modeFree:
		s.traits.NeedsTrigger = false
	case packetAck:
		s.acked = true
		s.counts.Acks++
	default:
	}
	if c.kind == readZone {
		return
	}
	for i, v := range c.data {
		s.zones[c.zone+uint16(i)] = v //nolint:gosec // a frame holds at most 255
	}
	s.wake()
}
