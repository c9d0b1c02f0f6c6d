package camera

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
)

// layout is how the bytes of a frame are laid out.
type layout int

const (
	yuyv   layout = iota + 1 // Y0 U Y1 V: 4:2:2, two bytes a pixel
	grey                     // one byte a pixel
	motion                   // a JPEG picture
)

// String is for logs.
func (l layout) String() string {
	switch l {
	case yuyv:
		return "YUYV"
	case grey:
		return "GREY"
	case motion:
		return "MJPG"
	}
	return "unknown"
}

var (
	errShort  = errors.New("frame has fewer bytes than its size needs")
	errColour = errors.New("picture is in a colour space that no camera has")
	errHuge   = errors.New("picture has more than 40 million dots")
)

// most is the largest picture that is taken in, in dots: what claims to be larger is a broken header.
const most = 40_000_000

// converter turns the bytes of frames into pictures. It reuses its picture: each is valid until the next.
type converter struct {
	layout        layout
	width, height int // not used by motion, whose frames say it themselves
	luma          bool

	gray   *image.Gray
	colour *image.YCbCr
	tables []byte // of Huffman, for motion
	whole  []byte // a frame with its tables
	seen   bool   // there is a picture to wipe
}

// convert reads one frame. It never keeps data.
func (c *converter) convert(data []byte) (image.Image, error) {
	c.seen = true
	if c.layout == motion {
		return c.jpeg(data)
	}
	tight := c.width
	if c.layout == yuyv {
		tight *= 2
	}
	stride, err := strideOf(len(data), tight, c.height)
	if err != nil {
		return nil, err
	}
	c.reserve()
	switch {
	case c.layout == grey:
		copyGrey(c.gray, data, stride)
	case c.luma:
		copyLuma(c.gray, data, stride)
		return c.gray, nil
	default:
		copyYUYV(c.colour, data, stride)
		return c.colour, nil
	}
	return c.gray, nil
}

func (c *converter) reserve() {
	r := image.Rect(0, 0, c.width, c.height)
	if c.layout == grey || c.luma {
		if c.gray == nil {
			c.gray = image.NewGray(r)
		}
		return
	}
	if c.colour == nil {
		c.colour = image.NewYCbCr(r, image.YCbCrSubsampleRatio422)
	}
}

// wipe forgets the last picture.
func (c *converter) wipe() {
	if !c.seen {
		return
	}
	c.seen = false
	if c.gray != nil {
		clear(c.gray.Pix)
	}
	if c.colour != nil {
		clear(c.colour.Y)
		clear(c.colour.Cb)
		clear(c.colour.Cr)
	}
	clear(c.whole[:cap(c.whole)])
}

// strideOf tells how many bytes a row has in a frame of n bytes, since webcam doesn't say what the driver set. Drivers
// round rows up to some power of two, or the whole frame to a page.
func strideOf(n, tight, height int) (int, error) {
	if tight <= 0 || height <= 0 || n/tight < height {
		return 0, errShort
	}
	if row := n / height; n%height == 0 && row%2 == 0 && row-tight < 256 {
		return row, nil
	}
	return tight, nil
}

// copyGrey copies rows of one byte a pixel.
func copyGrey(dst *image.Gray, src []byte, stride int) {
	w := dst.Rect.Dx()
	for y := range dst.Rect.Dy() {
		copy(dst.Pix[y*dst.Stride:][:w], src[y*stride:])
	}
}

// copyLuma takes every second byte of rows of YUYV.
func copyLuma(dst *image.Gray, src []byte, stride int) {
	w := dst.Rect.Dx()
	for y := range dst.Rect.Dy() {
		out, in := dst.Pix[y*dst.Stride:][:w], src[y*stride:][:2*w]
		for x := range out {
			out[x] = in[2*x]
		}
	}
}

// copyYUYV parts rows of YUYV into planes. The chroma of an odd last column is that of its half pair.
func copyYUYV(dst *image.YCbCr, src []byte, stride int) {
	w := dst.Rect.Dx()
	for y := range dst.Rect.Dy() {
		in := src[y*stride:][:2*w]
		luma, cb, cr := dst.Y[y*dst.YStride:][:w], dst.Cb[y*dst.CStride:], dst.Cr[y*dst.CStride:]
		for x := 0; x+1 < w; x += 2 {
			four := in[2*x : 2*x+4 : 2*x+4]
			luma[x], cb[x/2], luma[x+1], cr[x/2] = four[0], four[1], four[2], four[3]
		}
		if w%2 == 1 {
			luma[w-1], cb[w/2], cr[w/2] = in[2*w-2], in[2*w-1], 128
		}
	}
}

// jpeg reads a frame of motion JPEG. Many cameras leave the Huffman tables out, as AVI's MJPG has it; they mean those
// of the standard.
func (c *converter) jpeg(data []byte) (image.Image, error) {
	if len(data) > 2 && !hasTables(data) {
		if c.tables == nil {
			tables, err := standardTables()
			if err != nil {
				return nil, err
			}
			c.tables = tables
		}
		c.whole = append(append(append(c.whole[:0], data[:2]...), c.tables...), data[2:]...)
		data = c.whole
	}
	head, err := jpeg.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("read JPEG head: %w", err)
	}
	if head.Width*head.Height > most {
		return nil, errHuge
	}
	img, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("read JPEG: %w", err)
	}
	switch m := img.(type) {
	case *image.Gray:
		c.gray = m
		return m, nil
	case *image.YCbCr:
		c.colour = m
		if c.luma {
			return &image.Gray{Pix: m.Y, Stride: m.YStride, Rect: m.Rect}, nil
		}
		return m, nil
	}
	return nil, errColour
}

// JPEG markers (ITU T.81 table B.1).
const (
	markSOI = 0xD8
	markDHT = 0xC4
	markSOS = 0xDA
)

// hasTables says whether a Huffman table is defined before the scan begins. What is no JPEG has none to miss.
func hasTables(data []byte) bool {
	if !bytes.HasPrefix(data, []byte{0xFF, markSOI}) {
		return true
	}
	for rest := data[2:]; len(rest) >= 4 && rest[0] == 0xFF; {
		switch rest[1] {
		case markDHT:
			return true
		case markSOS:
			return false
		case 0xFF: // fill
			rest = rest[1:]
			continue
		}
		size := 2 + int(rest[2])<<8 + int(rest[3])
		if size > len(rest) {
			return true
		}
		rest = rest[size:]
	}
	return true
}

// standardTables returns the DHT segments of ITU T.81 annex K, as Go's own encoder writes them.
func standardTables() ([]byte, error) {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewYCbCr(image.Rect(0, 0, 1, 1), image.YCbCrSubsampleRatio420), nil); err != nil {
		return nil, fmt.Errorf("make Huffman tables: %w", err)
	}
	var tables []byte
	for rest := b.Bytes()[2:]; len(rest) >= 4 && rest[1] != markSOS; {
		size := 2 + int(rest[2])<<8 + int(rest[3])
		if rest[1] == markDHT {
			tables = append(tables, rest[:size]...)
		}
		rest = rest[size:]
	}
	return tables, nil
}
