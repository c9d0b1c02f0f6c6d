package stick

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path"
	"strings"
	"syscall"
)

const (
	rootFolder = "zhizhu-courier"
	// Catalogue is the folder kept for a bundle of the catalogue. No terminal has such an id.
	Catalogue = "catalogue"
)

// Disk is a stick. Nothing on it leads outside of it: links that do are not followed.
type Disk struct {
	root   *os.Root
	before func(op, name string) error
}

// Options say which stick.
type Options struct {
	Dir string // where it is mounted
	// Home is a path on the machine's own disk. With it a folder on that disk is refused: an empty mount point would be
	// filled, and an empty stick carried away.
	Home string
	// Before is called before every change with what will be done ("mkdir", "create", "write", "sync", "rename",
	// "remove", "syncdir") and to what; an error of it is returned instead. Tests pull the stick out there.
	Before func(op, name string) error
}

// Open opens a stick.
func Open(o Options) (*Disk, error) {
	info, err := os.Stat(o.Dir)
	switch {
	case errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir():
		return nil, fmt.Errorf("open stick: %w", ErrNoFolder)
	case err != nil:
		return nil, failed("open stick", err)
	}
	if o.Home != "" && sameDevice(info, o.Home) {
		return nil, fmt.Errorf("open stick: %w", ErrNotMounted)
	}
	root, err := os.OpenRoot(o.Dir)
	if err != nil {
		return nil, failed("open stick", err)
	}
	if o.Before == nil {
		o.Before = func(string, string) error { return nil }
	}
	return &Disk{root: root, before: o.Before}, nil
}

func sameDevice(dir fs.FileInfo, home string) bool {
	at, err := os.Stat(home)
	if err != nil {
		return false
	}
	a, ok1 := dir.Sys().(*syscall.Stat_t)
	b, ok2 := at.Sys().(*syscall.Stat_t)
	return ok1 && ok2 && a.Dev == b.Dev
}

// Free returns how many bytes the stick has left.
func (d *Disk) Free() (int64, error) {
	f, err := d.root.Open(".")
	if err != nil {
		return 0, failed("look for room", err)
	}
	var s syscall.Statfs_t
	err = syscall.Fstatfs(int(f.Fd()), &s)
	if err = errors.Join(err, f.Close()); err != nil {
		return 0, failed("look for room", err)
	}
	return int64(min(s.Bavail, math.MaxInt64/uint64(max(1, s.Bsize)))) * s.Bsize, nil
}

// Close lets go of the stick.
func (d *Disk) Close() error { return d.root.Close() }

// Terminals returns the ids of the terminals that have a folder, as the folders are called.
func (d *Disk) Terminals() ([]string, error) {
	names, err := d.list(rootFolder)
	if err != nil {
		return nil, err
	}
	var all []string
	for _, name := range names {
		if !strings.EqualFold(name, Catalogue) && GoodID(name) {
			all = append(all, name)
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("look for terminals: %w", ErrEmpty)
	}
	return all, nil
}

// place returns the path of a terminal's folder, as it is called there if it is there.
func (d *Disk) place(terminal string) (string, error) {
	names, err := d.list(rootFolder)
	if err != nil {
		return "", err
	}
	found := terminal
	for _, name := range names {
		if name == terminal {
			found = name
			break
		}
		if strings.EqualFold(name, terminal) {
			found = name
		}
	}
	return path.Join(rootFolder, found), nil
}

// list returns the names in a folder, none if it isn't there.
func (d *Disk) list(name string) ([]string, error) {
	f, err := d.root.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, failed("open folder", err)
	}
	names, err := f.Readdirnames(-1)
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, failed("read folder", err)
	}
	return names, nil
}

// makeDir makes a folder and what is missing above it, durably.
func (d *Disk) makeDir(name string) error {
	parent := "."
	for part := range strings.SplitSeq(name, "/") {
		at := path.Join(parent, part)
		if info, err := d.root.Stat(at); err != nil || !info.IsDir() {
			if err := d.before("mkdir", at); err != nil {
				return failed("make folder", err)
			}
			if err := d.root.Mkdir(at, 0o755); err != nil {
				return failed("make folder", err)
			}
			if err := d.syncDir(parent); err != nil {
				return err
			}
		}
		parent = at
	}
	return nil
}

// create makes a file that wasn't there.
func (d *Disk) create(name string) (*file, error) {
	if err := d.before("create", name); err != nil {
		return nil, failed("make file", err)
	}
	f, err := d.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, failed("make file", err)
	}
	return &file{File: f, disk: d, name: name}, nil
}

// file is a file that is being written.
type file struct {
	*os.File
	disk *Disk
	name string
}

func (f *file) write(p []byte) error {
	if err := f.disk.before("write", f.name); err != nil {
		return failed("write file", err)
	}
	_, err := f.Write(p)
	return failed("write file", err)
}

// finish brings a file to the stick and closes it.
func (f *file) finish() error {
	err := f.disk.before("sync", f.name)
	if err == nil {
		err = f.Sync()
	}
	return failed("sync file", errors.Join(err, f.Close()))
}

func (d *Disk) rename(from, to string) error {
	if err := d.before("rename", to); err != nil {
		return failed("rename file", err)
	}
	return failed("rename file", d.root.Rename(from, to))
}

// remove removes a file; one that isn't there is no error.
func (d *Disk) remove(name string) error {
	if err := d.before("remove", name); err != nil {
		return failed("remove file", err)
	}
	if err := d.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return failed("remove file", err)
	}
	return nil
}

// syncDir makes the names in a folder durable, on file systems that can.
func (d *Disk) syncDir(name string) error {
	if err := d.before("syncdir", name); err != nil {
		return failed("sync folder", err)
	}
	f, err := d.root.Open(name)
	if err != nil {
		return failed("sync folder", err)
	}
	err = f.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP) || errors.Is(err, syscall.ENOSYS) {
		err = nil
	}
	return failed("sync folder", errors.Join(err, f.Close()))
}

// open opens a file for reading, if it is an ordinary one: reading a pipe would never end.
func (d *Disk) open(name string) (*os.File, int64, error) {
	info, err := d.root.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, 0, fmt.Errorf("open %s: it is missing: %w", path.Base(name), ErrTorn)
	case err != nil:
		return nil, 0, failed("open "+path.Base(name), err)
	case !info.Mode().IsRegular():
		return nil, 0, fmt.Errorf("open %s: it is no ordinary file: %w", path.Base(name), ErrAltered)
	}
	f, err := d.root.Open(name)
	if err != nil {
		return nil, 0, failed("open "+path.Base(name), err)
	}
	return f, info.Size(), nil
}
