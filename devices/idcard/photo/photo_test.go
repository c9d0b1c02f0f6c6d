package photo_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/image/bmp"
	"golang.org/x/sys/unix"

	"zhizhu/devices/idcard/photo"
)

// TestMain makes this binary the helper program too: as a link whose name says what it does. Nothing else can tell it,
// because a helper gets neither arguments nor environment.
func TestMain(m *testing.M) {
	if act, ok := acts()[filepath.Base(os.Args[0])]; ok {
		act()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// acts are what helpers do.
func acts() map[string]func() {
	return map[string]func(){
		"png":   func() { input(); say(func(w io.Writer) error { return png.Encode(w, face()) }) },
		"bmp":   func() { input(); say(func(w io.Writer) error { return bmp.Encode(w, face()) }) },
		"raw":   func() { input(); _, _ = os.Stdout.Write(rawFace()) },
		"echo":  func() { _, _ = io.Copy(os.Stdout, os.Stdin) },
		"fails": func() { fmt.Fprintln(os.Stderr, "licence missing"); os.Exit(3) },
		"deaf":  func() { _, _ = os.Stdout.Write(rawFace()) }, // never reads
		"floods": func() {
			for {
				_, _ = os.Stdout.Write(make([]byte, 1<<16))
			}
		},
		"hangs":  func() { input(); <-time.After(time.Hour) },
		"closes": func() { _, _ = os.Stdout.Write(rawFace()); _ = os.Stdout.Close(); <-time.After(time.Hour) },
		"asks":   func() { input(); _, _ = fmt.Fprintf(os.Stdout, "%d %d", len(os.Args), len(os.Environ())) },
		"lurks":  func() { <-time.After(time.Hour) },
		// leaves a child behind that holds its stdout, and tells its id in a file beside the program.
		"leaves": func() {
			input()
			dir := filepath.Dir(os.Args[0])
			child := exec.Command(filepath.Join(dir, "lurks"))
			child.Stdout = os.Stdout
			if err := child.Start(); err != nil {
				os.Exit(4)
			}
			if err := os.WriteFile(filepath.Join(dir, "child"), []byte(strconv.Itoa(child.Process.Pid)), 0o600); err != nil {
				os.Exit(4)
			}
			_, _ = os.Stdout.Write(rawFace())
		},
	}
}

func input() {
	if b, err := io.ReadAll(os.Stdin); err != nil || len(b) != photo.WLTLen {
		os.Exit(5)
	}
}

func say(encode func(io.Writer) error) {
	if encode(os.Stdout) != nil {
		os.Exit(6)
	}
}

func face() image.Image {
	m := image.NewNRGBA(image.Rect(0, 0, photo.Width, photo.Height))
	for y := range photo.Height {
		for x := range photo.Width {
			m.Set(x, y, color.NRGBA{R: uint8(x), G: uint8(y), B: 200, A: 255})
		}
	}
	return m
}

func rawFace() []byte {
	var b []byte
	for y := photo.Height - 1; y >= 0; y-- {
		for x := range photo.Width {
			b = append(b, 200, uint8(y), uint8(x))
		}
	}
	return b
}

// helper links this binary under a name and returns the path.
func helper(t *testing.T, name string) string {
	t.Helper()
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for act := range acts() {
		if err := os.Symlink(self, filepath.Join(dir, act)); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, name)
}

const patience = time.Minute // for a busy machine; nothing here needs it

func TestHelpersPicturesAreTaken(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"png", "bmp", "raw", "deaf"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, err := photo.New(photo.Options{Program: helper(t, name), Timeout: patience}).Decode(t.Context(), make([]byte, photo.WLTLen))
			if err != nil {
				t.Fatal(err)
			}
			if m.Bounds().Size() != image.Pt(photo.Width, photo.Height) {
				t.Fatalf("%v", m.Bounds())
			}
			for _, at := range []image.Point{{}, {101, 0}, {0, 125}, {50, 60}} {
				if got, want := color.NRGBAModel.Convert(m.At(at.X, at.Y)), face().At(at.X, at.Y); got != want {
					t.Errorf("%v is %v, want %v", at, got, want)
				}
			}
		})
	}
}

func TestHelpersThatFail(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		timeout time.Duration
		want    error
	}{
		"echo":    {patience, photo.ErrFormat},
		"asks":    {patience, photo.ErrFormat},
		"fails":   {patience, photo.ErrFailed},
		"floods":  {patience, photo.ErrTooBig},
		"hangs":   {300 * time.Millisecond, photo.ErrTime},
		"closes":  {300 * time.Millisecond, photo.ErrTime},
		"leaves":  {patience, nil},
		"missing": {patience, photo.ErrStart},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			program := helper(t, name)
			_, err := photo.New(photo.Options{Program: program, Timeout: tc.timeout}).Decode(t.Context(), make([]byte, photo.WLTLen))
			if !errors.Is(err, tc.want) {
				t.Fatalf("got %v, want %v", err, tc.want)
			}
			if name != "leaves" {
				return
			}
			b, err := os.ReadFile(filepath.Join(filepath.Dir(program), "child"))
			if err != nil {
				t.Fatal(err)
			}
			pid, err := strconv.Atoi(string(b))
			if err != nil {
				t.Fatal(err)
			}
			awaitEnd(t, pid)
		})
	}
}

// awaitEnd waits until a process is gone, or a zombie that nobody of ours will ever wait for.
func awaitEnd(t *testing.T, pid int) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(patience); ; {
		if err := unix.Kill(pid, 0); errors.Is(err, unix.ESRCH) {
			return
		}
		if stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); err != nil || strings.Contains(string(stat), ") Z ") {
			return
		}
		select {
		case <-tick.C:
		case <-late:
			t.Fatal("what the helper left behind still runs")
		}
	}
}

// TestAHelperIsToldNothing: neither argument nor environment.
func TestAHelperIsToldNothing(t *testing.T) {
	t.Parallel()
	cmd := exec.Command(helper(t, "asks"))
	cmd.Env, cmd.Stdin = []string{"A=1"}, bytes.NewReader(make([]byte, photo.WLTLen))
	if out, err := cmd.Output(); err != nil || string(out) != "1 1" {
		t.Fatalf("the helper doesn't count right: %q, %v", out, err)
	}
	_, err := photo.New(photo.Options{Program: helper(t, "asks"), Timeout: patience}).Decode(t.Context(), make([]byte, photo.WLTLen))
	if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("of %d bytes", len("1 0"))) {
		t.Fatal(err)
	}
}

func TestDecodeEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(100*time.Millisecond, cancel)
	_, err := photo.New(photo.Options{Program: helper(t, "hangs"), Timeout: patience}).Decode(ctx, make([]byte, photo.WLTLen))
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestWhatIsRefusedBeforeAHelperRuns(t *testing.T) {
	for name, tc := range map[string]struct {
		program string
		wlt     int
		want    error
	}{
		"no helper":     {"", photo.WLTLen, photo.ErrNoHelper},
		"no photo":      {"/bin/cat", 0, photo.ErrInput},
		"half a photo":  {"/bin/cat", 512, photo.ErrInput},
		"relative path": {"cat", photo.WLTLen, photo.ErrStart},
		"a directory":   {"/", photo.WLTLen, photo.ErrStart},
	} {
		if _, err := photo.New(photo.Options{Program: tc.program}).Decode(t.Context(), make([]byte, tc.wlt)); !errors.Is(err, tc.want) {
			t.Errorf("%s: %v, want %v", name, err, tc.want)
		}
	}
}

func TestPicturesThatAreNone(t *testing.T) {
	var huge bytes.Buffer
	if err := png.Encode(&huge, image.NewGray(image.Rect(0, 0, 1025, 1))); err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{
		"nothing": nil, "text": []byte("error: no licence"), "raw, a byte short": rawFace()[1:], "a PNG's head": huge.Bytes()[:20],
		"too wide": huge.Bytes(), "a BMP's head": []byte("BM\x00\x00"),
	} {
		if _, err := photo.Parse(b); !errors.Is(err, photo.ErrFormat) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, encode := range []func(io.Writer, image.Image) error{png.Encode, bmp.Encode} {
		var b bytes.Buffer
		if err := encode(&b, image.NewGray(image.Rect(0, 0, 3, 2))); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
	}
	f.Add([]byte("BM"))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := photo.Parse(b)
		if (m == nil) == (err == nil) {
			t.Error("neither a picture nor an error, or both")
		}
		if err != nil && !errors.Is(err, photo.ErrFormat) {
			t.Error(err)
		}
	})
}
