package page

import "math"

// refine moves an outline from the small picture to the frame itself, where its sides are looked for again. It is sure
// where they are found there too.
func (l *View) refine(c candidate) Outline {
	k := float64(l.k)
	out := Outline{Corners: c.quad.scaled(k).upright(), Sure: true}
	dark, skinny := l.darker(c.quad), l.skinny(c.quad)
	odd := 0.0
	for range 2 { // the second time from better corners
		var sides [4]line
		var widths []float64
		odd = 0
		out.Confidence = c.share
		for i := range out.Corners {
			t := l.retrace(out.Corners[i], out.Corners[(i+1)%4], 2*k+3, dark, !skinny)
			sides[i] = t.line
			out.Confidence = min(out.Confidence, t.share)
			odd = max(odd, t.odd)
			if t.sigma > 0 {
				widths = append(widths, t.sigma)
			}
		}
		for i := range out.Corners {
			if p, ok := sides[(i+3)%4].meet(sides[i]); ok && p.distance(out.Corners[i]) <= 4*k+4 {
				out.Corners[i] = p
			}
		}
		out.Sigma = median(widths)
	}
	if out.Confidence < leastRetraced || odd > mostOdd || out.Sigma > softest {
		return Outline{Corners: whole(l.full.y.w, l.full.y.h)}
	}
	return out
}

// mostOdd is the share of a side that may lie elsewhere for no reason that is seen. Two sheets that overlap make an outline
// that is straight from afar; what is round has no straight sides.
const mostOdd = 0.12

// softest is the blur, in pixels, of what may be a light's or a shadow's edge. A page that is as blurred can't be read.
const softest = 2.5

// darker says whether a page is darker than what is around it, whatever it was found by.
func (l *View) darker(q Quad) bool {
	var in, out []float64
	for i := range q {
		side := through(q[i], q[(i+1)%4])
		for f := 0.1; f < 1; f += 0.1 {
			a, b := sides(l.closed, q[i].times(1-f).add(q[(i+1)%4].times(f)), side.n)
			in, out = append(in, a), append(out, b)
		}
	}
	return median(in) < median(out)
}

// leastRetraced is the share of each side that must lie on one straight line in the frame.
const leastRetraced = 0.6

// probes is how many places of a side are looked at.
const probes = 60

// traced is a side as it was found in the frame.
type traced struct {
	line
	share float64 // of the side that lies on it
	odd   float64 // of the side that neither lies on it nor is hidden by a hand
	sigma float64 // of its blur in pixels, 0 where it can't be told
}

// retrace finds the side from a to b again in the frame's luma, within reach of where it is thought to be. Where it can't
// be found, the side stays, with a share of 0.
func (l *View) retrace(a, b Point, reach float64, dark, hands bool) traced {
	side := through(a, b)
	var at, blind []Point // where an edge is seen, and where none is
	var widths []float64
	for i := range probes {
		f := 0.05 + 0.9*(float64(i)+0.5)/probes
		p := a.times(1 - f).add(b.times(f))
		profile := l.profile(p, side, int(reach), dark)
		place, sigma, ok := steepest(profile)
		if !ok {
			blind = append(blind, p)
			continue
		}
		at = append(at, p.add(side.n.times(place-float64(len(profile))/2)))
		widths = append(widths, sigma)
	}
	if len(at) < probes/3 {
		return traced{line: side, odd: 1}
	}
	t := traced{line: straight(side, at), sigma: median(widths)}
	off := blind
	for _, p := range at {
		if math.Abs(t.distance(p)) < 1+float64(l.k)/2 {
			t.share += 1.0 / probes
		} else {
			off = append(off, p)
		}
	}
	for _, p := range off {
		if !hands || !l.hand(p, side.n) {
			t.odd += 1.0 / probes
		}
	}
	return t
}

// skinny says that what is around a page has the colour of skin anyway: wood has.
func (l *View) skinny(q Quad) bool {
	skin, n, all := l.skin(), 0, 0
	for i := range q {
		side := through(q[i], q[(i+1)%4])
		for f := 0.05; f < 1; f += 0.05 {
			p := q[i].times(1 - f).add(q[(i+1)%4].times(f)).add(side.n.times(-shadowed))
			if all++; skin.at(int(p.X), int(p.Y)) {
				n++
			}
		}
	}
	return 3*n > all
}

// hand says whether there is skin on a side, or a little outside of it.
func (l *View) hand(p, n Point) bool {
	skin := l.skin()
	for _, d := range [...]float64{0, -besideNear, -2 * besideNear} {
		q := p.times(1 / float64(l.k)).add(n.times(d))
		if skin.at(int(q.X), int(q.Y)) {
			return true
		}
	}
	return false
}

// profile is the brightness across a side, from outside to inside, each the mean of three pixels along it. Of a dark page
// it is turned over, so that it always rises.
func (l *View) profile(p Point, side line, reach int, dark bool) []float64 {
	d := side.along()
	out := make([]float64, 2*reach+1)
	for i := range out {
		q := p.add(side.n.times(float64(i - reach)))
		sum := 0.0
		for j := -1; j <= 1; j++ {
			r := q.add(d.times(1.5 * float64(j)))
			sum += l.full.y.bilinear(r.X-0.5, r.Y-0.5)
		}
		if out[i] = sum / 3; dark {
			out[i] = -out[i]
		}
	}
	return out
}

// steepest is where a profile rises most, in its pixels, and the sigma of the blur that makes a hard step rise so.
func steepest(p []float64) (place, sigma float64, ok bool) {
	lo, hi, best := p[0], p[0], 0
	for i, v := range p {
		lo, hi = min(lo, v), max(hi, v)
		if i > 0 && p[i]-p[i-1] > p[best+1]-p[best] {
			best = i - 1
		}
	}
	rise := p[best+1] - p[best]
	if hi-lo < 2*noStep || rise < 2 {
		return 0, 0, false
	}
	// Where between the two levels is half way, counted from the steepest place: steadier than the place itself.
	half := (lo + hi) / 2
	i := best
	for i > 0 && p[i] > half {
		i--
	}
	for i < len(p)-2 && p[i+1] < half {
		i++
	}
	f := 0.5
	if d := p[i+1] - p[i]; d > 0 {
		f = min(max((half-p[i])/d, 0), 1)
	}
	return float64(i) + f + 0.5, (hi - lo) / (rise * math.Sqrt(2*math.Pi)), true
}

// straight lays a line through places of which some are wrong: those that lie off by much more than the others count no
// more. The line keeps its side.
func straight(side line, at []Point) line {
	weight := make([]float64, len(at))
	for i := range weight {
		weight[i] = 1
	}
	for range 6 {
		next, ok := weighted(at, weight)
		if !ok {
			return side
		}
		if next.n.dot(side.n) < 0 {
			next = next.flipped()
		}
		if next.n.dot(side.n) < 0.99 {
			return side
		}
		side = next
		off := make([]float64, len(at))
		for i, p := range at {
			off[i] = math.Abs(side.distance(p))
		}
		scale := max(3*median(append([]float64(nil), off...)), 0.5)
		for i, d := range off { // Tukey's weights
			u := min(d/scale, 1)
			weight[i] = (1 - u*u) * (1 - u*u)
		}
	}
	return side
}

// weighted is the line with the least sum of weighted squares of distances.
func weighted(at []Point, weight []float64) (line, bool) {
	sum, total := Point{}, 0.0
	for i, p := range at {
		sum, total = sum.add(p.times(weight[i])), total+weight[i]
	}
	if total < 3 {
		return line{}, false
	}
	c := sum.times(1 / total)
	var xx, xy, yy float64
	for i, p := range at {
		d := p.sub(c)
		xx, xy, yy = xx+weight[i]*d.X*d.X, xy+weight[i]*d.X*d.Y, yy+weight[i]*d.Y*d.Y
	}
	sin, cos := math.Sincos(0.5 * math.Atan2(2*xy, xx-yy))
	n := Point{-sin, cos}
	return line{n, n.dot(c)}, true
}
