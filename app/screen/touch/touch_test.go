package touch

import (
	"bytes"
	"image/color"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
	"pgregory.net/rapid"

	"zhizhu/app/screen/theme"
)

func kit(t *testing.T) *Kit {
	t.Helper()
	test.NewTempApp(t).Settings().SetTheme(theme.NewFyne())
	return &Kit{
		Metrics: theme.NewMetrics(theme.Panel{Width: 1080, Height: 1920}, false), Palette: theme.Normal(),
		Ruler: theme.NewRuler(), Icons: theme.NewIcons(),
	}
}

func date(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

// Every day of a range can be given by keys, and no other.
func TestCalendarReachesEveryDay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		least := date("1900-01-01").AddDate(0, 0, rapid.IntRange(0, 45000).Draw(t, "least"))
		most := least.AddDate(0, 0, rapid.IntRange(0, 40000).Draw(t, "days"))
		want := least.AddDate(0, 0, rapid.IntRange(0, int(most.Sub(least).Hours()/24)).Draw(t, "day"))
		c := NewCalendar(least, most)
		for range 4 {
			stage := c.Stage()
			v := map[Stage]int{Decade: want.Year() / 10 * 10, Year: want.Year(), Month: int(want.Month()), Day: want.Day()}[stage]
			if stage == Whole {
				break
			}
			found := false
			for _, k := range c.Keys(stage) {
				found = found || k.Value == v && !k.Off
			}
			if !found {
				t.Fatalf("no key %d at stage %d for %s between %s and %s", v, stage, want, least, most)
			}
			c.Choose(stage, v)
		}
		if c.Date() != want.Format(time.DateOnly) {
			t.Fatalf("got %q, want %s", c.Date(), want)
		}
		for _, k := range c.Keys(Day) {
			at := time.Date(want.Year(), want.Month(), k.Value, 0, 0, 0, 0, time.UTC)
			if out := at.Before(least) || at.After(most); out != k.Off {
				t.Fatalf("%s: off is %v", at, k.Off)
			}
		}
	})
}

func TestCalendarSet(t *testing.T) {
	c := NewCalendar(date("2026-11-24"), date("2026-12-07"))
	if c.Decades() || c.Stage() != Month {
		t.Errorf("one year is left to choose: stage %d", c.Stage())
	}
	c.Set("2027-01-01")
	if c.Date() != "" {
		t.Error("a day outside the range was taken")
	}
	c.Set("2026-12-01")
	if c.Date() != "2026-12-01" || c.Stage() != Whole {
		t.Errorf("got %q", c.Date())
	}
	c.Back(Month)
	if c.Date() != "" || c.Stage() != Month {
		t.Error("going back to the month kept the day")
	}
}

func drag(p *Pad, points ...fyne.Position) {
	down := &desktop.MouseEvent{Button: desktop.MouseButtonPrimary}
	down.Position = points[0]
	p.MouseDown(down)
	for _, at := range points[1:] {
		e := &fyne.DragEvent{}
		e.Position = at
		p.Dragged(e)
	}
	p.MouseUp(down)
	p.DragEnd()
}

func TestPad(t *testing.T) {
	p := NewPad(kit(t))
	w := test.NewTempWindow(t, p)
	w.Resize(fyne.NewSize(600, 300))
	p.Resize(fyne.NewSize(600, 300))
	ends := 0
	p.OnStroke = func() { ends++ }

	drag(p, fyne.NewPos(100, 100), fyne.NewPos(120, 110), fyne.NewPos(120, 110), fyne.NewPos(140, 120))
	if s := p.Strokes(); len(s) != 1 || len(s[0]) != 3 {
		t.Fatalf("strokes %v: want one of three points, the repeated one left out", s)
	}
	// A second finger or a drop of water: no line across the pad.
	drag(p, fyne.NewPos(200, 100), fyne.NewPos(210, 100), fyne.NewPos(500, 250), fyne.NewPos(505, 250))
	if s := p.Strokes(); len(s) != 3 {
		t.Fatalf("%d strokes after a jump, want 3", len(s))
	}
	// Beyond the edge: kept at the edge.
	drag(p, fyne.NewPos(590, 100), fyne.NewPos(640, -20))
	for _, stroke := range p.Strokes() {
		for _, at := range stroke {
			if at.X < 0 || at.X >= 600 || at.Y < 0 || at.Y >= 300 {
				t.Errorf("point %v lies outside the pad", at)
			}
		}
	}
	if ends != 3 {
		t.Errorf("told of %d strokes' ends, want 3: one for each touch", ends)
	}
	if p.picture.RGBAAt(120, 110) == (color.RGBA{0xff, 0xff, 0xff, 0xff}) {
		t.Error("nothing was drawn")
	}
	p.Clear()
	if !p.Blank() || bytes.ContainsRune(p.picture.Pix, 0) {
		t.Error("ink is left after clearing")
	}
}

func TestPadIsBounded(t *testing.T) {
	p := NewPad(kit(t))
	p.Resize(fyne.NewSize(600, 300))
	for range 80 {
		var points []fyne.Position
		for i := range 200 {
			points = append(points, fyne.NewPos(float32(10+i%2*20), float32(10+i)))
		}
		drag(p, points...)
	}
	n := 0
	for _, s := range p.Strokes() {
		n += len(s)
	}
	if n > padPoints+1 {
		t.Errorf("%d points are kept", n)
	}
}

func TestCodeCanBeScanned(t *testing.T) {
	img, err := DrawCode("MX0427-20261123-0018-5", 280)
	if err != nil {
		t.Fatal(err)
	}
	bitmap, err := gozxing.NewBinaryBitmapFromImage(img)
	if err != nil {
		t.Fatal(err)
	}
	got, err := qrcode.NewQRCodeReader().Decode(bitmap, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got.GetText() != "MX0427-20261123-0018-5" {
		t.Errorf("read %q", got.GetText())
	}
	if _, err := DrawCode("MX0427-20261123-0018-5", 10); err == nil {
		t.Error("a code was drawn into 10 pixels")
	}
}

func TestHold(t *testing.T) {
	var run func()
	stopped := 0
	after := func(_ time.Duration, f func()) func() {
		run = f
		return func() { stopped++ }
	}
	held := 0
	g := NewHold(3*time.Second, after, nil, func() { held++ })
	g.MouseDown(nil)
	g.MouseUp(nil)
	if stopped != 1 {
		t.Error("a short press was not stopped")
	}
	g.MouseDown(nil)
	run()
	if held != 1 {
		t.Error("a long press was not felt")
	}
	g.MouseOut()
}

// A tile that is used again for something else shows and does nothing of before.
func TestTileIsRefilled(t *testing.T) {
	b := NewBoard(kit(t))
	b.Resize(1080, 1920)
	taps := ""
	r := Rect{10, 10, 400, 120}
	fill := func(label string) *Tile {
		b.Begin(color.NRGBA{A: 0xff})
		tile := b.Tile(r, Spec{Label: label, Sub: "副", Icon: "phone"}, func() { taps += label })
		b.End()
		return tile
	}
	b.Show(true)
	test.Tap(fill("甲"))
	test.Tap(fill("乙"))
	if taps != "甲乙" {
		t.Errorf("taps %q", taps)
	}
	tile := fill("丙")
	b.Begin(color.NRGBA{A: 0xff})
	b.End()
	test.Tap(tile)
	if taps != "甲乙" || tile.Visible() || tile.Spec() != (Spec{}) {
		t.Error("a tile that is no longer used still acts")
	}
	for _, l := range tile.lines {
		if l.Text != "" {
			t.Errorf("it still holds %q", l.Text)
		}
	}
}
