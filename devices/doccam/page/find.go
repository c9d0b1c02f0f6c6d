package page

import (
	"cmp"
	"image"
	"math"
	"slices"
)

// Outline is what Find says of a frame.
type Outline struct {
	// Corners of the page in the frame's pixels. Where Sure is false they are the frame's own.
	Corners Quad
	// Sure says that the page may be cropped to its corners: nothing of it lies outside.
	Sure bool
	// Confidence is 0 to 1: the share of the outline that is seen as an edge. 0 where no page was found.
	Confidence float64
	// Cut says that a page was seen that goes on beyond the frame.
	Cut bool
	// Sigma is how blurred the page's edges are (the sigma of a Gaussian, in pixels), 0 where it can't be told.
	Sigma float64
}

// Find looks for one sheet, card or open booklet on a mat. What it can't be sure of, it leaves whole: a second document
// beside it, a mat that looks like paper, an outline of which a side can't be seen.
func Find(frame image.Image) Outline { return Look(frame).Outline() }

// tooSmall is the side, in pixels of the small picture, below which nothing is looked for.
const tooSmall = 40

// Outline looks for the page, as Find does.
func (l *View) Outline() Outline {
	out := Outline{Corners: whole(l.full.y.w, l.full.y.h)}
	if l.small.w < tooSmall || l.small.h < tooSmall {
		return out
	}
	for _, p := range l.views() {
		found := l.search(p)
		if found.Sure && found.Confidence > out.Confidence {
			out = found
		}
		out.Cut = !out.Sure && (out.Cut || found.Cut)
		if out.Confidence >= plain {
			break
		}
	}
	return out
}

// plain is the confidence from which no other view can tell better.
const plain = 0.97

// views are the pictures in which a page may stand out from its mat: by brightness, else by colour.
func (l *View) views() []plane {
	all := []plane{l.closed}
	if !l.full.colour() {
		return all
	}
	for _, p := range []plane{l.full.cb, l.full.cr} {
		c := shrink(p, l.small.w, l.small.h)
		if c.level(0.98)-c.level(0.02) >= 2*noStep {
			all = append(all, c)
		}
	}
	return all
}

// search looks for a page in one view.
func (l *View) search(view plane) Outline {
	s := slope(view)
	lines := settle(vote(s), s.edges)
	out := Outline{Corners: whole(l.full.y.w, l.full.y.h)}
	var all []candidate
	for _, dark := range [...]bool{false, true} {
		all = append(all, candidates(lines, view, &s, dark)...)
	}
	slices.SortStableFunc(all, func(a, b candidate) int { return cmp.Compare(b.score, a.score) })
	for _, c := range all[:min(len(all), mostTried)] {
		if !l.trust(c, view) {
			continue
		}
		if c.cut {
			out.Cut = true
			continue
		}
		if found := l.refine(c); found.Confidence > out.Confidence {
			out = found
		}
		if out.Confidence >= plain {
			break
		}
	}
	return out
}

// mostTried is how many of the best outlines are examined.
const mostTried = 12

// candidate is an outline made of four lines, in pixels of the small picture.
type candidate struct {
	quad    Quad
	share   float64 // of the outline that is seen
	score   float64
	dark    bool // the page is darker than the mat
	cut     bool // it goes on beyond the frame
	in, out [4]float64
	open    [4]bool // this side is the frame's
}

// side is a ruler of a candidate; open is a side of the frame.
type side struct {
	*ruler
	open bool
}

// candidates makes outlines of all lines and the frame's own sides.
func candidates(lines []line, view plane, s *slopes, dark bool) []candidate {
	var all []side
	for _, l := range lines {
		if dark {
			l = l.flipped()
		}
		if r := measure(l, view, s, dark); r.length > 0 {
			all = append(all, side{&r, false})
		}
	}
	for i, q := 0, whole(view.w, view.h); i < 4; i++ {
		r := measure(through(q[i], q[(i+1)%4]), view, s, dark)
		all = append(all, side{&r, true})
	}
	type pair struct{ a, b side }
	var pairs []pair
	for i, a := range all {
		for _, b := range all[i+1:] {
			if a.n.dot(b.n) < -0.85 && (!a.open || !b.open) {
				pairs = append(pairs, pair{a, b})
			}
		}
	}
	var out []candidate
	for i, p := range pairs {
		for _, q := range pairs[i+1:] {
			if math.Abs(p.a.n.dot(q.a.n)) > 0.5 {
				continue
			}
			if c, ok := assemble([4]side{p.a, q.a, p.b, q.b}, view, dark); ok {
				out = append(out, c)
			}
		}
	}
	return out
}

// What an outline must be.
const (
	leastArea    = 0.02 // of the frame
	leastSide    = 24   // pixels of the small picture
	leastSeen    = 0.5  // of each side: fingers hold a page there
	leastSeenAll = 0.75 // of the outline
	beyond       = 0.25 // of the frame: how far outside a corner may lie
)

// assemble makes an outline of four sides, of which the first and third, and the second and fourth, face each other.
func assemble(s [4]side, view plane, dark bool) (candidate, bool) {
	if s[0].n.cross(s[1].n) < 0 { // clockwise: the inner side turns right
		s[1], s[3] = s[3], s[1]
	}
	c := candidate{dark: dark}
	for i := range s {
		p, ok := s[(i+3)%4].meet(s[i].line)
		if !ok {
			return c, false
		}
		c.quad[i], c.open[i] = p, s[i].open
	}
	if !c.quad.convex() || !c.fits(view.w, view.h) {
		return c, false
	}
	for _, r := range s {
		if r.distance(c.quad.centre()) < 0 { // it looks outwards
			return c, false
		}
	}
	return c, c.see(s)
}

// fits says whether the size can be a page's, and notes whether it is cut.
func (c *candidate) fits(w, h int) bool {
	for i, p := range c.quad {
		outside := max(-p.X/float64(w), p.X/float64(w)-1, -p.Y/float64(h), p.Y/float64(h)-1)
		if outside > beyond || c.quad.side(i) < leastSide {
			return false
		}
		c.cut = c.cut || outside > 0.005 || c.open[i]
	}
	return c.quad.Area() >= leastArea*float64(w*h)
}

// see takes what the rulers say along the four sides: how much of them is edge, and that they end at the corners.
func (c *candidate) see(s [4]side) bool {
	seen, total := 0.0, 0.0
	for i, r := range s {
		from, to := r.place(c.quad[i]), r.place(c.quad[(i+1)%4])
		slack := max((to-from)/20, 3) // corners are round, bent and worn
		if r.open {
			c.in[i], _ = r.levels(from+slack, to-slack)
			continue
		}
		share, n := r.part(from+slack, to-slack)
		if share < leastSeen || n == 0 || r.goesOn(from, to) {
			return false
		}
		seen, total = seen+share*float64(n), total+float64(n)
		c.in[i], c.out[i] = r.levels(from+slack, to-slack)
	}
	c.share = seen / max(total, 1)
	// Of two outlines that are seen as well, the larger loses nothing.
	c.score = c.share + 0.5*math.Pow(c.quad.Area(), 0.25)/20
	return c.share >= leastSeenAll
}

// goesOn says that the edge doesn't end at one of the corners: a fold, a shadow or a line that crosses the page.
func (r *ruler) goesOn(from, to int) bool {
	const gap, look = 5, 20
	before, n := r.part(from-look, from-gap)
	after, m := r.part(to+gap, to+look)
	return n >= look/3 && before > 0.7 || m >= look/3 && after > 0.7
}
