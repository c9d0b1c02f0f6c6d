package touch

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"zhizhu/app/screen/theme"
)

// Type is how a text is set.
type Type struct {
	Size   theme.Size
	Px     float32 // the size in pixels, where it is not one of the mode's
	Bold   bool
	Color  color.NRGBA
	Align  fyne.TextAlign
	Even   bool // lines of even length, for headings and labels
	Shrink bool // one line, as small as it must be, but not far below the note size
}

// leastShrink bounds how far a text that must stay on one line shrinks.
const leastShrink = 0.6

// Height returns how high a text becomes in a width.
func (b *Board) Height(s string, width float32, t Type) float32 {
	if s == "" {
		return 0
	}
	size, lines := b.kit.set(s, width, t)
	return float32(len(lines)) * b.kit.Metrics.LineHeight(size)
}

// Text sets a text into a rectangle from its top and returns the height that it took.
func (b *Board) Text(r Rect, s string, t Type) float32 {
	if s == "" {
		return 0
	}
	size, lines := b.kit.set(s, r.W, t)
	h := b.kit.Metrics.LineHeight(size)
	for i, line := range lines {
		b.line(Rect{r.X, r.Y + float32(i)*h, r.W, h}, line, size, t)
	}
	took := h * float32(len(lines))
	b.said = append(b.said, Said{s, Rect{r.X, r.Y, r.W, took}, false})
	return took
}

// Middle sets a text into a rectangle, in the middle of its height.
func (b *Board) Middle(r Rect, s string, t Type) {
	h := b.Height(s, r.W, t)
	b.Text(Rect{r.X, r.Y + (r.H-h)/2, r.W, h}, s, t)
}

func (b *Board) line(r Rect, s string, size float32, t Type) {
	if b.usedLines == len(b.lines) {
		l := canvas.NewText("", t.Color)
		b.lines = append(b.lines, l)
		b.layers[4].Objects = append(b.layers[4].Objects, l)
	}
	l := b.lines[b.usedLines]
	b.usedLines++
	setLine(l, snap(r), s, size, t)
}

// setLine fills a canvas text, and refreshes it only if something changed.
func setLine(l *canvas.Text, r Rect, s string, size float32, t Type) {
	place(l, r)
	style := fyne.TextStyle{Bold: t.Bold}
	if l.Text != s || l.TextSize != size || l.Color != color.Color(t.Color) || l.TextStyle != style || l.Alignment != t.Align {
		l.Text, l.TextSize, l.Color, l.TextStyle, l.Alignment = s, size, t.Color, style, t.Align
		l.Refresh()
	}
	l.Show()
}

// set breaks a text into lines for a width.
func (k *Kit) set(s string, width float32, t Type) (size float32, lines []string) {
	size = k.Metrics.Text(t.Size)
	if t.Px > 0 {
		size = t.Px
	}
	if t.Shrink {
		if w := k.Ruler.Width(s, size, t.Bold); w > width {
			size = max(size*leastShrink, size*width/w-0.5)
		}
	}
	if t.Even {
		return size, k.Ruler.Balance(s, size, t.Bold, width)
	}
	return size, k.Ruler.Wrap(s, size, t.Bold, width)
}
