package keyring

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"zhizhu/offline/seal"
)

// cheap is a cost that tests can pay.
func cheap() seal.Cost { return seal.Cost{Time: 1, Memory: 8 << 10, Threads: 1} }

// plainKey puts a key in the plain into a folder, as machines have it.
func plainKey(t testing.TB, dir string) []byte {
	t.Helper()
	key, p, err := Ensure(t.Context(), dir, Options{})
	if err != nil || p != Plain || len(key) != seal.StationKeySize {
		t.Fatalf("%v, %s", err, p)
	}
	return key
}

func opens(t testing.TB, dir string, o Options, want []byte, by Provider) {
	t.Helper()
	key, p, err := Open(t.Context(), dir, o)
	if err != nil || p != by || !bytes.Equal(key, want) {
		t.Fatalf("opened by %s: %v, or another key; want %s", p, err, by)
	}
	if which, err := Which(dir); err != nil || which != by {
		t.Fatalf("Which says %s, %v; want %s", which, err, by)
	}
}

func onlyFiles(t testing.TB, dir string, want ...string) {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range files {
		names = append(names, f.Name())
	}
	if !slices.Equal(names, want) {
		t.Fatalf("files %q, want %q", names, want)
	}
}

func asked(secret string) Options {
	return Options{cost: cheap(), Secret: func(context.Context, Provider) ([]byte, error) { return []byte(secret), nil }}
}

const phrase = "correct horse battery staple"

func TestPlain(t *testing.T) {
	dir := t.TempDir()
	if _, _, err := Open(t.Context(), dir, Options{}); !errors.Is(err, ErrMissing) {
		t.Fatalf("%v, want ErrMissing", err)
	}
	if _, err := Which(dir); !errors.Is(err, ErrMissing) {
		t.Fatalf("%v, want ErrMissing", err)
	}
	key := plainKey(t, dir)
	opens(t, dir, Options{}, key, Plain)
	if again := plainKey(t, dir); !bytes.Equal(again, key) {
		t.Fatal("made anew")
	}
	var out bytes.Buffer
	if err := Export(t.Context(), dir, Options{}, &out); err != nil || out.Len() != 65 {
		t.Fatalf("%v, %d bytes", err, out.Len())
	}
}

func TestPassphrase(t *testing.T) {
	dir := t.TempDir()
	key := plainKey(t, dir)
	if err := Move(t.Context(), dir, Passphrase, []byte("too short"), asked("")); !errors.Is(err, ErrWeak) {
		t.Fatalf("%v, want ErrWeak", err)
	}
	opens(t, dir, Options{}, key, Plain)
	if err := Move(t.Context(), dir, Passphrase, []byte(phrase), asked("")); err != nil {
		t.Fatal(err)
	}
	onlyFiles(t, dir, wrapFile)
	opens(t, dir, asked(phrase), key, Passphrase)
	if _, _, err := Open(t.Context(), dir, asked("another one, wrong")); !errors.Is(err, ErrSecret) {
		t.Fatalf("%v, want ErrSecret", err)
	}
	if _, _, err := Open(t.Context(), dir, Options{}); !errors.Is(err, ErrNoSecret) {
		t.Fatalf("%v, want ErrNoSecret", err)
	}
	file := filepath.Join(t.TempDir(), "phrase")
	if err := os.WriteFile(file, []byte(phrase+"\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	opens(t, dir, Options{SecretFile: file}, key, Passphrase)
	if _, _, err := Open(t.Context(), dir, Options{SecretFile: file + "x"}); !errors.Is(err, ErrNoSecret) {
		t.Fatalf("%v, want ErrNoSecret", err)
	}
	// Another passphrase, and back into the plain, for a repair.
	if err := Move(t.Context(), dir, Passphrase, []byte("a new one, long enough"), asked(phrase)); err != nil {
		t.Fatal(err)
	}
	opens(t, dir, asked("a new one, long enough"), key, Passphrase)
	if err := Move(t.Context(), dir, Plain, nil, asked("a new one, long enough")); err != nil {
		t.Fatal(err)
	}
	onlyFiles(t, dir, plainFile)
	opens(t, dir, Options{}, key, Plain)
	if err := Move(t.Context(), dir, "usbkey", nil, Options{}); err == nil {
		t.Fatal("moved to a provider that doesn't exist")
	}
}

func TestSystemdCredential(t *testing.T) {
	dir, creds := t.TempDir(), t.TempDir()
	key := plainKey(t, dir)
	o := Options{CredentialsDir: creds}
	if err := Move(t.Context(), dir, Systemd, nil, o); !errors.Is(err, ErrCredential) {
		t.Fatalf("%v, want ErrCredential", err)
	}
	opens(t, dir, o, key, Plain)
	put := func(content []byte) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(creds, Credential), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put(bytes.Repeat([]byte{1}, seal.StationKeySize))
	if err := Move(t.Context(), dir, Systemd, nil, o); !errors.Is(err, ErrOtherKey) {
		t.Fatalf("the credential is another key: %v, want ErrOtherKey", err)
	}
	opens(t, dir, o, key, Plain)
	for _, content := range [][]byte{formatKey(key), key} {
		put(content)
		if err := Move(t.Context(), dir, Systemd, nil, o); err != nil {
			t.Fatal(err)
		}
		onlyFiles(t, dir, wrapFile)
		opens(t, dir, o, key, Systemd)
	}
	t.Setenv("CREDENTIALS_DIRECTORY", creds)
	opens(t, dir, Options{}, key, Systemd)
	put([]byte("damaged"))
	if _, _, err := Open(t.Context(), dir, o); !errors.Is(err, ErrOtherKey) {
		t.Fatalf("%v, want ErrOtherKey", err)
	}
}

// The power is cut before each change of the folder: the key opens all the same, and the move can be made again.
func TestMoveWithThePowerCut(t *testing.T) {
	cut := errors.New("power cut")
	for _, c := range []struct {
		from, to Provider
		steps    int
	}{{Plain, Passphrase, 3}, {Passphrase, Plain, 2}, {Passphrase, Passphrase, 3}} {
		steps := 0
		for at := 1; ; at++ {
			dir := t.TempDir()
			key := plainKey(t, dir)
			if c.from == Passphrase {
				if err := Move(t.Context(), dir, Passphrase, []byte(phrase), asked("")); err != nil {
					t.Fatal(err)
				}
			}
			n := 0
			o := asked(phrase)
			o.disk.Before = func(string, string) error {
				if n++; n >= at {
					return cut
				}
				return nil
			}
			err := Move(t.Context(), dir, c.to, []byte(phrase), o)
			if n < at {
				if err != nil {
					t.Fatal(err)
				}
				break
			}
			steps++
			if !errors.Is(err, cut) {
				t.Fatalf("%s to %s, cut at %d: %v", c.from, c.to, at, err)
			}
			if got, _, err := Open(t.Context(), dir, asked(phrase)); err != nil || !bytes.Equal(got, key) {
				t.Fatalf("%s to %s, cut at %d: %v, or another key", c.from, c.to, at, err)
			}
			if err := Move(t.Context(), dir, c.to, []byte(phrase), asked(phrase)); err != nil {
				t.Fatal(err)
			}
			opens(t, dir, asked(phrase), key, c.to)
		}
		if steps != c.steps {
			t.Errorf("%s to %s: cut at %d steps, want %d", c.from, c.to, steps, c.steps)
		}
	}
}

// After a move that was cut off, the plain key goes with the first opening, and stands in while the other can't be opened.
func TestBothForms(t *testing.T) {
	dir := t.TempDir()
	key := plainKey(t, dir)
	text, err := os.ReadFile(filepath.Join(dir, plainFile))
	if err != nil {
		t.Fatal(err)
	}
	if err := Move(t.Context(), dir, Passphrase, []byte(phrase), asked("")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, plainFile), text, 0o600); err != nil {
		t.Fatal(err)
	}
	if got, p, err := Open(t.Context(), dir, asked("wrong, but long enough")); err != nil || p != Plain || !bytes.Equal(got, key) {
		t.Fatalf("%v, %s", err, p)
	}
	onlyFiles(t, dir, plainFile, wrapFile)
	opens(t, dir, asked(phrase), key, Passphrase)
	onlyFiles(t, dir, wrapFile)
	// A plain key that is another one is no way round.
	if err := os.WriteFile(filepath.Join(dir, plainFile), []byte(strings.Repeat("00", 32)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Open(t.Context(), dir, asked("wrong, but long enough")); !errors.Is(err, ErrSecret) {
		t.Fatalf("%v, want ErrSecret", err)
	}
}

func TestEnsure(t *testing.T) {
	dir := t.TempDir()
	o := asked(phrase)
	o.New = Passphrase
	key, p, err := Ensure(t.Context(), dir, o)
	if err != nil || p != Passphrase {
		t.Fatalf("%v, %s", err, p)
	}
	onlyFiles(t, dir, wrapFile) // it never lay in the plain
	opens(t, dir, o, key, Passphrase)
	// A key that can't be opened now stays, and no other one is made.
	if _, _, err := Ensure(t.Context(), dir, Options{}); !errors.Is(err, ErrNoSecret) {
		t.Fatalf("%v, want ErrNoSecret", err)
	}
	opens(t, dir, o, key, Passphrase)
	// One that nobody can open any more is set aside by staff.
	names, err := SetAside(dir)
	if err != nil || len(names) != 1 {
		t.Fatalf("%v, %q", err, names)
	}
	if second := plainKey(t, dir); bytes.Equal(second, key) {
		t.Fatal("the same key")
	}
	// One that is damaged, likewise by enrolling.
	for _, name := range []string{plainFile, wrapFile} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, name), []byte("torn"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := Open(t.Context(), dir, Options{}); !errors.Is(err, ErrDamaged) {
			t.Fatalf("%s: %v, want ErrDamaged", name, err)
		}
		plainKey(t, dir)
	}
}

func TestErrorsShowNoSecret(t *testing.T) {
	dir := t.TempDir()
	plainKey(t, dir)
	text, err := os.ReadFile(filepath.Join(dir, plainFile))
	if err != nil {
		t.Fatal(err)
	}
	text[10] = 'x' // damaged, the rest can still be read
	if err := os.WriteFile(filepath.Join(dir, plainFile), text, 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, err = Open(t.Context(), dir, Options{})
	if !errors.Is(err, ErrDamaged) || strings.Contains(err.Error(), string(text[20:30])) {
		t.Fatal(err)
	}
}

func TestWordsForEveryKind(t *testing.T) {
	seen := map[string]bool{Words(errors.New("other")): true}
	for _, err := range []error{
		ErrMissing, ErrDamaged, ErrNoTPM, ErrOtherTPM, ErrSecret, ErrLockedOut, ErrNoSecret, ErrWeak, ErrCredential, ErrOtherKey,
		&PINError{Kind: ErrSecret, Left: 2, Every: 60}, &PINError{Kind: ErrLockedOut, Every: 60},
	} {
		if seen[Words(err)] {
			t.Errorf("%v has no words of its own", err)
		}
		seen[Words(err)] = true
	}
	for _, p := range []Provider{Plain, TPM, Systemd, Passphrase} {
		if !p.Known() || seen[p.Words()] {
			t.Errorf("%s has no words of its own", p)
		}
		seen[p.Words()] = true
	}
	if Provider("usbkey").Known() {
		t.Error("unknown provider is known")
	}
}

func FuzzWrapped(f *testing.F) {
	for _, w := range []wrapped{
		{Format: wrapFormat, Provider: Systemd, Check: "0011223344556677"},
		{Format: wrapFormat, Provider: TPM, Check: "0011223344556677", TPM: &tpmBlob{Public: []byte{0, 1}, Private: []byte{0}}},
		{Format: wrapFormat, Provider: Passphrase, Check: "0011223344556677", Passphrase: &stretchedBlob{Cost: cheap(), Salt: make([]byte, 16)}},
	} {
		text, err := w.encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	none := asked(phrase).withDefaults()
	f.Fuzz(func(t *testing.T, text []byte) {
		w, err := decodeWrapped(text)
		if err != nil {
			return
		}
		if p := w.Passphrase; p != nil && (p.Cost.Memory > 8<<10 || p.Cost.Time > 1) {
			return // right, and slow
		}
		if w.Provider == TPM {
			if w.TPM.PIN {
				return
			}
		} else if _, err := w.open(t.Context(), none); err == nil {
			t.Fatal("opened a key that nobody wrapped")
		}
	})
}
