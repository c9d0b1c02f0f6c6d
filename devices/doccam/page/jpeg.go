package page

import (
	"errors"
	"fmt"
	"image"
	"image/jpeg"
)

// DefaultCap is the size of a picture in bytes that is never exceeded where no other is asked for.
const DefaultCap = 500_000

// ErrTooSmall says that no readable picture fits under a cap.
var ErrTooSmall = errors.New("size cap is too small for a picture: allow at least 20,000 bytes")

// leastCap is what a thumbnail takes.
const leastCap = 20_000

// mostSide is what JPEG can say.
const mostSide = 65_535

// attempt is one way to make a picture smaller.
type attempt struct {
	quality int
	side    int  // longer side at most, pixels; 0 leaves it
	grey    bool // without colour
}

// attempts go from the best to the least. First quality goes, as far as letters stay clean; then size, down to 150 dpi of
// A4 (1754 pixels); then colour; and only a cap that is made for other things takes the rest.
func attempts() []attempt {
	return []attempt{
		{quality: 88},
		{quality: 80},
		{quality: 72},
		{quality: 64},
		{72, 2100, false},
		{60, 2100, false},
		{66, 1754, false},
		{54, 1754, false},
		{60, 1754, true},
		{45, 1754, true},
		{34, 1754, true},
		{40, 1240, true},
		{30, 1240, true},
		{30, 877, true},
		{20, 620, true},
		{10, 310, true},
		{1, 160, true},
	}
}

// Encode packs a picture as a JPEG of at most limit bytes (0 means DefaultCap), as good as goes under it, and says its size
// in pixels. The same picture yields the same bytes; they hold no EXIF, so neither time nor machine.
func Encode(img image.Image, limit int) (data []byte, width, height int, err error) {
	if limit <= 0 {
		limit = DefaultCap
	}
	if img == nil || img.Bounds().Empty() {
		return nil, 0, 0, errors.New("encode picture: it has no pixels")
	}
	if limit < leastCap {
		return nil, 0, 0, fmt.Errorf("encode picture: %w", ErrTooSmall)
	}
	c, _ := split(img)
	out := capped{limit: limit}
	for _, a := range attempts() {
		m := c.fitted(a)
		out.wipe() // what was tried before shows the same page
		err := jpeg.Encode(&out, m, &jpeg.Options{Quality: a.quality})
		if err == nil {
			return out.data, m.Bounds().Dx(), m.Bounds().Dy(), nil
		}
		if !errors.Is(err, errFull) {
			return nil, 0, 0, fmt.Errorf("encode picture: %w", err)
		}
	}
	out.wipe()
	return nil, 0, 0, fmt.Errorf("encode picture: %w", ErrTooSmall)
}

var errFull = errors.New("more than the cap")

// capped takes so many bytes and no more. It leaves nothing behind where it moves to more room.
type capped struct {
	data  []byte
	limit int
}

func (c *capped) Write(p []byte) (int, error) {
	if len(c.data)+len(p) > c.limit {
		return 0, errFull
	}
	if need := len(c.data) + len(p); need > cap(c.data) {
		more := make([]byte, len(c.data), min(2*need+1<<16, c.limit))
		copy(more, c.data)
		clear(c.data)
		c.data = more
	}
	c.data = append(c.data, p...)
	return len(p), nil
}

func (c *capped) wipe() {
	clear(c.data)
	c.data = c.data[:0]
}

// fitted is the picture for an attempt, starting at the origin.
func (c channels) fitted(a attempt) image.Image {
	w, h := c.y.w, c.y.h
	side := a.side
	if side == 0 {
		side = mostSide
	}
	if long := max(w, h); long > side {
		w, h = max(w*side/long, 1), max(h*side/long, 1)
	}
	y := shrink(c.y, w, h)
	if a.grey || !c.colour() {
		return y.gray()
	}
	cw, ch := (w+1)/2, (h+1)/2
	cb, cr := shrink(c.cb, cw, ch), shrink(c.cr, cw, ch)
	return &image.YCbCr{
		Y: y.pix, Cb: cb.pix, Cr: cr.pix, YStride: y.stride, CStride: cb.stride,
		SubsampleRatio: image.YCbCrSubsampleRatio420, Rect: image.Rect(0, 0, w, h),
	}
}
