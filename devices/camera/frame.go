package camera

import (
	"context"
	"image"
	"time"
)

// Frame is one picture. Image is an *image.YCbCr or an *image.Gray that is valid during the call of emit only: it is
// overwritten by the next frame.
type Frame struct {
	Image image.Image
	Taken time.Time
}

// Luma returns the frame's brightness without copying: height rows of width bytes (0 is black), each beginning stride
// bytes after the one before. All are zero for an image of another type. The last row may end before its stride does.
func (f Frame) Luma() (pix []byte, width, height, stride int) {
	switch m := f.Image.(type) {
	case *image.YCbCr:
		return m.Y[m.YOffset(m.Rect.Min.X, m.Rect.Min.Y):], m.Rect.Dx(), m.Rect.Dy(), m.YStride
	case *image.Gray:
		return m.Pix[m.PixOffset(m.Rect.Min.X, m.Rect.Min.Y):], m.Rect.Dx(), m.Rect.Dy(), m.Stride
	}
	return nil, 0, 0, 0
}

// Source yields frames until ctx ends (it returns ctx's error) or no more come (an *devices.Error says why: NoPort,
// NoPermission, InUse, WrongDevice, Silent, HungUp, Garbled). It may be served again after that, once at a time.
type Source interface {
	// Serve calls emit for each frame, in its own goroutine; while emit runs, no other frame is taken in.
	Serve(ctx context.Context, emit func(Frame)) error
}

// Pauser is a Source that can rest: while it is paused, it stays open and notices its loss, but looks at no picture.
type Pauser interface {
	Source
	Pause(on bool)
}

// Dropper is a Source that counts what it dropped as unreadable since it was made.
type Dropper interface {
	Source
	Dropped() int
}
