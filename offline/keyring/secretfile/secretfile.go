package secretfile

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Disk makes changes that are whole and durable when they return, or not made at all. The zero value is ready.
type Disk struct {
	// Before is called before every change with what will be done ("write", "rename", "remove") and to which file; an
	// error of it is returned instead. Tests cut the power there.
	Before func(op, path string) error
}

func (d Disk) begin(op, path string) error {
	if d.Before == nil {
		return nil
	}
	return d.Before(op, path)
}

// Write replaces a file, with mode 0600.
func (d Disk) Write(path string, content []byte) (err error) {
	if err := d.begin("write", path); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, ignoreMissing(os.Remove(f.Name())))
		}
	}()
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err = os.Rename(f.Name(), path); err != nil {
		return err
	}
	return SyncDir(filepath.Dir(path))
}

// Rename gives a file another name in the same folder, whose file it replaces.
func (d Disk) Rename(from, to string) error {
	if err := d.begin("rename", to); err != nil {
		return err
	}
	if err := os.Rename(from, to); err != nil {
		return err
	}
	return SyncDir(filepath.Dir(to))
}

// Remove overwrites a file and removes it. One that isn't there is no error.
func (d Disk) Remove(path string) error {
	if err := d.begin("remove", path); err != nil {
		return err
	}
	if err := overwrite(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	if err := os.Remove(path); err != nil {
		return err
	}
	return SyncDir(filepath.Dir(path))
}

func overwrite(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return errors.Join(err, f.Close())
	}
	noise := make([]byte, info.Size())
	if _, err := rand.Read(noise); err != nil {
		return errors.Join(err, f.Close())
	}
	_, err = f.WriteAt(noise, 0)
	return errors.Join(err, f.Sync(), f.Close())
}

// SyncDir makes creations and renames in a folder durable.
func SyncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("open folder: %w", err)
	}
	return errors.Join(dir.Sync(), dir.Close())
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
