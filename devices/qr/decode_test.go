package qr

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"zhizhu/devices/qr/qrtest"
)

func scene(tb testing.TB, s qrtest.Scene) *image.Gray {
	tb.Helper()
	img, err := s.Draw()
	if err != nil {
		tb.Fatal(err)
	}
	return img
}

func read(tb testing.TB, d *Decoder, m *image.Gray) string {
	tb.Helper()
	r, err := d.Decode(m.Pix, m.Rect.Dx(), m.Rect.Dy(), m.Stride)
	if err != nil {
		tb.Error(err)
	}
	if len(r) == 0 {
		return ""
	}
	return r[0].Text
}

const token = "https://example.gd.gov.cn/q/取号-0042?k=7f3a"

// Every kind of frame that a resident's phone or slip makes, at both sizes of cameras.
func TestFrames(t *testing.T) {
	for name, s := range map[string]qrtest.Scene{
		"clean":        {},
		"turned":       {Angle: 33},
		"upside down":  {Angle: 180},
		"small":        {Module: 3},
		"blurred":      {Blur: 1, Angle: 5},
		"noisy":        {Noise: 18, Angle: 80},
		"faint":        {Contrast: 0.25, Noise: 3},
		"glare":        {Glare: true, Noise: 6},
		"inverted":     {Inverted: true},
		"inverted, 45": {Inverted: true, Angle: 45},
	} {
		t.Run(name, func(t *testing.T) {
			d := NewDecoder()
			for _, size := range [][2]int{{640, 480}, {960, 540}} {
				s.Width, s.Height, s.Text = size[0], size[1], token
				got := ""
				for s.Seed = 0; s.Seed < 3 && got == ""; s.Seed++ { // a miss is made up in the next frame
					got = read(t, d, scene(t, s))
				}
				if got != token {
					t.Errorf("%v: read %q in three frames", size, got)
				}
			}
		})
	}
}

func TestNothingIsReadWhereNothingIs(t *testing.T) {
	d := NewDecoder()
	for seed := range uint64(10) {
		m := scene(t, qrtest.Scene{Width: 640, Height: 480, Noise: float64(8 * seed), Seed: seed})
		if got := read(t, d, m); got != "" {
			t.Errorf("seed %d: read %q", seed, got)
		}
	}
	for _, v := range []byte{0, 255} {
		if got := read(t, d, &image.Gray{Pix: bytes.Repeat([]byte{v}, 320*240), Stride: 320, Rect: image.Rect(0, 0, 320, 240)}); got != "" {
			t.Errorf("read %q", got)
		}
	}
}

// A frame whose rows are padded, as cameras have them, with the last row's padding missing.
func TestStride(t *testing.T) {
	m := scene(t, qrtest.Scene{Width: 900, Height: 600, Text: token})
	const stride = 960
	padded := bytes.Repeat([]byte{0x55}, stride*600)
	for y := range 600 {
		copy(padded[y*stride:], m.Pix[y*m.Stride:][:900])
	}
	padded = padded[: 599*stride+900 : 599*stride+900]
	r, err := NewDecoder().Decode(padded, 900, 600, stride)
	if err != nil || len(r) != 1 || r[0].Text != token {
		t.Errorf("%d codes, %v", len(r), err)
	}
}

func TestSizesThatCannotBe(t *testing.T) {
	for _, s := range [][4]int{{0, 0, 0, 0}, {100, 10, 10, 9}, {99, 10, 10, 10}, {100, -10, -10, 10}, {100, 1 << 40, 1, 1 << 40}, {0, 10, 10, 10}} {
		if _, err := NewDecoder().Decode(make([]byte, s[0]), s[1], s[2], s[3]); err == nil {
			t.Errorf("%v was taken", s)
		}
	}
	if r, err := NewDecoder().Decode(make([]byte, 20*20), 20, 20, 20); err != nil || len(r) != 0 {
		t.Errorf("a tiny picture: %v, %v", r, err)
	}
}

// A picture full of finder patterns would keep gozxing busy for minutes.
func TestPictureOfThousandsOfCorners(t *testing.T) {
	m := image.NewGray(image.Rect(0, 0, 1280, 720))
	for i := range m.Pix {
		m.Pix[i] = 255
		switch ring := max(abs(i%1280%40-20), abs(i/1280%40-20)); { // modules of 4 dots
		case ring < 6, ring >= 10 && ring < 14:
			m.Pix[i] = 0
		}
	}
	d := NewDecoder()
	if got := read(t, d, m); got != "" {
		t.Errorf("read %q", got)
	}
	if _, err := d.try(plane{m.Pix, 1280, 720, 1280}, step{}); !errors.Is(err, errPoints) {
		t.Errorf("%d corners were seen (%v): this test would not notice", d.points, err)
	}
	if got := read(t, d, scene(t, qrtest.Scene{Width: 640, Height: 480, Text: token})); got != token {
		t.Error("a decoder that gave up once reads nothing any more")
	}
}

func abs(x int) int { return max(x, -x) }

// thrower is a gozxing that breaks.
type thrower struct{ gozxing.Reader }

func (thrower) Decode(*gozxing.BinaryBitmap, map[gozxing.DecodeHintType]any) (*gozxing.Result, error) {
	panic("index out of range [7] with length 7")
}

func TestPanicIsAnError(t *testing.T) {
	d := NewDecoder()
	d.reader = thrower{}
	if r, err := d.Decode(make([]byte, 100*100), 100, 100, 100); err == nil || len(r) != 0 {
		t.Errorf("%v, %v", r, err)
	}
}

func TestForgetWipes(t *testing.T) {
	d := NewDecoder()
	read(t, d, scene(t, qrtest.Scene{Width: 900, Height: 600, Text: token}))
	if len(d.half) == 0 || bytes.Count(d.half, []byte{0}) == len(d.half) {
		t.Fatal("nothing to wipe")
	}
	d.Forget()
	if bytes.Count(d.half, []byte{0}) != len(d.half) {
		t.Error("the last picture is still there")
	}
}

func TestResultRedactsItself(t *testing.T) {
	var log bytes.Buffer
	r := Result{Raw: []byte(token), Text: token}
	slog.New(slog.NewTextHandler(&log, nil)).Info("Read", slog.Any("code", r))
	if text := log.String() + fmt.Sprint(r) + fmt.Sprintf("%v %s", &r, r); strings.Contains(text, "7f3a") {
		t.Error(text)
	}
}

// Four codes in one picture, one of them twice and one white on black.
func TestDecodeAll(t *testing.T) {
	sheet := image.NewGray(image.Rect(0, 0, 2000, 600))
	draw.Draw(sheet, sheet.Rect, image.White, image.Point{}, draw.Src)
	for i, s := range []qrtest.Scene{{Text: "one"}, {Text: "two", Angle: 30}, {Text: "two"}, {Text: "three", Inverted: true}} {
		s.Width, s.Height, s.Seed = 500, 600, uint64(i)
		part := scene(t, s)
		draw.Draw(sheet, image.Rect(500*i, 0, 500*i+500, 600), part, image.Point{}, draw.Src)
	}
	all, err := NewDecoder().DecodeAll(sheet.Pix, 2000, 600, 2000)
	if err != nil {
		t.Error(err)
	}
	var got []string
	for _, r := range all {
		got = append(got, r.Text)
	}
	if slices.Sort(got); strings.Join(got, " ") != "one three two" {
		t.Errorf("got %q", got)
	}
	if all, err := NewDecoder().DecodeAll(make([]byte, 900*40), 900, 40, 900); err != nil || len(all) != 0 {
		t.Errorf("black: %v, %v", all, err)
	}
	if _, err := NewDecoder().DecodeAll(nil, 900, 40, 900); !errors.Is(err, errSize) {
		t.Errorf("no bytes: %v", err)
	}
}

// encode makes a symbol with gozxing's own writer, in a charset.
func encode(t *testing.T, text, charset string) *image.Gray {
	t.Helper()
	hints := map[gozxing.EncodeHintType]any{}
	if charset != "" {
		hints[gozxing.EncodeHintType_CHARACTER_SET] = charset
	}
	bits, err := qrcode.NewQRCodeWriter().Encode(text, gozxing.BarcodeFormat_QR_CODE, 300, 300, hints)
	if err != nil {
		t.Fatal(err)
	}
	m := image.NewGray(image.Rect(0, 0, bits.GetWidth(), bits.GetHeight()))
	for y := range bits.GetHeight() {
		for x := range bits.GetWidth() {
			if !bits.Get(x, y) {
				m.Pix[y*m.Stride+x] = 255
			}
		}
	}
	return m
}

// Charsets that are named by an ECI, as gozxing's writer does where one is asked for.
func TestNamedCharsets(t *testing.T) {
	for charset, text := range map[string]string{
		"": "0123456789", "UTF-8": "粤省事 𠮷", "GB18030": "粤省事 𠮷野家", "Shift_JIS": "日本語", "ISO-8859-1": "Zürich", "Big5": "廣東",
	} {
		t.Run(charset, func(t *testing.T) {
			if got := read(t, NewDecoder(), encode(t, text, charset)); got != text {
				t.Errorf("%q, want %q", got, text)
			}
		})
	}
}

// FuzzDecode: no picture brings the program down.
func FuzzDecode(f *testing.F) {
	m, err := qrtest.Scene{Width: 60, Height: 60, Module: 1, Text: "1"}.Draw()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(m.Pix, uint8(60), uint8(60), uint8(0))
	f.Add(bytes.Repeat([]byte{0, 255, 0, 0, 0, 255, 0}, 300), uint8(42), uint8(40), uint8(8))
	f.Add([]byte(nil), uint8(0), uint8(0), uint8(0))
	d := NewDecoder()
	f.Fuzz(func(t *testing.T, pix []byte, w, h, pad uint8) {
		if _, err := d.Decode(pix, int(w), int(h), int(w)+int(pad)); err != nil && !errors.Is(err, errSize) {
			t.Error(err)
		}
	})
}
