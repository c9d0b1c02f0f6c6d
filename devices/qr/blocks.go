package qr

import "github.com/makiuchi-d/gozxing"

// blocks tells black from white by a threshold for each block of 8x8 dots: the same bits as gozxing's HybridBinarizer,
// which sets them one by one and so takes most of the time that a frame takes (make bench: a third less with this one).
type blocks struct {
	gozxing.Binarizer // gozxing's own, for pictures that are too small for blocks
	plane             plane
	inverted          bool
	memory            *memory
}

// memory of blocks, to be used again.
type memory struct {
	points          []uint8 // the black point of each block, row by row
	columns         []int   // sums over five rows of blocks
	above, here, or []uint8 // a threshold for each dot of a row: in the block row above, in this one, the higher of both
}

const (
	side     = 8
	least    = 5 * side // width and height from which blocks are used
	contrast = 24       // within a block, up to which it is taken to be of one colour
)

// GetBlackMatrix implements gozxing.Binarizer.
func (b blocks) GetBlackMatrix() (m *gozxing.BitMatrix, err error) {
	if b.plane.width < least || b.plane.height < least {
		m, err = b.Binarizer.GetBlackMatrix()
	} else if m, err = gozxing.NewBitMatrix(b.plane.width, b.plane.height); err == nil {
		b.fill(m)
	}
	if err == nil && b.inverted {
		m.FlipAll()
	}
	return m, err
}

// blocksIn is how many blocks cover n dots; the last one overlaps the one before where n is no multiple of 8.
func blocksIn(n int) int { return (n + side - 1) / side }

func (b blocks) fill(m *gozxing.BitMatrix) {
	p, mem := b.plane, b.memory
	cols, rows := blocksIn(p.width), blocksIn(p.height)
	mem.points = resize(mem.points, cols*rows)
	mem.columns = resize(mem.columns, cols)
	mem.above, mem.here, mem.or = resize(mem.above, p.width), resize(mem.here, p.width), resize(mem.or, p.width)
	p.blackPoints(mem.points, cols, rows)
	row := gozxing.NewBitArray(p.width)
	for by := range rows {
		mem.above, mem.here = mem.here, mem.above
		mem.thresholds(by, cols, rows)
		first := min(by*side, p.height-side)
		for y := first; y < first+side; y++ {
			t := mem.here
			if y < by*side { // the last blocks overlap those above: what is black in either is
				t = higher(mem.or, mem.above, mem.here)
			}
			compare(row, p.pix[y*p.stride:][:p.width], t)
			m.SetRow(y, row)
		}
	}
}

func resize[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

func higher(out, a, b []uint8) []uint8 {
	for i := range out {
		out[i] = max(a[i], b[i])
	}
	return out
}

// blackPoints estimates for each block what is black in it: half way where there is contrast. A block without contrast
// is taken to be paper, unless its neighbours say that paper is lighter.
func (p plane) blackPoints(points []uint8, cols, rows int) {
	for by := range rows {
		top := p.pix[min(by*side, p.height-side)*p.stride:]
		for bx := range cols {
			sum, low, high := measure(top[min(bx*side, p.width-side):], p.stride)
			i := by*cols + bx
			if high-low > contrast {
				points[i] = uint8(sum / (side * side))
				continue
			}
			points[i] = uint8(low / 2)
			if by > 0 && bx > 0 {
				around := (int(points[i-cols]) + 2*int(points[i-1]) + int(points[i-cols-1])) / 4
				if low < around {
					points[i] = uint8(around)
				}
			}
		}
	}
}

// measure returns the sum of a block's dots, and its darkest and lightest one as far as they were looked for: no longer
// than until there is contrast.
func measure(pix []byte, stride int) (sum, low, high int) {
	low = 255
	for y := range side {
		row := (*[side]byte)(pix[y*stride:])
		sum += int(row[0]) + int(row[1]) + int(row[2]) + int(row[3]) + int(row[4]) + int(row[5]) + int(row[6]) + int(row[7])
		if high-low > contrast {
			continue
		}
		for _, v := range row {
			low, high = min(low, int(v)), max(high, int(v))
		}
	}
	return sum, low, high
}

// thresholds sets the threshold of each dot of a row of blocks: the mean of the black points of the 5x5 blocks around.
func (m *memory) thresholds(by, cols, rows int) {
	from := min(max(by, 2), rows-3) - 2
	for x := range m.columns {
		sum := 0
		for y := from; y < from+5; y++ {
			sum += int(m.points[y*cols+x])
		}
		m.columns[x] = sum
	}
	width := len(m.here)
	for bx := range cols {
		left := min(max(bx, 2), cols-3) - 2
		c := m.columns[left : left+5 : left+5]
		t := uint8((c[0] + c[1] + c[2] + c[3] + c[4]) / 25)
		for x := min(bx*side, width-side); x < min(bx*side+side, width); x++ {
			if x < bx*side { // overlapped
				m.here[x] = max(m.here[x], t)
			} else {
				m.here[x] = t
			}
		}
	}
}

// compare sets the bits of dots that are not above their threshold.
func compare(row *gozxing.BitArray, pix, threshold []uint8) {
	x := 0
	for ; x+32 <= len(pix); x += 32 {
		a, b := (*[32]uint8)(pix[x:]), (*[32]uint8)(threshold[x:])
		word := uint32(0)
		for i := range a {
			word |= uint32(int32(a[i])-int32(b[i])-1) >> 31 << i
		}
		row.SetBulk(x, word)
	}
	if x < len(pix) {
		word := uint32(0)
		for i, v := range pix[x:] {
			word |= uint32(int32(v)-int32(threshold[x+i])-1) >> 31 << i
		}
		row.SetBulk(x, word)
	}
}
