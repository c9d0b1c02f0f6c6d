package doccam_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/camera"
	"zhizhu/devices/doccam"
	"zhizhu/devices/doccam/desk"
	"zhizhu/devices/doccam/page"
)

// card is a small scene, quick to draw.
var card = sync.OnceValue(func() desk.Scene {
	s, err := desk.Card()
	if err != nil {
		panic(err)
	}
	return desk.Scene{
		Width: 640, Height: 480, Mat: desk.Grey, Blur: 0.5, Noise: 1,
		Laid: []desk.Laid{{Sheet: s, Corners: desk.Upright(s, 640, 480, 0.8, 3, 0.02)}},
	}
})

var plain = sync.OnceValue(func() *image.YCbCr { return card().Render() })

// render draws the scene with a change. The frame is the caller's, who may overwrite it.
func render(change func(*desk.Scene)) *image.YCbCr {
	if change == nil {
		m := *plain()
		m.Y, m.Cb, m.Cr = slices.Clone(m.Y), slices.Clone(m.Cb), slices.Clone(m.Cr)
		return &m
	}
	s := card()
	s.Laid = slices.Clone(s.Laid)
	change(&s)
	return s.Render()
}

// feed is a source whose frames a test hands in, in the test's own time.
type feed struct {
	frames chan image.Image
	end    error
	mu     sync.Mutex
	paused bool
}

func (f *feed) Pause(on bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.paused = on
}

func (f *feed) isPaused() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.paused
}

func (f *feed) Serve(ctx context.Context, emit func(camera.Frame)) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case m := <-f.frames:
			if m == nil {
				return f.end
			}
			if !f.isPaused() {
				emit(camera.Frame{Image: m, Taken: time.Now()})
			}
			page.Wipe(m) // a camera's frame is overwritten
		}
	}
}

type rig struct {
	*testing.T
	cam      *doccam.Camera
	feed     *feed
	previews []doccam.Preview
	statuses []devices.Status
	ended    chan error
}

// play serves a camera inside a bubble of synctest.
func play(t *testing.T, o doccam.Options) *rig {
	r := &rig{T: t, feed: &feed{frames: make(chan image.Image), end: errors.New("unplugged")}, ended: make(chan error, 1)}
	o.Source, o.Now = r.feed, time.Now
	o.OnPreview = func(p doccam.Preview) { r.previews = append(r.previews, p) }
	r.cam = doccam.New(o)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { r.ended <- r.cam.Serve(ctx, func(s devices.Status) { r.statuses = append(r.statuses, s) }) }()
	t.Cleanup(func() { cancel(); synctest.Wait() })
	synctest.Wait()
	return r
}

// show hands a frame in and waits until it was looked at.
func (r *rig) show(m image.Image) {
	r.feed.frames <- m
	synctest.Wait()
}

func TestOffNothingIsLookedAt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := play(t, doccam.Options{})
		r.show(render(nil))
		if len(r.statuses) != 1 || r.statuses[0].State != devices.Ready || !r.feed.isPaused() {
			t.Errorf("after the first frame: %v, resting %v", r.statuses, r.feed.isPaused())
		}
		if _, err := r.cam.Capture(t.Context()); !errors.Is(err, doccam.ErrOff) {
			t.Errorf("a picture was taken while off: %v", err)
		}
		if len(r.previews) != 0 {
			t.Error("there is a preview while off")
		}
		r.cam.On(true)
		r.show(render(nil))
		if len(r.previews) != 1 || r.feed.isPaused() {
			t.Errorf("on: %d previews", len(r.previews))
		}
		r.cam.On(false)
		r.show(render(nil))
		if len(r.previews) != 1 || !r.feed.isPaused() {
			t.Error("off again, and it looks on")
		}
	})
}

func TestPreview(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := play(t, doccam.Options{Side: 320})
		r.cam.On(true)
		for range 30 { // 30 a second come, 10 are shown
			r.show(render(nil))
			<-time.After(time.Second / 30)
		}
		if n := len(r.previews); n < 8 || n > 10 {
			t.Errorf("%d previews in a second", n)
		}
		p := r.previews[1]
		if p.Image.Rect.Dx() != 320 || len(p.Advice) != 0 {
			t.Errorf("%v, advice %v", p.Image.Rect, p.Advice)
		}
		for i, c := range card().Laid[0].Corners {
			if d := p.Corners[i].Sub(image.Pt(int(c[0]/2), int(c[1]/2))); max(d.X, -d.X) > 2 || max(d.Y, -d.Y) > 2 {
				t.Errorf("corner %d at %v, want %v", i, p.Corners[i], c)
			}
		}
	})
}

func TestPreviewSeesMotion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := play(t, doccam.Options{})
		r.cam.On(true)
		at := []float64{0, 0, 12, 12}
		want := [][]page.Advice{nil, nil, {page.Moving}, nil}
		for i, dx := range at {
			r.show(render(func(s *desk.Scene) { s.Laid[0].Corners = s.Laid[0].Corners.Moved(dx, 0) }))
			<-time.After(150 * time.Millisecond)
			if got := r.previews[i].Advice; !slices.Equal(got, want[i]) {
				t.Errorf("preview %d: %v, want %v", i, got, want[i])
			}
		}
	})
}

type result struct {
	shot doccam.Shot
	err  error
}

func (r *rig) capture(ctx context.Context) chan result {
	out := make(chan result, 1)
	go func() {
		s, err := r.cam.Capture(ctx)
		out <- result{s, err}
	}()
	synctest.Wait()
	return out
}

// Of several frames the sharp one is taken, wherever it comes, and frames may be overwritten after each look.
func TestCaptureTakesTheSharpest(t *testing.T) {
	for sharp := range 3 {
		synctest.Test(t, func(t *testing.T) {
			r := play(t, doccam.Options{Frames: 3})
			r.cam.On(true)
			got := r.capture(t.Context())
			for i := range 3 {
				r.show(render(func(s *desk.Scene) {
					if s.Blur = 4; i == sharp {
						s.Blur = 0.5
					}
				}))
			}
			res := <-got
			if res.err != nil || !res.shot.Cropped || slices.Contains(res.shot.Advice, page.Blurred) {
				t.Fatalf("sharp frame %d: %v, cropped %v, advice %v", sharp, res.err, res.shot.Cropped, res.shot.Advice)
			}
			m, err := jpeg.Decode(bytes.NewReader(res.shot.JPEG))
			if err != nil || m.Bounds().Dx() != res.shot.Width || m.Bounds().Dy() != res.shot.Height || res.shot.Frame != image.Pt(640, 480) {
				t.Errorf("the shot: %v", err)
			}
			if len(r.previews) != 0 {
				t.Error("frames of a shot were shown")
			}
			res.shot.Wipe()
			if res.shot.JPEG != nil {
				t.Error("a wiped shot has bytes")
			}
		})
	}
}

// A fault is told, and the shot is there all the same: the resident decides.
func TestCaptureWithFaults(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*desk.Scene)
		want   page.Advice
	}{
		"blurred": {func(s *desk.Scene) { s.Blur = 4 }, page.Blurred},
		"dark":    {func(s *desk.Scene) { s.Light = 0.3 }, page.Dark},
		"cut":     {func(s *desk.Scene) { s.Laid[0].Corners = s.Laid[0].Corners.Moved(250, 0) }, page.Cut},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := play(t, doccam.Options{Frames: 1})
			r.cam.On(true)
			got := r.capture(t.Context())
			r.show(render(tc.change))
			res := <-got
			if res.err != nil || len(res.shot.JPEG) == 0 || !slices.Contains(res.shot.Advice, tc.want) {
				t.Errorf("%s: %v, advice %v", name, res.err, res.shot.Advice)
			}
		})
	}
}

func TestCaptureEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := play(t, doccam.Options{Frames: 3, Patience: 2 * time.Second})
		r.cam.On(true)

		start := time.Now()
		if res := <-r.capture(t.Context()); devices.KindOf(res.err) != devices.Silent || time.Since(start) != 2*time.Second {
			t.Errorf("no frame comes: %v after %v", res.err, time.Since(start))
		}
		got := r.capture(t.Context())
		r.show(render(nil))
		if res := <-got; res.err != nil || !res.shot.Cropped {
			t.Errorf("one frame comes, no more: %v", res.err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		got = r.capture(ctx)
		r.show(render(nil))
		cancel()
		if res := <-got; !errors.Is(res.err, context.Canceled) {
			t.Errorf("cancelled: %v", res.err)
		}
		got = r.capture(t.Context())
		r.show(render(nil))
		r.cam.Forget()
		if res := <-got; !errors.Is(res.err, doccam.ErrForgotten) || res.shot.JPEG != nil {
			t.Errorf("forgotten: %v", res.err)
		}
		first, second := r.capture(t.Context()), r.capture(t.Context())
		for range 3 {
			r.show(render(nil))
		}
		if res := <-first; !errors.Is(res.err, doccam.ErrForgotten) {
			t.Errorf("the first of two: %v", res.err)
		}
		if res := <-second; res.err != nil {
			t.Errorf("the second of two: %v", res.err)
		}
		got = r.capture(t.Context())
		r.show(nil)
		if err := <-r.ended; err == nil || err.Error() != "unplugged" {
			t.Errorf("Serve ended with %v", err)
		}
		if res := <-got; !errors.Is(res.err, doccam.ErrForgotten) {
			t.Errorf("unplugged in a shot: %v", res.err)
		}
	})
}

func TestCapIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for limit, grey := range map[int]bool{20_000: true, 80_000: false} {
			r := play(t, doccam.Options{Frames: 1, Limit: limit, Grey: grey})
			r.cam.On(true)
			got := r.capture(t.Context())
			r.show(render(func(s *desk.Scene) { s.Noise = 8 }))
			res := <-got
			cfg, err := jpeg.DecodeConfig(bytes.NewReader(res.shot.JPEG))
			if res.err != nil || err != nil || len(res.shot.JPEG) > limit {
				t.Errorf("%v, %v, %d bytes over %d", res.err, err, len(res.shot.JPEG), limit)
			}
			if (cfg.ColorModel == color.GrayModel) != grey {
				t.Error("colour where none is wished, or none where it is")
			}
		}
	})
}

// A folder of pictures is a camera, with all that is real about it.
func TestFolder(t *testing.T) {
	dir := t.TempDir()
	f, err := os.Create(filepath.Join(dir, "one.png"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(png.Encode(f, render(nil)), f.Close()); err != nil {
		t.Fatal(err)
	}
	previews := make(chan doccam.Preview, 100)
	cam := doccam.New(doccam.Options{
		Source: camera.Folder(camera.FolderOptions{Path: dir, Loop: true, Every: time.Millisecond, Now: time.Now}),
		Now:    time.Now,
		OnPreview: func(p doccam.Preview) {
			select {
			case previews <- p:
			default:
			}
		},
	})
	ready := make(chan devices.Status, 100)
	ended := make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { ended <- cam.Serve(ctx, func(s devices.Status) { ready <- s }) }()
	if s := <-ready; s.State != devices.Ready {
		t.Errorf("state %d", s.State)
	}
	cam.On(true)
	if p := <-previews; p.Image.Rect.Dx() != 640 || p.Corners[2] == (image.Point{}) {
		t.Errorf("preview %v, corners %v", p.Image.Rect, p.Corners)
	}
	shot, err := cam.Capture(t.Context())
	if err != nil || !shot.Cropped || len(shot.Advice) != 0 {
		t.Errorf("%v, cropped %v, advice %v", err, shot.Cropped, shot.Advice)
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("Serve ended with %v", err)
	}
}

func TestServeTellsWhatIsLost(t *testing.T) {
	cam := doccam.New(doccam.Options{
		Source: camera.OpenV4L2(camera.Options{Path: "/nonexistent/video0", Now: time.Now}), Now: time.Now,
	})
	told := false
	if err := cam.Serve(t.Context(), func(devices.Status) { told = true }); devices.KindOf(err) != devices.NoPort || told {
		t.Errorf("%v, told %v", err, told)
	}
}
