package qr

import "github.com/makiuchi-d/gozxing"

// plane is a picture of brightness, of rows that lie stride bytes apart.
type plane struct {
	pix                   []byte
	width, height, stride int
}

func (p plane) fits() bool {
	const most = 1 << 15
	return p.width > 0 && p.height > 0 && p.width <= most && p.height <= most && p.stride >= p.width &&
		len(p.pix) >= (p.height-1)*p.stride+p.width
}

// bitmap makes of a plane what gozxing reads.
func (p plane) bitmap(s step, m *memory) (*gozxing.BinaryBitmap, error) {
	src, err := gozxing.NewPlanarYUVLuminanceSource(p.pix, p.stride, p.height, 0, 0, p.width, p.height, false)
	if err != nil {
		return nil, err
	}
	if s.global {
		return gozxing.NewBinaryBitmap(gozxing.NewGlobalHistgramBinarizer(src))
	}
	return gozxing.NewBinaryBitmap(blocks{gozxing.NewHybridBinarizer(src), p, s.inverted, m})
}

// halve averages squares of 2x2 dots; an odd last row or column is let go. The result is valid until the next
// call.
func (d *Decoder) halve(p plane) plane {
	w, h := p.width/2, p.height/2
	if cap(d.half) < w*h {
		d.half = make([]byte, w*h)
	}
	d.half = d.half[:w*h]
	for y := range h {
		out := d.half[y*w:][:w]
		upper, lower := p.pix[2*y*p.stride:][:2*w], p.pix[(2*y+1)*p.stride:][:2*w]
		for x := range out {
			a, b := upper[2*x:2*x+2:2*x+2], lower[2*x:2*x+2:2*x+2]
			out[x] = byte((uint(a[0]) + uint(a[1]) + uint(b[0]) + uint(b[1])) / 4)
		}
	}
	return plane{d.half, w, h, w}
}
