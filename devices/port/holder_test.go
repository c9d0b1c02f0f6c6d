package port

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"zhizhu/devices"
	"zhizhu/devices/sim"
)

// TestMain lets the test binary play another program, one that opens a port and knows no lock.
func TestMain(m *testing.M) {
	if path := os.Getenv("ZHIZHU_TEST_HOLD"); path != "" {
		f, err := os.OpenFile(path, os.O_RDWR|unix.O_NOCTTY, 0)
		fmt.Println("open", err)
		_, _ = os.Stdin.Read(make([]byte, 1)) // until the test closes it
		_ = f.Close()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// stranger is a program of its own that has path open. The returned func ends it.
func stranger(t *testing.T, path string) (pid int, end func()) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "ZHIZHU_TEST_HOLD="+path)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); !strings.Contains(line, "<nil>") {
		t.Fatalf("the other program says %q (%v)", line, err)
	}
	return cmd.Process.Pid, func() { _ = in.Close(); _ = cmd.Wait() }
}

func played(t *testing.T) *sim.TTY {
	t.Helper()
	s, err := sim.OpenTTY(filepath.Join(t.TempDir(), "dev"), 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func try(t *testing.T, cfg Config) error {
	t.Helper()
	cfg.Baud, cfg.Device = 9600, "test"
	p, err := Open(t.Context(), cfg)
	if err == nil {
		_ = p.Close()
	}
	return err
}

func TestAProgramThatHasThePortOpenWithoutALockIsNamed(t *testing.T) {
	s := played(t)
	pid, end := stranger(t, s.Path())
	err := try(t, Config{Path: s.Path()})
	e, ok := errors.AsType[*devices.Error](err)
	if !ok || e.Kind != devices.InUse {
		t.Fatalf("got %v", err)
	}
	if want := fmt.Sprintf("port.test, pid %d", pid); e.Holder != want || !strings.Contains(err.Error(), want) {
		t.Errorf("named %q in %q, want %q", e.Holder, err, want)
	}
	end()
	if err := try(t, Config{Path: s.Path()}); err != nil {
		t.Errorf("after it has gone: %v", err)
	}
}

func TestASecondSlotOfThisProgramIsToldThatThePortIsInUse(t *testing.T) {
	s := played(t)
	p, err := Open(t.Context(), Config{Path: s.Path(), Baud: 9600, Device: "test"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.Close() }()
	e, ok := errors.AsType[*devices.Error](try(t, Config{Path: s.Path()}))
	// This process is both the device and its host, so that nobody can be named.
	if !ok || e.Kind != devices.InUse {
		t.Errorf("got %v", e)
	}
}

// Neither the program that asks nor another slot of it is named beside who has the port.
func TestWhoAsksIsNotNamed(t *testing.T) {
	s := played(t)
	real, err := filepath.EvalSymlinks(s.Path())
	if err != nil {
		t.Fatal(err)
	}
	held, err := Open(t.Context(), Config{Path: s.Path(), Baud: 9600, Device: "test"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = held.Close() }()
	proc := t.TempDir() // as it looks where the device is no process of this machine
	for pid, comm := range map[int]string{os.Getpid(): "zhizhu", 812: "minicom"} {
		dir := filepath.Join(proc, strconv.Itoa(pid))
		err := errors.Join(
			os.MkdirAll(filepath.Join(dir, "fd"), 0o755), os.Symlink(real, filepath.Join(dir, "fd/3")),
			os.WriteFile(filepath.Join(dir, "comm"), []byte(comm+"\n"), 0o600),
		)
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{"minicom, pid 812", ""} {
		err := try(t, Config{Path: s.Path(), witness: witness{proc: proc, locks: t.TempDir()}})
		if e, _ := errors.AsType[*devices.Error](err); e == nil || e.Kind != devices.InUse || e.Holder != want {
			t.Errorf("got %v, want holder %q", err, want)
		}
		if err := os.RemoveAll(filepath.Join(proc, "812")); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWhatIsNoSerialPort(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{file, filepath.Dir(file), "/dev/null"} {
		if err := try(t, Config{Path: path}); devices.KindOf(err) != devices.NoPort || !errors.Is(err, ErrNotSerial) {
			t.Errorf("%s: got %v", path, err)
		}
	}
	if err := try(t, Config{Path: file + "s"}); devices.KindOf(err) != devices.NoPort || errors.Is(err, ErrNotSerial) {
		t.Errorf("got %v", err)
	}
}

// A process whose descriptors can't be seen is known by its lock file only.
func TestLockFiles(t *testing.T) {
	s := played(t)
	real, err := filepath.EvalSymlinks(s.Path())
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		t.Fatal(err)
	}
	proc, locks := t.TempDir(), t.TempDir()
	write := func(dir, name, text string) {
		t.Helper()
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(proc, "812"), "comm", "minicom\n")
	write(filepath.Join(proc, "812"), "stat", "812 (mini) com)"+string(self[strings.LastIndexByte(string(self), ')')+1:]))
	file := "LCK.." + filepath.Base(real)
	for _, tc := range []struct {
		name, text string
		age        time.Duration
		holder     string
	}{
		{"minicom's", "       812\n", 0, "minicom, pid 812"},
		{"with a program and a user", "       812 minicom root\n", 0, "minicom, pid 812"},
		{"of a process that has gone", "       813\n", 0, ""},
		{"of an earlier process with the number", "       812\n", 20 * 24 * time.Hour, ""},
		{"empty", "", 0, ""},
		{"no number", "minicom\n", 0, ""},
		{"too long", strings.Repeat(" ", 100) + "812", 0, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			write(locks, file, tc.text)
			made := time.Now().Add(-tc.age)
			if err := os.Chtimes(filepath.Join(locks, file), made, made); err != nil {
				t.Fatal(err)
			}
			err := try(t, Config{Path: s.Path(), witness: witness{proc: proc, locks: locks}})
			e, _ := errors.AsType[*devices.Error](err)
			if tc.holder == "" && err != nil || tc.holder != "" && (e == nil || e.Kind != devices.InUse || e.Holder != tc.holder) {
				t.Errorf("got %v, want holder %q", err, tc.holder)
			}
		})
	}
}

func TestNoLeaveToOpen(t *testing.T) {
	s := played(t)
	real, err := filepath.EvalSymlinks(s.Path())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(real, 0); err != nil {
		t.Fatal(err)
	}
	got := make(chan error, 1)
	go func() {
		// A thread of root's with another file system user; it is never unlocked, so it ends with the goroutine.
		runtime.LockOSThread()
		if err := unix.Setfsuid(65534); err != nil {
			got <- err
			return
		}
		got <- try(t, Config{Path: real})
	}()
	err = <-got
	if devices.KindOf(err) != devices.NoPermission || !strings.Contains(err.Error(), "to group") {
		t.Errorf("got %v", err)
	}
}

func TestALinkThatIsMovedIsFollowed(t *testing.T) {
	link := filepath.Join(t.TempDir(), "usb-1a86_USB_Serial-if00-port0")
	var plugs []*sim.TTY
	for i := range 2 {
		s := played(t)
		plugs = append(plugs, s)
		real, err := filepath.EvalSymlinks(s.Path())
		if err != nil {
			t.Fatal(err)
		}
		_ = os.Remove(link)
		if err := os.Symlink(real, link); err != nil {
			t.Fatal(err)
		}
		p, err := Open(t.Context(), Config{Path: link, Baud: 9600, Device: "test"})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = p.Close() }() // the first stays open: the lock lies on the port, not on its name
		if err := plugs[i].Send(t.Context(), []byte{byte(i)}); err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 1)
		if _, err := p.Read(t.Context(), b); err != nil || b[0] != byte(i) {
			t.Errorf("read %v, %v", b, err)
		}
	}
}

func TestSetBaud(t *testing.T) {
	s := played(t)
	p, err := Open(t.Context(), Config{Path: s.Path(), Baud: 9600, Device: "test"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.Close() }()
	for _, baud := range []int{115200, 57600, 38400, 19200, 9600} {
		if err := p.SetBaud(t.Context(), baud); err != nil {
			t.Fatal(err)
		}
		want, _ := speedCode(baud)
		err := control(p.ctl, func(fd int) error {
			tio, err := unix.IoctlGetTermios(fd, unix.TCGETS)
			if err == nil && tio.Cflag&unix.CBAUD != want {
				t.Errorf("%d baud: flags %o", baud, tio.Cflag)
			}
			if err == nil && (tio.Cc[unix.VTIME] != 1 || tio.Cc[unix.VMIN] != 0 || tio.Iflag&unix.IXON != 0) {
				t.Errorf("%d baud: other settings changed", baud)
			}
			return err
		})
		if err != nil || p.Baud() != baud {
			t.Errorf("%d baud: is %d, %v", baud, p.Baud(), err)
		}
	}
	if err := p.SetBaud(t.Context(), 12345); err == nil || p.Baud() != 9600 {
		t.Errorf("odd speed: %v, %d", err, p.Baud())
	}
	if err := s.HangUp(); err != nil {
		t.Fatal(err)
	}
	if err := p.SetBaud(t.Context(), 19200); devices.KindOf(err) != devices.HungUp {
		t.Errorf("after a hang-up: %v", err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if err := p.SetBaud(t.Context(), 9600); devices.KindOf(err) != devices.HungUp {
		t.Errorf("after close: %v", err)
	}
}

func descriptors(t *testing.T) int {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

func TestAHundredPlugsLeaveNothingBehind(t *testing.T) {
	s := played(t)
	cycle := func() {
		t.Helper()
		p, err := Open(t.Context(), Config{Path: s.Path(), Baud: 115200, Device: "test"})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.HangUp(); err != nil {
			t.Fatal(err)
		}
		if _, err := p.Read(t.Context(), make([]byte, 1)); devices.KindOf(err) != devices.HungUp {
			t.Fatalf("read: %v", err)
		}
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
		if err := try(t, Config{Path: s.Path()}); devices.KindOf(err) != devices.NoPort {
			t.Fatalf("open while unplugged: %v", err)
		}
		if err := s.Restore(); err != nil {
			t.Fatal(err)
		}
	}
	cycle() // what is made once is made now
	goroutines, files := runtime.NumGoroutine(), descriptors(t)
	for range 100 {
		cycle()
	}
	for deadline := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > goroutines && time.Now().Before(deadline); {
		runtime.Gosched()
	}
	if g, f := runtime.NumGoroutine(), descriptors(t); g > goroutines || f > files {
		t.Errorf("goroutines %d, were %d; descriptors %d, were %d", g, goroutines, f, files)
	}
}

func BenchmarkWitness(b *testing.B) {
	w := witness{proc: "/proc", locks: "/var/lock"}
	b.ReportMetric(float64(len(w.pids())), "processes")
	for b.Loop() {
		_ = w.others(terminal{path: "/dev/pts/" + strconv.Itoa(1<<20), rdev: unix.Mkdev(136, 99)})
	}
}
