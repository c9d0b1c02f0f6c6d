package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestBackupIsAWholeFile(t *testing.T) {
	o := testOptions(t)
	filled(t, o)
	s, _ := mustOpen(t, o)
	want := everyRecord(t, s, things)
	b, err := s.Backup(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	put(t, s, "after", "the back-up")
	info, err := os.Stat(b.Path)
	if err != nil || info.Mode().Perm() != 0o600 || b.Number != 1 || b.Kind != hourly || b.Size != info.Size() {
		t.Fatalf("%+v, %v", b, err)
	}
	content, err := os.ReadFile(b.Path)
	if err != nil {
		t.Fatal(err)
	}
	other := testOptions(t)
	writeTo(t, other.Path, content)
	s, opened := mustOpen(t, other)
	if got := everyRecord(t, s, things); opened != (Opened{}) || !maps.Equal(got, want) {
		t.Fatalf("%d records, want %d, %+v", len(got), len(want), opened)
	}
}

// names lists the shelf as number and kind.
func names(t *testing.T, s *Store) string {
	t.Helper()
	all, err := s.Backups()
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, b := range all {
		list = append(list, fmt.Sprintf("%d%c", b.Number, b.Kind[0]))
	}
	return strings.Join(list, " ")
}

func TestOldBackupsGo(t *testing.T) {
	o := testOptions(t)
	clock := time.Date(2026, 11, 23, 8, 30, 0, 0, time.UTC)
	o.Now = func() time.Time { return clock }
	s, _ := mustOpen(t, o)
	put(t, s, "a", "1")
	for i := range 10 * 24 {
		// The shelf alone, without the checks: copies were tested above.
		if err := os.MkdirAll(s.backups.dir, 0o700); err != nil {
			t.Fatal(err)
		}
		writeTo(t, s.backups.part(), fmt.Appendf(nil, "copy %d", i))
		b, err := s.backups.next(hourly, clock)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.backups.put(b); err != nil {
			t.Fatal(err)
		}
		clock = clock.Add(time.Hour)
	}
	if got, want := names(t, s), "240h 239h 238h 237h 236h 235h 217d 193d 169d 145d 121d 97d 73d"; got != want {
		t.Fatalf("%s, want %s", got, want)
	}
	all, _ := s.Backups()
	if n := total(all); n != int64(13*len("copy 239")-2) { // the two oldest are copy 72 and 96
		t.Fatalf("%d bytes together", n)
	}
	// The clock is set back to where the machine was made: hours are counted, and nothing is pushed out at once.
	clock = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	if _, err := s.Backup(t.Context()); err != nil {
		t.Fatal(err)
	}
	clock = clock.Add(time.Hour)
	if _, err := s.Backup(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, want := names(t, s), "242h 241h 241d 240h 239h 238h 237h 217d 193d 169d 145d 121d 97d"; got != want {
		t.Fatalf("%s, want %s", got, want)
	}
	// Less room for all together.
	s.backups.most = 3 << 20
	if _, err := s.Backup(t.Context()); err != nil {
		t.Fatal(err)
	}
	all, _ = s.Backups()
	if total(all) > s.backups.most || len(all) == 0 || all[0].Number != 243 {
		t.Fatalf("%s: %d bytes", names(t, s), total(all))
	}
}

func TestStrangersOnTheShelf(t *testing.T) {
	o := testOptions(t)
	filled(t, o)
	s, _ := mustOpen(t, o)
	for _, name := range []string{"notes.txt", "x-hourly-20261123T083000Z.db", "00000009-weekly-20261123T083000Z.db", "00000009-hourly-yesterday.db", partName} {
		writeTo(t, filepath.Join(o.Path+".backup", name), []byte("stranger"))
	}
	if err := os.Mkdir(filepath.Join(o.Path+".backup", "00000009-hourly-20261123T083000Z.db"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Backup(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := names(t, s); got != "1h 1d" {
		t.Fatal(got)
	}
	if _, err := os.Stat(filepath.Join(o.Path+".backup", "notes.txt")); err != nil {
		t.Fatal("somebody else's file is gone", err)
	}
}

// A copy that comes out damaged doesn't push out those that are good.
func TestDamagedCopyIsNotKept(t *testing.T) {
	o := testOptions(t)
	filled(t, o)
	s, _ := mustOpen(t, o)
	if _, err := s.Backup(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.o.Executable = filepath.Join(t.TempDir(), "child")
	script := "#!/bin/sh\necho " + greeting + "\necho '{\"state\":\"damaged\",\"cause\":\"page 7\"}'\n"
	if err := os.WriteFile(s.o.Executable, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Backup(t.Context()); !errors.Is(err, ErrCopy) || !strings.Contains(err.Error(), "page 7") {
		t.Fatalf("%v, want ErrCopy", err)
	}
	if got := names(t, s); got != "1h 1d" {
		t.Fatal(got)
	}
	if _, err := os.Stat(s.backups.part()); err == nil {
		t.Fatal("the damaged copy is left")
	}
}

// Copies give way: they aren't made when room is short, and are removed before new work is refused.
func TestBackupsGiveWay(t *testing.T) {
	o := testOptions(t)
	filled(t, o)
	s, _ := mustOpen(t, o)
	for range 3 {
		if _, err := s.Backup(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	s.o.Reserve = 1 << 50
	if _, err := s.Backup(t.Context()); !errors.Is(err, ErrFull) {
		t.Fatalf("%v, want ErrFull", err)
	}
	if got := names(t, s); got != "3h" {
		t.Fatalf("%s, want the newest alone", got)
	}
	if err := s.Room(); !errors.Is(err, ErrFull) {
		t.Fatalf("%v, want ErrFull", err)
	}
	if got := names(t, s); got != "" {
		t.Fatalf("%s: new work was refused before copies went", got)
	}
	s.o.Reserve = 4 << 20
	if err := s.Room(); err != nil {
		t.Fatal(err)
	}
}

// rounds drives Serve: each receive lets one wait of an hour or of the start end.
func rounds(o *Options) chan time.Time {
	tick := make(chan time.Time)
	o.After = func(d time.Duration) <-chan time.Time {
		if d > longestRest {
			return tick
		}
		now := make(chan time.Time, 1)
		now <- time.Time{}
		return now
	}
	return tick
}

func TestServeBacksUpWhatChanged(t *testing.T) {
	o := testOptions(t)
	tick := rounds(&o)
	clock := time.Date(2026, 11, 23, 8, 30, 0, 0, time.UTC)
	o.Now = func() time.Time { return clock } // only the test writes, between rounds
	s, _ := mustOpen(t, o)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx) }()
	round := func(want string) {
		t.Helper()
		tick <- time.Time{}
		deadline := time.After(20 * time.Second)
		for names(t, s) != want {
			select {
			case <-deadline:
				t.Fatalf("%s, want %s", names(t, s), want)
			case <-time.After(5 * time.Millisecond):
			}
		}
	}
	round("1h 1d") // at the start
	round("1h 1d") // nothing was written
	put(t, s, "a", "1")
	round("2h 1h 1d")
	if err := s.Canary(t.Context()); err != nil { // is no reason
		t.Fatal(err)
	}
	round("2h 1h 1d")
	put(t, s, "a", "2")
	round("3h 2h 1h 1d")
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
}

// A program that starts again and again must not push out what is older.
func TestStartsDoNotPushOutBackups(t *testing.T) {
	o := testOptions(t)
	clock := time.Date(2026, 11, 23, 8, 30, 0, 0, time.UTC)
	o.Now = func() time.Time { return clock }
	for range 3 {
		s, _ := mustOpen(t, o)
		put(t, s, "a", "1")
		k := keeper{s: s, written: -1}
		k.round(t.Context())
		if got := names(t, s); got != "1h 1d" {
			t.Fatal(got)
		}
		_ = s.Close()
		clock = clock.Add(10 * time.Minute)
	}
	clock = clock.Add(time.Hour)
	s, _ := mustOpen(t, o)
	k := keeper{s: s, written: -1}
	k.round(t.Context())
	if got := names(t, s); got != "2h 1h 1d" {
		t.Fatal(got)
	}
}

// Each copy that is made while others write is one state: of two records that are always written together, neither is
// ever newer.
func TestBackupWhileOthersWrite(t *testing.T) {
	o := testOptions(t)
	s, _ := mustOpen(t, o)
	fill := bytes.Repeat([]byte("x"), 3<<20) // so that it takes some pieces
	if err := s.Update(t.Context(), func(tx *Tx) error { return tx.Put(things, []byte("fill"), fill) }); err != nil {
		t.Fatal(err)
	}
	put(t, s, "a", "0")
	put(t, s, "b", "0")
	ctx, cancel := context.WithCancel(t.Context())
	var writer sync.WaitGroup
	writer.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			value := fmt.Append(nil, i)
			_ = s.Update(ctx, func(tx *Tx) error {
				return errors.Join(tx.Put(things, []byte("a"), value), tx.Put(things, []byte("b"), value))
			})
		}
	})
	for range 3 {
		b, err := s.Backup(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		copied := testOptions(t)
		content, err := os.ReadFile(b.Path)
		if err != nil {
			t.Fatal(err)
		}
		writeTo(t, copied.Path, content)
		c, opened := mustOpen(t, copied)
		if got := everyRecord(t, c, things); opened != (Opened{}) || got["a"] != got["b"] || len(got["fill"]) != len(fill) {
			t.Fatalf("a = %s, b = %s, %+v", got["a"], got["b"], opened)
		}
		_ = c.Close()
	}
	cancel()
	writer.Wait()
}

// Who needs the whole file doesn't wait for a back-up to end.
func TestBackupMakesHaste(t *testing.T) {
	o := testOptions(t)
	s, _ := mustOpen(t, o)
	fill := bytes.Repeat([]byte("x"), 5<<20)
	if err := s.Update(t.Context(), func(tx *Tx) error { return tx.Put(things, []byte("fill"), fill) }); err != nil {
		t.Fatal(err)
	}
	under := make(chan struct{})
	goOn := make(chan time.Time)
	s.o.After = func(time.Duration) <-chan time.Time { under <- struct{}{}; return goOn }
	ended := make(chan error, 1)
	go func() { _, err := s.Backup(t.Context()); ended <- err }()
	<-under // the first piece is on disk
	closed := make(chan error, 1)
	go func() { closed <- s.Close() }()
	for !s.hurry.Load() {
		select {
		case <-t.Context().Done():
			return
		case <-time.After(time.Millisecond):
		}
	}
	close(goOn)
	if err := <-ended; !errors.Is(err, ErrBusy) {
		t.Fatalf("%v, want ErrBusy", err)
	}
	if err := <-closed; err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(s.backups.dir); err != nil || len(left) != 0 {
		t.Fatalf("%v, %v", left, err)
	}
}

// BenchmarkCommitDuringBackup is the latency of commits of 2 KiB while nothing else happens, and while one back-up after
// the other is made of a file of 32 MiB.
func BenchmarkCommitDuringBackup(b *testing.B) {
	for _, busy := range []bool{false, true} {
		b.Run(map[bool]string{false: "alone", true: "during"}[busy], func(b *testing.B) {
			o := testOptions(b)
			o.After = time.After
			o.Now = time.Now
			s, _ := mustOpen(b, o)
			for i := range 8 {
				if err := s.Update(b.Context(), func(tx *Tx) error {
					return tx.Put(things, fmt.Appendf(nil, "fill-%d", i), bytes.Repeat([]byte{byte(i)}, 4<<20))
				}); err != nil {
					b.Fatal(err)
				}
			}
			ctx, cancel := context.WithCancel(b.Context())
			var copier sync.WaitGroup
			copies := 0
			if busy {
				copier.Go(func() {
					for ctx.Err() == nil {
						if _, err := s.Backup(ctx); err == nil {
							copies++
						}
					}
				})
			}
			var took []time.Duration
			record := bytes.Repeat([]byte("r"), 2048)
			for i := 0; b.Loop(); i++ {
				start := time.Now()
				if err := s.Update(ctx, func(tx *Tx) error { return tx.Put(things, fmt.Appendf(nil, "k-%03d", i%200), record) }); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(start))
			}
			cancel()
			copier.Wait()
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
			b.ReportMetric(float64(took[len(took)-1].Microseconds()), "max-µs")
			b.ReportMetric(float64(copies), "copies")
		})
	}
}
