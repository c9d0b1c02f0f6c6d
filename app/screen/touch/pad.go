package touch

import (
	"image"
	"image/color"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// Limits of a signature, in millimetres of the panel and in points.
const (
	padStepMM = 0.5  // points nearer than this add nothing
	padJumpMM = 22.0 // a jump this far is a wet finger's or a second finger's, not a stroke's
	padPenMM  = 1.4  // width of the drawn line
	padPoints = 6000 // of the whole signature; what comes after is not kept
)

// Point is one point of a stroke, in pixels of the pad.
type Point struct{ X, Y int16 }

// Pad is a white field that is written on with a finger. It keeps the strokes and draws them into one picture.
type Pad struct {
	widget.BaseWidget
	kit     *Kit
	picture *image.RGBA
	image   *canvas.Image
	strokes [][]Point
	count   int
	writing bool
	// OnStroke is called at the end of each stroke.
	OnStroke func()
}

var (
	_ fyne.Draggable    = (*Pad)(nil)
	_ desktop.Mouseable = (*Pad)(nil)
)

// NewPad returns an empty pad.
func NewPad(k *Kit) *Pad {
	p := &Pad{kit: k, image: &canvas.Image{ScaleMode: canvas.ImageScalePixels, FillMode: canvas.ImageFillStretch}}
	p.ExtendBaseWidget(p)
	return p
}

// CreateRenderer gives Fyne the picture.
func (p *Pad) CreateRenderer() fyne.WidgetRenderer { return padRenderer{p} }

type padRenderer struct{ p *Pad }

func (padRenderer) Destroy()                       {}
func (padRenderer) MinSize() fyne.Size             { return fyne.NewSize(1, 1) }
func (r padRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.p.image} }
func (r padRenderer) Refresh()                     { canvas.Refresh(r.p.image) }
func (r padRenderer) Layout(s fyne.Size) {
	r.p.image.Resize(s)
	r.p.fit(int(s.Width), int(s.Height))
}

// fit makes the picture as large as the pad, and draws what was written again.
func (p *Pad) fit(w, h int) {
	if w < 1 || h < 1 || p.picture != nil && p.picture.Rect.Dx() == w && p.picture.Rect.Dy() == h {
		return
	}
	p.picture = image.NewRGBA(image.Rect(0, 0, w, h))
	p.image.Image = p.picture
	p.redraw()
}

// Set replaces what is written.
func (p *Pad) Set(strokes [][]Point) {
	p.strokes, p.count, p.writing = nil, 0, false
	for _, s := range strokes {
		p.strokes = append(p.strokes, append([]Point(nil), s...))
		p.count += len(s)
	}
	p.redraw()
}

// Clear empties the pad, the memory that held the picture included.
func (p *Pad) Clear() { p.Set(nil) }

// Strokes returns a copy of what is written.
func (p *Pad) Strokes() [][]Point {
	all := make([][]Point, len(p.strokes))
	for i, s := range p.strokes {
		all[i] = append([]Point(nil), s...)
	}
	return all
}

// Blank reports whether nothing is written.
func (p *Pad) Blank() bool { return len(p.strokes) == 0 }

// MouseDown begins a stroke.
func (p *Pad) MouseDown(e *desktop.MouseEvent) {
	if p.count >= padPoints {
		return
	}
	p.writing = true
	p.strokes = append(p.strokes, []Point{p.point(e.Position)})
	p.count++
	p.dab(p.point(e.Position))
	p.refresh()
}

// MouseUp ends a stroke.
func (p *Pad) MouseUp(*desktop.MouseEvent) { p.end() }

// DragEnd ends a stroke.
func (p *Pad) DragEnd() { p.end() }

func (p *Pad) end() {
	if !p.writing {
		return
	}
	p.writing = false
	if p.OnStroke != nil {
		p.OnStroke()
	}
}

// Dragged carries a stroke on. A far jump begins a new stroke without a line between.
func (p *Pad) Dragged(e *fyne.DragEvent) {
	if !p.writing || len(p.strokes) == 0 || p.count >= padPoints {
		return
	}
	to := p.point(e.Position)
	last := len(p.strokes) - 1
	from := p.strokes[last][len(p.strokes[last])-1]
	d := math.Hypot(float64(to.X)-float64(from.X), float64(to.Y)-float64(from.Y)) / float64(p.kit.Metrics.PPMM)
	switch {
	case d < padStepMM:
		return
	case d > padJumpMM:
		p.strokes = append(p.strokes, []Point{to})
		p.dab(to)
	default:
		p.strokes[last] = append(p.strokes[last], to)
		p.stroke(from, to)
	}
	p.count++
	p.refresh()
}

// point keeps a position within the pad.
func (p *Pad) point(at fyne.Position) Point {
	s := p.Size()
	keep := func(v, most float32) int16 {
		return int16(max(0, min(v, most-1, math.MaxInt16)))
	}
	return Point{keep(at.X, s.Width), keep(at.Y, s.Height)}
}

func (p *Pad) refresh() { p.image.Refresh() }

func (p *Pad) redraw() {
	if p.picture == nil {
		return
	}
	white := color.RGBA{0xff, 0xff, 0xff, 0xff}
	for i := 0; i < len(p.picture.Pix); i += 4 {
		p.picture.Pix[i], p.picture.Pix[i+1], p.picture.Pix[i+2], p.picture.Pix[i+3] = white.R, white.G, white.B, white.A
	}
	for _, s := range p.strokes {
		for i := range s {
			if i == 0 {
				p.dab(s[0])
			} else {
				p.stroke(s[i-1], s[i])
			}
		}
	}
	p.refresh()
}

// stroke draws a line as dabs that lie close to each other.
func (p *Pad) stroke(from, to Point) {
	dx, dy := float64(to.X)-float64(from.X), float64(to.Y)-float64(from.Y)
	n := int(math.Hypot(dx, dy)) + 1
	for i := 1; i <= n; i++ {
		f := float64(i) / float64(n)
		p.spot(float64(from.X)+dx*f, float64(from.Y)+dy*f)
	}
}

func (p *Pad) dab(at Point) { p.spot(float64(at.X), float64(at.Y)) }

// spot darkens the pixels of one round dab, with soft edges.
func (p *Pad) spot(x, y float64) {
	if p.picture == nil {
		return
	}
	r := padPenMM * float64(p.kit.Metrics.PPMM) / 2
	for iy := int(y - r - 1); iy <= int(y+r+1); iy++ {
		for ix := int(x - r - 1); ix <= int(x+r+1); ix++ {
			if !(image.Point{ix, iy}.In(p.picture.Rect)) {
				continue
			}
			cover := r + 0.5 - math.Hypot(float64(ix)+0.5-x, float64(iy)+0.5-y)
			if cover <= 0 {
				continue
			}
			v := uint8(255 * (1 - min(cover, 1)))
			if i := p.picture.PixOffset(ix, iy); p.picture.Pix[i] > v {
				p.picture.Pix[i], p.picture.Pix[i+1], p.picture.Pix[i+2] = v, v, v
			}
		}
	}
}
