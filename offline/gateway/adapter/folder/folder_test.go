package folder_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"zhizhu/offline/gateway/adapter"
	"zhizhu/offline/gateway/adapter/adaptertest"
	"zhizhu/offline/gateway/adapter/folder"
	"zhizhu/offline/seal"
	"zhizhu/offline/wire"
)

// later is well after everything that a test writes.
func later() time.Time { return time.Now().Add(2 * time.Hour) }

// side is the folder as its other reader sees it.
type side struct{ dir string }

func open(t *testing.T, s adapter.Signer) (*folder.Folder, side) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "platform")
	f, err := folder.New(folder.Options{Dir: dir, Signer: s, Now: later})
	if err != nil {
		t.Fatal(err)
	}
	return f, side{dir}
}

func TestContract(t *testing.T) {
	adaptertest.Run(t, func(t *testing.T, s adapter.Signer) (adapter.Adapter, adaptertest.Platform) {
		f, p := open(t, s)
		return f, p
	})
}

func read(t testing.TB, path ...string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Cases reads every package, and checks it as a platform would.
func (s side) Cases(t testing.TB) map[string]adaptertest.Got {
	t.Helper()
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]adaptertest.Got{}
	for _, e := range entries {
		if e.Name() != "answers" {
			all[e.Name()] = s.check(t, e.Name())
		}
	}
	return all
}

type described struct {
	Format     string `json:"format"`
	ID         string `json:"id"`
	GatewayKey string `json:"gateway_key"`
	Files      []struct{ Name, SM3, Material string }
}

func (s side) check(t testing.TB, id string) adaptertest.Got {
	t.Helper()
	dir := filepath.Join(s.dir, id)
	var d described
	if err := json.Unmarshal(read(t, dir, "package.json"), &d); err != nil || d.Format != "zhizhu-package-1" || d.ID != id {
		t.Fatalf("package %s: %+v, %v", id, d, err)
	}
	key, err := seal.ParsePublicKey(d.GatewayKey)
	if err != nil {
		t.Fatal(err)
	}
	digests := read(t, dir, "digests.sm3")
	if err := seal.Verify(key, digests, read(t, dir, "digests.sig")); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(digests)) {
		sum, name, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		if seal.Digest(read(t, dir, name)) != sum {
			t.Fatalf("%s does not match its digest", name)
		}
	}
	got := adaptertest.Got{Attachments: map[string][]byte{}}
	for _, f := range d.Files {
		if f.Material == "" {
			got.Content = read(t, dir, f.Name)
		} else {
			got.Attachments[f.Material] = read(t, dir, f.Name)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != len(d.Files)+3 || strings.Count(string(digests), "\n") != len(d.Files)+1 {
		t.Fatalf("%d files for %d, %v", len(entries), len(d.Files), err)
	}
	return got
}

func (s side) Answer(t testing.TB, key string, l wire.Letter) {
	t.Helper()
	text, err := json.Marshal(l)
	if err != nil {
		t.Fatal(err)
	}
	s.write(t, key+".json", text)
}

func (s side) write(t testing.TB, name string, text []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, "answers", name), text, 0o600); err != nil {
		t.Fatal(err)
	}
}

func (s side) names(t testing.TB, dir, suffix string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(s.dir, "answers", dir, "*"+suffix))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range paths {
		names = append(names, strings.TrimSuffix(filepath.Base(p), suffix))
	}
	return names
}

func (s side) Waiting(t testing.TB) []string { t.Helper(); return s.names(t, "", ".json") }

func (s side) Refused(t testing.TB) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, name := range s.names(t, "refused", ".json") {
		all[name] = string(read(t, s.dir, "answers", "refused", name+".json.reason.txt"))
	}
	return all
}

func TestNothingIsForOthersToSee(t *testing.T) {
	f, p := open(t, adaptertest.NewSigner(t))
	if _, err := f.Hand(t.Context(), adaptertest.Case(t, "id")); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(p.dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestIDsThatAreNoNames(t *testing.T) {
	f, p := open(t, adaptertest.NewSigner(t))
	for _, id := range []string{"", ".", "..", "../x", "a/b", "answers", ".new-x"} {
		c := adaptertest.Case(t, "x")
		c.ID = id
		if _, err := f.Hand(t.Context(), c); !errors.Is(err, adapter.ErrRefused) {
			t.Errorf("%q: %v", id, err)
		}
	}
	c := adaptertest.Case(t, "material")
	c.Attachments[0].Material = "../../身份证/../x"
	if _, err := f.Hand(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(p.dir, "material", "01-x.jpg")); err != nil || len(p.Cases(t)) != 1 {
		t.Fatal(err)
	}
}

// TestHalfPackageIsCleared finds what a gateway that was killed left, and one that another is just writing.
func TestHalfPackageIsCleared(t *testing.T) {
	s := adaptertest.NewSigner(t)
	_, p := open(t, s)
	half := filepath.Join(p.dir, ".new-id-1")
	if err := os.Mkdir(half, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := folder.New(folder.Options{Dir: p.dir, Signer: s, Now: time.Now}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(half); err != nil {
		t.Fatalf("a fresh one is gone: %v", err)
	}
	if _, err := folder.New(folder.Options{Dir: p.dir, Signer: s, Now: later}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(half); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("an old one is there: %v", err)
	}
}

func TestFullDisk(t *testing.T) {
	f, p := open(t, adaptertest.NewSigner(t))
	if err := os.Chmod(p.dir, 0o500); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(p.dir, 0o700) })
	if os.Geteuid() == 0 {
		// root writes all the same: a file in the way of the directory's name fails as well
		if err := os.WriteFile(filepath.Join(p.dir, "id"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.Hand(t.Context(), adaptertest.Case(t, "id")); err == nil {
		t.Fatal("handed on into nothing")
	}
	left, err := filepath.Glob(filepath.Join(p.dir, ".new-*"))
	if err != nil || len(left) != 0 {
		t.Fatalf("left behind: %v, %v", left, err)
	}
}

// TestAnswersThatAreNone are put aside with a reason that does not repeat what they hold.
func TestAnswersThatAreNone(t *testing.T) {
	f, p := open(t, adaptertest.NewSigner(t))
	const secret = "440607195803120021"
	for name, text := range map[string]string{
		"empty":     "",
		"cut":       `{"kind":"reply","text":"` + secret,
		"word":      secret,
		"unknown":   `{"kind":"reply","id_nummer":"` + secret + `"}`,
		"kind":      `{"kind":5,"id_number":"` + secret + `"}`,
		"time":      `{"kind":"reply","at":"` + secret + `"}`,
		"two":       `{"kind":"reply"}{"kind":"reply"}`,
		"too large": `{"text":"` + strings.Repeat("x", 5<<20) + `"}`,
	} {
		p.write(t, name+".json", []byte(text))
	}
	p.write(t, "notes.txt", []byte("not an answer"))
	p.write(t, ".hidden.json", []byte("being written"))
	if err := os.Mkdir(filepath.Join(p.dir, "answers", "dir.json"), 0o700); err != nil {
		t.Fatal(err)
	}
	err := f.Poll(t.Context(), func(context.Context, adapter.Answer) error { t.Error("taken"); return nil })
	if err != nil {
		t.Fatal(err)
	}
	why := p.Refused(t)
	if len(why) != 8 {
		t.Fatalf("refused %v", why)
	}
	for name, reason := range why {
		if strings.Contains(reason, secret) || !strings.Contains(reason, "原因") {
			t.Errorf("%s: %s", name, reason)
		}
	}
	if !strings.Contains(why["unknown"], `"id_nummer"`) || !strings.Contains(why["kind"], `"kind"`) {
		t.Errorf("the reasons don't say where: %v", why)
	}
}

// TestAnswerThatIsBeingWritten is left until it is old enough to be sure.
func TestAnswerThatIsBeingWritten(t *testing.T) {
	s := adaptertest.NewSigner(t)
	_, p := open(t, s)
	now, err := folder.New(folder.Options{Dir: p.dir, Signer: s, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	p.write(t, "half.json", []byte(`{"kind":"rep`))
	err = now.Poll(t.Context(), func(context.Context, adapter.Answer) error { t.Error("taken"); return nil })
	if err != nil || len(p.Waiting(t)) != 1 {
		t.Fatalf("%v, %v", err, p.Waiting(t))
	}
}

// TestSameNameTwice keeps both answers of one name.
func TestSameNameTwice(t *testing.T) {
	f, p := open(t, adaptertest.NewSigner(t))
	for _, text := range []string{"one", "two"} {
		p.Answer(t, "k", wire.Letter{Kind: wire.LetterReply, Text: text})
		if err := f.Poll(t.Context(), func(context.Context, adapter.Answer) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if got := p.names(t, "done", ".json"); len(got) != 2 {
		t.Fatalf("done: %v", got)
	}
}

func TestOptions(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, o := range []folder.Options{{}, {Dir: file, Signer: adaptertest.NewSigner(t), Now: time.Now}} {
		if _, err := folder.New(o); err == nil {
			t.Errorf("%+v is taken", o.Dir)
		}
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add([]byte(`{"kind":"correction","matter":"m","missing":["户口簿"],"due":"2026-12-31"}`))
	f.Add([]byte(`{"kind":"reply","attachment":{"name":"a.pdf","media":"application/pdf","data":"JVBERi0="}}`))
	f.Add([]byte(`{`))
	dir := f.TempDir()
	key, err := seal.GenerateKey(rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	sign := func(m []byte) ([]byte, error) { return seal.Sign(rand.Reader, key, m) }
	a, err := folder.New(folder.Options{Dir: dir, Signer: adapter.Signer{Sign: sign}, Now: later})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		side{dir}.write(t, "fuzz.json", text)
		taken := 0
		err := a.Poll(t.Context(), func(_ context.Context, got adapter.Answer) error {
			if taken++; got.Key == "" {
				t.Error("no key")
			}
			return nil
		})
		if err != nil || len((side{dir}).Waiting(t)) != 0 {
			t.Fatalf("%v", err)
		}
		for _, sub := range []string{"done", "refused"} {
			if err := os.RemoveAll(filepath.Join(dir, "answers", sub)); err != nil {
				t.Fatal(err)
			}
			if err := os.Mkdir(filepath.Join(dir, "answers", sub), 0o700); err != nil {
				t.Fatal(err)
			}
		}
	})
}
