package camera

import (
	"errors"
	"math"

	"github.com/blackjack/webcam"
)

// fourcc is the code of a pixel format, as videodev2.h makes it.
func fourcc(s string) webcam.PixelFormat {
	return webcam.PixelFormat(uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24)
}

// format is a pixel format that can be read, in the order of preference: what needs no unpacking comes first.
type format struct {
	code   webcam.PixelFormat
	layout layout
}

func formats(luma bool) []format {
	all := []format{{fourcc("YUYV"), yuyv}, {fourcc("MJPG"), motion}, {fourcc("JPEG"), motion}, {fourcc("GREY"), grey}}
	if luma { // then a grey picture lacks nothing
		return append([]format{all[0], all[3]}, all[1:3]...)
	}
	return all
}

// mode is what a camera is asked for.
type mode struct {
	format
	width, height int
}

const (
	enough = 0.6 // of the wished dots: fewer, and another format is looked at
	fluent = 5.0 // frames a second: fewer, and a resident's hand has moved on
)

var errNoFormat = errors.New("camera offers neither YUYV nor GREY nor MJPG")

// choose picks the first format that yields nearly the wished size fast enough, else the largest one.
func choose(dev device, luma bool, width, height int) (mode, error) {
	offered := dev.GetSupportedFormats()
	var best mode
	for _, f := range formats(luma) {
		if _, ok := offered[f.code]; !ok {
			continue
		}
		w, h := nearest(dev.GetSupportedFrameSizes(f.code), width, height)
		m := mode{f, w, h}
		if float64(w*h) >= enough*float64(width*height) && rate(dev, m) >= fluent {
			return m, nil
		}
		if w*h > best.width*best.height {
			best = m
		}
	}
	if best.layout == 0 {
		return mode{}, errNoFormat
	}
	return best, nil
}

// nearest picks the size that differs least from the wish, the larger one of two. A driver that lists none, or an empty
// one (a continuous range, by webcam), is asked for the wish.
func nearest(sizes []webcam.FrameSize, width, height int) (w, h int) {
	w, h = width, height
	least := math.MaxInt
	for _, s := range sizes {
		if s.MaxWidth == 0 || s.MaxHeight == 0 || s.MaxWidth > 1<<15 || s.MaxHeight > 1<<15 {
			continue
		}
		sw, sh := fit(width, s.MinWidth, s.MaxWidth, s.StepWidth), fit(height, s.MinHeight, s.MaxHeight, s.StepHeight)
		off := distance(sw, width) + distance(sh, height)
		if off < least || off == least && sw*sh > w*h {
			w, h, least = sw, sh, off
		}
	}
	return w, h
}

// fit is the value of a stepped range that is nearest to the wish from below, or the range's end.
func fit(wish int, low, high, step uint32) int {
	v := min(max(wish, int(low)), int(high))
	if step > 1 {
		v -= (v - int(low)) % int(step)
	}
	return v
}

func distance(a, b int) int { return max(a-b, b-a) }

// rate is how many frames a second a mode yields at best; where nobody knows, it is taken to be fluent.
func rate(dev device, m mode) (best float64) {
	best = fluent
	// webcam panics on a driver that reports a stepwise range: it reads into fields that reflection may not set.
	defer func() { _ = recover() }()
	known := 0.0
	for _, r := range dev.GetSupportedFramerates(m.code, uint32(m.width), uint32(m.height)) {
		if r.MinNumerator > 0 {
			known = max(known, float64(r.MinDenominator)/float64(r.MinNumerator))
		}
	}
	if known > 0 {
		best = known
	}
	return best
}
