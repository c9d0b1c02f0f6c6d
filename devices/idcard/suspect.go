package idcard

import (
	"context"
	"time"

	"zhizhu/devices/idcard/sam"
)

// What is said to a printer that is where a reader should be (protocols.md C1, C2). To a SAM it is noise: no frame begins
// in it. First its line buffer is emptied, twice, for the end of a command may have been half a character to it, which
// takes one byte more; then it is asked for a real-time status. Cheap printers answer for their paper only.
const (
	unprint    = "\x1b@\x1b@"
	askState   = "\x10\x04\x01"
	askPaper   = "\x10\x04\x04"
	xon, xoff  = 0x11, 0x13
	statusWait = 300 * time.Millisecond
)

// printer ends a round of questions without a reply: nothing of them is printed, should a printer have taken them for
// text. It says whether one has: it answers the same question twice, each time by one status byte and nothing else, which
// neither noise nor a reader at another speed does. What is asked changes from round to round.
func (c *conn) printer(ctx context.Context, round int) (bool, error) {
	c.settle()
	if err := c.line.Write(ctx, []byte(unprint)); err != nil {
		return false, err
	}
	ask := askState
	if round%2 == 0 {
		ask = askPaper
	}
	for range 2 {
		if yes, err := c.status(ctx, ask); err != nil || !yes {
			return false, err
		}
	}
	return true, nil
}

// status asks for a printer's status and says whether that came, and nothing else.
func (c *conn) status(ctx context.Context, ask string) (bool, error) {
	c.settle()
	if err := c.line.Write(ctx, []byte(ask)); err != nil {
		return false, err
	}
	wait, cancel := context.WithTimeout(ctx, statusWait+c.wire(len(unprint)+len(ask)+1))
	defer cancel()
	var got suspicion
	for {
		n, err := c.line.Read(wait, c.rx)
		got.see(c.rx[:n])
		c.take(c.rx[:n])
		switch {
		case err == nil:
		case ctx.Err() != nil:
			return false, ctx.Err()
		case wait.Err() == nil:
			return false, err
		default:
			if _, ok := c.next(sam.StatusSAM); ok { // a slow reader's, after all
				c.heard = true
			}
			return got.bytes == 1 && !got.notStatus, nil
		}
	}
}

// suspicion gathers what comes before any good reply has: it may be the talk of another device. A reader at another
// speed sends bytes of all kinds, so both tests want every single byte to be right.
type suspicion struct {
	bytes, lines int  // XON and XOFF not counted
	notStatus    bool // a byte that is no printer's answer to DLE EOT (protocols.md C2: 0xx1xx10)
	notText      bool // a byte that is no printable ASCII and no line end
}

func (s *suspicion) see(p []byte) {
	for _, b := range p {
		if b == xon || b == xoff { // a printer's flow control, at any time
			s.notText = true
			continue
		}
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
