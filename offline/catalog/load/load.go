package load

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/emmansun/gmsm/sm3"

	"zhizhu/offline/catalog"
	"zhizhu/offline/strictyaml"
)

// Names in the catalogue's folder.
const (
	indexFile = "themes.yaml"
	itemsDir  = "items"
)

// index is the content of themes.yaml.
type index struct {
	Version string          `yaml:"version" need:"true"`
	Themes  []catalog.Theme `yaml:"themes" need:"true"`
}

// Load reads the catalogue of a folder. Where anything in it is wrong, the error is of type strictyaml.FileErrors and
// holds all of it, and no catalogue is returned.
func Load(fsys fs.FS) (*catalog.Catalog, error) {
	l := &loader{fsys: fsys, cat: &catalog.Catalog{}}
	if err := l.read(); err != nil {
		return nil, err
	}
	l.checkWhole()
	if len(l.problems) > 0 {
		l.problems.Sort()
		return nil, l.problems
	}
	l.cat.Digest = l.digest()
	return l.cat, nil
}

type loader struct {
	fsys     fs.FS
	cat      *catalog.Catalog
	files    []content // in the order of reading
	items    []*entry
	problems strictyaml.FileErrors
}

// content is one file's name and content, for the digest.
type content struct {
	name string
	data []byte
}

// entry is one item with the lines of its file.
type entry struct {
	*catalog.Item
	lines *strictyaml.Lines
}

func (l *loader) report(file string, line int, format string, args ...any) {
	l.problems = append(l.problems, strictyaml.Problem{File: file, Line: line, Text: fmt.Sprintf(format, args...)})
}

// read reads all files. Its error is about reading; what is wrong in a file becomes a problem.
func (l *loader) read() error {
	var idx index
	lines, err := l.decode(indexFile, &idx)
	if err != nil {
		return fmt.Errorf("read catalogue: %w", err)
	}
	l.cat.Version, l.cat.Themes = idx.Version, idx.Themes
	l.checkThemes(lines)
	folders, err := fs.ReadDir(l.fsys, itemsDir)
	if err != nil {
		return fmt.Errorf("read catalogue: %w", err)
	}
	// Items stand in the order of the themes.
	slices.SortStableFunc(folders, func(a, b fs.DirEntry) int { return l.themePlace(a.Name()) - l.themePlace(b.Name()) })
	for _, folder := range folders {
		name := path.Join(itemsDir, folder.Name())
		switch {
		case strings.HasPrefix(folder.Name(), "."):
		case !folder.IsDir():
			l.report(name, 0, "“%s”：事项文件要放在主题的文件夹里，比如 items/%s/", folder.Name(), l.someTheme())
		case l.cat.Theme(folder.Name()) == nil:
			l.report(name, 0, "“%s”：%s 里没有这个主题；%s", folder.Name(), indexFile, strictyaml.Hint(folder.Name(), l.themeIDs()))
		default:
			if err := l.readFolder(name); err != nil {
				return fmt.Errorf("read catalogue: %w", err)
			}
		}
	}
	return nil
}

func (l *loader) readFolder(dir string) error {
	entries, err := fs.ReadDir(l.fsys, dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		switch {
		case strings.HasPrefix(e.Name(), "."):
			continue
		case e.IsDir() || path.Ext(e.Name()) != ".yaml":
			l.report(name, 0, "“%s”：这里只能放 .yaml 结尾的事项文件；请移走", e.Name())
			continue
		}
		item := &catalog.Item{File: name}
		lines, err := l.decode(name, item)
		if err != nil {
			return err
		}
		last := l.files[len(l.files)-1].data
		sum := sm3.Sum(last)
		item.Version = hex.EncodeToString(sum[:])[:12]
		l.items = append(l.items, &entry{item, lines})
		l.cat.Items = append(l.cat.Items, item)
	}
	return nil
}

// decode reads one file into out. What is wrong in it becomes problems.
func (l *loader) decode(name string, out any) (*strictyaml.Lines, error) {
	data, err := fs.ReadFile(l.fsys, name)
	if err != nil {
		return nil, err
	}
	l.files = append(l.files, content{name, data})
	lines, err := strictyaml.DecodeLines(name, data, out)
	if problems, ok := errors.AsType[strictyaml.FileErrors](err); ok {
		l.problems = append(l.problems, problems...)
	}
	return lines, nil
}

// digest is the SM3 over all files, each with the lengths of its name and content before them, in the order of names.
func (l *loader) digest() string {
	slices.SortFunc(l.files, func(a, b content) int { return strings.Compare(a.name, b.name) })
	h := sm3.New()
	for _, f := range l.files {
		var lengths [16]byte
		binary.BigEndian.PutUint64(lengths[:8], uint64(len(f.name)))
		binary.BigEndian.PutUint64(lengths[8:], uint64(len(f.data)))
		h.Write(lengths[:])
		h.Write([]byte(f.name))
		h.Write(f.data)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func (l *loader) themePlace(id string) int {
	return slices.IndexFunc(l.cat.Themes, func(t catalog.Theme) bool { return t.ID == id })
}

func (l *loader) themeIDs() []string {
	ids := make([]string, len(l.cat.Themes))
	for i, t := range l.cat.Themes {
		ids[i] = t.ID
	}
	return ids
}

func (l *loader) someTheme() string {
	if len(l.cat.Themes) == 0 {
		return "social"
	}
	return l.cat.Themes[0].ID
}
