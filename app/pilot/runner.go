package pilot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"time"

	"zhizhu/app/visit"
	"zhizhu/offline/catalog"
)

// handPatience is how long a line waits for somebody's hand at a real device.
const handPatience = 2 * time.Minute

// moment is how long a touch is given to change the page before the next line is played. Nearly every touch does, at
// once; on a machine with much else to do it may take longer, and then the next line must not meet the old page.
const moment = 2 * time.Second

// blink is how often a line that waits looks again though no new view came: pages that turn inside the screen make
// none.
const blink = 250 * time.Millisecond

// Options are what a [Runner] needs.
type Options struct {
	Window  Window
	Devices Devices // nil where all are real
	Catalog *catalog.Catalog
	Shots   string // folder for pictures; made when needed
	// Settle returns once all that was touched has been handled and painted. Without it a touch is given a moment to
	// change the page.
	Settle func(ctx context.Context) error
	// WaitPaper waits until the printer is known to have paper or not: a view need not say so. May be nil.
	WaitPaper func(ctx context.Context, ok bool) error
	OnServed  func(Served) // after each visit of `serve`; may be nil
	Now       func() time.Time
	Log       *slog.Logger
	Patience  time.Duration // 0: [Patience]
}

// Runner plays scripts. It is used by one goroutine.
type Runner struct {
	Options

	mu   sync.Mutex
	seen map[visit.Step]bool // pages shown since the last touch
}

// New returns a runner.
func New(o Options) *Runner {
	if o.Devices == nil {
		o.Devices = byHand{}
	}
	o.Patience = cmp.Or(o.Patience, Patience)
	return &Runner{Options: o}
}

// LineError says which line of a script failed and what was to be seen then. Its text holds nothing of the screen's
// content, which may be somebody's data: that is in the picture and in Seen.
type LineError struct {
	Command Command
	Err     error
	Shot    string   // path of the picture; beside it lies the text, as .txt
	Seen    []string // what could be read
}

func (e *LineError) Error() string {
	s := fmt.Sprintf("%s: %s: %v", e.Command.Place(), e.Command.Verb, e.Err)
	if e.Shot != "" {
		s += "; the screen then: " + e.Shot
	}
	return s
}

// Unwrap returns the cause.
func (e *LineError) Unwrap() error { return e.Err }

// Run plays commands until one fails (a *LineError), all are done, or ctx ends.
func (r *Runner) Run(ctx context.Context, commands []Command) error {
	for _, c := range commands {
		begun := r.Now()
		err := r.play(ctx, c)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			return r.failed(c, err)
		}
		r.Log.LogAttrs(ctx, slog.LevelInfo, "Pilot line done", slog.String("place", c.Place()),
			slog.String("verb", string(c.Verb)), slog.Duration("took", r.Now().Sub(begun)))
	}
	return nil
}

// failed takes a picture and the words of the screen at a line's failure.
func (r *Runner) failed(c Command, err error) error {
	e := &LineError{Command: c, Err: err, Seen: r.Window.Texts()}
	name := fmt.Sprintf("failed-line-%d", c.Line)
	if path, err := r.shot(name); err == nil {
		e.Shot = path
		// A missing text beside the picture is no second failure: Seen holds it too.
		_ = os.WriteFile(strings.TrimSuffix(path, ".png")+".txt", []byte(strings.Join(e.Seen, "\n")+"\n"), 0o600)
	}
	return e
}

func (r *Runner) shot(name string) (string, error) {
	if err := os.MkdirAll(r.Shots, 0o700); err != nil {
		return "", fmt.Errorf("make folder for pictures: %w", err)
	}
	path := filepath.Join(r.Shots, name+".png")
	if err := r.Window.Shot(path); err != nil {
		return "", fmt.Errorf("take picture: %w", err)
	}
	return path, nil
}

func (r *Runner) play(ctx context.Context, c Command) error {
	w := r.Window
	switch c.Verb {
	case Tap:
		return r.touch(ctx, func() error { return r.tap(c.Label) })
	case Type:
		return r.touch(ctx, func() error { return w.Type(c.Label, c.Text) })
	case Choose:
		return r.touch(ctx, func() error { return w.Choose(c.Label, c.Text) })
	case Sign:
		return r.touch(ctx, w.Sign)
	case Wait:
		return r.wait(ctx, c)
	case Expect:
		return r.expect(ctx, c.Label)
	case Shot:
		_, err := r.shot(c.Label)
		return err
	case Serve:
		served, err := r.Serve(ctx, c.Label, c.Seed)
		if err == nil && r.OnServed != nil {
			r.OnServed(served)
		}
		return err
	case Card, Lift, Scan, Net, Printer:
		return r.device(ctx, c)
	default:
		return fmt.Errorf("no such command: %s", c.Verb)
	}
}

// touch tries until it succeeds: what it looks for may be on its way to the screen. Then it lets the page settle, so
// that the next line meets the page that this touch brings, never the old one.
func (r *Runner) touch(ctx context.Context, try func() error) error {
	var before visit.View
	err := r.retry(ctx, func() (err error) {
		if before, err = r.view(ctx); err != nil {
			return err
		}
		r.forget()
		return try()
	})
	if err != nil {
		return err
	}
	return r.settle(ctx, before)
}

// tap touches what bears a label. An item is found by any of its names: a tile bears the short one, a list may bear the
// official one.
func (r *Runner) tap(label string) error {
	err := r.Window.Tap(label)
	if it := findItem(r.Catalog, label); err != nil && it != nil {
		for _, name := range []string{it.Name, it.Short} {
			if name != label && r.Window.Tap(name) == nil {
				return nil
			}
		}
	}
	return err
}

func (r *Runner) settle(ctx context.Context, before visit.View) error {
	if r.Settle != nil {
		return r.Settle(ctx)
	}
	_, err := r.within(ctx, moment, func(v visit.View) bool { return !samePage(v, before) })
	return err
}

// retry calls try at each new view, and each blink, until it succeeds or patience is over; then it returns what try
// said last.
func (r *Runner) retry(ctx context.Context, try func() error) error {
	ctx, cancel := context.WithTimeout(ctx, r.Patience)
	defer cancel()
	for {
		last := try()
		if last == nil {
			return nil
		}
		seen, err := r.view(ctx)
		if err != nil {
			return last
		}
		if _, err := r.within(ctx, blink, func(v visit.View) bool { return !samePage(v, seen) }); err != nil {
			return last
		}
	}
}

// within waits at most d for a view that satisfies ok and says whether one came. Its error is ctx's own or the
// window's.
func (r *Runner) within(ctx context.Context, d time.Duration, ok func(visit.View) bool) (bool, error) {
	short, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	err := r.Window.WaitView(short, ok)
	switch {
	case err == nil:
		return true, nil
	case ctx.Err() != nil:
		return false, ctx.Err()
	case errors.Is(err, context.DeadlineExceeded):
		return false, nil
	default:
		return false, err
	}
}

// view returns what is shown now.
func (r *Runner) view(ctx context.Context) (visit.View, error) {
	var now visit.View
	err := r.Window.WaitView(ctx, func(v visit.View) bool { now = v; return true })
	return now, err
}

// samePage compares two views but for the header and the notice, which change by themselves (minutes, network).
func samePage(a, b visit.View) bool {
	a.Header, b.Header = visit.Header{}, visit.Header{}
	a.Notice, b.Notice = nil, nil
	return reflect.DeepEqual(a, b)
}

func (r *Runner) wait(ctx context.Context, c Command) error {
	want, ok := stepOf(c.Label)
	if !ok {
		return fmt.Errorf("no screen is called %q", c.Label)
	}
	limit := cmp.Or(c.Limit, r.Patience)
	came, err := r.within(ctx, limit, func(v visit.View) bool { return reached(v.Step, want) || r.passed(want) })
	if err == nil && !came {
		err = fmt.Errorf("%s is not shown after %v, but %s", want, limit, r.Window.Step())
	}
	return err
}

// Saw takes note of a page that is shown. A page may pass by itself before a line waits for it: where a card lies on the
// reader already, the page that asks for it stands for a moment only.
func (r *Runner) Saw(v visit.View) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seen == nil {
		r.seen = map[visit.Step]bool{}
	}
	r.seen[v.Step] = true
}

// passed says whether a page was shown since the last touch.
func (r *Runner) passed(s visit.Step) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.seen[s]
}

func (r *Runner) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	clear(r.seen)
}

// reached says whether a step stands, or has just gone by: lodging and the wiped page pass by themselves, perhaps
// between two paintings.
func reached(now, want visit.Step) bool {
	switch want {
	case visit.Lodging:
		return now == visit.Lodging || now == visit.Receipt
	case visit.Wiped:
		return now == visit.Wiped || now == visit.Attract
	default:
		return now == want
	}
}

func (r *Runner) expect(ctx context.Context, words string) error {
	return r.retry(ctx, func() error {
		for _, s := range r.Window.Texts() {
			if strings.Contains(s, words) {
				return nil
			}
		}
		return fmt.Errorf("these words are not on the screen: %s", words)
	})
}
