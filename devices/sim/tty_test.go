package sim

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func openTTY(t *testing.T, link string, baud int) *TTY {
	t.Helper()
	tty, err := OpenTTY(link, baud)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tty.Close() })
	return tty
}

// host opens the other end as a program would.
func host(t *testing.T, path string) *os.File {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func readN(t *testing.T, f *os.File, n int) []byte {
	t.Helper()
	if err := f.SetReadDeadline(now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	out := make([]byte, 0, n)
	buf := make([]byte, 512)
	for len(out) < n {
		k, err := f.Read(buf)
		if err != nil {
			t.Fatalf("after %d of %d bytes: %v", len(out), n, err)
		}
		out = append(out, buf[:k]...)
	}
	return out
}

func TestTTYCarriesEveryByteAtBaud(t *testing.T) {
	tty := openTTY(t, filepath.Join(t.TempDir(), "line"), 115200)
	h := host(t, tty.Path())
	want := make([]byte, 1295)
	for i := range want {
		want[i] = byte(i)
	}
	done := make(chan error, 1)
	start := now()
	go func() { done <- tty.Send(t.Context(), want) }()
	got := readN(t, h, len(want))
	took := now().Sub(start)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("bytes changed on the way")
	}
	wire := time.Duration(len(want)) * 10 * time.Second / 115200
	if took < wire {
		t.Errorf("1295 bytes took %v, the wire needs %v", took, wire)
	}
	t.Logf("1295 bytes took %v, wire %v", took, wire)
}

func TestTTYReceivesAtBaud(t *testing.T) {
	tty := openTTY(t, "", 115200)
	h := host(t, tty.Path())
	want := bytes.Repeat([]byte{0, 3, 10, 13, 17, 19, 127, 255}, 100)
	start := now()
	if _, err := h.Write(want); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 0, len(want))
	buf := make([]byte, 256)
	for len(got) < len(want) {
		n, err := tty.Recv(t.Context(), buf)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, buf[:n]...)
	}
	if !bytes.Equal(got, want) {
		t.Error("bytes changed on the way")
	}
	if took, wire := now().Sub(start), (pace{115200}).wire(len(want)); took < wire {
		t.Errorf("%d bytes took %v, the wire needs %v", len(want), took, wire)
	}
}

func TestTTYHangsUpAndComesBackUnderItsLink(t *testing.T) {
	link := filepath.Join(t.TempDir(), "dev", "line")
	tty := openTTY(t, link, 0)
	h := host(t, link)
	if err := tty.HangUp(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(link); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the link is still there: %v", err)
	}
	if _, err := h.Read(make([]byte, 1)); err == nil {
		t.Error("the host doesn't see the hang-up")
	}
	if err := tty.Send(t.Context(), []byte("x")); !errors.Is(err, ErrUnplugged) {
		t.Errorf("send while unplugged: %v", err)
	}
	got := make(chan string, 1)
	go func() {
		buf := make([]byte, 8)
		n, _ := tty.Recv(t.Context(), buf)
		got <- string(buf[:n])
	}()
	if err := tty.Restore(); err != nil {
		t.Fatal(err)
	}
	if _, err := host(t, link).Write([]byte("a")); err != nil {
		t.Fatal(err)
	}
	if s := <-got; s != "a" {
		t.Errorf("received %q after replug", s)
	}
}

func TestTTYRecvEndsWithItsContextAndWithClose(t *testing.T) {
	tty := openTTY(t, "", 9600)
	for _, plugged := range []bool{true, false} {
		if !plugged {
			if err := tty.HangUp(); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { _, err := tty.Recv(ctx, make([]byte, 1)); done <- err }()
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("plugged %v: %v", plugged, err)
		}
	}
	done := make(chan error, 1)
	go func() { _, err := tty.Recv(t.Context(), make([]byte, 1)); done <- err }()
	if err := tty.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; !errors.Is(err, os.ErrClosed) {
		t.Errorf("after close: %v", err)
	}
}

func TestTTYSendLosesWhatNobodyReads(t *testing.T) {
	tty := openTTY(t, "", 0)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if err := tty.Send(ctx, make([]byte, 1<<20)); err != nil {
		t.Fatalf("a line that nobody reads holds its sender up: %v", err)
	}
}

func TestTTYLeavesOtherFilesAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte("kept"), 0o600); err != nil {
		t.Fatal(err)
	}
	if tty, err := OpenTTY(path, 0); err == nil {
		_ = tty.Close()
		t.Fatal("a plain file was replaced by a link")
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "kept" {
		t.Errorf("file is now %q, %v", b, err)
	}
}
