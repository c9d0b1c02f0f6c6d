package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"zhizhu/devices/doccam/desk"
)

// cardPicture writes a camera's frame of a card on a mat, blurred by so many pixels.
func cardPicture(t *testing.T, dir string, blur float64) string {
	t.Helper()
	card, err := desk.Card()
	if err != nil {
		t.Fatal(err)
	}
	scene := desk.Scene{
		Width: 640, Height: 480, Mat: desk.Black, Blur: blur, Noise: 1,
		Laid: []desk.Laid{{Sheet: card, Corners: desk.Upright(card, 640, 480, 0.8, 4, 0.02)}},
	}
	path := filepath.Join(dir, "frame.png")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(png.Encode(f, scene.Render()), f.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCameraShot(t *testing.T) {
	for _, tc := range []struct {
		name   string
		blur   float64
		folder bool
		words  string
		advice []string
	}{
		{"good", 0.5, false, "找到材料", nil},
		{"good, of a folder", 0.5, true, "找到材料", nil},
		{"blurred", 2.2, false, "字看不清，请放平再拍", []string{"blurred"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := t.TempDir()
			from, to := cardPicture(t, dir, tc.blur), filepath.Join(t.TempDir(), "out.jpg")
			if tc.folder {
				from = dir
			}
			var out, complaints bytes.Buffer
			if n := run(t.Context(), []string{"camera", "shot", from, "-o", to, "--json"}, nil, &out, &complaints); n != exitOK {
				t.Fatalf("exit %d: %s", n, complaints.String())
			}
			var got taken
			if err := json.Unmarshal(out.Bytes(), &got); err != nil {
				t.Fatal(err)
			}
			data, err := os.ReadFile(to)
			if err != nil || len(data) != got.Bytes {
				t.Fatalf("%d bytes, said %d, %v", len(data), got.Bytes, err)
			}
			if m, err := jpeg.DecodeConfig(bytes.NewReader(data)); err != nil || m.Width != got.Width || m.Height != got.Height {
				t.Errorf("%v, said %+v, %v", m, got, err)
			}
			var kinds []string
			for _, a := range got.Advice {
				kinds = append(kinds, a.Kind)
			}
			if !got.Cropped || got.Corners == nil || strings.Join(kinds, " ") != strings.Join(tc.advice, " ") {
				t.Errorf("%+v", got)
			}
			if info, err := os.Stat(to); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("others may read it: %v, %v", info.Mode(), err)
			}
			out.Reset()
			if n := run(t.Context(), []string{"camera", "shot", from, "-o", to}, nil, &out, &complaints); n != exitOK || !strings.Contains(out.String(), tc.words) {
				t.Errorf("exit %d, %s", n, out.String())
			}
		})
	}
}

func TestCameraShotComplains(t *testing.T) {
	dir := t.TempDir()
	broken := filepath.Join(dir, "broken.png")
	if err := os.WriteFile(broken, []byte("\x89PNG and no more"), 0o600); err != nil {
		t.Fatal(err)
	}
	good := cardPicture(t, t.TempDir(), 0.5)
	for name, args := range map[string][]string{
		"no such file":    {"/nonexistent/frame.png", "-o", filepath.Join(dir, "o.jpg")},
		"no camera":       {"/dev/null", "-o", filepath.Join(dir, "o.jpg")},
		"odd size":        {"/dev/null", "-o", filepath.Join(dir, "o.jpg"), "--size", "large"},
		"no folder there": {good, "-o", filepath.Join(dir, "none", "o.jpg")},
		"cap too small":   {good, "-o", filepath.Join(dir, "o.jpg"), "--limit", "100"},
	} {
		var out, complaints bytes.Buffer
		if n := run(t.Context(), append([]string{"camera", "shot"}, args...), nil, &out, &complaints); n != exitFailed || complaints.Len() == 0 {
			t.Errorf("%s: exit %d, %s", name, n, complaints.String())
		}
	}
	left, err := filepath.Glob(filepath.Join(dir, "*.jpg"))
	if hidden, _ := filepath.Glob(filepath.Join(dir, ".shot-*")); err != nil || len(left)+len(hidden) != 0 {
		t.Errorf("left behind: %v %v", left, hidden)
	}
}

func TestCameraList(t *testing.T) {
	root := t.TempDir()
	write := func(path, text string) {
		path = filepath.Join(root, path)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	for _, v := range []struct{ dev, name, index string }{
		{"video10", "Scan Camera", "0"}, {"video2", "Doc Camera", "0"}, {"video3", "Doc Camera", "1"},
	} {
		write("dev/"+v.dev, "")
		write("sys/class/video4linux/"+v.dev+"/name", v.name+"\n")
		write("sys/class/video4linux/"+v.dev+"/index", v.index+"\n")
	}
	link := filepath.Join(root, "dev/v4l/by-id/usb-Doc-index0")
	if err := errors.Join(os.MkdirAll(filepath.Dir(link), 0o700), os.Symlink("../../video2", link)); err != nil {
		t.Fatal(err)
	}
	all, err := cameras(root)
	if err != nil || len(all) != 2 {
		t.Fatalf("%+v, %v", all, err)
	}
	if all[0].Name != "Doc Camera" || all[0].Link != link || all[1].Name != "Scan Camera" || all[1].Link != "" {
		t.Errorf("%+v", all)
	}
	var out bytes.Buffer
	if err := (cameraListCmd{root: root, JSON: true}).Run(&out); err != nil || strings.Count(out.String(), "\n") != 2 {
		t.Errorf("%s, %v", out.String(), err)
	}
	out.Reset()
	if err := (cameraListCmd{root: t.TempDir()}).Run(&out); err != nil || !strings.Contains(out.String(), "没有找到") {
		t.Errorf("%s, %v", out.String(), err)
	}
}
