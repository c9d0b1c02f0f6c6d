package idcard

// suspicion gathers what comes before any good reply has: it may be the talk of another device. A reader at another
// speed sends bytes of all kinds, so both tests want every single byte to be right.
type suspicion struct {
	bytes, lines int
	notStatus    bool // a byte that is no printer's answer to DLE EOT (protocols.md C2: 0xx1xx10)
	notText      bool // a byte that is no printable ASCII and no line end
}

func (s *suspicion) see(p []byte) {
	for _, b := range p {
		end := b == '\r' || b == '\n'
		if end {
			s.lines++
		}
		s.bytes++
		s.notStatus = s.notStatus || b&0x93 != 0x12
		s.notText = s.notText || !end && b != '\t' && (b < ' ' || b > '~')
	}
}

// other names the device that this is the talk of, "" where it may be a reader's after all. Few bytes prove nothing.
func (s *suspicion) other() string {
	switch {
	case s.bytes >= 3 && !s.notStatus:
		return "a printer's status bytes"
	case s.bytes >= 6 && s.lines > 0 && !s.notText:
		return "lines of text, as a scanner sends them"
	}
	return ""
}
