package frame

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// Types of GM commands.
const (
	GMRead  = 0x07
	GMWrite = 0x08
	GMSave  = 0x09
)

// CRC is CRC-16/XMODEM (polynomial 1021, start 0), as the GM family has it. The standard library has none of 16 bits, and
// a dependency for these lines would cost more than it saves.
func CRC(p []byte) uint16 {
	var crc uint16
	for _, b := range p {
		crc ^= uint16(b) << 8
		for range 8 {
			top := crc&0x8000 != 0
			crc <<= 1
			if top {
				crc ^= 0x1021
			}
		}
	}
	return crc
}

// AppendGM appends the command 7E 00 type len addr data crc.
func AppendGM(dst []byte, typ byte, addr uint16, data ...byte) []byte {
	from := len(dst)
	dst = append(dst, 0x7E, 0x00, typ, byte(len(data)))
	dst = binary.BigEndian.AppendUint16(dst, addr)
	dst = append(dst, data...)
	return binary.BigEndian.AppendUint16(dst, CRC(dst[from+2:]))
}

// AppendGMReply appends the reply 02 00 00 len data crc.
func AppendGMReply(dst []byte, data ...byte) []byte {
	from := len(dst)
	dst = append(dst, 0x02, 0x00, 0x00, byte(len(data)))
	dst = append(dst, data...)
	return binary.BigEndian.AppendUint16(dst, CRC(dst[from+2:]))
}

// CheckGM says what is wrong with a command of the GM family. AB CD in place of the CRC is right: "don't check".
func CheckGM(cmd []byte) error {
	switch {
	case len(cmd) < 9 || !bytes.HasPrefix(cmd, []byte{0x7E, 0x00}):
		return errors.New("no command of the GM family: write 7E 00, type, length, two bytes of address, data, two bytes of CRC")
	case len(cmd) != 8+int(cmd[3]):
		return fmt.Errorf("length byte says %d of data, the frame has %d", cmd[3], len(cmd)-8)
	}
	got, want := binary.BigEndian.Uint16(cmd[len(cmd)-2:]), CRC(cmd[2:len(cmd)-2])
	if got != want && got != 0xABCD {
		return fmt.Errorf("CRC is %04X, must be %04X", got, want)
	}
	return nil
}

// maxGM is the longest data of a reply that is waited for: zones are read by one byte or a few.
const maxGM = 64

// gmReply finds 02 00 00 len data crc.
func gmReply(p []byte) (Frame, Match) {
	if !begins(p, 0x02, 0x00, 0x00) || len(p) > 3 && (p[3] == 0 || p[3] > maxGM) {
		return Frame{}, None
	}
	if len(p) < 4 || len(p) < 6+int(p[3]) {
		return Frame{}, Partial
	}
	p = p[:6+int(p[3])]
	if binary.BigEndian.Uint16(p[len(p)-2:]) != CRC(p[2:len(p)-2]) {
		return Frame{}, None
	}
	return Frame{Kind: Ack, Family: GM, Len: len(p), Data: p[4 : len(p)-2]}, Whole
}
