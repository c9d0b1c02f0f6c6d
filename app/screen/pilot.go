package screen

import (
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"zhizhu/app/screen/touch"
	"zhizhu/app/visit"
)

// The pilot's methods drive the window through the widgets that a finger meets: what can't be touched can't be piloted.
// Each runs on the window's goroutine and may be called from any other.

// errPilot is the error of a pilot's method that found nothing to do, with what it looked for.
func errPilot(format string, args ...any) error { return fmt.Errorf("pilot: "+format, args...) }

// do runs f on the window's goroutine and waits for it.
func (s *Screen) do(f func() error) error {
	result := make(chan error, 1)
	s.post(func() { result <- f() })
	select {
	case err := <-result:
		return err
	case <-s.done:
		return errClosed
	}
}

// boards returns what can be seen, topmost last: the header, and the overlay or else frame and page.
func (s *Screen) boards() []*touch.Board {
	if s.view.Overlay != nil {
		return []*touch.Board{s.head, s.over}
	}
	all := []*touch.Board{s.head}
	if s.frame.Shown() {
		all = append(all, s.frame)
	}
	if b := s.pages[s.page]; b != nil && b.Shown() {
		all = append(all, b)
	}
	return all
}

// Texts returns all that can be read now, whole sentences, header first. Under an overlay the page says nothing.
func (s *Screen) Texts() []string {
	var texts []string
	_ = s.do(func() error { // the only error is a closed window, which says nothing
		for _, b := range s.boards() {
			for _, said := range b.Said() {
				texts = append(texts, said.Text)
			}
		}
		return nil
	})
	return texts
}

// Step returns the page that is shown.
func (s *Screen) Step() visit.Step {
	step := visit.Attract
	_ = s.do(func() error {
		step = s.view.Step
		return nil
	})
	return step
}

// Tap touches the topmost enabled control that bears the label, exactly or else as a part of its words.
func (s *Screen) Tap(label string) error {
	return s.do(func() error {
		return s.tapWhere(label, func(t *touch.Tile, exact bool) bool { return bears(t.Spec(), label, exact) })
	})
}

// TapID touches the control with an action's ID.
func (s *Screen) TapID(id string) error {
	return s.do(func() error {
		return s.tapWhere(id, func(t *touch.Tile, exact bool) bool { return exact && t.Spec().ID == id })
	})
}

func bears(spec touch.Spec, label string, exact bool) bool {
	if exact {
		return spec.Label == label || spec.ID == label
	}
	return strings.Contains(spec.Label, label) || strings.Contains(spec.Sub, label)
}

// tapWhere touches the first match; where there is none, it turns the screen's own pages, as a resident would.
func (s *Screen) tapWhere(label string, match func(*touch.Tile, bool) bool) error {
	found := false
	for range max(s.pagesNow(), 1) {
		t, off := s.find(match)
		if t != nil {
			return s.touch(t)
		}
		found = found || off
		s.turnPage()
	}
	if found {
		return errPilot("%q can't be used now", label)
	}
	return errPilot("nothing to touch says %q", label)
}

// find returns the topmost enabled control that matches, and whether a disabled one did.
func (s *Screen) find(match func(*touch.Tile, bool) bool) (hit *touch.Tile, off bool) {
	boards := s.boards()
	for _, exact := range []bool{true, false} {
		for _, b := range slices.Backward(boards) {
			for _, t := range b.Tiles() {
				if !match(t, exact) {
					continue
				}
				if !t.Spec().Off {
					return t, false
				}
				off = true
			}
		}
	}
	return nil, off
}

func (s *Screen) pagesNow() int {
	if s.view.Overlay != nil {
		return s.overLocal.pages
	}
	return s.local.pages
}

func (s *Screen) turnPage() {
	l := &s.local
	if s.view.Overlay != nil {
		l = &s.overLocal
	}
	if l.pages > 1 {
		l.page = (l.page + 1) % l.pages
		s.again()
	}
}

// touch presses and lifts a finger in the middle of a control, if that is what really lies there.
func (s *Screen) touch(t *touch.Tile) error {
	r := t.Rect()
	at := fyne.NewPos(r.X+r.W/2, r.Y+r.H/2)
	if top := s.topAt(at); top != fyne.CanvasObject(t) {
		return errPilot("%q is covered by something else", t.Spec().Label)
	}
	s.hands = true
	defer func() { s.hands = false }()
	ev := &desktop.MouseEvent{Button: desktop.MouseButtonPrimary}
	ev.AbsolutePosition, ev.Position = at, fyne.NewPos(r.W/2, r.H/2)
	t.MouseDown(ev)
	t.MouseUp(ev)
	t.Tapped(&ev.PointEvent)
	return nil
}

// topAt returns what a finger meets at a place, found as Fyne's driver finds it.
func (s *Screen) topAt(at fyne.Position) fyne.CanvasObject {
	var found fyne.CanvasObject
	var walk func(o fyne.CanvasObject, origin fyne.Position)
	walk = func(o fyne.CanvasObject, origin fyne.Position) {
		pos, size := origin.Add(o.Position()), o.Size()
		if !o.Visible() || at.X < pos.X || at.Y < pos.Y || at.X >= pos.X+size.Width || at.Y >= pos.Y+size.Height {
			return
		}
		switch felt := o.(type) {
		case *fyne.Container:
			for _, child := range felt.Objects {
				walk(child, pos)
			}
		case fyne.Tappable, desktop.Mouseable:
			found = o
		}
	}
	walk(s.root, fyne.Position{})
	return found
}

// Shot writes a PNG of the window as it is painted, with all changes so far.
func (s *Screen) Shot(path string) (err error) {
	taken := make(chan image.Image, 1)
	s.post(func() {
		if !s.paints {
			taken <- s.win.Canvas().Capture()
			return
		}
		size := s.win.Canvas().Size()
		s.shot = &snapshot{int(size.Width), int(size.Height), func(img image.Image) { taken <- img }}
		s.beacon.Refresh()
	})
	var img image.Image
	select {
	case img = <-taken:
	case <-s.done:
		return fmt.Errorf("take picture: %w", errClosed)
	}
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("take picture: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := png.Encode(f, img); err != nil {
		return fmt.Errorf("take picture: %w", err)
	}
	return nil
}
