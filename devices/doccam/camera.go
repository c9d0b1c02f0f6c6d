package doccam

import (
	"context"
	"errors"
	"image"
	"log/slog"
	"slices"
	"sync"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/camera"
	"zhizhu/devices/doccam/page"
)

// Options of a Camera.
type Options struct {
	Source camera.Source    // required; frames in colour are best
	Log    *slog.Logger     // nil discards
	Now    func() time.Time // required
	// OnPreview takes what the camera sees while it is on, in the source's goroutine: it must not block, nor call the
	// Camera. Once On(false) has returned, none comes. The Preview is the receiver's own: it overwrites its picture
	// (page.Wipe) when it shows it no longer.
	OnPreview func(Preview)
	// Every is the least time between two previews. Zero means 100 ms.
	Every time.Duration
	// Side is the longer side of previews at most, in pixels. Zero means 640.
	Side int
	// Limit is the size of a shot at most, in bytes. Zero means page.DefaultCap.
	Limit int
	// Grey makes shots without colour.
	Grey bool
	// Frames is how many frames a shot is chosen from. Zero means 5.
	Frames int
	// Patience is how long a shot waits for its first frame. Zero means 3 s.
	Patience time.Duration
}

// Preview is one look at the mat.
type Preview struct {
	Image *image.RGBA
	// Corners of the page in Image's pixels: top left, top right, bottom right, bottom left. All are 0 where none is sure.
	Corners [4]image.Point
	// Advice is what is wrong, the gravest first: what a resident should mend before the shot.
	Advice []page.Advice
}

// Shot is a document's picture.
type Shot struct {
	JPEG          []byte
	Width, Height int // pixels
	// Cropped says that the page was found and straightened; else it is all that the camera saw.
	Cropped bool
	Corners page.Quad   // of the page in the frame, in its pixels; the frame's own where nothing was cropped
	Frame   image.Point // the frame's width and height in pixels
	// Advice is what is wrong with it, empty for a good one. A shot with a fault is a shot: the resident decides whether to
	// keep it.
	Advice []page.Advice
}

// Wipe overwrites the picture.
func (s *Shot) Wipe() {
	clear(s.JPEG)
	*s = Shot{}
}

// LogValue keeps the picture out of logs.
func (s Shot) LogValue() slog.Value { return slog.StringValue("shot(redacted)") }

// String keeps the picture out of %v.
func (s Shot) String() string { return "shot(redacted)" }

// Errors of Capture. Others are *devices.Error: Silent where no frame came.
var (
	ErrOff       = errors.New("take picture: camera is switched off")
	ErrForgotten = errors.New("take picture: it was given up")
)

// Camera is the document camera. Serve may run once at a time; the other methods are for any goroutine.
type Camera struct {
	opts Options

	mu      sync.Mutex
	on      bool
	proved  bool       // a frame has come since Serve began
	pending *still     // a shot that waits for frames
	last    *page.View // of the last preview, to see what moves
	shown   time.Time  // when that was
}

// New makes a camera, switched off.
func New(o Options) *Camera {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.OnPreview == nil {
		o.OnPreview = func(p Preview) { page.Wipe(p.Image) }
	}
	if o.Every <= 0 {
		o.Every = 100 * time.Millisecond
	}
	if o.Side <= 0 {
		o.Side = 640
	}
	if o.Frames <= 0 {
		o.Frames = 5
	}
	if o.Patience <= 0 {
		o.Patience = 3 * time.Second
	}
	return &Camera{opts: o}
}

// On switches looking on and off. Off, the source rests if it can, and all that was seen is forgotten.
func (c *Camera) On(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.on = on
	c.rest()
	if !on {
		c.forget()
	}
}

// rest has the source look at no frame while nobody wants one; but at the first one, which proves that the camera works.
func (c *Camera) rest() {
	if p, ok := c.opts.Source.(camera.Pauser); ok {
		p.Pause(!c.on && c.proved)
	}
}

func (c *Camera) prove(proved bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.proved = proved
	c.rest()
}

// Forget gives up a shot that is being taken and overwrites what is kept of frames.
func (c *Camera) Forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.forget()
}

func (c *Camera) forget() {
	c.last.Wipe()
	c.last = nil
	c.shown = time.Time{}
	if c.pending != nil {
		c.pending.giveUp()
		c.pending = nil
	}
}

// Serve looks at frames until ctx ends or the camera is lost (the source's error). It reports Ready with the first frame;
// while the camera is off, that is the only one taken in, and nobody looks at it.
func (c *Camera) Serve(ctx context.Context, report func(devices.Status)) error {
	defer c.Forget()
	c.prove(false)
	s := serving{report: report, source: c.opts.Source}
	return c.opts.Source.Serve(ctx, func(f camera.Frame) {
		if !s.told {
			c.prove(true)
		}
		s.ready()
		c.look(f)
	})
}

// serving is one life of the source.
type serving struct {
	report  func(devices.Status)
	source  camera.Source
	told    bool
	dropped int
}

// ready tells that frames come, and how many could not be read.
func (s *serving) ready() {
	dropped := 0
	if d, ok := s.source.(camera.Dropper); ok {
		dropped = d.Dropped()
	}
	if s.told && dropped == s.dropped {
		return
	}
	s.told, s.dropped = true, dropped
	s.report(devices.Status{State: devices.Ready, Dropped: dropped})
}

// look takes one frame, which is the source's again when look returns.
func (c *Camera) look(f camera.Frame) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.on || f.Image == nil || f.Image.Bounds().Empty() {
		return
	}
	if c.pending != nil {
		if c.pending.take(f.Image) {
			c.pending = nil
		}
		return
	}
	now := c.opts.Now()
	if since := now.Sub(c.shown); since >= 0 && since < c.opts.Every {
		return
	}
	c.shown = now
	c.opts.OnPreview(c.preview(f.Image))
}

func (c *Camera) preview(frame image.Image) Preview {
	view := page.Look(frame)
	q := view.Check()
	p := Preview{Image: view.Preview(c.opts.Side), Advice: q.Advice}
	if q.Sure {
		scale := float64(p.Image.Rect.Dx()) / float64(frame.Bounds().Dx())
		for i, corner := range q.Corners {
			p.Corners[i] = image.Pt(int(corner.X*scale+0.5), int(corner.Y*scale+0.5))
		}
	}
	if c.last != nil && view.Moved(c.last) > page.Still {
		p.Advice = moving(p.Advice)
	}
	c.last.Wipe()
	c.last = view.Kept()
	return p
}

// moving replaces what else is wrong, which may be because of that: it waits until all lies still.
func moving(advice []page.Advice) []page.Advice {
	if slices.Contains(advice, page.NoPage) || slices.Contains(advice, page.Dark) {
		return advice
	}
	return []page.Advice{page.Moving}
}
