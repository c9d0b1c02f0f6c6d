package desk

import (
	"image"
	"math"
	"math/rand/v2"

	"github.com/makiuchi-d/gozxing/common"
)

// Mat is what lies under the document.
type Mat int

// Mats.
const (
	Black   Mat = iota // rubber
	Grey               // felt
	White              // a table top, hardly darker than paper
	Wood               // grain along x
	Green              // a cutting mat with a light grid
	Paper              // newspaper: letters all over
	Checked            // a cloth in large squares
)

// String names it in tests.
func (m Mat) String() string {
	return [...]string{"black", "grey", "white", "wood", "green", "newspaper", "checked"}[m]
}

// Corners of a document in a frame, in pixels: top left, top right, bottom right, bottom left.
type Corners [4][2]float64

// Laid is a document on the mat.
type Laid struct {
	Sheet   Sheet
	Corners Corners
}

// Spot is a round thing: its middle and radius in pixels, and how bright it is.
type Spot struct{ X, Y, Radius, Light float64 }

// Scene is a desk under a camera.
type Scene struct {
	Width, Height int
	Mat           Mat
	Laid          []Laid  // the last lies on top
	Blur          float64 // sigma, pixels
	Noise         float64 // sigma, levels
	Light         float64 // of all, 1 is right
	Slope         float64 // how much darker it is at the right than at the left, 0 to 1
	Shadow        float64 // of a hand across the frame: 0 none, 1 black
	Glare         []Spot
	Fingers       int // that hold the document at its sides
	Seed          uint64
}

// Render takes the picture, as a camera gives it.
func (s Scene) Render() *image.YCbCr {
	c := newCanvas(s.Width, s.Height)
	rng := rand.New(rand.NewPCG(s.Seed, 1))
	c.mat(s.Mat, rng)
	for _, l := range s.Laid {
		c.shade(l.Corners)
		c.lay(l)
	}
	if len(s.Laid) > 0 {
		c.fingers(s.Laid[len(s.Laid)-1].Corners, s.Fingers, rng)
	}
	c.light(s)
	for _, g := range s.Glare {
		c.glare(g)
	}
	c.blur(s.Blur)
	c.noise(s.Noise, rng)
	return c.picture()
}

// Upright are the corners of a sheet around the middle of a frame, its longer side filling a share of what it can, turned by
// degrees (clockwise), and tilted, as a camera with a focal length of 0.95 of the frame's width sees it: the far side is
// shorter than the near one by about that share.
func Upright(sh Sheet, width, height int, share, degrees, tilt float64) Corners {
	w, h := sh.Width, sh.Height
	k := share * min(float64(width)/w, float64(height)/h)
	focal := 0.95 * float64(width)
	lean := math.Asin(min(tilt*focal/(h*k), 0.9))
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	var out Corners
	for i, c := range [4][2]float64{{-1, -1}, {1, -1}, {1, 1}, {-1, 1}} {
		x, y := c[0]*w*k/2, c[1]*h*k/2
		x, y = x*cos-y*sin, x*sin+y*cos
		near := focal / (focal - y*math.Sin(lean))
		out[i] = [2]float64{float64(width)/2 + x*near, float64(height)/2 + y*math.Cos(lean)*near}
	}
	return out
}

// Moved is the document moved by so many pixels.
func (c Corners) Moved(dx, dy float64) Corners {
	for i := range c {
		c[i][0] += dx
		c[i][1] += dy
	}
	return c
}

// Jittered moves every corner by up to d pixels: the tilt of a camera in all directions.
func (c Corners) Jittered(d float64, rng *rand.Rand) Corners {
	for i := range c {
		c[i][0] += (2*rng.Float64() - 1) * d
		c[i][1] += (2*rng.Float64() - 1) * d
	}
	return c
}

// lay draws a document, two by two samples a pixel.
func (c *canvas) lay(l Laid) {
	q, m := l.Corners, l.Sheet.Image
	w, h := float64(m.Rect.Dx()), float64(m.Rect.Dy())
	back := common.PerspectiveTransform_QuadrilateralToQuadrilateral(
		q[0][0], q[0][1], q[1][0], q[1][1], q[2][0], q[2][1], q[3][0], q[3][1], 0, 0, w, 0, w, h, 0, h)
	x0, y0, x1, y1 := bounds(q, c.w, c.h)
	for y := y0; y < y1; y++ {
		for x := x0; x < x1; x++ {
			c.dot(back, m, x, y)
		}
	}
}

func (c *canvas) dot(back *common.PerspectiveTransform, m *image.RGBA, x, y int) {
	var sum [3]float32
	n := float32(0)
	fx, fy := float64(x), float64(y)
	p := [8]float64{fx + .25, fy + .25, fx + .75, fy + .25, fx + .25, fy + .75, fx + .75, fy + .75}
	back.TransformPoints(p[:])
	for i := 0; i < 8; i += 2 {
		u, v := int(math.Floor(p[i])), int(math.Floor(p[i+1]))
		if u < 0 || v < 0 || u >= m.Rect.Dx() || v >= m.Rect.Dy() {
			continue
		}
		o := v*m.Stride + 4*u
		for j := range sum {
			sum[j] += float32(m.Pix[o+j])
		}
		n++
	}
	px := c.at(x, y)
	for j := range sum {
		px[j] = px[j]*(1-n/4) + sum[j]/4
	}
}

func bounds(q Corners, w, h int) (x0, y0, x1, y1 int) {
	fx0, fy0, fx1, fy1 := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, p := range q {
		fx0, fx1 = min(fx0, p[0]), max(fx1, p[0])
		fy0, fy1 = min(fy0, p[1]), max(fy1, p[1])
	}
	return max(int(fx0)-1, 0), max(int(fy0)-1, 0), min(int(fx1)+2, w), min(int(fy1)+2, h)
}
