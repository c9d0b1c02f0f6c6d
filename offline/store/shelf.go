package store

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Backup is one copy of the data file.
type Backup struct {
	Path   string
	Number int    // copies are numbered; their times are only as right as the clock was
	Kind   string // hourly, daily, or before: a migration
	At     time.Time
	Size   int64
}

// Kinds of back-ups.
const (
	hourly = "hourly"
	daily  = "daily"
	before = "before"
)

// keep is how many of each kind are kept.
func keep(kind string) int {
	switch kind {
	case daily:
		return 7
	case before:
		return 2
	}
	return 6
}

const (
	// hoursADay is after how many hourly back-ups one is due to be kept as daily, whatever the clock says.
	hoursADay = 24
	// backupRoom is how many times the reserve must be free on the disk once a back-up is made.
	backupRoom = 4
	partName   = ".part"
)

// shelf is the folder of the back-ups.
type shelf struct {
	dir  string
	most int64
}

func newShelf(o Options) shelf { return shelf{o.Path + ".backup", o.BackupMost} }

// list returns the back-ups, the newest first.
func (s shelf) list() ([]Backup, error) {
	entries, err := os.ReadDir(s.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list back-ups: %w", err)
	}
	var all []Backup
	for _, e := range entries {
		b, ok := parseBackup(e.Name())
		info, err := e.Info()
		if !ok || err != nil || !info.Mode().IsRegular() {
			continue // somebody else's, or gone just now
		}
		b.Path, b.Size = filepath.Join(s.dir, e.Name()), info.Size()
		all = append(all, b)
	}
	// Of one number, the one that is kept shorter comes first: it names the same file.
	slices.SortFunc(all, func(a, b Backup) int { return cmp.Or(-cmp.Compare(a.Number, b.Number), -cmp.Compare(a.Kind, b.Kind)) })
	return all, nil
}

// parseBackup reads a name: 00000012-hourly-20261123T083000Z.db.
func parseBackup(name string) (Backup, bool) {
	rest, ok := strings.CutSuffix(name, ".db")
	parts := strings.Split(rest, "-")
	if !ok || len(parts) != 3 || len(parts[0]) < 8 {
		return Backup{}, false
	}
	n, err := strconv.Atoi(parts[0])
	at, timeErr := time.Parse(stampLayout, parts[2])
	if err != nil || timeErr != nil || n < 1 {
		return Backup{}, false
	}
	kind := parts[1]
	return Backup{Number: n, Kind: kind, At: at}, kind == hourly || kind == daily || kind == before
}

func (s shelf) name(b Backup) string {
	return filepath.Join(s.dir, fmt.Sprintf("%08d-%s-%s.db", b.Number, b.Kind, stamp(b.At)))
}

// part is where the next back-up is made. What lies there is from one that was interrupted.
func (s shelf) part() string { return filepath.Join(s.dir, partName) }

func (s shelf) next(kind string, now time.Time) (Backup, error) {
	all, err := s.list()
	if err != nil {
		return Backup{}, err
	}
	b := Backup{Number: 1, Kind: kind, At: now}
	if len(all) > 0 {
		b.Number = all[0].Number + 1
	}
	b.Path = s.name(b)
	return b, nil
}

// put gives the finished part its name. An hourly one is kept as daily too when that is due: a second name, no second
// file. Then old ones go.
func (s shelf) put(b Backup) error {
	all, err := s.list()
	if err != nil {
		return err
	}
	if err := os.Rename(s.part(), b.Path); err != nil {
		return fmt.Errorf("name back-up: %w", err)
	}
	if b.Kind == hourly && dailyDue(all, b) {
		day := b
		day.Kind = daily
		if err := os.Link(b.Path, s.name(day)); err != nil && !errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("keep back-up for a week: %w", err)
		}
	}
	if err := syncDir(s.dir); err != nil {
		return err
	}
	return s.prune()
}

// dailyDue tells whether a new hourly back-up should be kept as a daily one. The clock may have been set back, or never
// have been right; so hours are counted too.
func dailyDue(all []Backup, b Backup) bool {
	for _, old := range all {
		if old.Kind == daily {
			age := b.At.Sub(old.At)
			return age < 0 || age >= hoursADay*time.Hour || b.Number-old.Number >= hoursADay
		}
	}
	return true
}

// prune removes what is more than enough of each kind, then the oldest until all together are small enough.
func (s shelf) prune() error {
	all, err := s.list()
	if err != nil {
		return err
	}
	count := map[string]int{}
	var kept []Backup
	for _, b := range all {
		if count[b.Kind]++; count[b.Kind] <= keep(b.Kind) {
			kept = append(kept, b)
			continue
		}
		if err := remove(b.Path); err != nil {
			return err
		}
	}
	for len(kept) > 1 && total(kept) > s.most {
		if err := remove(kept[len(kept)-1].Path); err != nil {
			return err
		}
		kept = kept[:len(kept)-1]
	}
	return nil
}

// total counts what back-ups take on the disk: two names of one file count once.
func total(all []Backup) int64 {
	sum, last := int64(0), 0
	for _, b := range all {
		if b.Number != last {
			sum += b.Size
		}
		last = b.Number
	}
	return sum
}

// giveWay removes the oldest back-ups, all but the one at spare, until so much is free on the disk. It returns how many
// went.
func (s shelf) giveWay(need int64, spare string) (dropped int, err error) {
	all, err := s.list()
	if err != nil {
		return 0, err
	}
	for _, b := range slices.Backward(all) {
		free, err := freeOn(s.dir)
		if err != nil || free >= need {
			return dropped, err
		}
		if b.Path == spare {
			continue
		}
		if err := remove(b.Path); err != nil {
			return dropped, err
		}
		dropped++
	}
	return dropped, nil
}

func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove back-up: %w", err)
	}
	return nil
}

// freeOn returns the bytes that a folder's file system has for this user.
func freeOn(dir string) (int64, error) {
	var disk syscall.Statfs_t
	if err := syscall.Statfs(dir, &disk); err != nil {
		return 0, fmt.Errorf("look for room: %w", err)
	}
	return int64(disk.Bavail) * disk.Bsize, nil
}
