package sim

import (
	"context"
	"time"

	"zhizhu/devices/idcard/sam"
)

// plan is how a reply goes over the wire.
type plan struct {
	first, second []byte
	pause         time.Duration
	hangUp        bool // after first
}

// spoil applies the faults to a frame. r.mu is held.
func (r *CardReader) spoil(req sam.Request, frame []byte) plan {
	f := &r.faults
	if take(&f.Silent) {
		return plan{}
	}
	if take(&f.BadChecksum) {
		frame[len(frame)-1] ^= 0x5A
	}
	half := len(frame) / 2
	frame = append(append([]byte(nil), f.Garbage...), frame...)
	half += len(f.Garbage)
	switch {
	case req.Op == sam.ReadText && take(&f.HangUpRead):
		return plan{first: frame[:half], hangUp: true}
	case take(&f.LostTail):
		return plan{first: frame[:half]}
	case take(&f.Torn):
		return plan{first: frame[:half], second: frame[half:], pause: f.TornPause}
	}
	return plan{first: frame}
}

func (r *CardReader) send(ctx context.Context, p plan) error {
	if err := r.tty.Send(ctx, p.first); err != nil {
		return err
	}
	if p.hangUp {
		return r.tty.HangUp()
	}
	if len(p.second) == 0 {
		return nil
	}
	if err := waitUntil(ctx, now().Add(p.pause)); err != nil {
		return err
	}
	return r.tty.Send(ctx, p.second)
}
