package paper

import (
	"fmt"
	"strings"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// Receipt is what lies between two cuts.
type Receipt struct{ Commands []Command }

// Receipts reads a stream and splits it behind each cut; what follows the last cut is dropped unless it marks the
// paper. The error is [Parse]'s.
func Receipts(b []byte) ([]Receipt, error) {
	cmds, err := Parse(b)
	var out []Receipt
	start := 0
	for i, c := range cmds {
		if c.Op == OpCut {
			out = append(out, Receipt{Commands: cmds[start : i+1]})
			start = i + 1
		}
	}
	if rest := (Receipt{Commands: cmds[start:]}); !rest.Blank() {
		out = append(out, rest)
	}
	return out, err
}

// Blank says that nothing would be seen on the paper.
func (r Receipt) Blank() bool {
	for _, c := range r.Commands {
		switch c.Op {
		case OpText, OpRaster:
			return false
		case OpCode:
			if c.N == 'Q' {
				return false
			}
		case OpGraphics:
			if c.N == '2' {
				return false
			}
		default:
		}
	}
	return true
}

// Text is the receipt for people, in UTF-8: its lines where they stand on the paper, pictures and codes in brackets.
func (r Receipt) Text() string {
	p := newPrinter(nil, defaultDots)
	p.lines = &strings.Builder{}
	p.run(r.Commands)
	return p.lines.String()
}

// Dump lists commands for people, one a line: for golden files and for staff.
func Dump(cmds []Command) string {
	var b strings.Builder
	for _, c := range cmds {
		fmt.Fprintf(&b, "%06d %s\n", c.Offset, c)
	}
	return b.String()
}

var opNames = [...]string{
	OpText: "text", OpLineFeed: "line feed", OpInit: "init", OpChinese: "chinese", OpBold: "bold", OpMode: "print mode",
	OpSize: "size", OpChineseMode: "chinese mode", OpChineseQuad: "chinese quadruple", OpAlign: "align",
	OpSpacing: "line spacing", OpFeedLines: "feed lines", OpFeedDots: "feed dots", OpMargin: "left margin",
	OpWidth: "width", OpRaster: "raster", OpCode: "qr", OpCut: "cut", OpDrawer: "drawer", OpIdentify: "identify",
	OpAutoStatus: "auto status", OpPaperStatus: "paper status", OpStatus: "status", OpRecover: "recover",
	OpDrawerStatus: "drawer status", OpCodePage: "code page", OpUnderline: "underline", OpGraphics: "graphics",
}

func (c Command) String() string {
	name := opNames[c.Op]
	switch c.Op {
	case OpText:
		return fmt.Sprintf("%s %q", name, decode(c.Data))
	case OpLineFeed, OpInit:
		return name
	case OpSize:
		return fmt.Sprintf("%s %dx%d", name, c.N>>4+1, c.N&0xf+1)
	case OpRaster:
		return fmt.Sprintf("%s %dx%d mode %d", name, c.W*8, c.H, c.N)
	case OpCode:
		return fmt.Sprintf("%s function %c %q", name, c.N, c.Data)
	case OpGraphics:
		if c.N == 'p' {
			return fmt.Sprintf("%s stored %dx%d", name, c.W*8, c.H)
		}
		return name + " printed"
	default:
		return fmt.Sprintf("%s %d", name, c.N)
	}
}

// decode reads GBK, the printer's way: what its font lacks is a replacement character.
func decode(b []byte) string {
	s, err := simplifiedchinese.GBK.NewDecoder().Bytes(b)
	if err != nil {
		return strings.Repeat("\ufffd", len(b))
	}
	return string(s)
}
