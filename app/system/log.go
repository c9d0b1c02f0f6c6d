package system

import (
	"io"
	"log/slog"
)

// newLog returns the program's log: one line of text an event, for journald or a file. Types that hold personal data
// redact themselves.
func newLog(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelInfo}))
}
