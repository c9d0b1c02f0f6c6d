package main

import (
	"bytes"
	"fmt"
)

// scannerMask tells what a scanner and its host say. Of a code it tells the length only.
type scannerMask struct {
	code []byte
	long int // bytes of the running line that were counted and not kept
}

// keepLine is how much of a line is kept to look for an answer in it: what is longer is all of one code.
const keepLine = 4096

// scannerSays are the answers of scanners to commands: whole, so that no code is taken for one.
var scannerSays = [...]struct{ frame, says string }{
	{"\x02\x00\x00\x01\x00\x33\x31", "command done (GM)"},
	{"\x04\xD0\x00\x00\xFF\x2C", "command done (SSI)"},
	{"\x05\xD1\x00\x00\x06\xFF\x24", "command refused (SSI)"},
}

func (m *scannerMask) feed(from side, b []byte) []event {
	if from == hostSide {
		return append(m.flush(), m.command(b))
	}
	var out []event
	for _, v := range b {
		switch m.code = append(m.code, v); {
		case v == '\r' || v == '\n':
			out = append(out, m.line(string(v))...)
		case m.long == 0 && m.answer() != "":
			out = append(out, event{side: deviceSide, says: m.answer(), bytes: m.code})
			m.code = nil
		case len(m.code) >= keepLine:
			m.long += len(m.code)
			m.code = nil
		}
	}
	return out
}

// answer says what the bytes so far are, if they are an answer to a command.
func (m *scannerMask) answer() string {
	for _, s := range scannerSays {
		if string(m.code) == s.frame {
			return s.says
		}
	}
	return ""
}

func (m *scannerMask) line(end string) []event {
	n := m.length() - len(end)
	e := event{side: deviceSide, says: fmt.Sprintf("code of %d bytes, masked, and its end %q", n, end), bytes: append(digits(n), end...)}
	if n == 0 {
		e.says = fmt.Sprintf("line end %q", end)
	}
	return []event{e}
}

// length is how long the line is that ends here.
func (m *scannerMask) length() int {
	n := m.long + len(m.code)
	m.code, m.long = nil, 0
	return n
}

// flush ends a code by silence.
func (m *scannerMask) flush() []event {
	n := m.length()
	if n == 0 {
		return nil
	}
	return []event{{side: deviceSide, says: fmt.Sprintf("code of %d bytes, masked, without an end", n), bytes: digits(n)}}
}

// command shows what is a command of a known set; what is none might be anything.
func (m *scannerMask) command(b []byte) event {
	for _, begins := range []string{"\x7E\x00", "\x7E\x010000", "\x16T\r", "\x16U\r", "\x16M\r", "\x04\xE4", "\x04\xE5", "\x04\xD0", "\x07\xC6"} {
		if bytes.HasPrefix(b, []byte(begins)) && len(b) <= 32 {
			return event{side: hostSide, says: fmt.Sprintf("command % X", b), bytes: bytes.Clone(b)}
		}
	}
	if len(b) == 1 && b[0] == 0 {
		return event{side: hostSide, says: "wakes it up", bytes: []byte{0}}
	}
	return hidden(hostSide, len(b), "of an unknown command")
}
