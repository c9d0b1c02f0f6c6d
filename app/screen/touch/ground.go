package touch

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// Ground is an invisible area: it feels the touches that meet nothing else, or a long press.
type Ground struct {
	widget.BaseWidget
	tapped func()
	held   func()
	after  func(time.Duration, func()) (stop func())
	hold   time.Duration
	stop   func()
}

var (
	_ fyne.Tappable     = (*Ground)(nil)
	_ desktop.Mouseable = (*Ground)(nil)
	_ desktop.Hoverable = (*Ground)(nil)
)

// NewGround returns an area that calls tapped when it is touched.
func NewGround(tapped func()) *Ground {
	g := &Ground{tapped: tapped}
	g.ExtendBaseWidget(g)
	return g
}

// NewHold returns an area that calls held after a press of that length, and tapped after a shorter one. After runs a
// function later on Fyne's goroutine.
func NewHold(hold time.Duration, after func(time.Duration, func()) (stop func()), tapped, held func()) *Ground {
	g := &Ground{tapped: tapped, held: held, after: after, hold: hold}
	g.ExtendBaseWidget(g)
	return g
}

// CreateRenderer draws nothing.
func (g *Ground) CreateRenderer() fyne.WidgetRenderer { return groundRenderer{g} }

type groundRenderer struct{ g *Ground }

func (groundRenderer) Destroy()                     {}
func (groundRenderer) Layout(fyne.Size)             {}
func (groundRenderer) MinSize() fyne.Size           { return fyne.NewSize(1, 1) }
func (groundRenderer) Objects() []fyne.CanvasObject { return nil }
func (r groundRenderer) Refresh()                   { canvas.Refresh(r.g) }

// Tapped tells that the area was touched.
func (g *Ground) Tapped(*fyne.PointEvent) {
	if g.tapped != nil {
		g.tapped()
	}
}

// MouseDown begins a press.
func (g *Ground) MouseDown(*desktop.MouseEvent) {
	if g.held != nil {
		g.cancel()
		g.stop = g.after(g.hold, g.held)
	}
}

// MouseUp ends a press.
func (g *Ground) MouseUp(*desktop.MouseEvent) { g.cancel() }

// MouseIn is asked for by Fyne.
func (g *Ground) MouseIn(*desktop.MouseEvent) {}

// MouseMoved is asked for by Fyne.
func (g *Ground) MouseMoved(*desktop.MouseEvent) {}

// MouseOut ends a press that slid off.
func (g *Ground) MouseOut() { g.cancel() }

func (g *Ground) cancel() {
	if g.stop != nil {
		g.stop()
		g.stop = nil
	}
}
