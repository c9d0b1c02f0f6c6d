package probe

import (
	"bytes"
	"encoding/binary"
	"unicode/utf8"

	"zhizhu/devices/idcard/sam"
	"zhizhu/devices/printer/escpos"
)

// withoutEcho takes what was sent out of what came back. A plug, or a half-duplex adapter, sends it back at once and
// first of all; so a part of it is an echo as well, once it is too long for chance.
func withoutEcho(sent, got []byte) (rest []byte, echoed bool) {
	if len(sent) == 0 || len(got) < min(len(sent), 3) {
		return got, false
	}
	if bytes.HasPrefix(got, sent) {
		return got[len(sent):], true
	}
	if bytes.HasPrefix(sent, got) {
		return nil, true
	}
	return got, false
}

// realTime counts the answers to DLE EOT in got. Anything else that a printer may say by itself (XON, XOFF, automatic
// status) is passed over; clean is false where there are bytes that no printer sends.
func realTime(got []byte) (answers int, clean bool) {
	clean = true
	var d escpos.Decoder
	d.Feed(got, func(r escpos.Reply) {
		switch r.Kind {
		case escpos.RealTime:
			answers++
		case escpos.Queued, escpos.Text, escpos.Noise:
			clean = false
		default:
		}
	})
	return answers, clean
}

// reply finds the first whole reply of a SAM in got. Requests that were sent back are none: they are too short.
func reply(got []byte) (sam.Reply, bool) {
	var d sam.Decoder
	d.Write(got)
	for body, ok := d.Next(); ok; body, ok = d.Next() {
		if r, err := sam.ParseReply(body); err == nil {
			return r, true
		}
	}
	return sam.Reply{}, false
}

// scannerReply knows an answer of a scanner, and names the family. Sources: protocols.md section B; SSI by its
// checksum (two's complement of the sum, Zebra's SSI Programmer's Guide).
func scannerReply(got []byte) (family string, ok bool) {
	for at := range got {
		b := got[at:]
		switch {
		case bytes.HasPrefix(b, []byte{0x02, 0x00, 0x00}) && grow(b):
			return "GM65", true
		case bytes.HasPrefix(b, []byte{0x02, 0x01, '0', '0', '0', '0'}) && bytes.IndexByte(b, 0x03) > 0:
			return "Newland", true
		case ssi(b):
			return "SSI", true
		}
	}
	return "", false
}

// grow checks an answer `02 00 00 len data crc crc`.
func grow(b []byte) bool {
	if len(b) < 4 || len(b) < 4+int(b[3])+2 {
		return false
	}
	end := 4 + int(b[3])
	sum := binary.BigEndian.Uint16(b[end:])
	return sum == xmodem(b[2:end]) || sum == 0xABCD
}

// xmodem is CRC-16/XMODEM.
func xmodem(b []byte) uint16 {
	var crc uint16
	for _, c := range b {
		crc ^= uint16(c) << 8
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

// ssi checks a packet `len op 00 … sum sum` of a decoder: an acknowledgement, a refusal, its revision or a code.
func ssi(b []byte) bool {
	if len(b) < 6 || b[2] != 0 {
		return false
	}
	switch b[1] {
	case 0xA4, 0xD0, 0xD1, 0xF3:
	default:
		return false
	}
	n := int(b[0])
	if n < 4 || len(b) < n+2 {
		return false
	}
	var sum uint16
	for _, c := range b[:n] {
		sum += uint16(c)
	}
	return binary.BigEndian.Uint16(b[n:]) == -sum
}

// code says whether got reads like what a scanner sends: text with a line end, or much text without. At a wrong speed
// nothing does.
func code(got []byte) bool {
	text := bytes.TrimRight(got, "\r\n")
	ended := len(text) < len(got)
	if len(text) < 4 || !ended && len(text) < 8 || !utf8.Valid(text) {
		return false
	}
	for _, r := range string(text) {
		if r < ' ' && r != '\t' && r != '\r' && r != '\n' || r == 0x7f || r == utf8.RuneError {
			return false
		}
	}
	return true
}

// hint tells a scanner by the maker of its own USB port. Makers of adapters tell nothing.
func hint(u USB) bool {
	switch u.Vendor {
	case "05e0", // Symbol, Zebra
		"05f9", // Datalogic
		"0c2e", // Honeywell, Metrologic
		"1eab": // Newland
		return true
	}
	return false
}
