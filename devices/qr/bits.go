package qr

import "errors"

// The modes of ISO/IEC 18004 table 2, and Hanzi of GB/T 18284-2000.
const (
	modeEnd          = 0x0
	modeNumeric      = 0x1
	modeAlphanumeric = 0x2
	modeAppend       = 0x3
	modeByte         = 0x4
	modeFNC1First    = 0x5
	modeECI          = 0x7
	modeKanji        = 0x8
	modeFNC1Second   = 0x9
	modeHanzi        = 0xD
)

// alphanumeric are the characters of that mode (ISO/IEC 18004 table 5).
const alphanumeric = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"

// piece is a run of bytes in one charset. Segments in a row that leave their charset open are one piece: encoders cut
// where it saves bits, be it within a character.
type piece struct {
	charset charset
	raw     []byte
}

// symbol is what the data of one QR code says.
type symbol struct {
	pieces  []piece
	charset charset // of bytes, set by the last ECI
	fnc1    bool
}

var (
	errMode  = errors.New("symbol has a mode that there is not")
	errBits  = errors.New("symbol ends within a segment")
	errValue = errors.New("symbol has a value that its mode does not have")
)

// parse reads the data codewords of a symbol of a version (1 to 40), error correction done. On an error it yields what
// stood before.
func parse(data []byte, version int) (symbol, error) {
	s := symbol{charset: unmarked}
	in := bitReader{data: data}
	for in.left() >= 4 {
		mode := in.read(4)
		if mode == modeEnd {
			return s, nil
		}
		if err := s.segment(&in, mode, version); err != nil {
			return s, err
		}
		if in.over {
			return s, errBits
		}
	}
	return s, nil
}

func (s *symbol) segment(in *bitReader, mode, version int) error {
	switch mode {
	case modeAppend: // which part this is of how many, and their parity
		in.read(16)
		return nil
	case modeFNC1First:
		s.fnc1 = true
		return nil
	case modeFNC1Second:
		s.fnc1 = true
		in.read(8) // application indicator
		return nil
	case modeECI:
		s.charset = charset(in.eci())
		return nil
	case modeHanzi:
		if in.read(4) != 1 { // the only subset there is: GB 2312
			return errMode
		}
	}
	bits, ok := countBits(mode, version)
	if !ok {
		return errMode
	}
	return s.characters(in, mode, in.read(bits))
}

// countBits is the width of a character count (ISO/IEC 18004 table 3).
func countBits(mode, version int) (int, bool) {
	size := 0
	if version > 9 {
		size++
	}
	if version > 26 {
		size++
	}
	switch mode {
	case modeNumeric:
		return 10 + 2*size, true
	case modeAlphanumeric:
		return 9 + 2*size, true
	case modeByte:
		return 8 + 8*min(size, 1), true
	case modeKanji, modeHanzi:
		return 8 + 2*size, true
	}
	return 0, false
}

func (s *symbol) characters(in *bitReader, mode, count int) error {
	switch mode {
	case modeNumeric:
		return s.digits(in, count)
	case modeAlphanumeric:
		return s.letters(in, count)
	case modeKanji:
		return s.doubles(in, count, shiftJIS)
	case modeHanzi:
		return s.doubles(in, count, gb2312)
	}
	if in.left() < 8*count {
		return errBits
	}
	raw := make([]byte, count)
	for i := range raw {
		raw[i] = byte(in.read(8))
	}
	s.add(s.charset, raw...)
	return nil
}

// add appends to the last piece if that is of the same charset.
func (s *symbol) add(c charset, raw ...byte) {
	if n := len(s.pieces); n > 0 && s.pieces[n-1].charset == c {
		s.pieces[n-1].raw = append(s.pieces[n-1].raw, raw...)
		return
	}
	s.pieces = append(s.pieces, piece{c, raw})
}

// ascii adds what stands for itself in every charset that a code may have, but one.
func (s *symbol) ascii(raw ...byte) {
	if s.charset == utf16 {
		s.add(unmarked, raw...)
		return
	}
	s.add(s.charset, raw...)
}

// utf16 is the ECI of a charset in which ASCII is not one byte.
const utf16 charset = 25

func (s *symbol) digits(in *bitReader, count int) error {
	for count > 0 {
		n := min(count, 3)
		limit := [...]int{0, 10, 100, 1000}[n]
		v := in.read([...]int{0, 4, 7, 10}[n])
		if in.over {
			return errBits
		}
		if v >= limit {
			return errValue
		}
		for limit /= 10; limit > 0; limit /= 10 {
			s.ascii(byte('0' + v/limit%10))
		}
		count -= n
	}
	return nil
}

func (s *symbol) letters(in *bitReader, count int) error {
	raw := make([]byte, 0, min(count, in.left()))
	for ; count > 1; count -= 2 {
		v := in.read(11)
		if in.over {
			return errBits
		}
		if v >= len(alphanumeric)*len(alphanumeric) {
			return errValue
		}
		raw = append(raw, alphanumeric[v/len(alphanumeric)], alphanumeric[v%len(alphanumeric)])
	}
	if count == 1 {
		v := in.read(6)
		if in.over {
			return errBits
		}
		if v >= len(alphanumeric) {
			return errValue
		}
		raw = append(raw, alphanumeric[v])
	}
	if s.fnc1 {
		raw = unescape(raw)
	}
	s.ascii(raw...)
	return nil
}

// unescape reads percent signs as FNC1 has them: %% is one, a single one is the separator GS (ISO/IEC 18004 7.4.8.2).
func unescape(raw []byte) []byte {
	out := raw[:0]
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		if c == '%' {
			if i+1 < len(raw) && raw[i+1] == '%' {
				i++
			} else {
				c = 0x1D
			}
		}
		out = append(out, c)
	}
	return out
}

// doubles reads characters of 13 bits: Kanji of Shift-JIS (ISO/IEC 18004 7.4.6), Hanzi of GB 2312.
func (s *symbol) doubles(in *bitReader, count int, c charset) error {
	if in.left() < 13*count {
		return errBits
	}
	raw := make([]byte, 0, 2*count)
	for range count {
		v := in.read(13)
		if c == shiftJIS {
			v = v/0xC0<<8 | v%0xC0
			if v < 0x1F00 {
				v += 0x8140
			} else {
				v += 0xC140
			}
		} else {
			v = v/0x60<<8 | v%0x60
			if v < 0xA00 {
				v += 0xA1A1
			} else {
				v += 0xA6A1
			}
		}
		raw = append(raw, byte(v>>8), byte(v))
	}
	s.add(c, raw...)
	return nil
}

// bitReader reads bits, the highest first. What is beyond the end is 0 and noted.
type bitReader struct {
	data []byte
	at   int // in bits
	over bool
}

func (r *bitReader) left() int { return max(8*len(r.data)-r.at, 0) }

func (r *bitReader) read(n int) (v int) {
	for range n {
		v <<= 1
		if i := r.at / 8; i < len(r.data) {
			v |= int(r.data[i]>>(7-r.at%8)) & 1
		} else {
			r.over = true
		}
		r.at++
	}
	return v
}

// eci reads a designator of one to three bytes (ISO/IEC 18004 table 4).
func (r *bitReader) eci() int {
	first := r.read(8)
	switch {
	case first&0x80 == 0:
		return first
	case first&0xC0 == 0x80:
		return first&0x3F<<8 | r.read(8)
	}
	return first&0x1F<<16 | r.read(16)
}
