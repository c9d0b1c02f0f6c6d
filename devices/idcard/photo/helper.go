package photo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// WLTLen is the length of a photo as cards have it.
const WLTLen = 1024

// What can go wrong, beside ErrFormat. Words can be chosen by errors.Is; none holds anything of a photo.
var (
	ErrNoHelper = errors.New("no helper program is configured")
	ErrInput    = fmt.Errorf("photo has not %d bytes", WLTLen)
	ErrStart    = errors.New("helper program can't be started")
	ErrTime     = errors.New("helper program took too long and was ended")
	ErrFailed   = errors.New("helper program failed")
	ErrTooBig   = errors.New("helper program wrote too much and was ended")
)

// Options of a Helper.
type Options struct {
	// Program is the absolute path of the helper program. Empty means that there is none: Decode returns ErrNoHelper.
	Program string
	// Timeout ends a helper that takes longer. Zero means 3 s.
	Timeout time.Duration
	// MaxOutput is how many bytes of output are taken. Zero means 1 MiB.
	MaxOutput int
}

// Helper decodes photos by running the helper program. It is safe for concurrent use.
type Helper struct{ opts Options }

// New makes a Helper.
func New(o Options) *Helper {
	if o.Timeout <= 0 {
		o.Timeout = 3 * time.Second
	}
	if o.MaxOutput <= 0 {
		o.MaxOutput = 1 << 20
	}
	return &Helper{opts: o}
}

// Decode returns the picture of a photo's 1024 WLT bytes. What was read of the helper is overwritten. When it returns,
// the helper and all that it started in its process group are gone.
func (h *Helper) Decode(ctx context.Context, wlt []byte) (image.Image, error) {
	switch {
	case h.opts.Program == "":
		return nil, ErrNoHelper
	case len(wlt) != WLTLen:
		return nil, fmt.Errorf("decode photo of %d bytes: %w", len(wlt), ErrInput)
	case !filepath.IsAbs(h.opts.Program):
		return nil, fmt.Errorf("decode photo by %s: %w: give its absolute path", h.opts.Program, ErrStart)
	}
	out, err := h.run(ctx, wlt)
	defer clear(out)
	if err != nil {
		return nil, fmt.Errorf("decode photo by %s: %w", h.opts.Program, err)
	}
	return Parse(out)
}

// run runs the program and returns its output, no more than MaxOutput and one byte.
func (h *Helper) run(ctx context.Context, wlt []byte) ([]byte, error) {
	within, cancel := context.WithTimeoutCause(ctx, h.opts.Timeout, ErrTime)
	defer cancel()
	cmd := exec.Command(h.opts.Program) //nolint:gosec,noctx // staff's config names it; its end is the whole group's, below
	cmd.Env, cmd.Dir, cmd.Stdin = []string{}, "/", bytes.NewReader(wlt)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.WaitDelay = time.Second // for a grandchild that has left the group and holds the pipes
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrStart, err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrStart, err)
	}
	g := &group{id: cmd.Process.Pid}
	stop := context.AfterFunc(within, func() {
		g.kill()
		_ = stdout.Close()
	})
	defer stop()
	out, n, read := make([]byte, h.opts.MaxOutput+1), 0, make(chan error)
	go func() {
		var err error
		if n, err = io.ReadFull(stdout, out); n > h.opts.MaxOutput {
			g.kill()
		}
		read <- err
	}()
	g.reap()
	rerr := <-read
	return out[:n], h.judge(within, n, rerr, cmd.Wait())
}

// group is the helper's process group. Its id is that of the helper.
type group struct {
	mu   sync.Mutex
	id   int
	over bool // the id may be another's now
}

func (g *group) kill() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.over {
		_ = unix.Kill(-g.id, unix.SIGKILL) // where nobody is left, that is well too
	}
}

// reap waits for the helper's end and ends what it has left behind in its group. It leaves the helper to be waited
// for, so that the id is still its own all the while.
func (g *group) reap() {
	for {
		err := unix.Waitid(unix.P_PID, g.id, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			break
		}
	}
	g.kill()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.over = true
}

// judge turns the ways in which a run can end into one error.
func (h *Helper) judge(within context.Context, n int, rerr, werr error) error {
	if errors.Is(rerr, io.EOF) || errors.Is(rerr, io.ErrUnexpectedEOF) {
		rerr = nil
	}
	switch {
	case n > h.opts.MaxOutput:
		return fmt.Errorf("%w: more than %d bytes", ErrTooBig, h.opts.MaxOutput)
	case werr == nil && rerr == nil:
		return nil
	case within.Err() != nil:
		return context.Cause(within)
	case werr != nil:
		return fmt.Errorf("%w: %w", ErrFailed, werr)
	}
	return fmt.Errorf("%w: read its output: %w", ErrFailed, rerr)
}
