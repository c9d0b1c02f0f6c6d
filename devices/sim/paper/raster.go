package paper

import (
	"fmt"

	"github.com/skip2/go-qrcode"
)

// raster prints rows of dots at the current alignment.
func (p *printer) raster(c Command) {
	p.flush()
	sx, sy := 1+c.N&1, 1+c.N>>1&1
	left := p.left(c.W * 8 * sx)
	p.grow(p.y + c.H*sy)
	for y := range c.H * sy {
		row := c.Data[y/sy*c.W : (y/sy+1)*c.W]
		for x := range c.W * 8 * sx {
			if row[x/sx/8]&(0x80>>(x/sx%8)) != 0 {
				p.black(left+x, p.y+y)
			}
		}
	}
	p.y += c.H * sy
	p.pictureH += c.H * sy
	p.pictureW = max(p.pictureW, c.W*8*sx)
}

// endPicture tells the text of the raster commands that stood together.
func (p *printer) endPicture() {
	if p.lines != nil && p.pictureH > 0 {
		fmt.Fprintf(p.lines, "[picture %dx%d]\n", p.pictureW, p.pictureH)
	}
	p.pictureW, p.pictureH = 0, 0
}

// obeyCode obeys the functions of GS ( k.
func (p *printer) obeyCode(c Command) {
	switch c.N {
	case 'C':
		p.codeModule = int(c.Data[0])
	case 'E':
		p.codeLevel = c.Data[0]
	case 'P':
		p.code = c.Data[1:]
	case 'Q':
		p.drawCode()
	}
}

// drawCode prints the stored code without a quiet zone, as printers do.
func (p *printer) drawCode() {
	p.flush()
	if p.lines != nil {
		fmt.Fprintf(p.lines, "[code %s]\n", p.code)
	}
	q, err := qrcode.New(string(p.code), level(p.codeLevel))
	if err != nil {
		return // a real printer prints nothing either
	}
	q.DisableBorder = true
	m := q.Bitmap()
	left := p.left(len(m) * p.codeModule)
	p.grow(p.y + len(m)*p.codeModule)
	for y := range len(m) * p.codeModule {
		for x := range len(m) * p.codeModule {
			if m[y/p.codeModule][x/p.codeModule] {
				p.black(left+x, p.y+y)
			}
		}
	}
	p.y += len(m) * p.codeModule
}

func level(b byte) qrcode.RecoveryLevel {
	switch b {
	case '1':
		return qrcode.Medium
	case '2':
		return qrcode.High
	case '3':
		return qrcode.Highest
	}
	return qrcode.Low
}
