package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A power cut, as ext4 knows it: everything that isn't on the disk is gone, the journal's buffers included.
const (
	shutdownIoctl = 0x8004587d
	noLogFlush    = 2
)

// volume is a disk: an ext4 file system in a file where root allows it, else a folder without a power switch.
type volume struct {
	dir   string
	image string // "" for a plain folder
	hog   string
}

// newVolume makes a disk, with power if it can.
func newVolume(ctx context.Context, dir, name string, mib int64, mountable bool) (*volume, error) {
	v := &volume{dir: filepath.Join(dir, name)}
	v.hog = filepath.Join(v.dir, "hog")
	if err := os.Mkdir(v.dir, 0o700); err != nil {
		return nil, fmt.Errorf("make volume: %w", err)
	}
	if !mountable {
		return v, nil
	}
	v.image = filepath.Join(dir, name+".img")
	f, err := os.Create(v.image)
	if err != nil {
		return nil, fmt.Errorf("make volume: %w", err)
	}
	if err := errors.Join(f.Truncate(mib<<20), f.Close()); err != nil {
		return nil, fmt.Errorf("make volume: %w", err)
	}
	if out, err := exec.CommandContext(ctx, "mkfs.ext4", "-q", "-F", v.image).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("mkfs.ext4: %w: %s", err, out)
	}
	return v, v.mount(ctx)
}

func (v *volume) mount(ctx context.Context) error {
	out, err := exec.CommandContext(ctx, "mount", "-t", "ext4", "-o", "loop", v.image, v.dir).CombinedOutput()
	if err != nil {
		return fmt.Errorf("mount: %w: %s", err, out)
	}
	return nil
}

// powered says whether its power can be cut.
func (v *volume) powered() bool { return v.image != "" }

// cut takes the power away.
func (v *volume) cut() error {
	d, err := os.Open(v.dir)
	if err != nil {
		return fmt.Errorf("cut power: %w", err)
	}
	defer func() { _ = d.Close() }() // only read
	how := uint32(noLogFlush)
	if _, _, e := unix.Syscall(unix.SYS_IOCTL, d.Fd(), shutdownIoctl, uintptr(unsafe.Pointer(&how))); e != 0 {
		return fmt.Errorf("cut power: %w", e)
	}
	return nil
}

// back brings the power back: what is on the disk, after the journal was replayed.
func (v *volume) back(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for {
		err := unix.Unmount(v.dir, 0)
		if err == nil {
			return v.mount(ctx)
		}
		if pause(ctx, 5*time.Millisecond) != nil { // the killed process still holds a file
			return fmt.Errorf("unmount: %w", err)
		}
	}
}

// fill leaves so many bytes on the disk.
func (v *volume) fill(left int64) error {
	var at unix.Statfs_t
	if err := unix.Statfs(v.dir, &at); err != nil {
		return fmt.Errorf("fill disk: %w", err)
	}
	f, err := os.Create(v.hog)
	if err != nil {
		return fmt.Errorf("fill disk: %w", err)
	}
	defer func() { _ = f.Close() }() // nothing was written
	take := int64(at.Bfree)*at.Bsize - left
	if take <= 0 {
		return nil
	}
	if err := unix.Fallocate(int(f.Fd()), 0, 0, take); err != nil && !errors.Is(err, unix.ENOSPC) {
		return fmt.Errorf("fill disk: %w", err)
	}
	return nil
}

func (v *volume) empty() error {
	if err := os.Remove(v.hog); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("empty disk: %w", err)
	}
	return nil
}

// close takes the disk away.
func (v *volume) close() {
	if v.powered() {
		_ = unix.Unmount(v.dir, unix.MNT_DETACH) // it lies in a folder that is removed
	}
}

// canMount tries whether volumes with power are to be had here.
func canMount(ctx context.Context, dir string) error {
	v, err := newVolume(ctx, dir, "try", 16, true)
	if v != nil {
		defer v.close()
	}
	if err != nil {
		return err
	}
	if err := v.cut(); err != nil {
		return err
	}
	return v.back(ctx)
}
