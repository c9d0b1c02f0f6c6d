package sim

import (
	"context"
	"fmt"
)

// Scanner plays a serial scanner: it sends codes with a line end, and swallows whatever the host says.
type Scanner struct {
	tty *TTY
	// End closes every code: "\r" as most scanners do; "" for those that send none.
	End string
}

// NewScanner plays a scanner on tty, which stays the caller's to close.
func NewScanner(tty *TTY) *Scanner { return &Scanner{tty: tty, End: "\r"} }

// Scan sends text as a scanner that has just read it. It is safe beside Serve.
func (s *Scanner) Scan(ctx context.Context, text string) error { return s.ScanBytes(ctx, []byte(text)) }

// ScanBytes sends a code of any bytes.
func (s *Scanner) ScanBytes(ctx context.Context, raw []byte) error {
	if err := s.tty.Send(ctx, append(append([]byte(nil), raw...), s.End...)); err != nil {
		return fmt.Errorf("scan: %w", err)
	}
	return nil
}

// Serve swallows what the host sends until ctx ends or the TTY is closed.
func (s *Scanner) Serve(ctx context.Context) error {
	buf := make([]byte, 64)
	for {
		if _, err := s.tty.Recv(ctx, buf); err != nil {
			return err
		}
	}
}
