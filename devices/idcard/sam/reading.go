package sam

import (
	"encoding/binary"
	"errors"
	"fmt"

	"zhizhu/devices"
)

// textLen is the length of a text block.
const textLen = 256

// ErrShort says that the data of a reading don't hold what their length words say.
var ErrShort = errors.New("reading is shorter than its length words say")

// Reading is the data of a reply to ReadText or ReadAll, cut up by its own length words. The slices point into it.
type Reading struct {
	Text        []byte // 256 bytes
	Photo       []byte // 1024 opaque bytes, or none
	Fingerprint []byte // 0, 512 or 1024 opaque bytes
}

// ParseReading cuts up the data of a reply to ReadText or ReadAll. Some readers answer ReadText in the form of
// ReadAll (three length words), so the form is told by the words and not by the command.
func ParseReading(data []byte) (Reading, error) {
	if len(data) < 4 {
		return Reading{}, fmt.Errorf("parse reading of %d bytes: %w", len(data), ErrShort)
	}
	text, photo := int(binary.BigEndian.Uint16(data)), int(binary.BigEndian.Uint16(data[2:]))
	if text != textLen {
		return Reading{}, fmt.Errorf("parse reading: text of %d bytes, want %d", text, textLen)
	}
	two := 4 + text + photo
	if len(data) >= 6 && len(data) != two {
		finger := int(binary.BigEndian.Uint16(data[4:]))
		if three := two + 2 + finger; len(data) == three || validPrint(finger) && len(data) > three {
			return cut(data[6:], text, photo, finger), nil
		}
	}
	if len(data) < two {
		return Reading{}, fmt.Errorf("parse reading of %d bytes, want %d: %w", len(data), two, ErrShort)
	}
	return cut(data[4:], text, photo, 0), nil
}

func validPrint(n int) bool { return n == 0 || n == 512 || n == 1024 }

func cut(b []byte, text, photo, finger int) Reading {
	return Reading{
		Text:        b[:text:text],
		Photo:       b[text : text+photo : text+photo],
		Fingerprint: b[text+photo : text+photo+finger : text+photo+finger],
	}
}

// AppendReading appends the data of a reply to ReadText (three false: two length words, no prints) or ReadAll.
func AppendReading(dst []byte, r Reading, three bool) []byte {
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(r.Text)))  //nolint:gosec // 256
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(r.Photo))) //nolint:gosec // 1024
	if three {
		dst = binary.BigEndian.AppendUint16(dst, uint16(len(r.Fingerprint))) //nolint:gosec // 1024
	}
	dst = append(dst, r.Text...)
	dst = append(dst, r.Photo...)
	if three {
		dst = append(dst, r.Fingerprint...)
	}
	return dst
}

// ParseCard turns the data of a reply to ReadText or ReadAll into a card. It copies what it keeps.
func ParseCard(data []byte) (devices.Card, error) {
	r, err := ParseReading(data)
	if err != nil {
		return devices.Card{}, err
	}
	card, err := ParseText(r.Text)
	if err != nil {
		return devices.Card{}, err
	}
	card.Photo = append([]byte(nil), r.Photo...)
	card.Fingerprint = append([]byte(nil), r.Fingerprint...)
	return card, nil
}

// ParseID formats the 16 bytes of a reply to ReadID as readers print it: 05.03-20240101-0000000001-0000000002.
func ParseID(data []byte) (string, error) {
	if len(data) != 16 {
		return "", fmt.Errorf("parse SAM id: %d bytes, want 16", len(data))
	}
	le := binary.LittleEndian
	return fmt.Sprintf("%02d.%02d-%08d-%010d-%010d", le.Uint16(data), le.Uint16(data[2:]),
		le.Uint32(data[4:]), le.Uint32(data[8:]), le.Uint32(data[12:])), nil
}

// AppendID appends the 16 bytes of a reply to ReadID.
func AppendID(dst []byte, major, minor uint16, date, serial, check uint32) []byte {
	le := binary.LittleEndian
	dst = le.AppendUint16(le.AppendUint16(dst, major), minor)
	return le.AppendUint32(le.AppendUint32(le.AppendUint32(dst, date), serial), check)
}

// ParseAddress returns the newest appended address: the 70 bytes of a reply to ReadAddress.
func ParseAddress(data []byte) (string, error) {
	if len(data) != 70 {
		return "", fmt.Errorf("parse appended address: %d bytes, want 70", len(data))
	}
	return text(data), nil
}
