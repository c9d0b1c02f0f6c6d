package screen

import (
	"fyne.io/fyne/v2"

	"zhizhu/app/screen/theme"
	"zhizhu/app/screen/touch"
	"zhizhu/app/visit"
)

func (s *Screen) headHeight() float32 {
	m := s.metrics[0]
	if m.Landscape {
		return m.Px(104)
	}
	return m.Px(132)
}

// drawHead lays out the top of every page: which station this is, the date, the state of the network. It is the same in
// both modes, so that it is no second thing that changes.
func (s *Screen) drawHead(v visit.View) {
	b, m, p := s.head, s.metrics[0], s.kit.Palette
	h := v.Header
	b.Begin(p.Primary)
	bar := touch.Rect{W: s.size.Width, H: s.headHeight()}
	b.Ground(bar, p.Primary)
	left := m.Margin()
	icon := min(bar.H*0.5, m.Px(72))
	b.Icon(touch.Rect{X: left, Y: (bar.H - icon) / 2, W: icon, H: icon}, "landmark", p.OnPrime)
	left += icon + m.Px(24)

	right := s.drawState(bar, h)
	if h.Demo {
		right -= s.drawDemo(bar, right) + m.Px(20)
	}
	room := touch.Rect{X: left, W: right - left - m.Px(24)}
	station := touch.Type{Px: m.Text(theme.Heading), Bold: true, Color: p.OnPrime, Shrink: true}
	system := touch.Type{Px: m.Text(theme.Note), Color: p.OnPrime, Shrink: true}
	first, second := b.Height(h.Station, room.W, station), b.Height(h.System, room.W, system)
	room.Y = (bar.H - first - second) / 2
	b.Text(room, h.Station, station)
	room.Y += first
	b.Text(room, h.System, system)
	b.End()
	b.Show(true)
}

// drawState sets date, time and network at the right and returns where they begin.
func (s *Screen) drawState(bar touch.Rect, h visit.Header) float32 {
	b, m, p := s.head, s.metrics[0], s.kit.Palette
	size := m.Text(theme.Note)
	line := m.LineHeight(size)
	pillH := line + m.Px(12)
	right := bar.W - m.Margin()
	ruler := s.kit.Ruler

	timeW := ruler.Width(h.Time, size, true)
	dateW := ruler.Width(h.Date, size, false)
	gap := m.Px(12)
	top := (bar.H - line - pillH - m.Px(6)) / 2
	end := touch.Type{Px: m.Text(theme.Note), Color: p.OnPrime, Align: fyne.TextAlignTrailing}
	b.Text(touch.Rect{X: right - timeW - gap - dateW - 2, Y: top, W: dateW + 2}, h.Date, end)
	end.Bold = true
	b.Text(touch.Rect{X: right - timeW - 2, Y: top, W: timeW + 2}, h.Time, end)

	if h.Network == "" {
		return right - timeW - gap - dateW
	}
	ground, ink, icon := p.Pill, p.OnPrime, "wifi"
	if !h.Online {
		ground, ink, icon = p.PillWarm, p.OnPillWarm, "wifi-off"
	}
	side := size
	textW := ruler.Width(h.Network, size, false)
	pad := m.Px(18)
	pill := touch.Rect{W: pad + side + m.Px(8) + textW + pad, H: pillH, Y: top + line + m.Px(6)}
	pill.X = right - pill.W
	b.Card(pill, ground, ground, 0)
	b.Icon(touch.Rect{X: pill.X + pad, Y: pill.Y + (pillH-side)/2, W: side, H: side}, icon, ink)
	b.Middle(touch.Rect{X: pill.X + pad + side + m.Px(8), Y: pill.Y, W: textW + 2, H: pillH}, h.Network,
		touch.Type{Px: m.Text(theme.Note), Color: ink})
	return min(pill.X, right-timeW-gap-dateW)
}

// drawDemo sets the mark that this is a demonstration, and returns its width.
func (s *Screen) drawDemo(bar touch.Rect, right float32) float32 {
	b, m, p := s.head, s.metrics[0], s.kit.Palette
	w := s.kit.Ruler.Width(wordDemo, m.Text(theme.Body), true) + m.Px(36)
	h := m.LineHeight(m.Text(theme.Body)) + m.Px(10)
	r := touch.Rect{X: right - w - m.Px(20), Y: (bar.H - h) / 2, W: w, H: h}
	b.Card(r, p.PillWarm, p.PillWarm, 0)
	b.Middle(r, wordDemo, centre(touch.Type{Px: m.Text(theme.Body), Bold: true, Color: p.OnPillWarm}))
	return w
}
