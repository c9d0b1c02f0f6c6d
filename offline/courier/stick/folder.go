package stick

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"

	"zhizhu/offline/seal"
)

const (
	manifestSuffix = ".manifest"
	halfSuffix     = ".half" // of what isn't finished
	reserveName    = "reserve" + halfSuffix
)

// Folder is where one terminal's manifests of one kind lie, with their packs.
type Folder struct {
	disk *Disk
	path string
	kind Kind
}

// Folder returns a terminal's folder. It may not be there; Make makes it.
func (d *Disk) Folder(terminal string, kind Kind) (*Folder, error) {
	if !GoodID(terminal) {
		return nil, fmt.Errorf("find folder: %q is no terminal's id", terminal)
	}
	at, err := d.place(terminal)
	if err != nil {
		return nil, err
	}
	return &Folder{disk: d, path: path.Join(at, kind.folder()), kind: kind}, nil
}

// Make makes the folder if it isn't there.
func (f *Folder) Make() error { return f.disk.makeDir(f.path) }

// Found is a manifest that was read.
type Found struct {
	Serial uint64
	Body   []byte
}

// serials returns the serials of all manifests, newest first, and whether something half is there.
func (f *Folder) serials() (all []uint64, half bool, err error) {
	names, err := f.disk.list(f.path)
	if err != nil {
		return nil, false, err
	}
	for _, name := range names {
		half = half || strings.HasSuffix(name, halfSuffix)
		if serial, ok := f.serial(name); ok {
			all = append(all, serial)
		}
	}
	slices.SortFunc(all, func(a, b uint64) int { return cmp.Compare(b, a) })
	return slices.Compact(all), half, nil
}

func (f *Folder) name(serial uint64) string { return fmt.Sprintf("%s-%08d", f.kind, serial) }

func (f *Folder) serial(name string) (uint64, bool) {
	middle, ok := strings.CutPrefix(name, string(f.kind)+"-")
	if !ok {
		return 0, false
	}
	if middle, ok = strings.CutSuffix(middle, manifestSuffix); !ok {
		return 0, false
	}
	serial, err := strconv.ParseUint(middle, 10, 62)
	return serial, err == nil && name == f.name(serial)+manifestSuffix
}

// Newest returns the newest manifest that is whole and signed by a key. What is wrong with newer ones is returned beside
// it. The error is ErrEmpty where there is none at all, or what is wrong with all.
func (f *Folder) Newest(by *seal.PublicKey) (Found, []error, error) {
	all, half, err := f.serials()
	if err != nil {
		return Found{}, nil, err
	}
	var wrong []error
	for _, serial := range all {
		body, err := f.read(serial, by)
		if err == nil {
			return Found{Serial: serial, Body: body}, wrong, nil
		}
		wrong = append(wrong, fmt.Errorf("%s: %w", f.name(serial)+manifestSuffix, err))
	}
	switch {
	case len(wrong) > 0:
		return Found{}, nil, errors.Join(wrong...)
	case half:
		return Found{}, nil, fmt.Errorf("read manifest: there is only half of one: %w", ErrTorn)
	}
	return Found{}, nil, fmt.Errorf("read manifest: %w", ErrEmpty)
}

// Says returns the terminal that the newest manifest names, which nobody vouches for; "" if none can be read. Some systems
// change the case of a folder's name, so that it isn't the id.
func (f *Folder) Says() string {
	all, _, err := f.serials()
	if err != nil {
		return ""
	}
	for _, serial := range all {
		text, err := f.text(serial)
		if err != nil {
			continue
		}
		_, body, _ := bytes.Cut(text, []byte("\n"))
		var named struct {
			Terminal string `json:"terminal"`
		}
		if json.Unmarshal(body, &named) == nil && GoodID(named.Terminal) {
			return named.Terminal
		}
	}
	return ""
}

func (f *Folder) read(serial uint64, by *seal.PublicKey) ([]byte, error) {
	text, err := f.text(serial)
	if err != nil {
		return nil, err
	}
	return decode(f.kind, text, by)
}

func (f *Folder) text(serial uint64) ([]byte, error) {
	file, size, err := f.disk.open(path.Join(f.path, f.name(serial)+manifestSuffix))
	if err != nil {
		return nil, err
	}
	if size > maxManifest {
		return nil, errors.Join(fmt.Errorf("it has %d MiB: %w", size>>20, ErrAltered), file.Close())
	}
	text, err := io.ReadAll(io.LimitReader(file, maxManifest))
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, failed("read manifest", err)
	}
	return text, nil
}

// NextSerial returns the serial of the manifest to be written: over all that are there, whole or not.
func (f *Folder) NextSerial() (uint64, error) {
	all, _, err := f.serials()
	if err != nil {
		return 0, err
	}
	if len(all) == 0 {
		return 1, nil
	}
	return all[0] + 1, nil
}

// Reserve keeps room for a manifest while packets are written. Draft gives it back.
func (f *Folder) Reserve(size int64) error {
	at := path.Join(f.path, reserveName)
	if err := f.disk.remove(at); err != nil {
		return err
	}
	file, err := f.disk.create(at)
	if err != nil {
		return err
	}
	zeros := make([]byte, 64<<10)
	for left := size; left > 0 && err == nil; left -= int64(len(zeros)) {
		err = file.write(zeros[:min(left, int64(len(zeros)))])
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return errors.Join(failed("keep room", err), f.disk.remove(at))
	}
	return nil
}

// Draft writes a manifest whose packs are all on the stick, under a name that nobody reads. It gives back what Reserve
// kept.
func (f *Folder) Draft(serial uint64, body []byte, sign Sign) error {
	text, err := encode(f.kind, body, sign)
	if err != nil {
		return err
	}
	half := path.Join(f.path, f.name(serial)+halfSuffix)
	for _, left := range []string{path.Join(f.path, reserveName), half} {
		if err := f.disk.remove(left); err != nil {
			return err
		}
	}
	file, err := f.disk.create(half)
	if err != nil {
		return err
	}
	if err := file.write(text); err != nil {
		return errors.Join(err, file.Close(), f.disk.remove(half))
	}
	if err := file.finish(); err != nil {
		return errors.Join(err, f.disk.remove(half))
	}
	return f.disk.syncDir(f.path) // its packs' names, before its own counts on them
}

// Publish makes a draft what the stick says from now on. After an error that may be so or not: its packs must stay.
func (f *Folder) Publish(serial uint64) error {
	half := path.Join(f.path, f.name(serial)+halfSuffix)
	if err := f.disk.rename(half, path.Join(f.path, f.name(serial)+manifestSuffix)); err != nil {
		return err
	}
	return f.disk.syncDir(f.path)
}

// Sweep removes all but one manifest and the packs that it names: first the manifests, so that none stays without its
// packs. With serial 0 no manifest stays. It returns how many files it removed.
func (f *Folder) Sweep(serial uint64, packs map[string]bool) (removed int, err error) {
	names, err := f.disk.list(f.path)
	if err != nil {
		return 0, err
	}
	var rest []string
	for _, name := range names {
		s, isManifest := f.serial(name)
		switch {
		case isManifest && s == serial, packs[name]:
		case isManifest:
			if err := f.disk.remove(path.Join(f.path, name)); err != nil {
				return removed, err
			}
			removed++
		case packName().MatchString(name), strings.HasSuffix(name, halfSuffix):
			rest = append(rest, name)
		}
	}
	if len(rest) == 0 && removed == 0 {
		return 0, nil
	}
	if removed > 0 {
		if err := f.disk.syncDir(f.path); err != nil {
			return removed, err
		}
	}
	for _, name := range rest {
		if err := f.disk.remove(path.Join(f.path, name)); err != nil {
			return removed, err
		}
		removed++
	}
	return removed, f.disk.syncDir(f.path)
}
