package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"zhizhu/devices"
)

func a4Run(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, complaints bytes.Buffer
	code = run(t.Context(), append([]string{"a4"}, args...), strings.NewReader(""), &out, &complaints)
	return code, out.String(), complaints.String()
}

// What printing does is tested in devices/a4, on a real scheduler; here it isn't running.
func TestA4WithoutAScheduler(t *testing.T) {
	dir := t.TempDir()
	sock := filepath.Join(dir, "sock")
	code, out, complaint := a4Run(t, "status", "--server", sock)
	if code != exitFailed || !strings.Contains(out, "没有连上") || !strings.Contains(out, "CUPS") || !strings.Contains(complaint, "不能打印") {
		t.Errorf("%d %q %q", code, out, complaint)
	}
	code, out, _ = a4Run(t, "status", "--json", "--server", sock)
	var st map[string]string
	if err := json.Unmarshal([]byte(out), &st); err != nil || code != exitFailed {
		t.Fatalf("%d %q: %v", code, out, err)
	}
	if st["state"] != "missing" || st["reason"] != "no such port" || st["paper"] != "unknown" {
		t.Errorf("%v", st)
	}
	if code, _, complaint := a4Run(t, "test-page", "--server", sock); code != exitFailed || !strings.Contains(complaint, "没有打印：打印服务") {
		t.Errorf("%d %q", code, complaint)
	}
	doc := filepath.Join(dir, "doc.pdf")
	if err := os.WriteFile(doc, []byte("not one"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, complaint := a4Run(t, "print", doc, "--server", sock); code != exitFailed || !strings.Contains(complaint, "%PDF-") {
		t.Errorf("%d %q", code, complaint)
	}
	if code, _, complaint := a4Run(t, "status", "--queue", "a b"); code != exitFailed || !strings.Contains(complaint, "lpstat") {
		t.Errorf("%d %q", code, complaint)
	}
}

func TestA4HasWordsForAllThatCanHappen(t *testing.T) {
	for _, s := range []devices.State{devices.Unknown, devices.Ready, devices.Busy, devices.Missing, devices.Faulty} {
		if a4State(s, true) == "" || a4State(s, false) == "" {
			t.Errorf("no word for state %d", s)
		}
	}
	for _, p := range []devices.Paper{devices.PaperUnknown, devices.PaperOK, devices.PaperLow, devices.PaperEnd} {
		if a4Paper(p, true) == "" || a4Paper(p, false) == "" {
			t.Errorf("no word for paper %d", p)
		}
	}
}
