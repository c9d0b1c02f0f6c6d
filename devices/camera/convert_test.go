package camera

import (
	"image"
	"testing"
)

func TestStrideOf(t *testing.T) {
	for _, tc := range []struct {
		name        string
		n, tight, h int
		want        int
		short       bool
	}{
		{"tight", 1280 * 720 * 2, 2560, 720, 2560, false},
		{"rows to 64 bytes", 1024 * 479, 1000, 479, 1024, false},
		{"frame to a page", 1280*720*2 + 4096, 2560, 720, 2560, false},
		{"one short", 1280*720*2 - 1, 2560, 720, 0, true},
		{"nothing", 0, 2560, 720, 0, true},
		{"a much larger frame", 4 * 1280 * 720, 2560, 360, 2560, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := strideOf(tc.n, tc.tight, tc.h)
			if got != tc.want || (err != nil) != tc.short {
				t.Errorf("%d, %v", got, err)
			}
		})
	}
}

func TestLuma(t *testing.T) {
	gray := image.NewGray(image.Rect(0, 0, 8, 6))
	for i := range gray.Pix {
		gray.Pix[i] = byte(i)
	}
	part := gray.SubImage(image.Rect(2, 1, 5, 4))
	pix, w, h, stride := Frame{Image: part}.Luma()
	if w != 3 || h != 3 || stride != 8 || pix[0] != 10 || pix[2*stride+2] != 28 {
		t.Errorf("%dx%d, stride %d, %v", w, h, stride, pix)
	}
	if pix, w, _, _ := (Frame{Image: image.NewRGBA(gray.Rect)}).Luma(); pix != nil || w != 0 {
		t.Error("RGBA has brightness")
	}
}

// FuzzConvert: no bytes of a frame bring the program down, or yield a picture of another size.
func FuzzConvert(f *testing.F) {
	whole := encode(f, 16, 8)
	f.Add(byte(yuyv), byte(4), byte(2), frameYUYV)
	f.Add(byte(yuyv), byte(3), byte(2), frameYUYV[:12])
	f.Add(byte(grey), byte(4), byte(4), frameYUYV)
	f.Add(byte(motion), byte(0), byte(0), whole)
	f.Add(byte(motion), byte(0), byte(0), withoutTables(f, whole))
	f.Add(byte(motion), byte(0), byte(0), []byte("\xff\xd8\xff\xff\xff\xda"))
	f.Fuzz(func(t *testing.T, kind, w, h byte, data []byte) {
		for _, luma := range []bool{true, false} {
			c := converter{layout: layout(kind%3 + 1), width: int(w), height: int(h), luma: luma}
			if head := jpegDots(data); c.layout == motion && head > 1<<20 {
				return // slow to fuzz
			}
			img, err := c.convert(data)
			if err != nil {
				continue
			}
			pix, gw, gh, stride := Frame{Image: img}.Luma()
			if c.layout != motion && (gw != int(w) || gh != int(h)) {
				t.Errorf("%dx%d, want %dx%d", gw, gh, w, h)
			}
			if gh > 0 && len(pix) < (gh-1)*stride+gw {
				t.Errorf("%d bytes for %dx%d", len(pix), gw, gh)
			}
			c.wipe()
		}
	})
}

// jpegDots is how many dots the first frame header claims.
func jpegDots(data []byte) int {
	for i := 0; i+9 < len(data); i++ {
		if data[i] == 0xFF && data[i+1] >= 0xC0 && data[i+1] <= 0xC2 {
			return (int(data[i+5])<<8 | int(data[i+6])) * (int(data[i+7])<<8 | int(data[i+8]))
		}
	}
	return 0
}
