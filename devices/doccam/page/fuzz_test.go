package page_test

import (
	"image"
	"image/color"
	"testing"

	"zhizhu/devices/doccam/page"
)

// picture makes one of the kinds of pictures of a string of bytes, with bounds that don't begin at 0, as sub-images have.
func picture(kind, w, h, x, y int, data []byte) image.Image {
	kind, w, h, x, y = kind&7, w&255, h&255, x&3, y&3
	at := func(i int) byte {
		if len(data) == 0 {
			return 0
		}
		return data[i%len(data)]
	}
	r := image.Rect(0, 0, w+x, h+y)
	part := image.Rect(x, y, w+x, h+y)
	switch kind {
	case 0:
		m := image.NewGray(r)
		for i := range m.Pix {
			m.Pix[i] = at(i)
		}
		return m.SubImage(part)
	case 1:
		m := image.NewNRGBA(r)
		for i := range m.Pix {
			m.Pix[i] = at(i)
		}
		return m.SubImage(part)
	}
	m := image.NewYCbCr(r, image.YCbCrSubsampleRatio(kind-2))
	for i := range m.Y {
		m.Y[i] = at(i)
	}
	for i := range m.Cb {
		m.Cb[i], m.Cr[i] = at(3*i), at(5*i)
	}
	return m.SubImage(part)
}

func FuzzPicture(f *testing.F) {
	f.Add(0, 200, 150, 0, 0, []byte{0, 255, 3, 200})
	f.Add(1, 1, 1, 1, 1, []byte{9})
	f.Add(2, 255, 3, 3, 0, []byte{0, 0, 0, 255, 255})
	f.Add(5, 3, 255, 1, 2, []byte("text"))
	f.Add(7, 64, 64, 3, 3, []byte{})
	f.Add(4, 0, 0, 0, 0, []byte{1})
	f.Fuzz(func(t *testing.T, kind, w, h, x, y int, data []byte) {
		m := picture(kind, w, h, x, y, data)
		v := page.Look(m)
		q := v.Check()
		for _, p := range q.Corners {
			if q.Sure && (p.X < -8 || p.Y < -8 || p.X > float64(w&255)+8 || p.Y > float64(h&255)+8) {
				t.Errorf("corner %v outside the frame", p)
			}
		}
		if v.Preview(64).Rect.Dx() > 64 {
			t.Error("the preview is too large")
		}
		_ = v.Moved(page.Look(m))
		flat := page.Flatten(m, q.Outline, kind&8 != 0)
		if (flat == nil) != m.Bounds().Empty() {
			t.Error("a page was made of nothing, or nothing of a page")
		}
		if flat != nil {
			if data, _, _, err := page.Encode(flat, 20_000); err != nil || len(data) > 20_000 {
				t.Errorf("%d bytes, %v", len(data), err)
			}
		}
		v.Wipe()
		page.Wipe(m)
	})
}

// A long strip, a single pixel, and none at all.
func TestOddSizes(t *testing.T) {
	for _, s := range [][2]int{{0, 0}, {1, 1}, {1, 5000}, {70_000, 1}, {5000, 40}, {41, 41}, {479, 481}} {
		for _, m := range []image.Image{
			image.NewGray(image.Rect(0, 0, s[0], s[1])), image.NewYCbCr(image.Rect(0, 0, s[0], s[1]), image.YCbCrSubsampleRatio420),
			image.NewUniform(color.White),
		} {
			if _, endless := m.(*image.Uniform); endless {
				continue
			}
			q := page.Check(m)
			if q.Sure {
				t.Errorf("%v: a page was found in nothing", s)
			}
			if flat := page.Flatten(m, q.Outline, false); flat != nil {
				if _, _, _, err := page.Encode(flat, 0); err != nil {
					t.Errorf("%v: %v", s, err)
				}
			}
		}
	}
	if page.Flatten(nil, page.Outline{}, false) != nil || page.Find(nil).Sure {
		t.Error("something was made of nothing")
	}
}
