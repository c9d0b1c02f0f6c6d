package printer

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"zhizhu/devices/printer/escpos"
)

// meeting is how a printer is got to know, a question at a time, between jobs. The answers come in turn, after all that
// was sent before the question: a printer that gives the one to stepFont can be asked it again, as a mark in the middle
// of a job.
type meeting struct {
	begun bool
	left  []step // what is still to be asked
	open  step   // the question that waits for its answer, 0 none
	at    time.Time

	marks  bool // it answers stepFont
	font   byte // with this
	auto   bool // it answers stepAuto: it tells of itself what changes
	pushes bool // auto has ever been
	roll   bool // it answers how its paper is, in turn
	turned bool // auto or roll has ever been
	facts  map[step]string
	over   chan struct{} // closed once it is known whether there is a Chinese font and whether changes are told, or that nobody will say
}

type step int

const (
	stepFont step = iota + 1
	stepAuto
	stepRoll
	stepMaker
	stepModel
	stepFirmware
	stepModelID
	stepVersion
)

func newMeeting() meeting { return meeting{facts: map[step]string{}, over: make(chan struct{})} }

// begin plans the questions. A printer that said nothing so far is asked in the other ways that there are, so few times
// that it is none the worse for not knowing them.
func (m *meeting) begin(silent bool) {
	m.begun, m.auto, m.roll = true, false, false
	m.left = []step{stepFont, stepAuto, stepFont, stepAuto, stepMaker, stepModel, stepFirmware, stepModelID, stepVersion}
	if silent {
		m.left = []step{stepFont, stepRoll, stepAuto, stepFont, stepRoll, stepAuto}
	}
}

// pointless says that there is no need to ask.
func (m *meeting) pointless(q step) bool {
	switch q {
	case stepFont:
		return m.marks
	case stepAuto:
		return m.auto
	case stepRoll:
		return m.roll
	case stepMaker, stepModel, stepFirmware:
		return !m.marks || m.facts[q] != ""
	case stepModelID, stepVersion: // for want of names
		return !m.marks || m.facts[q] != "" || m.facts[stepModel] != ""
	}
	return true
}

// meetDue says whether a question is due now.
func (s *session) meetDue() bool {
	m := &s.met
	if m.open != 0 && s.now().Sub(m.at) >= s.answer {
		m.open = 0
		s.late++
	}
	for len(m.left) > 0 && m.open == 0 && m.pointless(m.left[0]) {
		m.left = m.left[1:]
	}
	s.knowFont()
	return m.open == 0 && len(m.left) > 0 && s.clear()
}

// clear says that a command that waits its turn would be worked off at once.
func (s *session) clear() bool { return !s.held && !s.stuck() && s.worst() == 0 }

// pending says that an answer to q may still come.
func (m *meeting) pending(q step) bool {
	return !m.pointless(q) && (m.open == q || slices.Contains(m.left, q))
}

// knowFont ends the waiting of those who want to lay out a document and to print it.
func (s *session) knowFont() {
	m := &s.met
	if !m.begun || (m.pending(stepFont) || m.pending(stepAuto)) && s.clear() {
		return
	}
	select {
	case <-m.over:
	default:
		close(m.over)
	}
}

func (s *session) meet(ctx context.Context) error {
	m := &s.met
	m.open, m.at, m.left = m.left[0], s.now(), m.left[1:]
	s.forgetMarks() // one that was lost must not swallow the answer
	return s.line.Write(ctx, map[step][]byte{
		stepFont: escpos.Identify(), stepAuto: escpos.TellChanges(), stepRoll: escpos.Roll(),
		stepMaker: escpos.Ask(escpos.Maker), stepModel: escpos.Ask(escpos.Model), stepFirmware: escpos.Ask(escpos.Firmware),
		stepModelID: escpos.Ask(escpos.ModelID), stepVersion: escpos.Ask(escpos.Version),
	}[m.open])
}

// hearByte takes in a byte that answers a command that waited its turn: a mark, or the open question.
func (s *session) hearByte(b byte) {
	m := &s.met
	switch {
	case s.passed < s.sent && b == s.met.font: // noise, or what a printer says when it is switched on, is no mark
		s.passed++
		s.late = 0 // they would have come before
	case s.ask.open == rollQuestion:
		s.cond.Roll(b)
		s.ask.got |= 1 << rollQuestion
		s.ask.open = 0
	case m.open == stepRoll:
		s.cond.Roll(b)
		m.roll, m.turned, m.open = true, true, 0
	case m.open == stepModelID, m.open == stepVersion:
		m.facts[m.open] = fmt.Sprintf("%02X", b)
		m.open = 0
	case m.open == stepFont:
		s.hearFont(b)
	default:
		s.behind()
		return
	}
	s.silence = false
}

// hearAuto takes note that the printer tells how it is when it is asked to.
func (s *session) hearAuto() {
	if s.met.open == stepAuto {
		s.met.pushes, s.met.turned, s.met.open = true, true, 0
	}
	s.met.auto = s.met.auto || s.met.pushes
	if s.ask.open == autoQuestion {
		s.ask.got |= 1 << autoQuestion
		s.ask.open = 0
	}
}

func (s *session) hearFont(b byte) {
	s.met.marks, s.met.font, s.met.open = true, b, 0
	draw := !escpos.ChineseFont(b)
	s.p.mu.Lock()
	s.p.draw = draw
	s.p.mu.Unlock()
	s.log.Info("Printer identified", slog.Int("type", int(b)), slog.Bool("chinese", !draw))
}

// hearName takes in an answer in text.
func (s *session) hearName(name string) {
	m := &s.met
	switch m.open {
	case stepMaker, stepModel, stepFirmware:
		m.facts[m.open] = strings.TrimSpace(name)
		m.open = 0
	default:
		s.behind()
	}
}

// model is what the printer said of itself, for staff.
func (m *meeting) model() string {
	name := m.facts[stepModel]
	if maker := m.facts[stepMaker]; !strings.HasPrefix(name, maker) {
		name = strings.TrimSpace(maker + " " + name)
	}
	if v := m.facts[stepFirmware]; v != "" {
		name = strings.TrimSpace(name + " (" + v + ")")
	}
	if id := m.facts[stepModelID]; name == "" && id != "" {
		name = "ESC/POS " + id
		if v := m.facts[stepVersion]; v != "" {
			name += " (" + v + ")"
		}
	}
	return name
}

// settleMeeting waits for the answer to an open question if it could be taken for the answer to a mark.
func (s *session) settleMeeting(ctx context.Context) error {
	switch m := &s.met; m.open {
	case stepFont, stepRoll, stepModelID, stepVersion:
		_, err := s.pump(ctx, s.answer, func() bool { return m.open == 0 })
		if m.open != 0 {
			s.late++
		}
		m.open = 0
		return err
	default:
		return nil
	}
}

// fontWait is how long a job that comes with the line waits until it is known whether the printer has a Chinese font, and
// has been asked to tell what happens to it.
const fontWait = 2500 * time.Millisecond

func (s *session) awaitFont(ctx context.Context) {
	limit := time.NewTimer(fontWait)
	defer limit.Stop()
	select {
	case <-s.met.over:
	case <-s.over:
	case <-ctx.Done():
	case <-limit.C:
	}
}
