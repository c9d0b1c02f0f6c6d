package stick

import (
	"bytes"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"zhizhu/offline/seal"
)

func newFolder(t *testing.T) (*Folder, string) {
	t.Helper()
	dir := t.TempDir()
	d, err := Open(Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	f, err := d.Folder("MX0427-1", KindExport)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Make(); err != nil {
		t.Fatal(err)
	}
	return f, filepath.Join(dir, "zhizhu-courier", "MX0427-1", "to-gateway")
}

func (f *Folder) commit(t *testing.T, serial uint64, body string, sign Sign) {
	t.Helper()
	if err := errors.Join(f.Draft(serial, []byte(body), sign), f.Publish(serial)); err != nil {
		t.Fatal(err)
	}
}

func TestNewestManifestThatIsWhole(t *testing.T) {
	f, dir := newFolder(t)
	public, sign := newSigner(t)
	if _, _, err := f.Newest(public); !errors.Is(err, ErrEmpty) {
		t.Fatal(err)
	}
	if err := f.Draft(1, []byte("{}"), sign); err != nil {
		t.Fatal(err)
	}
	if _, _, err := f.Newest(public); !errors.Is(err, ErrTorn) {
		t.Fatal("a draft counts as half written:", err)
	}
	f.commit(t, 1, "one", sign)
	f.commit(t, 2, "two", sign)
	path := filepath.Join(dir, "export-00000002.manifest")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		text []byte
		want error
	}{
		"cut":      {text[:len(text)-1], ErrTorn},
		"no body":  {text[:len(text)-4], ErrTorn},
		"longer":   {append(bytes.Clone(text), 'x'), ErrAltered},
		"altered":  {bytes.Replace(text, []byte("two"), []byte("six"), 1), ErrAltered},
		"empty":    {nil, ErrTorn},
		"newer":    {[]byte("zhizhu-courier-2 export\n"), ErrNewer},
		"an image": {bytes.Repeat([]byte{0xff}, 4096), ErrAltered},
	} {
		if err := os.WriteFile(path, c.text, 0o600); err != nil {
			t.Fatal(err)
		}
		found, wrong, err := f.Newest(public)
		if err != nil || found.Serial != 1 || string(found.Body) != "one" || len(wrong) != 1 || !errors.Is(wrong[0], c.want) {
			t.Errorf("%s: %+v, %v, %v", name, found, wrong, err)
		}
		if serial, err := f.NextSerial(); serial != 3 || err != nil {
			t.Errorf("%s: next serial %d, %v", name, serial, err)
		}
	}
	if _, err := f.Sweep(1, nil); err != nil {
		t.Fatal(err)
	}
	if _, wrong, err := f.Newest(public); len(wrong) != 0 || err != nil {
		t.Fatal(wrong, err)
	}
	stranger, _ := newSigner(t)
	if _, _, err := f.Newest(stranger); !errors.Is(err, ErrForeign) {
		t.Fatal(err)
	}
}

func TestPacks(t *testing.T) {
	f, dir := newFolder(t)
	p := f.Pack(rand.Reader)
	var at []Place
	var want [][]byte
	for i := range 5 {
		packet := bytes.Repeat([]byte{byte(i + 1)}, 1<<20+i)
		place, fits, err := p.Add(packet)
		if err != nil || !fits {
			t.Fatal(fits, err)
		}
		at, want = append(at, place), append(want, packet)
	}
	if err := p.Finish(); err != nil {
		t.Fatal(err)
	}
	if at[0].File == at[4].File || at[0].File != at[1].File {
		t.Fatalf("packs: %+v", at)
	}
	r := f.Read()
	defer func() { _ = r.Close() }()
	for i := range at {
		if got, err := r.Packet(at[i], seal.Digest(want[i])); err != nil || !bytes.Equal(got, want[i]) {
			t.Fatal(i, err)
		}
	}
	if _, err := r.Packet(at[0], seal.Digest(nil)); !errors.Is(err, ErrAltered) {
		t.Error(err)
	}
	if _, err := r.Packet(Place{File: "../x.pack", Size: 1}, ""); !errors.Is(err, ErrAltered) {
		t.Error(err)
	}
	if _, err := r.Packet(Place{File: "0000000000000000.pack", Size: 1}, ""); !errors.Is(err, ErrTorn) {
		t.Error(err)
	}
	// A pipe would never end.
	if err := syscall.Mkfifo(filepath.Join(dir, "1111111111111111.pack"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Packet(Place{File: "1111111111111111.pack", Size: 1}, ""); !errors.Is(err, ErrAltered) {
		t.Error(err)
	}
	if _, _, err := p.Add(nil); err == nil {
		t.Error("an empty packet was taken")
	}
}

func TestNames(t *testing.T) {
	d, err := Open(Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	for _, bad := range []string{"", ".", "..", "a/b", `a\b`, "a:b", "a b", "站"} {
		if _, err := d.Folder(bad, KindExport); err == nil {
			t.Errorf("%q is taken as a terminal", bad)
		}
	}
	if _, err := d.Terminals(); !errors.Is(err, ErrEmpty) {
		t.Error(err)
	}
}
