package touch

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"zhizhu/app/screen/theme"
)

// Board is the ground on which a page lays out its parts at exact places. The parts are kept and refilled: Begin, then
// one call for each part, then End. Parts that were not asked for again are hidden and emptied, so nothing of one
// resident stays in an object that another one's page reuses.
type Board struct {
	kit  *Kit
	root *fyne.Container

	grounds fills // beneath the cards
	cards   []*card
	rules   fills // above them
	icons   []*icon
	lines   []*canvas.Text
	tiles   []*Tile
	extras  []fyne.CanvasObject

	usedCards, usedIcons, usedLines, usedTiles int
	usedExtras                                 map[fyne.CanvasObject]bool

	layers [6]*fyne.Container // grounds, cards, rules, icons, lines, controls
	around color.NRGBA
	said   []Said
}

// Said is one text as it was asked for, whole, with its place.
type Said struct {
	Text    string
	Rect    Rect
	Control bool // the words stand on a control, whose place Rect is
}

// icon is a picture with what it shows, so that the same is not drawn again.
type icon struct {
	*canvas.Image
	name  string
	color color.NRGBA
	size  fyne.Size
}

// still is the layout of things that have their places already. Its least size is nothing, so that no text can ever
// make the window grow.
type still struct{}

func (still) Layout([]fyne.CanvasObject, fyne.Size) {}
func (still) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(1, 1) }
func newLayer(objects ...fyne.CanvasObject) *fyne.Container {
	return &fyne.Container{Layout: still{}, Objects: objects}
}

// NewBoard returns an empty, hidden board.
func NewBoard(k *Kit) *Board {
	b := &Board{kit: k, usedExtras: map[fyne.CanvasObject]bool{}}
	b.root = newLayer()
	for i := range b.layers {
		b.layers[i] = newLayer()
		b.root.Add(b.layers[i])
	}
	b.root.Hide()
	return b
}

// Object returns what is put into the window.
func (b *Board) Object() *fyne.Container { return b.root }

// Kit returns what the board's controls share.
func (b *Board) Kit() *Kit { return b.kit }

// Resize gives the board and its layers the size of the window; parts outside it are not found by a touch.
func (b *Board) Resize(w, h float32) {
	size := fyne.NewSize(w, h)
	b.root.Resize(size)
	for _, l := range b.layers {
		l.Resize(size)
	}
}

// Begin starts a new filling. Around is the colour behind the board's parts.
func (b *Board) Begin(around color.NRGBA) {
	b.around = around
	b.usedCards, b.usedIcons, b.usedLines, b.usedTiles = 0, 0, 0, 0
	b.grounds.used, b.rules.used = 0, 0
	clear(b.usedExtras)
	b.said = b.said[:0]
}

// Around sets the colour behind the parts that follow, for their corners, and returns the one before.
func (b *Board) Around(c color.NRGBA) color.NRGBA {
	old := b.around
	b.around = c
	return old
}

// End hides and empties what was not used.
func (b *Board) End() {
	for _, c := range b.cards[b.usedCards:] {
		c.hide()
	}
	b.grounds.end()
	b.rules.end()
	for _, i := range b.icons[b.usedIcons:] {
		i.Hide()
	}
	for _, l := range b.lines[b.usedLines:] {
		if l.Visible() || l.Text != "" {
			l.Text = ""
			l.Hide()
		}
	}
	for _, t := range b.tiles[b.usedTiles:] {
		t.drop()
	}
	for _, o := range b.extras {
		if !b.usedExtras[o] {
			o.Hide()
		}
	}
}

// Wipe empties every part and hides the board.
func (b *Board) Wipe() {
	b.Begin(b.around)
	b.End()
	clear(b.said[:cap(b.said)])
	b.root.Hide()
}

// Card draws a ground with rounded corners. Line width 0 draws no outline.
func (b *Board) Card(r Rect, ground, line color.NRGBA, width float32) {
	if b.usedCards == len(b.cards) {
		c := newCard(b.kit)
		b.cards = append(b.cards, c)
		b.layers[1].Objects = append(b.layers[1].Objects, c.objects()...)
	}
	c := b.cards[b.usedCards]
	b.usedCards++
	radius := min(b.kit.Metrics.Corner(), float32(int(r.H/2)))
	c.show(r, Look{Ground: ground, Line: line, Around: b.around, LineWidth: width, Radius: radius})
}

// Ground draws a square-cornered area beneath the cards.
func (b *Board) Ground(r Rect, c color.NRGBA) { b.grounds.show(b, b.layers[0], r, c) }

// Fill draws a square-cornered area above the cards: a rule, a mark.
func (b *Board) Fill(r Rect, c color.NRGBA) { b.rules.show(b, b.layers[2], r, c) }

// fills are areas of one layer that are kept and refilled.
type fills struct {
	all  []*theme.Fill
	used int
}

func (f *fills) show(b *Board, layer *fyne.Container, r Rect, c color.NRGBA) {
	if f.used == len(f.all) {
		fill := theme.NewFill(c, b.kit.Shaders)
		f.all = append(f.all, fill)
		layer.Objects = append(layer.Objects, fill.Object())
	}
	fill := f.all[f.used]
	f.used++
	fill.Show(r.X, r.Y, r.W, r.H, c)
}

func (f *fills) end() {
	for _, fill := range f.all[f.used:] {
		fill.Hide()
	}
}

// Icon draws an icon, as large as the rectangle allows.
func (b *Board) Icon(r Rect, name string, c color.NRGBA) {
	if b.usedIcons == len(b.icons) {
		i := &icon{Image: &canvas.Image{FillMode: canvas.ImageFillContain}}
		b.icons = append(b.icons, i)
		b.layers[3].Objects = append(b.layers[3].Objects, i.Image)
	}
	i := b.icons[b.usedIcons]
	b.usedIcons++
	i.set(b.kit, snap(r), name, c)
}

func (i *icon) set(k *Kit, r Rect, name string, c color.NRGBA) {
	place(i.Image, r)
	if size := fyne.NewSize(r.W, r.H); i.name != name || i.color != c || i.size != size || i.Resource == nil {
		i.name, i.color, i.size = name, c, size
		i.Resource = k.Icons.Get(name, c, r.W, r.H)
		i.Image.Refresh()
	}
	i.Show()
}

// Add places a control that the page keeps itself, above everything that the board draws.
func (b *Board) Add(r Rect, o fyne.CanvasObject) {
	if !b.usedExtras[o] {
		known := false
		for _, e := range b.extras {
			known = known || e == o
		}
		if !known {
			b.extras = append(b.extras, o)
			b.layers[5].Objects = append(b.layers[5].Objects, o)
		}
		b.usedExtras[o] = true
	}
	place(o, snap(r))
	o.Show()
}

// Tile places a control.
func (b *Board) Tile(r Rect, s Spec, tap func()) *Tile {
	if b.usedTiles == len(b.tiles) {
		t := newTile(b.kit)
		b.tiles = append(b.tiles, t)
		b.layers[5].Objects = append(b.layers[5].Objects, t)
	}
	t := b.tiles[b.usedTiles]
	b.usedTiles++
	t.set(snap(r), s, b.around, tap)
	for _, text := range []string{s.Label, s.Sub, s.Why} {
		if text != "" {
			b.said = append(b.said, Said{text, r, true})
		}
	}
	return t
}

// Tiles returns the controls that are shown, in the order in which they were placed.
func (b *Board) Tiles() []*Tile { return b.tiles[:b.usedTiles] }

// Said returns the texts that are shown, in the order in which they were placed.
func (b *Board) Said() []Said { return b.said }

// Shown reports whether the board is visible.
func (b *Board) Shown() bool { return b.root.Visible() }

// Show makes the board visible or not.
func (b *Board) Show(on bool) {
	if on == b.root.Visible() {
		return
	}
	if on {
		b.root.Show()
	} else {
		b.root.Hide()
	}
}
