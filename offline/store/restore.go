package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// salvageTimes is how many times longer than a check a damaged file may take to be read: a failing disk tries a bad
// sector again and again.
const salvageTimes = 8

// restore makes a new file out of what can be read of a damaged one and of the newest good back-up, and puts the damaged
// one aside. Whatever happens on the way, the damaged file stays where it is until the new one is complete.
func restore(ctx context.Context, o Options, opened *Opened) error {
	left, err := gather(ctx, o)
	if err != nil {
		return err
	}
	defer left.close()
	generation, err := nextGeneration(o, left.generation()+1)
	if err != nil {
		return err
	}
	temp := o.Path + ".new"
	t, err := rebuild(temp, o, left.sources, generation, left.version)
	if isFull(err) {
		// Room for the records of people goes before copies of them that aren't needed now.
		if dropped, dropErr := newShelf(o).giveWay(1<<62, left.from.Path); dropErr == nil && dropped > 0 {
			t, err = rebuild(temp, o, left.sources, generation, left.version)
		}
	}
	if err := errors.Join(err, ctx.Err()); err != nil {
		return err
	}
	if err := replace(ctx, o, temp, opened); err != nil {
		return fmt.Errorf("restore data file: %w", err)
	}
	left.report(t, opened)
	o.Log.LogAttrs(ctx, slog.LevelError, "Damaged data file put aside and made anew", slog.String("file", opened.Renamed),
		slog.String("cause", opened.Cause), slog.Int("salvaged", t.damaged), slog.Int("gaps", opened.Gaps),
		slog.String("backup", opened.Restored), slog.Int("fromBackup", t.backup))
	return nil
}

// replace puts the finished new file where the damaged one is.
func replace(ctx context.Context, o Options, temp string, opened *Opened) (err error) {
	o.step("rebuilt")
	if err := syncFile(temp); err != nil {
		return err
	}
	if cause, err := check(ctx, o, temp); err != nil || cause != "" {
		return fmt.Errorf("the new file is no good either (%s): %w", cause, errors.Join(ErrUnchecked, err))
	}
	if opened.Renamed, err = putAside(o); err != nil {
		return err
	}
	o.step("put aside")
	if err := os.Rename(temp, o.Path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(o.Path))
}

// report says what came of what was left.
func (r remains) report(t tally, opened *Opened) {
	opened.Salvaged, opened.FromBackup, opened.Gaps = t.damaged, t.backup, t.gaps
	if len(r.sources) == 0 || r.sources[0].backup {
		opened.Gaps = -1
	}
	if t.asked {
		opened.Restored, opened.RestoredAt = r.from.Path, r.from.At
	}
	opened.Created = t.damaged == 0 && !t.asked
}

// remains are what a new file can be made of.
type remains struct {
	sources []*source // the newest first
	from    Backup    // the last of them, if it is one
	version int
	aside   int // files put aside before
	close   func()
}

// generation is the highest that is known: that of the file that is replaced, and of those put aside before.
func (r remains) generation() int {
	last := r.aside
	for _, s := range r.sources {
		last = max(last, s.number(generationKey))
	}
	return last
}

// gather opens what is left of the file, and a back-up.
func gather(ctx context.Context, o Options) (remains, error) {
	limit := salvageTimes * o.CheckTimeout
	if info, err := os.Stat(o.Path); err == nil {
		limit += salvageTimes * time.Duration(info.Size()/slowestRead) * time.Second
	}
	limited, cancel := context.WithTimeout(ctx, limit)
	aside, err := filepath.Glob(globQuote(o.Path) + ".corrupt-*")
	if err != nil {
		cancel()
		return remains{}, fmt.Errorf("count files put aside: %w", err)
	}
	left := remains{close: cancel, aside: len(aside)}
	sources, closeFile, err := openSources(limited, o.Path, false)
	switch {
	case err == nil:
		left.sources = sources
		left.close = func() { cancel(); closeFile() }
	case !errors.Is(err, fs.ErrNotExist):
		cancel()
		return left, err
	}
	for _, s := range sources {
		left.version = max(left.version, s.number(versionKey))
	}
	if left.version > o.Schema.Version {
		left.close()
		return left, newer(left.version, "")
	}
	if err := left.addBackup(ctx, o); err != nil {
		left.close()
		return left, err
	}
	if left.version == 0 { // nothing of this program
		left.sources, left.version = nil, o.Schema.Version
	}
	return left, nil
}

// addBackup adds the newest back-up that a child finds good and that has the file's version, or any where that isn't
// known.
func (r *remains) addBackup(ctx context.Context, o Options) error {
	backups, err := newShelf(o).list()
	if err != nil {
		return err
	}
	for _, b := range backups {
		cause, err := check(ctx, o, b.Path)
		if errors.Is(err, ErrNewer) {
			continue
		}
		if err != nil {
			return err
		}
		if cause != "" {
			o.Log.LogAttrs(ctx, slog.LevelError, "Back-up is damaged too", slog.String("file", b.Path), slog.String("cause", cause))
			continue
		}
		sources, closeFile, err := openSources(ctx, b.Path, true)
		if err != nil {
			return err
		}
		if len(sources) != 1 || r.version != 0 && sources[0].number(versionKey) != r.version {
			closeFile()
			continue
		}
		closeDamaged := r.close
		r.close = func() { closeDamaged(); closeFile() }
		r.sources, r.from, r.version = append(r.sources, sources[0]), b, sources[0].number(versionKey)
		return nil
	}
	return nil
}

// putAside gives a damaged file its second name, under which it stays, and returns that. "" when there is no file.
func putAside(o Options) (string, error) {
	damaged, err := os.Lstat(o.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("put damaged data file aside: %w", err)
	}
	base := o.Path + ".corrupt-" + stamp(o.Now())
	path := base
	for i := 2; ; i++ {
		there, err := os.Lstat(path)
		if errors.Is(err, fs.ErrNotExist) {
			break
		}
		if err == nil && os.SameFile(there, damaged) {
			return path, nil // before a power cut came in between
		}
		path = base + "-" + strconv.Itoa(i)
	}
	// The first name goes over to the new file in one step; in between there is never no file.
	if err := os.Link(o.Path, path); err != nil {
		if err := os.Rename(o.Path, path); err != nil { // a file system without links
			return "", fmt.Errorf("put damaged data file aside: %w", err)
		}
	}
	return path, syncDir(filepath.Dir(o.Path))
}
