package probe_test

import (
	"context"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/port"
	"zhizhu/devices/probe"
	"zhizhu/devices/sim"
	"zhizhu/devices/sim/paper"
)

// rig is a machine with played devices. Its clock is the tests' own to move, as far as the finder's pauses go.
type rig struct {
	*testing.T
	dir  string
	mu   sync.Mutex
	list []probe.Port
	now  time.Time
}

func newRig(t *testing.T) *rig {
	return &rig{T: t, dir: t.TempDir(), now: time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)}
}

func (r *rig) clock() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now
}

func (r *rig) pass(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now = r.now.Add(d)
}

func (r *rig) ports() []probe.Port {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []probe.Port
	for _, p := range r.list {
		if real, err := filepath.EvalSymlinks(p.Path); err == nil {
			p.Real = real
			out = append(out, p)
		}
	}
	return out
}

// tty is a port of the machine; serve plays what is plugged in.
func (r *rig) tty(name string, baud int, serve func(*sim.TTY) func(context.Context) error) *sim.TTY {
	r.Helper()
	s, err := sim.OpenTTY(filepath.Join(r.dir, name), baud)
	if err != nil {
		r.Fatal(err)
	}
	r.mu.Lock()
	r.list = append(r.list, probe.Port{Path: s.Path(), TTY: name})
	r.mu.Unlock()
	ctx, cancel := context.WithCancel(r.Context())
	var wg sync.WaitGroup
	if serve != nil {
		run := serve(s)
		wg.Go(func() { _ = run(ctx) })
	}
	r.Cleanup(func() {
		cancel()
		_ = s.Close()
		wg.Wait()
	})
	return s
}

func reader(s *sim.TTY) func(context.Context) error  { return sim.NewCardReader(s).Serve }
func scanner(s *sim.TTY) func(context.Context) error { return sim.NewScanner(s).Serve }

func aPrinter(s *sim.TTY) func(context.Context) error {
	return sim.NewPrinter(sim.PrinterOptions{TTY: s, Model: "TP80"}).Serve
}

// loopback is a plug that joins the two lines.
func loopback(s *sim.TTY) func(context.Context) error {
	return func(ctx context.Context) error {
		b := make([]byte, 64)
		for {
			n, err := s.Recv(ctx, b)
			if err != nil {
				return err
			}
			_ = s.Send(ctx, b[:n])
		}
	}
}

// log is an Open that notes what was opened.
type log struct {
	mu    sync.Mutex
	paths []string
}

func (l *log) open(ctx context.Context, device, path string, baud int) (devices.Line, error) {
	l.mu.Lock()
	l.paths = append(l.paths, filepath.Base(path))
	l.mu.Unlock()
	return port.Open(ctx, port.Config{Path: path, Baud: baud, Device: device})
}

func (l *log) count(path string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for _, p := range l.paths {
		if p == filepath.Base(path) {
			n++
		}
	}
	return n
}

func (r *rig) finder(l *log) *probe.Finder {
	return probe.NewFinder(probe.FinderOptions{Ports: r.ports, Open: l.open, Now: r.clock})
}

// found is what Open of a device yields.
type found struct {
	line devices.Line
	err  error
}

func (r *rig) search(f *probe.Finder, device string) <-chan found {
	out := make(chan found, 1)
	go func() {
		line, err := f.Open(r.Context(), device, 0)
		out <- found{line, err}
	}()
	return out
}

func (r *rig) at(got found, s *sim.TTY, baud int) {
	r.Helper()
	if got.err != nil {
		r.Fatalf("not found: %v", got.err)
	}
	if got.line.Path() != s.Path() || baud > 0 && got.line.Baud() != baud {
		r.Errorf("found at %s, %d baud", got.line.Path(), got.line.Baud())
	}
}

func (r *rig) close(line devices.Line) {
	r.Helper()
	if c, ok := line.(interface{ Close() error }); !ok || c.Close() != nil {
		r.Error("line not closed")
	}
}

func noted(f probe.Finding, n probe.Note) bool { return slices.Contains(f.Notes, n) }

// printed prints a line, as a driver does that knows nothing of what was before, and returns all that is on the slip.
func printed(t *testing.T, s *sim.TTY, slips <-chan []byte) string {
	line, err := port.Open(t.Context(), port.Config{Path: s.Path(), Baud: max(s.Baud(), 9600), Device: "test"})
	if err != nil {
		t.Error(err)
		return ""
	}
	defer func() { _ = line.Close() }()
	if err := line.Write(t.Context(), []byte("\x1b@\x1b@receipt\n\x1dVB\x00")); err != nil {
		t.Error(err)
		return ""
	}
	select {
	case b := <-slips:
		text := ""
		got, _ := paper.Receipts(b) // questions at a wrong speed are no commands
		for _, slip := range got {
			text += slip.Text()
		}
		return text
	case <-time.After(10 * time.Second):
		t.Error("nothing was cut")
		return ""
	}
}
