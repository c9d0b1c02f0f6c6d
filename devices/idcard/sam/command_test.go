package sam

import (
	"strings"
	"testing"
)

// TestStatusTable is the table of protocols.md A3, in which every status of a reader must have its meaning.
func TestStatusTable(t *testing.T) {
	for sw3, class := range map[Status]Class{
		0x90: Fine, 0x9F: Fine, 0x91: Fine, 0x80: Nobody, 0x40: Foreign, 0x10: LineFault, 0x11: LineFault, 0x21: LineFault,
		0x31: Retake, 0x32: Retake, 0x33: Retake, 0x41: Retake, 0x47: Retake, 0x81: Retake, 0x23: LineFault, 0x24: LineFault, 0x37: Retake, 0x3F: Retake, 0x60: DeviceFault, 0x66: DeviceFault, 0x55: Other,
	} {
		if got := sw3.Class(); got != class {
			t.Errorf("%v: class %d, want %d", sw3, got, class)
		}
		if explained := len(sw3.String()) > 2; explained != (class != Other) {
			t.Errorf("%02X: %q", byte(sw3), sw3)
		}
	}
}

func TestRepliesSayWhatTheCardSaid(t *testing.T) {
	if got := (Reply{Status: ReadFailed}).String(); got != "41 read failed" {
		t.Error(got)
	}
	if got := (Reply{SW1: 0x6A, SW2: 0x82, Status: ReadFailed, Data: []byte("data")}).String(); got != "41 read failed (card says 6A 82)" {
		t.Error(got)
	}
}

func TestSetBaud(t *testing.T) {
	for i, baud := range []int{115200, 57600, 38400, 19200, 9600} {
		op, ok := SetBaudTo(baud)
		if !ok || op != Op(0x6000+i) {
			t.Errorf("%d: %04X, %v", baud, uint16(op), ok)
		}
		if back, ok := op.Baud(); !ok || back != baud || !strings.HasPrefix(op.String(), "set baud ") {
			t.Errorf("%v: %d, %v", op, back, ok)
		}
	}
	if op, ok := SetBaudTo(4800); ok || op != SetBaud {
		t.Errorf("4800: %04X, %v", uint16(op), ok)
	}
	for _, op := range []Op{0x6005, SetRFFrame, Find, 0} {
		if baud, ok := op.Baud(); ok {
			t.Errorf("%v sets %d baud", op, baud)
		}
	}
}

func TestEveryCommandHasAName(t *testing.T) {
	for _, op := range []Op{ResetSAM, StatusSAM, ReadID, Find, Select, ReadText, ReadAddress, ReadAll, SetRFFrame} {
		if name := op.String(); strings.HasPrefix(name, "command ") {
			t.Errorf("%04X has none", uint16(op))
		}
	}
	if got := Op(0x6005).String(); got != "command 6005" {
		t.Error(got)
	}
}
