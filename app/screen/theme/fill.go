package theme

import (
	"fmt"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
)

// Fill is an area of one opaque colour. On the machine it is a shader that writes a constant, which costs the software
// renderer of a weak machine about a third of a rectangle (shared/FYNE.md, last table); Fyne's image renderer, which
// the tests use, knows no shaders and gets a rectangle.
type Fill struct {
	shader *canvas.Shader // nil where the painter knows none
	rect   *canvas.Rectangle
	color  color.NRGBA
}

// NewFill returns a fill; shaders says whether the painter can run them.
func NewFill(c color.NRGBA, shaders bool) *Fill {
	f := &Fill{}
	if shaders {
		f.shader = canvas.NewShader("", nil, nil)
	} else {
		f.rect = canvas.NewRectangle(c)
	}
	f.paint(c)
	f.Hide()
	return f
}

// Show places the area in whole pixels, in a colour.
func (f *Fill) Show(x, y, w, h float32, c color.NRGBA) {
	x2, y2 := round(x+w), round(y+h)
	x, y = round(x), round(y)
	o := f.Object()
	if f.shader != nil {
		// Fyne makes a shader's area one pixel larger on each side, for soft edges that this one doesn't have.
		x, y, x2, y2 = x+bleed, y+bleed, x2-bleed, y2-bleed
	}
	o.Move(fyne.NewPos(x, y))
	o.Resize(fyne.NewSize(x2-x, y2-y))
	if f.color != c {
		f.paint(c)
		o.Refresh()
	}
	o.Show()
}

// Hide takes the area away.
func (f *Fill) Hide() { f.Object().Hide() }

const bleed = 1

func (f *Fill) paint(c color.NRGBA) {
	f.color = c
	if f.rect != nil {
		f.rect.FillColor = c
		return
	}
	rgb := fmt.Sprintf("%.5f, %.5f, %.5f", float64(c.R)/255, float64(c.G)/255, float64(c.B)/255)
	f.shader.Name = "zhizhu-fill-" + rgb
	f.shader.Source = []byte("#version 110\nvoid main() { gl_FragColor = vec4(" + rgb + ", 1.0); }\n")
	f.shader.SourceES = []byte("#version 100\nprecision mediump float;\nvoid main() { gl_FragColor = vec4(" + rgb + ", 1.0); }\n")
}

// Object returns what is put into a container.
func (f *Fill) Object() fyne.CanvasObject {
	if f.shader != nil {
		return f.shader
	}
	return f.rect
}
