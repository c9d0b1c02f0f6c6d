package desk

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math/rand/v2"

	"github.com/skip2/go-qrcode"
	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"zhizhu/assets"
)

// Sheet is a document as a scanner would see it.
type Sheet struct {
	Image *image.RGBA
	// Width and Height in millimetres.
	Width, Height float64
}

// perMM is the sheets' resolution: 7.874 dots a millimetre are 200 dpi.
const perMM = 7.874

func blank(w, h float64, paper color.Color) Sheet {
	m := image.NewRGBA(image.Rect(0, 0, int(w*perMM), int(h*perMM)))
	draw.Draw(m, m.Rect, image.NewUniform(paper), image.Point{}, draw.Src)
	return Sheet{m, w, h}
}

// Blank is a sheet of A4 without a letter.
func Blank() Sheet { return blank(210, 297, color.RGBA{232, 232, 228, 255}) }

// Notice is a letter of A4 in body text of the given height in millimetres (3.7 is the usual), with a table, and a QR code
// at its foot.
func Notice(height float64, code string) (Sheet, error) {
	s := Blank()
	p, err := s.pen(height)
	if err != nil {
		return s, err
	}
	title, err := s.pen(height * 1.8)
	if err != nil {
		return s, err
	}
	title.write(60, 28, "证明书样本")
	y := 48.0
	for y < 150 {
		p.write(25, y, p.filler(int(160/height)))
		y += height * 1.75
	}
	s.table(25, 160, 160, 50, 5, 4)
	for i := range 4 {
		p.write(28, 168+12.5*float64(i), p.filler(6))
	}
	if err := s.code(150, 225, 40, code); err != nil {
		return s, err
	}
	p.write(25, 275, p.filler(12))
	return s, nil
}

// Card is an ID-1 card, coloured, with a photo's place and text.
func Card() (Sheet, error) {
	s := blank(85.6, 54, color.RGBA{205, 222, 226, 255})
	p, err := s.pen(3)
	if err != nil {
		return s, err
	}
	for i := range 5 {
		p.write(7, 10+7*float64(i), p.filler(12))
	}
	p.write(7, 49, "000000 00000000 0000")
	s.fill(60, 8, 22, 28, color.RGBA{120, 130, 150, 255})
	s.fill(66, 12, 10, 12, color.RGBA{190, 160, 140, 255})
	return s, nil
}

// Booklet is an open booklet with a fold down its middle, both pages full of a ruled form.
func Booklet() (Sheet, error) {
	s := blank(210, 143, color.RGBA{226, 224, 208, 255})
	p, err := s.pen(3.4)
	if err != nil {
		return s, err
	}
	for _, x := range []float64{8, 113} {
		s.table(x, 12, 89, 120, 10, 3)
		for i := range 10 {
			p.write(x+2, 20+12*float64(i), p.filler(4))
			p.write(x+33, 20+12*float64(i), p.filler(10))
		}
	}
	for i := range 4 { // the shade of the fold
		s.fill(105-float64(i), 0, 2*float64(i)+0.5, 143, color.RGBA{0, 0, 0, 14})
	}
	return s, nil
}

// Cover is a dark booklet with golden letters, shut.
func Cover() (Sheet, error) {
	s := blank(105, 143, color.RGBA{96, 40, 44, 255})
	p, err := s.pen(9)
	if err != nil {
		return s, err
	}
	p.ink = image.NewUniform(color.RGBA{208, 176, 96, 255})
	p.write(22, 50, "样本簿册子")
	return s, nil
}

// Form is a sheet of A4 whose table fills it, with a header in solid colour: outlines inside an outline.
func Form() (Sheet, error) {
	s := Blank()
	p, err := s.pen(3.7)
	if err != nil {
		return s, err
	}
	s.table(12, 40, 186, 240, 14, 5)
	s.fill(12, 14, 186, 22, color.RGBA{70, 110, 160, 255})
	for i := range 14 {
		p.write(15, 51+17.1*float64(i), p.filler(6))
		p.write(55, 51+17.1*float64(i), p.filler(8))
	}
	s.fill(150, 60, 35, 45, color.RGBA{90, 100, 120, 255})
	return s, nil
}

func (s Sheet) fill(x, y, w, h float64, c color.Color) {
	r := image.Rect(int(x*perMM), int(y*perMM), int((x+w)*perMM), int((y+h)*perMM))
	draw.Draw(s.Image, r, image.NewUniform(c), image.Point{}, draw.Over)
}

// table draws lines of 0.35 mm.
func (s Sheet) table(x, y, w, h float64, rows, columns int) {
	const thick = 0.35
	for i := range rows + 1 {
		s.fill(x, y+h*float64(i)/float64(rows), w+thick, thick, color.Gray{40})
	}
	for i := range columns + 1 {
		s.fill(x+w*float64(i)/float64(columns), y, thick, h+thick, color.Gray{40})
	}
}

func (s Sheet) code(x, y, size float64, text string) error {
	q, err := qrcode.New(text, qrcode.Medium)
	if err != nil {
		return fmt.Errorf("draw code: %w", err)
	}
	q.BackgroundColor = s.Image.At(0, 0) // white is what the paper is
	m := q.Image(int(size * perMM))
	at := image.Pt(int(x*perMM), int(y*perMM))
	draw.Draw(s.Image, m.Bounds().Add(at), m, image.Point{}, draw.Src)
	return nil
}

// pen writes on a sheet.
type pen struct {
	on   *image.RGBA
	face font.Face
	ink  image.Image
	rng  *rand.Rand
}

func (s Sheet) pen(height float64) (*pen, error) {
	f, err := opentype.Parse(assets.FontRegular())
	if err != nil {
		return nil, fmt.Errorf("parse font: %w", err)
	}
	face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: height * perMM, DPI: 72})
	if err != nil {
		return nil, fmt.Errorf("open font: %w", err)
	}
	return &pen{s.Image, face, image.NewUniform(color.Gray{35}), rand.New(rand.NewPCG(7, uint64(height*100)))}, nil
}

// write puts a line of text with its base line at x, y in millimetres.
func (p *pen) write(x, y float64, text string) {
	d := font.Drawer{Dst: p.on, Src: p.ink, Face: p.face, Dot: fixed.P(int(x*perMM), int(y*perMM))}
	d.DrawString(text)
}

// filler is text that means nothing.
func (p *pen) filler(n int) string {
	const words = "兹证明上述材料与原件一致请于规定期限内到服务站办理相关手续如有疑问可向工作人员咨询本样本不作任何用途仅供测试"
	from, out := []rune(words), make([]rune, n)
	for i := range out {
		out[i] = from[p.rng.IntN(len(from))]
	}
	return string(out)
}
