package touch

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"zhizhu/app/screen/theme"
)

// Shape says how a tile lays out its icon and words.
type Shape int

// Shapes.
const (
	Button Shape = iota // icon and label side by side, in the middle
	Row                 // icon, label and second line from the left, a sign at the right end
	Stack               // icon above the label
	Key                 // a key of a pad: one short label or one icon
	Tick                // a box to tick, then a sentence
	Field               // a value that is being given, or a hint in its place
)

// Role says which colours a tile has.
type Role int

// Roles.
const (
	Plain Role = iota
	Primary
	Warm
	Quiet
	Card // like Plain without an outline
)

// Spec is everything that a tile shows. It is comparable, so that an unchanged tile is left alone.
type Spec struct {
	ID, Label, Sub string
	Icon, Sign     string // names of icons; Sign stands at the right end of a Row
	Tint           string // ground of a Stack's icon: blue, green, red, brown
	Shape          Shape
	Role           Role
	Size           theme.Size
	Chosen, Off    bool
	Why            string  // why it can't be used, or not wholly, in words
	Hint           bool    // Label is a hint, not a value
	Bad            bool    // the value is wrong
	Mark           float32 // side of a Stack's icon in pixels, 0 for the usual
}

// Tile is the one control of zhizhu: a flat area with an icon and words. It has no animation; under a finger it changes
// its ground. It acts when the finger is lifted on it, so that a touch can be taken back by sliding off.
type Tile struct {
	widget.BaseWidget
	kit    *Kit
	spec   Spec
	rect   Rect
	around color.NRGBA
	stale  bool
	down   bool
	tap    func()
	made   *theme.Palette
	scale  *theme.Metrics

	card, badge *card
	mark, sign  *icon
	lines       []*canvas.Text
	objects     []fyne.CanvasObject
}

var (
	_ fyne.Tappable     = (*Tile)(nil)
	_ desktop.Mouseable = (*Tile)(nil)
	_ desktop.Hoverable = (*Tile)(nil)
)

func newTile(k *Kit) *Tile {
	t := &Tile{kit: k, card: newCard(k), badge: newCard(k)}
	t.mark = &icon{Image: &canvas.Image{FillMode: canvas.ImageFillContain}}
	t.sign = &icon{Image: &canvas.Image{FillMode: canvas.ImageFillContain}}
	t.mark.Hide()
	t.sign.Hide()
	t.objects = append(append(t.card.objects(), t.badge.objects()...), t.mark.Image, t.sign.Image)
	t.ExtendBaseWidget(t)
	return t
}

// Spec returns what the tile shows.
func (t *Tile) Spec() Spec { return t.spec }

// Overflows reports whether the tile's words are larger than the tile.
func (t *Tile) Overflows() bool {
	a := t.arrange(t.rect.W)
	if a.height > t.rect.H+1 {
		return true
	}
	for _, b := range a.blocks {
		for _, l := range b.lines {
			if w := t.kit.Ruler.Width(l, b.size, b.bold); w > b.w+1 || b.x < 0 || b.x+w > t.rect.W {
				return true
			}
		}
	}
	return false
}

// Rect returns where it is.
func (t *Tile) Rect() Rect { return t.rect }

// CreateRenderer gives Fyne the tile's objects, which live as long as the tile: Fyne may drop and ask again.
func (t *Tile) CreateRenderer() fyne.WidgetRenderer { return tileRenderer{t} }

type tileRenderer struct{ t *Tile }

func (tileRenderer) Destroy()                       {}
func (tileRenderer) Layout(fyne.Size)               {}
func (tileRenderer) MinSize() fyne.Size             { return fyne.NewSize(1, 1) }
func (r tileRenderer) Objects() []fyne.CanvasObject { return r.t.objects }
func (r tileRenderer) Refresh()                     { canvas.Refresh(r.t) }

// set fills the tile. Nothing is drawn again if nothing changed.
func (t *Tile) set(r Rect, s Spec, around color.NRGBA, tap func()) {
	t.tap = tap
	same := t.spec == s && t.around == around && t.rect.W == r.W && t.rect.H == r.H &&
		t.made == t.kit.Palette && t.scale == t.kit.Metrics && !t.down && !t.stale && t.Visible()
	if t.rect != r {
		t.rect = r
		place(t, r)
	}
	if same {
		return
	}
	t.spec, t.around, t.down, t.stale = s, around, false, false
	t.made, t.scale = t.kit.Palette, t.kit.Metrics
	t.draw()
	t.Show()
}

// drop hides the tile and forgets what it showed and did.
func (t *Tile) drop() {
	if !t.Visible() && t.tap == nil {
		return
	}
	t.Hide()
	t.spec, t.tap, t.down = Spec{}, nil, false
	for _, l := range t.lines {
		l.Text = ""
		l.Hide()
	}
}

// Tapped does what the tile is for.
func (t *Tile) Tapped(*fyne.PointEvent) {
	if t.spec.Off || t.tap == nil || t.kit.Allow != nil && !t.kit.Allow() {
		return
	}
	t.tap()
}

// MouseDown shows that the finger is felt.
func (t *Tile) MouseDown(*desktop.MouseEvent) { t.press(true) }

// MouseUp shows that it is gone.
func (t *Tile) MouseUp(*desktop.MouseEvent) { t.press(false) }

// MouseIn is asked for by Fyne; a finger has no hovering.
func (t *Tile) MouseIn(*desktop.MouseEvent) {}

// MouseMoved is asked for by Fyne; a finger has no hovering.
func (t *Tile) MouseMoved(*desktop.MouseEvent) {}

// MouseOut ends a touch that slid off.
func (t *Tile) MouseOut() { t.press(false) }

func (t *Tile) press(on bool) {
	if t.spec.Off || t.down == on {
		return
	}
	t.down = on
	if !on && t.kit.Later != nil {
		// The next page repaints anyway; a repaint of its own before it would only delay it.
		t.stale = true
		t.kit.Later(t.settle)
		return
	}
	t.recolour()
}

// settle draws the tile at rest, if no new page has done so.
func (t *Tile) settle() {
	if t.stale && !t.down {
		t.stale = false
		t.recolour()
	}
}

func (t *Tile) recolour() {
	if t.Visible() {
		t.draw()
	}
}
