package page

import (
	"cmp"
	"math"
	"slices"
)

// sharpness is what the edges of letters tell.
type sharpness struct {
	share float64 // of the page's tiles in which there are letters
	sigma float64 // of their blur, pixels
}

// tile is the side of the squares that are looked at one by one, in pixels of the half frame: noise is a quarter there, and
// what blurs letters is still seen.
const tile = 16

// texture are the energies of one tile: the mean squares of the first and of the second difference.
type texture struct{ first, second float64 }

// blur is the sigma of the Gaussian that makes hard edges look so: of the step it is smeared into, the energies of the
// first and second derivative are 1/(2σ√π) and 1/(4σ³√π), so their ratio tells σ whatever the contrast. (A stroke that is
// thin beside σ yields σ/√3.)
func (t texture) blur() float64 { return math.Sqrt(t.first / (2 * max(t.second, t.first/200))) }

// leastTexture is the energy of the first difference from which a tile holds letters: 8 levels a pixel.
const leastTexture = 64

// sharpness looks at every tile that lies wholly inside a quad.
func (l *View) sharpness(q Quad) sharpness {
	q = q.grown(-float64(4 + l.k)).scaled(0.5)
	var all []texture
	for y := 0; y+tile <= l.half.h; y += tile {
		for x := 0; x+tile <= l.half.w; x += tile {
			if q.covers(float64(x), float64(y), tile) {
				all = append(all, l.half.texture(x, y))
			}
		}
	}
	if len(all) == 0 {
		return sharpness{}
	}
	slices.SortFunc(all, func(a, b texture) int { return cmp.Compare(a.first, b.first) })
	// The flattest tiles hold noise only, which the others hold as well.
	noise := all[len(all)/20]
	if noise.first > leastTexture {
		noise = texture{}
	}
	var sigmas []float64
	for _, t := range slices.Backward(all) {
		t.first, t.second = t.first-noise.first, t.second-noise.second
		if t.first < leastTexture {
			break
		}
		sigmas = append(sigmas, t.blur())
	}
	// The strongest tiles are letters even where the mat has a grain.
	s := sharpness{share: float64(len(sigmas)) / float64(len(all))}
	s.sigma = 2 * median(slices.Clone(sigmas[:(len(sigmas)+1)/2]))
	return s
}

// covers says whether a square lies wholly in a convex quad.
func (q Quad) covers(x, y, side float64) bool {
	return q.contains(Point{x, y}) && q.contains(Point{x + side, y}) &&
		q.contains(Point{x, y + side}) && q.contains(Point{x + side, y + side})
}

// texture looks at a tile, which is moved to where all its neighbours are in the plane.
func (p plane) texture(x0, y0 int) texture {
	x0, y0 = min(max(x0, 1), p.w-tile-1), min(max(y0, 1), p.h-tile-1)
	first, second := 0, 0
	for y := y0; y < y0+tile; y++ {
		// One pixel more on both sides.
		up, mid, low := p.pix[(y-1)*p.stride+x0:], p.pix[y*p.stride+x0-1:][:tile+2], p.pix[(y+1)*p.stride+x0:]
		up, low = up[:tile], low[:tile]
		for x := range tile {
			left, here, right := int(mid[x]), 2*int(mid[x+1]), int(mid[x+2])
			above, below := int(up[x]), int(low[x])
			dx, dy, ddx, ddy := right-left, below-above, right+left-here, below+above-here
			first += dx*dx + dy*dy
			second += ddx*ddx + ddy*ddy
		}
	}
	const n = tile * tile
	return texture{float64(first) / 4 / n, float64(second) / n}
}

// Detail is how much fine structure the middle of the frame has. Of several frames of one scene, the sharpest has most.
func (l *View) Detail() float64 {
	p := l.half
	if !l.large() {
		return 0
	}
	sum, n := 0.0, 0
	for y := p.h / 8; y+tile <= p.h*7/8; y += tile {
		for x := p.w / 8; x+tile <= p.w*7/8; x += tile {
			sum += p.texture(x, y).second
			n++
		}
	}
	return sum / float64(max(n, 1))
}

// large says that there is room for tiles.
func (l *View) large() bool { return l.half.w >= tile+2 && l.half.h >= tile+2 }

// writtenAtBorder says that there are letters on light paper at the frame's very border: a page goes on beyond it.
func (l *View) writtenAtBorder() bool {
	const light, few = 110, 0.02
	band := max(l.small.h/25, 4)
	ink, n := 0, 0
	for y := range l.small.h {
		raw, filled, closed := l.small.row(y), l.filled.row(y), l.closed.row(y)
		for x := range raw {
			if x >= band && x < l.small.w-band && y >= band && y < l.small.h-band {
				continue
			}
			n++
			if closed[x] >= light && int(filled[x])-int(raw[x]) >= 2*noStep {
				ink++
			}
		}
	}
	return float64(ink) > few*float64(n)
}
