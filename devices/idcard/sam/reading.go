package sam

import (
	"encoding/binary"
	"errors"
	"fmt"
	"unicode/utf16"

	"zhizhu/devices"
)

// textLen is the length of a text block.
const textLen = 256

// What is wrong with data.
var (
	// ErrShort says that they are shorter than they must be: a reading's by its own length words.
	ErrShort = errors.New("data cut short")
	// ErrForm says that a reading's length words don't fit what follows them: where its text begins can't be told.
	ErrForm = errors.New("length words don't fit the data")
)

// Reading is the data of a reply to ReadText or ReadAll, cut up by its own length words. The slices point into it.
type Reading struct {
	Text        []byte // 256 bytes
	Photo       []byte // 1024 opaque bytes, or none
	Fingerprint []byte // 0, 512 or 1024 opaque bytes
}

// ParseReading cuts up the data of a reply to ReadText or ReadAll. Some readers answer ReadText in the form of
// ReadAll (three length words), some send more than their words say: so the form is told by the words, and what comes
// after the parts that they name is left over. A print that is cut short is left out; a card is not read for it.
//
// A card that is cut out one character off would be another person's. So where the words don't fit the length of data
// exactly, the text must look like one where they put it; and wherever they put it, it must not look like one where
// the other form would. Else the error is ErrForm.
func ParseReading(data []byte) (Reading, error) {
	if len(data) < 4 {
		return Reading{}, fmt.Errorf("parse reading of %d bytes: %w", len(data), ErrShort)
	}
	text, photo := int(binary.BigEndian.Uint16(data)), int(binary.BigEndian.Uint16(data[2:]))
	if text != textLen {
		return Reading{}, fmt.Errorf("parse reading: text of %d bytes, want %d", text, textLen)
	}
	two := 4 + text + photo
	if finger, ok := thirdWord(data, two); ok {
		three := two + 2
		switch {
		case len(data) < three:
			return Reading{}, fmt.Errorf("parse reading of %d bytes, want %d: %w", len(data), three, ErrShort)
		case !placed(data[6:], data[4:], len(data) == three+finger):
			return Reading{}, fmt.Errorf("parse reading of %d bytes in three parts: %w", len(data), ErrForm)
		case len(data) < three+finger:
			finger = 0
		}
		return cut(data[6:], text, photo, finger), nil
	}
	switch {
	case len(data) < two:
		return Reading{}, fmt.Errorf("parse reading of %d bytes, want %d: %w", len(data), two, ErrShort)
	case !placed(data[4:], data[6:], len(data) == two):
		return Reading{}, fmt.Errorf("parse reading of %d bytes in two parts: %w", len(data), ErrForm)
	}
	return cut(data[4:], text, photo, 0), nil
}

// thirdWord returns the length of the prints where data have the form of ReadAll. In the form of ReadText the
// text begins there: with the first character of a name. No name begins with U+0000,
// U+0002 or U+0004, which is how the lengths 0, 512 and 1024 would read; so only these are taken for a length in data
// that aren't exactly as long as the words say.
func thirdWord(data []byte, two int) (finger int, ok bool) {
	if len(data) <= two || len(data) < 6 {
		return 0, false
	}
	finger = int(binary.BigEndian.Uint16(data[4:]))
	return finger, len(data) == two+2+finger || finger == 0 || finger == 512 || finger == 1024
}

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

// addressLen is the length of an appended address.
const addressLen = 70

// ParseAddress returns the newest appended address: the 70 bytes of a reply to ReadAddress. What follows them is left
// over.
func ParseAddress(data []byte) (string, error) {
	if len(data) < addressLen {
		return "", fmt.Errorf("parse appended address of %d bytes, want %d: %w", len(data), addressLen, ErrShort)
	}
	return text(data[:addressLen]), nil
}

// AppendAddress appends the 70 bytes of a reply to ReadAddress. More than 35 characters are an error.
func AppendAddress(dst []byte, address string) ([]byte, error) {
	u := utf16.Encode([]rune(address))
	if len(u) > addressLen/2 {
		return nil, fmt.Errorf("encode appended address: %d characters too long", len(u)-addressLen/2)
	}
	for i := range addressLen / 2 {
		c := uint16(' ')
		if i < len(u) {
			c = u[i]
		}
		dst = binary.LittleEndian.AppendUint16(dst, c)
	}
	return dst, nil
}
