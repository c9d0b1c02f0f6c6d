package screen

import (
	"zhizhu/app/screen/theme"
	"zhizhu/app/screen/touch"
	"zhizhu/app/visit"
)

// sign is a white field for a finger.
func (d *draw) sign(area touch.Rect, body *visit.SignBody) {
	m := d.m
	d.wrong(&area, body.Wrong)
	h := max(m.Px(100), m.Target())
	field := area
	field.H = min(area.H-h-m.Gap(), m.Px(760))
	line := m.Line()
	d.Card(field, d.p.Surface, d.p.Primary, line)
	inner := field.Inset(m.Corner() * 0.6)
	foot := touch.Rect{X: area.X, Y: field.Below() + m.Gap(), W: area.W, H: h}
	clearW := max(m.Px(300), m.MM(40))
	c := d.spec(body.Clear, touch.Button)
	d.Middle(touch.Rect{X: foot.X, Y: foot.Y, W: foot.W - clearW - m.Gap(), H: foot.H}, body.Hint, d.quiet(theme.Body))
	d.Tile(touch.Rect{X: foot.Right() - clearW, Y: foot.Y, W: clearW, H: h}, c, func() {
		d.s.pad.Clear()
		d.s.emit(body.Clear.Event)
	})
	if d.fresh {
		d.s.pad.Set(strokesIn(body.Strokes))
	}
	d.s.pad.OnStroke = d.s.sendSign
	d.Add(inner, d.s.pad)
	// A baseline says where to write, as on paper.
	d.Fill(touch.Rect{X: inner.X, Y: inner.Below() + 1, W: inner.W, H: 3}, d.p.Line)
}

// sendSign sends the whole signature, after each stroke.
func (s *Screen) sendSign() {
	size := s.pad.Size()
	e := visit.Sign{W: int(size.Width), H: int(size.Height)}
	for _, stroke := range s.pad.Strokes() {
		var out []visit.Point
		for _, p := range stroke {
			out = append(out, visit.Point(p))
		}
		e.Strokes = append(e.Strokes, out)
	}
	s.emit(e)
}

func strokesIn(all [][]visit.Point) [][]touch.Point {
	var out [][]touch.Point
	for _, stroke := range all {
		var one []touch.Point
		for _, p := range stroke {
			one = append(one, touch.Point(p))
		}
		out = append(out, one)
	}
	return out
}
