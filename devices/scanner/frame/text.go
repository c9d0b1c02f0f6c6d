package frame

import (
	"bytes"
	"errors"
)

// Bytes that answer a command of Newland or Honeywell.
const (
	ack    = 0x06
	nak    = 0x15
	absent = 0x05 // ENQ: there is no such command
)

// AppendNewland appends the command 7E 01 30 30 30 30 tags 3B 03. Tags begin with @ (kept over a power cut) or # (not).
func AppendNewland(dst []byte, tags string) []byte {
	dst = append(dst, 0x7E, 0x01, '0', '0', '0', '0')
	dst = append(dst, tags...)
	return append(dst, ';', 0x03)
}

// CheckNewland says what is wrong with a command of Newland.
func CheckNewland(cmd []byte) error {
	tags, ok := bytes.CutPrefix(cmd, AppendNewland(nil, "")[:6])
	if !ok {
		return errors.New("no command of Newland: it begins with 7E 01 30 30 30 30")
	}
	tags, ok = bytes.CutSuffix(tags, []byte{';', 0x03})
	if !ok {
		return errors.New("no command of Newland: it ends with 3B 03")
	}
	if len(tags) < 2 || tags[0] != '@' && tags[0] != '#' || !printable(tags) {
		return errors.New("tags of Newland are plain text that begins with @ (40) or # (23)")
	}
	return nil
}

const maxNewland = 256

// newlandReply finds 02 01 30 30 30 30 tags 06|15|05 3B 03, and the older units' line $$%~OK.
func newlandReply(p []byte) (Frame, Match) {
	if f, m := oldNewland(p); m != None {
		return f, m
	}
	if !begins(p, 0x02, 0x01, '0', '0', '0', '0') {
		return Frame{}, None
	}
	for i := 6; i < len(p) && i < maxNewland; i++ {
		switch b := p[i]; {
		case b == 0x03:
			return newlandEnd(p[:i+1])
		case b != ack && b != nak && b != absent && !printable(p[i:i+1]):
			return Frame{}, None
		}
	}
	if len(p) >= maxNewland {
		return Frame{}, None
	}
	return Frame{}, Partial
}

func newlandEnd(p []byte) (Frame, Match) {
	if len(p) < 9 || p[len(p)-2] != ';' {
		return Frame{}, None
	}
	f := Frame{Kind: Nak, Family: Newland, Len: len(p), Data: p[6 : len(p)-3]}
	switch p[len(p)-3] {
	case ack:
		f.Kind = Ack
	case nak, absent:
	default:
		return Frame{}, None
	}
	return f, Whole
}

func oldNewland(p []byte) (Frame, Match) {
	const ok = "$$%~OK"
	switch {
	case !begins(p, []byte(ok)...):
		return Frame{}, None
	case len(p) <= len(ok):
		return Frame{}, Partial
	case p[len(ok)] != '\r' && p[len(ok)] != '\n':
		return Frame{}, None
	}
	return Frame{Kind: Ack, Family: Newland, Len: len(ok)}, Whole
}

// AppendHoneywell appends the menu command 16 4D 0D menu. Menu ends with . (kept over a power cut) or ! (not).
func AppendHoneywell(dst []byte, menu string) []byte {
	return append(append(dst, 0x16, 'M', 0x0D), menu...)
}

// CheckHoneywell says what is wrong with a command of Honeywell: the trigger's 16 54 0D and 16 55 0D, or a menu command.
func CheckHoneywell(cmd []byte) error {
	if bytes.Equal(cmd, []byte{0x16, 'T', 0x0D}) || bytes.Equal(cmd, []byte{0x16, 'U', 0x0D}) {
		return nil
	}
	if HoneywellEcho(cmd) == nil {
		return errors.New("no command of Honeywell: write 16 54 0D, 16 55 0D, or 16 4D 0D and a menu command that ends with . (2E) or ! (21)")
	}
	return nil
}

// HoneywellEcho returns what a scanner sends back of a menu command before its 06 or 15, nil if cmd is none.
func HoneywellEcho(cmd []byte) []byte {
	menu, ok := bytes.CutPrefix(cmd, AppendHoneywell(nil, ""))
	if !ok || len(menu) < 2 || !printable(menu) || !bytes.ContainsAny(menu[len(menu)-1:], ".!") {
		return nil
	}
	return menu[:len(menu)-1]
}

// honeywell finds echo 06|15|05 and the command's end. Scanners may send the echo in capitals or as it came.
func (r Replies) honeywell(p []byte) (Frame, Match) {
	best := None
	for _, echo := range r.Echoes {
		f, m := echoed(p, echo)
		if m == Whole {
			return f, m
		}
		best = max(best, m)
	}
	return Frame{}, best
}

func echoed(p, echo []byte) (Frame, Match) {
	n := min(len(p), len(echo))
	if n == 0 || !bytes.EqualFold(p[:n], echo[:n]) {
		return Frame{}, None
	}
	switch tail := p[n:]; {
	case len(tail) > 0 && !answers(tail[0]) || len(tail) > 1 && tail[1] != '.' && tail[1] != '!':
		return Frame{}, None
	case len(tail) < 2:
		return Frame{}, Partial
	case tail[0] != ack:
		return Frame{Kind: Nak, Family: Honeywell, Len: n + 2}, Whole
	}
	return Frame{Kind: Ack, Family: Honeywell, Len: n + 2}, Whole
}

func answers(b byte) bool { return b == ack || b == nak || b == absent }

func printable(p []byte) bool {
	for _, b := range p {
		if b < ' ' || b > '~' {
			return false
		}
	}
	return true
}
