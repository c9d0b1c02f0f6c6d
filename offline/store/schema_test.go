package store

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// sample unpacks a file that an earlier store wrote: testdata/generate.
func sample(t *testing.T, name string) []byte {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// sampleRecords is what generate fills a file with.
func sampleRecords() map[string]string {
	all := map[string]string{}
	for i := range 60 {
		all[fmt.Sprintf("key-%03d", i)] = fmt.Sprintf("%d %0300d", i+1, i)
	}
	for i := 9; i < 60; i += 10 {
		delete(all, fmt.Sprintf("key-%03d", i-5))
	}
	return all
}

// upTo is a schema of some version: each migration adds a mark to every record.
func upTo(version int) Schema {
	s := Schema{Version: version, Tables: []Table{things, "empty", "later"}}
	for v := 2; v <= version; v++ {
		s.Migrations = append(s.Migrations, Migration{To: v, Do: func(tx *Tx) error {
			all := map[string]string{}
			for k, old := range tx.Scan(things, nil) {
				all[string(k)] = fmt.Sprintf("%s v%d", old, v)
			}
			for k, value := range all {
				if err := tx.Put(things, []byte(k), []byte(value)); err != nil {
					return err
				}
			}
			return nil
		}})
	}
	return s
}

// Files of every earlier store are opened by this one, and brought to each version of a schema.
func TestFilesOfEarlierStores(t *testing.T) {
	files, err := filepath.Glob("testdata/v*.db.gz")
	if err != nil || len(files) == 0 {
		t.Fatal("no files of earlier stores", err)
	}
	for _, file := range files {
		for version := 1; version <= 4; version++ {
			o := testOptions(t)
			o.Schema, o.Program = upTo(version), fmt.Sprintf("1.%d", version)
			writeTo(t, o.Path, sample(t, filepath.Base(file)))
			want := sampleRecords()
			for v := 2; v <= version; v++ {
				for k := range want {
					want[k] += fmt.Sprintf(" v%d", v)
				}
			}
			for round := range 2 {
				s, opened := mustOpen(t, o)
				wantOpened := Opened{}
				if round == 0 && version > 1 {
					wantOpened.Migrated = 1
				}
				if got := everyRecord(t, s, things); !maps.Equal(got, want) || opened != wantOpened {
					t.Fatalf("%s to %d: %d records, want %d, %+v", file, version, len(got), len(want), opened)
				}
				put(t, s, "key-010", want["key-010"]) // and is written to
				if n, err := number(t, s); err != nil || n != uint64(61+round) {
					t.Fatalf("%v, number %d", err, n)
				}
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
			}
			checkCopies(t, o, version)
		}
	}
}

// checkCopies: before a migration, and only then, the file was copied as it was.
func checkCopies(t *testing.T, o Options, version int) {
	t.Helper()
	backups, err := newShelf(o).list()
	if err != nil || (len(backups) == 1) != (version > 1) {
		t.Fatalf("%v, %v", err, backups)
	}
	if version == 1 {
		return
	}
	old := testOptions(t)
	old.Schema = upTo(1)
	content, err := os.ReadFile(backups[0].Path)
	if err != nil || backups[0].Kind != before {
		t.Fatal(err, backups)
	}
	writeTo(t, old.Path, content)
	s, opened := mustOpen(t, old)
	if got := everyRecord(t, s, things); opened.Renamed != "" || !maps.Equal(got, sampleRecords()) {
		t.Fatalf("%d records in the copy, %+v", len(got), opened)
	}
	_ = s.Close()
}

func number(t *testing.T, s *Store) (n uint64, err error) {
	t.Helper()
	err = s.Update(t.Context(), func(tx *Tx) (err error) { n, err = tx.NextNumber(things); return err })
	return n, err
}

// A migration that fails in the middle, or panics, leaves the old file for the old program.
func TestMigrationThatFails(t *testing.T) {
	boom := errors.New("boom")
	for name, last := range map[string]func(*Tx) error{
		"error": func(*Tx) error { return boom },
		"panic": func(tx *Tx) error { tx.Get("no such table", nil); return nil },
	} {
		o := testOptions(t)
		writeTo(t, o.Path, sample(t, "v1.db.gz"))
		o.Schema = upTo(3)
		o.Schema.Migrations[1].Do = func(tx *Tx) error {
			if err := tx.Put(things, []byte("key-010"), []byte("spoilt")); err != nil {
				return err
			}
			return last(tx)
		}
		_, opened, err := Open(t.Context(), o)
		if !errors.Is(err, ErrMigration) || opened.Renamed != "" || name == "error" && !errors.Is(err, boom) {
			t.Fatalf("%s: %v, %+v, want ErrMigration", name, err, opened)
		}
		o.Schema = upTo(1)
		s, opened := mustOpen(t, o)
		if got := everyRecord(t, s, things); opened != (Opened{}) || !maps.Equal(got, sampleRecords()) {
			t.Fatalf("%s: %d records, %+v", name, len(got), opened)
		}
	}
}

func TestNewerFileIsRefusedInWords(t *testing.T) {
	o := testOptions(t)
	writeTo(t, o.Path, sample(t, "v1.db.gz"))
	o.Schema, o.Program = upTo(3), "2.7.1"
	s, _ := mustOpen(t, o)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(o.Path)
	if err != nil {
		t.Fatal(err)
	}
	o.Schema, o.Program = upTo(2), "2.6.0"
	_, opened, err := Open(t.Context(), o)
	if !errors.Is(err, ErrNewer) || !strings.Contains(err.Error(), "2.7.1") || !strings.Contains(err.Error(), "install") || opened != (Opened{}) {
		t.Fatalf("%v, %+v", err, opened)
	}
	if now, err := os.ReadFile(o.Path); err != nil || !bytes.Equal(now, content) {
		t.Fatal("the file was touched", err)
	}
	// Nor is it when it is damaged as well.
	at := bytes.Index(content, []byte("key-010"))
	copy(content[at/4096*4096:], make([]byte, 4096))
	writeTo(t, o.Path, content)
	if _, opened, err := Open(t.Context(), o); !errors.Is(err, ErrNewer) || opened.Renamed != "" {
		t.Fatalf("%v, %+v", err, opened)
	}
}

func TestFileThatIsTooOld(t *testing.T) {
	o := testOptions(t)
	writeTo(t, o.Path, sample(t, "v1.db.gz"))
	o.Schema = upTo(3)
	o.Schema.Migrations = o.Schema.Migrations[1:]
	if _, opened, err := Open(t.Context(), o); !errors.Is(err, ErrMigration) || opened.Renamed != "" {
		t.Fatalf("%v, %+v, want ErrMigration", err, opened)
	}
}

// A back-up of another version is no help: its records mean something else.
func TestBackupOfAnotherVersionIsNotMixedIn(t *testing.T) {
	o := testOptions(t)
	writeTo(t, o.Path, sample(t, "v1.db.gz"))
	o.Schema = upTo(2)
	s, _ := mustOpen(t, o)
	want := everyRecord(t, s, things)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(o.Path)
	if err != nil {
		t.Fatal(err)
	}
	for at := bytes.Index(content, []byte("key-010")); at > 0; at = bytes.Index(content, []byte("key-010")) {
		copy(content[at/4096*4096:], make([]byte, 4096)) // wherever it lies, also in earlier states
	}
	writeTo(t, o.Path, content)
	s, opened := mustOpen(t, o)
	got := everyRecord(t, s, things)
	if opened.Gaps == 0 || opened.Restored != "" || opened.FromBackup != 0 || len(got) < 40 || len(got) >= len(want) {
		t.Fatalf("%d records, %+v", len(got), opened)
	}
	for k, v := range got {
		if want[k] != v {
			t.Fatalf("%s: %q, want %q", k, v, want[k])
		}
	}
}

func TestBadSchemas(t *testing.T) {
	do := func(*Tx) error { return nil }
	for name, s := range map[string]Schema{
		"a step is missing":     {Version: 3, Migrations: []Migration{{2, do}}},
		"out of order":          {Version: 3, Migrations: []Migration{{3, do}, {2, do}}},
		"does nothing":          {Version: 2, Migrations: []Migration{{2, nil}}},
		"more than the version": {Version: 2, Migrations: []Migration{{1, do}, {2, do}}},
		"the store's own table": {Tables: []Table{metaTable}},
		"a table twice":         {Tables: []Table{things, things}},
		"a comma":               {Tables: []Table{"a,b"}},
		"no name":               {Tables: []Table{""}},
	} {
		o := testOptions(t)
		o.Schema = s
		if _, _, err := Open(t.Context(), o); err == nil {
			t.Errorf("%s: no error", name)
		}
		if _, err := os.Stat(o.Path); err == nil {
			t.Errorf("%s: a file was made", name)
		}
	}
}

// A table that the program gained is made in a file of the same version; one that is lost is damage.
func TestTablesComeAndDoNotGo(t *testing.T) {
	o := testOptions(t)
	s, _ := mustOpen(t, o)
	_ = s.Close()
	o.Schema.Tables = append(o.Schema.Tables, "more")
	s, opened := mustOpen(t, o)
	if got := everyRecord(t, s, "more"); len(got) != 0 || opened != (Opened{}) {
		t.Fatalf("%v, %+v", got, opened)
	}
	if err := s.Update(t.Context(), func(tx *Tx) error { return tx.tx.DeleteBucket([]byte("more")) }); err != nil {
		t.Fatal(err)
	}
	_ = s.Close()
	o.Schema.Tables = o.Schema.Tables[:1] // also for a program that doesn't know it
	if _, opened := mustOpen(t, o); opened.Renamed == "" || !strings.Contains(opened.Cause, "more") {
		t.Fatalf("%+v", opened)
	}
}
