package printer_test

import (
	"bytes"
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/printer"
)

// memoryLine is a line without a kernel, for tests of long times: it lives in a synctest bubble.
type memoryLine struct {
	replies chan []byte
	hear    func(l *memoryLine, p []byte)
	mu      sync.Mutex
	sent    []byte
}

func (l *memoryLine) Read(ctx context.Context, p []byte) (int, error) {
	select {
	case b := <-l.replies:
		return copy(p, b), nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

func (l *memoryLine) Write(ctx context.Context, p []byte) error {
	time.AfterFunc(time.Duration(len(p))*10*time.Second/9600, func() { l.hear(l, p) })
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sent = append(l.sent, p...)
	return ctx.Err()
}

func (l *memoryLine) Baud() int    { return 9600 }
func (l *memoryLine) Path() string { return "memory" }

func (l *memoryLine) cuts() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return bytes.Count(l.sent, []byte("\x1dVB\x00"))
}

// well answers every question as a printer that is well.
func well(l *memoryLine, p []byte) {
	switch {
	case bytes.HasPrefix(p, []byte{0x10, 0x04}):
		l.replies <- []byte{0x12}
	case bytes.HasPrefix(p, []byte{0x1d, 'I', 2}):
		l.replies <- []byte{0x03}
	}
}

func serveInBubble(t *testing.T, o printer.Options, l *memoryLine) (*printer.Printer, func() devices.Status) {
	t.Helper()
	o.Now = time.Now
	p, err := printer.New(o)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var last devices.Status
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = p.Serve(ctx, l, func(s devices.Status) {
			mu.Lock()
			defer mu.Unlock()
			last = s
		})
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return p, func() devices.Status {
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		return last
	}
}

func TestLostXonIsForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &memoryLine{replies: make(chan []byte, 100), hear: well}
		p, status := serveInBubble(t, printer.Options{}, l)
		after(t, time.Second)
		if s := status(); s.State != devices.Ready || s.Paper != devices.PaperOK {
			t.Fatalf("got %+v", s)
		}
		l.replies <- []byte{0x13}
		synctest.Wait()
		wantFailed(t, p.Print(t.Context(), receiptFor("陈桂兰", number)), devices.Stalled)
		after(t, 12*time.Second)
		if s := status(); s.State != devices.Faulty || s.Reason != devices.Stalled {
			t.Errorf("got %+v", s)
		}
		after(t, 30*time.Second)
		if s := status(); s.State != devices.Ready {
			t.Errorf("got %+v", s)
		}
		printed(t, p.Print(t.Context(), receiptFor("陈桂兰", number)))
		if n := l.cuts(); n != 1 {
			t.Errorf("%d cuts", n)
		}
	})
}

// An answer that comes late must not be taken for the answer to the next question.
func TestLateAnswersAreNotMixedUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var late atomic.Int64
		l := &memoryLine{replies: make(chan []byte, 100)}
		l.hear = func(l *memoryLine, p []byte) {
			if bytes.HasPrefix(p, []byte{0x10, 0x04}) {
				b := byte(0x12)
				if p[2] == 1 {
					b = 0x16 // a drawer's switch; as an answer to 2 it would say that the cover is open
				}
				time.AfterFunc(time.Duration(late.Load()), func() { l.replies <- []byte{b} })
			}
		}
		_, status := serveInBubble(t, printer.Options{}, l)
		after(t, time.Second)
		for range 50 {
			late.Store(int64(400*time.Millisecond) - late.Load())
			after(t, 700*time.Millisecond)
			if s := status(); s.State == devices.Faulty {
				t.Fatalf("got %+v", s)
			}
		}
	})
}

// Hours of idling: the printer is asked every two seconds, and what is told of it is told once.
func TestHoursOfIdling(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &memoryLine{replies: make(chan []byte, 100), hear: well}
		var told atomic.Int64
		_, status := serveInBubble(t, printer.Options{OnStatus: func(devices.Status) { told.Add(1) }}, l)
		after(t, 4*time.Hour)
		if s := status(); s.State != devices.Ready {
			t.Errorf("got %+v", s)
		}
		l.mu.Lock()
		n := bytes.Count(l.sent, []byte{0x10, 0x04, 4})
		l.mu.Unlock()
		if told.Load() != 1 || n < 7000 || n > 7201 {
			t.Errorf("told %d times, asked %d times", told.Load(), n)
		}
	})
}

func after(t *testing.T, d time.Duration) {
	t.Helper()
	select {
	case <-time.After(d):
	case <-t.Context().Done():
	}
}
