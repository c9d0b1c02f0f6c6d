package camscan_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/camera"
	"zhizhu/devices/camscan"
	"zhizhu/devices/qr/qrtest"
)

// hand is a camera whose pictures the test shows.
type hand struct {
	frames  chan image.Image
	lost    chan error
	paused  atomic.Bool
	dropped atomic.Int64
	clock   func() time.Time
}

func (h *hand) Pause(on bool) { h.paused.Store(on) }
func (h *hand) Dropped() int  { return int(h.dropped.Load()) }

func (h *hand) Serve(ctx context.Context, emit func(camera.Frame)) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-h.lost:
			return err
		case img := <-h.frames:
			emit(camera.Frame{Image: img, Taken: h.clock()})
			if g, ok := img.(*image.Gray); ok { // a frame is valid during emit only
				clear(g.Pix)
			}
		}
	}
}

type log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

type rig struct {
	*testing.T
	*camscan.Scanner
	cam    hand
	scans  chan devices.Scan
	status chan devices.Status
	ended  chan error
	now    atomic.Int64 // seconds
	drawn  map[string]*image.Gray
	asked  atomic.Int64 // how often the scanner asked the clock: once for each code that it found
	logs   log
}

func newRig(t *testing.T) *rig {
	r := &rig{T: t, drawn: map[string]*image.Gray{}, scans: make(chan devices.Scan, 10), status: make(chan devices.Status, 10), ended: make(chan error, 1)}
	r.cam = hand{frames: make(chan image.Image), lost: make(chan error), clock: func() time.Time { return time.Unix(r.now.Load(), 0) }}
	r.Scanner = camscan.New(camscan.Options{
		Source: &r.cam, Now: func() time.Time { r.asked.Add(1); return r.cam.clock() }, Rand: bytes.NewReader(make([]byte, 32)), Model: "USB camera",
		OnScan: func(s devices.Scan) { r.scans <- s },
		Log:    slog.New(slog.NewTextHandler(&r.logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.ended <- r.Serve(ctx, func(s devices.Status) { r.status <- s })
	}()
	t.Cleanup(func() { cancel(); <-done })
	return r
}

func picture(t testing.TB, text string) *image.Gray {
	t.Helper()
	img, err := qrtest.Scene{Width: 320, Height: 240, Text: text}.Draw()
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// frame draws each picture once; a camera takes it away.
func (r *rig) frame(text string) *image.Gray {
	if r.drawn[text] == nil {
		r.drawn[text] = picture(r.T, text)
	}
	m := *r.drawn[text]
	m.Pix = bytes.Clone(m.Pix)
	return &m
}

func (r *rig) show(text string) {
	r.Helper()
	select {
	case r.cam.frames <- r.frame(text):
	case <-time.After(20 * time.Second):
		r.Fatal("the scanner doesn't take its frames")
	}
}

// next is the next code; frames are shown until it comes, as a camera would.
func (r *rig) next(text string) {
	r.Helper()
	for late := time.After(20 * time.Second); ; {
		select {
		case s := <-r.scans:
			if s.Text != text || string(s.Raw) != text {
				r.Errorf("%q, want %q", s.Text, text)
			}
			return
		case r.cam.frames <- r.frame(text):
		case <-late:
			r.Fatalf("no scan came, want %q", text)
		}
	}
}

// held shows a code until the scanner has found it.
func (r *rig) held(text string) {
	r.Helper()
	for before, late := r.asked.Load(), time.After(20*time.Second); r.asked.Load() == before; {
		select {
		case r.cam.frames <- r.frame(text):
		case <-late:
			r.Fatal("not found")
		}
	}
}

func TestCodesAreReadWhileTheyAreWanted(t *testing.T) {
	r := newRig(t)
	r.show("too early")
	if s := <-r.status; s.State != devices.Ready || s.Model != "USB camera" {
		t.Errorf("%+v", s)
	}
	r.show("") // once this one is taken, the one before is done with
	if !r.cam.paused.Load() {
		t.Error("the camera is looked at although nobody wants a code")
	}
	r.Trigger(true)
	if r.cam.paused.Load() {
		t.Error("the camera still rests")
	}
	r.next("取号 42")
	r.Trigger(false)
	r.show("too late")
	r.show("")
	r.Trigger(true)
	r.next("next")
}

func TestACodeThatIsHeldIsOne(t *testing.T) {
	r := newRig(t)
	r.Trigger(true)
	r.next("a")
	for second := range int64(5) { // held all the while
		r.now.Store(second)
		r.held("a")
		r.next(fmt.Sprint("mark ", second)) // had "a" been handed on, it would have come first
	}
	r.Forget() // the visit ends, the phone stays
	r.held("a")
	r.next("a mark")
	r.show("")
	r.Forget()     // drops what waits: it would be found at a later time than it was shown
	r.now.Store(8) // it was away
	r.next("a")
	r.now.Store(1) // the clock was set back
	r.next("a")
}

func TestLossIsTold(t *testing.T) {
	r := newRig(t)
	r.cam.lost <- &devices.Error{Device: "camera", Kind: devices.HungUp, Op: "fetch frame"}
	if err := <-r.ended; devices.KindOf(err) != devices.HungUp {
		t.Errorf("ended with %v", err)
	}
	if r.cam.paused.Load() {
		t.Error("a source that was never seen to work rests")
	}
}

func TestDroppedFramesAreTold(t *testing.T) {
	r := newRig(t)
	r.show("")
	if s := <-r.status; s.Dropped != 0 {
		t.Errorf("%d dropped", s.Dropped)
	}
	r.cam.dropped.Store(5)
	r.show("")
	r.now.Store(10)
	r.show("")
	if s := <-r.status; s.Dropped != 5 || s.State != devices.Ready {
		t.Errorf("%d dropped", s.Dropped)
	}
}

func TestFramesWithoutBrightness(t *testing.T) {
	r := newRig(t)
	r.Trigger(true)
	r.cam.frames <- image.NewRGBA(image.Rect(0, 0, 10, 10))
	r.cam.frames <- &image.Gray{Pix: make([]byte, 10), Stride: 100, Rect: image.Rect(0, 0, 100, 100)}
	r.next("good")
}

func TestNoCodeIsLogged(t *testing.T) {
	r := newRig(t)
	r.Trigger(true)
	r.next("token-4711")
	r.held("token-4711")
	r.next("token-4712")
	if text := r.logs.String(); strings.Contains(text, "471") || !strings.Contains(text, "code=") {
		t.Error(text)
	}
}

// The whole of it with real parts: pictures that staff drop into a folder.
func TestPicturesInAFolder(t *testing.T) {
	dir := t.TempDir()
	scans := make(chan devices.Scan, 10)
	s := camscan.New(camscan.Options{
		Source: camera.Folder(camera.FolderOptions{Path: dir, Every: time.Millisecond, Grey: true, Now: time.Now}),
		Now:    time.Now, OnScan: func(s devices.Scan) { scans <- s },
	})
	s.Trigger(true)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- s.Serve(ctx, func(devices.Status) {}) }()
	for _, text := range []string{"one", "二"} {
		var b bytes.Buffer
		if err := png.Encode(&b, picture(t, text)); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, text+".png"), b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		select {
		case got := <-scans:
			if got.Text != text {
				t.Errorf("%q, want %q", got.Text, text)
			}
		case <-time.After(20 * time.Second):
			t.Fatal("not read")
		}
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
}
