package printer

import (
	"context"
	"log/slog"

	"zhizhu/devices/printer/escpos"
)

// release gives the printer what it still waits for of a picture that was broken off, so that it listens again.
func (s *session) release(ctx context.Context) error {
	b := escpos.Fill(s.p.left.owed)
	if s.p.left.lost {
		b = escpos.Resync()
	}
	for len(b) > 0 && !s.held { // the rest when it goes on
		n := min(len(b), s.chunk())
		if err := s.give(ctx, b[:n]); err != nil {
			s.p.left.lost = true // nobody knows how much of it arrived
			return err
		}
		b = b[n:]
		s.p.left.owed, s.p.left.lost = len(b), false
		if err := s.awaitWire(ctx); err != nil {
			s.p.left.lost = true
			return err
		}
	}
	return nil
}

// clean ends what a broken-off job has left: its modes, and the paper that carries a part of it, which must not hang
// on the next resident's receipt.
func (s *session) clean(ctx context.Context) error {
	if s.stuck() {
		if err := s.release(ctx); err != nil || s.stuck() {
			return err
		}
	}
	left := s.p.left
	b := escpos.Init()
	if left.ink {
		for _, p := range escpos.Eject() {
			b = append(b, p.Bytes...)
		}
	}
	if err := s.line.Write(ctx, b); err != nil {
		s.p.left.lost = true
		return err
	}
	s.p.left = leftover{}
	s.log.Info("Broken-off job cut off", slog.Bool("paper", left.ink))
	return nil
}
