package qr

import (
	"errors"

	multi "github.com/makiuchi-d/gozxing/multi/qrcode/detector"
	"github.com/makiuchi-d/gozxing/qrcode/decoder"
)

// DecodeAll reads every code of a picture, each once however often it is there. It takes the time that a file may take
// and a frame may not: beside what Decode does, it looks for several codes, at the picture's size and at each half of it
// down to a width of 800 dots or less.
func (d *Decoder) DecodeAll(pix []byte, width, height, stride int) ([]Result, error) {
	found, broke := d.Decode(pix, width, height, stride)
	if errors.Is(broke, errSize) {
		return nil, broke
	}
	var small Decoder // for the memory of a picture at half its size: each size is made of the one before
	for p := (plane{pix, width, height, stride}); p.width >= smallest && p.height >= smallest; p = small.halve(p) {
		for _, s := range []step{{}, {inverted: true}} {
			more, err := d.tryAll(p, s)
			if errors.Is(err, errThrow) {
				broke = err
			}
			found = union(found, more)
		}
		if p.width <= 800 {
			break
		}
		small.half = nil
	}
	if len(found) > 0 {
		broke = nil
	}
	return found, broke
}

func union(all, more []Result) []Result {
	for _, m := range more {
		known := false
		for _, a := range all {
			known = known || string(a.Raw) == string(m.Raw)
		}
		if !known {
			all = append(all, m)
		}
	}
	return all
}

// tryAll reads the codes that one step finds. gozxing's own reader of several codes isn't used: it strings the parts of
// an appended message together, of which then nobody can tell the segments.
func (d *Decoder) tryAll(p plane, s step) (found []Result, err error) {
	defer caught(&err)
	d.points = 0
	bitmap, err := p.bitmap(s, &d.memory)
	if err != nil {
		return nil, err
	}
	matrix, err := bitmap.GetBlackMatrix()
	if err != nil {
		return nil, err
	}
	symbols, err := multi.NewMultiDetector(matrix).DetectMulti(d.hints)
	if err != nil {
		return nil, err
	}
	reader := decoder.NewDecoder()
	for _, sym := range symbols {
		data, err := reader.Decode(sym.GetBits(), d.hints)
		if err != nil {
			continue // three corners that are none of one code
		}
		if r, err := resultOf(data.GetRawBytes(), data.GetECLevel()); err == nil {
			found = union(found, []Result{r})
		}
	}
	return found, nil
}
