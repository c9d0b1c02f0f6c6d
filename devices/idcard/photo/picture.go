package photo

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"

	"golang.org/x/image/bmp"
)

// Size of a card's photo in pixels.
const (
	Width  = 102
	Height = 126
)

// rawLen is the length of the raw form: three bytes a pixel, rows without padding.
const rawLen = Width * Height * 3

// maxSide is the longest side that a helper's picture may have: some scale it up.
const maxSide = 1024

// ErrFormat says that a helper's output is no picture.
var ErrFormat = errors.New("output is no picture")

// Parse reads what a helper has written: a PNG, a BMP, or 38556 raw bytes, blue, green, red, from the bottom row up.
func Parse(b []byte) (image.Image, error) {
	switch {
	case bytes.HasPrefix(b, []byte("\x89PNG\r\n\x1a\n")):
		return decode(b, png.DecodeConfig, png.Decode)
	case bytes.HasPrefix(b, []byte("BM")) && len(b) != rawLen:
		return decode(b, bmp.DecodeConfig, bmp.Decode)
	case len(b) == rawLen:
		return raw(b), nil
	}
	return nil, fmt.Errorf("parse photo of %d bytes: %w: want PNG, BMP or %d raw bytes", len(b), ErrFormat, rawLen)
}

// decode looks at the size first: a few bytes can ask for gigabytes of pixels.
func decode(b []byte, size func(io.Reader) (image.Config, error), read func(io.Reader) (image.Image, error)) (image.Image, error) {
	c, err := size(bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("parse photo of %d bytes: %w: %w", len(b), ErrFormat, err)
	}
	if c.Width < 1 || c.Height < 1 || c.Width > maxSide || c.Height > maxSide {
		return nil, fmt.Errorf("parse photo of %dx%d pixels: %w: want %d a side at most", c.Width, c.Height, ErrFormat, maxSide)
	}
	m, err := read(bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("parse photo of %d bytes: %w: %w", len(b), ErrFormat, err)
	}
	return m, nil
}

// raw turns bottom-up BGR into a picture.
func raw(b []byte) image.Image {
	m := image.NewNRGBA(image.Rect(0, 0, Width, Height))
	for y := range Height {
		row := b[(Height-1-y)*Width*3:]
		for x := range Width {
			p := m.Pix[m.PixOffset(x, y):]
			p[0], p[1], p[2], p[3] = row[3*x+2], row[3*x+1], row[3*x], 0xFF
		}
	}
	return m
}
