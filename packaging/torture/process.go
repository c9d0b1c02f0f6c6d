package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// pause waits, or returns ctx's error.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// process is a child in a group of its own, so that a kill takes its checking child and its strace along.
type process struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines chan string   // closed with its output; must be read
	gone  chan struct{} // closed when it has ended
	read  chan struct{} // for who reads lines: closed by him when they are read
	err   error         // of its end
}

func start(log io.Writer, name string, args ...string) (*process, error) {
	p := &process{cmd: exec.Command(name, args...), lines: make(chan string, 4096), gone: make(chan struct{}), read: make(chan struct{})} //nolint:noctx // ended by kill or stop: the harness decides when
	p.cmd.Stderr = log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go func() {
		for s := bufio.NewScanner(out); s.Scan(); {
			p.lines <- s.Text()
		}
		close(p.lines)
		p.err = p.cmd.Wait()
		close(p.gone)
	}()
	return p, nil
}

func (p *process) order(o order) {
	if line, err := json.Marshal(o); err == nil {
		_, _ = p.in.Write(append(line, '\n')) // it may have been killed
	}
}

// kill is kill -9. It returns when the process is gone.
func (p *process) kill() {
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	<-p.gone
}

var errStuck = errors.New("process did not end when it was asked to")

// stop ends a process in order.
func (p *process) stop(ctx context.Context, sig os.Signal) error {
	_ = p.in.Close()
	if sig != nil {
		_ = p.cmd.Process.Signal(sig)
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	select {
	case <-p.gone:
		return p.err
	case <-ctx.Done():
		p.kill()
		return errStuck
	}
}
