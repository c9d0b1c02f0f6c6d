package page

import (
	"math"
	"slices"
)

// edge is a pixel where brightness steps: its place (its centre), the direction towards the brighter side, and the height
// of the step in levels.
type edge struct {
	at   Point
	n    Point
	step float64
}

// slopes are the gradients of a plane.
type slopes struct {
	w, h   int
	gx, gy []int16 // levels across a step, towards the brighter side
	least  float64 // the step below which nothing is an edge
	edges  []edge
}

// noStep is the height of a step, in levels, below which it is noise whatever the picture.
const noStep = 8

// slope finds the edges of a plane that has no letters any more (closing).
func slope(p plane) slopes {
	s := slopes{w: p.w, h: p.h, gx: make([]int16, p.w*p.h), gy: make([]int16, p.w*p.h)}
	var hist [512]int
	for y := 1; y < p.h-1; y++ {
		a, b, c := p.row(y-1), p.row(y), p.row(y+1)
		for x := 1; x < p.w-1; x++ {
			// Sobel, divided so that a hard step yields its height.
			dx := int(a[x+1]) + 2*int(b[x+1]) + int(c[x+1]) - int(a[x-1]) - 2*int(b[x-1]) - int(c[x-1])
			dy := int(c[x-1]) + 2*int(c[x]) + int(c[x+1]) - int(a[x-1]) - 2*int(a[x]) - int(a[x+1])
			s.gx[y*p.w+x], s.gy[y*p.w+x] = int16(dx/4), int16(dy/4)
			hist[min((abs(dx)+abs(dy))/4, len(hist)-1)]++
		}
	}
	// A page that is faint against its mat is found by its own measure, one in full contrast isn't drowned by grain.
	s.least = max(noStep, 0.12*float64(quantile(hist[:], 0.99)))
	s.collect(p)
	return s
}

// collect keeps what is an edge and no thin line, of which both sides are as bright: a line on a cutting mat.
func (s *slopes) collect(p plane) {
	least := int(s.least * s.least)
	for y := 1; y < s.h-1; y++ {
		for x := 1; x < s.w-1; x++ {
			gx, gy := int(s.gx[y*s.w+x]), int(s.gy[y*s.w+x])
			if m := gx*gx + gy*gy; m >= least {
				step := math.Sqrt(float64(m))
				e := edge{Point{float64(x) + 0.5, float64(y) + 0.5}, Point{float64(gx) / step, float64(gy) / step}, step}
				if in, out := sides(p, e.at, e.n); in-out >= s.least {
					s.edges = append(s.edges, e)
				}
			}
		}
	}
}

// steps says whether there is an edge towards n at a place or a pixel before or behind it.
func (s *slopes) steps(at, n Point) bool {
	for _, d := range [...]float64{0, -1, 1} {
		x, y := int(at.X+d*n.X), int(at.Y+d*n.Y)
		if x < 0 || y < 0 || x >= s.w || y >= s.h {
			continue
		}
		g := Point{float64(s.gx[y*s.w+x]), float64(s.gy[y*s.w+x])}
		if up := g.dot(n); up >= s.least && up >= 0.85*g.length() {
			return true
		}
	}
	return false
}

// quantile is the smallest i below which (and at which) lies the part q of a histogram.
func quantile(hist []int, q float64) int {
	total := 0
	for _, n := range hist {
		total += n
	}
	need := int(math.Ceil(q * float64(total)))
	for i, n := range hist {
		if need -= n; need <= 0 {
			return i
		}
	}
	return len(hist) - 1
}

// level is a quantile of a plane's values.
func (p plane) level(q float64) float64 {
	var hist [256]int
	for y := range p.h {
		for _, v := range p.row(y) {
			hist[v]++
		}
	}
	return float64(quantile(hist[:], q))
}

func abs(v int) int { return max(v, -v) }

// The vote's grid: directions of the normal all around, so that the two edges of a stroke are two lines.
const (
	turns    = 180 // of 2 degrees
	cell     = 1.5 // pixels of distance
	mostLine = 32
	voteCap  = 60 // levels: an edge ten times as strong is not ten times as sure
)

// vote finds the straight lines that most edges lie on, best first (Hough).
func vote(s slopes) []line {
	mid := Point{float64(s.w) / 2, float64(s.h) / 2}
	reach := int(mid.length()/cell) + 3
	width := 2*reach + 1
	acc := make([]float32, turns*width)
	normals := make([]Point, turns)
	for i := range normals {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / turns)
		normals[i] = Point{cos, sin}
	}
	for _, e := range s.edges {
		turn := int(math.Round(math.Atan2(e.n.Y, e.n.X)/(2*math.Pi)*turns)) + turns
		from, weight := e.at.sub(mid), float32(min(e.step, voteCap))
		for d := -2; d <= 2; d++ {
			t := (turn + d) % turns
			r := int(math.Round(from.dot(normals[t])/cell)) + reach
			acc[t*width+r] += weight
		}
	}
	return peaks(acc, width, reach, normals, mid)
}

// peaks takes the best cell and clears what lies around it, again and again.
func peaks(acc []float32, width, reach int, normals []Point, mid Point) []line {
	tops := make([]float32, turns) // the best of each direction
	top := func(t int) { tops[t] = slices.Max(acc[t*width : (t+1)*width]) }
	for t := range tops {
		top(t)
	}
	var out []line
	for len(out) < mostLine {
		t := argmax(tops)
		if tops[t] < 4*voteCap/2 {
			break
		}
		r := argmax(acc[t*width : (t+1)*width])
		out = append(out, line{normals[t], float64(r-reach)*cell + normals[t].dot(mid)})
		for d := -3; d <= 3; d++ {
			u := (t + d + turns) % turns
			clear(acc[u*width+max(r-3, 0) : u*width+min(r+4, width)])
			top(u)
		}
	}
	return out
}

// settle moves every line onto its edges. Lines that thereby become the same are one.
func settle(lines []line, edges []edge) []line {
	var out []line
	for _, l := range lines {
		l = fit(l, edges)
		same := func(m line) bool {
			p := m.n.times(m.c)
			return l.n.dot(m.n) > 0.9995 && math.Abs(l.distance(p)) < 1.5
		}
		if !slices.ContainsFunc(out, same) {
			out = append(out, l)
		}
	}
	return out
}

func argmax(v []float32) int {
	best := 0
	for i, x := range v {
		if x > v[best] {
			best = i
		}
	}
	return best
}

// fit moves a line onto the edges that lie near it and look its way (least squares, twice).
func fit(l line, edges []edge) line {
	for _, near := range [...]float64{4, 2} {
		var sum Point
		var sumXX, sumXY, sumYY, weight float64
		mid := l.n.times(l.c)
		for _, e := range edges {
			if e.n.dot(l.n) < 0.95 || math.Abs(l.distance(e.at)) > near {
				continue
			}
			w, p := min(e.step, voteCap), e.at.sub(mid)
			weight += w
			sum = sum.add(p.times(w))
			sumXX, sumXY, sumYY = sumXX+w*p.X*p.X, sumXY+w*p.X*p.Y, sumYY+w*p.Y*p.Y
		}
		if weight < 8*noStep {
			return l
		}
		c := sum.times(1 / weight)
		turn := 0.5 * math.Atan2(2*(sumXY/weight-c.X*c.Y), sumXX/weight-c.X*c.X-(sumYY/weight-c.Y*c.Y))
		sin, cos := math.Sincos(turn)
		n := Point{-sin, cos}
		if n.dot(l.n) < 0 {
			n = n.times(-1)
		}
		if n.dot(l.n) < 0.99 { // turned by more than 8 degrees: other edges have won
			return l
		}
		l = line{n, n.dot(c.add(mid))}
	}
	return l
}
