package touch

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"zhizhu/app/screen/theme"
)

// inks are the colours of a tile's parts.
type inks struct {
	ground, line, text, sub, icon color.NRGBA
	width                         float32
}

// inks chooses the colours. Chosen and off are never told by colour alone: a sign or words stand beside.
func (t *Tile) inks() inks {
	p, m, s := t.kit.Palette, t.kit.Metrics, t.spec
	c := t.atRest()
	switch {
	case s.Off:
		c = inks{ground: p.Sunk, text: p.OnSunk, sub: p.OnSunk, icon: p.OnSunk}
	case t.down:
		c.ground = t.pressed()
	case s.Chosen:
		c.ground, c.line, c.width, c.text = p.Pick, p.Primary, m.Line()+2, p.Primary
	case s.Bad:
		c.line = p.WrongLine
	case s.Hint:
		c.text = p.Quiet
	case s.Shape == Field:
		c.line = p.Primary
	}
	return c
}

// atRest are the colours of the tile's role.
func (t *Tile) atRest() inks {
	p, m := t.kit.Palette, t.kit.Metrics
	c := inks{ground: p.Surface, line: p.Line, text: p.Ink, sub: p.Quiet, icon: p.Primary, width: m.Line()}
	switch t.spec.Role {
	case Primary:
		return inks{ground: p.Primary, text: p.OnPrime, sub: p.OnPrime, icon: p.OnPrime}
	case Warm:
		return inks{ground: p.WarmGround, line: p.WarmLine, text: p.WarmInk, sub: p.WarmInk, icon: p.WarmInk, width: m.Line()}
	case Quiet:
		return inks{ground: t.around, text: p.Primary, sub: p.Quiet, icon: p.Primary}
	case Card:
		if !m.Guided {
			c.width = 0
		}
	case Plain:
	}
	return c
}

// pressed is the ground under a finger.
func (t *Tile) pressed() color.NRGBA {
	p := t.kit.Palette
	switch {
	case t.spec.Role == Primary:
		return p.Pressed
	case t.spec.Role == Warm && t.kit.Metrics.Guided:
		return p.WrongInk
	case t.spec.Role == Warm:
		return p.WarmLine
	default:
		return p.Pick
	}
}

// draw lays out the tile's parts for its size.
func (t *Tile) draw() {
	c := t.inks()
	m := t.kit.Metrics
	whole := Rect{0, 0, t.rect.W, t.rect.H}
	radius := min(m.Corner(), t.rect.H/4)
	if t.spec.Role == Quiet && c.ground == t.around {
		t.card.hide()
	} else {
		t.card.show(whole, Look{Ground: c.ground, Line: c.line, Around: t.around, LineWidth: c.width, Radius: radius})
	}
	a := t.arrange(whole.W)
	top := (whole.H - a.height) / 2
	t.drawIcons(a, c, top)
	n := 0
	for _, block := range a.blocks {
		ink := c.text
		if block.sub {
			ink = c.sub
		}
		for i, line := range block.lines {
			h := m.LineHeight(block.size)
			at := Rect{block.x, top + block.y + float32(i)*h, block.w, h}
			setLine(t.line(n), snap(at), line, block.size, Type{Bold: block.bold, Color: ink, Align: block.align})
			n++
		}
	}
	for _, l := range t.lines[n:] {
		l.Text = ""
		l.Hide()
	}
	t.Refresh()
}

func (t *Tile) drawIcons(a arrangement, c inks, top float32) {
	p := t.kit.Palette
	ink := c.icon
	if a.badge.W > 0 && !t.spec.Off {
		tint := p.ByTint(t.spec.Tint)
		ink = tint.Ink
		at := a.badge
		at.Y += top
		t.badge.show(at, Look{Ground: tint.Ground, Around: c.ground, Radius: t.kit.Metrics.Corner()})
	} else {
		t.badge.hide()
	}
	t.drawIcon(t.mark, a.mark, a.markName, ink, top)
	t.drawIcon(t.sign, a.sign, a.signName, c.icon, top)
}

func (t *Tile) drawIcon(i *icon, r Rect, name string, c color.NRGBA, top float32) {
	if name == "" {
		i.Hide()
		return
	}
	r.Y += top
	i.set(t.kit, snap(r), name, c)
}

func (t *Tile) line(n int) *canvas.Text {
	if n == len(t.lines) {
		l := canvas.NewText("", color.Transparent)
		t.lines = append(t.lines, l)
		t.objects = append(t.objects, l)
	}
	return t.lines[n]
}

// block is some lines of one style.
type block struct {
	x, y, w, size float32
	lines         []string
	bold, sub     bool
	align         fyne.TextAlign
}

// arrangement is where a tile's parts lie, from the top of what they take together.
type arrangement struct {
	blocks             []block
	mark, sign, badge  Rect
	markName, signName string
	height             float32
}

// TileWidth returns how wide a Button or Key must be for its words to stay on one line.
func (k *Kit) TileWidth(s Spec) float32 {
	m := k.Metrics
	size := m.Text(s.Size)
	w := k.Ruler.Width(s.Label, size, true) + 2*m.Px(14) + 4
	if s.Icon != "" || s.Chosen {
		w += roundf(size*1.15) + m.Px(14)
	}
	for _, small := range []string{s.Sub, s.Why} {
		w = max(w, k.Ruler.Width(small, m.Text(theme.Note), false)+2*m.Px(14))
	}
	return w
}

// TileHeight returns how high a tile must be for its words at a width, the padding included.
func (k *Kit) TileHeight(s Spec, width float32) float32 {
	t := Tile{kit: k, spec: s}
	return max(t.arrange(width).height+2*k.pad(s.Shape), k.Metrics.Target())
}

func (k *Kit) pad(s Shape) float32 {
	if s == Key || s == Button {
		return k.Metrics.Px(14)
	}
	if k.Metrics.Landscape {
		return k.Metrics.Px(16)
	}
	return k.Metrics.Px(24)
}

func (t *Tile) arrange(width float32) arrangement {
	switch t.spec.Shape {
	case Stack:
		return t.arrangeStack(width)
	case Row, Tick, Field:
		return t.arrangeRow(width)
	default:
		return t.arrangeButton(width)
	}
}

func (t *Tile) arrangeStack(width float32) arrangement {
	m := t.kit.Metrics
	var a arrangement
	side := m.Px(104)
	if m.Landscape {
		side = m.Px(84)
	}
	if t.spec.Mark > 0 {
		side = t.spec.Mark
	}
	pad := m.Px(14)
	y := float32(0)
	if t.spec.Icon != "" {
		a.markName = t.spec.Icon
		if t.spec.Tint != "" {
			a.badge = Rect{(width - side) / 2, 0, side, side}
			a.mark = a.badge.Inset(side * 0.22)
		} else {
			side *= 0.75
			a.mark = Rect{(width - side) / 2, 0, side, side}
		}
		y = side + m.Px(10)
	}
	y = t.stackText(&a, Rect{pad, y, width - 2*pad, 0}, fyne.TextAlignCenter)
	a.height = y
	return a
}

func (t *Tile) arrangeRow(width float32) arrangement {
	m, s := t.kit.Metrics, t.spec
	var a arrangement
	pad := m.Pad()
	left, right := pad, width-pad
	side := m.Px(44)
	if m.Guided {
		side = m.Px(64)
	}
	a.markName = s.Icon
	if s.Shape == Tick {
		a.markName = "square"
		if s.Chosen {
			a.markName = "square-check"
		}
		side = m.Px(60)
	}
	if a.markName != "" {
		a.mark = Rect{left, 0, side, side}
		left += side + m.Px(22)
	}
	a.signName = s.Sign
	if s.Chosen && s.Shape == Row {
		a.signName = "circle-check"
	}
	if a.signName != "" {
		w := side
		a.sign = Rect{right - w, 0, w, w}
		right -= w + m.Px(16)
	}
	a.height = max(t.stackText(&a, Rect{left, 0, right - left, 0}, fyne.TextAlignLeading), a.mark.H)
	a.mark.Y = (a.height - a.mark.H) / 2
	a.sign.Y = (a.height - a.sign.H) / 2
	t.centreBlocks(&a)
	return a
}

// centreBlocks moves words that are lower than the icon beside them to its middle.
func (t *Tile) centreBlocks(a *arrangement) {
	var low float32
	for _, b := range a.blocks {
		low = max(low, b.y+float32(len(b.lines))*t.kit.Metrics.LineHeight(b.size))
	}
	for i := range a.blocks {
		a.blocks[i].y += (a.height - low) / 2
	}
}

func (t *Tile) arrangeButton(width float32) arrangement {
	m, s := t.kit.Metrics, t.spec
	var a arrangement
	size := m.Text(s.Size)
	if t.rect.H > 0 && s.Shape == Key {
		size = min(size, roundf(t.rect.H*0.6)) // a low key keeps its words inside
	}
	pad := m.Px(14)
	side, gap := float32(0), float32(0)
	a.markName = s.Icon
	if s.Icon == "" && s.Chosen {
		a.markName = "circle-check"
	}
	if a.markName != "" {
		side = roundf(size * 1.15)
		if s.Label != "" {
			gap = m.Px(14)
		}
	}
	bold := true
	room := width - 2*pad - side - gap
	lines := t.kit.Ruler.Balance(s.Label, size, bold, room)
	var w float32
	for _, l := range lines {
		w = max(w, t.kit.Ruler.Width(l, size, bold))
	}
	for _, small := range []string{s.Sub, s.Why} {
		for _, l := range t.kit.Ruler.Balance(small, m.Text(theme.Note), false, room) {
			w = max(w, t.kit.Ruler.Width(l, m.Text(theme.Note), false))
		}
	}
	left := (width - side - gap - w) / 2
	words, mark := left+side+gap, left
	if forward(a.markName) {
		words, mark = left, left+w+gap
	}
	a.height = max(t.stackText(&a, Rect{words, 0, w + 1, 0}, fyne.TextAlignCenter), side)
	a.mark = Rect{mark, (a.height - side) / 2, side, side}
	t.centreBlocks(&a)
	if s.Label == "" {
		a.blocks = nil
	}
	return a
}

// forward reports whether an icon points on, and so stands behind the words.
func forward(icon string) bool { return icon == "arrow-right" || icon == "chevron-right" }

// stackText sets label, second line and reason beneath each other and returns where they end.
func (t *Tile) stackText(a *arrangement, r Rect, align fyne.TextAlign) float32 {
	m, s := t.kit.Metrics, t.spec
	y := r.Y
	add := func(text string, size theme.Size, bold, sub bool) {
		if text == "" {
			return
		}
		px := m.Text(size)
		if t.rect.H > 0 && s.Shape == Key {
			px = min(px, roundf(t.rect.H*0.6))
		}
		lines := t.kit.Ruler.Wrap(text, px, bold, r.W)
		if align == fyne.TextAlignCenter {
			lines = t.kit.Ruler.Balance(text, px, bold, r.W)
		}
		a.blocks = append(a.blocks, block{x: r.X, y: y, w: r.W, size: px, lines: lines, bold: bold, sub: sub, align: align})
		y += float32(len(lines)) * m.LineHeight(px)
	}
	bold := s.Shape != Tick && !s.Hint
	add(s.Label, s.Size, bold, false)
	add(s.Sub, theme.Note, false, true)
	add(s.Why, theme.Note, false, true)
	return y
}
