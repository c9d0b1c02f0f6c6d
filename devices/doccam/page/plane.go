package page

import (
	"image"
	"image/color"
	"image/draw"
)

// plane is one channel of a picture.
type plane struct {
	pix          []byte
	w, h, stride int
}

func newPlane(w, h int) plane { return plane{make([]byte, w*h), w, h, w} }

func (p plane) row(y int) []byte { return p.pix[y*p.stride:][:p.w] }

// at is the value at a place, which is moved into the plane where it lies outside.
func (p plane) at(x, y int) byte {
	return p.pix[min(max(y, 0), p.h-1)*p.stride+min(max(x, 0), p.w-1)]
}

// bilinear is the value between four pixels, at the coordinates of their centres.
func (p plane) bilinear(x, y float64) float64 {
	x, y = min(max(x, 0), float64(p.w-1)), min(max(y, 0), float64(p.h-1))
	x0, y0 := int(x), int(y)
	fx, fy := x-float64(x0), y-float64(y0)
	x1, y1 := min(x0+1, p.w-1), min(y0+1, p.h-1)
	a, b := p.pix[y0*p.stride:], p.pix[y1*p.stride:]
	top := float64(a[x0])*(1-fx) + float64(a[x1])*fx
	low := float64(b[x0])*(1-fx) + float64(b[x1])*fx
	return top*(1-fy) + low*fy
}

func (p plane) gray() *image.Gray {
	return &image.Gray{Pix: p.pix, Stride: p.stride, Rect: image.Rect(0, 0, p.w, p.h)}
}

// channels are a picture's luma, and its chroma where it has any.
type channels struct{ y, cb, cr plane }

func (c channels) colour() bool { return c.cb.pix != nil }

// split looks at a picture as channels: without a copy where it is what a camera gives (*image.YCbCr, *image.Gray), else by
// converting it. false means that there is no pixel.
func split(img image.Image) (channels, bool) {
	if img == nil || img.Bounds().Empty() {
		return channels{}, false
	}
	switch m := img.(type) {
	case *image.Gray:
		b := m.Rect
		return channels{y: plane{m.Pix[m.PixOffset(b.Min.X, b.Min.Y):], b.Dx(), b.Dy(), m.Stride}}, true
	case *image.YCbCr:
		return splitYCbCr(m), true
	default:
		return splitYCbCr(toYCbCr(img)), true
	}
}

func splitYCbCr(m *image.YCbCr) channels {
	b := m.Rect
	sx, sy := subsampling(m.SubsampleRatio)
	cw, ch := (b.Max.X+sx-1)/sx-b.Min.X/sx, (b.Max.Y+sy-1)/sy-b.Min.Y/sy
	co := m.COffset(b.Min.X, b.Min.Y)
	return channels{
		plane{m.Y[m.YOffset(b.Min.X, b.Min.Y):], b.Dx(), b.Dy(), m.YStride},
		plane{m.Cb[co:], cw, ch, m.CStride},
		plane{m.Cr[co:], cw, ch, m.CStride},
	}
}

// subsampling says how many pixels share one sample of colour, across and down.
func subsampling(r image.YCbCrSubsampleRatio) (x, y int) {
	switch r {
	case image.YCbCrSubsampleRatio422:
		return 2, 1
	case image.YCbCrSubsampleRatio420:
		return 2, 2
	case image.YCbCrSubsampleRatio440:
		return 1, 2
	case image.YCbCrSubsampleRatio411:
		return 4, 1
	case image.YCbCrSubsampleRatio410:
		return 4, 2
	default:
		return 1, 1
	}
}

// toYCbCr converts a picture that comes from no camera: a staff member's PNG.
func toYCbCr(img image.Image) *image.YCbCr {
	b := image.Rect(0, 0, img.Bounds().Dx(), img.Bounds().Dy())
	rgba := image.NewRGBA(b)
	draw.Draw(rgba, b, image.White, image.Point{}, draw.Src) // what is transparent is paper
	draw.Draw(rgba, b, img, img.Bounds().Min, draw.Over)
	out := image.NewYCbCr(b, image.YCbCrSubsampleRatio444)
	for i := range out.Y {
		p := rgba.Pix[4*i : 4*i+3 : 4*i+3]
		out.Y[i], out.Cb[i], out.Cr[i] = color.RGBToYCbCr(p[0], p[1], p[2])
	}
	return out
}

// Wipe overwrites a picture, which may show a person's document.
func Wipe(img image.Image) {
	switch m := img.(type) {
	case *image.RGBA:
		if m != nil {
			clear(m.Pix)
		}
	case *image.Gray:
		if m != nil {
			clear(m.Pix)
		}
	case *image.YCbCr:
		if m != nil {
			clear(m.Y)
			clear(m.Cb)
			clear(m.Cr)
		}
	}
}
