package theme

import (
	"image/color"

	"fyne.io/fyne/v2"
	fynetheme "fyne.io/fyne/v2/theme"

	"zhizhu/assets"
)

// Fyne is zhizhu's look in Fyne's terms: it gives the bundled fonts and the ground that the painter clears with.
// Use it on Fyne's goroutine only.
type Fyne struct {
	fallback      fyne.Theme
	regular, bold fyne.Resource
	page          color.NRGBA
}

// NewFyne returns the theme over Fyne's light one.
func NewFyne() *Fyne {
	return &Fyne{
		fallback: fynetheme.LightTheme(), //nolint:staticcheck // the light variant whatever the machine's settings say
		regular:  fyne.NewStaticResource("ZhizhuSans-Regular.otf", assets.FontRegular()),
		bold:     fyne.NewStaticResource("ZhizhuSans-Bold.otf", assets.FontBold()),
		page:     Normal().Page,
	}
}

// SetPage changes the colour behind everything. The painter clears with it, so that no object has to be drawn for it.
func (t *Fyne) SetPage(c color.NRGBA) { t.page = c }

// Color returns a colour by its Fyne name.
func (t *Fyne) Color(n fyne.ThemeColorName, v fyne.ThemeVariant) color.Color {
	if n == fynetheme.ColorNameBackground {
		return cleared{t.page}
	}
	return t.fallback.Color(n, v)
}

// cleared is a colour as Fyne's painter must be told it to clear the window with it: the painter divides by 255*255
// where full brightness is 65535, and would come out a shade too light.
type cleared struct{ c color.NRGBA }

// RGBA returns the parts of 255*255.
func (c cleared) RGBA() (r, g, b, a uint32) {
	const full = 255
	return uint32(c.c.R) * full, uint32(c.c.G) * full, uint32(c.c.B) * full, 0xffff
}

// Font returns the bundled font of a style. There are two weights and no slanted ones.
func (t *Fyne) Font(s fyne.TextStyle) fyne.Resource {
	if s.Bold {
		return t.bold
	}
	return t.regular
}

// Icon returns an icon by its Fyne name.
func (t *Fyne) Icon(n fyne.ThemeIconName) fyne.Resource { return t.fallback.Icon(n) }

// Size returns a length by its Fyne name; radii are 0, for each rounded shape is paid at every frame.
func (t *Fyne) Size(n fyne.ThemeSizeName) float32 {
	switch n {
	case fynetheme.SizeNameInputRadius, fynetheme.SizeNameSelectionRadius, fynetheme.SizeNameScrollBarRadius:
		return 0
	default:
		return t.fallback.Size(n)
	}
}
