//go:build root

package store

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// A disk that fails now and then: what is said to be kept is kept, also when the write failed and was read back; what is
// said to have failed is not there.
func TestSyncsThatFail(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, when := range []string{"20+5", "21+4", "20+7"} { // the data, the page that says where they are, now this, now that
		o := testOptions(t)
		ctx, cancel := context.WithCancel(t.Context())
		child := exec.CommandContext(ctx, "strace", "-f", "-o", "/dev/null", "-e", "trace=fdatasync",
			"-e", "inject=fdatasync:error=EIO:when="+when, self, writerArg, o.Path, "doubt")
		var complaint bytes.Buffer
		child.Stderr = &complaint
		child.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		child.Cancel = func() error { return syscall.Kill(-child.Process.Pid, syscall.SIGKILL) }
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		last, kept, failed := uint64(0), map[uint64]bool{}, 0
		for len(kept) < 60 && lines.Scan() {
			n, err := strconv.ParseUint(lines.Text(), 10, 64)
			switch {
			case err != nil:
				t.Fatalf("child: %s", lines.Text())
			case n == 0:
				failed++
			default:
				last, kept[n] = n, true
			}
		}
		cancel()
		_ = child.Wait()
		if len(kept) < 60 {
			t.Fatalf("%s: the child ended after %d records: %s", when, len(kept), complaint.String())
		}
		s, opened := mustOpen(t, o)
		all := everyRecord(t, s, things)
		for n := uint64(1); n <= last; n++ {
			if there := all[string(binary.BigEndian.AppendUint64(nil, n))] != ""; there != kept[n] || opened != (Opened{}) {
				t.Fatalf("%s: record %d is there: %v, said to be kept: %v, %+v", when, n, there, kept[n], opened)
			}
		}
		t.Logf("%s: %d kept, %d failed", when, len(kept), failed)
		_ = s.Close()
	}
}

// A disk that becomes full: new work is refused, what was taken in can still be worked on and taken out, copies have
// gone, and nothing is damaged.
func TestDiskThatBecomesFull(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mount("none", dir, "tmpfs", 0, "size=24m"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) })
	o := testOptions(t)
	o.Path, o.Reserve = filepath.Join(dir, "zhizhu.db"), 2<<20
	s, _ := mustOpen(t, o)
	record := bytes.Repeat([]byte("r"), 3000)
	taken := fillUp(t, s, record, true)
	if taken < 1000 {
		t.Fatalf("refused after %d", taken)
	}
	if got := names(t, s); got != "" {
		t.Fatalf("new work was refused while there are copies: %s", got)
	}
	if _, err := s.Backup(t.Context()); !errors.Is(err, ErrFull) {
		t.Fatalf("%v, want ErrFull", err)
	}
	// Somebody else takes the rest.
	hog := filepath.Join(dir, "hog")
	if err := os.WriteFile(hog, make([]byte, 32<<20), 0o600); !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	for i := range 200 { // acknowledgements still go
		err := s.Update(t.Context(), func(tx *Tx) error {
			return errors.Join(tx.Delete(things, fmt.Appendf(nil, "%06d", i)), tx.Put(things, fmt.Appendf(nil, "ack-%06d", i), record[:200]))
		})
		if err != nil {
			t.Fatalf("acknowledgement %d: %v", i, err)
		}
	}
	more := fillUp(t, s, record, false) // until not even that goes
	if err := s.Canary(t.Context()); err != nil && !errors.Is(err, ErrFull) {
		t.Fatal(err)
	}
	if err := os.Remove(hog); err != nil {
		t.Fatal(err)
	}
	put(t, s, "again", "1")
	_ = s.Close()
	s, opened := mustOpen(t, o)
	if got := len(everyRecord(t, s, things)); opened != (Opened{}) || got != taken+more+1 {
		t.Fatalf("%d records, want %d, %+v", got, taken+more+1, opened)
	}
}

// fillUp writes until the disk is full, or, polite, until that is foretold. It returns how many records were written.
func fillUp(t *testing.T, s *Store, record []byte, polite bool) int {
	t.Helper()
	for i := range 100_000 {
		if polite {
			if i == 100 {
				if _, err := s.Backup(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.Room(); errors.Is(err, ErrFull) {
				return i
			}
		}
		key := fmt.Appendf(nil, "%06d", i)
		if !polite {
			key = append([]byte("more-"), key...)
		}
		err := s.Update(t.Context(), func(tx *Tx) error { return tx.Put(things, key, record) })
		if err == nil {
			continue
		}
		if polite || !errors.Is(err, ErrFull) || !strings.Contains(err.Error(), "disk is full") {
			t.Fatalf("record %d: %v", i, err)
		}
		return i
	}
	t.Fatal("the disk never became full")
	return 0
}
