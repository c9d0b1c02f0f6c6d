package page

// ruler is a line with what the picture says along it: for every pixel of its way through the frame, whether brightness
// steps up there towards the inner side.
type ruler struct {
	line
	from   Point // where it enters the frame; steps go along()
	length int
	good   []int // good[i] is how many of the first i steps are edges
	in     []float32
	out    []float32 // brightness some pixels inwards and outwards
}

// beside are the distances, in pixels, at which the two sides of an edge are looked at: past the blur of a soft edge, past a
// ruled line or the rounding of a closing, near enough for the light to be the same.
const (
	besideNear = 3
	besideFar  = 5
)

// measure lays a ruler on the picture. dark says that the inner side is the darker one.
func measure(l line, p plane, s *slopes, dark bool) ruler {
	r := ruler{line: l}
	a, b, ok := clip(l, float64(p.w), float64(p.h))
	if !ok {
		return r
	}
	r.from, r.length = a, int(a.distance(b))
	d, up := l.along(), l.n
	if dark {
		up = up.times(-1)
	}
	r.good = make([]int, r.length+1)
	r.in, r.out = make([]float32, r.length), make([]float32, r.length)
	for i := range r.length {
		at := a.add(d.times(float64(i) + 0.5))
		in, out := sides(p, at, l.n)
		r.in[i], r.out[i] = float32(in), float32(out)
		step := in - out
		if dark {
			step = -step
		}
		r.good[i+1] = r.good[i]
		if step >= s.least && s.steps(at, up) {
			r.good[i+1]++
		}
	}
	return r
}

func sides(p plane, at, n Point) (in, out float64) {
	value := func(d float64) float64 { return float64(p.at(int(at.X+d*n.X), int(at.Y+d*n.Y))) }
	return (value(besideNear) + value(besideFar)) / 2, (value(-besideNear) + value(-besideFar)) / 2
}

// clip is the part of a line that lies in a frame, in the direction of along.
func clip(l line, w, h float64) (a, b Point, ok bool) {
	d, p := l.along(), l.n.times(l.c)
	lo, hi := -1e9, 1e9
	for _, ax := range [...]struct{ d, p, size float64 }{{d.X, p.X, w}, {d.Y, p.Y, h}} {
		if ax.d > -1e-9 && ax.d < 1e-9 {
			if ax.p < 0 || ax.p > ax.size {
				return a, b, false
			}
			continue
		}
		t0, t1 := -ax.p/ax.d, (ax.size-ax.p)/ax.d
		lo, hi = max(lo, min(t0, t1)), min(hi, max(t0, t1))
	}
	if hi-lo < 1 {
		return a, b, false
	}
	return p.add(d.times(lo)), p.add(d.times(hi)), true
}

// place is how far along the ruler a point lies.
func (r *ruler) place(p Point) int { return int(p.sub(r.from).dot(r.along())) }

// part is the share of the steps between two places that are edges, and how many steps there are.
func (r *ruler) part(from, to int) (share float64, n int) {
	from, to = min(max(from, 0), r.length), min(max(to, 0), r.length)
	if to <= from {
		return 0, 0
	}
	return float64(r.good[to]-r.good[from]) / float64(to-from), to - from
}

// levels is the mean brightness along the inner and the outer side between two places.
func (r *ruler) levels(from, to int) (in, out float64) {
	from, to = min(max(from, 0), r.length), min(max(to, 0), r.length)
	for i := from; i < to; i++ {
		in, out = in+float64(r.in[i]), out+float64(r.out[i])
	}
	n := float64(max(to-from, 1))
	return in / n, out / n
}
