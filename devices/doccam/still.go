package doccam

import (
	"context"
	"fmt"
	"image"
	"image/draw"
	"slices"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/doccam/page"
)

// still is a shot in the making: of the frames that come, it keeps the sharpest. The camera's lock guards it until done.
type still struct {
	left   int
	detail float64
	best   image.Image // a copy; nil before the first frame
	last   *page.View
	moved  bool          // the best frame differs from the one before it
	first  chan struct{} // closed with the first frame
	done   chan struct{} // closed with the last, or when it is given up
	given  bool          // up
}

// take looks at one frame, and says whether that was the last.
func (s *still) take(frame image.Image) (last bool) {
	view := page.Look(frame)
	moved := s.last != nil && view.Moved(s.last) > page.Still
	// A frame that was moved is worth less than one that wasn't, however much detail its streaks have.
	detail := view.Detail()
	if moved {
		detail /= 4
	}
	if s.best == nil {
		close(s.first)
	}
	if s.best == nil || detail > s.detail {
		s.best, s.detail, s.moved = duplicate(s.best, frame), detail, moved
	}
	s.last.Wipe()
	s.last = view.Kept()
	if s.left--; s.left > 0 {
		return false
	}
	s.end()
	return true
}

func (s *still) end() {
	s.last.Wipe()
	close(s.done)
}

// giveUp overwrites all, and lets the waiting one go.
func (s *still) giveUp() {
	page.Wipe(s.best)
	s.given = true
	s.end()
}

// duplicate copies a frame, into an earlier copy if it fits.
func duplicate(into, frame image.Image) image.Image {
	switch f := frame.(type) {
	case *image.YCbCr:
		old, ok := into.(*image.YCbCr)
		if !ok {
			page.Wipe(into)
			old = &image.YCbCr{}
		}
		m := *f
		m.Y, m.Cb, m.Cr = append(old.Y[:0], f.Y...), append(old.Cb[:0], f.Cb...), append(old.Cr[:0], f.Cr...)
		return &m
	case *image.Gray:
		old, ok := into.(*image.Gray)
		if !ok {
			page.Wipe(into)
			old = &image.Gray{}
		}
		m := *f
		m.Pix = append(old.Pix[:0], f.Pix...)
		return &m
	}
	page.Wipe(into)
	m := image.NewRGBA(frame.Bounds())
	draw.Draw(m, m.Rect, frame, m.Rect.Min, draw.Src)
	return m
}

// Capture takes a picture: the sharpest of the next frames, straightened, cropped if that is sure, and packed. It may take a
// second. The Shot is the caller's own, and the caller's to overwrite (Wipe). Errors: ErrOff, ErrForgotten, ctx's, page's
// ErrTooSmall, and an *devices.Error of kind Silent where no frame comes.
func (c *Camera) Capture(ctx context.Context) (Shot, error) {
	s, err := c.ask()
	if err != nil {
		return Shot{}, err
	}
	if err := c.await(ctx, s); err != nil {
		return Shot{}, err
	}
	defer page.Wipe(s.best)
	return c.develop(s)
}

// rest is how long the frames after the first are waited for: a source of files may have no more.
const rest = time.Second

// await returns when the shot has its frames.
func (c *Camera) await(ctx context.Context, s *still) error {
	patience := time.NewTimer(c.opts.Patience)
	defer patience.Stop()
	first := s.first
	for {
		select {
		case <-s.done:
			if s.given {
				return ErrForgotten
			}
			return nil
		case <-first:
			first = nil
			patience.Reset(rest)
		case <-ctx.Done():
			c.withdraw(s)
			return ctx.Err()
		case <-patience.C:
			c.enough(s)
			if s.given {
				return &devices.Error{Device: "camera", Kind: devices.Silent, Op: "take picture"}
			}
			return nil
		}
	}
}

// ask has the next frames looked at for a shot. One that is under way is given up for the new one.
func (c *Camera) ask() (*still, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.on {
		return nil, ErrOff
	}
	if c.pending != nil {
		c.pending.giveUp()
	}
	c.pending = &still{left: c.opts.Frames, first: make(chan struct{}), done: make(chan struct{})}
	return c.pending, nil
}

// enough ends a shot with the frames that it has; one without any is given up.
func (c *Camera) enough(s *still) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pending != s {
		return
	}
	c.pending = nil
	if s.best == nil {
		s.giveUp()
		return
	}
	s.end()
}

// withdraw takes back what ask asked. Of a shot that was done in this very moment, the frame is overwritten.
func (c *Camera) withdraw(s *still) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pending != s {
		page.Wipe(s.best)
		return
	}
	c.pending = nil
	s.giveUp()
}

// develop makes the shot of the best frame.
func (c *Camera) develop(s *still) (Shot, error) {
	view := page.Look(s.best)
	defer view.Wipe()
	q := view.Check()
	flat := page.Flatten(s.best, q.Outline, c.opts.Grey)
	defer page.Wipe(flat)
	data, w, h, err := page.Encode(flat, c.opts.Limit)
	if err != nil {
		return Shot{}, fmt.Errorf("take picture: %w", err)
	}
	shot := Shot{JPEG: data, Width: w, Height: h, Cropped: q.Sure, Corners: q.Corners, Frame: s.best.Bounds().Size(), Advice: q.Advice}
	if s.moved {
		shot.Advice = append(shot.Advice, page.Moving)
		slices.Sort(shot.Advice)
	}
	return shot, nil
}
