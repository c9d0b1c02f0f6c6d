package page

import (
	"image"
	"image/draw"
	"math"
)

// View is one frame being looked at. It keeps the frame's pixels in use, and small copies of its own.
type View struct {
	full   channels
	k      int   // how many pixels of full make one of small
	half   plane // luma, two by two pixels in one
	small  plane // luma
	closed plane // luma without letters
	filled plane // luma without the strokes of letters
}

// workSide is the longer side of the picture that pages are looked for in. Letters are some pixels high in it, so that
// they can be closed.
const workSide = 480

// Look takes a frame as a camera gives it (*image.YCbCr, *image.Gray), or any other picture. A View of a frame without
// pixels finds nothing.
func Look(frame image.Image) *View {
	c, ok := split(frame)
	if !ok {
		return &View{k: 1}
	}
	return newView(c)
}

func newView(c channels) *View {
	k := max((max(c.y.w, c.y.h)+workSide-1)/workSide, 1)
	l := &View{full: c, k: k, half: box(c.y, 2), small: box(c.y, k)}
	l.closed, l.filled = closing(l.small, letters), closing(l.small, strokes)
	return l
}

// Moved is the share of the picture that differs from an earlier one, by more than noise: 1 for one of another size.
func (l *View) Moved(before *View) float64 {
	a, b := l.small, before.small
	if a.w != b.w || a.h != b.h || len(a.pix) == 0 {
		return 1
	}
	changed := 0
	for y := range a.h {
		p, q := a.row(y), b.row(y)
		for x := range p {
			if abs(int(p[x])-int(q[x])) > stirred {
				changed++
			}
		}
	}
	return float64(changed) / float64(a.w*a.h)
}

// Kept is what Moved needs of a view when its frame is gone. The rest is overwritten, and the view of no further use.
func (l *View) Kept() *View {
	small := l.small
	if l.k <= 1 { // it is the frame's own
		small = newPlane(l.small.w, l.small.h)
		for y := range small.h {
			copy(small.row(y), l.small.row(y))
		}
	}
	l.small = plane{}
	l.Wipe()
	return &View{k: 2, small: small}
}

// stirred is by how many levels a pixel of the small picture changes at least where something moved.
const stirred = 14

// Still is the most that Moved is of two frames of a page that lies still.
const Still = 0.004

// Preview is the frame for people to see, its longer side at most side pixels.
func (l *View) Preview(side int) *image.RGBA {
	c := l.full
	if len(c.y.pix) == 0 || side < 1 {
		return image.NewRGBA(image.Rectangle{})
	}
	f := min(float64(side)/float64(max(c.y.w, c.y.h)), 1)
	w, h := max(int(float64(c.y.w)*f), 1), max(int(float64(c.y.h)*f), 1)
	// By whole numbers as far as that goes, which is quick, then by what is left.
	y := shrink(box(c.y, int(math.Floor(1/f))), w, h)
	var small image.Image = y.gray()
	if c.colour() {
		cb, cr := shrink(c.cb, w, h), shrink(c.cr, w, h)
		small = &image.YCbCr{
			Y: y.pix, Cb: cb.pix, Cr: cr.pix, YStride: y.stride, CStride: w,
			SubsampleRatio: image.YCbCrSubsampleRatio444, Rect: image.Rect(0, 0, w, h),
		}
	}
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(out, out.Rect, small, image.Point{}, draw.Src)
	return out
}

// Wipe overwrites what the view copied. The frame itself is its owner's.
func (l *View) Wipe() {
	if l == nil {
		return
	}
	if l.k > 1 { // else it is the frame's own
		clear(l.small.pix)
	}
	clear(l.half.pix)
	clear(l.closed.pix)
	clear(l.filled.pix)
}
