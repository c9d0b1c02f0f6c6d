package page_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"zhizhu/devices/doccam/desk"
	"zhizhu/devices/doccam/page"
)

// hard are frames in which a crop would lose something, or in which nobody could say where the page ends.
func hard(w, h int, seed uint64) []shot {
	all := sheets()
	fw, fh := float64(w), float64(h)
	notice, card, form, booklet := all["notice"], all["card"], all["form"], all["booklet"]
	up := func(s desk.Sheet, share, turn, tilt float64) desk.Corners {
		return desk.Upright(s, w, h, share, turn, tilt)
	}
	one := func(m desk.Mat, s desk.Sheet, at desk.Corners) desk.Scene {
		return desk.Scene{Width: w, Height: h, Mat: m, Laid: []desk.Laid{{Sheet: s, Corners: at}}, Blur: 0.6, Noise: 1.5, Seed: 5}
	}
	two := func(m desk.Mat, a desk.Sheet, at desk.Corners, b desk.Sheet, bt desk.Corners) desk.Scene {
		s := one(m, a, at)
		s.Laid = append(s.Laid, desk.Laid{Sheet: b, Corners: bt})
		return s
	}
	with := func(s desk.Scene, f func(*desk.Scene)) desk.Scene { f(&s); return s }
	var out []shot
	add := func(name string, s desk.Scene) { out = append(out, shot{name: name, scene: s}) }
	for _, m := range []desk.Mat{desk.Black, desk.Grey, desk.Wood, desk.Green} {
		add("two cards "+m.String(), two(m, card, up(card, 0.3, 3, 0).Moved(-fw/5, 0), card, up(card, 0.3, -4, 0).Moved(fw/5, 10)))
		add("two cards in line "+m.String(), two(m, card, up(card, 0.3, 0, 0).Moved(-fw/6, 0), card, up(card, 0.3, 0, 0).Moved(fw/6, 0)))
		add("sheet and card "+m.String(), two(m, notice, up(notice, 0.85, 2, 0).Moved(-fw/5, 0), card, up(card, 0.25, -4, 0).Moved(fw/4, 40)))
		add("two sheets "+m.String(), two(m, notice, up(notice, 0.85, 2, 0).Moved(-fw/5, 0), form, up(form, 0.85, -3, 0).Moved(fw/5, 0)))
		add("two sheets overlap "+m.String(), two(m, notice, up(notice, 0.85, 2, 0).Moved(-fw/9, 0), form, up(form, 0.85, -3, 0).Moved(fw/9, 0)))
		add("cut below "+m.String(), one(m, notice, up(notice, 1.2, 2, 0.02).Moved(0, fh/4)))
		add("cut right "+m.String(), one(m, form, up(form, 0.8, -3, 0.02).Moved(fw/2.4, 0)))
		add("cut corner "+m.String(), one(m, form, up(form, 0.9, 14, 0).Moved(fw/12, fh/7)))
		add("fills the frame "+m.String(), one(m, form, up(form, 2.6, 1, 0)))
		add("half a booklet "+m.String(), one(m, booklet, up(booklet, 1.6, 0, 0).Moved(-fw/2.2, 0)))
		add("shadow "+m.String(), with(one(m, notice, up(notice, 0.9, 2, 0)), func(s *desk.Scene) { s.Shadow = 0.7 }))
		add("nothing "+m.String(), desk.Scene{Width: w, Height: h, Mat: m, Noise: 1.5})
		add("nothing in shadow "+m.String(), desk.Scene{Width: w, Height: h, Mat: m, Noise: 1.5, Shadow: 0.6})
		add("lamp "+m.String(), desk.Scene{Width: w, Height: h, Mat: m, Noise: 1.5, Glare: []desk.Spot{{X: fw / 2, Y: fh / 2, Radius: fh / 5, Light: 250}}})
	}
	for _, m := range []desk.Mat{desk.White, desk.Paper, desk.Checked} {
		for name, s := range all {
			add(name+" on "+m.String(), one(m, s, up(s, 0.8, 3, 0.03)))
		}
		add("nothing "+m.String(), desk.Scene{Width: w, Height: h, Mat: m, Noise: 1.5})
	}
	for _, m := range []desk.Mat{desk.Black, desk.Wood} {
		add("form whose frame only is seen "+m.String(), one(desk.White, form, up(form, 0.95, 0, 0)))
		add("noise "+m.String(), with(one(m, notice, up(notice, 0.9, 2, 0)), func(s *desk.Scene) { s.Noise = 30 }))
		add("dark "+m.String(), with(one(m, notice, up(notice, 0.9, 2, 0)), func(s *desk.Scene) { s.Light = 0.12 }))
		add("lamp on sheet "+m.String(), with(one(m, notice, up(notice, 0.9, 2, 0)), func(s *desk.Scene) {
			s.Glare = []desk.Spot{{X: fw * 0.6, Y: fh * 0.4, Radius: fh / 3, Light: 250}}
		}))
		add("many fingers "+m.String(), with(one(m, notice, up(notice, 0.9, 2, 0)), func(s *desk.Scene) { s.Fingers = 6 }))
	}
	for i := range out { // of each seed, everything lies a little differently
		rng := rand.New(rand.NewPCG(seed, uint64(i)))
		s := &out[i].scene
		s.Seed, s.Noise = seed+uint64(i), s.Noise+2*rng.Float64()
		for j := range s.Laid {
			moved := s.Laid[j].Corners.Moved(fw*0.04*(rng.Float64()-0.5), fh*0.04*(rng.Float64()-0.5))
			s.Laid[j].Corners = moved.Jittered(0.006*fw, rng)
		}
	}
	return out
}

// lost is how far, in pixels, a document lies outside a crop.
func lost(found page.Outline, s desk.Scene) float64 {
	far := 0.0
	for _, l := range s.Laid {
		for _, p := range quad(l.Corners) {
			p.X, p.Y = min(max(p.X, 0), float64(s.Width)), min(max(p.Y, 0), float64(s.Height))
			far = max(far, beyond(found.Corners, p))
		}
	}
	return far
}

// beyond is how far a place lies outside of a quad.
func beyond(q page.Quad, p page.Point) float64 {
	far := 0.0
	for i := range q {
		a, b := q[i], q[(i+1)%4]
		dx, dy := b.X-a.X, b.Y-a.Y
		far = max(far, -(dx*(p.Y-a.Y)-dy*(p.X-a.X))/max(math.Hypot(dx, dy), 1))
	}
	return far
}

// A crop that loses a part of a document is never made: where it isn't sure, the frame stays whole.
func TestHardFramesAreNeverCroppedWrongly(t *testing.T) {
	t.Parallel()
	cropped := 0
	all := hard(960, 540, 1)
	for _, s := range all {
		got := page.Find(s.scene.Render())
		if !got.Sure {
			continue
		}
		cropped++
		if d := lost(got, s.scene); d > 0.01*float64(s.scene.Width) {
			t.Errorf("%s: %.0f pixels of a document are cropped away", s.name, d)
		}
		if len(s.scene.Laid) == 0 {
			t.Errorf("%s: a page was found", s.name)
		}
	}
	t.Logf("%d of %d frames cropped, each with all that lies there", cropped, len(all))
}
