package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// slowestRead is the pace of a poor eMMC, for the time limit of large files, in bytes a second.
const slowestRead = 4 << 20

// check lets a child process open and check the file at path. A cause means that it is damaged. An error means that this
// isn't known.
func check(ctx context.Context, o Options, path string) (cause string, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("check data file: %w", errors.Join(ErrUnchecked, err))
	}
	exe := o.Executable
	if exe == "" {
		if exe, err = os.Executable(); err != nil {
			return "", fmt.Errorf("find own program: %w", errors.Join(ErrUnchecked, err))
		}
	}
	limit := o.CheckTimeout + time.Duration(info.Size()/slowestRead)*time.Second
	limited, cancel := context.WithTimeoutCause(ctx, limit, errCheckTime)
	defer cancel()
	cmd := exec.CommandContext(limited, exe, ChildArg, path, strconv.Itoa(o.Schema.Version))
	// A child built with the race detector would sleep for a second before it ends.
	cmd.Env = append(os.Environ(), childEnv+"=1", "GOTRACEBACK=none", "GORACE=atexit_sleep_ms=0")
	cmd.WaitDelay = time.Second
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	err = cmd.Run()
	if ctx.Err() != nil {
		return "", fmt.Errorf("check data file: %w", ctx.Err())
	}
	return judge(out.String(), firstLine(complaint.String()), err, context.Cause(limited))
}

var errCheckTime = errors.New("check took too long")

// judge draws the conclusion from what the child wrote and how it ended.
func judge(out, complaint string, end, cause error) (damage string, err error) {
	rest, greeted := strings.CutPrefix(out, greeting+"\n")
	if !greeted {
		return "", fmt.Errorf("check data file: the child did not start (%s): %w", complaint, errors.Join(ErrUnchecked, end))
	}
	var v verdict
	if line, _, ok := strings.Cut(rest, "\n"); ok && json.Unmarshal([]byte(line), &v) == nil {
		switch v.State {
		case stateGood:
			return "", nil
		case stateDamaged:
			return v.Cause, nil
		case stateLocked:
			return "", ErrLocked
		case stateNewer:
			return "", newer(v.Found, v.Program)
		}
		return "", fmt.Errorf("check data file: %s: %w", v.Cause, ErrUnchecked)
	}
	if errors.Is(cause, errCheckTime) {
		return errCheckTime.Error(), nil
	}
	if exit, ok := errors.AsType[*exec.ExitError](end); ok {
		if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() && status.Signal() == syscall.SIGKILL {
			// Somebody else killed it: the kernel, for want of memory, or staff.
			return "", fmt.Errorf("check data file: the child was killed: %w", ErrUnchecked)
		}
	}
	return "the checking child crashed: " + complaint, nil
}

// newer says which program a file is for.
func newer(found int, program string) error {
	if program == "" {
		return fmt.Errorf("%w (its format is %d)", ErrNewer, found)
	}
	return fmt.Errorf("%w (its format is %d, of program %s)", ErrNewer, found, program)
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	if len(line) > 200 {
		line = line[:200]
	}
	return line
}
