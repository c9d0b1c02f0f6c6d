//go:build cups

package a4_test

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/a4"
)

// rig is a scheduler, Debian's cupsd, with a queue "a4" to a printer, Debian's ippeveprinter; both in a directory of
// their own, without systemd and without privileges.
type rig struct {
	*testing.T
	dir     string
	port    int
	as      *syscall.Credential // whom to run as, nil for ourselves
	cupsd   *exec.Cmd
	printer *exec.Cmd
	log     bytes.Buffer // what the driver logged
}

// needs are the programs of the rig with the Debian packages that hold them.
var needs = map[string]string{
	"cupsd": "cups-daemon", "lpadmin": "cups-client", "cupsdisable": "cups-client", "ippeveprinter": "cups-ipp-utils",
	"dbus-daemon": "dbus-daemon", "lp": "cups-client",
}

func program(t *testing.T, name string) string {
	t.Helper()
	for _, dir := range []string{"", "/usr/sbin", "/usr/bin"} {
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return path
		}
	}
	t.Fatalf("%s is not installed: apt-get install --no-install-recommends %s", name, needs[name])
	return ""
}

// cups starts all of it. Other directives of cupsd.conf may be given.
func cups(t *testing.T, directives ...string) *rig {
	t.Helper()
	for name := range needs {
		program(t, name)
	}
	if _, err := os.Stat("/usr/lib/cups/filter/pdftopdf"); err != nil {
		t.Fatal("pdftopdf is not installed: apt-get install --no-install-recommends cups-filters-core-drivers")
	}
	dir, err := os.MkdirTemp("", "a4") //nolint:usetesting // a socket's path may have 107 bytes only, and lp must get in
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{T: t, dir: dir, port: freePort(t)}
	t.Cleanup(func() {
		if t.Failed() {
			b, _ := os.ReadFile(r.path("log/error"))
			t.Logf("driver:\n%s\ncupsd:\n%s\nothers:\n%s", r.log.String(), b[max(0, len(b)-6000):], bytes.Join(r.contents("log/*-*"), nil))
		}
		r.tidyBackends()
		_ = os.RemoveAll(dir)
	})
	for _, d := range []string{"", "root", "spool/tmp", "cache", "state", "log", "printed", "jobs"} {
		if err := os.MkdirAll(r.path(d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	r.configure(directives)
	r.own()
	r.bus()
	r.startPrinter()
	r.startCups()
	r.tool("lpadmin", "-p", "a4", "-E", "-v", r.uri(), "-m", "everywhere")
	r.tool("lpadmin", "-d", "a4")
	r.load("iso_a4_210x297mm", 250)
	return r
}

func (r *rig) path(name string) string { return filepath.Join(r.dir, name) }
func (r *rig) uri() string             { return fmt.Sprintf("ipp://localhost:%d/ipp/print", r.port) }

func (r *rig) write(name, content string, mode fs.FileMode) {
	r.Helper()
	if err := os.WriteFile(r.path(name), []byte(content), mode); err != nil {
		r.Fatal(err)
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}

// own gives the directory to lp if we are root: cupsd as root would want to run its helpers as another user.
func (r *rig) own() {
	r.Helper()
	if os.Geteuid() != 0 {
		return
	}
	lp, err := user.Lookup("lp")
	if err != nil {
		r.Fatalf("there is no user lp to run cupsd as: %v", err)
	}
	uid, _ := strconv.Atoi(lp.Uid)
	gid, _ := strconv.Atoi(lp.Gid)
	r.as = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	err = filepath.WalkDir(r.dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chown(path, uid, gid)
	})
	if err != nil {
		r.Fatal(err)
	}
}

const policy = `
<Location />
  Order allow,deny
  Allow all
</Location>
<Policy default>
  JobPrivateAccess default
  JobPrivateValues default
  <Limit Send-Document Cancel-Job Cancel-My-Jobs Set-Job-Attributes Hold-Job Release-Job>
    Require user @OWNER @SYSTEM
    Order deny,allow
  </Limit>
  <Limit All>
    Order deny,allow
  </Limit>
</Policy>
`

func (r *rig) configure(directives []string) {
	r.Helper()
	group, err := user.LookupGroupId(strconv.Itoa(os.Getegid()))
	if err != nil || group.Name == "root" {
		group = &user.Group{Name: "lp"}
	}
	var files strings.Builder
	for _, f := range [][2]string{
		{"ServerRoot", "root"},
		{"RequestRoot", "spool"},
		{"TempDir", "spool/tmp"},
		{"CacheDir", "cache"},
		{"StateDir", "state"},
		{"AccessLog", "log/access"},
		{"ErrorLog", "log/error"},
		{"PageLog", "log/page"},
	} {
		fmt.Fprintf(&files, "%s %s\n", f[0], r.path(f[1]))
	}
	r.write("root/cups-files.conf", files.String()+"SystemGroup "+group.Name+"\n", 0o644)
	r.write("root/cupsd.conf", strings.Join(append([]string{
		"Listen " + r.path("sock"), "LogLevel debug", "Browsing No", "WebInterface No", "ErrorPolicy retry-job", "DirtyCleanInterval 0",
	}, directives...), "\n")+policy, 0o644)
	r.write("bus.conf", `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><listen>unix:path=`+r.path("bus")+`</listen><policy context="default"><allow user="*"/><allow own="*"/><allow send_type="method_call"/>
<allow receive_type="method_call"/><allow receive_type="method_return"/><allow receive_type="error"/><allow receive_type="signal"/></policy></busconfig>`, 0o644)
	// What the printer does with a document: whatever is written to its panel happens first, while the panel is there.
	r.write("print.sh", fmt.Sprintf(`#!/bin/sh
if [ -p '%[1]s/panel' ]; then cat '%[1]s/panel' >&2; fi
[ -e '%[1]s/fail' ] && exit 1
cp "$1" '%[1]s/printed/'
`, r.dir), 0o755)
}

// start runs a program until the test ends, or stop ends it.
func (r *rig) start(name string, arg ...string) *exec.Cmd {
	r.Helper()
	cmd := exec.Command(program(r.T, name), arg...)
	cmd.Dir = r.dir
	cmd.Env = append(os.Environ(), "DBUS_SYSTEM_BUS_ADDRESS=unix:path="+r.path("bus"), "TMPDIR="+r.dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: r.as, Setpgid: true}
	out, err := os.OpenFile(r.path("log/of-"+name), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		r.Fatal(err)
	}
	defer func() { _ = out.Close() }()
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() { r.stop(cmd) })
	return cmd
}

// stop kills what start started, with its children, as a power cut does.
func (r *rig) stop(cmd *exec.Cmd) {
	if cmd.ProcessState == nil {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		_ = cmd.Wait()
	}
}

// tidyBackends ends what a killed scheduler left running: its filters and backends have process groups of their own.
func (r *rig) tidyBackends() {
	r.Helper()
	procs, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		r.Fatal(err)
	}
	for _, f := range procs {
		env, err := os.ReadFile(f)
		if err != nil || !bytes.Contains(env, []byte("CUPS_SERVERROOT="+r.path("root"))) {
			continue
		}
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(f)))
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
}

// bus starts a message bus: ippeveprinter doesn't start without one, though it needs nobody on it.
func (r *rig) bus() {
	r.Helper()
	r.start("dbus-daemon", "--config-file="+r.path("bus.conf"), "--nofork", "--nopidfile")
	r.await("the bus", func() bool { return dials("unix", r.path("bus")) })
}

func (r *rig) startCups() {
	r.Helper()
	_ = os.Remove(r.path("sock"))
	r.cupsd = r.start("cupsd", "-f", "-c", r.path("root/cupsd.conf"), "-s", r.path("root/cups-files.conf"))
	r.await("cupsd", func() bool { return dials("unix", r.path("sock")) })
}

func (r *rig) startPrinter() {
	r.Helper()
	r.printer = r.start("ippeveprinter", "-v", "-2", "-r", "off", "-n", "localhost", "-p", strconv.Itoa(r.port), "-s", "600",
		"-f", "application/pdf", "-d", r.path("jobs"), "-c", r.path("print.sh"), "Village A4")
	r.await("the printer", func() bool { return dials("tcp", fmt.Sprintf("localhost:%d", r.port)) })
}

func dials(network, addr string) bool {
	c, err := net.Dial(network, addr)
	if err != nil {
		return false
	}
	return c.Close() == nil
}

// await looks until it is so.
func (r *rig) await(what string, so func() bool) {
	r.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(patience); !so(); {
		select {
		case <-tick.C:
		case <-deadline:
			r.Fatalf("waited in vain for %s", what)
		}
	}
}

func (r *rig) tool(name string, arg ...string) {
	r.Helper()
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, program(r.T, name), append([]string{"-h", r.path("sock")}, arg...)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		r.Fatalf("%s %v: %v\n%s", name, arg, err, out)
	}
}

// load puts paper into the printer's tray, by the form that ippeveprinter has for it.
func (r *rig) load(size string, sheets int) {
	r.Helper()
	form := url.Values{"size1": {size}, "type1": {"stationery"}, "level1": {strconv.Itoa(sheets)}, "size3": {""}, "type3": {""}, "level3": {"-2"}}
	resp, err := http.Get(fmt.Sprintf("http://localhost:%d/media?%s", r.port, form.Encode()))
	if err != nil {
		r.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		r.Fatalf("load paper: %s", resp.Status)
	}
}

// panel makes the printer wait in the middle of each job for what is written; closing it lets the job go on.
func (r *rig) panel() *os.File {
	r.Helper()
	path := r.path("panel")
	if err := syscall.Mkfifo(path, 0o666); err != nil {
		r.Fatal(err)
	}
	if err := os.Chmod(path, 0o666); err != nil { // whatever the umask
		r.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0) // never blocks, and the job waits while it is open
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() { _ = f.Close() })
	return f
}

// resume takes the panel away and lets the job go on; drop lets it end without a sheet, as a printer does that was told
// to cancel (ippeveprinter tells its command nothing).
func (r *rig) resume(panel *os.File) {
	r.Helper()
	if err := os.Remove(panel.Name()); err != nil {
		r.Fatal(err)
	}
	_ = panel.Close()
}

func (r *rig) drop(panel *os.File) {
	r.Helper()
	r.write("fail", "", 0o644)
	r.resume(panel)
	if r.printer.ProcessState == nil {
		r.await("the end of the job", func() bool { return bytes.Contains(r.heard(), []byte("exited with status")) })
	}
	if err := os.Remove(r.path("fail")); err != nil {
		r.Fatal(err)
	}
}

// heard is the printer's log.
func (r *rig) heard() []byte {
	b, _ := os.ReadFile(r.path("log/of-ippeveprinter"))
	return b
}

func (r *rig) toldToCancel() bool {
	return bytes.Contains(r.heard(), []byte("Cancel-Job successful-ok"))
}

func (r *rig) say(panel *os.File, line string) {
	r.Helper()
	if _, err := fmt.Fprintln(panel, line); err != nil {
		r.Fatal(err)
	}
}

// driver is a driver for the rig with short times; change may set others.
func (r *rig) driver(change ...func(*a4.Options)) *a4.Printer {
	r.Helper()
	o := a4.Options{
		Server: r.path("sock"), Now: time.Now, Log: slog.New(slog.NewTextHandler(&r.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Poll: 50 * time.Millisecond, Follow: 50 * time.Millisecond, Fault: 300 * time.Millisecond,
		Answer: patience, Finish: patience,
	}
	for _, c := range change {
		c(&o)
	}
	p, err := a4.New(o)
	if err != nil {
		r.Fatal(err)
	}
	return p
}

// printed are the documents that came out of the printer.
func (r *rig) printed() [][]byte {
	r.Helper()
	return r.contents("printed/*")
}

func (r *rig) contents(pattern string) (all [][]byte) {
	r.Helper()
	names, err := filepath.Glob(r.path(pattern))
	if err != nil {
		r.Fatal(err)
	}
	for _, n := range names {
		b, err := os.ReadFile(n)
		if err != nil {
			r.Fatal(err)
		}
		all = append(all, b)
	}
	return all
}

// nothingKept checks that CUPS's spool holds neither a document nor a job's record.
func (r *rig) nothingKept() {
	r.Helper()
	for _, pattern := range []string{"spool/d*", "spool/c*"} {
		if names, _ := filepath.Glob(r.path(pattern)); len(names) > 0 {
			r.Errorf("left in the spool: %v", names)
		}
	}
}

func (r *rig) look(p *a4.Printer) devices.Status {
	r.Helper()
	st, err := p.Look(r.Context())
	if err != nil {
		r.Fatal(err)
	}
	return st
}
