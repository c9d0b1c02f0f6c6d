package sim

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// raw sets a line up as a program would that wants bytes only, at the device's speed (0 leaves it alone).
func raw(s *os.File, baud int) error {
	tio, err := unix.IoctlGetTermios(int(s.Fd()), unix.TCGETS2)
	if err != nil {
		return fmt.Errorf("get termios: %w", err)
	}
	tio.Iflag, tio.Oflag, tio.Lflag = 0, 0, 0
	tio.Cflag = tio.Cflag&^(unix.CSIZE|unix.PARENB) | unix.CS8 | unix.CREAD | unix.CLOCAL
	if baud > 0 {
		tio.Cflag = tio.Cflag&^unix.CBAUD | speedFlag(baud)
		tio.Ispeed, tio.Ospeed = uint32(baud), uint32(baud) //nolint:gosec // speeds are small
	}
	if err := unix.IoctlSetTermios(int(s.Fd()), unix.TCSETS2, tio); err != nil {
		return fmt.Errorf("set termios: %w", err)
	}
	return nil
}

// speedFlag is the classic code of a speed where it has one: programs that know no other read it back.
func speedFlag(baud int) uint32 {
	for _, s := range [...]struct{ baud, flag int }{
		{1200, unix.B1200},
		{2400, unix.B2400},
		{4800, unix.B4800},
		{9600, unix.B9600},
		{19200, unix.B19200},
		{38400, unix.B38400},
		{57600, unix.B57600},
		{115200, unix.B115200},
		{230400, unix.B230400},
		{460800, unix.B460800},
		{921600, unix.B921600},
	} {
		if s.baud == baud {
			return uint32(s.flag) //nolint:gosec // flags are small
		}
	}
	return unix.BOTHER
}

// hostBaud is the speed that the host has set, 0 where that can't be told.
func (p *pair) hostBaud() int {
	rc, err := p.master.SyscallConn()
	if err != nil {
		return 0
	}
	baud := 0
	err = rc.Control(func(fd uintptr) {
		if tio, err := unix.IoctlGetTermios(int(fd), unix.TCGETS2); err == nil {
			baud = int(tio.Ospeed)
		}
	})
	if err != nil {
		return 0
	}
	return baud
}

// relink points link at target in one step. A file that is no symbolic link is left alone.
func relink(link, target string) error {
	if link == "" {
		return nil
	}
	if fi, err := os.Lstat(link); err == nil && fi.Mode()&os.ModeSymlink == 0 {
		return fmt.Errorf("make link %s: a file is in the way; remove it or choose another directory", link)
	}
	if err := os.MkdirAll(filepath.Dir(link), 0o755); err != nil {
		return fmt.Errorf("make directory of link: %w", err)
	}
	tmp := link + ".new"
	if err := os.Remove(tmp); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove stale link: %w", err)
	}
	if err := os.Symlink(target, tmp); err != nil {
		return fmt.Errorf("make link: %w", err)
	}
	if err := os.Rename(tmp, link); err != nil {
		return fmt.Errorf("place link: %w", err)
	}
	return nil
}
