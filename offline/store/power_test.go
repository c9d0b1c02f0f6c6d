//go:build root

package store

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// These tests are for root, and for Linux with loop devices, ext4's tools and strace. So they have a tag of their own:
//
//	go test -tags root ./offline/store

// A power cut, as ext4 knows it: everything that isn't on the disk is gone, the journal's buffers included.
const (
	shutdownIoctl = 0x8004587d
	noLogFlush    = 2
)

// volume is an ext4 file system in a file, whose power can be cut.
type volume struct {
	image, dir string
}

// newVolume mounts one.
func newVolume(t *testing.T, mib int) *volume {
	t.Helper()
	v := &volume{image: filepath.Join(t.TempDir(), "disk"), dir: t.TempDir()}
	f, err := os.Create(v.image)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Truncate(int64(mib)<<20), f.Close()); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "mkfs.ext4", "-q", "-F", v.image).CombinedOutput(); err != nil {
		t.Fatalf("mkfs.ext4: %v: %s", err, out)
	}
	if err := v.mount(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Unmount(v.dir, unix.MNT_DETACH) })
	return v
}

func (v *volume) mount(ctx context.Context) error {
	out, err := exec.CommandContext(ctx, "mount", "-t", "ext4", "-o", "loop", v.image, v.dir).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

// cut takes the power away.
func (v *volume) cut(t *testing.T) {
	t.Helper()
	d, err := os.Open(v.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	how := uint32(noLogFlush)
	if _, _, e := unix.Syscall(unix.SYS_IOCTL, d.Fd(), shutdownIoctl, uintptr(unsafe.Pointer(&how))); e != 0 {
		t.Fatal(e)
	}
}

// back brings the power back: what is on the disk, after the journal was replayed.
func (v *volume) back(t *testing.T) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		err := unix.Unmount(v.dir, 0)
		if err == nil {
			break
		}
		select {
		case <-deadline:
			t.Fatal("unmount", err)
		case <-time.After(5 * time.Millisecond): // the killed child still holds a file
		}
	}
	if err := v.mount(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// writeUntilCut lets a child write, cuts the power after some acknowledgements, and returns the last one.
func (v *volume) writeUntilCut(t *testing.T, path, how string, after int) (acknowledged uint64) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), self, writerArg, path, how)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	// After the cut, nothing more can be acknowledged truly, but what was on its way out of the child before it was.
	for seen := 0; lines.Scan(); seen++ {
		n, err := strconv.ParseUint(lines.Text(), 10, 64)
		if err != nil {
			t.Fatalf("child: %s", lines.Text())
		}
		acknowledged = n
		if seen == after {
			v.cut(t)
		}
	}
	_ = child.Process.Kill()
	_ = child.Wait()
	return acknowledged
}

// lost counts what was acknowledged and isn't there.
func lost(t *testing.T, s *Store, acknowledged uint64) int {
	t.Helper()
	missing := 0
	all := everyRecord(t, s, things)
	for n := uint64(1); n <= acknowledged; n++ {
		if len(all[string(binary.BigEndian.AppendUint64(nil, n))]) != 2000 {
			missing++
		}
	}
	return missing
}

// Nothing that was acknowledged is lost, at whatever moment the power goes, back-ups and compactions included.
func TestPowerCuts(t *testing.T) {
	for how, cuts := range map[string]int{"sync": 8, "upkeep": 4} {
		t.Run(how, func(t *testing.T) {
			v := newVolume(t, 256)
			o := testOptions(t)
			o.Path = filepath.Join(v.dir, "data", "zhizhu.db")
			acknowledged := uint64(0)
			for cut := range cuts {
				last := v.writeUntilCut(t, o.Path, how, 5+rand.IntN(80)) //nolint:gosec // any moment will do
				acknowledged = max(acknowledged, last)
				v.back(t)
				s, opened, err := Open(t.Context(), o)
				if err != nil || opened.Renamed != "" {
					t.Fatalf("cut %d: %v, %+v", cut, err, opened)
				}
				if missing := lost(t, s, acknowledged); missing > 0 {
					t.Fatalf("cut %d: %d of %d acknowledged records are lost", cut, missing, acknowledged)
				}
				backups, err := s.Backups()
				if err != nil {
					t.Fatal(err)
				}
				for _, b := range backups {
					if cause, err := check(t.Context(), s.o, b.Path); err != nil || cause != "" {
						t.Fatalf("cut %d: %s: %s, %v", cut, filepath.Base(b.Path), cause, err)
					}
				}
				_ = s.Close()
			}
			t.Logf("%d acknowledged, none lost", acknowledged)
		})
	}
}

// The test above has teeth: without syncs, it notices.
func TestPowerCutsWithoutSyncLoseRecords(t *testing.T) {
	v := newVolume(t, 64)
	o := testOptions(t)
	o.Path = filepath.Join(v.dir, "data", "zhizhu.db")
	acknowledged := v.writeUntilCut(t, o.Path, "nosync", 300)
	v.back(t)
	s, opened, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if missing := lost(t, s, acknowledged); missing == 0 && opened.Renamed == "" {
		t.Fatalf("nothing of %d records was lost: the power was never cut", acknowledged)
	}
}
