package page

import (
	"image"
	"math"

	"github.com/makiuchi-d/gozxing/common"
)

// MaxSide is the longer side of a straightened page in pixels, at most: 225 dpi of A4.
const MaxSide = 2630

// margin is what of the mat is left around a page, as a share of its longer side: no letter at the very edge is lost over
// a page that isn't quite flat.
const margin = 0.005

// Flatten is a frame's page, upright and straight, as large as it is in the frame: *image.YCbCr (4:2:0), or *image.Gray of
// a frame without colour, or where grey is wished. A page that isn't sure is the whole frame, as it is.
// It never returns nil for a frame that has pixels.
func Flatten(frame image.Image, found Outline, grey bool) image.Image {
	c, ok := split(frame)
	if !ok {
		return nil
	}
	q := whole(c.y.w, c.y.h)
	w, h := float64(c.y.w), float64(c.y.h)
	if found.Sure && found.Corners.convex() {
		q = found.Corners
		w, h = proportion(q, c.y.w, c.y.h)
		q = within(q.grown(margin*max(w, h)), c.y.w, c.y.h)
	}
	k := min(MaxSide/max(w, h), 1)
	return c.straighten(q, max(int(w*k+0.5), 1), max(int(h*k+0.5), 1), grey)
}

// within moves corners into the frame.
func within(q Quad, w, h int) Quad {
	return q.mapped(func(p Point) Point {
		return Point{min(max(p.X, 0), float64(w)), min(max(p.Y, 0), float64(h))}
	})
}

func (c channels) straighten(q Quad, w, h int, grey bool) image.Image {
	y := warp(c.y, q, w, h)
	if grey || !c.colour() {
		return y.gray()
	}
	cw, ch := (w+1)/2, (h+1)/2
	fx, fy := float64(c.cb.w)/float64(c.y.w), float64(c.cb.h)/float64(c.y.h)
	cq := q.mapped(func(p Point) Point { return Point{p.X * fx, p.Y * fy} })
	return &image.YCbCr{
		Y: y.pix, Cb: warp(c.cb, cq, cw, ch).pix, Cr: warp(c.cr, cq, cw, ch).pix,
		YStride: w, CStride: cw, SubsampleRatio: image.YCbCrSubsampleRatio420, Rect: image.Rect(0, 0, w, h),
	}
}

// warp is what lies in a quad, as a plane of w by h.
func warp(src plane, q Quad, w, h int) plane {
	out := newPlane(w, h)
	fw, fh := float64(w), float64(h)
	back := common.PerspectiveTransform_QuadrilateralToQuadrilateral(0, 0, fw, 0, fw, fh, 0, fh,
		q[0].X, q[0].Y, q[1].X, q[1].Y, q[2].X, q[2].Y, q[3].X, q[3].Y)
	xs, ys := make([]float64, w), make([]float64, w)
	for y := range h {
		for x := range xs {
			xs[x], ys[x] = float64(x)+0.5, float64(y)+0.5
		}
		back.TransformPointsXY(xs, ys)
		row := out.row(y)
		for x := range row {
			row[x] = src.between(xs[x]-0.5, ys[x]-0.5)
		}
	}
	return out
}

// between is bilinear in whole numbers, for every pixel of a page.
func (p plane) between(x, y float64) byte {
	fx, fy := int(min(max(x, 0), float64(p.w-1))*256), int(min(max(y, 0), float64(p.h-1))*256)
	x0, y0 := fx>>8, fy>>8
	fx, fy = fx&255, fy&255
	i, right, down := y0*p.stride+x0, 1, p.stride
	if x0+1 >= p.w {
		right = 0
	}
	if y0+1 >= p.h {
		down = 0
	}
	top := int(p.pix[i])*(256-fx) + int(p.pix[i+right])*fx
	low := int(p.pix[i+down])*(256-fx) + int(p.pix[i+down+right])*fx
	return byte((top*(256-fy) + low*fy + 1<<15) >> 16)
}

// proportion is the size of a page in pixels: as large as its nearest side is seen, in the proportion that it has when it
// is looked at from above.
func proportion(q Quad, frameW, frameH int) (w, h float64) {
	w, h = q.size()
	ratio := known(min(max(unslanted(q, frameW, frameH), 0.7*w/h), 1.4*w/h))
	if ratio > w/h {
		return h * ratio, h
	}
	return w, w / ratio
}

// known is the proportion of a sheet of ISO 216 (1:√2) or a card of ISO/IEC 7810 ID-1 (85.60 by 53.98 mm), if the measured
// one is near it.
func known(ratio float64) float64 {
	long := max(ratio, 1/ratio)
	for _, r := range [...]float64{math.Sqrt2, 85.60 / 53.98} {
		if math.Abs(long/r-1) > 0.025 {
			continue
		}
		if ratio < 1 {
			return 1 / r
		}
		return r
	}
	return ratio
}

// focal is the focal length of document cameras, in longer sides of the frame: they see some 53 degrees across. It is assumed,
// since the lines of a page that lies nearly flat don't tell; a fifth more or less is a hundredth in the proportion.
const focal = 1.0

// unslanted is the proportion of the rectangle that a camera with square pixels sees as q, with the middle of the frame as
// its axis (Zhang and He, Whiteboard scanning and image enhancement, 2007, section 3.3).
func unslanted(q Quad, frameW, frameH int) float64 {
	mid := Point{float64(frameW) / 2, float64(frameH) / 2}
	// In their order: top left, top right, bottom left, bottom right.
	m1, m2, m3, m4 := q[0].sub(mid), q[1].sub(mid), q[3].sub(mid), q[2].sub(mid)
	triple := func(a, b, c Point) float64 { return a.cross(b) + b.cross(c) + c.cross(a) }
	k2 := triple(m1, m4, m3) / triple(m2, m4, m3)
	k3 := triple(m1, m4, m2) / triple(m3, m4, m2)
	n2, n3 := m2.times(k2).sub(m1), m3.times(k3).sub(m1)
	f := focal * max(float64(frameW), float64(frameH))
	f2, z2, z3 := f*f, k2-1, k3-1
	return math.Sqrt((n2.dot(n2) + f2*z2*z2) / (n3.dot(n3) + f2*z3*z3))
}
