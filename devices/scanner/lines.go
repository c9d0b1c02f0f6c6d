package scanner

import (
	"bytes"
	"slices"

	"zhizhu/devices/scanner/frame"
)

// maxLine is the longest code taken. What goes on for longer is no code, and dropped to its end.
const maxLine = 4096

// Piece is what a scanner has sent in one go: a line, or a frame. Its bytes are valid during the call that brings it.
type Piece struct {
	Line  []byte      // a line without its end; nil with a frame
	Ended bool        // the line had an end: CR or LF
	Frame frame.Frame // Kind is 0 with a line
	// Broken says that a packet with a code came damaged; there is nothing else in this piece.
	Broken bool
}

// Splitter cuts what a scanner sends into lines and frames. The same bytes yield the same pieces, however they come in
// portions; only End, silence, adds what the bytes don't say. The zero Splitter is ready.
type Splitter struct {
	// Replies finds replies to commands.
	Replies frame.Replies
	// Packets says that codes come in packets: one that is damaged is a Broken piece, and no line. Without it any
	// bytes may be a code, those that look like a damaged packet too.
	Packets bool

	// Dropped counts lines that were too long, and damaged packets.
	Dropped int
	// Ends says that a code has ended with CR or LF before.
	Ends bool

	buf      []byte // what has come and is not in a piece yet
	line     int    // buf[:line] is of the running line for sure; what follows may become a frame
	over     bool   // the running line is not handed on: it is too long, or
	unwanted bool   // ... it was discarded
	broken   bool   // a damaged packet: nothing counts up to the next silence
}

// portion is how much is taken at a time, so that the buffer stays small.
const portion = 512

// Write takes bytes as they come and calls emit for every piece that has ended.
func (s *Splitter) Write(p []byte, emit func(Piece)) {
	for part := range slices.Chunk(p, portion) {
		s.buf = append(s.buf, part...)
		s.cut(false, emit)
	}
}

// Open says whether something has begun and not ended.
func (s *Splitter) Open() bool { return s.over || s.broken || len(s.buf) > 0 }

// TooLong says whether a line runs that is too long to be a code.
func (s *Splitter) TooLong() bool { return s.over && !s.unwanted }

// End ends what is running: by silence, where the scanner sends no line end.
func (s *Splitter) End(emit func(Piece)) {
	s.cut(true, emit)
	switch {
	case s.broken:
		s.Dropped++
		emit(Piece{Broken: true})
	case s.over:
		s.tooLong()
	case len(s.buf) > 0:
		emit(Piece{Line: s.buf})
	}
	s.wipe()
}

// Discard forgets what is running, up to its end.
func (s *Splitter) Discard() {
	open := s.Open()
	s.wipe()
	s.over, s.unwanted = open, open
}

func (s *Splitter) wipe() {
	clear(s.buf)
	s.buf, s.line, s.over, s.unwanted, s.broken = s.buf[:0], 0, false, false, false
}

// cut takes pieces off the buffer until it is used up or what is left may become a frame. At last nothing comes any
// more: what may become a frame won't.
func (s *Splitter) cut(last bool, emit func(Piece)) {
	from := 0 // where the running line begins in buf
	for wait := false; !wait && from+s.line < len(s.buf); {
		var n int
		switch p := s.buf[from:]; {
		case s.broken:
			n = len(p) // only silence tells the end
		case s.over:
			n = s.resume(p)
		default:
			n, wait = s.piece(p, last, emit)
		}
		from += n
	}
	if from == 0 {
		return
	}
	left := copy(s.buf, s.buf[from:])
	clear(s.buf[left:])
	s.buf = s.buf[:left]
}

// resume looks for the end of a line that is too long, and returns how much of p belongs to it.
func (s *Splitter) resume(p []byte) int {
	end := bytes.IndexAny(p, "\r\n")
	if end < 0 {
		return len(p)
	}
	s.tooLong()
	s.Ends = true
	return end + 1
}

// tooLong is the end of a line that is not handed on.
func (s *Splitter) tooLong() {
	if !s.unwanted {
		s.Dropped++
	}
	s.over, s.unwanted = false, false
}

// piece looks at what the running line goes on with, and returns how much of p is done with; wait says that more must
// come before that can be told. The line is the beginning of p.
func (s *Splitter) piece(p []byte, last bool, emit func(Piece)) (n int, wait bool) {
	at := s.line
	if at == 0 || frame.Candidate(p[at]) {
		f, m := s.Replies.Find(p[at:], at == 0)
		switch {
		case m == frame.Partial && !last:
			return 0, true
		case m == frame.Whole:
			s.close(p[:at], false, emit)
			emit(Piece{Frame: f})
			return at + f.Len, false
		case s.Packets && (m == frame.Broken || m == frame.Partial && torn(p[at:])):
			s.broken, s.line = true, 0
			return len(p), false
		}
	}
	if ends(p[at]) {
		s.Ends = s.Ends || at > 0
		s.close(p[:at], true, emit)
		return at + 1, false
	}
	return s.extend(p), false
}

// extend takes one byte to the running line, and those behind it that can be nothing else.
func (s *Splitter) extend(p []byte) int {
	s.line++
	for s.line < len(p) && s.line <= maxLine && !ends(p[s.line]) && !frame.Candidate(p[s.line]) {
		s.line++
	}
	if s.line <= maxLine {
		return 0
	}
	n := s.line
	s.over, s.line = true, 0
	return n
}

// torn says whether p, which silence has ended, is the beginning of a packet with a code.
func torn(p []byte) bool { return len(p) > 2 && p[1] == frame.SSIDecode }

func (s *Splitter) close(line []byte, ended bool, emit func(Piece)) {
	s.line = 0
	if len(line) > 0 {
		emit(Piece{Line: line, Ended: ended})
	}
}

func ends(b byte) bool { return b == '\r' || b == '\n' }
