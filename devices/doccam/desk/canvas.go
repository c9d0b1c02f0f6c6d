package desk

import (
	"image"
	"image/color"
	"math"
	"math/rand/v2"
)

// canvas is a frame in the making: linear levels of red, green and blue, 0 to 255.
type canvas struct {
	w, h int
	pix  []float32
}

func newCanvas(w, h int) *canvas { return &canvas{w, h, make([]float32, 3*w*h)} }

func (c *canvas) at(x, y int) *[3]float32 { return (*[3]float32)(c.pix[3*(y*c.w+x):]) }

func (c *canvas) each(f func(x, y int, p *[3]float32)) {
	for y := range c.h {
		for x := range c.w {
			f(x, y, c.at(x, y))
		}
	}
}

func (c *canvas) mat(m Mat, rng *rand.Rand) {
	base := [...][3]float32{{38, 38, 40}, {110, 110, 112}, {205, 205, 202}, {150, 112, 74}, {36, 92, 70}, {190, 188, 180}, {200, 90, 80}}[m]
	phase := rng.Float64() * 10
	mm := float64(c.w) / 350 // pixels of a millimetre of the desk
	c.each(func(x, y int, p *[3]float32) {
		*p = base
		fx, fy := float64(x)/mm, float64(y)/mm
		switch m {
		case Wood:
			g := 14*math.Sin(fy*0.9+3*math.Sin(fx*0.02+phase)) + 9*math.Sin(fy*3.1+2*math.Sin(fx*0.05)) + 5*math.Sin(fy*7.7+fx*0.1)
			tint(p, float32(1+g/150))
		case Green:
			if math.Mod(fx+phase, 10) < 0.4 || math.Mod(fy+phase, 10) < 0.4 {
				*p = [3]float32{170, 200, 150}
			}
		case Paper:
			line := math.Mod(fy, 4)
			if line < 2.4 && math.Mod(fx, 60) < 56 && math.Sin(fx*5.3+math.Floor(fy/4)*7)*math.Sin(fx*1.7+fy*4) > 0.1 {
				*p = [3]float32{60, 60, 60}
			}
		case Checked:
			if (int(fx/22)+int(fy/22))%2 == 0 {
				*p = [3]float32{225, 222, 215}
			}
		default: // plain
		}
	})
}

func tint(p *[3]float32, f float32) {
	for i := range p {
		p[i] *= f
	}
}

// shade is the soft shadow of a sheet on its mat.
func (c *canvas) shade(q Corners) {
	x0, y0, x1, y1 := bounds(q, c.w, c.h)
	for y := max(y0-8, 0); y < min(y1+8, c.h); y++ {
		for x := max(x0-8, 0); x < min(x1+8, c.w); x++ {
			if d := outside(q, float64(x)-2, float64(y)-3); d < 6 {
				tint(c.at(x, y), float32(0.7+0.05*max(d, 0)))
			}
		}
	}
}

// outside is how far a place lies outside a clockwise quad, about; negative inside.
func outside(q Corners, x, y float64) float64 {
	far := math.Inf(-1)
	for i, a := range q {
		b := q[(i+1)%4]
		dx, dy := b[0]-a[0], b[1]-a[1]
		far = max(far, -(dx*(y-a[1])-dy*(x-a[0]))/math.Sqrt(dx*dx+dy*dy))
	}
	return far
}

// fingers reach in from beyond the document over its sides.
func (c *canvas) fingers(q Corners, n int, rng *rand.Rand) {
	for i := range n {
		a, b := q[i%4], q[(i+1)%4]
		f := 0.25 + 0.5*rng.Float64()
		x, y := a[0]+f*(b[0]-a[0]), a[1]+f*(b[1]-a[1])
		dx, dy := b[0]-a[0], b[1]-a[1]
		l := math.Hypot(dx, dy)
		c.finger(x, y, dy/l, -dx/l, float64(c.w)/40)
	}
}

// finger has its tip a little inside x, y and goes outwards along dx, dy.
func (c *canvas) finger(x, y, dx, dy, wide float64) {
	c.each(func(px, py int, p *[3]float32) {
		ux, uy := float64(px)-x, float64(py)-y
		along, across := ux*dx+uy*dy, math.Abs(ux*dy-uy*dx)
		tip := -1.2 * wide
		r := wide / 1.6
		if along < tip+r {
			across = math.Hypot(across, along-tip-r)
		}
		if along > tip && along < 8*wide && across < r {
			shade := float32(1 - 0.35*(across/r)*(across/r))
			*p = [3]float32{214 * shade, 164 * shade, 138 * shade}
		}
	})
}

func (c *canvas) light(s Scene) {
	light := s.Light
	if light == 0 {
		light = 1
	}
	c.each(func(x, y int, p *[3]float32) {
		f := light * (1 - s.Slope*float64(x)/float64(c.w))
		if s.Shadow > 0 {
			// Of a hand and an arm, from below right, soft.
			d := (float64(x)*0.8+float64(y)*0.6)/float64(c.w) - 0.78
			f *= 1 - s.Shadow/(1+math.Exp(-d*60))
		}
		tint(p, float32(f))
	})
}

func (c *canvas) glare(g Spot) {
	c.each(func(x, y int, p *[3]float32) {
		d := math.Hypot(float64(x)-g.X, float64(y)-g.Y) / g.Radius
		add := float32(g.Light / (1 + math.Pow(d, 6)))
		for i := range p {
			p[i] += add
		}
	})
}

func (c *canvas) blur(sigma float64) {
	if sigma <= 0 {
		return
	}
	r := int(math.Ceil(3 * sigma))
	kernel, sum := make([]float32, 2*r+1), float32(0)
	for i := range kernel {
		d := float64(i - r)
		kernel[i] = float32(math.Exp(-d * d / (2 * sigma * sigma)))
		sum += kernel[i]
	}
	for i := range kernel {
		kernel[i] /= sum
	}
	from := append([]float32(nil), c.pix...)
	for y := range c.h { // across
		row, out := from[3*c.w*y:][:3*c.w], c.pix[3*c.w*y:][:3*c.w]
		clear(out)
		for i, k := range kernel {
			d := i - r
			for x := range c.w {
				add(out[3*x:3*x+3], row[3*min(max(x+d, 0), c.w-1):], k)
			}
		}
	}
	copy(from, c.pix)
	clear(c.pix)
	for y := range c.h { // down
		out := c.pix[3*c.w*y:][:3*c.w]
		for i, k := range kernel {
			add(out, from[3*c.w*min(max(y+i-r, 0), c.h-1):], k)
		}
	}
}

func add(out, in []float32, k float32) {
	in = in[:len(out)]
	for i, v := range in {
		out[i] += k * v
	}
}

func (c *canvas) noise(sigma float64, rng *rand.Rand) {
	if sigma <= 0 {
		return
	}
	var some [1 << 12]float32
	for i := range some {
		some[i] = float32(rng.NormFloat64() * sigma)
	}
	for i := range c.pix {
		if i&255 == 0 { // runs of what was drawn, in no order: as good, and quick
			rng.Shuffle(16, func(a, b int) { some[a], some[b] = some[b], some[a] })
		}
		c.pix[i] += some[(i*2654435761>>7)&(len(some)-1)]
	}
}

// picture is 4:2:0, as a camera's MJPEG is.
func (c *canvas) picture() *image.YCbCr {
	out := image.NewYCbCr(image.Rect(0, 0, c.w, c.h), image.YCbCrSubsampleRatio420)
	c.each(func(x, y int, p *[3]float32) {
		yy, cb, cr := color.RGBToYCbCr(level(p[0]), level(p[1]), level(p[2]))
		out.Y[out.YOffset(x, y)] = yy
		out.Cb[out.COffset(x, y)], out.Cr[out.COffset(x, y)] = cb, cr
	})
	return out
}

func level(v float32) byte { return byte(min(max(v+0.5, 0), 255)) }
