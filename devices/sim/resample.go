package sim

// resample is what a receiver at one speed (bits a second) makes of bytes that were sent at another, 8N1, back to back: it
// waits for a falling edge and looks at the wire in the middle of each of its own bits. Bytes whose stop bit is not there
// are dropped, as a host does that ignores framing errors; a break (zero all through) reads as a zero byte, as in Linux.
// At equal speeds, or where one is not known (0), the bytes are what they were.
func resample(b []byte, from, to int) []byte {
	if from == to || from <= 0 || to <= 0 {
		return b
	}
	w := wave{bytes: b, from: from, to: to}
	var out []byte
	for at := w.fall(0); at < w.ticks(); {
		v, stop := w.frame(at)
		if stop || v == 0 {
			out = append(out, v)
		}
		if at += 10 * w.from; !stop { // the line must rise before it can fall
			at = w.rise(at)
		}
		at = w.fall(at)
	}
	return out
}

// wave is the level of a wire while bytes are sent. Time is counted in ticks of which a sent bit takes to and a received
// bit from, so that everything is a whole number.
type wave struct {
	bytes    []byte
	from, to int
}

func (w wave) ticks() int { return len(w.bytes) * 10 * w.to }

// high is the level at a tick; the wire is high when nothing is sent.
func (w wave) high(tick int) bool {
	bit := tick / w.to
	if tick < 0 || bit >= len(w.bytes)*10 {
		return true
	}
	switch n := bit % 10; n {
	case 0:
		return false
	case 9:
		return true
	default:
		return w.bytes[bit/10]>>(n-1)&1 != 0
	}
}

// fall is the first tick from at on at which the wire is low, at bit borders or at itself.
func (w wave) fall(at int) int { return w.seek(at, false) }

func (w wave) rise(at int) int { return w.seek(at, true) }

func (w wave) seek(at int, high bool) int {
	for at < w.ticks() && w.high(at) != high {
		at += w.to - at%w.to
	}
	return at
}

// frame samples the byte that begins at a tick, and its stop bit.
func (w wave) frame(at int) (v byte, stop bool) {
	for n := range 8 {
		if w.high(at + (n+1)*w.from + w.from/2) {
			v |= 1 << n
		}
	}
	return v, w.high(at + 9*w.from + w.from/2)
}
