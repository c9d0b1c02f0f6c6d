package theme

import "math"

// Panel is the glass: its size in pixels and its diagonal in inches. Inches 0 takes the usual panel of that size.
type Panel struct {
	Width, Height int
	Inches        float64
}

// Size names one step of the type scale.
type Size int

// Type sizes, smallest first.
const (
	Note Size = iota
	Body
	Strong // labels of controls
	Heading
	Choice // answers in guided mode
	Title
	Digits // keys of a pad, values being typed
)

// reference is the panel on which the sketches were drawn: 27 inches, 1080 by 1920, 3.21 pixels a millimetre.
const (
	referencePPMM = 3.2126
	minBodyMM     = 5.0 // issue 6: body text of the normal mode
	minNoteMM     = 4.8 // EN 301 549 5.1.4 and ADA 707.7: what must be read
	minTargetMM   = 15.0
	guidedBodyMM  = 8.0
	guidedTarget  = 20.0
)

// Metrics are the lengths of one panel in one mode, in pixels.
type Metrics struct {
	Width, Height float32
	Landscape     bool
	Guided        bool
	PPMM          float32 // pixels a millimetre
	K             float32 // pixels of this panel for one pixel of the reference panel

	text [Digits + 1]float32
}

// NewMetrics returns the lengths for a panel.
func NewMetrics(p Panel, guided bool) *Metrics {
	if p.Width <= 0 || p.Height <= 0 {
		p.Width, p.Height = 1080, 1920
	}
	w, h := float64(p.Width), float64(p.Height)
	if p.Inches <= 0 {
		p.Inches = usualInches(p)
	}
	m := &Metrics{
		Width: float32(w), Height: float32(h), Landscape: w > h, Guided: guided,
		PPMM: float32(math.Hypot(w, h) / p.Inches / 25.4),
	}
	if m.Landscape {
		m.K = float32(math.Min(w/2080, h/1170))
	} else {
		m.K = float32(math.Min(w/1080, h/1920))
	}
	m.scale()
	return m
}

func usualInches(p Panel) float64 {
	long := max(p.Width, p.Height)
	switch {
	case p.Height > p.Width && long >= 1600:
		return 27
	case long >= 1600:
		return 21.5
	default:
		return 15.6
	}
}

// scale sets the type scale: the sketches' pixels, but never below what the standards ask on this panel.
func (m *Metrics) scale() {
	px := [...]float32{Note: 27, Body: 31, Strong: 35, Heading: 39, Choice: 39, Title: 52, Digits: 56}
	note, body := float32(minNoteMM), float32(minBodyMM)
	if m.Guided {
		px = [...]float32{Note: 40, Body: 46, Strong: 48, Heading: 56, Choice: 64, Title: 84, Digits: 80}
		if m.Landscape {
			px = [...]float32{Note: 36, Body: 40, Strong: 42, Heading: 46, Choice: 54, Title: 66, Digits: 64}
		}
		note, body = guidedBodyMM, guidedBodyMM
	}
	for i := range px {
		least := body
		if Size(i) == Note {
			least = note
		}
		m.text[i] = round(max(px[i]*m.K, least*m.PPMM))
	}
}

// Text returns the size of a step of the type scale.
func (m *Metrics) Text(s Size) float32 { return m.text[s] }

// Px turns pixels of the reference panel into pixels of this one.
func (m *Metrics) Px(ref float32) float32 { return round(ref * m.K) }

// MM turns millimetres into pixels.
func (m *Metrics) MM(mm float32) float32 { return round(mm * m.PPMM) }

// Target is the least height and width of anything to be touched.
func (m *Metrics) Target() float32 {
	if m.Guided {
		return m.MM(guidedTarget)
	}
	return m.MM(minTargetMM)
}

// Control is the height of a usual control.
func (m *Metrics) Control() float32 {
	ref := float32(112)
	switch {
	case m.Guided && m.Landscape:
		ref = 128
	case m.Guided:
		ref = 150
	}
	return max(m.Px(ref), m.Target())
}

// Gap is the space between controls.
func (m *Metrics) Gap() float32 { return m.pick(22, 34) }

// Pad is the space inside a card.
func (m *Metrics) Pad() float32 { return m.pick(30, 36) }

// Margin is the space at the sides of a page.
func (m *Metrics) Margin() float32 { return m.pick(44, 60) }

// Corner is the radius of cards and controls.
func (m *Metrics) Corner() float32 { return m.pick(20, 28) }

// Line is the width of outlines; a fill can't be thinner than 3 pixels.
func (m *Metrics) Line() float32 { return max(3, m.pick(3, 5)) }

// LineHeight is the distance of lines of text: 1.4 of the size, as 工信部's 适老化 rules ask at least 1.3.
func (m *Metrics) LineHeight(size float32) float32 { return round(size * 1.42) }

func (m *Metrics) pick(normal, guided float32) float32 {
	if m.Guided && !m.Landscape {
		return m.Px(guided)
	}
	return m.Px(normal)
}

func round(v float32) float32 { return float32(math.Round(float64(v))) }
