package touch

import (
	"fmt"
	"image"
	"image/color"

	"fyne.io/fyne/v2/canvas"
	qrcode "github.com/skip2/go-qrcode"
)

// Code is a QR code on the screen.
type Code struct {
	*canvas.Image
	content string
	side    int
}

// NewCode returns an empty code.
func NewCode() *Code {
	return &Code{Image: &canvas.Image{ScaleMode: canvas.ImageScalePixels, FillMode: canvas.ImageFillStretch}}
}

// Set draws content into a square of at most side pixels, with whole pixels for each module and the quiet zone that
// scanners need, and returns the side that it has.
func (c *Code) Set(content string, side int) (int, error) {
	if content == c.content && side == c.side && c.Image.Image != nil {
		return c.Image.Image.Bounds().Dx(), nil
	}
	pic, err := DrawCode(content, side)
	if err != nil {
		return 0, err
	}
	c.content, c.side = content, side
	c.Image.Image = pic
	c.Refresh()
	return pic.Bounds().Dx(), nil
}

// Wipe forgets the code.
func (c *Code) Wipe() {
	c.content, c.Image.Image = "", nil
	c.Hide()
	c.Refresh()
}

// DrawCode returns a QR code of at most side pixels.
func DrawCode(content string, side int) (*image.RGBA, error) {
	q, err := qrcode.New(content, qrcode.Medium)
	if err != nil {
		return nil, fmt.Errorf("draw code: %w", err)
	}
	bits := q.Bitmap()
	n := len(bits)
	scale := side / n
	if scale < 1 {
		return nil, fmt.Errorf("draw code: %d modules do not fit into %d pixels; leave more room", n, side)
	}
	img := image.NewRGBA(image.Rect(0, 0, n*scale, n*scale))
	for y := range n * scale {
		for x := range n * scale {
			v := uint8(0xff)
			if bits[y/scale][x/scale] {
				v = 0
			}
			img.SetRGBA(x, y, color.RGBA{v, v, v, 0xff})
		}
	}
	return img, nil
}
