package page

// box is the plane made smaller by the whole factor k: each pixel is the mean of k by k. What is left over at the right and
// at the bottom is dropped.
func box(src plane, k int) plane {
	if k <= 1 {
		return src
	}
	out := newPlane(max(src.w/k, 1), max(src.h/k, 1))
	sums := make([]uint32, out.w)
	for y := range out.h {
		clear(sums)
		n := uint32(0)
		for j := y * k; j < min((y+1)*k, src.h); j++ {
			addRow(sums, src.row(j), k)
			n++
		}
		n *= uint32(min(k, src.w))
		row := out.row(y)
		for x, s := range sums {
			row[x] = byte((s + n/2) / n)
		}
	}
	return out
}

func addRow(sums []uint32, row []byte, k int) {
	for x := range sums {
		s := uint32(0)
		for _, v := range row[x*k : min((x+1)*k, len(row))] {
			s += uint32(v)
		}
		sums[x] += s
	}
}

// span is what of the source one pixel of the target covers.
type span struct {
	from    int
	weights []float32
}

// spans cuts n pixels into m of equal width.
func spans(n, m int) []span {
	out := make([]span, m)
	for i := range out {
		lo, hi := float64(i)*float64(n)/float64(m), float64(i+1)*float64(n)/float64(m)
		from := min(int(lo), n-1)
		s := span{from: from}
		for j := from; j < n && (j == from || float64(j) < hi-1e-9); j++ {
			part := min(hi, float64(j+1)) - max(lo, float64(j))
			s.weights = append(s.weights, float32(max(part, 1e-6)/(hi-lo)))
		}
		out[i] = s
	}
	return out
}

// shrink scales a plane to w by h: every pixel is the mean of the area that it covers, so that thin strokes get lighter
// but never vanish. Made larger, pixels are repeated.
func shrink(src plane, w, h int) plane {
	if w == src.w && h == src.h {
		return src
	}
	out := newPlane(w, h)
	across, down := spans(src.w, w), spans(src.h, h)
	acc := make([]float32, src.w)
	for y, d := range down {
		clear(acc)
		for j, wt := range d.weights {
			for x, v := range src.row(d.from + j) {
				acc[x] += wt * float32(v)
			}
		}
		row := out.row(y)
		for x, a := range across {
			v := float32(0)
			for j, wt := range a.weights {
				v += wt * acc[a.from+j]
			}
			row[x] = byte(min(v+0.5, 255))
		}
	}
	return out
}

// closing fills dark things that are narrower than 2r+1 pixels with the brightness around them: letters vanish from paper,
// edges of the paper stay where they are.
func closing(src plane, r int) plane { return extreme(extreme(src, r, true), r, false) }

// Radii of closing. A letter of a body text is some 5 pixels high where this is used, its strokes 1.
const (
	letters = 3
	strokes = 1
)

// extreme is the brightest (or darkest) value within r of each pixel, a square.
func extreme(src plane, r int, brightest bool) plane {
	p := pad(src, r)
	for _, row := range [...]int{1, p.w} { // across, then down
		for window := 1; window < 2*r+1; { // each is made of two of the one before
			step := min(window, 2*r+1-window)
			pick(p.pix, step*row, brightest)
			window += step
		}
	}
	out := newPlane(src.w, src.h)
	for y := range out.h {
		copy(out.row(y), p.row(y))
	}
	return out
}

func pick(pix []byte, step int, brightest bool) {
	a, b := pix[:len(pix)-step], pix[step:]
	b = b[:len(a)]
	if brightest {
		for i := range a {
			a[i] = max(a[i], b[i])
		}
		return
	}
	for i := range a {
		a[i] = min(a[i], b[i])
	}
}

// pad repeats the outermost pixels r times on all sides.
func pad(src plane, r int) plane {
	out := newPlane(src.w+2*r, src.h+2*r)
	for y := range out.h {
		from, row := src.row(min(max(y-r, 0), src.h-1)), out.row(y)
		copy(row[r:], from)
		for i := range r {
			row[i], row[len(row)-1-i] = from[0], from[src.w-1]
		}
	}
	return out
}
