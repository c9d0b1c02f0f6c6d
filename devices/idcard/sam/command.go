package sam

import (
	"fmt"
	"slices"
)

// Op is a command: CMD in the high byte, PARA in the low one (protocols.md A2).
type Op uint16

// Commands.
const (
	ResetSAM    Op = 0x10FF
	StatusSAM   Op = 0x11FF // 90 ok, 60 self test failed
	ReadID      Op = 0x12FF // 16 bytes: ParseID
	Find        Op = 0x2001 // 9F found, 80 nobody there
	Select      Op = 0x2002 // 90
	ReadText    Op = 0x3001 // text and photo: ParseReading
	ReadAddress Op = 0x3003 // newest appended address, 91 if none: ParseAddress
	ReadAll     Op = 0x3010 // text, photo and fingerprints: ParseReading
	SetBaud     Op = 0x6000 // | 0..4: SetBaudTo
	SetRFFrame  Op = 0x61FF // one byte
)

// String names the command for logs.
func (o Op) String() string {
	switch o {
	case ResetSAM:
		return "reset SAM"
	case StatusSAM:
		return "check SAM"
	case ReadID:
		return "read SAM id"
	case Find:
		return "find card"
	case Select:
		return "select card"
	case ReadText:
		return "read card"
	case ReadAddress:
		return "read appended address"
	case ReadAll:
		return "read card with prints"
	case SetRFFrame:
		return "set RF frame"
	default:
		if baud, ok := o.Baud(); ok {
			return fmt.Sprintf("set baud %d", baud)
		}
		return fmt.Sprintf("command %04X", uint16(o))
	}
}

// Bauds are the speeds that a reader can be set to, in bits a second, in the order of SetBaud's PARA. The first is
// what readers are delivered with (protocols.md A1).
func Bauds() []int { return []int{115200, 57600, 38400, 19200, 9600} }

// SetBaudTo is the command that sets a reader to one of Bauds; false for any other speed.
func SetBaudTo(baud int) (Op, bool) {
	i := slices.Index(Bauds(), baud)
	return SetBaud | Op(max(i, 0)), i >= 0 //nolint:gosec // 0 to 4
}

// Baud is the speed that a SetBaud command names, in bits a second; false for any other command.
func (o Op) Baud() (int, bool) {
	i := int(o &^ SetBaud)
	if o&0xFF00 != SetBaud || i >= len(Bauds()) {
		return 0, false
	}
	return Bauds()[i], true
}

// Status is SW3, the only byte of a reply that says how it went: SW1 and SW2 pass on what the card itself said.
type Status byte

// Values of SW3 (protocols.md A3).
const (
	OK              Status = 0x90
	NoSuchItem      Status = 0x91
	Found           Status = 0x9F
	BadChecksum     Status = 0x10
	BadLength       Status = 0x11
	BadCommand      Status = 0x21
	NotPermitted    Status = 0x23
	Unrecognised    Status = 0x24
	CardRefusedSAM  Status = 0x31
	SAMRefusedCard  Status = 0x32
	BadInformation  Status = 0x33
	BadFingerprint  Status = 0x37
	BadItemLength   Status = 0x3F
	UnknownCardType Status = 0x40
	ReadFailed      Status = 0x41
	RandomFailed    Status = 0x47
	SelfTestFailed  Status = 0x60
	Unauthorised    Status = 0x66
	NoCard          Status = 0x80
	SelectFailed    Status = 0x81
)

// Class is what a host does about a Status.
type Class int

// Classes.
const (
	Fine        Class = iota // 90, 91, 9F
	Nobody                   // 80: no card
	Retake                   // take the card away and put it back
	Foreign                  // not a card that this SAM reads
	LineFault                // program or line: send again
	DeviceFault              // the SAM is dead or unlicensed: an alarm, no retry loop
	Other                    // not in the table
)

// Class sorts a status by what to do about it.
func (s Status) Class() Class {
	switch s {
	case OK, NoSuchItem, Found:
		return Fine
	case NoCard:
		return Nobody
	case CardRefusedSAM, SAMRefusedCard, BadInformation, BadFingerprint, BadItemLength, ReadFailed, RandomFailed, SelectFailed:
		return Retake
	case UnknownCardType:
		return Foreign
	case BadChecksum, BadLength, BadCommand, NotPermitted, Unrecognised:
		return LineFault
	case SelfTestFailed, Unauthorised:
		return DeviceFault
	}
	return Other
}

// String explains the status for logs and staff.
func (s Status) String() string {
	if text, ok := statusText(s); ok {
		return fmt.Sprintf("%02X %s", byte(s), text)
	}
	return fmt.Sprintf("%02X", byte(s))
}

func statusText(s Status) (string, bool) {
	for _, t := range [...]struct {
		s    Status
		text string
	}{
		{OK, "ok"},
		{NoSuchItem, "no such item on the card"},
		{Found, "card found"},
		{BadChecksum, "checksum of the request wrong"},
		{BadLength, "length of the request wrong"},
		{BadCommand, "command wrong"},
		{NotPermitted, "not permitted"},
		{Unrecognised, "unrecognised error"},
		{CardRefusedSAM, "card refused the SAM"},
		{SAMRefusedCard, "SAM refused the card"},
		{BadInformation, "information check failed"},
		{BadFingerprint, "fingerprint check failed"},
		{BadItemLength, "length error"},
		{UnknownCardType, "unknown card type"},
		{ReadFailed, "read failed"},
		{RandomFailed, "random number failed"},
		{SelfTestFailed, "SAM self test failed"},
		{Unauthorised, "SAM not authorised"},
		{NoCard, "no card"},
		{SelectFailed, "select failed"},
	} {
		if t.s == s {
			return t.text, true
		}
	}
	return "", false
}
