package scanner

import (
	"bytes"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// maxLine is the longest code taken. What goes on for longer is no code, and dropped to its end.
const maxLine = 4096

// Splitter cuts what a scanner sends into codes. The zero Splitter is ready.
type Splitter struct {
	// Dropped counts lines that were too long.
	Dropped int
	// Ends says that a code has ended with CR or LF before.
	Ends bool

	buf  []byte
	over bool // the running line is too long
}

// Write takes bytes as they come and calls emit for every code that has ended. The slice is valid during the call.
func (s *Splitter) Write(p []byte, emit func([]byte)) {
	for len(p) > 0 {
		end := bytes.IndexAny(p, "\r\n")
		if end < 0 {
			s.add(p)
			return
		}
		s.add(p[:end])
		s.Ends = s.Ends || s.Open()
		s.End(emit)
		p = p[end+1:]
	}
}

func (s *Splitter) add(p []byte) {
	if s.over || len(s.buf)+len(p) > maxLine {
		clear(s.buf)
		s.buf, s.over = s.buf[:0], true
		return
	}
	s.buf = append(s.buf, p...)
}

// Open says whether a line has begun and not ended.
func (s *Splitter) Open() bool { return s.over || len(s.buf) > 0 }

// End ends the running line, if there is one: by silence, where the scanner sends no line end.
func (s *Splitter) End(emit func([]byte)) {
	defer func() { clear(s.buf); s.buf, s.over = s.buf[:0], false }()
	if s.over {
		s.Dropped++
		return
	}
	if code := clean(s.buf); len(code) > 0 {
		emit(code)
	}
}

// clean takes away what scanners put around a code: NUL, STX, ETX. It yields nothing for the acknowledgement of a
// command (02 00 00 ... of the GM family), which is no code.
func clean(b []byte) []byte {
	if bytes.HasPrefix(b, []byte{0x02, 0x00, 0x00}) {
		return nil
	}
	return bytes.Trim(b, "\x00\x02\x03")
}

// decode yields the text of a code: UTF-8 if it is valid, else GB18030.
func decode(raw []byte) string {
	if utf8.Valid(raw) {
		return string(raw)
	}
	text, err := simplifiedchinese.GB18030.NewDecoder().Bytes(raw)
	if err != nil {
		return string(bytes.ToValidUTF8(raw, []byte("\uFFFD")))
	}
	return string(text)
}
