package page_test

import (
	"testing"

	"zhizhu/devices/doccam/desk"
	"zhizhu/devices/doccam/page"
)

func full(m desk.Mat) desk.Scene {
	s := sheets()["notice"]
	at := desk.Upright(s, 1920, 1080, 0.9, 3, 0.02)
	return desk.Scene{Width: 1920, Height: 1080, Mat: m, Laid: []desk.Laid{{Sheet: s, Corners: at}}, Blur: 0.7, Noise: 3, Seed: 1}
}

// BenchmarkCheck is what a preview costs beside its picture: 30 ms at most for 1920 by 1080.
func BenchmarkCheck(b *testing.B) {
	for _, m := range []desk.Mat{desk.Black, desk.Wood, desk.Green, desk.Paper} {
		frame := full(m).Render()
		b.Run(m.String(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				page.Check(frame)
			}
		})
	}
}

func BenchmarkPreview(b *testing.B) {
	v := page.Look(full(desk.Black).Render())
	for b.Loop() {
		v.Preview(640)
	}
}

// BenchmarkStill is a frame made a JPEG: 1 s at most.
func BenchmarkStill(b *testing.B) {
	frame := full(desk.Black).Render()
	for b.Loop() {
		q := page.Check(frame)
		if _, _, _, err := page.Encode(page.Flatten(frame, q.Outline, false), 0); err != nil {
			b.Fatal(err)
		}
	}
}
