package durable

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "key")
	for _, text := range []string{"first", "second"} {
		if err := WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != text {
			t.Fatalf("read %q, %v", got, err)
		}
	}
	onlyFile(t, dir, "key", 0o600)
}

// TestFailureLeavesOldFile lets the rename fail: nothing half-made is left.
func TestFailureLeavesOldFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "key")
	if err := os.MkdirAll(filepath.Join(path, "inside"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(path, []byte("x"), 0o600); err == nil {
		t.Fatal("a directory was replaced")
	}
	onlyFile(t, dir, "key", 0o700)
	if err := WriteFile(filepath.Join(dir, "none", "key"), nil, 0o600); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("write into no directory: %v", err)
	}
}

func TestMakeDir(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	for range 2 {
		if err := MakeDir(dir); err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Fatalf("mode %v, %v", info.Mode(), err)
	}
	file := filepath.Join(dir, "file")
	if err := WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if MakeDir(file) == nil || MakeDir(filepath.Join(file, "c")) == nil {
		t.Fatal("a file is taken for a directory")
	}
}

func onlyFile(t *testing.T, dir, name string, mode fs.FileMode) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 || entries[0].Name() != name {
		t.Fatalf("in the directory: %v, %v", entries, err)
	}
	if info, err := entries[0].Info(); err != nil || info.Mode().Perm() != mode {
		t.Fatalf("mode %v, %v", info.Mode(), err)
	}
}
