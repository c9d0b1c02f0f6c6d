package qr

import (
	"bytes"
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/simplifiedchinese"

	"zhizhu/devices/camera"
)

// shot is one picture of ZXing's black-box set, with what it must read as.
type shot struct {
	name  string
	image *image.Gray
	want  []byte // nil: nothing
}

// blackbox reads the sets whose names begin so under the folder, github.com/zxing/zxing's
// core/src/test/resources/blackbox. It is not shipped: the environment names it.
func blackbox(tb testing.TB, prefix string) []shot {
	tb.Helper()
	dir := os.Getenv("ZXING_BLACKBOX")
	files, err := filepath.Glob(filepath.Join(dir, prefix, "*"))
	if err != nil || len(files) == 0 {
		tb.Fatalf("no pictures in %q/%s (%v): set ZXING_BLACKBOX", dir, prefix, err)
	}
	var all []shot
	for _, path := range files {
		ext := filepath.Ext(path)
		if !strings.Contains(".png.jpg.gif", ext) {
			continue
		}
		f, err := os.Open(path)
		if err != nil {
			tb.Fatal(err)
		}
		img, err := camera.ReadImage(f)
		if err := f.Close(); err != nil {
			tb.Fatal(err)
		}
		if err != nil {
			tb.Fatal(path, err)
		}
		gray, _ := camera.Plain(img, true).(*image.Gray)
		want, err := os.ReadFile(strings.TrimSuffix(path, ext) + ".txt")
		if err != nil {
			want, _ = os.ReadFile(strings.TrimSuffix(path, ext) + ".bin")
		}
		all = append(all, shot{filepath.Base(filepath.Dir(path)) + "/" + filepath.Base(path), gray, want})
	}
	return all
}

// turned is a picture turned clockwise by quarters.
func turned(m *image.Gray, quarters int) *image.Gray {
	for range quarters {
		w, h := m.Rect.Dx(), m.Rect.Dy()
		out := image.NewGray(image.Rect(0, 0, h, w))
		for y := range h {
			for x := range w {
				out.Pix[x*h+h-1-y] = m.Pix[y*m.Stride+x]
			}
		}
		m = out
	}
	return m
}

// same compares a code's bytes, or its text where it names its charset, with a wanted text. Some codes of the set are in Latin-1 or Shift-JIS without saying so, which no
// reader can know: their bytes must be right.
func same(raw []byte, text string, want []byte) bool {
	want = bytes.TrimRight(want, "\r\n")
	raw = bytes.TrimRight(bytes.TrimPrefix(raw, []byte("\uFEFF")), "\r\n")
	if bytes.Equal(raw, want) || strings.TrimRight(text, "\r\n") == string(want) && text != "" {
		return true
	}
	if !utf8.Valid(want) {
		return false
	}
	for _, e := range []encoding.Encoding{charmap.ISO8859_1, japanese.ShiftJIS, simplifiedchinese.GB18030, charmap.Windows1252} {
		if coded, err := e.NewEncoder().Bytes(want); err == nil && bytes.Equal(coded, raw) {
			return true
		}
	}
	return false
}
