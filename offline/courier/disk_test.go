//go:build root

package courier_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"syscall"
	"testing"

	"zhizhu/offline/courier"
	"zhizhu/offline/courier/stick"
)

// small mounts a file system of some size.
func small(t *testing.T, size int) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", size)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir
}

// Sticks of all sizes, really full: what the report says is on the stick is, and the rest goes by the next one.
func TestFullSticks(t *testing.T) {
	g := newTown(t)
	v := g.village("MX0427")
	v.lodge(30) // and 15 attachments
	total := v.waiting()
	for size := 4 << 10; size <= 256<<10; size += 12 << 10 {
		dir := small(t, size)
		done, err := courier.Export(t.Context(), dir, v.options())
		if err != nil && !errors.Is(err, stick.ErrFull) || (err == nil) != (done.Total() == total) || err != nil && done.Serial > 0 && done.Total()+done.Left() != total {
			t.Fatalf("%d KiB: %+v, %v", size>>10, done, err)
		}
		if done.Serial == 0 {
			continue // not even a manifest
		}
		all, err := g.receive(dir)
		if err != nil || all[0].Stored+all[0].Again != done.Total() || len(all[0].Problems) > 0 {
			t.Fatalf("%d KiB: %+v, %v; exported %+v", size>>10, all, err, done)
		}
	}
}

// One small stick goes to and fro until nothing is left.
func TestOneSmallStickCarriesEverything(t *testing.T) {
	g := newTown(t)
	v := g.village("MX0427")
	v.lodge(40)
	dir := small(t, 96<<10)
	for trip := 1; v.waiting() > 0; trip++ {
		if trip > 20 {
			t.Fatalf("%d still wait", v.waiting())
		}
		done, err := courier.Export(t.Context(), dir, v.options())
		if err != nil && !errors.Is(err, stick.ErrFull) || done.Total() == 0 {
			t.Fatalf("trip %d: %+v, %v", trip, done, err)
		}
		if rand.IntN(2) == 0 {
			v.lodge(1)
		}
		if got := g.received(dir); got.Err != nil {
			t.Fatalf("trip %d: exported %+v, received %+v", trip, done, got)
		}
		if in, err := courier.Import(t.Context(), dir, v.options()); err != nil && !errors.Is(err, stick.ErrOld) {
			t.Fatalf("trip %d: %+v, %v", trip, in, err)
		}
	}
	if n := len(g.stored()); n != v.n {
		t.Fatalf("%d of %d stored", n, v.n)
	}
}

// A stick that was unmounted leaves an empty folder on the machine's own disk.
func TestUnmountedStick(t *testing.T) {
	g := newTown(t)
	v := g.village("MX0427")
	home := t.TempDir()
	withHome := v.options(func(o *courier.Options) { o.Home = home })
	if _, err := courier.Export(t.Context(), small(t, 1<<20), withHome); err != nil {
		t.Fatal(err)
	}
	if _, err := courier.Export(t.Context(), filepath.Dir(home), withHome); !errors.Is(err, stick.ErrNotMounted) {
		t.Fatal(err)
	}
}
