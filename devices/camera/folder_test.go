package camera

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"zhizhu/devices"
)

// grey is a picture of one brightness.
func greyPNG(t *testing.T, v uint8) []byte {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, 8, 8))
	for i := range m.Pix {
		m.Pix[i] = v
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func put(t *testing.T, dir, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// shown serves for a time and returns the brightness of what was shown.
func shown(t *testing.T, f *Files, d time.Duration, during func()) (all []byte, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	ended := make(chan error)
	go func() {
		ended <- f.Serve(ctx, func(fr Frame) { pix, _, _, _ := fr.Luma(); all = append(all, pix[0]) })
	}()
	if during != nil {
		during()
	}
	return all, <-ended
}

func TestFolder(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "b.png", greyPNG(t, 20))
	put(t, dir, "a.PNG", greyPNG(t, 10))
	put(t, dir, "notes.txt", []byte("nothing to see"))
	put(t, dir, ".c.png", greyPNG(t, 99))
	put(t, dir, "c.png", greyPNG(t, 30)[:40]) // being copied
	if err := os.Mkdir(filepath.Join(dir, "d.png"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(dir, "gone"), filepath.Join(dir, "e.png")); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		var logs bytes.Buffer
		f := Folder(FolderOptions{Path: dir, Every: time.Second, Grey: true, Now: time.Now, Log: slog.New(slog.NewTextHandler(&logs, nil))})
		all, err := shown(t, f, 20*time.Second, func() {
			<-time.After(5500 * time.Millisecond)
			put(t, dir, "c.png", greyPNG(t, 30))
			put(t, dir, "0.png", greyPNG(t, 0))
			<-time.After(5 * time.Second)
			put(t, dir, "a.PNG", greyPNG(t, 200)) // as long as before
			if err := os.Chtimes(filepath.Join(dir, "a.PNG"), time.Time{}, time.Now()); err != nil {
				t.Error(err)
			}
		})
		if !errors.Is(err, context.DeadlineExceeded) || !bytes.Equal(all, []byte{10, 20, 0, 30, 200}) {
			t.Errorf("%v, %v", all, err)
		}
		if f.Dropped() != 1 || !strings.Contains(logs.String(), "dropped") || strings.Contains(logs.String(), "c.png") {
			t.Errorf("%d dropped: %s", f.Dropped(), logs.String())
		}
	})
}

func TestFolderLoops(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "a.png", greyPNG(t, 10))
	put(t, dir, "b.png", greyPNG(t, 20))
	put(t, dir, "c.png", nil)
	synctest.Test(t, func(t *testing.T) {
		f := Folder(FolderOptions{Path: dir, Every: time.Second, Loop: true, Now: time.Now})
		all, _ := shown(t, f, 8500*time.Millisecond, func() {
			<-time.After(3500 * time.Millisecond)
			f.Pause(true)
			<-time.After(3 * time.Second)
			f.Pause(false)
		})
		if s := string(all); !strings.HasPrefix(s, "\x0a\x14\x0a") || len(s) > 6 || f.Dropped() != 1 {
			t.Errorf("%v, %d dropped", all, f.Dropped())
		}
	})
}

func TestOneFile(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "picture", greyPNG(t, 10)) // whatever it is called
	synctest.Test(t, func(t *testing.T) {
		f := Folder(FolderOptions{Path: filepath.Join(dir, "picture"), Now: time.Now})
		all, _ := shown(t, f, 5*time.Second, nil)
		if !bytes.Equal(all, []byte{10}) {
			t.Errorf("%v", all)
		}
	})
}

func TestFolderIsLost(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "pictures")
	if _, err := shown(t, Folder(FolderOptions{Path: dir, Now: time.Now}), time.Minute, nil); devices.KindOf(err) != devices.NoPort {
		t.Errorf("not there: %v", err)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	put(t, dir, "a.png", greyPNG(t, 10))
	synctest.Test(t, func(t *testing.T) {
		_, err := shown(t, Folder(FolderOptions{Path: dir, Now: time.Now}), time.Minute, func() {
			<-time.After(time.Second)
			if err := os.RemoveAll(dir); err != nil {
				t.Error(err)
			}
		})
		if devices.KindOf(err) != devices.HungUp {
			t.Errorf("taken away: %v", err)
		}
	})
}

// Every kind of picture becomes one of the two types, with the brightness and colour that it had.
func TestPlain(t *testing.T) {
	r := image.Rect(3, 5, 19, 13)
	nrgba, cmyk, pal := image.NewNRGBA(r), image.NewCMYK(r), image.NewPaletted(r, color.Palette{color.White, color.RGBA{200, 40, 40, 255}})
	ycc := image.NewYCbCr(r, image.YCbCrSubsampleRatio420)
	deep, gray := image.NewGray16(r), image.NewGray(r)
	red := color.RGBA{200, 40, 40, 255}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			nrgba.Set(x, y, red)
			cmyk.Set(x, y, red)
			pal.Set(x, y, red)
			deep.Set(x, y, red)
			gray.Set(x, y, red)
			Y, cb, cr := color.RGBToYCbCr(200, 40, 40)
			ycc.Y[ycc.YOffset(x, y)], ycc.Cb[ycc.COffset(x, y)], ycc.Cr[ycc.COffset(x, y)] = Y, cb, cr
		}
	}
	nrgba.Set(3, 5, color.Transparent)
	for _, img := range []image.Image{nrgba, cmyk, pal, ycc, deep, gray, gray.SubImage(r.Inset(1)), ycc.SubImage(r.Inset(2))} {
		for _, luma := range []bool{true, false} {
			m := Plain(img, luma)
			pix, w, h, stride := Frame{Image: m}.Luma()
			if _, ok := m.(*image.Gray); w != img.Bounds().Dx() || h != img.Bounds().Dy() || luma && !ok {
				t.Errorf("%T became a %T of %dx%d", img, m, w, h)
				continue
			}
			if v := pix[(h-1)*stride+w-1]; v < 86 || v > 90 {
				t.Errorf("%T: brightness %d", img, v)
			}
			if img == nrgba && pix[0] != 255 {
				t.Errorf("what is transparent became %d", pix[0])
			}
			if c, ok := m.(*image.YCbCr); ok && img != deep {
				if r, _, _, _ := c.At(c.Rect.Max.X-1, c.Rect.Max.Y-1).RGBA(); r>>8 < 195 || r>>8 > 205 {
					t.Errorf("%T: red %d", img, r>>8)
				}
			}
		}
	}
}

func TestReadImage(t *testing.T) {
	var j, g bytes.Buffer
	m := image.NewGray(image.Rect(0, 0, 4, 4))
	if err := errors.Join(jpeg.Encode(&j, m, nil), gif.Encode(&g, m, nil)); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"PNG": greyPNG(t, 1), "JPEG": j.Bytes(), "GIF": g.Bytes()} {
		if img, err := ReadImage(bytes.NewReader(data)); err != nil || img.Bounds().Empty() {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := ReadImage(bytes.NewReader(data[:len(data)-20])); !errors.Is(err, errNoPicture) {
			t.Errorf("half a %s: %v", name, err)
		}
	}
	if _, err := ReadImage(bytes.NewReader([]byte("GIF89a\xff\xff\xff\xff\x00\x00\x00"))); !errors.Is(err, errHuge) {
		t.Errorf("a vast GIF: %v", err)
	}
}

// FuzzReadImage: no file brings the program down.
func FuzzReadImage(f *testing.F) {
	m := image.NewPaletted(image.Rect(0, 0, 4, 4), color.Palette{color.White, color.Black})
	for _, encode := range []func(*bytes.Buffer) error{
		func(b *bytes.Buffer) error { return png.Encode(b, m) },
		func(b *bytes.Buffer) error { return jpeg.Encode(b, m, nil) },
		func(b *bytes.Buffer) error { return gif.Encode(b, m, nil) },
	} {
		var b bytes.Buffer
		if err := encode(&b); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if head, _, err := image.DecodeConfig(bytes.NewReader(data)); err == nil && head.Width*head.Height > 1<<20 {
			return // slow to fuzz
		}
		img, err := ReadImage(bytes.NewReader(data))
		if err != nil {
			return
		}
		for _, luma := range []bool{true, false} {
			pix, w, h, stride := Frame{Image: Plain(img, luma)}.Luma()
			if w != img.Bounds().Dx() || h != img.Bounds().Dy() || h > 0 && len(pix) < (h-1)*stride+w {
				t.Errorf("%T: %dx%d", img, w, h)
			}
		}
	})
}
