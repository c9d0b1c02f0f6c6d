package screen

import (
	"zhizhu/app/screen/theme"
	"zhizhu/app/screen/touch"
	"zhizhu/app/visit"
)

// attract is the page of an idle machine: one call, what works now, and the whole page begins a visit.
func (d *draw) attract(area touch.Rect, body *visit.AttractBody) {
	m := d.m
	area = lower(area, m.Gap())
	area.H -= m.Gap()
	if m.Landscape {
		cols := area.Columns(2, m.Px(60))
		d.attractCall(cols[0], body)
		list := cols[1]
		list.Y += max(0, (list.H-d.attractLists(list, body, true))/2)
		d.attractLists(list, body, false)
		return
	}
	lists := d.attractLists(area, body, true)
	call := area
	call.H = area.H - lists - m.Px(90)
	d.attractCall(call, body)
	d.attractLists(touch.Rect{X: area.X, Y: call.Below(), W: area.W, H: lists}, body, false)
}

// attractCall draws the station's name and the large call to touch.
func (d *draw) attractCall(r touch.Rect, body *visit.AttractBody) {
	m := d.m
	title := centre(d.bold(theme.Title))
	lead := centre(d.quiet(theme.Strong))
	begin := d.spec(body.Begin, touch.Button)
	begin.Role, begin.Size = touch.Primary, theme.Title
	if begin.Label == "" {
		begin.Label = body.Call
	}
	icon := m.Px(150)
	button := max(m.Px(190), m.Control())
	h := icon + m.Px(30) + d.Height(d.v.Title, r.W, title) + d.Height(d.v.Lead, r.W, lead) + m.Px(50) + button + m.Px(22) + d.Height(body.Call, r.W, lead)
	y := r.Y + max(0, (r.H-h)*0.5)
	d.Icon(touch.Rect{X: r.X + (r.W-icon)/2, Y: y, W: icon, H: icon}, "landmark", d.p.Primary)
	y += icon + m.Px(30)
	y += d.Text(touch.Rect{X: r.X, Y: y, W: r.W}, d.v.Title, title)
	y += d.Text(touch.Rect{X: r.X, Y: y, W: r.W}, d.v.Lead, lead)
	y += m.Px(50)
	w := min(r.W, m.Px(860))
	d.key(touch.Rect{X: r.X + (r.W-w)/2, Y: y, W: w, H: button}, begin, body.Begin)
	y += button + m.Px(22)
	if body.Call != begin.Label {
		d.Text(touch.Rect{X: r.X, Y: y, W: r.W}, body.Call, lead)
	}
}

// attractLists draws what works now and the public notices, or only measures them.
func (d *draw) attractLists(r touch.Rect, body *visit.AttractBody, measure bool) float32 {
	m := d.m
	line := d.bold(theme.Strong)
	side, pad := m.Px(52), m.Px(40)
	w := r.W - 2*pad - side - m.Px(24)
	y := float32(0)
	if len(body.Offers) > 0 {
		h := 2*pad - m.Px(20)
		for _, offer := range body.Offers {
			h += d.Height(offer, w, line) + m.Px(20)
		}
		if !measure {
			d.Card(touch.Rect{X: r.X, Y: r.Y, W: r.W, H: h}, d.p.Surface, d.p.Rule, d.outline())
			d.offers(touch.Rect{X: r.X + pad, Y: r.Y + pad, W: w, H: side}, body.Offers, line)
		}
		y = h + m.Gap()
	}
	notices := body.Faults
	if n := d.v.Notice; n != nil && n.Text != "" {
		notices = append([]string{n.Text}, notices...)
	}
	for _, fault := range notices {
		if !measure {
			d.notice(touch.Rect{X: r.X, Y: r.Y + y, W: r.W}, fault, visit.Attention)
		}
		y += d.noticeHeight(r.W, fault, visit.Attention) + m.Gap()
	}
	return y
}

// offers sets lines with a sign before each.
func (d *draw) offers(r touch.Rect, all []string, line touch.Type) {
	first := d.m.LineHeight(d.m.Text(line.Size))
	for _, offer := range all {
		d.Icon(touch.Rect{X: r.X, Y: r.Y + (first-r.H)/2, W: r.H, H: r.H}, "circle-check", d.p.Good)
		r.Y += d.Text(touch.Rect{X: r.X + r.H + d.m.Px(24), Y: r.Y, W: r.W}, offer, line) + d.m.Px(20)
	}
}
