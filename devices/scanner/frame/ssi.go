package frame

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Opcodes, sources and the bits of the status byte of SSI.
const (
	SSIAck    = 0xD0
	SSINak    = 0xD1
	SSIStart  = 0xE4
	SSIStop   = 0xE5
	SSIParam  = 0xC6
	SSIDecode = 0xF3

	SSIScanner = 0x00
	SSIHost    = 0x04

	SSIRetransmit = 0x01 // this packet was sent before
	SSIContinues  = 0x02 // more packets of this code follow
)

// SSIResend is the cause of a NAK that asks for the packet once more.
const SSIResend = 0x01

// ssiSum is the two's complement of the sum of p, in 16 bits.
func ssiSum(p []byte) uint16 {
	var sum uint16
	for _, b := range p {
		sum += uint16(b)
	}
	return -sum
}

// AppendSSI appends the packet length opcode source status data checksum. Data of more than 251 bytes is no packet.
func AppendSSI(dst []byte, opcode, source, status byte, data ...byte) []byte {
	from := len(dst)
	dst = append(dst, byte(4+len(data)), opcode, source, status)
	dst = append(dst, data...)
	return binary.BigEndian.AppendUint16(dst, ssiSum(dst[from:]))
}

// CheckSSI says what is wrong with an SSI packet.
func CheckSSI(p []byte) error {
	switch {
	case len(p) < 6:
		return errors.New("no SSI packet: write length, opcode, source, status, data, two bytes of checksum")
	case len(p) != int(p[0])+2:
		return fmt.Errorf("length byte says %d, the packet has %d before its checksum", p[0], len(p)-2)
	}
	if got, want := binary.BigEndian.Uint16(p[len(p)-2:]), ssiSum(p[:len(p)-2]); got != want {
		return fmt.Errorf("checksum is %04X, must be %04X", got, want)
	}
	return nil
}

// ssiAnswer finds the scanner's ACK (04 D0 00 ...) and NAK (05 D1 00 ...).
func ssiAnswer(p []byte) (Frame, Match) {
	kind := Ack
	switch {
	case begins(p, 0x05, SSINak, SSIScanner):
		kind = Nak
	case !begins(p, 0x04, SSIAck, SSIScanner):
		return Frame{}, None
	}
	n := int(p[0]) + 2
	if len(p) < n {
		return Frame{}, Partial
	}
	if CheckSSI(p[:n]) != nil {
		return Frame{}, None
	}
	return Frame{Kind: kind, Family: SSI, Len: n, Data: p[4 : n-2]}, Whole
}

// ssiCode finds a packet with a code: length F3 00 status type data checksum. One that is whole but wrong is Broken.
func ssiCode(p []byte) (Frame, Match) {
	if len(p) == 0 || p[0] < 6 || len(p) > 1 && !begins(p[1:], SSIDecode, SSIScanner) {
		return Frame{}, None
	}
	n := int(p[0]) + 2
	if len(p) < n {
		return Frame{}, Partial
	}
	p = p[:n]
	if CheckSSI(p) != nil {
		return Frame{Kind: Code, Family: SSI, Len: n}, Broken
	}
	return Frame{
		Kind: Code, Family: SSI, Len: n, Data: p[5 : n-2],
		Again: p[3]&SSIRetransmit != 0, More: p[3]&SSIContinues != 0,
	}, Whole
}
