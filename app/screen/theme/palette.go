package theme

import "image/color"

// Palette is the set of colours of one mode. Each ground comes with the ink that may stand on it; contrasts are kept by
// a test.
type Palette struct {
	Name string

	Page    color.NRGBA // behind everything
	Surface color.NRGBA // cards, bar
	Sunk    color.NRGBA // disabled controls, stations of the trail not reached
	Line    color.NRGBA // outline of plain controls
	Rule    color.NRGBA // lines between rows

	Ink     color.NRGBA
	Quiet   color.NRGBA
	OnSunk  color.NRGBA
	Primary color.NRGBA // header, main action, icons
	Pressed color.NRGBA // a primary control under the finger
	OnPrime color.NRGBA
	Pick    color.NRGBA // ground of what is chosen, and of a plain control under the finger

	WarmGround, WarmLine, WarmInk    color.NRGBA // help, waiting, offline
	GoodGround, Good                 color.NRGBA
	WrongGround, WrongLine, WrongInk color.NRGBA
	Pill, PillWarm, OnPillWarm       color.NRGBA // network state in the header
	TintBlue, TintGreen              Tint
	TintRed, TintBrown               Tint
}

// Tint is the ground and ink of a theme tile's icon.
type Tint struct{ Ground, Ink color.NRGBA }

// Normal is the palette of the normal mode.
func Normal() *Palette {
	return &Palette{
		Name: "normal",
		Page: hex(0xF3F6FB), Surface: hex(0xFFFFFF), Sunk: hex(0xE3E9F4), Line: hex(0xC5D2E8), Rule: hex(0xDCE4F0),
		Ink: hex(0x17212F), Quiet: hex(0x41526B), OnSunk: hex(0x41526B),
		Primary: hex(0x0F4C9E), Pressed: hex(0x0A3570), OnPrime: hex(0xFFFFFF), Pick: hex(0xE4EEFC),
		WarmGround: hex(0xFFF4E5), WarmLine: hex(0xE9A14B), WarmInk: hex(0x7A3E00),
		GoodGround: hex(0xDFF4EC), Good: hex(0x0B6B50),
		WrongGround: hex(0xFCE6E8), WrongLine: hex(0xB23A48), WrongInk: hex(0x8E2430),
		Pill: hex(0x2F65AD), PillWarm: hex(0xE9A14B), OnPillWarm: hex(0x4A2600),
		TintBlue: Tint{hex(0xE4EEFC), hex(0x0F4C9E)}, TintGreen: Tint{hex(0xDFF4EC), hex(0x0B7A5B)},
		TintRed: Tint{hex(0xFCE6E8), hex(0xB23A48)}, TintBrown: Tint{hex(0xFBEBD7), hex(0x8A4B08)},
	}
}

// Guided is the palette of 长者模式: warmer page, darker ink, stronger outlines.
func Guided() *Palette {
	p := Normal()
	p.Name = "guided"
	p.Page, p.Sunk, p.Line, p.Rule = hex(0xFFFDF7), hex(0xECEAE3), hex(0x0B3A7E), hex(0xD5D0C2)
	p.Ink, p.Quiet, p.OnSunk = hex(0x111111), hex(0x333333), hex(0x333333)
	p.Primary, p.Pressed, p.Pick = hex(0x0B3A7E), hex(0x06244F), hex(0xDCE9FB)
	p.WarmGround, p.WarmLine, p.WarmInk = hex(0x9A3412), hex(0x9A3412), hex(0xFFFFFF)
	p.Good, p.WrongInk = hex(0x07543F), hex(0x7A1420)
	p.Pill = hex(0x2A5596)
	return p
}

// ByTint returns the colours of a theme tile's icon; unknown names are blue.
func (p *Palette) ByTint(name string) Tint {
	switch name {
	case "green":
		return p.TintGreen
	case "red":
		return p.TintRed
	case "brown":
		return p.TintBrown
	default:
		return p.TintBlue
	}
}

func hex(v uint32) color.NRGBA {
	return color.NRGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: 0xff}
}
