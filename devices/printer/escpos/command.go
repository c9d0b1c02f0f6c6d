package escpos

import "strconv"

// Control bytes that begin commands, and the two of software flow control.
const (
	dle = 0x10
	esc = 0x1b
	fs  = 0x1c
	gs  = 0x1d
	lf  = 0x0a

	XON  = 0x11
	XOFF = 0x13
)

// Piece is what must reach the printer unbroken: one command, or one line of text with the line feed that prints it.
// A status query may stand before a piece and after it, never inside.
type Piece struct {
	Bytes []byte
	// Dots is how far the paper moves, in dots of 1/8 mm.
	Dots int
	// Bulk says that the printer counts the bytes: cut off in the middle, it waits for the missing ones.
	Bulk bool
}

// Query asks for real-time status n (1 printer, 2 offline cause, 3 error, 4 paper). It is answered at once, also while
// the printer is offline, but must stand between two commands.
func Query(n int) []byte { return []byte{dle, 0x04, byte(n)} }

// Recover asks, in real time, to come back from an error and to throw away what is buffered.
func Recover() []byte { return []byte{dle, 0x05, 0x02} }

// Identify asks for the type id (see [ChineseFont]). It is answered in its turn, after all that was sent before it, so
// its answer proves that the printer has got that far.
func Identify() []byte { return []byte{gs, 'I', 2} }

// Facts that [Ask] asks for. A number is answered by one byte, a letter by text.
const (
	ModelID  = 1
	Version  = 3
	Firmware = 'A'
	Maker    = 'B'
	Model    = 'C'
)

// Ask asks for a fact about the printer. Like [Identify] it is answered in its turn.
func Ask(fact byte) []byte { return []byte{gs, 'I', fact} }

// TellChanges asks to be told of each change of line, cover, cutter and paper, and how all of them are now. A drawer's switch, of
// which we have none, is left out.
func TellChanges() []byte { return []byte{gs, 'a', 0x02 | 0x04 | 0x08} }

// Roll asks for the paper sensors, in its turn: for printers that know no real-time status. A printer that is offline
// for want of paper doesn't get as far as answering it.
func Roll() []byte { return []byte{gs, 'r', 1} }

// ChineseFont reads the answer to [Identify].
func ChineseFont(id byte) bool { return id&1 != 0 }

// Init clears modes and the print buffer.
func Init() []byte { return []byte{esc, '@'} }

// Fill is at least n bytes that mean nothing, both to a printer that waits for picture data and to one that waits for
// a command: initialisations. It frees a printer whose picture was cut off n bytes before its end.
func Fill(n int) []byte {
	var b []byte
	for len(b) < n {
		b = append(b, Init()...)
	}
	return b
}

// Resync brings a printer of which nothing is known, because the line broke in the middle of a job, to where a command
// may begin: whatever it still waits for, half a character or a picture, it gets.
func Resync() []byte { return append([]byte{'@'}, Fill(maxBand+rasterHead)...) }

// Eject feeds what is printed past the cutter and cuts.
func Eject() []Piece { return []Piece{feed(ejectLines), cut()} }

const (
	ejectLines = 4
	lineDots   = 30  // what a line feed moves at the power-on line spacing, nearly everywhere
	cutterDots = 100 // from the print head to the knife
)

func chinese() []byte { return []byte{fs, '&'} }

func bold(on bool) []byte {
	if on {
		return []byte{esc, 'E', 1}
	}
	return []byte{esc, 'E', 0}
}

// size n is n times as wide and high.
func size(n int) []byte { return []byte{gs, '!', byte((n - 1) * 0x11)} }

// align takes 0 left, 1 centre, 2 right. It works at the start of a line only.
func align(a int) []byte { return []byte{esc, 'a', byte(a)} }

func feed(lines int) Piece {
	lines = min(max(lines, 1), 255)
	return Piece{Bytes: []byte{esc, 'd', byte(lines)}, Dots: lines * lineDots}
}

func cut() Piece { return Piece{Bytes: []byte{gs, 'V', 'B', 0}, Dots: cutterDots} }

// maxBand keeps a raster command short, so that status can be asked between two of them.
const (
	maxBand    = 1152
	rasterHead = 8
)

// raster prints a picture at the current alignment in bands of at most 256 rows and band bytes. Doubled, each dot of it is two dots
// wide and high on paper.
func raster(p *Bitmap, doubled bool, band int) []Piece {
	stride := p.stride()
	mode, scale := byte(0), 1
	if doubled {
		mode, scale = 3, 2
	}
	if band <= 0 || band > maxBand {
		band = maxBand
	}
	rows := min(max(band/stride, 1), 256)
	var out []Piece
	for y := 0; y < p.H; y += rows {
		h := min(rows, p.H-y)
		b := []byte{gs, 'v', '0', mode, byte(stride), byte(stride >> 8), byte(h), byte(h >> 8)}
		b = append(b, p.Pix[y*stride:(y+h)*stride]...)
		defuse(b[rasterHead:])
		out = append(out, Piece{Bytes: b, Dots: h * scale, Bulk: true})
	}
	return out
}

// defuse changes one dot wherever picture data reads as a real-time command (10 04, 10 05, 10 14), which many printers
// execute even inside a picture.
func defuse(p []byte) {
	for i := 1; i < len(p); i++ {
		if p[i-1] == dle && (p[i] == 0x04 || p[i] == 0x05 || p[i] == 0x14) {
			p[i-1] |= 0x01
		}
	}
}

// nativeQR draws text by the printer's own encoder: model 2, level M.
func nativeQR(text string, module int) []Piece {
	data := len(text) + 3
	store := append([]byte{gs, '(', 'k', byte(data), byte(data >> 8), '1', 'P', '0'}, text...)
	return []Piece{
		{Bytes: []byte{gs, '(', 'k', 4, 0, '1', 'A', '2', 0}},
		{Bytes: []byte{gs, '(', 'k', 3, 0, '1', 'C', byte(module)}},
		{Bytes: []byte{gs, '(', 'k', 3, 0, '1', 'E', '1'}},
		{Bytes: store, Bulk: true},
		{Bytes: []byte{gs, '(', 'k', 3, 0, '1', 'Q', '0'}, Dots: module * 41},
	}
}

// harmless says that no control byte stands in text: a printer may execute a real-time command even inside the data of a
// code.
func harmless(text string) bool {
	for i := range len(text) {
		if text[i] < ' ' {
			return false
		}
	}
	return true
}

// maxNativeQR is what every printer with a QR encoder takes.
const maxNativeQR = 1000

func itoa(n int) string { return strconv.Itoa(n) }
