package theme

import (
	"image/color"
	"math"
	"strings"
	"testing"

	"fyne.io/fyne/v2/test"
)

func luminance(c color.NRGBA) float64 {
	part := func(v uint8) float64 {
		f := float64(v) / 255
		if f <= 0.04045 {
			return f / 12.92
		}
		return math.Pow((f+0.055)/1.055, 2.4)
	}
	return 0.2126*part(c.R) + 0.7152*part(c.G) + 0.0722*part(c.B)
}

func contrast(a, b color.NRGBA) float64 {
	x, y := luminance(a), luminance(b)
	if x < y {
		x, y = y, x
	}
	return (x + 0.05) / (y + 0.05)
}

// Ink on its ground: 4.5:1 in the normal mode, 7:1 for words of the guided one (issue 6).
func TestContrast(t *testing.T) {
	for _, p := range []*Palette{Normal(), Guided()} {
		least := 4.5
		if p.Name == "guided" {
			least = 7
		}
		pairs := []struct {
			name        string
			ink, ground color.NRGBA
			least       float64
		}{
			{"ink on page", p.Ink, p.Page, least},
			{"ink on surface", p.Ink, p.Surface, least},
			{"ink on pick", p.Ink, p.Pick, least},
			{"quiet on page", p.Quiet, p.Page, least},
			{"quiet on surface", p.Quiet, p.Surface, least},
			{"on sunk", p.OnSunk, p.Sunk, least},
			{"quiet on sunk", p.Quiet, p.Sunk, least},
			{"on primary", p.OnPrime, p.Primary, least},
			{"on pressed", p.OnPrime, p.Pressed, least},
			{"primary on pick", p.Primary, p.Pick, least},
			{"warm", p.WarmInk, p.WarmGround, least},
			{"good", p.Good, p.GoodGround, least},
			{"good on surface", p.Good, p.Surface, least},
			{"wrong", p.WrongInk, p.WrongGround, least},
			{"pill", p.OnPrime, p.Pill, 4.5},
			{"warm pill", p.OnPillWarm, p.PillWarm, 4.5},
			{"blue", p.TintBlue.Ink, p.TintBlue.Ground, 3},
			{"green", p.TintGreen.Ink, p.TintGreen.Ground, 3},
			{"red", p.TintRed.Ink, p.TintRed.Ground, 3},
			{"brown", p.TintBrown.Ink, p.TintBrown.Ground, 3},
		}
		for _, pair := range pairs {
			if got := contrast(pair.ink, pair.ground); got < pair.least {
				t.Errorf("%s: %s is %.2f, want %.1f", p.Name, pair.name, got, pair.least)
			}
		}
	}
}

// Text and targets keep their least size in millimetres on every panel.
func TestMetrics(t *testing.T) {
	panels := []Panel{{1080, 1920, 27}, {1920, 1080, 21.5}, {1280, 800, 10.1}, {1280, 800, 0}, {1080, 1920, 0}, {3840, 2160, 27}, {}}
	for _, p := range panels {
		for _, guided := range []bool{false, true} {
			m := NewMetrics(p, guided)
			body, target := float32(5), float32(15)
			if guided {
				body, target = 8, 20
			}
			if got := m.Text(Body) / m.PPMM; got < body-0.2 {
				t.Errorf("%v guided %v: body is %.1f mm", p, guided, got)
			}
			if got := m.Target() / m.PPMM; got < target-0.2 {
				t.Errorf("%v guided %v: targets are %.1f mm", p, guided, got)
			}
			if m.Control() < m.Target() || m.Text(Title) < m.Text(Heading) || m.Text(Heading) < m.Text(Body) {
				t.Errorf("%v guided %v: sizes out of order", p, guided)
			}
		}
	}
}

func ruler(t *testing.T) *Ruler {
	t.Helper()
	test.NewTempApp(t).Settings().SetTheme(NewFyne())
	return NewRuler()
}

func TestWrap(t *testing.T) {
	r := ruler(t)
	tests := []struct {
		name, text string
		width      float32
		want       string
	}{
		{"short", "社会保险", 400, "社会保险"},
		{"two lines", "城乡居民养老保险", 400, "城乡居民|养老保险"},
		{"comma stays with its word", "满八十岁，不收费", 400, "满八十|岁，不收|费"},
		{"bracket goes with its word", "领取申请（含补贴）", 400, "领取申请|（含补贴）"},
		{"number stays whole", "编号 MX0427-2026 请收好", 640, "编号|MX0427-2026|请收好"},
		{"own breaks", "甲\n乙", 400, "甲|乙"},
		{"empty", "", 400, ""},
		{"wider than the room", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", 400, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			lines := r.Wrap(tt.text, 100, false, tt.width)
			if tt.name == "bracket goes with its word" || tt.name == "wider than the room" {
				if joined := strings.Join(lines, ""); joined != tt.text {
					t.Errorf("characters were lost: %q", joined)
				}
				for _, l := range lines {
					if strings.HasSuffix(l, "（") {
						t.Errorf("a line ends with a bracket: %q", lines)
					}
				}
				return
			}
			if got := strings.Join(lines, "|"); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestBalance(t *testing.T) {
	r := ruler(t)
	lines := r.Balance("您现在自己能走路吃饭穿衣吗", 100, true, 1250)
	if len(lines) != 2 || len([]rune(lines[1])) < 5 {
		t.Errorf("got %q: want two even lines", lines)
	}
}

func FuzzWrap(f *testing.F) {
	f.Add("社会保险待遇领取资格认证，一年一次。", float32(300))
	f.Add("a b  c\n\n（（（", float32(1))
	f.Add("\xff\xfe混", float32(50))
	test.NewTempApp(f).Settings().SetTheme(NewFyne())
	r := NewRuler()
	f.Fuzz(func(t *testing.T, s string, width float32) {
		if width < 0 || width > 1e6 || math.IsNaN(float64(width)) || len(s) > 400 {
			return
		}
		strip := func(s string) string { return strings.Join(strings.Fields(strings.ToValidUTF8(s, "�")), "") }
		lines := r.Wrap(s, 30, false, width)
		if got, want := strip(strings.Join(lines, "")), strip(string([]rune(s))); got != want {
			t.Errorf("characters were lost: %q, want %q", got, want)
		}
	})
}

// The corner's picture: ground outside, outline along the arc, nothing inside.
func TestCorner(t *testing.T) {
	out, line := color.NRGBA{1, 2, 3, 255}, color.NRGBA{9, 8, 7, 255}
	img := Corner{Radius: 20, Line: 3, Quadrant: 0, Outside: out, Stroke: line}.Picture()
	if got := img.NRGBAAt(0, 0); got != out {
		t.Errorf("outside is %v", got)
	}
	if got := img.NRGBAAt(19, 19); got.A != 0 {
		t.Errorf("inside is %v", got)
	}
	if got := img.NRGBAAt(19, 1); got != line {
		t.Errorf("the outline is %v", got)
	}
	if got := (Corner{Radius: 20, Quadrant: 2, Outside: out}).Picture().NRGBAAt(19, 19); got != out {
		t.Errorf("the opposite corner is %v", got)
	}
}

func TestIconStrokesScale(t *testing.T) {
	i := NewIcons()
	c := color.NRGBA{0x0f, 0x4c, 0x9e, 0xff}
	svg := string(i.Get("phone", c, 48, 48).Content())
	if !strings.Contains(svg, `stroke-width="4.000"`) || !strings.Contains(svg, "#0F4C9E") {
		t.Errorf("the icon is not scaled or coloured:\n%s", svg)
	}
	if i.Get("phone", c, 48, 48) != i.Get("phone", c, 48, 48) {
		t.Error("the same icon is made twice")
	}
	if len(i.Get("no-such-icon", c, 48, 48).Content()) == 0 {
		t.Error("an unknown icon is empty")
	}
}
