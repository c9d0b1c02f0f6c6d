package camera

import (
	"context"
	"errors"
	"fmt"
	"image"
	"log/slog"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/blackjack/webcam"

	"zhizhu/devices"
)

// Options of a V4L2 camera.
type Options struct {
	Path string // /dev/video0, or better a link under /dev/v4l/by-id
	// Width and Height are the wished size; the nearest that the camera has is taken. Zero means 1280x720.
	Width, Height int
	Grey          bool // frames are *image.Gray: all that a code needs, and cheaper
	// Every is the least time between two frames that are looked at; others are let go unread. Zero means all.
	Every time.Duration
	Now   func() time.Time // required
	Log   *slog.Logger     // nil discards

	open func(path string) (device, error) // webcam's, or a test's
}

// device is what is used of *webcam.Webcam.
type device interface {
	GetSupportedFormats() map[webcam.PixelFormat]string
	GetSupportedFrameSizes(webcam.PixelFormat) []webcam.FrameSize
	GetSupportedFramerates(f webcam.PixelFormat, width, height uint32) []webcam.FrameRate
	SetImageFormat(f webcam.PixelFormat, width, height uint32) (webcam.PixelFormat, uint32, uint32, error)
	SetBufferCount(uint32) error
	StartStreaming() error
	WaitForFrame(seconds uint32) error
	GetFrame() ([]byte, uint32, error)
	ReleaseFrame(index uint32) error
	Close() error
}

var _ device = (*webcam.Webcam)(nil)

// V4L2 is a camera of the machine.
type V4L2 struct {
	opts    Options
	dropped atomic.Int64
	paused  atomic.Bool
}

var (
	_ Pauser  = (*V4L2)(nil)
	_ Dropper = (*V4L2)(nil)
)

// OpenV4L2 makes a source of a camera. The camera is opened by Serve, and closed when that ends.
func OpenV4L2(o Options) *V4L2 {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Width <= 0 || o.Height <= 0 {
		o.Width, o.Height = 1280, 720
	}
	if o.open == nil {
		o.open = func(path string) (device, error) { return webcam.Open(path) }
	}
	return &V4L2{opts: o}
}

// Pause lets frames go by without a look at them, until it is called with false. The camera stays open, so that its
// loss is noticed and the next frame comes at once.
func (c *V4L2) Pause(on bool) { c.paused.Store(on) }

// Dropped counts frames that were too short or no readable JPEG.
func (c *V4L2) Dropped() int { return int(c.dropped.Load()) }

// Serve implements Source. With a camera that sends nothing, it ends up to a second after ctx does.
func (c *V4L2) Serve(ctx context.Context, emit func(Frame)) (err error) {
	defer func() { // of webcam, over what a driver says
		if p := recover(); p != nil {
			err = &devices.Error{Device: "camera", Kind: devices.Internal, Op: "serve", Err: fmt.Errorf("panic: %v", p)}
		}
	}()
	if c.opts.Path == "" {
		return &devices.Error{Device: "camera", Kind: devices.Unconfigured, Op: "open camera"}
	}
	dev, err := c.opts.open(c.opts.Path)
	if err != nil {
		return trouble("open camera", err, false)
	}
	defer func() {
		if err := dev.Close(); err != nil {
			c.opts.Log.Debug("Camera closed with an error", slog.Any("err", err))
		}
	}()
	m, err := c.start(dev)
	if err != nil {
		return err
	}
	c.opts.Log.Info("Camera opened", slog.String("port", c.opts.Path),
		slog.String("layout", m.layout.String()), slog.Int("width", m.width), slog.Int("height", m.height))
	s := stream{V4L2: c, dev: dev, conv: converter{layout: m.layout, width: m.width, height: m.height, luma: c.opts.Grey}, emit: emit}
	defer s.conv.wipe()
	return s.run(ctx)
}

// buffers that the driver fills while a frame is looked at. More would only make frames older.
const buffers = 4

func (c *V4L2) start(dev device) (mode, error) {
	m, err := choose(dev, c.opts.Grey, c.opts.Width, c.opts.Height)
	if err != nil {
		return mode{}, trouble("choose format", err, false)
	}
	code, _, _, err := dev.SetImageFormat(m.code, uint32(m.width), uint32(m.height))
	if err != nil {
		return mode{}, trouble("set format", err, false)
	}
	if code != m.code {
		return mode{}, trouble("set format", errNoFormat, false)
	}
	if err := dev.SetBufferCount(buffers); err != nil {
		return mode{}, trouble("set buffers", err, false)
	}
	if err := dev.StartStreaming(); err != nil {
		return mode{}, trouble("start stream", err, false)
	}
	return m, nil
}

const (
	firstWait = 5   // seconds until the first frame: some cameras adjust before they send
	nextWait  = 3   // seconds between frames
	mostOdd   = 100 // frames in a row that can't be fetched, or read
)

// stream is one opening's life.
type stream struct {
	*V4L2
	dev  device
	conv converter
	emit func(Frame)
	last time.Time // that a frame was looked at
	bad  int       // frames in a row that could not be read
}

func (s *stream) run(ctx context.Context) error {
	silent, patience, odd := 0, firstWait, 0
	for ctx.Err() == nil {
		err := s.dev.WaitForFrame(1)
		if _, timeout := errors.AsType[*webcam.Timeout](err); timeout {
			if silent++; silent >= patience {
				return &devices.Error{Device: "camera", Kind: devices.Silent, Op: "wait for frame"}
			}
			continue
		}
		if err == nil {
			err = s.take()
		}
		switch {
		case err == nil:
			silent, patience, odd = 0, nextWait, 0
		case !passing(err):
			return trouble("fetch frame", err, true)
		default:
			if odd++; odd >= mostOdd {
				return trouble("fetch frame", syscall.EIO, true)
			}
		}
		if s.bad >= mostOdd {
			return &devices.Error{Device: "camera", Kind: devices.Garbled, Op: "read frame"}
		}
	}
	return ctx.Err()
}

// passing says that a frame was torn, or the poll mistaken. A camera that is gone says so again at once.
func passing(err error) bool {
	return errors.Is(err, syscall.EINTR) || errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EIO)
}

// take fetches a frame, gives its buffer back, and hands the picture on.
func (s *stream) take() error {
	data, index, err := s.dev.GetFrame()
	if err != nil {
		return err
	}
	now := s.opts.Now()
	var img image.Image
	if s.wanted(now) {
		img = s.read(data)
	}
	if err := s.dev.ReleaseFrame(index); err != nil {
		return err
	}
	if img != nil {
		s.last = now
		s.emit(Frame{Image: img, Taken: now})
	}
	return nil
}

func (s *stream) wanted(now time.Time) bool {
	if s.paused.Load() {
		s.conv.wipe()
		return false
	}
	since := now.Sub(s.last)
	return s.last.IsZero() || since < 0 || since >= s.opts.Every
}

// read yields nil for a frame that can't be read: the next one comes soon.
func (s *stream) read(data []byte) image.Image {
	img, err := s.conv.convert(data)
	if err != nil {
		s.bad++
		s.dropped.Add(1)
		s.opts.Log.Debug("Frame dropped", slog.Any("err", err))
		return nil
	}
	s.bad = 0
	return img
}
