package qr

import (
	"errors"
	"log/slog"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
)

// Result is one code that was read. It redacts itself in logs.
type Result struct {
	Raw  []byte // as the code has it, in its own charset
	Text string // UTF-8: by the charset that the code names, else as UTF-8 if Raw is, else from GB18030
}

// LogValue keeps the token out of logs.
func (r Result) LogValue() slog.Value { return slog.StringValue("code(redacted)") }

// String keeps the token out of %v.
func (r Result) String() string { return "code(redacted)" }

// Decoder reads codes. It reuses its memory: one goroutine at a time.
type Decoder struct {
	reader gozxing.Reader
	half   []byte
	memory memory
	points int // that the running step has taken for corners of a code
	hints  map[gozxing.DecodeHintType]any
}

// NewDecoder makes a decoder.
func NewDecoder() *Decoder {
	d := &Decoder{reader: qrcode.NewQRCodeReader()}
	d.hints = map[gozxing.DecodeHintType]any{
		gozxing.DecodeHintType_TRY_HARDER:                 true,
		gozxing.DecodeHintType_CHARACTER_SET:              "ISO-8859-1", // the text is read here; this one can't fail
		gozxing.DecodeHintType_NEED_RESULT_POINT_CALLBACK: gozxing.ResultPointCallback(d.point),
	}
	return d
}

// mostPoints is how many corners of codes a picture may seem to have. gozxing compares each three of them: a fine
// pattern that looks like thousands would keep it busy for minutes.
const mostPoints = 300

// errPoints is thrown through gozxing, which can't be told to stop otherwise.
var errPoints = errors.New("picture seems to have hundreds of codes")

func (d *Decoder) point(gozxing.ResultPoint) {
	if d.points++; d.points > mostPoints {
		panic(errPoints)
	}
}

var (
	errSize  = errors.New("picture's size does not fit its bytes")
	errThrow = errors.New("QR decoder panicked")
)

// smallest is the width of the smallest symbol, at one dot a module.
const smallest = 21

// Decode reads the code of a picture of brightness: height rows of width bytes (0 is black), stride bytes apart. It
// yields none if there is none, or none that can be read. An error says that pix is too short, or that the third-party
// decoder broke over the picture.
func (d *Decoder) Decode(pix []byte, width, height, stride int) ([]Result, error) {
	full := plane{pix, width, height, stride}
	if !full.fits() {
		return nil, errSize
	}
	var half plane
	var broke error
	for _, s := range recipe(width) {
		p := full
		if s.half {
			if half.pix == nil {
				half = d.halve(full)
			}
			p = half
		}
		if p.width < smallest || p.height < smallest {
			continue
		}
		r, err := d.try(p, s)
		switch {
		case err == nil:
			return []Result{r}, nil
		case errors.Is(err, errThrow):
			broke = err
		}
	}
	return nil, broke
}

// step is one try of the recipe.
type step struct {
	half     bool // on the picture at half its size
	global   bool // one threshold for all, instead of one for each block of 8x8
	inverted bool // white on black
}

// recipe is that of protocols.md E3: a large frame is quicker and better read at half its size. White on black is the
// last try, at the size at which the frame is read best.
func recipe(width int) []step {
	large := width > 800
	return []step{
		{half: large},
		{half: !large},
		{half: true, global: true},
		{global: true},
		{half: large, inverted: true},
	}
}

// try is one step. gozxing is third-party code over hostile pictures: what it throws is caught.
func (d *Decoder) try(p plane, s step) (r Result, err error) {
	defer caught(&err)
	d.points = 0
	bitmap, err := p.bitmap(s, &d.memory)
	if err != nil {
		return Result{}, err
	}
	found, err := d.reader.Decode(bitmap, d.hints)
	if err != nil {
		return Result{}, err
	}
	level, _ := found.GetResultMetadata()[gozxing.ResultMetadataType_ERROR_CORRECTION_LEVEL].(string)
	return resultOf(found.GetRawBytes(), level)
}

// caught makes an error of what was thrown.
func caught(err *error) {
	switch thrown := recover(); thrown {
	case nil:
	case errPoints:
		*err = errPoints
	default:
		*err = errThrow
	}
}

// Forget wipes what is left of the last picture.
func (d *Decoder) Forget() { clear(d.half[:cap(d.half)]) }
