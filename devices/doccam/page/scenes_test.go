package page_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"testing"

	"zhizhu/devices/doccam/desk"
	"zhizhu/devices/doccam/page"
)

// must is for the generator, which only fails if the font is broken.
func must(s desk.Sheet, err error) desk.Sheet {
	if err != nil {
		panic(err)
	}
	return s
}

const code = "zhizhu-doccam-test-0001"

// sheets are the documents of the tests; drawn once, they are only looked at.
var sheets = sync.OnceValue(func() map[string]desk.Sheet {
	return map[string]desk.Sheet{
		"notice": must(desk.Notice(3.7, code)), "form": must(desk.Form()), "card": must(desk.Card()),
		"booklet": must(desk.Booklet()), "cover": must(desk.Cover()), "blank": desk.Blank(),
	}
})

type shot struct {
	name  string
	scene desk.Scene
	want  page.Quad // of clean frames
}

// clean makes ordinary frames: one document, well lit, on a mat that it stands out from.
func clean(n, w, h int) []shot {
	all := sheets()
	names := []string{"notice", "form", "card", "booklet", "cover", "blank"}
	mats := map[string][]desk.Mat{
		"cover": {desk.White, desk.Grey},
		"":      {desk.Black, desk.Grey, desk.Green, desk.Wood},
	}
	var out []shot
	for i := range n {
		rng := rand.New(rand.NewPCG(uint64(i), 99))
		name := names[i%len(names)]
		m := mats[name]
		if m == nil {
			m = mats[""]
		}
		mat := m[(i/len(names))%len(m)]
		at := lay(all[name], w, h, rng)
		s := desk.Scene{
			Width: w, Height: h, Mat: mat, Laid: []desk.Laid{{Sheet: all[name], Corners: at}},
			Blur: 0.6, Noise: 2 * rng.Float64(), Slope: 0.25 * rng.Float64(), Seed: uint64(i),
		}
		if i%5 == 4 {
			s.Fingers = 1 + i%3
		}
		out = append(out, shot{fmt.Sprintf("%d-%s-%s", i, name, mat), s, quad(at)})
	}
	return out
}

// lay puts a document down as people do: a little askew, a little tilted.
func lay(s desk.Sheet, w, h int, rng *rand.Rand) desk.Corners {
	k := 0.86 * min(float64(w)/297, float64(h)/210) // pixels of a millimetre: A4 across just fits
	fill := k / min(float64(w)/s.Width, float64(h)/s.Height)
	turn := 12*rng.Float64() - 6
	if s.Height > s.Width { // an A4 sheet laid upright doesn't fit else
		fill = min(fill, 0.88)
	}
	c := desk.Upright(s, w, h, fill, turn, 0.06*rng.Float64())
	return c.Moved(float64(w)*0.01*(rng.Float64()-0.5), float64(h)*0.01*(rng.Float64()-0.5)).Jittered(0.005*float64(w), rng)
}

func quad(c desk.Corners) (q page.Quad) {
	for i, p := range c {
		q[i] = page.Point{X: p[0], Y: p[1]}
	}
	return q
}

// off is the largest distance of a corner from where it is, as a share of the diagonal of the frame.
func off(got, want page.Quad, s desk.Scene) float64 {
	far := 0.0
	for i := range got {
		dx, dy := got[i].X-want[i].X, got[i].Y-want[i].Y
		far = max(far, dx*dx+dy*dy)
	}
	d := float64(s.Width*s.Width + s.Height*s.Height)
	return math.Sqrt(far / d)
}

func TestFindClean(t *testing.T) {
	t.Parallel()
	const n = 72
	found := 0
	for _, s := range clean(n, 960, 540) {
		got := page.Find(s.scene.Render())
		d := off(got.Corners, s.want, s.scene)
		if got.Sure && d <= 0.01 {
			found++
			continue
		}
		t.Logf("%s: sure %v, off %.2f%%, confidence %.2f", s.name, got.Sure, 100*d, got.Confidence)
		if got.Sure && d > 0.02 {
			t.Errorf("%s: cropped to a wrong outline", s.name)
		}
	}
	t.Logf("%d of %d within 1%% of the diagonal", found, n)
	if found*100 < n*95 {
		t.Errorf("%d of %d outlines found, want 95%%", found, n)
	}
}
