package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// idcardCmd are the card reader's field tools.
type idcardCmd struct {
	Decode decodeCmd `cmd:"" help:"Decode a reader's replies: hex frames on stdin, one a line, noise allowed; blank lines are skipped and yield nothing. The output holds the card's personal data: it is for the screen, not for a file."`
}

type decodeCmd struct {
	JSON bool `name:"json" help:"One JSON object for each line that isn't blank; without it, the same for people. A line with several frames yields the card among them, else what says most."`
}

// maxLine is the longest line that is decoded: a frame of 2321 bytes in hex with prefixes and blanks, and noise.
const maxLine = 64 << 10

var (
	errNotHex  = errors.New("no hex digits, two a byte")
	errNoFrame = errors.New("no whole frame with a right checksum in this line")
	// errNotAsWritten is of a number that is forgiven where it is typed: no card has it so (GB 11643 writes X), and what
	// compares numbers takes it for another.
	errNotAsWritten = errors.New("number is right, but not written as cards have it: capital X and letters, no blanks")
	errTooLong      = fmt.Errorf("line longer than %d characters: put one frame on a line", maxLine)
)

// Run is kong's. Every line that isn't blank yields one object, whatever it holds.
func (c decodeCmd) Run(stdin io.Reader, stdout io.Writer) error {
	in := bufio.NewReaderSize(stdin, maxLine)
	for {
		line, whole, err := readLine(in)
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read frames: %w", err)
		}
		if strings.TrimSpace(line) != "" {
			d := decoded{Error: errTooLong.Error()}
			if whole {
				d = decodeLine(line)
			}
			if err := c.say(stdout, d); err != nil {
				return err
			}
		}
		if err != nil {
			return nil
		}
	}
}

// readLine reads to the end of a line. Of one that is longer than the reader's buffer, whole is false.
func readLine(in *bufio.Reader) (line string, whole bool, err error) {
	part, err := in.ReadSlice('\n')
	line, whole = string(part), !errors.Is(err, bufio.ErrBufferFull)
	for errors.Is(err, bufio.ErrBufferFull) {
		_, err = in.ReadSlice('\n')
	}
	return line, whole, err
}

func (c decodeCmd) say(stdout io.Writer, d decoded) error {
	enc := json.NewEncoder(stdout)
	if !c.JSON {
		enc.SetIndent("", "  ")
	}
	if err := enc.Encode(d); err != nil {
		return fmt.Errorf("write what was decoded: %w", err)
	}
	return nil
}
