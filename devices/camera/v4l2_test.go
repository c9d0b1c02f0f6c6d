package camera

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/blackjack/webcam"

	"zhizhu/devices"
)

// fake plays what the kernel says through webcam. Its script is a list of steps; after the last one it is unplugged.
type fake struct {
	formats  map[webcam.PixelFormat]string
	sizes    []webcam.FrameSize
	rates    map[webcam.PixelFormat]webcam.FrameRate
	refused  map[string]error // by operation
	steps    []step
	released int
	closed   bool
	set      mode
	takes    webcam.PixelFormat // what the driver sets instead, 0 for what was asked for
	panics   bool
	onFrame  func()
}

type step struct {
	wait, get error
	frame     []byte
}

func (f *fake) GetSupportedFormats() map[webcam.PixelFormat]string           { return f.formats }
func (f *fake) GetSupportedFrameSizes(webcam.PixelFormat) []webcam.FrameSize { return f.sizes }
func (f *fake) SetBufferCount(uint32) error                                  { return f.refused["buffers"] }

func (f *fake) StartStreaming() error { return f.refused["start"] }

func (f *fake) ReleaseFrame(uint32) error { f.released++; return f.refused["release"] }

func (f *fake) Close() error { f.closed = true; return nil }

func (f *fake) GetSupportedFramerates(p webcam.PixelFormat, _, _ uint32) (all []webcam.FrameRate) {
	if f.panics {
		panic("reflect: reflect.Value.SetUint using value obtained using unexported field")
	}
	if r, ok := f.rates[p]; ok {
		all = append(all, r)
	}
	return all
}

func (f *fake) SetImageFormat(p webcam.PixelFormat, w, h uint32) (webcam.PixelFormat, uint32, uint32, error) {
	f.set = mode{format{code: p}, int(w), int(h)}
	if f.takes != 0 {
		p = f.takes
	}
	return p, w, h, f.refused["set"]
}

func (f *fake) WaitForFrame(uint32) error {
	if len(f.steps) == 0 {
		return nil // POLLERR
	}
	if err := f.steps[0].wait; err != nil {
		f.steps = f.steps[1:]
		return err
	}
	return nil
}

func (f *fake) GetFrame() ([]byte, uint32, error) {
	if len(f.steps) == 0 {
		return nil, 0, syscall.ENODEV
	}
	s := f.steps[0]
	f.steps = f.steps[1:]
	if f.onFrame != nil {
		f.onFrame()
	}
	return s.frame, 0, s.get
}

// tiny is a camera that has 4x2 only.
func tiny(code string, steps ...step) *fake {
	return &fake{
		formats: map[webcam.PixelFormat]string{fourcc(code): code},
		sizes:   []webcam.FrameSize{{MinWidth: 4, MaxWidth: 4, MinHeight: 2, MaxHeight: 2}},
		refused: map[string]error{}, steps: steps,
	}
}

func open(f *fake, o Options) *V4L2 {
	o.Path = "/dev/video0"
	o.open = func(string) (device, error) { return f, f.refused["open"] }
	if o.Now == nil {
		o.Now = func() time.Time { return time.Unix(0, 0) }
	}
	return OpenV4L2(o)
}

var frameYUYV = []byte{
	10, 1, 20, 2, 30, 3, 40, 4,
	50, 5, 60, 6, 70, 7, 80, 8,
}

func TestFramesOfYUYV(t *testing.T) {
	for _, luma := range []bool{true, false} {
		f := tiny("YUYV", step{frame: frameYUYV}, step{frame: frameYUYV})
		var got [][]byte
		err := open(f, Options{Grey: luma, Width: 4, Height: 2}).Serve(t.Context(), func(fr Frame) {
			pix, w, h, stride := fr.Luma()
			for y := range h {
				got = append(got, bytes.Clone(pix[y*stride:][:w]))
			}
			if m, ok := fr.Image.(*image.YCbCr); ok == luma {
				t.Errorf("luma %v, but a %T", luma, fr.Image)
			} else if ok && (m.Cb[1] != 3 || m.Cr[m.CStride] != 6) {
				t.Errorf("chroma %v %v", m.Cb, m.Cr)
			}
		})
		if devices.KindOf(err) != devices.HungUp {
			t.Errorf("ended with %v", err)
		}
		if want := []byte{10, 20, 30, 40, 50, 60, 70, 80}; !bytes.Equal(bytes.Join(got, nil), append(want, want...)) {
			t.Errorf("got %v", got)
		}
		if f.released != 2 || !f.closed {
			t.Errorf("%d of 2 buffers given back, closed %v", f.released, f.closed)
		}
	}
}

func TestTroubleIsNamed(t *testing.T) {
	timeout := step{wait: new(webcam.Timeout)}
	torn, again := step{get: syscall.EIO}, step{get: syscall.EAGAIN}
	for name, tc := range map[string]struct {
		steps   []step
		refused map[string]error
		want    devices.Kind
	}{
		"not there":         {nil, map[string]error{"open": syscall.ENOENT}, devices.NoPort},
		"not allowed":       {nil, map[string]error{"open": syscall.EACCES}, devices.NoPermission},
		"held":              {nil, map[string]error{"set": syscall.EBUSY}, devices.InUse},
		"held at start":     {nil, map[string]error{"start": errors.New("Failed to map request buffers: device or resource busy")}, devices.InUse},
		"a disk":            {nil, map[string]error{"open": syscall.ENOTTY}, devices.WrongDevice},
		"metadata node":     {nil, map[string]error{"open": errors.New("Not a video capture device")}, devices.WrongDevice},
		"bus is full":       {nil, map[string]error{"start": errors.New("Failed to start streaming: no space left on device")}, devices.Internal},
		"never a frame":     {[]step{timeout, timeout, timeout, timeout, timeout}, nil, devices.Silent},
		"no more frames":    {[]step{{frame: frameYUYV}, timeout, timeout, timeout}, nil, devices.Silent},
		"slow at first":     {[]step{timeout, timeout, timeout, timeout, {frame: frameYUYV}}, nil, devices.HungUp},
		"unplugged":         {nil, nil, devices.HungUp},
		"unplugged waiting": {[]step{{wait: syscall.ENODEV}}, nil, devices.HungUp},
		"torn once":         {[]step{torn, again, {frame: frameYUYV}, torn}, nil, devices.HungUp},
		"torn for ever":     {repeat(torn, mostOdd), nil, devices.HungUp},
		"gone at release":   {[]step{{frame: frameYUYV}}, map[string]error{"release": syscall.ENODEV}, devices.HungUp},
		"short for ever":    {repeat(step{frame: frameYUYV[:15]}, mostOdd), nil, devices.Garbled},
	} {
		t.Run(name, func(t *testing.T) {
			f := tiny("YUYV", tc.steps...)
			if tc.refused != nil {
				f.refused = tc.refused
			}
			err := open(f, Options{}).Serve(t.Context(), func(Frame) {})
			if got := devices.KindOf(err); got != tc.want {
				t.Errorf("%v (%v), want %v", got, err, tc.want)
			}
			if !f.closed && f.refused["open"] == nil {
				t.Error("left open")
			}
		})
	}
}

func repeat(s step, n int) []step {
	all := make([]step, n)
	for i := range all {
		all[i] = s
	}
	return all
}

// No driver may bring the program down, whatever it says.
func TestDriversThatLie(t *testing.T) {
	long := append(bytes.Clone(frameYUYV), 99, 99, 99)
	padded := append(append(append(bytes.Clone(frameYUYV[:8]), 0, 0, 0, 0), frameYUYV[8:]...), 0, 0, 0, 0)
	f := tiny("YUYV", step{frame: nil}, step{frame: frameYUYV[:15]}, step{frame: long}, step{frame: padded})
	f.panics = true
	c := open(f, Options{Grey: true})
	n := 0
	err := c.Serve(t.Context(), func(fr Frame) {
		n++
		if pix, _, _, stride := fr.Luma(); pix[0] != 10 || pix[stride+3] != 80 {
			t.Errorf("frame %d: %v", n, pix)
		}
	})
	if n != 2 || c.Dropped() != 2 || devices.KindOf(err) != devices.HungUp {
		t.Errorf("%d frames, %d dropped, %v", n, c.Dropped(), err)
	}

	f = tiny("YUYV", step{frame: frameYUYV})
	f.onFrame = func() { panic("index out of range") }
	if err := open(f, Options{}).Serve(t.Context(), func(Frame) {}); devices.KindOf(err) != devices.Internal || !f.closed {
		t.Errorf("a panic became %v, closed %v", err, f.closed)
	}

	for _, f := range []*fake{tiny("NV12"), tiny("YUYV")} {
		f.takes = fourcc("NV12")
		if err := open(f, Options{}).Serve(t.Context(), func(Frame) {}); devices.KindOf(err) != devices.WrongDevice {
			t.Errorf("another format became %v", err)
		}
	}
	if err := OpenV4L2(Options{}).Serve(t.Context(), nil); devices.KindOf(err) != devices.Unconfigured {
		t.Errorf("no path became %v", err)
	}
}

func TestMotionJPEG(t *testing.T) {
	whole := encode(t, 16, 8)
	for name, tc := range map[string]struct {
		frame []byte
		ok    bool
	}{
		"whole":       {whole, true},
		"no tables":   {withoutTables(t, whole), true},
		"padded":      {append(bytes.Clone(whole), make([]byte, 100)...), true},
		"torn":        {whole[:len(whole)/2], false},
		"empty":       {nil, false},
		"not a JPEG":  {[]byte("GIF89a, honest"), false},
		"huge, empty": {[]byte("\xff\xd8\xff\xc0\x00\x11\x08\xff\xff\xff\xff\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01"), false},
	} {
		t.Run(name, func(t *testing.T) {
			for _, luma := range []bool{true, false} {
				n := 0
				c := open(tiny("MJPG", step{frame: tc.frame}), Options{Grey: luma})
				_ = c.Serve(t.Context(), func(fr Frame) {
					n++
					if pix, w, h, stride := fr.Luma(); w != 16 || h != 8 || pix[0] > 10 || pix[7*stride+15] < 245 {
						t.Errorf("%dx%d", w, h)
					}
				})
				if (n == 1) != tc.ok || (c.Dropped() == 0) != tc.ok {
					t.Errorf("%d frames, %d dropped", n, c.Dropped())
				}
			}
		})
	}
}

// encode makes a JPEG that is black on the left and white on the right.
func encode(t testing.TB, w, h int) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.Set(x, y, color.Gray{uint8(255 * (2 * x / w))})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// withoutTables takes the Huffman tables out, as many cameras do.
func withoutTables(t testing.TB, whole []byte) []byte {
	t.Helper()
	tables, err := standardTables()
	if err != nil {
		t.Fatal(err)
	}
	bare := bytes.Replace(whole, tables, nil, 1)
	if len(bare) == len(whole) || hasTables(bare) {
		t.Fatal("the tables were not found")
	}
	return bare
}

func TestPauseLooksAtNothing(t *testing.T) {
	f := tiny("YUYV", step{frame: frameYUYV}, step{frame: frameYUYV}, step{frame: frameYUYV})
	c := open(f, Options{})
	n := 0
	err := c.Serve(t.Context(), func(Frame) { n++; c.Pause(true) })
	if n != 1 || f.released != 3 || devices.KindOf(err) != devices.HungUp {
		t.Errorf("%d frames shown, %d let go, %v", n, f.released, err)
	}
}

func TestEvery(t *testing.T) {
	f := tiny("GREY", repeat(step{frame: make([]byte, 8)}, 10)...)
	now := time.Unix(0, 0)
	f.onFrame = func() { now = now.Add(30 * time.Millisecond) }
	var taken []time.Duration
	_ = open(f, Options{Every: 100 * time.Millisecond, Now: func() time.Time { return now }}).Serve(t.Context(), func(fr Frame) {
		taken = append(taken, fr.Taken.Sub(time.Unix(0, 0)))
	})
	if len(taken) != 3 || taken[1]-taken[0] != 120*time.Millisecond {
		t.Errorf("taken at %v", taken)
	}
}

func TestServeEndsWithItsContext(t *testing.T) {
	f := tiny("YUYV", repeat(step{frame: frameYUYV}, 5)...)
	ctx, cancel := context.WithCancel(t.Context())
	var logs bytes.Buffer
	c := open(f, Options{Log: slog.New(slog.NewTextHandler(&logs, nil))})
	if err := c.Serve(ctx, func(Frame) { cancel() }); !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
	if len(f.steps) != 4 || !f.closed || !strings.Contains(logs.String(), "layout=YUYV") {
		t.Errorf("%d steps left, closed %v, %s", len(f.steps), f.closed, logs.String())
	}
}

func TestChoose(t *testing.T) {
	size := func(w, h uint32) webcam.FrameSize {
		return webcam.FrameSize{MinWidth: w, MaxWidth: w, MinHeight: h, MaxHeight: h}
	}
	fps := func(n uint32) webcam.FrameRate {
		return webcam.FrameRate{MinNumerator: 1, MaxNumerator: 1, MinDenominator: n, MaxDenominator: n}
	}
	both := map[webcam.PixelFormat]string{fourcc("YUYV"): "", fourcc("MJPG"): "", fourcc("GREY"): ""}
	vga, hd := size(640, 480), size(1280, 720)
	for name, tc := range map[string]struct {
		dev  fake
		luma bool
		want mode
	}{
		"YUYV first":        {fake{formats: both, sizes: []webcam.FrameSize{vga, hd}}, false, mode{formats(false)[0], 1280, 720}},
		"too slow":          {fake{formats: both, sizes: []webcam.FrameSize{hd}, rates: map[webcam.PixelFormat]webcam.FrameRate{fourcc("YUYV"): fps(2)}}, false, mode{formats(false)[1], 1280, 720}},
		"slow, grey enough": {fake{formats: both, sizes: []webcam.FrameSize{hd}, rates: map[webcam.PixelFormat]webcam.FrameRate{fourcc("YUYV"): fps(2)}}, true, mode{formats(true)[1], 1280, 720}},
		"nothing is large":  {fake{formats: both, sizes: []webcam.FrameSize{vga}}, false, mode{formats(false)[0], 640, 480}},
		"stepwise":          {fake{formats: both, sizes: []webcam.FrameSize{{MinWidth: 32, MaxWidth: 4096, StepWidth: 64, MinHeight: 32, MaxHeight: 4096, StepHeight: 64}}}, false, mode{formats(false)[0], 1248, 672}},
		"continuous":        {fake{formats: both, sizes: []webcam.FrameSize{{}}}, false, mode{formats(false)[0], 1280, 720}},
		"no list":           {fake{formats: both}, false, mode{formats(false)[0], 1280, 720}},
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := choose(&tc.dev, tc.luma, 1280, 720); err != nil || got != tc.want {
				t.Errorf("%+v, %v, want %+v", got, err, tc.want)
			}
		})
	}
}

// With what webcam really says of paths that are no camera.
func TestWhatIsNoCamera(t *testing.T) {
	dir := t.TempDir()
	plain := filepath.Join(dir, "file")
	if err := os.WriteFile(plain, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]devices.Kind{
		filepath.Join(dir, "none"): devices.NoPort, plain: devices.WrongDevice, "/dev/null": devices.WrongDevice,
	} {
		c := OpenV4L2(Options{Path: path, Now: time.Now})
		if err := c.Serve(t.Context(), func(Frame) {}); devices.KindOf(err) != want {
			t.Errorf("%s: %v, want %v", path, err, want)
		}
	}
}
