package sync

import (
	"encoding/binary"
	"io"
	"time"
)

// pace is how trouble is waited out.
type pace struct {
	first time.Duration // after the first failure
	most  time.Duration // never longer
	probe time.Duration // never longer while the line is down
	halt  time.Duration // between tries of a terminal that was refused
}

// shortest keeps jitter from meaning at once.
const shortest = 20 * time.Millisecond

// delay returns how long to wait after so many failures in a row (1 for the first), with what the gateway asked for.
func (p pace) delay(r Reason, failures int, asked time.Duration, rand io.Reader) time.Duration {
	switch r {
	case Refused:
		return p.halt/2 + jitter(p.halt/2, rand)
	case Unreachable, DNS, Certificate, Clock:
		return jitter(p.grown(failures, p.probe), rand)
	case Unknown, OK, Portal, Busy, Unenrolled:
	}
	wait := jitter(p.grown(failures, p.most), rand)
	if asked > 0 {
		// Not all terminals at once, and none before it was asked to.
		wait = asked + jitter(min(asked, p.grown(failures, p.most)), rand)
	}
	return min(wait, p.most)
}

// grown doubles with every failure, up to a limit.
func (p pace) grown(failures int, limit time.Duration) time.Duration {
	d := p.first
	for range failures - 1 {
		if d >= limit {
			break
		}
		d *= 2
	}
	return min(d, limit)
}

// jitter is full jitter: anything up to d.
func jitter(d time.Duration, rand io.Reader) time.Duration {
	var b [8]byte
	if _, err := io.ReadFull(rand, b[:]); err != nil {
		return d // no randomness: wait the whole of it
	}
	return max(shortest, time.Duration(float64(d)*float64(binary.BigEndian.Uint64(b[:])>>11)/(1<<53)))
}
