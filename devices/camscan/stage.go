package camscan

import "zhizhu/devices/camera"

// picture is a copy of a frame's brightness, without gaps between rows.
type picture struct {
	pix           []byte
	width, height int
}

func (p *picture) wipe() {
	clear(p.pix[:cap(p.pix)])
	p.pix = p.pix[:0]
}

// copy takes a frame over, and says whether it holds one.
func (p *picture) copy(f camera.Frame) bool {
	pix, w, h, stride := f.Luma()
	p.pix, p.width, p.height = p.pix[:0], w, h
	if w <= 0 || h <= 0 || len(pix) < (h-1)*stride+w {
		return false
	}
	for y := range h {
		p.pix = append(p.pix, pix[y*stride:][:w]...)
	}
	return true
}

// stage holds the one frame that waits to be looked at. Its owner's lock guards it.
type stage struct {
	live bool // a frame has come since the source was opened
	full bool
	next picture
	came chan struct{} // a frame was put
}

func newStage() *stage { return &stage{came: make(chan struct{}, 1)} }

func (s *stage) put(f camera.Frame) {
	s.full = s.next.copy(f)
	select {
	case s.came <- struct{}{}:
	default:
	}
}

// take swaps the waiting frame with p, which must be wiped.
func (s *stage) take(p *picture) bool {
	if !s.full {
		return false
	}
	s.full = false
	s.next, *p = *p, s.next
	return true
}

func (s *stage) empty() {
	s.full = false
	s.next.wipe()
}

// close lets the memory go: a source may be away for long.
func (s *stage) close() {
	s.empty()
	s.live, s.next = false, picture{}
}
