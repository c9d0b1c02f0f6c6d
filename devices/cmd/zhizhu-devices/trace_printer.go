package main

import (
	"errors"
	"fmt"
	"strings"

	"zhizhu/devices/printer/escpos"
	"zhizhu/devices/sim/paper"
)

// printerMask tells what a printer and its host say. Of what is printed it tells only how much it is.
type printerMask struct {
	in     []byte // from the host, not yet a whole command
	asked  []int  // real-time questions that wait for an answer
	queued int    // other questions
	auto   bool   // the host has asked to be told unasked
	block  []byte // an automatic status that has begun
	text   bool   // the answer to GS I A to E has begun
	name   int    // such questions
}

func (m *printerMask) feed(from side, b []byte) (out []event) {
	if from == deviceSide {
		for _, v := range b {
			out = append(out, m.answer(v)...)
		}
		return out
	}
	m.in = append(m.in, b...)
	for len(m.in) > 0 {
		c, n, err := paper.Next(m.in)
		if errors.Is(err, paper.ErrShort) {
			return out
		}
		whole := m.in[:n]
		m.in = append([]byte(nil), m.in[n:]...)
		if err != nil {
			out = append(out, hidden(hostSide, n, "of an unknown command"))
			continue
		}
		out = append(out, m.command(c, whole))
	}
	return out
}

func (m *printerMask) flush() (out []event) {
	if n := len(m.in); n > 0 {
		m.in, out = nil, append(out, hidden(hostSide, n, "of a command without an end"))
	}
	return append(out, m.drop()...)
}

// command tells one command and masks what it carries.
func (m *printerMask) command(c paper.Command, whole []byte) event {
	e := event{side: hostSide, says: c.String(), bytes: append([]byte(nil), whole...)}
	switch c.Op {
	case paper.OpText:
		e.says = fmt.Sprintf("text of %d bytes, masked", len(whole))
		e.bytes = digits(len(whole))
	case paper.OpCode:
		if e.says = fmt.Sprintf("qr function %c", c.N); c.N == 'P' {
			e.says += fmt.Sprintf(", %d bytes, masked", len(c.Data)-1)
			copy(e.bytes[len(e.bytes)-len(c.Data)+1:], digits(len(c.Data)-1))
		}
	case paper.OpRaster, paper.OpGraphics:
		clear(e.bytes[len(e.bytes)-len(c.Data):])
	case paper.OpStatus:
		m.asked = append(m.asked, c.N)
		e.says = fmt.Sprintf("status %d?", c.N)
	case paper.OpIdentify:
		if c.N >= 'A' {
			m.name++
		} else {
			m.queued++
		}
	case paper.OpPaperStatus:
		m.queued++
	case paper.OpAutoStatus:
		m.auto = c.N != 0
	default:
	}
	return e
}

// answer tells one byte of a printer. Only what answers a question is shown: a stranger on this line might send codes.
func (m *printerMask) answer(b byte) []event {
	shown := func(format string, v ...any) []event {
		return append(m.drop(), event{side: deviceSide, says: fmt.Sprintf(format, v...), bytes: []byte{b}})
	}
	switch {
	case b == escpos.XON:
		return shown("XON: goes on")
	case b == escpos.XOFF:
		return shown("XOFF: takes no more")
	case m.text || m.name > 0 && b == 0x5f:
		return m.letter(b)
	case b&0x93 == 0x12 && len(m.asked) > 0:
		n := m.asked[0]
		m.asked = m.asked[1:]
		var c escpos.Condition
		c.RealTime(n, b)
		return shown("status %d: %02X %s", n, b, condition(c))
	case m.auto && (b&0x93 == 0x10 || len(m.block) > 0 && b&0x90 == 0):
		return m.automatic(b)
	case m.queued > 0 && b&0x90 == 0 && b < 0x30:
		m.queued--
		return shown("answer %02X", b)
	}
	return append(m.drop(), hidden(deviceSide, 1, "that answers nothing"))
}

// letter is one byte of the answer to GS I A to E, which ends with a zero.
func (m *printerMask) letter(b byte) []event {
	e := event{side: deviceSide, says: "part of its name, masked", bytes: digits(1)}
	if m.text = b != 0; !m.text {
		m.name--
		e.bytes = []byte{0}
	}
	return []event{e}
}

func (m *printerMask) automatic(b byte) []event {
	var out []event
	if b&0x93 == 0x10 {
		out = m.drop()
	}
	if m.block = append(m.block, b); len(m.block) < 4 {
		return out
	}
	var c escpos.Condition
	c.Auto([4]byte(m.block))
	e := event{side: deviceSide, says: fmt.Sprintf("automatic status: % X %s", m.block, condition(c)), bytes: m.block}
	m.block = nil
	return append(out, e)
}

// drop gives up an automatic status that has begun.
func (m *printerMask) drop() []event {
	if len(m.block) == 0 {
		return nil
	}
	n := len(m.block)
	m.block = nil
	return []event{hidden(deviceSide, n, "of half a status")}
}

// condition puts a condition into words.
func condition(c escpos.Condition) string {
	var out []string
	for _, f := range []struct {
		on   bool
		says string
	}{
		{c.Offline, "offline"},
		{c.CoverOpen, "cover open"},
		{c.PaperEnd || c.Stopped, "no paper"},
		{c.PaperLow && !c.PaperEnd, "paper low"},
		{c.CutterJam, "cutter jammed"},
		{c.Unrecoverable, "broken"},
		{c.Recovering, "recovers by itself"},
	} {
		if f.on {
			out = append(out, f.says)
		}
	}
	if len(out) == 0 {
		return "(well)"
	}
	return "(" + strings.Join(out, ", ") + ")"
}
