package rules

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// tags are the program's build tags. The Makefile is where they are set; a test holds that both say the same.
const tags = "x11,migrated_fynedo"

// listed is what `go list -json` says of a package.
type listed struct {
	ImportPath                         string
	Imports, TestImports, XTestImports []string
	Deps                               []string
}

// Packages lists the module's packages under root. A package that does not build is listed all the same (-e): that it
// does not is told by the compiler, and the rules hold for the rest.
func Packages(root string) ([]Package, error) {
	cmd := exec.Command("go", "list", "-e", "-tags", tags, "-json=ImportPath,Imports,TestImports,XTestImports,Deps", "./...")
	cmd.Dir = root
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("list packages: %w: %s", err, stderr.String())
	}
	var all []Package
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var l listed
		if err := dec.Decode(&l); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, fmt.Errorf("read list of packages: %w", err)
		}
		all = append(all, Package{
			Path: short(l.ImportPath), Imports: shorts(l.Imports), Deps: shorts(l.Deps),
			Tests: shorts(slices.Concat(l.TestImports, l.XTestImports)),
		})
	}
}

const module = "zhizhu"

func short(path string) string {
	if path == module {
		return "."
	}
	return strings.TrimPrefix(path, module+"/")
}

func shorts(paths []string) []string {
	out := make([]string, 0, len(paths))
	for _, p := range paths {
		out = append(out, short(p))
	}
	return out
}

// Tree is the module's files: Go sources by folder, and the names of all text files.
type Tree struct {
	Sources map[string][]Source
	Texts   map[string]string // contents by name
	fset    *token.FileSet
}

// skipped are folders that hold nothing of ours, or nothing that was written by hand.
var skipped = []string{".git", "bin", "out", "data"}

// textual are the endings of files that people write and read.
var textual = []string{".go", ".md", ".yaml", ".yml", ".txt", ".golden", ".txtar", ".pilot", ".sh", ".json", ".tsv"}

// ReadTree reads the tree under root.
func ReadTree(root string) (Tree, error) {
	t := Tree{fset: token.NewFileSet(), Sources: map[string][]Source{}, Texts: map[string]string{}}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			if slices.Contains(skipped, name) {
				return filepath.SkipDir
			}
			return nil
		}
		if !slices.Contains(textual, filepath.Ext(name)) {
			return nil
		}
		return t.add(path, filepath.ToSlash(name))
	})
	return t, err
}

func (t Tree) add(path, name string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	t.Texts[name] = string(text)
	if filepath.Ext(name) != ".go" || strings.Contains(name, "testdata/") {
		return nil
	}
	s, err := ParseSource(t.fset, name, text)
	if err != nil {
		return err
	}
	dir := filepath.ToSlash(filepath.Dir(name))
	t.Sources[dir] = append(t.Sources[dir], s)
	return nil
}
