package store

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// everyRecord reads a whole table.
func everyRecord(t testing.TB, s *Store, table Table) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := s.View(t.Context(), func(tx *Tx) error {
		for k, v := range tx.Scan(table, nil) {
			all[string(k)] = string(v)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// lived is a file with a back-up, and what was written and deleted since.
type lived struct {
	o             Options
	content       []byte
	backup, final map[string]string
	last          uint64
}

const blobs Table = "blobs"

// live makes a file of several levels, backs it up in the middle, and goes on: some records are deleted, some changed,
// some new, some overflow their page.
func live(t *testing.T) lived {
	t.Helper()
	l := lived{o: testOptions(t)}
	l.o.Schema.Tables = []Table{things, blobs}
	l.o.NoSync = true // nothing is cut here
	s, _ := mustOpen(t, l.o)
	write := func(from, to int, mark string) {
		err := s.Update(t.Context(), func(tx *Tx) error {
			for i := from; i < to; i++ {
				n, err := tx.NextNumber(things)
				if err != nil {
					return err
				}
				if err := tx.Put(things, binary.BigEndian.AppendUint64(nil, n), fmt.Appendf(nil, "%s %d %0200d", mark, n, i)); err != nil {
					return err
				}
				if i%40 == 0 {
					if err := tx.Put(blobs, fmt.Appendf(nil, "blob-%04d", i), bytes.Repeat([]byte{byte(i)}, 9000+i)); err != nil {
						return err
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for i := range 10 {
		write(i*100, i*100+100, "old")
	}
	if _, err := s.Backup(t.Context()); err != nil {
		t.Fatal(err)
	}
	l.backup = everyRecord(t, s, things)
	write(1000, 1300, "new")
	err := s.Update(t.Context(), func(tx *Tx) error {
		for n := uint64(100); n < 500; n += 3 {
			if err := tx.Delete(things, binary.BigEndian.AppendUint64(nil, n)); err != nil {
				return err
			}
			if err := tx.Put(things, binary.BigEndian.AppendUint64(nil, n+1), fmt.Appendf(nil, "changed %d", n)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	l.final, l.last = everyRecord(t, s, things), 1300
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if l.content, err = os.ReadFile(l.o.Path); err != nil {
		t.Fatal(err)
	}
	return l
}

// damage returns options for a copy of the file and its back-ups, with other content.
func (l lived) damage(t *testing.T, content []byte) Options {
	t.Helper()
	o := l.o
	o.Path = filepath.Join(t.TempDir(), "zhizhu.db")
	if content != nil {
		writeTo(t, o.Path, content)
	}
	if err := os.CopyFS(o.Path+".backup", os.DirFS(l.o.Path+".backup")); err != nil {
		t.Fatal(err)
	}
	return o
}

// Wherever one page is lost: what lay elsewhere is as it was last, deletions included; what lay there comes from the
// back-up; and nothing is made up, nor numbered twice.
func TestEveryLostPageIsMadeUpFor(t *testing.T) {
	l := live(t)
	used, found, asked := len(l.content)/4096, 0, 0
	for p := range used {
		page := l.content[p*4096 : (p+1)*4096]
		if p%6 != 0 && p > 6 || bytes.Count(page, []byte{0}) == len(page) {
			continue // a sixth is enough, and what was never used says nothing
		}
		content := bytes.Clone(l.content)
		copy(content[p*4096:], bytes.Repeat([]byte{0xa5, 0x3c}, 2048))
		s, opened := mustOpen(t, l.damage(t, content))
		got := everyRecord(t, s, things)
		if opened.Renamed == "" {
			if !maps.Equal(got, l.final) {
				t.Fatalf("page %d: not found, and records are lost", p)
			}
			_ = s.Close()
			continue
		}
		found++
		if opened.Created || opened.Generation != 1 || opened.Gaps < 0 || opened.Gaps == 0 && opened.Restored != "" {
			t.Fatalf("page %d: %+v", p, opened)
		}
		if opened.Restored != "" {
			asked++
		}
		l.judge(t, p, s, got, opened)
		_ = s.Close()
	}
	t.Logf("%d lost pages were found, for %d of them the back-up was asked", found, asked)
	if found < 12 || asked < 6 {
		t.Fatal("too few: the damage was not where the records are")
	}
}

func (l lived) judge(t *testing.T, p int, s *Store, got map[string]string, opened Opened) {
	t.Helper()
	missing, old := 0, 0
	for k, want := range l.final {
		switch {
		case got[k] == want:
		case got[k] == l.backup[k]:
			if missing++; got[k] != "" {
				old++
			}
		default:
			t.Fatalf("page %d: record %x was made up", p, k)
		}
	}
	for k, v := range got {
		if _, ok := l.final[k]; !ok {
			if old++; l.backup[k] != v {
				t.Fatalf("page %d: record %x was made up", p, k)
			}
		}
	}
	if opened.Gaps == 0 && missing+old > 0 {
		t.Fatalf("page %d: %d missing and %d old records, but %+v", p, missing, old, opened)
	}
	if missing+old > 402 { // what the last transaction changed: a branch of the last state is lost, the one before is there
		t.Fatalf("page %d: one page cost %d records and brought back %d", p, missing, old)
	}
	next := uint64(0)
	err := s.Update(t.Context(), func(tx *Tx) (err error) { next, err = tx.NextNumber(things); return err })
	if err != nil || next <= l.last {
		t.Fatalf("page %d: %v, number %d was given before", p, err, next)
	}
}

func TestNewestGoodBackupIsRestored(t *testing.T) {
	l := live(t)
	noise := bytes.Repeat([]byte("\x9d\x03random\xfe\x11"), 4096)
	for name, content := range map[string][]byte{"lost": nil, "noise": noise, "empty": {}} {
		t.Run(name, func(t *testing.T) {
			o := l.damage(t, content)
			backups, err := newShelf(o).list()
			if err != nil || len(backups) != 2 {
				t.Fatalf("%v, %v", backups, err)
			}
			bad := backups[0]
			bad.Number++
			writeTo(t, newShelf(o).name(bad), noise) // newer, but no good
			s, opened := mustOpen(t, o)
			if got := everyRecord(t, s, things); !maps.Equal(got, l.backup) {
				t.Fatalf("%d records, want %d", len(got), len(l.backup))
			}
			if opened.Restored != backups[0].Path || !opened.RestoredAt.Equal(l.o.Now()) || opened.Gaps != -1 || opened.FromBackup < len(l.backup) ||
				opened.Created || opened.Cause == "" || (opened.Renamed == "") != (content == nil) || opened.Generation != 1 {
				t.Fatalf("%+v", opened)
			}
			next := uint64(0)
			err = s.Update(t.Context(), func(tx *Tx) (err error) { next, err = tx.NextNumber(things); return err })
			if err != nil || next <= l.last {
				t.Fatalf("%v, number %d was given before", err, next)
			}
		})
	}
}

// The pages that say where everything begins are two of thousands, and written at each commit.
func TestLostMetasAreFound(t *testing.T) {
	l := live(t)
	for name, pages := range map[string][]int{"first": {0}, "second": {1}, "both": {0, 1}} {
		for damage, with := range map[string][]byte{"zeroed": make([]byte, 4096), "a bit": append(bytes.Clone(l.content[:50]), 0xff)} {
			content := bytes.Clone(l.content)
			for _, p := range pages {
				copy(content[p*4096:], with)
			}
			s, opened := mustOpen(t, l.damage(t, content))
			if got := everyRecord(t, s, things); !maps.Equal(got, l.final) || opened.Gaps != 0 || opened.Renamed == "" {
				t.Errorf("%s %s: %d records, want %d, %+v", name, damage, len(got), len(l.final), opened)
			}
			_ = s.Close()
		}
	}
}

// A power cut between any two steps of a restoration: the next start does it again, and ends with the same.
func TestRestorationThatIsInterrupted(t *testing.T) {
	l := live(t)
	content := bytes.Clone(l.content)
	copy(content[40*4096:], make([]byte, 4096*4))
	for _, at := range []string{"rebuilt", "put aside"} {
		o := l.damage(t, content)
		cut := o
		cut.step = func(step string) {
			if step == at {
				panic("cut")
			}
		}
		func() {
			defer func() {
				if recover() == nil {
					t.Fatalf("step %q never came", at)
				}
			}()
			_, _, _ = Open(t.Context(), cut)
		}()
		s, opened := mustOpen(t, o)
		if opened.Renamed == "" || opened.Salvaged < 1000 || opened.Generation != 2 {
			t.Fatalf("after a cut at %q: %+v", at, opened)
		}
		if aside, _ := filepath.Glob(o.Path + ".corrupt-*"); len(aside) != 1 {
			t.Fatalf("after a cut at %q: %v", at, aside)
		}
		_ = s.Close()
	}
}

// Whatever is written over a file: opening it neither fails nor makes up records, and keeps the file aside.
func TestAnyDamage(t *testing.T) {
	l := live(t)
	rapid.Check(t, func(r *rapid.T) {
		content := bytes.Clone(l.content)
		for range rapid.IntRange(1, 4).Draw(r, "places") {
			at := rapid.IntRange(0, len(content)/3).Draw(r, "at")
			with := rapid.SliceOfN(rapid.Byte(), 1, 64).Draw(r, "with")
			copy(content[at:], with)
		}
		states := readMetas(bytes.NewReader(content))
		for _, m := range states {
			s := &source{limit: t.Context(), tables: map[Table]place{}, image: &image{
				r: bytes.NewReader(content), size: int64(len(content)), meta: m, owner: map[uint64]Table{},
			}}
			if err := s.list(); err != nil {
				r.Fatal(err)
			}
			wholeOrGap(r, s)
		}
	})
}

// wholeOrGap: outside of the gaps, every record is there, and comes once, in order.
func wholeOrGap(r *rapid.T, s *source) {
	var last []byte
	got := map[string]bool{}
	gaps, err := s.read(things, everything, func(k, _ []byte) error {
		if last != nil && bytes.Compare(k, last) <= 0 {
			r.Fatalf("key %x after %x", k, last)
		}
		last = k
		got[string(k)] = true
		return nil
	})
	if err != nil {
		r.Fatal(err)
	}
	if slices.ContainsFunc(gaps, func(g span) bool { return g.to != nil && bytes.Compare(g.from, g.to) >= 0 }) {
		r.Fatalf("empty gap in %x", gaps)
	}
}

func FuzzImage(f *testing.F) {
	o := testOptions(f)
	o.NoSync = true
	s, _ := mustOpen(f, o)
	for i := range 60 {
		put(f, s, fmt.Sprintf("key-%02d", i), strings.Repeat(fmt.Sprint(i), 300))
	}
	_ = s.Close()
	content, err := os.ReadFile(o.Path)
	if err != nil {
		f.Fatal(err)
	}
	content = content[:32*4096]
	f.Add(3*4096, []byte{1, 2, 3}, uint64(4))
	f.Add(20, []byte{0xff}, uint64(3))
	f.Add(4*4096+10, []byte{0xff, 0xff}, uint64(2))
	f.Fuzz(func(t *testing.T, at int, with []byte, root uint64) {
		content := bytes.Clone(content)
		if at >= 0 && at < len(content) {
			copy(content[at:], with)
		}
		m := meta{pageSize: 4096, root: root, pages: 1 << 20}
		states := append(readMetas(bytes.NewReader(content)), m)
		states = append(states, lostMetas(bytes.NewReader(content), int64(len(content)), nil)...)
		for _, m := range states {
			s := &source{limit: t.Context(), tables: map[Table]place{}, image: &image{
				r: bytes.NewReader(content), size: int64(len(content)), meta: m, owner: map[uint64]Table{},
			}}
			if err := s.list(); err != nil {
				t.Fatal(err)
			}
			for table := range s.tables {
				if _, err := s.read(table, everything, func(_, _ []byte) error { return nil }); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}

func TestSpans(t *testing.T) {
	k := func(s string) []byte { return []byte(s) }
	for _, c := range []struct {
		a, b, want span
		ok         bool
	}{
		{everything, everything, everything, true},
		{everything, span{k("b"), k("d")}, span{k("b"), k("d")}, true},
		{span{k("a"), k("c")}, span{k("b"), nil}, span{k("b"), k("c")}, true},
		{span{k("a"), k("b")}, span{k("b"), nil}, span{k("b"), k("b")}, false},
	} {
		for _, pair := range [][2]span{{c.a, c.b}, {c.b, c.a}} {
			got, ok := pair[0].meet(pair[1])
			if ok != c.ok || string(got.from) != string(c.want.from) || string(got.to) != string(c.want.to) || (got.to == nil) != (c.want.to == nil) {
				t.Errorf("%s meets %s: %s, %v", pair[0], pair[1], got, ok)
			}
		}
	}
}
