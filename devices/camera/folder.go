package camera

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	_ "image/gif" // the formats that are read
	_ "image/jpeg"
	_ "image/png"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// FolderOptions of a source of picture files.
type FolderOptions struct {
	Path string // a folder, or one file
	// Every is the time between two pictures, and between looks for new ones. Zero means 200 ms.
	Every time.Duration
	// Loop shows all pictures again and again, as a camera would that looks at them. Without it, each is shown once,
	// and again whenever its file is changed.
	Loop bool
	Grey bool             // frames are *image.Gray
	Now  func() time.Time // required
	Log  *slog.Logger     // nil discards
}

// Files is a source of picture files.
type Files struct {
	opts    FolderOptions
	dropped atomic.Int64
	paused  atomic.Bool
}

var (
	_ Pauser  = (*Files)(nil)
	_ Dropper = (*Files)(nil)
)

// Folder makes a source of the PNG, JPEG and GIF files of a folder, in the order of their names. Files that come while
// it is served are shown too, so that staff can drop a picture in.
func Folder(o FolderOptions) *Files {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Every <= 0 {
		o.Every = 200 * time.Millisecond
	}
	return &Files{opts: o}
}

// Pause holds the pictures back until it is called with false.
func (f *Files) Pause(on bool) { f.paused.Store(on) }

// Dropped counts files that are no readable picture.
func (f *Files) Dropped() int { return int(f.dropped.Load()) }

// Serve implements Source.
func (f *Files) Serve(ctx context.Context, emit func(Frame)) error {
	seen := map[string]sight{}
	lost := false // once it has been there, its absence is a loss
	tick := time.NewTicker(f.opts.Every)
	defer tick.Stop()
	for {
		all, err := f.list()
		if err != nil {
			return trouble("list pictures", err, lost)
		}
		lost = true
		for _, p := range all {
			if last, ok := seen[p.path]; f.paused.Load() || ok && last.stamp == p.stamp && (last.broken || !f.opts.Loop) {
				continue
			}
			ok := f.show(p.path, emit)
			seen[p.path] = sight{p.stamp, !ok}
			if ok && !await(ctx, tick) {
				return ctx.Err()
			}
		}
		if !await(ctx, tick) {
			return ctx.Err()
		}
	}
}

// sight is what became of a file when it was last looked at.
type sight struct {
	stamp
	broken bool
}

func await(ctx context.Context, tick *time.Ticker) bool {
	select {
	case <-ctx.Done():
		return false
	case <-tick.C:
		return ctx.Err() == nil
	}
}

// stamp tells whether a file has changed since.
type stamp struct {
	size  int64
	mtime time.Time
}

type picture struct {
	path string
	stamp
}

// list returns the pictures that are there now.
func (f *Files) list() ([]picture, error) {
	top, err := os.Stat(f.opts.Path)
	if err != nil {
		return nil, err
	}
	if !top.IsDir() {
		return []picture{{f.opts.Path, stamp{top.Size(), top.ModTime()}}}, nil
	}
	entries, err := os.ReadDir(f.opts.Path)
	if err != nil {
		return nil, err
	}
	var all []picture
	for _, e := range entries {
		if !isPicture(e.Name()) {
			continue
		}
		path := filepath.Join(f.opts.Path, e.Name())
		info, err := os.Stat(path) // follows links
		if errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, picture{path, stamp{info.Size(), info.ModTime()}})
	}
	slices.SortFunc(all, func(a, b picture) int { return cmp.Compare(a.path, b.path) })
	return all, nil
}

// isPicture goes by the name's end. Hidden files are somebody's unfinished copy.
func isPicture(name string) bool {
	if strings.HasPrefix(name, ".") {
		return false
	}
	switch strings.ToLower(filepath.Ext(name)) {
	case ".png", ".jpg", ".jpeg", ".gif":
		return true
	}
	return false
}

// show emits one file. One that can't be read, being copied still perhaps, is tried again when it has changed.
func (f *Files) show(path string, emit func(Frame)) bool {
	img, err := readFile(path)
	if err != nil {
		f.dropped.Add(1)
		f.opts.Log.Warn("Picture dropped", slog.Any("err", withoutPath(err)))
		return false
	}
	emit(Frame{Image: Plain(img, f.opts.Grey), Taken: f.opts.Now()})
	return true
}

// withoutPath keeps a file's name, which may be a person's, out of the log.
func withoutPath(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return fmt.Errorf("%s picture: %w", p.Op, p.Err)
	}
	return err
}

func readFile(path string) (image.Image, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	img, err := ReadImage(f)
	return img, errors.Join(err, f.Close())
}

var errNoPicture = errors.New("it is no whole PNG, JPEG or GIF file")

// ReadImage reads a PNG, JPEG or GIF picture of at most 40 million dots (of a GIF the first one). What claims to be
// larger is refused before any memory is taken for it.
func ReadImage(r io.ReadSeeker) (image.Image, error) {
	head, _, err := image.DecodeConfig(r)
	if err != nil {
		return nil, fmt.Errorf("read picture: %w (%w)", errNoPicture, err)
	}
	if head.Width < 1 || head.Height < 1 || head.Width > most/head.Height {
		return nil, errHuge
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("read picture: %w", err)
	}
	img, _, err := image.Decode(r)
	if err != nil {
		return nil, fmt.Errorf("read picture: %w (%w)", errNoPicture, err)
	}
	return img, nil
}
