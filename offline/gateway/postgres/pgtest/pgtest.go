// Package pgtest starts a PostgreSQL server of a test's own, with fsync on, so that tests run what a county runs and need
// no set-up. It needs Debian's postgresql, or initdb and postgres in PATH; as root it runs them as an unprivileged user,
// since they refuse root.
//
// It must never know what is kept in the server.
package pgtest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// patience is how long the server may take to start, on a loaded machine.
const patience = 2 * time.Minute

// Server is one PostgreSQL server with its own data, reached by a socket in its own directory. Only DSN may be called at
// once from several goroutines.
type Server struct {
	dir   string
	bin   string
	owner *syscall.Credential // nil: as who we are
	named atomic.Int64        // schemas so far
	proc  *process
}

// process is one run of the server.
type process struct {
	cmd   *exec.Cmd
	ready chan struct{} // closed when it takes connections
	ended chan struct{} // closed when it has ended
	once  sync.Once
	mu    sync.Mutex
	said  []string // its last words
}

// New makes a server and starts it; it ends with the test. The test is skipped where PostgreSQL is not installed.
func New(tb testing.TB) *Server {
	tb.Helper()
	bin, err := find()
	if err != nil {
		tb.Skipf("PostgreSQL is missing (apt install postgresql): %v", err)
	}
	owner, err := unprivileged()
	if err != nil {
		tb.Skipf("PostgreSQL refuses root, and there is nobody else to run it: %v", err)
	}
	dir, err := os.MkdirTemp("", "pg") //nolint:usetesting // nobody else may enter tb.TempDir, and a socket's path is short
	if err != nil {
		tb.Fatal(err)
	}
	s := &Server{dir: dir, bin: bin, owner: owner}
	tb.Cleanup(func() {
		if s.proc != nil {
			s.Stop(tb)
		}
		if err := os.RemoveAll(dir); err != nil {
			tb.Errorf("clean up: %v", err)
		}
	})
	if owner != nil {
		if err := os.Chown(dir, int(owner.Uid), int(owner.Gid)); err != nil {
			tb.Fatal(err)
		}
	}
	initdb := s.command(tb.Context(), "initdb", "-D", s.data(), "-U", "test", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	if out, err := initdb.CombinedOutput(); err != nil {
		tb.Fatalf("initdb: %v\n%s", err, out)
	}
	s.Start(tb)
	return s
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

func (s *Server) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(s.bin, name), args...)
	cmd.Dir = s.dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + s.dir, "LC_ALL=C"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.owner, Setpgid: true, Pdeathsig: syscall.SIGQUIT}
	return cmd
}

// Start starts the server, after New or Stop, and returns once it takes connections.
func (s *Server) Start(tb testing.TB) {
	tb.Helper()
	p := &process{ready: make(chan struct{}), ended: make(chan struct{})}
	p.cmd = s.command(context.WithoutCancel(tb.Context()), "postgres", "-D", s.data(), "-k", s.dir, "-c", "listen_addresses=",
		"-c", "max_connections=200", "-c", "shared_buffers=128MB") // fsync is on by itself
	errs, err := p.cmd.StderrPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		tb.Fatalf("start PostgreSQL: %v", err)
	}
	go p.watch(errs)
	s.proc = p
	select {
	case <-p.ready:
	case <-p.ended:
		tb.Fatalf("PostgreSQL ended at its start:\n%s", p.words())
	case <-time.After(patience):
		tb.Fatalf("PostgreSQL did not start:\n%s", p.words())
	}
}

// watch reads what the server says until it ends.
func (p *process) watch(errs io.Reader) {
	defer close(p.ended)
	lines := bufio.NewScanner(errs)
	for lines.Scan() {
		p.mu.Lock()
		p.said = append(p.said, lines.Text())
		p.said = p.said[max(0, len(p.said)-50):]
		p.mu.Unlock()
		if strings.Contains(lines.Text(), "ready to accept connections") {
			p.once.Do(func() { close(p.ready) })
		}
	}
	_ = p.cmd.Wait() // its words say why
}

func (p *process) words() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.said, "\n")
}

// Stop ends the server as a crash does: no connection is ended in order, nothing is written out.
func (s *Server) Stop(tb testing.TB) {
	tb.Helper()
	p := s.proc
	s.proc = nil
	if err := p.cmd.Process.Signal(syscall.SIGQUIT); err != nil && !errors.Is(err, os.ErrProcessDone) {
		tb.Fatalf("stop PostgreSQL: %v", err)
	}
	select {
	case <-p.ended:
	case <-time.After(patience):
		tb.Fatalf("PostgreSQL did not end:\n%s", p.words())
	}
}

// DSN makes an empty schema and returns how to connect to it.
func (s *Server) DSN(tb testing.TB) string {
	tb.Helper()
	schema := "place" + strconv.FormatInt(s.named.Add(1), 10)
	dsn := fmt.Sprintf("host=%s user=test dbname=postgres", s.dir)
	conn, err := pgx.Connect(tb.Context(), dsn)
	if err != nil {
		tb.Fatalf("connect: %v", err)
	}
	_, err = conn.Exec(tb.Context(), "CREATE SCHEMA "+schema)
	if err := errors.Join(err, conn.Close(tb.Context())); err != nil {
		tb.Fatalf("create schema: %v", err)
	}
	return dsn + " search_path=" + schema
}

// find returns the directory of the newest initdb.
func find() (string, error) {
	dirs, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil {
		return "", err
	}
	slices.SortFunc(dirs, func(a, b string) int { return version(b) - version(a) })
	for _, dir := range dirs {
		if _, err := os.Stat(filepath.Join(dir, "initdb")); err == nil {
			return dir, nil
		}
	}
	path, err := exec.LookPath("initdb")
	return filepath.Dir(path), err
}

func version(dir string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(dir))) // anything else counts as 0
	return n
}

// unprivileged returns who runs the server: nil for who we are, unless that is root.
func unprivileged() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.ParseUint(u.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(uidErr, gidErr); err != nil {
			return nil, err
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, fs.ErrNotExist
}
