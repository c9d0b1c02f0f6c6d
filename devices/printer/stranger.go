package printer

import "bytes"

// stranger looks out for bytes that no printer sends: another device hangs on this port.
type stranger struct {
	tail []byte // the last bytes
	run  int    // printable bytes that came without another between them
}

// shortestText is from how many characters on a line of text is one: a printer's status bytes may be printable too, but
// none is a carriage return or a line feed.
const shortestText = 6

// hear takes in what came and names the stranger, "" for none.
func (w *stranger) hear(p []byte) string {
	found := ""
	for _, b := range p {
		if w.tail = append(w.tail, b); len(w.tail) > 5 {
			w.tail = w.tail[1:]
		}
		switch {
		case bytes.Equal(w.tail, []byte{0xaa, 0xaa, 0xaa, 0x96, 0x69}):
			found = "an ID-card reader"
		case (b == '\r' || b == '\n') && w.run >= shortestText:
			found = "lines of text"
		case b >= 0x20 && b <= 0x7e:
			w.run++
			continue
		}
		w.run = 0
	}
	return found
}
