package identity

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// ErrBusy: another program is enrolling this machine, or just writing a renewed certificate. Try again.
var ErrBusy = errors.New("another program is changing the identity folder: try again when it is done")

// lock keeps enrolment and renewal, which are different programs, from writing the folder at once. It makes the folder
// if need be. The lock is the folder's own and goes with the process: a power cut leaves none behind.
func lock(dir string) (unlock func(), err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make identity folder: %w", err)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make identity folder: %w", err)
	}
	d, err := os.Open(dir)
	if err != nil {
		return nil, fmt.Errorf("lock identity folder: %w", err)
	}
	if err := syscall.Flock(int(d.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = d.Close() // only opened for its lock
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, ErrBusy
		}
		return nil, fmt.Errorf("lock identity folder: %w", err)
	}
	return func() { _ = d.Close() }, nil // which gives the lock back
}
