package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// wasted makes a file of some 16 MiB of which nearly nothing is in use.
func wasted(t *testing.T, o Options) *Store {
	t.Helper()
	s, _ := mustOpen(t, o)
	err := s.Update(t.Context(), func(tx *Tx) error {
		for i := range 4 {
			if err := tx.Put(things, fmt.Appendf(nil, "big-%d", i), bytes.Repeat([]byte("secret "), 4<<20/7)); err != nil {
				return err
			}
		}
		for i := range 200 {
			if _, err := tx.NextNumber(things); err != nil {
				return err
			}
			if err := tx.Put(things, fmt.Appendf(nil, "key-%03d", i), fmt.Appendf(nil, "%0100d", i)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		if err := s.Update(t.Context(), func(tx *Tx) error { return tx.Delete(things, fmt.Appendf(nil, "big-%d", i)) }); err != nil {
			t.Fatal(err)
		}
	}
	put(t, s, "last", "1")
	return s
}

func TestCompact(t *testing.T) {
	o := testOptions(t)
	s := wasted(t, o)
	want := everyRecord(t, s, things)
	content, err := os.ReadFile(o.Path)
	if err != nil || !bytes.Contains(content, []byte("secret secret")) {
		t.Fatal("deleted records are expected to be in free pages", err)
	}
	if !s.wasteful() {
		t.Fatal("not wasteful")
	}
	if err := s.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	now, err := os.ReadFile(o.Path)
	if err != nil || len(now) > 2<<20 || bytes.Contains(now, []byte("secret")) {
		t.Fatalf("%v, %d bytes, before it was %d", err, len(now), len(content))
	}
	for range 2 {
		if got := everyRecord(t, s, things); !maps.Equal(got, want) {
			t.Fatalf("%d records, want %d", len(got), len(want))
		}
		if n, err := number(t, s); err != nil || n <= 200 {
			t.Fatalf("%v, number %d was given before", err, n)
		}
		if s.wasteful() {
			t.Fatal("still wasteful")
		}
		put(t, s, "after", "1")
		want["after"] = "1"
		_ = s.Close()
		var opened Opened
		if s, opened = mustOpen(t, o); opened != (Opened{}) {
			t.Fatalf("%+v", opened)
		}
	}
	if left, _ := filepath.Glob(o.Path + ".*"); len(left) != 1 { // .generation
		t.Fatal(left)
	}
}

// What is written while the copy is made is in the file that takes over.
func TestCompactWhileOthersWrite(t *testing.T) {
	o := testOptions(t)
	s := wasted(t, o)
	times := 0
	s.o.step = func(step string) {
		if times++; step == "copied" && times == 1 {
			put(t, s, "meanwhile", "1")
		}
	}
	if err := s.Compact(t.Context()); err != nil || s.wasteful() || times < 2 {
		t.Fatal(err, s.wasteful(), times)
	}
	if get(t, s, "meanwhile") != "1" {
		t.Fatal("lost")
	}
	// When the copy takes too long for others to wait, they don't.
	o = testOptions(t)
	clock := o.Now()
	o.Now = func() time.Time { clock = clock.Add(time.Minute); return clock }
	s = wasted(t, o)
	s.o.step = func(string) { put(t, s, "meanwhile", "1") }
	if err := s.Compact(t.Context()); !errors.Is(err, ErrBusy) || !s.wasteful() || get(t, s, "meanwhile") != "1" {
		t.Fatal(err)
	}
}

func TestCompactLeavesFullFilesAlone(t *testing.T) {
	o := testOptions(t)
	filled(t, o)
	s, _ := mustOpen(t, o)
	s.o.step = func(step string) { t.Fatalf("step %q", step) }
	if err := s.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.upkeep.Lock()
	if err := s.Compact(t.Context()); !errors.Is(err, ErrBusy) {
		t.Fatalf("%v, want ErrBusy during a back-up", err)
	}
	s.upkeep.Unlock()
	_ = s.Close()
	if err := s.Compact(t.Context()); err != nil { // nothing to do
		t.Fatal(err)
	}
}

// A file that can't be opened after it took over is opened by the next writer.
func TestCompactThatLosesItsFile(t *testing.T) {
	o := testOptions(t)
	s := wasted(t, o)
	s.o.step = func(step string) {
		switch step {
		case "renamed":
			_ = os.Rename(o.Path, o.Path+".away")
			_ = os.Mkdir(o.Path, 0o700)
		}
	}
	if err := s.Compact(t.Context()); err == nil {
		t.Fatal("no error")
	}
	if err := s.View(t.Context(), func(*Tx) error { return nil }); !errors.Is(err, ErrClosed) {
		t.Fatalf("%v, want ErrClosed", err)
	}
	if err := errors.Join(os.Remove(o.Path), os.Rename(o.Path+".away", o.Path)); err != nil {
		t.Fatal(err)
	}
	put(t, s, "again", "1")
	if get(t, s, "key-007") == "" || s.moved {
		t.Fatal("lost")
	}
}

// The steps of a compaction at which a child process is killed.
var steps = []string{"copied", "synced", "checked", "renamed", "settled"}

const compactArg = "store-test-compact"

// runCompact is the child: it writes, compacts, and kills itself at a step.
func runCompact(args []string) {
	o := Options{
		Path: args[2], Schema: Schema{Tables: []Table{things}}, Now: time.Now, Log: discard(),
		step: func(step string) {
			if step == args[3] {
				_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
				select {}
			}
		},
	}
	s, _, err := Open(context.Background(), o)
	if err == nil {
		err = s.Update(context.Background(), func(tx *Tx) error { return tx.Put(things, []byte("child"), []byte(args[3])) })
	}
	if err == nil {
		err = s.Compact(context.Background())
	}
	fmt.Fprintln(os.Stderr, "not killed", err)
	os.Exit(3)
}

func TestCompactKilledAtEachStep(t *testing.T) {
	o := testOptions(t)
	s := wasted(t, o)
	want := everyRecord(t, s, things)
	_ = s.Close()
	content, err := os.ReadFile(o.Path)
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for i, step := range steps {
		o := testOptions(t)
		writeTo(t, o.Path, content)
		out, err := exec.CommandContext(t.Context(), self, compactArg, o.Path, step).CombinedOutput()
		if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
			t.Fatalf("%s: %v: %s", step, err, out)
		}
		s, opened := mustOpen(t, o)
		want["child"] = step
		if got := everyRecord(t, s, things); opened != (Opened{}) || !maps.Equal(got, want) {
			t.Fatalf("%s: %d records, want %d, %+v", step, len(got), len(want), opened)
		}
		if left, _ := filepath.Glob(o.Path + ".*"); strings.Contains(fmt.Sprint(left), ".compact") {
			t.Fatalf("%s: %s", step, left)
		}
		if after := i >= 3; s.wasteful() == after {
			t.Fatalf("%s: wasteful is %v", step, s.wasteful())
		}
		if err := s.Compact(t.Context()); err != nil {
			t.Fatal(err)
		}
		_ = s.Close()
	}
}

func TestServeCompactsWhenItIsQuiet(t *testing.T) {
	o := testOptions(t)
	s := wasted(t, o)
	k := keeper{s: s, written: -1}
	k.round(t.Context())
	if !s.wasteful() {
		t.Fatal("compacted though somebody wrote in this hour")
	}
	k.round(t.Context())
	if s.wasteful() {
		t.Fatal("not compacted in a quiet hour")
	}
}
