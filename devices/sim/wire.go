package sim

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// FaultKind names what happens to what a device sends, on its way to the host.
type FaultKind int

// Faults of a line. The unit that they happen to is one reply of a reader, one answer of a printer, one code of a scanner.
const (
	Silence       FaultKind = iota + 1 // it is not sent at all
	WrongChecksum                      // its last byte is wrong
	WrongLength                        // a reader's Len is larger by At (smaller, if negative); the checksum is right
	Late                               // what follows byte At comes Pause later
	ByteByByte                         // every byte comes Pause after the one before
	ExtraPreamble                      // At more bytes AA stand before it
	Truncated                          // what follows byte At never comes
	Twice                              // it is sent twice
	NoiseBefore                        // At bytes of noise (or Bytes) stand before it
	NoiseAfter                         // the same, behind it
	Unplugged                          // the cable is pulled when byte At has gone out
)

// Fault is one trouble. At is counted in bytes; where it splits, 0 is the middle. Times is how often it happens, -1 for
// ever, 0 once.
type Fault struct {
	Kind  FaultKind
	Times int
	At    int
	Pause time.Duration
	Bytes []byte
}

// wire is the sending side of a device with what is wrong with it.
type wire struct {
	tty *TTY

	faultMu  sync.Mutex
	troubles []Fault
	rnd      *rand.Rand
}

// newWire makes a sound wire. The noise of two wires with the same seed is the same: tests can be repeated.
func newWire(tty *TTY) wire { return wire{tty: tty, rnd: rand.New(rand.NewPCG(1, 2))} }

// Inject adds a fault to those that wait to happen. All that apply to one reply happen to it together.
func (w *wire) Inject(f Fault) {
	if f.Times == 0 {
		f.Times = 1
	}
	w.faultMu.Lock()
	defer w.faultMu.Unlock()
	w.troubles = append(w.troubles, f)
}

// Mend forgets all injected faults.
func (w *wire) Mend() {
	w.faultMu.Lock()
	defer w.faultMu.Unlock()
	w.troubles = nil
}

// Noise sends n bytes of noise now, as a power strip does that is switched on.
func (w *wire) Noise(ctx context.Context, n int) error { return w.tty.Send(ctx, w.noise(n)) }

func (w *wire) noise(n int) []byte {
	w.faultMu.Lock()
	defer w.faultMu.Unlock()
	return noise(w.rnd, n)
}

func noise(rnd *rand.Rand, n int) []byte {
	b := make([]byte, max(n, 0))
	for i := range b {
		b[i] = byte(rnd.Uint32())
	}
	return b
}

// faults takes the faults that happen to the next reply.
func (w *wire) faults() []Fault {
	w.faultMu.Lock()
	defer w.faultMu.Unlock()
	now := slices.Clone(w.troubles)
	for i := range w.troubles {
		if w.troubles[i].Times > 0 {
			w.troubles[i].Times--
		}
	}
	w.troubles = slices.DeleteFunc(w.troubles, func(f Fault) bool { return f.Times == 0 })
	for i, f := range now {
		if (f.Kind == NoiseBefore || f.Kind == NoiseAfter) && f.Bytes == nil {
			now[i].Bytes = noise(w.rnd, max(f.At, 1))
		}
	}
	return now
}

// send puts one reply on the wire, with what happens to it.
func (w *wire) send(ctx context.Context, reply []byte) error {
	return w.run(ctx, plan(w.faults(), reply))
}

func (w *wire) run(ctx context.Context, steps []step) error {
	for _, s := range steps {
		if s.pause > 0 {
			if err := waitUntil(ctx, now().Add(s.pause)); err != nil {
				return err
			}
		}
		if err := w.tty.Send(ctx, s.bytes); err != nil {
			return err
		}
		if s.then != nil {
			s.then()
		}
		if s.unplug {
			return w.tty.HangUp()
		}
	}
	return nil
}

// step is what goes out together.
type step struct {
	pause  time.Duration // before it
	bytes  []byte
	then   func() // after it, may be nil
	unplug bool   // after it
}

// plan says how a reply goes over the wire: first what is changed of it, then what stands around it, then when it goes.
func plan(faults []Fault, reply []byte) []step {
	if len(reply) == 0 || has(faults, Silence) {
		return nil
	}
	b := slices.Clone(reply)
	for _, f := range faults {
		b = change(f, b)
	}
	if has(faults, Twice) {
		b = slices.Concat(b, b)
	}
	for _, f := range faults {
		b = surround(f, b)
	}
	steps := []step{{bytes: b}}
	for _, f := range faults {
		steps = spread(f, steps)
	}
	return steps
}

func has(faults []Fault, k FaultKind) bool {
	return slices.ContainsFunc(faults, func(f Fault) bool { return f.Kind == k })
}

// change alters the reply itself.
func change(f Fault, b []byte) []byte {
	switch f.Kind {
	case WrongChecksum:
		b[len(b)-1] ^= 0x5A
	case WrongLength:
		lie(b, f.At)
	case Truncated:
		return b[:f.split(len(b))]
	default:
	}
	return b
}

// lie alters the Len of a reader's reply and puts the checksum right, so that only the length is wrong.
func lie(b []byte, by int) {
	const at = 5 // behind the preamble
	if len(b) < at+3 {
		return
	}
	n := int(b[at])<<8 | int(b[at+1])
	old := b[at] ^ b[at+1]
	b[at], b[at+1] = byte((n+by)>>8), byte(n+by)
	b[len(b)-1] ^= old ^ b[at] ^ b[at+1]
}

func surround(f Fault, b []byte) []byte {
	switch f.Kind {
	case ExtraPreamble:
		return append(slices.Repeat([]byte{0xAA}, max(f.At, 1)), b...)
	case NoiseBefore:
		return slices.Concat(f.Bytes, b)
	case NoiseAfter:
		return slices.Concat(b, f.Bytes)
	default:
		return b
	}
}

// spread alters when the bytes go. Positions are counted over all that goes out.
func spread(f Fault, steps []step) []step {
	switch f.Kind {
	case Late:
		before, after := cut(steps, f.split(size(steps)))
		if len(after) > 0 {
			after[0].pause += f.Pause
		}
		return append(before, after...)
	case ByteByByte:
		var out []step
		for _, s := range steps {
			for i := range s.bytes {
				one := step{bytes: s.bytes[i : i+1], pause: f.Pause}
				if i == 0 {
					one.pause = s.pause
				}
				out = append(out, one)
			}
		}
		return out
	case Unplugged:
		before, _ := cut(steps, f.split(size(steps)))
		if len(before) > 0 {
			before[len(before)-1].unplug = true
		}
		return before
	default:
		return steps
	}
}

// split is where a fault splits n bytes.
func (f Fault) split(n int) int {
	if f.At <= 0 {
		return n / 2
	}
	return min(f.At, n)
}

func size(steps []step) (n int) {
	for _, s := range steps {
		n += len(s.bytes)
	}
	return n
}

// cut cuts steps behind n bytes.
func cut(steps []step, n int) (before, after []step) {
	for i, s := range steps {
		if n >= len(s.bytes) {
			n -= len(s.bytes)
			continue
		}
		before = slices.Clone(steps[:i])
		if n > 0 {
			before = append(before, step{pause: s.pause, bytes: s.bytes[:n]})
			s.pause = 0
		}
		s.bytes = s.bytes[n:]
		return before, append([]step{s}, steps[i+1:]...)
	}
	return steps, nil
}
