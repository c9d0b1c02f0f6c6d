package paper

import (
	"errors"
	"fmt"
)

// Op says what a command does.
type Op int

// Operations.
const (
	OpText         Op = iota // Data is GBK
	OpLineFeed               // prints the line
	OpInit                   // ESC @
	OpChinese                // FS & (N 1), FS . (N 0)
	OpBold                   // ESC E
	OpMode                   // ESC !
	OpSize                   // GS !
	OpChineseMode            // FS !
	OpChineseQuad            // FS W
	OpAlign                  // ESC a
	OpSpacing                // ESC 3; N is -1 for ESC 2
	OpFeedLines              // ESC d
	OpFeedDots               // ESC J
	OpMargin                 // GS L
	OpWidth                  // GS W
	OpRaster                 // GS v 0: N mode, W bytes a row, H rows, Data
	OpCode                   // GS ( k: N function, Data its parameters
	OpCut                    // GS V, ESC i, ESC m
	OpDrawer                 // ESC p
	OpIdentify               // GS I
	OpAutoStatus             // GS a
	OpPaperStatus            // GS r
	OpStatus                 // DLE EOT, real time
	OpRecover                // DLE ENQ, real time
	OpDrawerStatus           // DLE DC4, real time
	OpCodePage               // ESC 9, FS C: which code the Chinese text is in
	OpUnderline              // ESC -, FS -
	OpGraphics               // GS ( L, GS 8 L: N function ('p' stores W bytes a row, H rows, Data; '2' prints what is stored)
)

// Command is one command of a stream.
type Command struct {
	Op     Op
	Offset int
	Len    int
	N      int
	W, H   int
	Data   []byte

	scaleX, scaleY int // OpGraphics, when it stores
}

// RealTime says that the printer obeys at once, out of turn.
func (c Command) RealTime() bool {
	return c.Op == OpStatus || c.Op == OpRecover || c.Op == OpDrawerStatus
}

// ErrShort says that a stream ends inside a command.
var ErrShort = errors.New("stream ends inside a command")

// UnknownError names bytes that begin no known command.
type UnknownError struct {
	Offset int
	Bytes  []byte
}

func (e *UnknownError) Error() string {
	return fmt.Sprintf("unknown command % x at offset %d", e.Bytes, e.Offset)
}

// Next reads the command at the start of b. It returns ErrShort where more bytes are needed, and an *UnknownError
// (offset 0) with the number of bytes to skip where there is none.
func Next(b []byte) (Command, int, error) {
	if len(b) == 0 {
		return Command{}, 0, ErrShort
	}
	switch b[0] {
	case 0x10:
		return match(b, realTime)
	case 0x1b:
		return match(b, escape)
	case 0x1c:
		return match(b, field)
	case 0x1d:
		return group(b)
	case 0x0a:
		return Command{Op: OpLineFeed, Len: 1}, 1, nil
	}
	return text(b)
}

func unknown(b []byte, n int) (Command, int, error) {
	n = min(n, len(b))
	return Command{}, n, &UnknownError{Bytes: append([]byte(nil), b[:n]...)}
}

// text takes what is printable up to the next control byte; two-byte characters stay whole.
func text(b []byte) (Command, int, error) {
	n := 0
	for w := character(b); w > 0; w = character(b[n:]) {
		n += w
	}
	switch {
	case n > 0:
		return Command{Op: OpText, Len: n, Data: b[:n]}, n, nil
	case lead(b[0]) && len(b) == 1:
		return Command{}, 0, ErrShort
	case lead(b[0]) && b[1] >= 0x30 && b[1] <= 0x39:
		return unknown(b, 4) // a four-byte character of GB18030: no printer's font has it
	}
	return unknown(b, 1)
}

// character is the length of the character at the start of b, 0 where there is none, or not all of it yet.
func character(b []byte) int {
	switch {
	case len(b) == 0 || b[0] < 0x20 || b[0] == 0x7f:
		return 0
	case b[0] < 0x80:
		return 1
	case !lead(b[0]) || len(b) < 2 || b[1] < 0x40 || b[1] == 0x7f:
		return 0
	}
	return 2
}

// lead says whether a byte begins a two-byte character.
func lead(b byte) bool { return b > 0x80 && b < 0xff }

// shape is a command of a fixed length: prefix and a number of parameter bytes.
type shape struct {
	op     Op
	second byte
	args   int
	fixed  int      // N where there is no parameter to take it from
	allow  []string // values allowed for the first parameter, each "lo..hi" as two bytes; nil allows all
}

var realTime = []shape{
	{op: OpStatus, second: 0x04, args: 1, allow: []string{"\x01\x04"}},
	{op: OpRecover, second: 0x05, args: 1, allow: []string{"\x01\x02"}},
	{op: OpDrawerStatus, second: 0x14, args: 3},
}

var escape = []shape{
	{op: OpInit, second: '@'},
	{op: OpBold, second: 'E', args: 1},
	{op: OpMode, second: '!', args: 1},
	{op: OpAlign, second: 'a', args: 1, allow: []string{"\x00\x02", "02"}},
	{op: OpSpacing, second: '3', args: 1},
	{op: OpSpacing, second: '2', fixed: -1},
	{op: OpFeedLines, second: 'd', args: 1},
	{op: OpFeedDots, second: 'J', args: 1},
	{op: OpDrawer, second: 'p', args: 3},
	{op: OpCut, second: 'i'},
	{op: OpCut, second: 'm', fixed: 1},
	{op: OpCodePage, second: '9', args: 1},
	{op: OpUnderline, second: '-', args: 1, allow: []string{"\x00\x02", "02"}},
}

var field = []shape{
	{op: OpChinese, second: '&', fixed: 1},
	{op: OpChinese, second: '.'},
	{op: OpChineseMode, second: '!', args: 1},
	{op: OpChineseQuad, second: 'W', args: 1},
	{op: OpCodePage, second: 'C', args: 1},
	{op: OpUnderline, second: '-', args: 1, allow: []string{"\x00\x02", "02"}},
}

var groupFixed = []shape{
	{op: OpSize, second: '!', args: 1},
	{op: OpMargin, second: 'L', args: 2},
	{op: OpWidth, second: 'W', args: 2},
	{op: OpIdentify, second: 'I', args: 1, allow: []string{"\x01\x03", "13", "AE"}},
	{op: OpAutoStatus, second: 'a', args: 1},
	{op: OpPaperStatus, second: 'r', args: 1, allow: []string{"\x01\x02", "12"}},
}

func match(b []byte, shapes []shape) (Command, int, error) {
	if len(b) < 2 {
		return Command{}, 0, ErrShort
	}
	for _, s := range shapes {
		if s.second != b[1] {
			continue
		}
		n := 2 + s.args
		if len(b) < n {
			return Command{}, 0, ErrShort
		}
		c := Command{Op: s.op, Len: n, N: s.fixed, Data: b[2:n]}
		if s.args > 0 {
			c.N = int(b[2])
			if !allowed(s.allow, b[2]) {
				return unknown(b, n)
			}
		}
		if s.args == 2 {
			c.N |= int(b[3]) << 8
		}
		return c, n, nil
	}
	return unknown(b, 2)
}

func allowed(ranges []string, v byte) bool {
	for _, r := range ranges {
		if v >= r[0] && v <= r[1] {
			return true
		}
	}
	return ranges == nil
}

// group reads the GS commands, some of which say their own length.
func group(b []byte) (Command, int, error) {
	if len(b) < 2 {
		return Command{}, 0, ErrShort
	}
	switch b[1] {
	case 'v':
		return rasterAt(b)
	case '(':
		if len(b) > 2 && b[2] == 'L' {
			return graphicsAt(b, 2)
		}
		return codeAt(b)
	case '8':
		return graphicsAt(b, 4)
	case 'V':
		return cutAt(b)
	}
	return match(b, groupFixed)
}

func rasterAt(b []byte) (Command, int, error) {
	if len(b) < 8 {
		return Command{}, 0, ErrShort
	}
	mode := int(b[3])
	if mode >= '0' {
		mode -= '0'
	}
	c := Command{Op: OpRaster, N: mode, W: int(b[4]) | int(b[5])<<8, H: int(b[6]) | int(b[7])<<8}
	if b[2] != '0' || mode > 3 || c.W == 0 || c.H == 0 {
		return unknown(b, 8)
	}
	n := 8 + c.W*c.H
	if len(b) < n {
		return Command{}, 0, ErrShort
	}
	c.Len, c.Data = n, b[8:n]
	return c, n, nil
}

func codeAt(b []byte) (Command, int, error) {
	if len(b) < 7 {
		return Command{}, 0, ErrShort
	}
	size := int(b[3]) | int(b[4])<<8
	if b[2] != 'k' || b[5] != '1' || size < 3 {
		return unknown(b, 7)
	}
	n := 5 + size
	if len(b) < n {
		return Command{}, 0, ErrShort
	}
	c := Command{Op: OpCode, Len: n, N: int(b[6]), Data: b[7:n]}
	switch c.N {
	case 'A', 'C', 'E', 'P', 'Q':
		return c, n, nil
	}
	return unknown(b, n)
}

func cutAt(b []byte) (Command, int, error) {
	if len(b) < 3 {
		return Command{}, 0, ErrShort
	}
	switch b[2] {
	case 0, 1, '0', '1':
		return Command{Op: OpCut, Len: 3, N: int(b[2] & 1)}, 3, nil
	case 'A', 'B':
		if len(b) < 4 {
			return Command{}, 0, ErrShort
		}
		return Command{Op: OpCut, Len: 4, N: int(b[2]-'A') & 1, H: int(b[3])}, 4, nil
	}
	return unknown(b, 3)
}

// Parse reads a whole stream. Unknown commands and a torn end are joined into the error, each with its offset; what
// could be read is returned beside it.
func Parse(b []byte) ([]Command, error) {
	var out []Command
	var errs []error
	for at := 0; at < len(b); {
		c, n, err := Next(b[at:])
		var bad *UnknownError
		switch {
		case err == nil:
			c.Offset = at
			out = append(out, c)
		case errors.As(err, &bad):
			bad.Offset = at
			errs = append(errs, bad)
		default:
			return out, errors.Join(append(errs, fmt.Errorf("parse command at offset %d: %w", at, err))...)
		}
		at += n
	}
	return out, errors.Join(errs...)
}
