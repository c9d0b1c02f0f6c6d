package main

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"hash/crc32"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"zhizhu/devices/qr/qrtest"
)

func scene(t *testing.T, s qrtest.Scene) *image.Gray {
	t.Helper()
	m, err := s.Draw()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func save(t *testing.T, dir, name string, encode func(io.Writer) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := encode(&b); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// vast is the head of a PNG that claims to have a thousand million dots.
func vast(w io.Writer) error {
	head := append([]byte("IHDR\x00\x00\x80\x00\x00\x00\x80\x00"), 8, 6, 0, 0, 0)
	out := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), head...)
	_, err := w.Write(binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(head)))
	return err
}

func TestQRDecode(t *testing.T) {
	dir := t.TempDir()
	one := scene(t, qrtest.Scene{Width: 640, Height: 480, Text: "取号 <42>"})
	two := image.NewGray(image.Rect(0, 0, 1280, 480))
	draw.Draw(two, two.Rect, one, image.Point{}, draw.Src)
	draw.Draw(two, image.Rect(640, 0, 1280, 480), scene(t, qrtest.Scene{Width: 640, Height: 480, Text: "second"}), image.Point{}, draw.Src)
	clear := image.NewNRGBA(one.Rect) // black on nothing
	for y := range 480 {
		for x := range 640 {
			if one.GrayAt(x, y).Y < 60 {
				clear.Set(x, y, color.Black)
			}
		}
	}
	photo := scene(t, qrtest.Scene{Width: 1700, Height: 1200, Text: "photo", Angle: 20, Noise: 12})
	files := []string{
		save(t, dir, "one.png", func(w io.Writer) error { return png.Encode(w, one) }),
		save(t, dir, "clear.png", func(w io.Writer) error { return png.Encode(w, clear) }),
		save(t, dir, "photo.jpg", func(w io.Writer) error { return jpeg.Encode(w, photo, nil) }),
		save(t, dir, "one.gif", func(w io.Writer) error { return gif.Encode(w, one, nil) }),
		save(t, dir, "two.png", func(w io.Writer) error { return png.Encode(w, two) }),
	}
	var out, complaints bytes.Buffer
	if code := run(t.Context(), append([]string{"qr", "decode", "--json"}, files...), nil, &out, &complaints); code != exitOK {
		t.Errorf("exit %d: %s", code, complaints.String())
	}
	var got []string
	for _, line := range readCodes(t, out.Bytes()) {
		if line.Error != "" || *line.RawHex != hex.EncodeToString([]byte(*line.Text)) {
			t.Errorf("%+v", line)
			continue
		}
		got = append(got, filepath.Base(line.File)+" "+*line.Text)
	}
	want := "one.png 取号 <42>|clear.png 取号 <42>|photo.jpg photo|one.gif 取号 <42>|two.png "
	if text := strings.Join(got, "|"); !strings.HasPrefix(text, want) || !strings.Contains(text, "two.png second") || len(got) != 6 {
		t.Errorf("got %s", text)
	}
}

func readCodes(t *testing.T, out []byte) (all []readCode) {
	t.Helper()
	for dec := json.NewDecoder(bytes.NewReader(out)); dec.More(); {
		var r readCode
		if err := dec.Decode(&r); err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}

// Each picture that can't be read says why, and the rest are read all the same.
func TestQRDecodeGoesOn(t *testing.T) {
	dir := t.TempDir()
	good := scene(t, qrtest.Scene{Width: 320, Height: 240, Text: "good"})
	var whole bytes.Buffer
	if err := png.Encode(&whole, good); err != nil {
		t.Fatal(err)
	}
	write := func(b []byte) func(io.Writer) error {
		return func(w io.Writer) error { _, err := w.Write(b); return err }
	}
	files := []string{
		filepath.Join(dir, "none.png"),
		dir,
		save(t, dir, "text.png", write([]byte("hello"))),
		save(t, dir, "empty.jpg", write(nil)),
		save(t, dir, "torn.png", write(whole.Bytes()[:whole.Len()/2])),
		save(t, dir, "vast.png", vast),
		save(t, dir, "desk.png", func(w io.Writer) error { return png.Encode(w, scene(t, qrtest.Scene{Width: 320, Height: 240})) }),
		save(t, dir, "dot.png", func(w io.Writer) error { return png.Encode(w, image.NewGray(image.Rect(0, 0, 1, 1))) }),
		save(t, dir, "good.png", write(whole.Bytes())),
	}
	want := []string{"no such file", "a folder", "no whole PNG", "no whole PNG", "no whole PNG", "million dots", "no QR code", "no QR code", ""}
	var out, complaints bytes.Buffer
	if code := run(t.Context(), append([]string{"qr", "decode", "--json"}, files...), nil, &out, &complaints); code != exitFailed {
		t.Errorf("exit %d", code)
	}
	got := readCodes(t, out.Bytes())
	if len(got) != len(want) {
		t.Fatalf("%d lines, want %d: %s", len(got), len(want), out.String())
	}
	for i, w := range want {
		if !strings.Contains(got[i].Error, w) || (w == "") != (got[i].Error == "") || got[i].File != files[i] {
			t.Errorf("line %d: %+v, want %q", i, got[i], w)
		}
	}
	if !strings.Contains(complaints.String(), "8 of 9") {
		t.Errorf("complaint: %s", complaints.String())
	}

	out.Reset()
	if code := run(t.Context(), []string{"qr", "decode", files[8]}, nil, &out, &complaints); code != exitOK || out.String() != files[8]+": good\n" {
		t.Errorf("for people: exit %d, %q", code, out.String())
	}
	if code := run(t.Context(), []string{"qr", "decode"}, nil, &out, &complaints); code != exitUsage {
		t.Errorf("without a picture: exit %d", code)
	}
}
