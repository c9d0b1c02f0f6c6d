package main

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"zhizhu/assets"
	"zhizhu/devices"
	"zhizhu/devices/printer/escpos"
	"zhizhu/devices/sim/paper"
)

// slip lays out a receipt with rare characters.
func slip(t *testing.T, dots int, code string) []byte {
	t.Helper()
	g, err := escpos.NewGlyphs(assets.FontRegular())
	if err != nil {
		t.Fatal(err)
	}
	job, err := escpos.Layout(devices.Document{Blocks: []devices.Block{
		{Text: "收件凭证", Size: 2, Bold: true, Align: devices.Centre},
		{Kind: devices.PairBlock, Label: "姓名", Text: "陈𪚥䶮"},
		{Kind: devices.CodeBlock, Text: code},
	}}, escpos.Profile{Dots: dots, Glyphs: g, NativeQR: true, Rare: func(r rune) *escpos.Glyphs {
		b, _ := assets.RareFont(r)
		g, _ := escpos.NewGlyphs(b)
		return g
	}})
	if err != nil || job.Missing > 0 {
		t.Fatalf("%d missing, %v", job.Missing, err)
	}
	return job.Bytes()
}

func render(t *testing.T, stdin []byte, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(context.Background(), append([]string{"printer", "render"}, args...), bytes.NewReader(stdin), &out, &errs)
	return code, out.String(), errs.String()
}

func TestRenderDrawsEachSlip(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	in, out := filepath.Join(dir, "slips.bin"), filepath.Join(dir, "out.png")
	if err := os.WriteFile(in, append(slip(t, 384, "ZZ-0001"), slip(t, 384, "ZZ-0002")...), 0o600); err != nil {
		t.Fatal(err)
	}
	code, text, errs := render(t, nil, in, "--png", out, "--text", "--dots", "384")
	if code != exitOK || errs != "" || strings.Count(text, "收件凭证") != 2 || !strings.Contains(text, "[picture ") {
		t.Fatalf("exit %d, %s:\n%s", code, errs, text)
	}
	for name, want := range map[string]string{out: "ZZ-0001", filepath.Join(dir, "out-2.png"): "ZZ-0002"} {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(f)
		_ = f.Close()
		if err != nil || img.Bounds().Dx() != 384 {
			t.Fatalf("%s: %v", name, err)
		}
		gray, ok := img.(*image.Gray)
		if !ok {
			t.Fatalf("%s: not a grey picture", name)
		}
		if got, err := paper.ReadCode(gray); err != nil || got != want {
			t.Errorf("%s: the code reads %q, %v", name, got, err)
		}
	}
}

func TestRenderReadsStdinAndTellsWhatIsUnknown(t *testing.T) {
	t.Parallel()
	raw := append([]byte("\x1b@before\n\x1b\x01"), slip(t, 576, "ZZ-0001")...)
	code, text, errs := render(t, raw, "-")
	if code != exitOK || !strings.Contains(text, "before") || !strings.Contains(text, "收件凭证") {
		t.Errorf("exit %d:\n%s", code, text)
	}
	if !strings.Contains(errs, "unknown command 1b 01") || !strings.Contains(errs, "offset 9") {
		t.Errorf("said %q", errs)
	}
	code, text, errs = render(t, nil, "-")
	if code != exitOK || text != "" || !strings.Contains(errs, "nothing is printed") {
		t.Errorf("exit %d, %q, %q", code, text, errs)
	}
	if code, _, errs = render(t, []byte("end\n\x1dv0"), "-"); code != exitOK || !strings.Contains(errs, "offset 4") {
		t.Errorf("torn: exit %d, %q", code, errs)
	}
}

func TestRenderThatCannotRead(t *testing.T) {
	t.Parallel()
	if code, _, errs := render(t, nil, "/nowhere/slip.bin"); code != exitFailed || !strings.Contains(errs, "read file") {
		t.Errorf("exit %d, %q", code, errs)
	}
	if code, _, _ := render(t, nil, "-", "--dots", "77"); code != exitUsage {
		t.Errorf("exit %d", code)
	}
	if code, _, errs := render(t, slip(t, 576, "Z"), "-", "--png", "/nowhere/out.png"); code != exitFailed || !strings.Contains(errs, "write picture") {
		t.Errorf("exit %d, %q", code, errs)
	}
}
