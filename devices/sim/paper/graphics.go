package paper

// maxGraphics is the most that one graphics command may hold: more is garbage, and must not be waited for.
const maxGraphics = 1 << 20

// graphicsAt reads GS ( L (size is 2 bytes) and GS 8 L (4): functions 112, store a picture, and 50, print it.
func graphicsAt(b []byte, size int) (Command, int, error) {
	head := 3 + size + 2
	if len(b) < head {
		return Command{}, 0, ErrShort
	}
	n := 0
	for i := range size {
		n |= int(b[3+i]) << (8 * i)
	}
	if b[2] != 'L' || n < 2 || n > maxGraphics || b[head-2] != '0' {
		return unknown(b, head)
	}
	end := 3 + size + n
	if len(b) < end {
		return Command{}, 0, ErrShort
	}
	c := Command{Op: OpGraphics, Len: end, N: int(b[head-1])}
	switch c.N {
	case '2', 50 - '0':
		c.N = '2'
		return c, end, nil
	case 'p':
		return stored(c, b[head:end], b[:end])
	}
	return unknown(b, end)
}

// stored reads the parameters of function 112: tone, scale, colour, and the size in dots.
func stored(c Command, p, whole []byte) (Command, int, error) {
	if len(p) < 8 || p[0] != '0' || p[1] < 1 || p[1] > 2 || p[2] < 1 || p[2] > 2 || p[3] < '1' || p[3] > '4' {
		return unknown(whole, len(whole))
	}
	dots := int(p[4]) | int(p[5])<<8
	c.W, c.H, c.Data = (dots+7)/8, int(p[6])|int(p[7])<<8, p[8:]
	c.scaleX, c.scaleY = int(p[1]), int(p[2])
	if c.W == 0 || c.H == 0 || len(c.Data) != c.W*c.H {
		return unknown(whole, len(whole))
	}
	return c, len(whole), nil
}

// graphics obeys both functions: what is stored is printed once, and then gone.
func (p *printer) graphics(c Command) {
	if c.N == 'p' {
		p.stored = c
		return
	}
	if s := p.stored; s.H > 0 {
		s.N = s.scaleX - 1 | (s.scaleY-1)<<1
		p.raster(s)
	}
	p.stored = Command{}
}
