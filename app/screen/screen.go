package screen

import (
	"image/color"
	"log/slog"
	"sync"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"zhizhu/app/screen/theme"
	"zhizhu/app/screen/touch"
	"zhizhu/app/visit"
)

// Options are what a screen is built from.
type Options struct {
	Title         string
	Width, Height int     // pixels of the window; 0 takes the whole display
	Fullscreen    bool    // ask the display for the whole of it
	Inches        float64 // diagonal of the panel; 0 takes the usual one of that many pixels
	// Post hands an event to the kiosk. It must not block: it runs on the window's goroutine.
	Post func(visit.Event)
	Log  *slog.Logger
	// Now guards against a finger that bounces onto the next page; nil switches the guard off.
	Now func() time.Time

	// App and Poster stand in for Fyne's own in tests: a test app, and a queue drained by hand.
	App    fyne.App
	Poster func(func())
}

// Times of touching.
const (
	bounce    = 300 * time.Millisecond // after a page has changed, a touch is the same finger's bounce (EN 301 549 5.8)
	settle    = 120 * time.Millisecond // a control that brought no new page is drawn at rest after this
	staffHold = 3 * time.Second        // long press on the hidden corner
)

// Screen is the window. Show, Wipe, Quit and the pilot's methods may be called from any goroutine but the window's own.
type Screen struct {
	opts   Options
	app    fyne.App
	win    fyne.Window
	look   *theme.Fyne
	kit    *touch.Kit
	post   func(func())
	paints bool // a real window that paints by itself
	done   chan struct{}
	once   sync.Once

	mail struct {
		sync.Mutex
		view    visit.View
		waiting bool
	}

	// All below belongs to the window's goroutine.
	root     *fyne.Container
	ground   *touch.Ground
	corner   *touch.Ground
	beacon   *canvas.Raster
	head     *touch.Board
	frame    *touch.Board
	over     *touch.Board
	pages    map[page]*touch.Board
	palettes [2]*theme.Palette
	metrics  [2]*theme.Metrics
	size     fyne.Size

	view      visit.View
	shown     bool // a view has been applied since the last wipe
	page      page
	local     local
	overLocal local
	entered   time.Time
	hands     bool // the pilot's own touch: no guard

	pad     *touch.Pad
	code    *touch.Code
	applied uint64
	seen    uint64
	seenV   visit.View
	waiters []*waiter
	shot    *snapshot
}

// local is what the screen itself remembers of a page, between views.
type local struct {
	key      string // of the page that it belongs to
	page     int    // of content that does not fit
	pages    int
	edit     edit
	calendar *touch.Calendar
	stage    touch.Stage
	restage  bool // a part of the date is being chosen again
}

func newScreen(o Options) *Screen {
	s := &Screen{opts: o, app: o.App, post: o.Poster, done: make(chan struct{})}
	if s.opts.Log == nil {
		s.opts.Log = slog.New(slog.DiscardHandler)
	}
	if s.opts.Post == nil {
		s.opts.Post = func(visit.Event) {}
	}
	s.look = theme.NewFyne()
	s.app.Settings().SetTheme(s.look)
	s.palettes = [2]*theme.Palette{theme.Normal(), theme.Guided()}
	s.resizeMetrics(float32(max(o.Width, 0)), float32(max(o.Height, 0)))
	s.kit = &touch.Kit{
		Metrics: s.metrics[0], Palette: s.palettes[0], Ruler: theme.NewRuler(), Icons: theme.NewIcons(),
	}
	return s
}

// build makes the window's content: once.
func (s *Screen) build() {
	s.kit.Allow = s.allow
	s.ground = touch.NewGround(s.touchGround)
	s.head, s.frame, s.over = touch.NewBoard(s.kit), touch.NewBoard(s.kit), touch.NewBoard(s.kit)
	s.pad, s.code = touch.NewPad(s.kit), touch.NewCode()
	s.pages = map[page]*touch.Board{}
	s.corner = touch.NewHold(staffHold, s.after, s.touchGround, func() { s.emit(visit.OpenStaff{}) })
	s.beacon = canvas.NewRasterWithPixels(func(int, int, int, int) color.Color {
		s.onPaint()
		return color.Transparent
	})
	objects := []fyne.CanvasObject{s.ground}
	for p := range pageKinds {
		b := touch.NewBoard(s.kit)
		s.pages[page(p)] = b
		objects = append(objects, b.Object())
	}
	objects = append(objects, s.head.Object(), s.frame.Object(), s.over.Object(), s.corner, s.beacon)
	s.root = &fyne.Container{Layout: &whole{s}, Objects: objects}
}

// whole gives every board the whole window, and lays the page out again when the window changes.
type whole struct{ s *Screen }

func (whole) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(1, 1) }

func (w whole) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	s := w.s
	if size == s.size || size.Width < 2 {
		return
	}
	s.size = size
	s.resizeMetrics(size.Width, size.Height)
	s.place()
	if s.shown {
		s.apply(s.view)
	}
}

func (s *Screen) resizeMetrics(w, h float32) {
	panel := theme.Panel{Width: int(w), Height: int(h), Inches: s.opts.Inches}
	s.metrics = [2]*theme.Metrics{theme.NewMetrics(panel, false), theme.NewMetrics(panel, true)}
}

func (s *Screen) place() {
	s.ground.Resize(s.size)
	for _, b := range s.pages {
		b.Resize(s.size.Width, s.size.Height)
	}
	for _, b := range []*touch.Board{s.head, s.frame, s.over} {
		b.Resize(s.size.Width, s.size.Height)
	}
	s.corner.Resize(fyne.NewSize(s.metrics[0].MM(25), s.metrics[0].MM(20)))
	s.beacon.Resize(fyne.NewSize(1, 1))
}

// Show hands a view to the window and returns at once; the newest wins.
func (s *Screen) Show(v visit.View) {
	s.mail.Lock()
	defer s.mail.Unlock()
	s.mail.view = v
	if s.mail.waiting {
		return
	}
	s.mail.waiting = true
	s.post(s.open)
}

// open takes the newest view out of the mailbox and applies it.
func (s *Screen) open() {
	s.mail.Lock()
	v, fresh := s.mail.view, s.mail.waiting
	s.mail.view, s.mail.waiting = visit.View{}, false
	s.mail.Unlock()
	if fresh {
		s.apply(v)
	}
}

// emit hands an event to the kiosk.
func (s *Screen) emit(e visit.Event) {
	if e != nil {
		s.opts.Post(e)
	}
}

// touchGround answers a touch that met no control.
func (s *Screen) touchGround() {
	if b, ok := s.view.Body.(*visit.AttractBody); ok && s.view.Overlay == nil && s.allow() {
		s.emit(b.Begin.Event)
		return
	}
	s.emit(visit.Touch{})
}

// allow reports whether a touch counts: not while the page under the finger has only just changed.
func (s *Screen) allow() bool {
	return s.hands || s.opts.Now == nil || s.opts.Now().Sub(s.entered) >= bounce
}

// after runs f on the window's goroutine after a while, unless it is stopped before.
func (s *Screen) after(d time.Duration, f func()) (stop func()) {
	stopped := false // touched on the window's goroutine only
	t := time.AfterFunc(d, func() {
		s.post(func() {
			if !stopped {
				f()
			}
		})
	})
	return func() {
		stopped = true
		t.Stop()
	}
}
