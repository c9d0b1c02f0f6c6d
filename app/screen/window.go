package screen

import (
	"os"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"
	"fyne.io/fyne/v2/driver/desktop"
)

// AppID is the program's name towards the desktop and Fyne's settings.
const AppID = "cn.zhizhu.kiosk"

// New builds the window. It must be called on the program's first goroutine, on which Run is called later.
//
// Fyne reads FYNE_CACHE before main begins, so it can't be set here: whoever starts the program sets it to 10s. Without
// it Fyne keeps what is no longer drawn for a minute.
func New(o Options) *Screen {
	prepareEnvironment()
	real := o.App == nil
	if real {
		o.App = app.NewWithID(AppID)
		if o.Poster == nil {
			o.Poster = fyne.Do
		}
	}
	s := newScreen(o)
	s.kit.Shaders, s.paints = real, real
	if real {
		s.kit.Later = func(f func()) { s.after(settle, f) }
	}
	s.build()
	s.openWindow()
	return s
}

// prepareEnvironment sets what Fyne reads while it opens a window: lengths are counted in pixels of the panel here, so
// Fyne must not scale by what it believes of the display.
func prepareEnvironment() {
	for name, value := range map[string]string{"FYNE_SCALE": "1", "FYNE_DISABLE_DPI_DETECTION": "1"} {
		_ = os.Setenv(name, value) // fails for invalid names only
	}
	if l := os.Getenv("LANG"); l == "" || l == "C" || l == "POSIX" {
		_ = os.Setenv("LANG", "zh_CN.UTF-8") // Fyne complains of a language that it can't parse
	}
}

func (s *Screen) openWindow() {
	if d, ok := s.app.Driver().(desktop.Driver); ok && s.paints {
		s.win = d.CreateSplashWindow() // without a frame
		s.win.SetTitle(s.opts.Title)
	} else {
		s.win = s.app.NewWindow(s.opts.Title)
	}
	s.win.SetPadded(false)
	s.win.SetMaster()
	s.win.SetCloseIntercept(func() {}) // nobody closes a kiosk by the window
	s.win.SetContent(s.root)
	if s.opts.Width > 0 && s.opts.Height > 0 {
		s.win.Resize(fyne.NewSize(float32(s.opts.Width), float32(s.opts.Height)))
	}
	if s.opts.Fullscreen || s.opts.Width <= 0 || s.opts.Height <= 0 {
		s.win.SetFullScreen(true)
	}
	s.app.Driver().SetDisableScreenBlanking(true)
}

// Run shows the window and returns when Quit was called. It must run on the program's first goroutine.
func (s *Screen) Run() {
	defer s.finish()
	s.win.ShowAndRun()
}

// Quit closes the window; Run returns.
func (s *Screen) Quit() {
	s.post(func() {
		s.app.Quit()
		if !s.paints {
			s.finish()
		}
	})
}

func (s *Screen) finish() { s.once.Do(func() { close(s.done) }) }
