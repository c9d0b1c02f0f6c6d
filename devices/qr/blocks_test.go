package qr

import (
	"testing"

	"github.com/makiuchi-d/gozxing"
	"pgregory.net/rapid"
)

// The bits are those of gozxing's HybridBinarizer, whatever the size and the stride.
func TestBlocksAreGozxings(t *testing.T) {
	var m memory
	rapid.Check(t, func(t *rapid.T) {
		p := drawPlane(t)
		theirs := blackOf(t, p, func(src gozxing.LuminanceSource) gozxing.Binarizer { return gozxing.NewHybridBinarizer(src) })
		ours := blackOf(t, p, func(src gozxing.LuminanceSource) gozxing.Binarizer {
			return blocks{gozxing.NewHybridBinarizer(src), p, false, &m}
		})
		for y := range p.height {
			for x := range p.width {
				if ours.Get(x, y) != theirs.Get(x, y) {
					t.Fatalf("%dx%d: dot %d,%d is black: %v", p.width, p.height, x, y, ours.Get(x, y))
				}
			}
		}
	})
}

// drawPlane makes areas of different light with a little noise, so that there are blocks with and without contrast.
func drawPlane(t *rapid.T) plane {
	w, h := rapid.IntRange(1, 150).Draw(t, "width"), rapid.IntRange(1, 90).Draw(t, "height")
	p := plane{width: w, height: h, stride: w + rapid.IntRange(0, 9).Draw(t, "pad")}
	p.pix = make([]byte, p.stride*h)
	light := rapid.SliceOfN(rapid.Byte(), 12, 12).Draw(t, "light")
	noise := rapid.SliceOfN(rapid.ByteMax(40), 97, 97).Draw(t, "noise")
	for i := range p.pix {
		x, y := i%p.stride, i/p.stride
		p.pix[i] = byte(min(255, int(light[(x/37)%4+(y/31)%3*4])+int(noise[(x*7+y*13)%97])))
	}
	return p
}

func blackOf(t *rapid.T, p plane, make func(gozxing.LuminanceSource) gozxing.Binarizer) *gozxing.BitMatrix {
	src, err := gozxing.NewPlanarYUVLuminanceSource(p.pix, p.stride, p.height, 0, 0, p.width, p.height, false)
	if err != nil {
		t.Fatal(err)
	}
	m, err := make(src).GetBlackMatrix()
	if err != nil {
		m, err = gozxing.NewBitMatrix(p.width, p.height) // no contrast at all
	}
	if err != nil {
		t.Fatal(err)
	}
	return m
}
