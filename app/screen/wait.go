package screen

import (
	"zhizhu/app/screen/theme"
	"zhizhu/app/screen/touch"
	"zhizhu/app/visit"
)

// wait says what the machine is doing. Nothing moves: a moving sign would repaint the whole window for ever.
func (d *draw) wait(area touch.Rect, body *visit.WaitBody) {
	d.message(area, "hourglass", d.p.Primary, d.v.Title, append([]string{d.v.Lead}, body.Text))
}

// closing is the end of a visit, or a machine out of service.
func (d *draw) closing(area touch.Rect, lines []string, icon string) {
	ink := d.p.Good
	if icon != "circle-check" {
		ink = d.p.WarmInk
		if d.m.Guided {
			ink = d.p.WarmGround
		}
	}
	d.message(area, icon, ink, d.v.Title, append([]string{d.v.Lead}, lines...))
}

// message sets an icon, a title and lines in the middle of the page.
func (d *draw) message(area touch.Rect, icon string, ink colour, title string, lines []string) {
	m := d.m
	side := m.Px(190)
	if m.Landscape {
		side = m.Px(140)
	}
	head, body := centre(d.bold(theme.Title)), centre(d.ink(theme.Strong))
	w := min(area.W, m.Px(1300))
	x := area.X + (area.W-w)/2
	h := side + m.Px(44) + d.Height(title, w, head)
	for _, l := range lines {
		if l != "" {
			h += m.Px(18) + d.Height(l, w, body)
		}
	}
	y := area.Y + max(0, (area.H-h)*0.36)
	d.Icon(touch.Rect{X: area.X + (area.W-side)/2, Y: y, W: side, H: side}, icon, ink)
	y += side + m.Px(44)
	y += d.Text(touch.Rect{X: x, Y: y, W: w}, title, head)
	for _, l := range lines {
		if l != "" {
			y += m.Px(18)
			y += d.Text(touch.Rect{X: x, Y: y, W: w}, l, body)
		}
	}
}
