package page

import "math"

// Point is a place in a frame, in pixels from its top left corner.
type Point struct{ X, Y float64 }

func (p Point) add(q Point) Point        { return Point{p.X + q.X, p.Y + q.Y} }
func (p Point) sub(q Point) Point        { return Point{p.X - q.X, p.Y - q.Y} }
func (p Point) times(f float64) Point    { return Point{p.X * f, p.Y * f} }
func (p Point) dot(q Point) float64      { return p.X*q.X + p.Y*q.Y }
func (p Point) cross(q Point) float64    { return p.X*q.Y - p.Y*q.X }
func (p Point) length() float64          { return math.Hypot(p.X, p.Y) }
func (p Point) distance(q Point) float64 { return p.sub(q).length() }

// Quad is a page's outline in a frame: top left, top right, bottom right, bottom left, as the page is to be read if it was
// not laid down by more than an eighth of a turn.
type Quad [4]Point

// whole is the outline of a frame.
func whole(w, h int) Quad {
	x, y := float64(w), float64(h)
	return Quad{{0, 0}, {x, 0}, {x, y}, {0, y}}
}

// Area is in pixels.
func (q Quad) Area() float64 {
	sum := 0.0
	for i := range q {
		sum += q[i].cross(q[(i+1)%4])
	}
	return math.Abs(sum) / 2
}

// Diagonal is the longer one, in pixels.
func (q Quad) Diagonal() float64 { return max(q[0].distance(q[2]), q[1].distance(q[3])) }

// side is the length of the side from corner i to the next.
func (q Quad) side(i int) float64 { return q[i].distance(q[(i+1)%4]) }

// size is the longer of opposite sides each: what the page measures, in pixels of the frame, where it is nearest.
func (q Quad) size() (w, h float64) { return max(q.side(0), q.side(2)), max(q.side(1), q.side(3)) }

func (q Quad) centre() Point { return q[0].add(q[1]).add(q[2]).add(q[3]).times(0.25) }

// convex says that it turns clockwise (as seen, y down) at every corner.
func (q Quad) convex() bool {
	for i := range q {
		a, b, c := q[i], q[(i+1)%4], q[(i+2)%4]
		if b.sub(a).cross(c.sub(b)) <= 0 {
			return false
		}
	}
	return true
}

// contains says whether a convex quad covers a place.
func (q Quad) contains(p Point) bool {
	for i := range q {
		if q[(i+1)%4].sub(q[i]).cross(p.sub(q[i])) < 0 {
			return false
		}
	}
	return true
}

// mapped is the quad under a change of coordinates.
func (q Quad) mapped(f func(Point) Point) Quad {
	for i := range q {
		q[i] = f(q[i])
	}
	return q
}

// scaled moves from the pixels of a picture made smaller by k to those of the picture itself. Pixels are squares, and
// coordinates those of corners of pixels.
func (q Quad) scaled(k float64) Quad { return q.mapped(func(p Point) Point { return p.times(k) }) }

// grown moves every side outwards by d pixels.
func (q Quad) grown(d float64) Quad {
	var sides [4]line
	for i := range q {
		sides[i] = through(q[i], q[(i+1)%4])
		sides[i].c -= d
	}
	out := q
	for i := range q {
		if p, ok := sides[(i+3)%4].meet(sides[i]); ok {
			out[i] = p
		}
	}
	return out
}

// upright turns the names of the corners so that the first is the top left one: of a page turned by less than an eighth.
func (q Quad) upright() Quad {
	best, first := math.Inf(1), 0
	for i := range q {
		top := q[(i+1)%4].sub(q[i])
		if turn := math.Abs(math.Atan2(top.Y, top.X)); turn < best {
			best, first = turn, i
		}
	}
	return Quad{q[first], q[(first+1)%4], q[(first+2)%4], q[(first+3)%4]}
}

// line is all p with n·p = c, where n has length 1 and points inwards.
type line struct {
	n Point
	c float64
}

// through is the line from a to b with what lies to its right (y down), inside a clockwise quad, as its inner side.
func through(a, b Point) line {
	d := b.sub(a)
	l := max(d.length(), 1e-9)
	n := Point{-d.Y / l, d.X / l}
	return line{n, n.dot(a)}
}

// along is the direction of the line that has the inner side on its right (y down).
func (l line) along() Point { return Point{l.n.Y, -l.n.X} }

func (l line) flipped() line { return line{l.n.times(-1), -l.c} }

func (l line) distance(p Point) float64 { return l.n.dot(p) - l.c }

// meet is where two lines cross; false if they are nearly parallel.
func (l line) meet(m line) (Point, bool) {
	det := l.n.cross(m.n)
	if math.Abs(det) < 0.1 {
		return Point{}, false
	}
	return Point{(l.c*m.n.Y - m.c*l.n.Y) / det, (m.c*l.n.X - l.c*m.n.X) / det}, true
}
