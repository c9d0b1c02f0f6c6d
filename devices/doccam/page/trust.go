package page

import (
	"math"
	"slices"
)

// What may lie outside an outline that is cropped to.
const (
	mostUneven = 0.4   // of the contrast: how far the mat along one side may differ from the mat along the others
	mostAlike  = 0.005 // of the outside: what is more like the page than like the mat, and no hand
	mostHands  = 0.12  // of the outside
	leastMat   = 0.03  // of the frame: with less of a mat to be seen, nobody can say that a page is cut
	mostInk    = 0.004 // of the outside: what looks like letters
	leastInk   = 0.2   // of the contrast between page and mat: what a letter differs from its paper
	shadowed   = 10    // pixels of the small picture beside a page where its shadow lies
)

// trust says whether an outline is all of a page on a mat: the same mat on all sides, and nothing beyond the outline that
// looks like paper or like letters.
func (l *View) trust(c candidate, view plane) bool {
	var in, out []float64
	for i := range c.quad {
		if !c.open[i] {
			in, out = append(in, c.in[i]), append(out, c.out[i])
		}
	}
	paper, mat := median(in), median(out)
	contrast := math.Abs(paper - mat)
	for i := range c.quad {
		if c.open[i] && math.Abs(c.in[i]-paper) > mostUneven*contrast {
			return false // between the lines and the frame's side lies no paper
		}
		if !c.open[i] && math.Abs(c.out[i]-mat) > mostUneven*contrast+noStep {
			return false
		}
	}
	return l.nothingBeyond(c, view, paper, contrast)
}

// nothingBeyond looks at every pixel outside.
func (l *View) nothingBeyond(c candidate, view plane, paper, contrast float64) bool {
	near, far, skin := c.quad.grown(besideFar), c.quad.grown(shadowed), l.skin()
	letter := l.letter(contrast)
	outside, alike, hands, ink := 0, 0, 0, 0
	for y := range l.small.h {
		from, to := near.across(float64(y) + 0.5)
		from2, to2 := far.across(float64(y) + 0.5)
		raw, filled, seen := l.small.row(y), l.filled.row(y), view.row(y)
		for x := range raw {
			at := float64(x) + 0.5
			if at > from && at < to {
				continue
			}
			outside++
			if (at < from2 || at > to2) && int(filled[x])-int(raw[x]) >= letter {
				ink++
			}
			switch {
			case math.Abs(float64(seen[x])-paper) > 0.5*contrast: // the mat
			case skin.at(x, y):
				hands++
			default:
				alike++
			}
		}
	}
	within := func(n int, most float64) bool { return float64(n) <= most*float64(outside) }
	return within(alike, mostAlike) && within(hands, mostHands) && within(ink, mostInk) &&
		(!c.cut || float64(outside) > leastMat*float64(l.small.w*l.small.h))
}

// letter is by how many levels of luma a pixel must be darker than what is around it to be of a letter.
func (l *View) letter(contrast float64) int {
	return max(int(leastInk*contrast), 2*noStep)
}

// across is where a row lies inside a convex quad; from > to where it doesn't.
func (q Quad) across(y float64) (from, to float64) {
	from, to = math.Inf(1), math.Inf(-1)
	for i := range q {
		a, b := q[i], q[(i+1)%4]
		if (a.Y > y) == (b.Y > y) {
			continue
		}
		x := a.X + (y-a.Y)/(b.Y-a.Y)*(b.X-a.X)
		from, to = min(from, x), max(to, x)
	}
	return from, to
}

// skin tells hands from paper, by colour. Without colour nothing is skin.
type skin struct {
	cb, cr plane
	fx, fy float64 // from pixels of the small picture to those of the colours
}

func (l *View) skin() skin {
	s := skin{cb: l.full.cb, cr: l.full.cr}
	s.fx, s.fy = float64(s.cb.w)/float64(l.small.w), float64(s.cb.h)/float64(l.small.h)
	return s
}

// at judges by the usual range of skin of any shade in Cb and Cr.
func (s skin) at(x, y int) bool {
	if s.cb.pix == nil {
		return false
	}
	cx, cy := int((float64(x)+0.5)*s.fx), int((float64(y)+0.5)*s.fy)
	cb, cr := s.cb.at(cx, cy), s.cr.at(cx, cy)
	return cb <= 122 && cr >= 136 && cr <= 175
}

// median sorts v.
func median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	slices.Sort(v)
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}
