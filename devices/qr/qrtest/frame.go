// Package qrtest makes camera frames with a QR code in them, turned, blurred, noisy, under glare: the same ones for the
// same seed. It is for tests and benchmarks, and must never be part of a program.
package qrtest

import (
	"fmt"
	"image"
	"math"
	"math/rand/v2"

	"github.com/skip2/go-qrcode"
)

// Scene is a frame to be made. The zero Scene but for its sizes and Text is a clean, upright code on a grey desk.
type Scene struct {
	Width, Height int
	Text          string  // of the code; "" for a desk without one
	Module        float64 // dots a module; zero fills half of the height
	Angle         float64 // degrees
	Blur          int     // radius in dots
	Noise         float64 // standard deviation, of 255
	Contrast      float64 // of black to white, 0 to 1; zero means 1
	Glare         bool    // a bright spot beside the code's middle
	Inverted      bool    // white on black
	Seed          uint64  // of noise, and of the code's place and turn a little
}

// Draw makes the frame.
func (s Scene) Draw() (*image.Gray, error) {
	var cells [][]bool
	if s.Text != "" {
		code, err := qrcode.New(s.Text, qrcode.Medium)
		if err != nil {
			return nil, fmt.Errorf("make code: %w", err)
		}
		cells = code.Bitmap() // with a quiet zone of four modules
	}
	r := rand.New(rand.NewPCG(s.Seed, 20))
	img := s.desk(r, cells)
	for range 2 { // twice a box is nearly a bell
		img = blur(img, s.Blur)
	}
	s.finish(img, r)
	return img, nil
}

// desk lays the code on a desk with a slope of light and some dark things.
func (s Scene) desk(r *rand.Rand, cells [][]bool) *image.Gray {
	img := image.NewGray(image.Rect(0, 0, s.Width, s.Height))
	n := float64(len(cells))
	module := s.Module
	if module == 0 && n > 0 {
		module = float64(s.Height) / 2 / n
	}
	sin, cos := math.Sincos(s.Angle * math.Pi / 180)
	free := func(size int) float64 {
		return (r.Float64() - 0.5) * max(0, float64(size)-n*module*(math.Abs(sin)+math.Abs(cos)))
	}
	cx, cy := float64(s.Width)/2+free(s.Width), float64(s.Height)/2+free(s.Height)
	reach := n * module * math.Sqrt2 / 2
	if n == 0 {
		reach = -1
	}
	for y := range s.Height {
		row := img.Pix[y*img.Stride:][:s.Width]
		for x := range row {
			row[x] = uint8(s.light(x, y))
			if math.Abs(float64(x)-cx) > reach || math.Abs(float64(y)-cy) > reach {
				continue
			}
			sum := 0.0
			for _, sub := range [4][2]float64{{.25, .25}, {.75, .25}, {.25, .75}, {.75, .75}} {
				dx, dy := float64(x)+sub[0]-cx, float64(y)+sub[1]-cy
				u, v := (dx*cos+dy*sin)/module+n/2, (dy*cos-dx*sin)/module+n/2
				if u < 0 || v < 0 || u >= n || v >= n {
					sum += float64(row[x])
				} else {
					sum += s.ink(cells[int(v)][int(u)])
				}
			}
			row[x] = uint8(sum / 4)
		}
	}
	return img
}

// light is the brightness of the desk: a slope, some dark things, a fine grain.
func (s Scene) light(x, y int) int {
	desk := 110 + 60*x/s.Width + (x*x/53+y*y/37)%29
	if (x/90+y/70)%7 == 0 {
		desk -= 60
	}
	return desk
}

// ink is the brightness of a module.
func (s Scene) ink(dark bool) float64 {
	contrast := s.Contrast
	if contrast == 0 {
		contrast = 1
	}
	if dark != s.Inverted {
		return 128 - 110*contrast
	}
	return 128 + 110*contrast
}

func (s Scene) finish(img *image.Gray, r *rand.Rand) {
	gx, gy, size := float64(s.Width)*0.42, float64(s.Height)*0.45, float64(s.Height)*0.15
	if !s.Glare && s.Noise == 0 {
		return
	}
	for y := range s.Height {
		for x := range s.Width {
			v := float64(img.Pix[y*img.Stride+x])
			if s.Glare {
				d := math.Hypot(float64(x)-gx, float64(y)-gy) / size
				v += 140 * math.Exp(-d*d)
			}
			if s.Noise > 0 {
				v += r.NormFloat64() * s.Noise
			}
			img.Pix[y*img.Stride+x] = uint8(min(max(v, 0), 255))
		}
	}
}

// blur averages along rows, then along columns.
func blur(m *image.Gray, radius int) *image.Gray {
	if radius <= 0 {
		return m
	}
	w, h := m.Rect.Dx(), m.Rect.Dy()
	mid, out := image.NewGray(m.Rect), image.NewGray(m.Rect)
	for y := range h {
		smooth(m.Pix[y*w:], mid.Pix[y*w:], w, 1, radius)
	}
	for x := range w {
		smooth(mid.Pix[x:], out.Pix[x:], h, w, radius)
	}
	return out
}

func smooth(in, out []byte, n, step, radius int) {
	sum, count := 0, 0
	for i := range min(radius, n) {
		sum, count = sum+int(in[i*step]), count+1
	}
	for i := range n {
		if i+radius < n {
			sum, count = sum+int(in[(i+radius)*step]), count+1
		}
		if i-radius-1 >= 0 {
			sum, count = sum-int(in[(i-radius-1)*step]), count-1
		}
		out[i*step] = byte(sum / count)
	}
}
