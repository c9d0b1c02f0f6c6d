package sim

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// CommandSet is the language in which a host commands a scanner (protocols.md B).
type CommandSet int

// Command sets.
const (
	NoCommands CommandSet = iota
	GM65                  // Grow GM65, GM805, GM812
	SSI                   // Zebra, Grow GM60 to GM73, HPRT
	Newland
	Honeywell
)

// CommandSets are their names in scripts.
func CommandSets() []string { return []string{"plain", "gm65", "ssi", "newland", "honeywell"} }

// commandKind says what a command does.
type commandKind int

const (
	nothing commandKind = iota // no command: swallowed
	refused                    // its check sum is wrong, or it says nothing
	obeyed                     // it does nothing that is seen
	triggerOn
	triggerOff
	modeTriggered // reads only when triggered
	modeFree      // reads whatever comes before it
	packetAck
	readZone
)

// hostCommand is one command with the answers to it.
type hostCommand struct {
	kind     commandKind
	ack, nak []byte
	zone     uint16
	data     []byte // written to zone, or one byte: how many to read
}

// next takes the first command off b. used is 0 when more bytes must come.
func (c CommandSet) next(b []byte) (cmd hostCommand, used int) {
	switch c {
	case GM65:
		return nextGM(b)
	case SSI:
		return nextSSI(b)
	case Newland:
		return nextNewland(b)
	case Honeywell:
		return nextHoneywell(b)
	default:
		return hostCommand{}, len(b)
	}
}

// crc16 is CRC-16/XMODEM.
func crc16(b []byte) (crc uint16) {
	for _, v := range b {
		crc ^= uint16(v) << 8
		for range 8 {
			if crc&0x8000 != 0 {
				crc = crc<<1 ^ 0x1021
			} else {
				crc <<= 1
			}
		}
	}
	return crc
}

// skipTo drops what stands before a start, or before what may become one.
func skipTo(b []byte, start string) (used int, ready bool) {
	for i := range b {
		if n := min(len(start), len(b)-i); string(b[i:i+n]) == start[:n] {
			return i, i == 0 && n == len(start)
		}
	}
	return len(b), false
}

// nextGM reads 7E 00 type len addrH addrL data crcH crcL; AB CD is taken for any CRC.
func nextGM(b []byte) (hostCommand, int) {
	if n, ready := skipTo(b, "\x7E\x00"); !ready {
		return hostCommand{}, n
	}
	const head, check = 6, 2
	if len(b) < head || len(b) < head+int(b[3])+check {
		return hostCommand{}, 0
	}
	end := head + int(b[3])
	body, sum := b[2:end], binary.BigEndian.Uint16(b[end:])
	c := hostCommand{kind: obeyed, zone: binary.BigEndian.Uint16(b[4:]), data: slices.Clone(b[head:end]), ack: gmReply(0)}
	if crc16(body) != sum && sum != 0xABCD {
		return hostCommand{kind: refused}, end + check // the makers' sheets say nothing of an answer
	}
	switch b[2] {
	case 0x07:
		c.kind = readZone
	case 0x08:
		c.kind = gmWrites(c)
	case 0x09:
		c.data = nil // save
	default:
		return hostCommand{kind: refused}, end + check
	}
	return c, end + check
}

func gmWrites(c hostCommand) commandKind {
	switch {
	case len(c.data) == 0:
		return obeyed
	case c.zone == 2 && c.data[0]&1 != 0:
		return triggerOn
	case c.zone == 2:
		return triggerOff
	case c.zone == 0 && c.data[0]&2 != 0:
		return modeFree
	case c.zone == 0:
		return modeTriggered
	}
	return obeyed
}

func gmReply(data ...byte) []byte {
	b := append([]byte{0x02, 0x00, 0x00, byte(len(data))}, data...)
	return binary.BigEndian.AppendUint16(b, crc16(b[2:]))
}

func gmZones(c hostCommand, zones map[uint16]byte) []byte {
	var data []byte
	for i := range max(c.data[0], 1) {
		data = append(data, zones[c.zone+uint16(i)])
	}
	return gmReply(data...)
}

// ssiSum is the two's complement of the sum of the bytes.
func ssiSum(b []byte) (sum uint16) {
	for _, v := range b {
		sum -= uint16(v)
	}
	return sum
}

func ssi(b ...byte) []byte { return binary.BigEndian.AppendUint16(b, ssiSum(b)) }

// ssiPacket is DECODE_DATA: as much of a code as one packet holds.
func ssiPacket(raw []byte, status byte) []byte {
	const qr = 0xF1 // code type
	raw = raw[:min(len(raw), 250)]
	return ssi(append([]byte{byte(len(raw) + 5), 0xF3, 0x00, status, qr}, raw...)...)
}

// nextSSI reads len opcode source status data sum; bytes 00 wake the scanner up.
func nextSSI(b []byte) (hostCommand, int) {
	if b[0] < 4 {
		return hostCommand{}, 1
	}
	end := int(b[0])
	if len(b) < end+2 {
		return hostCommand{}, 0
	}
	ack, nak := ssi(0x04, 0xD0, 0x00, 0x00), ssi(0x05, 0xD1, 0x00, 0x00, 0x06)
	if ssiSum(b[:end]) != binary.BigEndian.Uint16(b[end:]) {
		return hostCommand{kind: refused, nak: nak}, end + 2
	}
	c := hostCommand{kind: obeyed, ack: ack, nak: nak}
	switch b[1] {
	case 0xE4:
		c.kind = triggerOn
	case 0xE5:
		c.kind = triggerOff
	case 0xD0:
		c = hostCommand{kind: packetAck}
	case 0xD1:
		c = hostCommand{kind: nothing}
	case 0xC6:
		if c.kind = modeFree; end > 6 && b[5] == 0x8A && b[6] == 0x08 {
			c.kind = modeTriggered
		}
	}
	return c, end + 2
}

// nextNewland reads 7E 01 30 30 30 30, 40 or 23, a tag, 3B 03. The tags that it knows are from memory, as protocols.md B
// says.
func nextNewland(b []byte) (hostCommand, int) {
	const start, end = "\x7E\x010000", ";\x03"
	if n, ready := skipTo(b, start); !ready {
		return hostCommand{}, n
	}
	at := bytes.Index(b, []byte(end))
	if at < 0 {
		if len(b) > 256 {
			return hostCommand{}, 1
		}
		return hostCommand{}, 0
	}
	body := b[len(start):at]
	answer := func(v byte) []byte { return slices.Concat([]byte("\x02\x010000"), body, []byte{v}, []byte(end)) }
	c := hostCommand{kind: refused, ack: answer(0x06), nak: answer(0x15)}
	if len(body) > 1 && (body[0] == '@' || body[0] == '#') {
		switch c.kind = obeyed; string(body[1:]) {
		case "SCNTRG1":
			c.kind = triggerOn
		case "SCNTRG0":
			c.kind = triggerOff
		case "SCNMOD0":
			c.kind = modeTriggered
		case "SCNMOD3":
			c.kind = modeFree
		}
	}
	return c, at + len(end)
}

// nextHoneywell reads 16 54 0D (on), 16 55 0D (off), and 16 4D 0D with a menu command that ends with . or !
func nextHoneywell(b []byte) (hostCommand, int) {
	if n, ready := skipTo(b, "\x16"); !ready {
		return hostCommand{}, n
	}
	if len(b) < 3 {
		return hostCommand{}, 0
	}
	switch string(b[1:3]) {
	case "T\r":
		return hostCommand{kind: triggerOn}, 3
	case "U\r":
		return hostCommand{kind: triggerOff}, 3
	case "M\r":
	default:
		return hostCommand{}, 1
	}
	n := bytes.IndexAny(b[3:], ".!")
	if n < 0 {
		return hostCommand{}, 0
	}
	menu, end := b[3:3+n], b[3+n]
	c := hostCommand{kind: obeyed, ack: append(bytes.Clone(menu), 0x06, end), nak: append(bytes.Clone(menu), 0x15, end)}
	switch {
	case bytes.EqualFold(menu, []byte("TRGMOD0")):
		c.kind = modeTriggered
	case len(menu) < 6:
		c.kind = refused
	}
	return c, 3 + n + 1
}
