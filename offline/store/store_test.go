package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.etcd.io/bbolt"
)

const things Table = "things"

func TestMain(m *testing.M) {
	if handled, exit := RunChild(os.Args); handled {
		os.Exit(exit)
	}
	if len(os.Args) == 4 && os.Args[1] == compactArg {
		runCompact(os.Args)
	}
	if len(os.Args) == 4 && os.Args[1] == writerArg {
		runWriter(os.Args)
	}
	os.Exit(m.Run())
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

func testOptions(t testing.TB) Options {
	return Options{
		Path:   filepath.Join(t.TempDir(), "data", "zhizhu.db"),
		Schema: Schema{Tables: []Table{things}},
		Now:    func() time.Time { return time.Date(2026, 11, 23, 8, 30, 0, 0, time.UTC) },
		Log:    discard(),
	}
}

func mustOpen(t testing.TB, o Options) (*Store, Opened) {
	t.Helper()
	s, opened, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, opened
}

func put(t testing.TB, s *Store, key, value string) {
	t.Helper()
	err := s.Update(t.Context(), func(tx *Tx) error { return tx.Put(things, []byte(key), []byte(value)) })
	if err != nil {
		t.Fatal(err)
	}
}

func get(t testing.TB, s *Store, key string) string {
	t.Helper()
	var value string
	err := s.View(t.Context(), func(tx *Tx) error { value = string(tx.Get(things, []byte(key))); return nil })
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func TestOpenCreatesAndKeeps(t *testing.T) {
	o := testOptions(t)
	s, opened := mustOpen(t, o)
	if opened != (Opened{Created: true}) {
		t.Fatalf("first: %+v", opened)
	}
	put(t, s, "a", "1")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s, opened = mustOpen(t, o)
	if opened != (Opened{}) || get(t, s, "a") != "1" {
		t.Fatalf("second: %+v, a = %q", opened, get(t, s, "a"))
	}
	if info, err := os.Stat(o.Path); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v, want mode 0600", info.Mode(), err)
	}
}

func TestOpenAfterInterruptedCreation(t *testing.T) {
	o := testOptions(t)
	if err := os.MkdirAll(filepath.Dir(o.Path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(o.Path+".new", []byte("half a file"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(o.Path+".generation.new", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, opened := mustOpen(t, o); opened != (Opened{Created: true}) {
		t.Fatalf("%+v", opened)
	}
}

// filled makes a file with some pages of records and returns its bytes.
func filled(t *testing.T, o Options) []byte {
	t.Helper()
	s, _ := mustOpen(t, o)
	for i := range 60 {
		put(t, s, fmt.Sprintf("key-%02d", i), strings.Repeat(fmt.Sprint(i), 300))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(o.Path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func TestDamagedFilesArePutAsideNeverDeleted(t *testing.T) {
	sample := filled(t, testOptions(t))
	noise := bytes.Repeat([]byte("\x9d\x03random\xfe\x11"), 4096)
	for name, content := range map[string][]byte{
		"empty":             {},
		"one byte":          {0},
		"random bytes":      noise,
		"zeroes":            make([]byte, 1<<16),
		"text":              []byte("this is not a database\n"),
		"cut to two metas":  sample[:2*4096],
		"cut to a page":     sample[:4096],
		"cut mid page":      sample[:3*4096+100],
		"cut in the middle": sample[:60*1024],
		"both metas lost":   append(make([]byte, 2*4096), sample[2*4096:]...),
		"another program's": bboltOf(t, "other"),
	} {
		t.Run(name, func(t *testing.T) {
			o := testOptions(t)
			writeTo(t, o.Path, content)
			s, opened := mustOpen(t, o)
			if opened.Renamed != o.Path+".corrupt-20261123T083000Z" || opened.Cause == "" || opened.Generation != 1 {
				t.Fatalf("%+v", opened)
			}
			want := map[string]Opened{
				"cut in the middle": {Salvaged: 48, Gaps: 1}, "both metas lost": {Salvaged: 60},
			}[name]
			if want.Salvaged == 0 {
				want = Opened{Created: true, Gaps: -1}
			}
			if opened.Created != want.Created || opened.Salvaged != want.Salvaged || (opened.Gaps != want.Gaps && name != "cut to two metas") {
				t.Fatalf("%+v", opened)
			}
			if kept, err := os.ReadFile(opened.Renamed); err != nil || !bytes.Equal(kept, content) {
				t.Fatalf("the damaged file was not kept as it was: %v", err)
			}
			put(t, s, "works", "again")
		})
	}
}

// A damaged page is either found by the check, or lies where nothing is read: the store works afterwards in any case.
func TestEveryLostPage(t *testing.T) {
	sample := filled(t, testOptions(t))
	pages := 0
	for p := 0; p < len(sample) && p < 40*4096; p += 2 * 4096 {
		content := bytes.Clone(sample)
		for i := p; i < p+4096; i++ {
			content[i] ^= 0x5a
		}
		o := testOptions(t)
		writeTo(t, o.Path, content)
		s, opened := mustOpen(t, o)
		if opened.Renamed == "" {
			for i := range 60 {
				get(t, s, fmt.Sprintf("key-%02d", i)) // must not fault
			}
		} else {
			pages++
		}
		put(t, s, "works", "again")
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if pages < 4 {
		t.Fatalf("only %d damaged pages were found: the check does not look", pages)
	}
}

func TestGenerationsNeverRepeat(t *testing.T) {
	o := testOptions(t)
	for want := range 4 {
		s, opened := mustOpen(t, o)
		if opened.Generation != want {
			t.Fatalf("generation %d, want %d", opened.Generation, want)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		writeTo(t, o.Path, []byte("damaged"))
	}
	if aside, _ := filepath.Glob(o.Path + ".corrupt-*"); len(aside) != 3 {
		t.Fatalf("%d files put aside, want 3: %v", len(aside), aside)
	}
	// Even when the note is lost, the files put aside count.
	if err := os.Remove(o.Path + ".generation"); err != nil {
		t.Fatal(err)
	}
	if _, opened := mustOpen(t, o); opened.Generation != 4 {
		t.Fatalf("generation %d without the note, want 4", opened.Generation)
	}
}

func TestLockedFileIsNotDamage(t *testing.T) {
	o := testOptions(t)
	s, _ := mustOpen(t, o)
	put(t, s, "a", "1")
	o.LockTimeout = 50 * time.Millisecond
	if _, opened, err := Open(t.Context(), o); !errors.Is(err, ErrLocked) || opened.Renamed != "" {
		t.Fatalf("%v, %+v, want ErrLocked", err, opened)
	}
	if get(t, s, "a") != "1" {
		t.Fatal("the holder lost its record")
	}
}

func TestCheckThatCannotBeMadeIsNotDamage(t *testing.T) {
	o := testOptions(t)
	filled(t, o)
	script := filepath.Join(t.TempDir(), "child")
	for name, body := range map[string]string{
		"does not greet": "#!/bin/sh\nexit 2\n",
		"killed":         "#!/bin/sh\necho " + greeting + "\nkill -9 $$\n",
		"not a program":  "",
	} {
		if err := os.WriteFile(script, []byte(body), 0o700); err != nil {
			t.Fatal(err)
		}
		o.Executable = script
		if _, opened, err := Open(t.Context(), o); !errors.Is(err, ErrUnchecked) || opened.Renamed != "" {
			t.Errorf("%s: %v, %+v, want ErrUnchecked", name, err, opened)
		}
	}
}

// hangs makes the check of files whose names match a pattern of the shell hang.
func hangs(t *testing.T, o *Options, pattern string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	o.Executable = filepath.Join(t.TempDir(), "child")
	o.CheckTimeout = 2 * time.Second
	script := "#!/bin/sh\ncase $2 in " + pattern + ") echo " + greeting + "; exec sleep 100;; esac\nexec " + self + " \"$@\"\n"
	if err := os.WriteFile(o.Executable, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
}

func TestCheckThatHangsIsDamage(t *testing.T) {
	o := testOptions(t)
	filled(t, o)
	hangs(t, &o, "*.db")
	_, opened := mustOpen(t, o)
	if opened.Renamed == "" || opened.Cause != errCheckTime.Error() || opened.Salvaged != 60 || opened.Gaps != 0 {
		t.Fatalf("%+v", opened)
	}
}

// When no check ever ends, it is the machine that is ill, and nothing is done to the file.
func TestChecksThatAllHangAreNotDamage(t *testing.T) {
	o := testOptions(t)
	content := filled(t, o)
	hangs(t, &o, "*")
	o.CheckTimeout = 300 * time.Millisecond
	_, opened, err := Open(t.Context(), o)
	if now, readErr := os.ReadFile(o.Path); !errors.Is(err, ErrUnchecked) || opened.Renamed != "" || readErr != nil || !bytes.Equal(now, content) {
		t.Fatalf("%v, %v, %+v, want ErrUnchecked and the file as it was", err, readErr, opened)
	}
}

func TestNewerFileIsLeftAlone(t *testing.T) {
	o := testOptions(t)
	newer := o
	newer.Schema.Version, newer.Schema.Migrations = 2, []Migration{{2, func(*Tx) error { return nil }}}
	filled(t, newer)
	if _, opened, err := Open(t.Context(), o); !errors.Is(err, ErrNewer) || opened.Renamed != "" {
		t.Fatalf("%v, %+v, want ErrNewer", err, opened)
	}
}

func TestMigrationsRunOnce(t *testing.T) {
	o := testOptions(t)
	filled(t, o)
	const more Table = "more"
	runs := 0
	o.Schema.Tables = append(o.Schema.Tables, more)
	o.Schema.Version, o.Schema.Migrations = 2, []Migration{{2, func(tx *Tx) error { runs++; return tx.CreateTable(more) }}}
	for range 2 {
		s, opened := mustOpen(t, o)
		if opened.Renamed != "" {
			t.Fatalf("%+v", opened)
		}
		err := s.Update(t.Context(), func(tx *Tx) error { return tx.Put(more, []byte("k"), []byte("v")) })
		if err != nil || get(t, s, "key-07") == "" {
			t.Fatalf("%v, or an old record is gone", err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if runs != 1 {
		t.Fatalf("migrated %d times", runs)
	}
}

func TestUpdateThatFailsWritesNothing(t *testing.T) {
	s, _ := mustOpen(t, testOptions(t))
	boom := errors.New("boom")
	err := s.Update(t.Context(), func(tx *Tx) error { return errors.Join(tx.Put(things, []byte("a"), []byte("1")), boom) })
	if !errors.Is(err, boom) || errors.Is(err, ErrInDoubt) || get(t, s, "a") != "" {
		t.Fatalf("%v, a = %q", err, get(t, s, "a"))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Update(ctx, func(*Tx) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Fatalf("%v, want context.Canceled", err)
	}
	put(t, s, "b", "2")
}

func TestFullFileRefusesAndGoesOn(t *testing.T) {
	o := testOptions(t)
	// bbolt reckons a growth step on top of what is mapped already.
	o.MaxSize = mapped + 2*growth
	s, _ := mustOpen(t, o)
	record := bytes.Repeat([]byte("x"), 3000)
	thousand := func(i int, act func(tx *Tx, key []byte) error) error {
		return s.Update(t.Context(), func(tx *Tx) error {
			for k := range 1000 {
				if err := act(tx, fmt.Appendf(nil, "%03d-%03d", i, k)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	var err error
	n := 0
	for ; n < 40 && err == nil; n++ {
		err = thousand(n, func(tx *Tx, key []byte) error { return tx.Put(things, key, record) })
	}
	if !errors.Is(err, ErrFull) || errors.Is(err, ErrInDoubt) {
		t.Fatalf("after %d thousand: %v, want ErrFull and no doubt", n, err)
	}
	if err := s.Room(); !errors.Is(err, ErrFull) {
		t.Fatalf("room: %v, want ErrFull", err)
	}
	// What is there can still be deleted, a few at a time, and then there is room again.
	for i := range 8 {
		if err := thousand(i, func(tx *Tx, key []byte) error { return tx.Delete(things, key) }); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Room(); err != nil {
		t.Fatalf("room after deleting: %v", err)
	}
	put(t, s, "a", "1")
}

func TestDiskWithoutReserveHasNoRoom(t *testing.T) {
	o := testOptions(t)
	o.Reserve = 1 << 60
	s, _ := mustOpen(t, o)
	if err := s.Room(); !errors.Is(err, ErrFull) {
		t.Fatalf("%v, want ErrFull", err)
	}
	put(t, s, "acknowledged", "still goes") // room is asked for new work only
}

// A real failure of the file system in the middle of a commit: the file may not grow any more.
func TestCommitThatFailsIsInDoubtThenConfirmed(t *testing.T) {
	s, _ := mustOpen(t, testOptions(t))
	put(t, s, "before", "1")
	signal.Ignore(syscall.SIGXFSZ)
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	restore := func() {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
			t.Fatal(err)
		}
	}
	defer restore()
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 16 * growth, Max: old.Max}); err != nil {
		t.Fatal(err)
	}
	big := bytes.Repeat([]byte("x"), 24<<20)
	err := s.Update(t.Context(), func(tx *Tx) error { return tx.Put(things, []byte("big"), big) })
	if !errors.Is(err, ErrInDoubt) {
		t.Fatalf("%v, want ErrInDoubt", err)
	}
	present := true
	err = s.Confirm(t.Context(), func(tx *Tx) error { present = tx.Get(things, []byte("big")) != nil; return nil })
	if err != nil || present {
		t.Fatalf("confirm: %v, present %v", err, present)
	}
	put(t, s, "after", "2") // small writes go on
	restore()
	err = s.Update(t.Context(), func(tx *Tx) error { return tx.Put(things, []byte("big"), big) })
	if err != nil || get(t, s, "before") != "1" || get(t, s, "after") != "2" || len(get(t, s, "big")) != len(big) {
		t.Fatalf("after the trouble: %v", err)
	}
}

// A store that lost its file for a while is used again as soon as somebody asks for room, without a write.
func TestRoomHealsTheStore(t *testing.T) {
	o := testOptions(t)
	s, _ := mustOpen(t, o)
	put(t, s, "before", "1")
	s.suspect = true // as after a commit that failed
	away := o.Path + ".away"
	if err := os.Rename(o.Path, away); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(o.Path, 0o700); err != nil { // nothing that could be opened
		t.Fatal(err)
	}
	for range 2 {
		if err := s.Room(); !errors.Is(err, ErrInDoubt) {
			t.Fatalf("%v, want ErrInDoubt while the file can't be opened", err)
		}
		if err := s.View(t.Context(), func(*Tx) error { return nil }); !errors.Is(err, ErrClosed) {
			t.Fatalf("%v, want ErrClosed", err)
		}
	}
	if err := errors.Join(os.Remove(o.Path), os.Rename(away, o.Path)); err != nil {
		t.Fatal(err)
	}
	if err := s.Room(); err != nil {
		t.Fatal(err)
	}
	if got := get(t, s, "before"); got != "1" || s.suspect {
		t.Fatalf("%q, suspect %v", got, s.suspect)
	}
}

func TestScanAndNumbers(t *testing.T) {
	s, _ := mustOpen(t, testOptions(t))
	for _, k := range []string{"a1", "b1", "b2", "c1"} {
		put(t, s, k, "v"+k)
	}
	var seen []string
	err := s.Update(t.Context(), func(tx *Tx) error {
		for k, v := range tx.Scan(things, []byte("b")) {
			seen = append(seen, string(k)+string(v))
		}
		one, err1 := tx.NextNumber(things)
		two, err2 := tx.NextNumber(things)
		seen = append(seen, fmt.Sprint(one, two))
		return errors.Join(err1, err2, tx.Delete(things, []byte("a1")))
	})
	if got := strings.Join(seen, " "); err != nil || got != "b1vb1 b2vb2 1 2" || get(t, s, "a1") != "" {
		t.Fatalf("%v, %s", err, got)
	}
}

func TestClosedStoreSaysSo(t *testing.T) {
	s, _ := mustOpen(t, testOptions(t))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	nothing := func(*Tx) error { return nil }
	for name, err := range map[string]error{
		"update": s.Update(t.Context(), nothing), "view": s.View(t.Context(), nothing),
		"confirm": s.Confirm(t.Context(), nothing), "room": s.Room(),
	} {
		if !errors.Is(err, ErrClosed) {
			t.Errorf("%s: %v, want ErrClosed", name, err)
		}
	}
	if err := s.Close(); err != nil {
		t.Errorf("second close: %v", err)
	}
}

func TestProgramThatForgotRunChildDoesNotStartItself(t *testing.T) {
	t.Setenv(childEnv, "1")
	if _, _, err := Open(t.Context(), testOptions(t)); !errors.Is(err, ErrUnchecked) {
		t.Fatalf("%v, want ErrUnchecked", err)
	}
}

func writeTo(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// bboltOf returns a good bbolt file with one foreign bucket.
func bboltOf(t *testing.T, bucket string) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "other.db")
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Update(func(tx *bbolt.Tx) error { _, err := tx.CreateBucket([]byte(bucket)); return err }); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}
