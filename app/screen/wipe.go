package screen

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"zhizhu/app/visit"
)

// errClosed says that the window is gone.
var errClosed = errors.New("the window is closed")

// Wipe empties every text, value and picture of every page, and returns once the emptied window has been painted.
//
// Fyne's own caches of measured and drawn texts can't be emptied from outside (setting the theme again would do it, and
// lose 17 MB of parsed fonts each time): Fyne drops what has not been drawn for FYNE_CACHE, drawn texts with the first
// frame after that, for which a frame is asked here.
func (s *Screen) Wipe(ctx context.Context) error {
	painted := make(chan struct{})
	s.post(func() {
		s.wipe()
		s.onceSeen(func() { close(painted) })
	})
	select {
	case <-painted:
		return nil
	case <-s.done:
		return fmt.Errorf("wipe screen: %w", errClosed)
	case <-ctx.Done():
		return fmt.Errorf("wipe screen: %w", ctx.Err())
	}
}

// cacheLife returns how long Fyne keeps a text that is no longer drawn, and a bit.
func cacheLife() time.Duration {
	life, err := time.ParseDuration(os.Getenv("FYNE_CACHE"))
	if err != nil {
		life = time.Minute
	}
	return life + life/2 + 2*time.Second
}

func (s *Screen) wipe() {
	now := s.view
	s.mail.Lock()
	if s.mail.waiting {
		now = s.mail.view
	}
	s.mail.view, s.mail.waiting = visit.View{}, false
	s.mail.Unlock()
	for _, b := range s.pages {
		b.Wipe()
	}
	s.frame.Wipe()
	s.over.Wipe()
	s.pad.Clear()
	s.code.Wipe()
	s.view, s.seenV, s.shown = visit.View{}, visit.View{}, false
	s.local, s.overLocal = local{}, local{}
	s.kit.Forget()
	// The farewell that stands while the machine is wiped holds nothing of anybody's, and may stand on.
	if bare(now) {
		s.apply(now)
	} else {
		s.touched()
	}
	if s.paints {
		s.after(cacheLife(), s.beacon.Refresh)
	}
}

// bare reports whether a view can't hold anything that a resident gave.
func bare(v visit.View) bool {
	switch v.Body.(type) {
	case *visit.AttractBody, *visit.WipedBody, *visit.OutBody, *visit.StaffBody:
		return v.Overlay == nil
	default:
		return false
	}
}
