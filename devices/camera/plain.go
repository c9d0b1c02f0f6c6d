package camera

import (
	"image"
	"image/color"
	"image/draw"
)

// Plain turns any picture into one of a Frame's two types: *image.Gray with luma, else *image.YCbCr (or *image.Gray
// where it is one already). What is transparent becomes white, like the paper that it would be printed on. The result
// may share img's memory.
func Plain(img image.Image, luma bool) image.Image {
	switch m := img.(type) {
	case *image.Gray:
		return m
	case *image.YCbCr:
		if luma {
			return &image.Gray{Pix: m.Y[m.YOffset(m.Rect.Min.X, m.Rect.Min.Y):], Stride: m.YStride, Rect: image.Rect(0, 0, m.Rect.Dx(), m.Rect.Dy())}
		}
		return m
	}
	flat := flatten(img)
	if luma {
		return grayOf(flat)
	}
	return colourOf(flat)
}

func flatten(img image.Image) *image.RGBA {
	b := img.Bounds()
	flat := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(flat, flat.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(flat, flat.Rect, img, b.Min, draw.Over)
	return flat
}

func grayOf(m *image.RGBA) *image.Gray {
	g := image.NewGray(m.Rect)
	for i := range g.Pix {
		p := m.Pix[4*i : 4*i+3 : 4*i+3]
		g.Pix[i] = luminance(p[0], p[1], p[2])
	}
	return g
}

// luminance weighs colours as ITU-R BT.601 does, in 1024ths as ZXing does: its test pictures are right on the edge.
func luminance(r, g, b byte) byte {
	return byte((306*uint32(r) + 601*uint32(g) + 117*uint32(b) + 0x200) >> 10)
}

func colourOf(m *image.RGBA) *image.YCbCr {
	out := image.NewYCbCr(m.Rect, image.YCbCrSubsampleRatio444)
	for i := range out.Y {
		p := m.Pix[4*i : 4*i+3 : 4*i+3]
		out.Y[i], out.Cb[i], out.Cr[i] = color.RGBToYCbCr(p[0], p[1], p[2])
	}
	return out
}
