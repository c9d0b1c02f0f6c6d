package main

import (
	"bytes"
	"fmt"
)

// side says who wrote something.
type side byte

const (
	hostSide   side = '>'
	deviceSide side = '<'
)

// event is one thing that went over a line, told without a person's data.
type event struct {
	side  side
	says  string
	bytes []byte // as many as really went over the line, with personal data overwritten
}

// mask tells what goes over a line. It is fed in order and yields an event for each thing that is complete; what is not is
// kept back until it is, or until flush. No byte of a person's data leaves it, neither in words nor in bytes: names, numbers,
// addresses and codes become their lengths and kinds.
type mask interface {
	feed(from side, b []byte) []event
	flush() []event
}

// kinds of masks.
func newMask(kind string) mask {
	switch kind {
	case "idcard":
		return newCardMask()
	case "printer":
		return &printerMask{}
	case "scanner":
		return &scannerMask{}
	default:
		return &guess{}
	}
}

// guess finds out what kind of device it is from what is said, and masks all until then.
type guess struct {
	found mask
	host  []byte
}

func (g *guess) feed(from side, b []byte) []event {
	if g.found != nil {
		return g.found.feed(from, b)
	}
	kind := ""
	if from == hostSide {
		g.host = append(g.host, b...)
		g.host = g.host[max(0, len(g.host)-64):]
		kind = kindOf(g.host)
	} else if bytes.Contains(b, []byte(samPreamble)) {
		kind = "idcard"
	}
	if kind == "" {
		return []event{hidden(from, len(b), "of a device that is not known yet")}
	}
	g.found, g.host = newMask(kind), nil
	return append([]event{{side: from, says: "this is a " + kind}}, g.found.feed(from, b)...)
}

func (g *guess) flush() []event {
	if g.found != nil {
		return g.found.flush()
	}
	return nil
}

const samPreamble = "\xAA\xAA\xAA\x96\x69"

// kindOf tells a device by what its host writes.
func kindOf(host []byte) string {
	for _, k := range []struct{ kind, begins string }{
		{"idcard", samPreamble},
		{"printer", "\x10\x04"},
		{"printer", "\x1b@"},
		{"printer", "\x1dI"},
		{"printer", "\x1da"},
		{"printer", "\x1c&"},
		{"scanner", "\x7E\x00"},
		{"scanner", "\x7E\x01"},
		{"scanner", "\x16T\r"},
		{"scanner", "\x16M\r"},
		{"scanner", "\x04\xE4"},
		{"scanner", "\x07\xC6"},
	} {
		if bytes.Contains(host, []byte(k.begins)) {
			return k.kind
		}
	}
	return ""
}

// hidden is an event of bytes of which only the number is told.
func hidden(from side, n int, what string) event {
	return event{side: from, says: fmt.Sprintf("%d bytes %s, masked", n, what), bytes: make([]byte, n)}
}

// digits are n bytes that every device takes for text.
func digits(n int) []byte { return bytes.Repeat([]byte{'0'}, n) }
