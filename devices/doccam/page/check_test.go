package page_test

import (
	"math"
	"slices"
	"testing"

	"zhizhu/devices/doccam/desk"
	"zhizhu/devices/doccam/page"
)

// lit is a document in the middle of a frame of 1600 by 900.
func lit(s desk.Sheet, m desk.Mat) desk.Scene {
	at := desk.Upright(s, 1600, 900, 0.9, 2, 0.01)
	return desk.Scene{Width: 1600, Height: 900, Mat: m, Laid: []desk.Laid{{Sheet: s, Corners: at}}, Blur: 0.5, Noise: 1.5, Seed: 3}
}

func TestAdvice(t *testing.T) {
	t.Parallel()
	all := sheets()
	change := func(s desk.Scene, f func(*desk.Scene)) desk.Scene { f(&s); return s }
	notice := lit(all["notice"], desk.Black)
	for _, tc := range []struct {
		name  string
		scene desk.Scene
		want  []page.Advice
	}{
		{"good sheet", notice, nil},
		{"good sheet on wood", lit(all["form"], desk.Wood), nil},
		{"good card", lit(all["card"], desk.Grey), nil},
		{"good booklet", lit(all["booklet"], desk.Black), nil},
		{"good dark cover", lit(all["cover"], desk.White), nil},
		{"good blank side", lit(all["blank"], desk.Black), nil},
		{"good in noise", change(notice, func(s *desk.Scene) { s.Noise = 6 }), nil},
		{"good in slanting light", change(notice, func(s *desk.Scene) { s.Slope = 0.4 }), nil},
		{"good in little light", change(notice, func(s *desk.Scene) { s.Light = 0.5 }), nil},
		{"blurred", change(notice, func(s *desk.Scene) { s.Blur = 2 }), []page.Advice{page.Blurred}},
		{"blurred in noise", change(notice, func(s *desk.Scene) { s.Blur, s.Noise = 2, 6 }), []page.Advice{page.Blurred}},
		{"blurred a lot", change(notice, func(s *desk.Scene) { s.Blur = 6 }), []page.Advice{page.Blurred}},
		{"blurred card", change(lit(all["card"], desk.Grey), func(s *desk.Scene) { s.Blur = 3.2 }), []page.Advice{page.Blurred}},
		{"glare", change(notice, func(s *desk.Scene) { s.Glare = []desk.Spot{{X: 820, Y: 400, Radius: 60, Light: 120}} }), []page.Advice{page.Glare}},
		{"glare on a card", change(lit(all["card"], desk.Grey), func(s *desk.Scene) {
			s.Glare = []desk.Spot{{X: 820, Y: 400, Radius: 90, Light: 120}}
		}), []page.Advice{page.Glare}},
		{"glare on the mat", change(notice, func(s *desk.Scene) { s.Glare = []desk.Spot{{X: 180, Y: 200, Radius: 40, Light: 240}} }), nil},
		{"dark", change(notice, func(s *desk.Scene) { s.Light = 0.2 }), []page.Advice{page.Dark}},
		{"lens covered", change(notice, func(s *desk.Scene) { s.Light = 0.02 }), []page.Advice{page.Dark}},
		{"washed out", change(notice, func(s *desk.Scene) {
			s.Glare = []desk.Spot{{X: 800, Y: 450, Radius: 2000, Light: 200}}
		}), []page.Advice{page.Bright}},
		{"far", change(lit(all["notice"], desk.Black), func(s *desk.Scene) {
			s.Laid[0].Corners = desk.Upright(all["notice"], 1600, 900, 0.5, 2, 0)
		}), []page.Advice{page.Far}},
		{"cut", change(lit(all["form"], desk.Grey), func(s *desk.Scene) {
			s.Laid[0].Corners = s.Laid[0].Corners.Moved(0, 250)
		}), []page.Advice{page.Cut}},
		{"fills the frame", change(lit(all["form"], desk.Grey), func(s *desk.Scene) {
			s.Laid[0].Corners = desk.Upright(all["form"], 1600, 900, 2.6, 1, 0)
		}), []page.Advice{page.Cut}},
		{"nothing on black", desk.Scene{Width: 1600, Height: 900, Mat: desk.Black, Noise: 2}, []page.Advice{page.NoPage}},
		{"nothing on wood", desk.Scene{Width: 1600, Height: 900, Mat: desk.Wood, Noise: 2}, []page.Advice{page.NoPage}},
		{"nothing on white", desk.Scene{Width: 1600, Height: 900, Mat: desk.White, Noise: 2}, []page.Advice{page.NoPage}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			q := page.Check(tc.scene.Render())
			if !slices.Equal(q.Advice, tc.want) {
				t.Errorf("advice %v, want %v: sure %v, blur %.2f, white %.0f, depth %.0f, glare %.4f, long %.0f",
					q.Advice, tc.want, q.Sure, q.Blur, q.White, q.Depth, q.Glare, q.Long)
			}
		})
	}
}

// The blur is measured, not only noticed: within a fifth of a pixel or a tenth.
func TestBlurIsMeasured(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"notice", "card", "blank"} {
		for _, sigma := range []float64{1, 2} {
			scene := lit(sheets()[name], desk.Black)
			scene.Blur, scene.Noise = sigma, 4
			q := page.Check(scene.Render())
			if d := math.Abs(q.Blur - sigma); !q.Sure || d > max(0.2, 0.1*sigma) {
				t.Errorf("%s: blur %.2f, want %.1f", name, q.Blur, sigma)
			}
		}
	}
}

func TestEveryAdviceHasWords(t *testing.T) {
	for a := page.NoPage; a <= page.Faint; a++ {
		if a.Words() == "" || a.String() == "" || a.String() == "unknown" {
			t.Errorf("advice %d has no words", int(a))
		}
	}
	if page.Advice(99).Words() != "" || page.Advice(99).String() != "unknown" {
		t.Error("an advice that isn't one has words")
	}
}

func TestMoved(t *testing.T) {
	scene := lit(sheets()["notice"], desk.Grey)
	before := page.Look(scene.Render())
	scene.Seed = 8 // other noise
	if d := page.Look(scene.Render()).Moved(before); d > page.Still {
		t.Errorf("a page that lies still has moved by %.4f", d)
	}
	scene.Laid[0].Corners = scene.Laid[0].Corners.Moved(6, 3)
	if d := page.Look(scene.Render()).Moved(before); d <= page.Still {
		t.Errorf("a page that was moved by 7 pixels has moved by %.4f", d)
	}
	small := page.Look(desk.Scene{Width: 640, Height: 480, Mat: desk.Grey}.Render())
	if small.Moved(before) != 1 {
		t.Error("a frame of another size is another scene")
	}
}
