package identity

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// inThePlain returns the names of the files that show a private key.
func inThePlain(t *testing.T, dir string) (names []string) {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		text, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(text, []byte("PRIVATE KEY")) {
			names = append(names, f.Name())
		}
	}
	return names
}

// Nobody who has the disk but not the station key can speak as this terminal or read its letters.
func TestKeysLieUnderTheStationKey(t *testing.T) {
	g := newGate(t)
	o, id := enrolled1(t, g)
	renewAgain(t, g, o, id)
	if names := inThePlain(t, o.Dir); names != nil {
		t.Fatalf("in the plain: %q", names)
	}
	swapped := filepath.Join(t.TempDir(), "identity")
	copyFolder(t, swapped, o.Dir)
	sign, err := os.ReadFile(filepath.Join(swapped, signKeyFile))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(swapped, postKeyFile), sign, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(swapped); !errors.Is(err, ErrDamaged) {
		t.Fatalf("the sign key in the place of the post key: %v, want ErrDamaged", err)
	}
}

// Keys that the first version wrote in the plain are sealed at the next start, wherever the power was cut in between.
func TestOlderKeysAreSealed(t *testing.T) {
	g := newGate(t)
	whole, id := enrolled1(t, g)
	v := vault{dir: whole.Dir, box: id.Box}
	files := []string{terminalKeyFile, signKeyFile, postKeyFile}
	for _, name := range files {
		text, err := v.read(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(whole.Dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if names := inThePlain(t, whole.Dir); len(names) != 3 {
		t.Fatalf("in the plain: %q", names)
	}
	cut := errors.New("power cut")
	steps := 0
	for at := 1; ; at++ {
		dir := filepath.Join(t.TempDir(), "identity")
		copyFolder(t, dir, whole.Dir)
		n := 0
		v := vault{dir: dir, box: id.Box, rand: whole.Rand}
		v.disk.Before = func(string, string) error {
			if n++; n >= at {
				return cut
			}
			return nil
		}
		err := v.completeOlder(terminalKeyFile)
		again, loadErr := Load(dir)
		if loadErr != nil || !again.SignKey.Public().Equal(id.SignKey.Public()) || !again.PostKey.Public().Equal(id.PostKey.Public()) {
			t.Fatalf("cut at %d: %v, or other keys", at, loadErr)
		}
		if names := inThePlain(t, dir); names != nil {
			t.Fatalf("cut at %d: in the plain: %q", at, names)
		}
		modes(t, dir)
		if n < at {
			if err != nil {
				t.Fatal(err)
			}
			break
		}
		steps++
	}
	if steps != 6 { // writing and removing, of three files
		t.Fatalf("cut at %d steps, want 6", steps)
	}
}

func FuzzKeyFile(f *testing.F) {
	box := testBox(f)
	f.Add([]byte(sealedMark))
	f.Add([]byte("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(filepath.Join(dir, postKeyFile), text, 0o600); err != nil {
			t.Fatal(err)
		}
		v := vault{dir: dir, box: box}
		if _, err := v.readSM2(postKeyFile); err == nil && !bytes.Contains(text, []byte("PRIVATE KEY")) {
			t.Fatal("a key out of nothing")
		} else if err != nil && !errors.Is(err, ErrDamaged) {
			t.Fatalf("%v, want ErrDamaged", err)
		}
	})
}
