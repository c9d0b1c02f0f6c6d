package escpos

// Bitmap is a picture of black (1) and white dots, rows of whole bytes, the leftmost dot in the highest bit: as
// printers want it.
type Bitmap struct {
	W, H int
	Pix  []byte
}

// NewBitmap makes a white picture of w by h dots.
func NewBitmap(w, h int) *Bitmap {
	b := &Bitmap{W: w, H: h}
	b.Pix = make([]byte, b.stride()*h)
	return b
}

func (b *Bitmap) stride() int { return (b.W + 7) / 8 }

// Set makes a dot black; dots outside the picture are left out.
func (b *Bitmap) Set(x, y int) {
	if x < 0 || y < 0 || x >= b.W || y >= b.H {
		return
	}
	b.Pix[y*b.stride()+x/8] |= 0x80 >> (x % 8)
}

// At says whether a dot is black. Outside the picture all is white.
func (b *Bitmap) At(x, y int) bool {
	if x < 0 || y < 0 || x >= b.W || y >= b.H {
		return false
	}
	return b.Pix[y*b.stride()+x/8]&(0x80>>(x%8)) != 0
}

// enlarge makes every dot n dots wide and high.
func (b *Bitmap) enlarge(n int) *Bitmap {
	out := NewBitmap(b.W*n, b.H*n)
	for y := range out.H {
		for x := range out.W {
			if b.At(x/n, y/n) {
				out.Set(x, y)
			}
		}
	}
	return out
}

// trim cuts white columns off the right side; something always stays.
func (b *Bitmap) trim() *Bitmap {
	used := 1
	for y := range b.H {
		for x := b.stride() - 1; x >= used; x-- {
			if b.Pix[y*b.stride()+x] != 0 {
				used = x + 1
				break
			}
		}
	}
	if used == b.stride() {
		return b
	}
	out := NewBitmap(used*8, b.H)
	for y := range b.H {
		copy(out.Pix[y*used:(y+1)*used], b.Pix[y*b.stride():])
	}
	return out
}
