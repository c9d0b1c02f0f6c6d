package scanner

import (
	"time"

	"zhizhu/devices/scanner/frame"
	"zhizhu/devices/scanner/profile"
)

// command is a frame to send.
type command struct {
	frame []byte
	wake  bool // the scanner may be asleep
}

const (
	// answerWait is how long an answer may take: some 10 ms on the wire, and what a scanner is busy with.
	answerWait = time.Second
	// codePause is how long after a code the scanner is told to read on: it has stopped by itself, and the resident
	// needs a moment to take the phone away.
	codePause = time.Second
	tries     = 2 // of each command
)

// step is one thing to tell the scanner.
type step int

const (
	idle step = iota
	setMode
	readZone
	writeZone
	lightOn
	lightOff
)

// talk is what is being said to a scanner of a profile with a trigger: which command is out, and what comes next. It
// knows no clock and no line: frames to send are appended to out, and after wait (0 is never) expired is to be called.
type talk struct {
	p    profile.Profile
	out  []command
	wait time.Duration
	turn int // counts settings of wait, so that the same again is told from the old one

	want  bool // codes are wanted
	lit   bool // the scanner was told to read
	ready bool // the mode is set
	lost  bool // it doesn't obey: left alone until codes are wanted anew
	doing step
	tried int
	zone  byte // the mode's byte as it was read
}

func newTalk(p profile.Profile, want bool) *talk {
	t := &talk{p: p, want: want}
	t.next()
	return t
}

// trigger tells whether codes are wanted.
func (t *talk) trigger(on bool) {
	if on == t.want {
		return
	}
	t.want = on
	if on {
		// The scanner may have been off and on meanwhile. SSI keeps the mode over that, in a memory that wears.
		t.ready = t.ready && !t.lost && t.p.Packets()
		t.lost, t.lit = false, t.lit && !t.lost
	}
	if t.doing == idle {
		t.next()
	}
}

// answered takes the scanner's answer to what is out.
func (t *talk) answered(f frame.Frame) {
	switch {
	case t.doing == idle || !t.fits(f):
	case f.Kind == frame.Nak:
		t.again()
	default:
		if t.doing == readZone {
			t.zone = f.Data[0]
		}
		t.done()
	}
}

// fits says whether a frame can be the answer to what is out.
func (t *talk) fits(f frame.Frame) bool {
	return f.Kind == frame.Nak || f.Kind == frame.Ack && (t.doing != readZone || len(f.Data) == 1)
}

// coded tells that a code has come: the scanner stops by itself then.
func (t *talk) coded() {
	if t.doing == idle && t.lit {
		t.after(codePause)
	}
}

// expired tells that wait is over.
func (t *talk) expired() {
	t.after(0)
	if t.doing != idle {
		t.again()
		return
	}
	t.lit = false
	t.next()
}

// next begins what is to be done next, if anything is.
func (t *talk) next() {
	t.doing = idle
	t.after(0)
	switch {
	case !t.p.Commands() || t.lost:
	case !t.ready && t.p.Zone != nil:
		t.begin(readZone)
	case !t.ready && len(t.p.Command) > 0:
		t.begin(setMode)
	case t.want && !t.lit:
		t.begin(lightOn)
	case !t.want && t.lit && len(t.p.Off) > 0:
		t.begin(lightOff)
	case t.want:
		t.after(t.p.Renew())
	}
}

func (t *talk) after(wait time.Duration) { t.wait, t.turn = wait, t.turn+1 }

func (t *talk) say(frame []byte) { t.out = append(t.out, command{frame, true}) }

func (t *talk) begin(s step) {
	t.doing, t.tried = s, 0
	t.send()
}

func (t *talk) send() {
	t.tried++
	t.say(t.frameOf(t.doing))
	t.after(answerWait + t.p.WakePause())
	if t.p.Silent && (t.doing == lightOn || t.doing == lightOff) {
		t.done()
	}
}

func (t *talk) frameOf(s step) []byte {
	switch s {
	case setMode:
		return t.p.Command
	case readZone:
		return t.p.Zone.Read()
	case writeZone:
		return t.p.Zone.Write(t.zone, false)
	case lightOn:
		return t.p.On
	case lightOff:
		return t.p.Off
	case idle:
	}
	return nil
}

// done goes on after a command that was obeyed.
func (t *talk) done() {
	switch t.doing {
	case readZone:
		if !t.p.Zone.Set(t.zone) {
			t.begin(writeZone)
			return
		}
		t.ready = true
	case setMode, writeZone:
		t.ready = true
	case lightOn:
		t.lit = true
	case lightOff:
		t.lit = false
	case idle:
	}
	t.next()
}

// again repeats a command that was refused or not answered, and at last leaves the scanner alone: it is told to read
// all the time, and whatever it sends is taken.
func (t *talk) again() {
	if t.tried < tries {
		t.send()
		return
	}
	if t.p.Zone != nil && t.doing != readZone {
		t.say(t.p.Zone.Write(t.zone, true))
	}
	if len(t.p.Continuous) > 0 {
		t.say(t.p.Continuous)
	}
	t.lost, t.lit = true, false
	t.next()
}
