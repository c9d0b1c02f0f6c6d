package port

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// witness finds out which program has a port. The kernel tells of programs of the same user only, or all to root; what
// is left says its name by a UUCP lock file, as minicom and its like leave one.
type witness struct {
	proc  string // "/proc"
	locks string // "/var/lock"
}

// terminal is a port as the kernel names it.
type terminal struct {
	path string // without links
	rdev uint64
}

// pseudo says whether it is a pty's host end, by the majors that Linux keeps for them.
func (t terminal) pseudo() bool { m := unix.Major(t.rdev); return m >= 136 && m <= 143 }

// others names the programs that have the port open: "" where there are none. This program is left out: it has the port
// open while it asks, and whoever reads the name wants to know whom to send away.
func (w witness) others(t terminal) string {
	but := os.Getpid()
	var names []string
	seen := map[int]bool{}
	for _, pid := range w.pids() {
		open, readable := w.opens(t, pid)
		seen[pid] = readable
		if open && pid != but {
			names = append(names, w.program(pid))
		}
	}
	if pid := w.lockFile(t); pid > 0 && pid != but && !seen[pid] && len(names) == 0 {
		names = append(names, w.program(pid))
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), "; ")
}

// program is "minicom, pid 812".
func (w witness) program(pid int) string {
	comm, err := os.ReadFile(filepath.Join(w.proc, strconv.Itoa(pid), "comm"))
	if err != nil {
		return fmt.Sprintf("pid %d", pid)
	}
	return fmt.Sprintf("%s, pid %d", bytes.TrimSpace(comm), pid)
}

func (w witness) pids() []int {
	var out []int
	for _, name := range names(w.proc) {
		if pid, err := strconv.Atoi(name); err == nil {
			out = append(out, pid)
		}
	}
	return out
}

// names are a folder's entries, without a look at each of them; none where it can't be read.
func names(dir string) []string {
	f, err := os.Open(dir)
	if err != nil {
		return nil
	}
	defer func() { _ = f.Close() }()
	list, _ := f.Readdirnames(-1) // what could be read is told
	return list
}

// opens says whether a process has the port open, and whether its descriptors may be seen at all. Whoever holds the
// other end of a pty is the device itself, even where it keeps the host's end open too.
func (w witness) opens(t terminal, pid int) (open, readable bool) {
	dir := filepath.Join(w.proc, strconv.Itoa(pid))
	for _, fd := range names(filepath.Join(dir, "fd")) {
		link := filepath.Join(dir, "fd", fd)
		target, err := os.Readlink(link)
		if err != nil {
			continue
		}
		readable = true
		switch {
		case !strings.HasPrefix(target, "/"): // a socket, a pipe
		case strings.HasSuffix(target, "/ptmx") && t.pseudo():
			if w.masters(t, filepath.Join(dir, "fdinfo", fd)) {
				return false, true
			}
		case !open:
			var st unix.Stat_t
			open = unix.Stat(link, &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFCHR && st.Rdev == t.rdev
		}
	}
	return open, readable
}

// masters says whether a descriptor is the other end of pty t. A kernel that doesn't tell is taken to say yes: a device
// must not be locked out by its own shadow.
func (w witness) masters(t terminal, fdinfo string) bool {
	b, err := os.ReadFile(fdinfo)
	if err != nil {
		return true
	}
	_, rest, ok := strings.Cut(string(b), "tty-index:")
	if !ok {
		return true
	}
	line, _, _ := strings.Cut(rest, "\n")
	n, err := strconv.ParseUint(strings.TrimSpace(line), 10, 32)
	return err != nil || n == uint64(unix.Minor(t.rdev))+256*uint64(unix.Major(t.rdev)-136)
}

// lockFile is the process that a UUCP lock file names, 0 where there is no file or the process is gone. A process that
// was started after the file was made only bears the same number.
func (w witness) lockFile(t terminal) int {
	path := filepath.Join(w.locks, "LCK.."+filepath.Base(t.path))
	b, err := os.ReadFile(path)
	if err != nil || len(b) > 64 {
		return 0
	}
	first, _, _ := strings.Cut(strings.TrimSpace(string(b)), "\n")
	word, _, _ := strings.Cut(first, " ")
	pid, err := strconv.Atoi(word)
	if err != nil || pid <= 0 {
		return 0
	}
	file, err := os.Stat(path)
	if err != nil {
		return 0
	}
	if born, ok := w.born(pid); !ok || born.After(file.ModTime().Add(2*time.Second)) {
		return 0
	}
	return pid
}

// born is when a process was started.
func (w witness) born(pid int) (time.Time, bool) {
	stat, err := os.ReadFile(filepath.Join(w.proc, strconv.Itoa(pid), "stat"))
	if err != nil {
		return time.Time{}, false
	}
	// The name, in brackets, may hold anything; the start is the 20th field after it, in hundredths since boot.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	var up unix.Sysinfo_t
	if len(fields) < 20 || unix.Sysinfo(&up) != nil {
		return time.Time{}, false
	}
	ticks, err := strconv.ParseInt(fields[19], 10, 64)
	if err != nil {
		return time.Time{}, false
	}
	boot := now().Add(-time.Duration(up.Uptime) * time.Second)
	return boot.Add(time.Duration(ticks) * 10 * time.Millisecond), true
}
