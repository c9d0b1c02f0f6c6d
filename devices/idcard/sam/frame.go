package sam

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// preamble starts every frame, both ways.
const preamble = "\xAA\xAA\xAA\x96\x69"

// Bounds of Len, the number of bytes after it.
const (
	minRequest = 3 // CMD PARA CHK
	minReply   = 4 // SW1 SW2 SW3 CHK
	maxLen     = 2400
)

const headLen = len(preamble) + 2

// Request is what a host sends.
type Request struct {
	Op   Op
	Data []byte
}

// Reply is what a reader sends.
type Reply struct {
	SW1, SW2 byte
	Status   Status // SW3
	Data     []byte
}

// String says how it went, for logs and staff. What the card itself said is passed on in SW1 and SW2 (protocols.md A3);
// data are not shown: they may be a person's.
func (r Reply) String() string {
	if r.SW1 == 0 && r.SW2 == 0 {
		return r.Status.String()
	}
	return fmt.Sprintf("%v (card says %02X %02X)", r.Status, r.SW1, r.SW2)
}

// AppendRequest appends the whole frame of a request.
func AppendRequest(dst []byte, op Op, data ...byte) []byte {
	at := len(dst)
	dst = appendHead(dst, 2+len(data)+1)
	dst = append(dst, byte(op>>8), byte(op))
	dst = append(dst, data...)
	return append(dst, checksum(dst[at+len(preamble):]))
}

// AppendReply appends the whole frame of a reply.
func AppendReply(dst []byte, r Reply) []byte {
	at := len(dst)
	dst = appendHead(dst, 3+len(r.Data)+1)
	dst = append(dst, r.SW1, r.SW2, byte(r.Status))
	dst = append(dst, r.Data...)
	return append(dst, checksum(dst[at+len(preamble):]))
}

func appendHead(dst []byte, n int) []byte {
	dst = append(dst, preamble...)
	return binary.BigEndian.AppendUint16(dst, uint16(n)) //nolint:gosec // callers' data are far below 64 KiB
}

// checksum is the XOR of the length and everything after it.
func checksum(b []byte) byte {
	var x byte
	for _, c := range b {
		x ^= c
	}
	return x
}

// ParseRequest splits a frame's body (what Decoder.Next returns).
func ParseRequest(body []byte) (Request, error) {
	if len(body) < minRequest-1 {
		return Request{}, fmt.Errorf("parse request: %d bytes are too short", len(body))
	}
	return Request{Op: Op(binary.BigEndian.Uint16(body)), Data: body[2:]}, nil
}

// ParseReply splits a frame's body (what Decoder.Next returns).
func ParseReply(body []byte) (Reply, error) {
	if len(body) < minReply-1 {
		return Reply{}, fmt.Errorf("parse reply: %d bytes are too short", len(body))
	}
	return Reply{SW1: body[0], SW2: body[1], Status: Status(body[2]), Data: body[3:]}, nil
}

// Decoder finds frames in what comes over a line, whatever the pieces and whatever stands between them.
// The zero Decoder decodes replies. It keeps its buffer: in the steady state it allocates nothing.
type Decoder struct {
	// Requests makes it decode the host's side.
	Requests bool
	// Dropped counts frames with a wrong length or checksum.
	Dropped int
	// Noise counts bytes that belong to no frame, dropped frames included.
	Noise int

	buf  []byte
	done int // bytes of the frame that Next returned last
}

// Write takes bytes as they come.
func (d *Decoder) Write(p []byte) {
	d.consume()
	d.buf = append(d.buf, p...)
}

// Next returns the body of the next whole frame: what lies between its length and its checksum. The bytes are valid
// until the next call of any method.
func (d *Decoder) Next() (body []byte, ok bool) {
	d.consume()
	for {
		d.sync()
		if len(d.buf) < headLen {
			return nil, false
		}
		n := int(binary.BigEndian.Uint16(d.buf[len(preamble):]))
		if n < d.min() || n > maxLen {
			d.drop()
			continue
		}
		if len(d.buf) < headLen+n {
			return nil, false
		}
		if checksum(d.buf[len(preamble):headLen+n]) != 0 {
			d.drop()
			continue
		}
		d.done = headLen + n
		return d.buf[headLen : d.done-1], true
	}
}

// Partial says whether the beginning of a frame is waiting for its end.
func (d *Decoder) Partial() bool {
	d.consume()
	d.sync()
	return len(d.buf) >= len(preamble)
}

// GiveUp drops the frame that is waiting for its end, which has not come in time, and looks for another frame in
// what has: a length made longer by noise must not swallow what follows. Call Next again after it.
func (d *Decoder) GiveUp() {
	if d.Partial() {
		d.drop()
	}
}

// Reset forgets what was received and overwrites it: it may hold a person's data.
func (d *Decoder) Reset() {
	clear(d.buf[:cap(d.buf)])
	d.buf, d.done = d.buf[:0], 0
}

func (d *Decoder) min() int {
	if d.Requests {
		return minRequest
	}
	return minReply
}

// sync drops everything before the next preamble, or before what may become one. A run of more than three AA slides.
func (d *Decoder) sync() {
	if i := bytes.Index(d.buf, []byte(preamble)); i >= 0 {
		d.skip(i)
		return
	}
	keep := min(len(d.buf), len(preamble)-1)
	for keep > 0 && !bytes.HasPrefix([]byte(preamble), d.buf[len(d.buf)-keep:]) {
		keep--
	}
	d.skip(len(d.buf) - keep)
}

// drop gives up the frame at the front: the search goes on at its second byte.
func (d *Decoder) drop() {
	d.Dropped++
	d.skip(1)
}

func (d *Decoder) skip(n int) {
	d.Noise += n
	d.cut(n)
}

func (d *Decoder) consume() {
	if d.done > 0 {
		d.cut(d.done)
		d.done = 0
	}
}

func (d *Decoder) cut(n int) {
	if n > 0 {
		d.buf = d.buf[:copy(d.buf, d.buf[n:])]
	}
}
