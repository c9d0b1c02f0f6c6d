package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"zhizhu/devices/port"
)

// ask runs `zhizhu-devices probe`.
func ask(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, complaints bytes.Buffer
	code = run(t.Context(), append([]string{"probe"}, args...), strings.NewReader(""), &out, &complaints)
	return code, out.String(), complaints.String()
}

func TestProbe(t *testing.T) {
	dir, root := t.TempDir(), t.TempDir()
	c := play(t, dir)
	if err := os.MkdirAll(filepath.Join(root, "dev/serial/by-id"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{"ttyUSB0": c.ports.IDCard, "ttyUSB1": c.ports.Printer, "ttyUSB2": c.ports.Scanner} {
		if err := os.Symlink(path, filepath.Join(root, "dev", name)); err != nil {
			t.Fatal(err)
		}
	}
	byID := filepath.Join(root, "dev/serial/by-id/usb-reader")
	if err := os.Symlink("../../ttyUSB0", byID); err != nil {
		t.Fatal(err)
	}
	var code int
	var out, complaints string
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); { // a busy machine may answer late
		if code, out, complaints = ask(t, "--root", root); strings.Contains(out, "身份证阅读器") && strings.Contains(out, "推测") {
			break
		}
	}
	for _, want := range []string{
		"端口", "凭条打印机", "扫码器（推测）", "05.03-", "当前为 ttyUSB0",
		"devices:\n  idcard:\n    port: " + byID + "\n    baud: 115200\n  printer:\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	for _, line := range strings.Split(out[strings.Index(out, "推测："):], "\n")[1:] {
		if line != "" && !strings.HasPrefix(line, "  # ") {
			t.Errorf("what was guessed is not commented out: %s", line)
		}
	}
	if code != exitOK {
		t.Errorf("exit code %d: %s", code, complaints)
	}
}

// A lone port that says nothing is a guess, and must not be taken for what was found by a script.
func TestProbeOfASilentPort(t *testing.T) {
	c := play(t, t.TempDir())
	real, err := filepath.EvalSymlinks(c.ports.Scanner)
	if err != nil {
		t.Fatal(err)
	}
	code, out, complaints := ask(t, "--json", c.ports.Scanner)
	var got struct {
		Ports []struct {
			Kind, TTY string
			Sure      *bool
		}
		Config string
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	if len(got.Ports) != 1 || got.Ports[0].Kind != "scanner" || got.Ports[0].Sure == nil || *got.Ports[0].Sure || got.Ports[0].TTY != real {
		t.Errorf("got %s", out)
	}
	for line := range strings.SplitSeq(strings.TrimSpace(got.Config), "\n") {
		if !strings.HasPrefix(strings.TrimSpace(line), "# ") {
			t.Errorf("not commented out: %s", line)
		}
	}
	if code != exitNothing || !strings.Contains(complaints, "for sure") {
		t.Errorf("exit code %d: %s", code, complaints)
	}
	if code, out, _ = ask(t, c.ports.Scanner); code != exitNothing || !strings.Contains(out, "当前为 "+real) {
		t.Errorf("exit code %d: %s", code, out)
	}
}

func TestProbeOfWhatIsNoPort(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string][2]string{
		file: {"不是串口", "not a serial port"}, "/dev/null": {"不是串口", "not a serial port"},
		file + "s": {"没有这个端口", "no such port"},
	} {
		if code, out, _ := ask(t, path); code != exitNothing || !strings.Contains(out, want[0]) || strings.Contains(out, "当前为") {
			t.Errorf("exit code %d: %s", code, out)
		}
		if _, out, _ := ask(t, "--json", path); !strings.Contains(out, want[1]) {
			t.Errorf("got %s", out)
		}
	}
}

func TestProbeOfPortsThatCantBeAsked(t *testing.T) {
	c := play(t, t.TempDir())
	held, err := port.Open(t.Context(), port.Config{Path: c.ports.IDCard, Baud: 115200, Device: "test"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = held.Close() }()
	code, out, complaints := ask(t, "--json", c.ports.IDCard, "/dev/no-such-port")
	var got struct {
		Ports []struct{ Path, Kind, Error string }
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	if len(got.Ports) != 2 || got.Ports[0].Error != "port in use" || got.Ports[1].Error != "no such port" {
		t.Errorf("got %+v", got)
	}
	if code != exitNothing || !strings.Contains(complaints, "no device") {
		t.Errorf("exit code %d: %s", code, complaints)
	}
	if _, out, _ := ask(t, c.ports.IDCard); !strings.Contains(out, "占用") {
		t.Errorf("got %s", out)
	}
	if code, out, _ := ask(t, "--root", t.TempDir()); code != exitNothing || !strings.Contains(out, "没有串口") {
		t.Errorf("exit code %d: %s", code, out)
	}
}

func TestTableCountsChineseTwice(t *testing.T) {
	if got, want := table([][]string{{"端口", "b"}, {"ab", "c"}}), "端口  b\nab    c\n"; got != want {
		t.Errorf("got %q", got)
	}
}
