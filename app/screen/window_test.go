package screen

import (
	"sync"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"

	"zhizhu/app/visit"
)

// window is a screen over Fyne's test driver, with a queue in place of Fyne's goroutine: what is posted runs when the
// test drains it, on the test's own goroutine.
type window struct {
	s      *Screen
	events []visit.Event

	mu    sync.Mutex
	queue []func()
	ready chan struct{}
}

func newWindow(t *testing.T, width, height int) *window {
	t.Helper()
	w := &window{ready: make(chan struct{}, 1)}
	w.s = New(Options{
		Title: "test", Width: width, Height: height, App: test.NewTempApp(t), Poster: w.post,
		Post: func(e visit.Event) { w.events = append(w.events, e) },
	})
	w.s.win.Resize(fyne.NewSize(float32(width), float32(height)))
	w.drain()
	return w
}

func (w *window) post(f func()) {
	w.mu.Lock()
	w.queue = append(w.queue, f)
	w.mu.Unlock()
	select {
	case w.ready <- struct{}{}:
	default:
	}
}

func (w *window) drain() {
	for {
		w.mu.Lock()
		queue := w.queue
		w.queue = nil
		w.mu.Unlock()
		if len(queue) == 0 {
			return
		}
		for _, f := range queue {
			f()
		}
	}
}

// while runs f on another goroutine, as the pilot does, and drains the queue until it returns.
func (w *window) while(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	for {
		select {
		case <-w.ready:
			w.drain()
		case <-done:
			w.drain()
			return
		}
	}
}

// show applies a view.
func (w *window) show(v visit.View) {
	w.s.Show(v)
	w.drain()
}

// last returns the newest event and forgets all.
func (w *window) last() visit.Event {
	if len(w.events) == 0 {
		return nil
	}
	e := w.events[len(w.events)-1]
	w.events = nil
	return e
}

// textOf returns the words of a canvas text.
func textOf(o fyne.CanvasObject) (string, bool) {
	t, ok := o.(*canvas.Text)
	if !ok {
		return "", false
	}
	return t.Text, true
}
