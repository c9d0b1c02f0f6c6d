package secretfile

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestWriteIsPrivateAndWhole(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "key")
	for _, content := range []string{"first, and longer", "second"} {
		if err := (Disk{}).Write(path, []byte(content)); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		if err != nil || string(got) != content {
			t.Fatalf("%q, %v", got, err)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, mode %v", err, info.Mode())
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
		t.Fatalf("%v, left behind: %v", err, files)
	}
	if err := (Disk{}).Write(filepath.Join(dir, "none", "key"), nil); err == nil {
		t.Fatal("wrote into a folder that isn't there")
	}
}

// Another name of the same file shows that its bytes are gone, not just its name.
func TestRemoveOverwrites(t *testing.T) {
	dir := t.TempDir()
	path, other := filepath.Join(dir, "key"), filepath.Join(dir, "other")
	if err := (Disk{}).Write(path, []byte("a secret of some length")); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(path, other); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time it isn't there
		if err := (Disk{}).Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(other)
	if err != nil || len(got) != 23 || string(got) == "a secret of some length" {
		t.Fatalf("%q, %v", got, err)
	}
}

func TestBeforeCutsEveryChange(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	cut := errors.New("power cut")
	d := Disk{Before: func(string, string) error { return cut }}
	if !errors.Is(d.Write(path, nil), cut) || !errors.Is(d.Rename(path, path+"2"), cut) || !errors.Is(d.Remove(path), cut) {
		t.Fatal("a change was made")
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "old" {
		t.Fatalf("%q, %v", got, err)
	}
}
