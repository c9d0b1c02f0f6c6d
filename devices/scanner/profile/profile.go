package profile

import (
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"zhizhu/devices/scanner/frame"
)

// Plain is the name of the profile that never commands the scanner.
const Plain = "plain"

// Profile says how one family of scanners is spoken to. The zero Profile is plain: the scanner is never commanded.
type Profile struct {
	Name   string `json:"name"`
	Title  string `json:"title"`            // for staff
	Baud   int    `json:"baud"`             // speed that the makers ship
	Family string `json:"family,omitempty"` // gm, ssi, newland, honeywell; "" is never commanded
	// Prefix and Suffix are what the scanner puts around a code, beside CR, LF, NUL, STX and ETX.
	Prefix Hex `json:"prefix,omitempty"`
	Suffix Hex `json:"suffix,omitempty"`
	// Wake is sent WakeMS before a frame, since scanners sleep.
	Wake   Hex `json:"wake,omitempty"`
	WakeMS int `json:"wake_ms,omitempty"`
	// On makes the scanner read, Off makes it stop. Silent says that it doesn't answer them. A scanner stops by itself
	// after a code or some seconds: On is sent again every RenewMS while codes are wanted.
	On      Hex  `json:"trigger_on,omitempty"`
	Off     Hex  `json:"trigger_off,omitempty"`
	Silent  bool `json:"trigger_silent,omitempty"`
	RenewMS int  `json:"renew_ms,omitempty"`
	// Command makes the scanner wait for On; Continuous makes it read all the time, for one that doesn't obey On. Zone
	// is the same for the GM family, where the mode is two bits of a byte whose other bits are the shop's.
	Command    Hex   `json:"command,omitempty"`
	Continuous Hex   `json:"continuous,omitempty"`
	Zone       *Zone `json:"zone,omitempty"`
	// Unverified says that parts of this were never seen in a maker's page or on a device; Note says which. It may also
	// say what staff must do. In words for staff.
	Unverified bool   `json:"unverified,omitempty"`
	Note       string `json:"note,omitempty"`
}

// Zone is where the GM family keeps its mode: the bits Mask of the byte at Addr.
type Zone struct {
	Addr       Hex `json:"addr"` // two bytes
	Mask       Hex `json:"mask"` // one byte, as the others
	Command    Hex `json:"command"`
	Continuous Hex `json:"continuous"`
}

// Hex is bytes, written in a file as hexadecimal digits with spaces as one likes.
type Hex []byte

// UnmarshalText implements encoding.TextUnmarshaler.
func (h *Hex) UnmarshalText(text []byte) error {
	b, err := hex.DecodeString(strings.Join(strings.Fields(string(text)), ""))
	if err != nil {
		return fmt.Errorf("read %q as hexadecimal bytes like \"7E 00 08\": %w", text, err)
	}
	*h = b
	return nil
}

// MarshalText implements encoding.TextMarshaler.
func (h Hex) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "% X", []byte(h)), nil }

// Commands says whether the scanner is ever sent anything but acknowledgements.
func (p Profile) Commands() bool { return len(p.On) > 0 }

// Packets says whether codes may come in packets that must be acknowledged.
func (p Profile) Packets() bool { return p.Family == ssi }

// Renew is how long after On the scanner may have stopped by itself.
func (p Profile) Renew() time.Duration { return time.Duration(p.RenewMS) * time.Millisecond }

// WakePause is how long a scanner takes to wake up.
func (p Profile) WakePause() time.Duration { return time.Duration(p.WakeMS) * time.Millisecond }

// Replies finds what this scanner answers.
func (p Profile) Replies() frame.Replies {
	var r frame.Replies
	for _, cmd := range []Hex{p.Command, p.Continuous} {
		if echo := frame.HoneywellEcho(cmd); echo != nil {
			r.Echoes = append(r.Echoes, echo)
		}
	}
	return r
}

// Read is the frame that asks for the zone's byte.
func (z Zone) Read() []byte { return frame.AppendGM(nil, frame.GMRead, z.addr(), 1) }

// Write is the frame that changes the mode in the zone's byte old, which Read's answer brought. It is not saved: a
// power cut brings back what the shop had set.
func (z Zone) Write(old byte, continuous bool) []byte {
	mode := z.Command[0]
	if continuous {
		mode = z.Continuous[0]
	}
	return frame.AppendGM(nil, frame.GMWrite, z.addr(), old&^z.Mask[0]|mode)
}

// Set says whether the zone's byte already is as Write would have it, for the mode that waits for On.
func (z Zone) Set(old byte) bool { return old&z.Mask[0] == z.Command[0] }

func (z Zone) addr() uint16 { return uint16(z.Addr[0])<<8 | uint16(z.Addr[1]) }
