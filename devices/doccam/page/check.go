package page

import (
	"image"
	"math"
)

// Quality is what can be measured of a page in a frame.
type Quality struct {
	Outline
	Advice []Advice // what is wrong, the gravest first; empty for a good picture
	// Blur is the sigma of the blur, in pixels, seen on the edges of letters, or of the page if it has none. 0 where
	// there is neither.
	Blur float64
	// White is the brightness of the paper, 0 to 255, and Depth how far letters or pictures stand out from it.
	White, Depth float64
	// Glare is the share of the page that a light shines back from.
	Glare float64
	// Long is the page's longer side in the frame, pixels.
	Long float64
	// Ink says that something is written there.
	Ink bool

	around float64 // brightness of the mat
}

// Limits of what can be read. They were set with the frames of devices/doccam/desk, by what a person reads off them.
const (
	leastWhite = 72    // of the paper
	leastBlack = 25    // of anything: a black mat in the light is brighter
	mostWhite  = 250   // of the paper, where letters vanish too
	leastDepth = 30    // levels between paper and letters
	mostGlare  = 0.004 // of the page
	glaring    = 250   // level
	duller     = 12    // levels: how much less bright than a glare the paper must be
	leastSheet = 800   // pixels of a sheet's longer side: 68 dpi of A4, letters of 10 pixels
	leastCard  = 380   // of a card's: 113 dpi
	leastLong  = 420   // of any other page's
	leastText  = 0.002 // of the page: fewer edges of letters, and nothing is written there
)

// Check finds the page of a frame and judges whether it can be read.
func Check(frame image.Image) Quality { return Look(frame).Check() }

// Check finds the page and judges whether it can be read.
func (l *View) Check() Quality {
	q := Quality{Outline: l.Outline()}
	if !l.large() {
		q.Advice = []Advice{NoPage}
		return q
	}
	w, h := q.Corners.size()
	q.Long = max(w, h)
	l.light(&q)
	s := l.sharpness(q.Corners)
	q.Ink = s.share >= leastText
	q.Blur = q.blur(s)
	q.advise(!q.Sure && l.writtenAtBorder())
	return q
}

// light measures brightness inside the outline, and beside it.
func (l *View) light(q *Quality) {
	quad := q.Corners.scaled(1 / float64(l.k)).grown(-2)
	var paper, raw, beside [256]int
	for y := range l.small.h {
		from, to := quad.across(float64(y) + 0.5)
		for x, v := range l.closed.row(y) {
			if at := float64(x) + 0.5; at < from || at > to {
				beside[v]++
				continue
			}
			paper[v]++
			raw[l.small.row(y)[x]]++
		}
	}
	q.White, q.around = paperLevel(paper[:]), paperLevel(beside[:])
	q.Depth = max(q.White-float64(quantile(raw[:], 0.01)), float64(quantile(raw[:], 0.99))-q.White)
	if q.White > glaring-duller {
		return // all of it is as bright: its letters tell whether that hurts
	}
	total, bright := 0, 0
	for v, n := range paper {
		total += n
		if v >= glaring {
			bright += n
		}
	}
	q.Glare = float64(bright) / float64(max(total, 1))
}

// paperLevel is the usual brightness of the brighter half of the levels, glare left out: of paper, where there is some.
func paperLevel(hist []int) float64 {
	lo, hi := quantile(hist, 0.05), quantile(hist, 0.95)
	from := lo
	if hi-lo > leastWhite { // there is something darker beside the paper
		from = (lo + hi) / 2
	}
	if from >= glaring {
		return float64(hi)
	}
	return float64(from + quantile(hist[from:glaring], 0.5))
}

// advise lists what is wrong, the gravest first.
func (q *Quality) advise(cut bool) {
	some := q.Sure || q.Cut || q.Ink
	light := max(q.White, q.around) // a dark cover is not dark, if its mat is seen well
	dark := light < leastBlack || some && light < leastWhite
	if !some {
		if q.Advice = []Advice{NoPage}; dark {
			q.Advice = []Advice{Dark}
		}
		return
	}
	bright := q.White >= mostWhite && q.Depth < 2*leastDepth
	for _, a := range [...]struct {
		Advice
		is bool
	}{
		{Dark, dark},
		{Bright, bright},
		{Cut, q.Cut || cut},
		{Far, q.small()},
		{Blurred, q.unsharp()},
		{Glare, q.Glare > mostGlare},
		{Faint, q.Sure && q.Ink && !dark && !bright && q.Depth < leastDepth},
	} {
		if a.is {
			q.Advice = append(q.Advice, a.Advice)
		}
	}
}

// blur weighs what the page's edge and what its letters tell. An edge that lies higher or curls looks more blurred than the
// page is, so of two the lower counts; thin strokes tell too little.
func (q *Quality) blur(s sharpness) float64 {
	const sampled = 0.6 // the square of what a pixel's own width adds
	edge, letters := math.Sqrt(max(q.Sigma*q.Sigma-sampled, 0)), 1.5*s.sigma
	switch {
	case q.Sure && q.Ink:
		return min(edge, letters)
	case q.Sure:
		return edge
	case q.Ink:
		return letters
	}
	return 0
}

// shape is what a page probably is, by its proportion.
type shape int

const (
	other shape = iota
	sheet       // of ISO 216: A4, mostly
	card        // ID-1
)

func (q *Quality) shape() shape {
	w, h := q.Corners.size()
	switch r := max(w, h) / max(min(w, h), 1); {
	case r > 1.38 && r < 1.45:
		return sheet
	case r > 1.52 && r < 1.66:
		return card
	}
	return other
}

// small says that letters of the usual size have too few pixels.
func (q *Quality) small() bool {
	least := map[shape]float64{sheet: leastSheet, card: leastCard, other: leastLong}
	return q.Sure && q.Long < least[q.shape()]
}

// unsharp says that the blur is more than letters of the usual size bear: a tenth of their height.
func (q *Quality) unsharp() bool {
	most := 1.7
	if q.Sure {
		switch q.shape() {
		case sheet:
			most = q.Long / 297 * 3.7 / 10
		case card:
			most = q.Long / 85.6 * 3 / 10
		default:
		}
	}
	most = min(max(most, 1.2), 2.4)
	if !q.Ink { // nothing to be read: an edge that is soft may just be curled
		most = 2.8
	}
	return q.Blur > most
}
