package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// selfArg makes the test binary be the command; testscript does so by name.
const selfArg = "zhizhu-gateway"

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){selfArg: main})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Values[holderKey{}] = &holder{}
			env.Setenv("GORACE", "atexit_sleep_ms=0") // a command under the race detector sleeps a second otherwise
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"start":   startScript,
			"halt":    haltScript,
			"lodge":   lodgeScript,
			"code":    codeScript,
			"matches": envScript,
		},
	})
}

// process is a gateway that runs as a process of its own.
type process struct {
	cmd *exec.Cmd
	started
}

// startProcess starts "zhizhu-gateway serve" and reads its first line.
func startProcess(path string, env []string, dir string, args ...string) (p *process, err error) {
	cmd := exec.Command(path, append([]string{"serve", "--dir", dir}, args...)...)
	cmd.Env = env
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p = &process{cmd: cmd}
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &p.started)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("first line %q: %w", line, err), p.end(syscall.SIGKILL))
	}
	return p, nil
}

// end sends a signal and waits. Dying of that very signal is no error.
func (p *process) end(signal syscall.Signal) error {
	if err := p.cmd.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	err := p.cmd.Wait()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() && status.Signal() == signal {
			return nil
		}
	}
	return err
}

func scriptEnv(ts *testscript.TestScript) []string {
	return append(os.Environ(), "HOME="+ts.Getenv("HOME"), "TMPDIR="+ts.Getenv("TMPDIR"), "GORACE="+ts.Getenv("GORACE"))
}

// startScript is "start DIR [ARG...]": serves DIR in a process, and sets ADDRESS and CA.
func startScript(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: start DIR [ARG...]")
	}
	path, err := exec.LookPath(selfArg)
	ts.Check(err)
	p, err := startProcess(path, scriptEnv(ts), ts.MkAbs(args[0]), args[1:]...)
	ts.Check(err)
	ts.Defer(func() { _ = p.end(syscall.SIGKILL) }) // if the script ended early
	ts.Setenv("ADDRESS", p.Address)
	ts.Setenv("CA", p.CA)
	ts.Setenv("METRICS", p.Metrics)
	ts.Value(holderKey{}).(*holder).process = p
}

// holder has a script's running gateway.
type holder struct{ *process }

type holderKey struct{}

// haltScript is "halt SIGTERM|SIGKILL": ends what start started.
func haltScript(ts *testscript.TestScript, neg bool, args []string) {
	signals := map[string]syscall.Signal{"SIGTERM": syscall.SIGTERM, "SIGINT": syscall.SIGINT, "SIGKILL": syscall.SIGKILL}
	if neg || len(args) != 1 || signals[args[0]] == 0 {
		ts.Fatalf("usage: halt SIGTERM|SIGINT|SIGKILL")
	}
	ts.Check(ts.Value(holderKey{}).(*holder).end(signals[args[0]]))
}

// lodgeScript is "lodge CODE N": enrols a terminal with the code and lodges N matters.
func lodgeScript(ts *testscript.TestScript, neg bool, args []string) {
	var n int
	if len(args) != 2 {
		ts.Fatalf("usage: lodge CODE N")
	}
	_, err := fmt.Sscan(args[1], &n)
	ts.Check(err)
	m, err := enrol(ts.Getenv("ADDRESS"), ts.Getenv("CA"), args[0])
	if neg {
		if err == nil {
			ts.Fatalf("enrolled as %s", m.Terminal)
		}
		return
	}
	ts.Check(err)
	for i := range n {
		ts.Check(m.lodge(fmt.Sprintf("%s-%04d", m.Terminal, i+1)))
	}
}

// codeScript is "code stdout": sets CODE to the code that the last command printed.
func codeScript(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: code stdout")
	}
	var made struct{ Code string }
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &made))
	ts.Setenv("CODE", made.Code)
}

// envScript is "matches NAME PATTERN": the variable must match.
func envScript(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: matches NAME PATTERN")
	}
	if regexp.MustCompile(args[1]).MatchString(ts.Getenv(args[0])) == neg {
		ts.Fatalf("%s is %q", args[0], ts.Getenv(args[0]))
	}
}
