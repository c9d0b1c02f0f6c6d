package page_test

import (
	"bytes"
	"image"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
	"pgregory.net/rapid"

	"zhizhu/devices/doccam/desk"
	"zhizhu/devices/doccam/page"
)

func read(m image.Image) (string, error) {
	bmp, err := gozxing.NewBinaryBitmapFromImage(m)
	if err != nil {
		return "", err
	}
	r, err := qrcode.NewQRCodeReader().Decode(bmp, map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true})
	if err != nil {
		return "", err
	}
	return r.GetText(), nil
}

// What is on the page survives straightening and packing: its code is read from the JPEG.
func TestCodeSurvives(t *testing.T) {
	sheet := sheets()["notice"]
	for i := range 6 {
		rng := rand.New(rand.NewPCG(uint64(i), 3))
		at := desk.Upright(sheet, 1600, 900, 0.85, 16*rng.Float64()-8, 0.15*rng.Float64()).Jittered(1, rng)
		scene := desk.Scene{Width: 1600, Height: 900, Mat: desk.Grey, Laid: []desk.Laid{{Sheet: sheet, Corners: at}}, Blur: 0.6, Noise: 2, Seed: uint64(i)}
		frame := scene.Render()
		found := page.Find(frame)
		if !found.Sure {
			t.Errorf("frame %d: no page", i)
			continue
		}
		data, w, h, err := page.Encode(page.Flatten(frame, found, i%2 == 1), 200_000)
		if err != nil {
			t.Fatal(err)
		}
		m, err := jpeg.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if m.Bounds().Dx() != w || m.Bounds().Dy() != h || len(data) > 200_000 {
			t.Errorf("frame %d: %v, said %d by %d, %d bytes", i, m.Bounds(), w, h, len(data))
		}
		if got, err := read(m); err != nil || got != code {
			t.Errorf("frame %d: the code reads %q, %v", i, got, err)
		}
		if r := float64(h) / float64(w); math.Abs(r/math.Sqrt2-1) > 0.03 {
			t.Errorf("frame %d: %d by %d is no A4", i, w, h)
		}
	}
}

// In the middle of the code lies the middle of the code: no shift, no mirror, no turn.
func TestFlattenPlaces(t *testing.T) {
	marks := image.NewGray(image.Rect(0, 0, 400, 300))
	for i := range marks.Pix {
		marks.Pix[i] = 200
	}
	for y := 95; y < 105; y++ {
		for x := 55; x < 65; x++ {
			marks.Pix[y*400+x] = 20
		}
	}
	found := page.Outline{Sure: true, Corners: page.Quad{{X: 50, Y: 50}, {X: 250, Y: 50}, {X: 250, Y: 250}, {X: 50, Y: 250}}}
	m := page.Flatten(marks, found, false).(*image.Gray)
	b := m.Bounds()
	if b.Dx() != 200 || b.Dy() != 200 {
		t.Fatalf("%v", b)
	}
	// 10 pixels right and 50 below the corner, less a margin of half a hundredth.
	if m.GrayAt(11, 51).Y != 20 || m.GrayAt(3, 51).Y != 200 || m.GrayAt(18, 51).Y != 200 || m.GrayAt(11, 43).Y != 200 {
		t.Error("the mark is elsewhere")
	}
}

func TestUnsureIsLeftWhole(t *testing.T) {
	frame := desk.Scene{Width: 641, Height: 479, Mat: desk.Wood, Noise: 3}.Render()
	m := page.Flatten(frame, page.Outline{Corners: page.Quad{{X: 9, Y: 9}, {X: 99, Y: 9}, {X: 99, Y: 99}, {X: 9, Y: 99}}}, false).(*image.YCbCr)
	if m.Bounds().Dx() != 641 || m.Bounds().Dy() != 479 || !bytes.Equal(m.Y, frame.Y) {
		t.Error("the whole frame is not as it was")
	}
}

func TestEncode(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	noise := image.NewYCbCr(image.Rect(0, 0, 930, 1315), image.YCbCrSubsampleRatio420) // nothing packs worse
	for _, p := range [][]byte{noise.Y, noise.Cb, noise.Cr} {
		for i := range p {
			p[i] = byte(rng.Uint32())
		}
	}
	var last []byte
	for _, limit := range []int{0, 20_000, 60_000, 5_000_000} {
		data, w, h, err := page.Encode(noise, limit)
		if limit == 0 {
			limit = page.DefaultCap
		}
		if err != nil || len(data) > limit || w < 1 || h < 1 {
			t.Errorf("cap %d: %d bytes, %d by %d, %v", limit, len(data), w, h, err)
		}
		if bytes.Contains(data[:min(len(data), 1000)], []byte("Exif")) {
			t.Error("there is an EXIF block")
		}
		again, _, _, _ := page.Encode(noise, limit)
		if !bytes.Equal(data, again) {
			t.Error("the same picture made other bytes")
		}
		last = data
	}
	if cfg, err := jpeg.DecodeConfig(bytes.NewReader(last)); err != nil || cfg.Width != 930 {
		t.Errorf("with room enough, nothing is taken away: %v, %v", cfg.Width, err)
	}
	for _, m := range []image.Image{nil, image.NewGray(image.Rectangle{}), image.NewRGBA(image.Rect(0, 0, 0, 9))} {
		if _, _, _, err := page.Encode(m, 0); err == nil {
			t.Error("a picture without pixels was packed")
		}
	}
	if _, _, _, err := page.Encode(noise, 19_999); err == nil {
		t.Error("a cap that no picture fits under was taken")
	}
}

// A sheet of A4 under the usual cap keeps 150 dpi.
func TestA4KeepsItsLetters(t *testing.T) {
	m := sheets()["form"].Image // 200 dpi
	data, w, h, err := page.Encode(m, 0)
	if err != nil || max(w, h) < 1754 {
		t.Errorf("%d by %d in %d bytes, %v", w, h, len(data), err)
	}
}

func TestCapIsNeverExceeded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, h := rapid.IntRange(1, 700).Draw(t, "w"), rapid.IntRange(1, 700).Draw(t, "h")
		limit := rapid.IntRange(20_000, 100_000).Draw(t, "limit")
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		m := image.NewGray(image.Rect(0, 0, w, h))
		for i := range m.Pix {
			m.Pix[i] = byte(rng.Uint32())
		}
		data, _, _, err := page.Encode(m, limit)
		if err != nil || len(data) > limit {
			t.Fatalf("%d bytes over %d, %v", len(data), limit, err)
		}
	})
}
