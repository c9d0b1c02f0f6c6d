package folder

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"zhizhu/offline/gateway/adapter"
	"zhizhu/offline/gateway/internal/durable"
)

// Names in the directory.
const (
	answersDir = "answers"
	doneDir    = "done"
	refusedDir = "refused"
	newPrefix  = ".new-"
)

// leftover is the age at which a package that was never finished is removed.
const leftover = time.Hour

// Options of New.
type Options struct {
	Dir    string // made if it isn't there
	Signer adapter.Signer
	Now    func() time.Time // to tell what is being written from what was left behind
}

// Folder is the adapter.
type Folder struct {
	dir    string
	signer adapter.Signer
	now    func() time.Time
}

var _ adapter.Adapter = (*Folder)(nil)

// New prepares the directory. It holds personal data in the clear, so only its owner can enter what is made here.
func New(o Options) (*Folder, error) {
	if o.Dir == "" || o.Now == nil || o.Signer.Sign == nil {
		return nil, errors.New("open folder: Dir, Signer and Now must be given")
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("open folder: %w", err)
	}
	f := &Folder{dir: dir, signer: o.Signer, now: o.Now}
	for _, d := range []string{"", answersDir, filepath.Join(answersDir, doneDir), filepath.Join(answersDir, refusedDir)} {
		if err := durable.MakeDir(filepath.Join(dir, d)); err != nil {
			return nil, fmt.Errorf("open folder: %w", err)
		}
	}
	if err := f.sweep(); err != nil {
		return nil, fmt.Errorf("open folder: %w", err)
	}
	return f, nil
}

// Name is adapter.Adapter's.
func (f *Folder) Name() string { return "folder" }

// sweep removes packages that a killed gateway left half written.
func (f *Folder) sweep() error {
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), newPrefix) || !f.older(e, leftover) {
			continue
		}
		if err := os.RemoveAll(filepath.Join(f.dir, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

// older reports whether nothing was done to a file for so long. One that is gone is as old as can be.
func (f *Folder) older(e fs.DirEntry, age time.Duration) bool {
	info, err := e.Info()
	return err != nil || f.now().Sub(info.ModTime()) > age
}
