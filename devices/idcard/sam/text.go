package sam

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf16"

	"zhizhu/devices"
)

// ErrUnknownType says that the type flag at byte 248 names no known layout.
var ErrUnknownType = errors.New("unknown card type")

// flagAt is where every layout has its type flag. It is read first: the other offsets depend on it.
const flagAt = 248

// span is a field of a text block: byte offset and length.
type span struct{ at, n int }

func (s span) of(block []byte) []byte { return block[s.at : s.at+s.n] }

// field ties a span to the card's field that it fills. Of two spans for one field, the second goes on where the
// first ends.
type field struct {
	span
	get func(*devices.Card) *string
	// date says that the block has eight digits where the card has an ISO date.
	date bool
}

func name(c *devices.Card) *string        { return &c.Name }
func english(c *devices.Card) *string     { return &c.EnglishName }
func nation(c *devices.Card) *string      { return &c.Nation }
func nationality(c *devices.Card) *string { return &c.Nationality }
func birth(c *devices.Card) *string       { return &c.Birth }
func address(c *devices.Card) *string     { return &c.Address }
func number(c *devices.Card) *string      { return &c.Number }
func authority(c *devices.Card) *string   { return &c.Authority }
func validFrom(c *devices.Card) *string   { return &c.ValidFrom }
func validTo(c *devices.Card) *string     { return &c.ValidTo }
func passNumber(c *devices.Card) *string  { return &c.PassNumber }
func issueCount(c *devices.Card) *string  { return &c.IssueCount }
func renewals(c *devices.Card) *string    { return &c.Renewals }
func former(c *devices.Card) *string      { return &c.FormerNumber }

// layout is one of the four text blocks (protocols.md A5).
type layout struct {
	sex    span
	fields []field
}

func layoutOf(t devices.CardType) (layout, bool) {
	switch t {
	case devices.ResidentCard:
		return layout{span{30, 2}, []field{
			{span{0, 30}, name, false},
			{span{32, 4}, nation, false},
			{span{36, 16}, birth, true},
			{span{52, 70}, address, false},
			{span{122, 36}, number, false},
			{span{158, 30}, authority, false},
			{span{188, 16}, validFrom, true},
			{span{204, 16}, validTo, true},
		}}, true
	case devices.ResidencePermit:
		return layout{span{30, 2}, []field{
			{span{0, 30}, name, false},
			{span{36, 16}, birth, true},
			{span{52, 70}, address, false},
			{span{122, 36}, number, false},
			{span{158, 30}, authority, false},
			{span{188, 16}, validFrom, true},
			{span{204, 16}, validTo, true},
			{span{220, 18}, passNumber, false},
			{span{238, 4}, issueCount, false},
		}}, true
	case devices.Foreigner2017:
		return layout{span{120, 2}, []field{
			{span{0, 120}, english, false},
			{span{122, 30}, number, false},
			{span{152, 6}, nationality, false},
			{span{158, 30}, name, false},
			{span{188, 16}, validFrom, true},
			{span{204, 16}, validTo, true},
			{span{220, 16}, birth, true},
			{span{240, 8}, authority, false},
		}}, true
	case devices.Foreigner2023:
		return layout{span{30, 2}, []field{
			{span{0, 30}, name, false},
			{span{32, 4}, renewals, false},
			{span{36, 16}, birth, true},
			{span{52, 70}, english, false},
			{span{122, 36}, number, false},
			{span{188, 16}, validFrom, true},
			{span{204, 16}, validTo, true},
			{span{220, 22}, english, false},
			{span{242, 6}, nationality, false},
			{span{250, 6}, former, false},
		}}, true
	}
	return layout{}, false
}

// ParseText reads a text block of 256 bytes in the layout that its type flag names. Control characters are dropped from
// all fields.
func ParseText(block []byte) (devices.Card, error) {
	if len(block) != textLen {
		return devices.Card{}, fmt.Errorf("parse text block: %d bytes, want %d", len(block), textLen)
	}
	t, err := typeOf(block)
	if err != nil {
		return devices.Card{}, err
	}
	l, _ := layoutOf(t)
	c := devices.Card{Type: t, Sex: sexOf(l.sex.of(block))}
	for _, f := range l.fields {
		to := f.get(&c)
		if f.date {
			*to = isoDate(text(f.of(block)))
			continue
		}
		*to += units(f.of(block))
	}
	for _, f := range l.fields {
		to := f.get(&c)
		*to = strings.TrimRight(*to, " ")
	}
	return c, nil
}

func typeOf(block []byte) (devices.CardType, error) {
	t, ok := flagOf(block)
	if !ok {
		return 0, fmt.Errorf("parse text block: %w (flag %04X)", ErrUnknownType, unit(block, flagAt/2))
	}
	return t, nil
}

// flagOf returns the type flag of a block, false where it names no known layout.
func flagOf(block []byte) (devices.CardType, bool) {
	switch flag := unit(block, flagAt/2); flag {
	case 0: // some issuers pad the reserved part with NUL
		return devices.ResidentCard, true
	case uint16(devices.ResidentCard), uint16(devices.ResidencePermit), uint16(devices.Foreigner2017), uint16(devices.Foreigner2023):
		return devices.CardType(flag), true
	}
	return 0, false
}

// units decodes UTF-16LE and keeps every character, private use and rare ones too. Controls are none: they would break
// a line or a record where nobody looks for it, and no card has them but by a fault.
func units(b []byte) string {
	u := make([]uint16, 0, len(b)/2)
	for i := range len(b) / 2 {
		if c := unit(b, i); !control(c) {
			u = append(u, c)
		}
	}
	return string(utf16.Decode(u))
}

// control says whether a code unit is a control of C0 (NUL too) or C1, DEL, or one of the two line ends of Unicode.
func control(c uint16) bool {
	return c < ' ' || c >= 0x7F && c < 0xA0 || c == 0x2028 || c == 0x2029
}

// text takes the padding at the end off. Spaces inside stay: foreigners' names have them.
func text(b []byte) string { return strings.TrimRight(units(b), " ") }

func sexOf(b []byte) devices.Sex {
	switch c := binary.LittleEndian.Uint16(b); c {
	case '1', '2', '9':
		return devices.Sex(c)
	}
	return '0'
}

// isoDate turns YYYYMMDD into an ISO date, keeps LongTerm, and yields "" for anything that is no date.
func isoDate(s string) string {
	if s == devices.LongTerm {
		return s
	}
	t, err := time.Parse("20060102", s)
	if err != nil {
		return ""
	}
	return t.Format(time.DateOnly)
}

// EncodeText is the inverse of ParseText, for simulators and tests. A field that its layout doesn't have is left out;
// one that doesn't fit is an error.
func EncodeText(c devices.Card) ([]byte, error) {
	l, ok := layoutOf(c.Type)
	if !ok {
		return nil, fmt.Errorf("encode text block: %w", ErrUnknownType)
	}
	block := make([]byte, textLen)
	for i := 0; i < textLen; i += 2 {
		block[i] = ' '
	}
	binary.LittleEndian.PutUint16(block[flagAt:], uint16(c.Type))
	if c.Sex != 0 {
		binary.LittleEndian.PutUint16(block[l.sex.at:], uint16(c.Sex))
	}
	rest := map[*string][]uint16{}
	for _, f := range l.fields {
		from := f.get(&c)
		u, seen := rest[from]
		if !seen {
			u = utf16.Encode([]rune(wireForm(*from, f.date)))
		}
		n := min(len(u), f.n/2)
		for i, v := range u[:n] {
			binary.LittleEndian.PutUint16(block[f.at+2*i:], v)
		}
		rest[from] = u[n:]
	}
	for _, u := range rest {
		if len(u) > 0 {
			return nil, fmt.Errorf("encode text block: a field is %d characters too long", len(u))
		}
	}
	return block, nil
}

func wireForm(s string, date bool) string {
	if date {
		return strings.ReplaceAll(s, "-", "")
	}
	return s
}
