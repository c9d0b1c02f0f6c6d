package port

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"zhizhu/devices"
)

// errLocked says that another opener holds the lock.
var errLocked = errors.New("another program holds the port")

// openControl opens path for control only, and locks it.
func openControl(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("open control descriptor: %w", err)
	}
	err = control(f, func(fd int) error {
		if _, err := unix.IoctlGetTermios(fd, unix.TCGETS); err != nil {
			return fmt.Errorf("%s is no serial port: %w", path, err)
		}
		// flock lives on the inode: a link and its target are one port. The kernel drops it with the process, so a kiosk
		// that was killed leaves no stale lock; TIOCEXCL would stay on a pty for as long as its other end lives.
		if err := unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB); errors.Is(err, unix.EWOULDBLOCK) {
			return fmt.Errorf("lock %s: %w", path, errLocked)
		} else if err != nil {
			return fmt.Errorf("lock %s: %w", path, err)
		}
		return nil
	})
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// control runs f on the descriptor without taking it out of the poller.
func control(file *os.File, f func(fd int) error) error {
	rc, err := file.SyscallConn()
	if err != nil {
		return fmt.Errorf("reach control descriptor: %w", err)
	}
	var ferr error
	if err := rc.Control(func(fd uintptr) { ferr = f(int(fd)) }); err != nil {
		return fmt.Errorf("reach control descriptor: %w", err)
	}
	return ferr
}

// hungUp asks the kernel whether the far end is gone for good.
func hungUp(fd int) bool {
	fds := []unix.PollFd{{Fd: int32(fd)}} //nolint:gosec // descriptors are small
	n, err := unix.Poll(fds, 0)
	return err == nil && n > 0 && fds[0].Revents&(unix.POLLHUP|unix.POLLERR|unix.POLLNVAL) != 0
}

func openKind(err error) devices.Kind {
	switch {
	case errors.Is(err, errLocked), errors.Is(err, unix.EBUSY):
		return devices.InUse
	case errors.Is(err, os.ErrNotExist), errors.Is(err, unix.ENXIO), errors.Is(err, unix.ENODEV),
		errors.Is(err, unix.EIO), errors.Is(err, unix.ENOTTY), errors.Is(err, unix.EISDIR), errors.Is(err, unix.ENOTDIR):
		return devices.NoPort
	}
	return devices.Internal
}
