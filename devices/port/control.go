package port

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"

	"zhizhu/devices"
)

// heldError says that another program, or another slot of this one, has the port.
type heldError struct{ holder string }

func (e *heldError) Error() string {
	if e.holder == "" {
		return "another program, or another device of this one, holds the port"
	}
	return "held by " + e.holder
}

// ErrNotSerial is in the error of an Open of what is there and is no serial port: a file, a folder, another device.
var ErrNotSerial = errors.New("not a terminal")

// openControl opens a port for control only, and locks it. path must hold no link: it is opened once more for the
// bytes, and both must be the same port also when a link is moved meanwhile.
func openControl(path string, w witness) (*os.File, error) {
	if info, err := os.Stat(path); err == nil && info.Mode()&os.ModeCharDevice == 0 {
		return nil, fmt.Errorf("%s is no serial port: %w", path, ErrNotSerial)
	}
	f, err := os.OpenFile(path, os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	switch {
	case errors.Is(err, unix.EBUSY): // TIOCEXCL of whoever has it
		var st unix.Stat_t
		_ = unix.Stat(path, &st) // where it fails, nobody is named
		return nil, &heldError{w.others(terminal{path, st.Rdev})}
	case errors.Is(err, os.ErrPermission):
		return nil, fmt.Errorf("open control descriptor: %w (%s)", err, leave(path))
	case err != nil:
		return nil, fmt.Errorf("open control descriptor: %w", err)
	}
	err = control(f, func(fd int) error {
		if _, err := unix.IoctlGetTermios(fd, unix.TCGETS); err != nil {
			if errors.Is(err, unix.ENOTTY) {
				err = ErrNotSerial
			}
			return fmt.Errorf("%s is no serial port: %w", path, err)
		}
		return lock(fd, path, w)
	})
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// lock takes the port for this opener alone, and gives up where a program that asks for no lock has it open: two
// readers of one line each get half of what comes.
func lock(fd int, path string, w witness) error {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return fmt.Errorf("look at %s: %w", path, err)
	}
	t := terminal{path, st.Rdev}
	// flock lives on the inode: a link and its target are one port. The kernel drops it with the process, so a kiosk
	// that was killed leaves no stale lock.
	if err := unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB); errors.Is(err, unix.EWOULDBLOCK) {
		return &heldError{w.others(t)}
	} else if err != nil {
		return fmt.Errorf("lock %s: %w", path, err)
	}
	if holder := w.others(t); holder != "" {
		return &heldError{holder}
	}
	return nil
}

// exclude keeps programs that know no flock from opening the port as well; root isn't kept. A pty is left open to all:
// TIOCEXCL would stay on it for as long as its other end lives, so that a kiosk that was killed would lock itself out.
func exclude(fd int, on bool) error {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return fmt.Errorf("look at port: %w", err)
	}
	if (terminal{rdev: st.Rdev}).pseudo() {
		return nil
	}
	req := uint(unix.TIOCNXCL)
	if on {
		req = unix.TIOCEXCL
	}
	if err := unix.IoctlSetInt(fd, req, 0); err != nil {
		return fmt.Errorf("exclude other programs: %w", err)
	}
	return nil
}

// leave says how this program gets leave to open path.
func leave(path string) string {
	group := "dialout"
	var st unix.Stat_t
	if unix.Stat(path, &st) == nil && st.Gid != 0 {
		if g, err := user.LookupGroupId(strconv.Itoa(int(st.Gid))); err == nil {
			group = g.Name
		}
	}
	who := strconv.Itoa(os.Getuid())
	if u, err := user.LookupId(who); err == nil {
		who = u.Username
	}
	return fmt.Sprintf("add the user %s to group %s, then start the program anew", who, group)
}

// resolve follows links to the port itself.
func resolve(path string) (string, error) {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return "", fmt.Errorf("find port: %w", err)
	}
	return real, nil
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
	if _, held := errors.AsType[*heldError](err); held {
		return devices.InUse
	}
	switch {
	case errors.Is(err, unix.EBUSY):
		return devices.InUse
	case errors.Is(err, os.ErrPermission):
		return devices.NoPermission
	case errors.Is(err, ErrNotSerial), errors.Is(err, os.ErrNotExist), errors.Is(err, unix.ENXIO), errors.Is(err, unix.ENODEV),
		errors.Is(err, unix.EIO), errors.Is(err, unix.ENOTTY), errors.Is(err, unix.EISDIR), errors.Is(err, unix.ENOTDIR),
		errors.Is(err, unix.ELOOP):
		return devices.NoPort
	}
	return devices.Internal
}
