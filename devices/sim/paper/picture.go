package paper

import (
	"image"
	"image/color"
	"image/png"
	"io"
	"strings"
)

const (
	defaultDots = 576
	cellW       = 12
	cellH       = 24
	spacing     = 30
)

// Picture draws the receipt on paper of so many dots (0 is 576), a dot a pixel. Characters are drawn with font; nil
// draws frames in their places.
func (r Receipt) Picture(font *Font, dots int) *image.Gray {
	if dots <= 0 {
		dots = defaultDots
	}
	p := newPrinter(font, dots)
	p.run(r.Commands)
	return p.picture()
}

// WritePNG writes the picture of a receipt.
func (r Receipt) WritePNG(w io.Writer, font *Font, dots int) error {
	return png.Encode(w, r.Picture(font, dots))
}

// printer is the interpreter: a print head over endless paper.
type printer struct {
	font  *Font
	dots  int
	y     int
	paper *image.Gray      // grows downwards
	lines *strings.Builder // text of what is printed, where wanted

	line       []glyph // printed by the next line feed
	bold       bool
	w, h       int // size factors
	align      int
	spacing    int
	margin     int
	width      int
	code       []byte
	codeModule int
	codeLevel  byte
	stored     Command // a picture that waits to be printed
	pictureH   int     // rows of neighbouring raster commands, for the text
	pictureW   int
}

type glyph struct {
	r    rune
	w, h int
	bold bool
}

func (g glyph) dots() int {
	if g.r < 0x80 {
		return cellW * g.w
	}
	return 2 * cellW * g.w
}

func newPrinter(font *Font, dots int) *printer {
	p := &printer{font: font, dots: dots, paper: image.NewGray(image.Rect(0, 0, dots, 0))}
	p.reset()
	return p
}

func (p *printer) reset() {
	p.line, p.bold, p.w, p.h, p.align = nil, false, 1, 1, 0
	p.spacing, p.margin, p.width = spacing, 0, p.dots
	p.codeModule, p.codeLevel, p.stored = 3, '0', Command{}
}

func (p *printer) run(cmds []Command) {
	for _, c := range cmds {
		if c.Op != OpRaster && c.Op != OpGraphics && !c.RealTime() && c.Op != OpIdentify {
			p.endPicture()
		}
		p.obey(c)
	}
	p.endPicture()
}

func (p *printer) obey(c Command) {
	switch c.Op {
	case OpText:
		for _, r := range decode(c.Data) {
			p.put(glyph{r: r, w: p.w, h: p.h, bold: p.bold})
		}
	case OpLineFeed:
		p.feedLine()
	case OpInit:
		p.reset()
	case OpFeedLines:
		for range max(c.N, 1) {
			p.feedLine()
		}
	case OpFeedDots:
		p.flush()
		p.feed(c.N)
	case OpRaster:
		p.raster(c)
	case OpGraphics:
		p.graphics(c)
	case OpCode:
		p.obeyCode(c)
	case OpCut:
		p.flush()
		p.feed(4 * cellH)
	default:
		p.set(c)
	}
}

// set obeys the commands that change a mode.
func (p *printer) set(c Command) {
	switch c.Op {
	case OpBold:
		p.bold = c.N&1 != 0
	case OpMode:
		p.bold, p.w, p.h = c.N&0x08 != 0, 1+c.N>>5&1, 1+c.N>>4&1
	case OpSize:
		p.w, p.h = c.N>>4&7+1, c.N&7+1
	case OpChineseMode:
		p.w, p.h = 1+c.N>>2&1, 1+c.N>>3&1
	case OpChineseQuad:
		p.w, p.h = 1+c.N&1, 1+c.N&1
	case OpAlign:
		if len(p.line) == 0 {
			p.align = c.N & 3
		}
	case OpSpacing:
		p.spacing = c.N
		if c.N < 0 {
			p.spacing = spacing
		}
	case OpMargin:
		p.margin = min(c.N, p.dots-2*cellW)
	case OpWidth:
		p.width = c.N
	default: // nothing of it is seen on paper
	}
}

func (p *printer) room() int { return max(min(p.width, p.dots-p.margin), 2*cellW) }

func (p *printer) put(g glyph) {
	used := 0
	for _, o := range p.line {
		used += o.dots()
	}
	if used+g.dots() > p.room() && used > 0 {
		p.flush()
	}
	p.line = append(p.line, g)
}

func (p *printer) left(used int) int {
	free := max(p.room()-used, 0)
	switch p.align {
	case 1:
		return p.margin + free/2
	case 2:
		return p.margin + free
	}
	return p.margin
}

// flush prints the line, if there is one.
func (p *printer) flush() {
	if len(p.line) > 0 {
		p.feedLine()
	}
}

func (p *printer) feedLine() {
	used, tall := 0, 0
	for _, g := range p.line {
		used += g.dots()
		tall = max(tall, cellH*g.h)
	}
	x := p.left(used)
	p.note(x)
	p.grow(p.y + max(tall, p.spacing))
	for _, g := range p.line {
		p.font.draw(p.paper, g, x, p.y+tall-cellH*g.h)
		x += g.dots()
	}
	p.y += max(tall, p.spacing)
	p.line = nil
}

// note writes the line into the text.
func (p *printer) note(x int) {
	if p.lines == nil {
		return
	}
	var b strings.Builder
	for _, g := range p.line {
		b.WriteRune(g.r)
	}
	if b.Len() > 0 {
		p.lines.WriteString(strings.Repeat(" ", x/cellW))
	}
	p.lines.WriteString(strings.TrimRight(b.String(), " ") + "\n")
}

func (p *printer) feed(n int) {
	p.y += n
	p.grow(p.y)
}

func (p *printer) grow(h int) {
	if h <= p.paper.Rect.Dy() {
		return
	}
	pix := make([]byte, (h-p.paper.Rect.Dy())*p.paper.Stride)
	for i := range pix {
		pix[i] = 0xff
	}
	p.paper.Pix = append(p.paper.Pix, pix...)
	p.paper.Rect.Max.Y = h
}

func (p *printer) black(x, y int) { p.paper.SetGray(x, y, color.Gray{}) }

// picture is the paper with white all around.
func (p *printer) picture() *image.Gray {
	p.flush()
	p.feed(cellH)
	return p.paper
}
