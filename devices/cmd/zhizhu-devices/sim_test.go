package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/idcard"
	"zhizhu/devices/printer"
	"zhizhu/devices/sim/script"
)

// scriptFile writes a script and returns its path.
func scriptFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "script.txt")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestEachDeviceIsAProcessOfItsOwn(t *testing.T) {
	for _, device := range deviceNames() {
		link := filepath.Join(t.TempDir(), "tty-"+device)
		var out bytes.Buffer
		if code := run(t.Context(), []string{"sim", device, "--link", link, "--script", scriptFile(t, "quit")}, strings.NewReader(""), &out, &out); code != exitOK {
			t.Errorf("%s: exit code %d, %s", device, code, out.String())
		}
		var got map[string]string
		if err := json.Unmarshal([]byte(strings.SplitN(out.String(), "\n", 2)[0]), &got); err != nil || len(got) != 1 || got[device] != link {
			t.Errorf("%s: first line %s, %v", device, out.String(), err)
		}
		if _, err := os.Lstat(link); err == nil {
			t.Errorf("%s: the link is still there", device)
		}
	}
}

func TestAScriptThatFailsEndsWithAnError(t *testing.T) {
	for text, want := range map[string]string{
		"# one\nwait receipt 1ms\n": "line 2, wait: no receipt", "printr ok": `did you mean "printer"`, "after 1ms quit": "",
	} {
		var out bytes.Buffer
		code := run(t.Context(), []string{"sim", "--dir", t.TempDir(), "--script", scriptFile(t, text)}, strings.NewReader(""), &out, &out)
		if (code == exitFailed) != (want != "") || !strings.Contains(out.String(), want) {
			t.Errorf("%s: exit code %d, %s", text, code, out.String())
		}
	}
	var out bytes.Buffer
	if code := run(t.Context(), []string{"sim", "--help-script"}, strings.NewReader(""), &out, &out); code != exitOK || out.String() != script.Help() {
		t.Errorf("exit code %d, %s", code, out.String())
	}
	for _, wrong := range [][]string{{"sim", "idcard"}, {"sim", "--dir", "x", "--link", "y"}, {"sim", "toaster", "--link", "x"}} {
		if code := run(t.Context(), wrong, strings.NewReader(""), &out, &out); code != exitUsage {
			t.Errorf("%v: exit code %d", wrong, code)
		}
	}
}

// TestAScriptedMorning plays what goes wrong on a morning, typed, against the drivers.
func TestAScriptedMorning(t *testing.T) {
	c := play(t, t.TempDir())
	events := make(chan devices.CardEvent, 100)
	r := idcard.New(idcard.Options{Now: time.Now, OnEvent: func(e devices.CardEvent) { events <- e }})
	serve(t, c.ports.IDCard, 115200, r)
	p, err := printer.New(printer.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	status := serve(t, c.ports.Printer, 115200, p)
	await(t, status, "ready", state(devices.Ready))
	r.Arm(true)
	c.ok("reader fault late 40ms 3 times")
	c.ok("reader fault checksum once")
	c.ok("reader status 81 twice")
	c.ok("card liu-agen")
	if e := await(t, events, "the card", func(e devices.CardEvent) bool { return e.Kind == devices.CardRead }); e.Card.Name != "刘阿根" {
		t.Error("another card was read")
	}
	c.ok("lift")
	c.ok("printer xoff 1s at 20")
	if _, err := c.in.Write([]byte("repeat 2\nprinter speed 4000\nend\n")); err != nil {
		t.Fatal(err)
	}
	if got := c.line(); got.OK != "end" {
		t.Errorf("%+v", got)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if res := p.Print(ctx, devices.Document{Title: "test", Blocks: []devices.Block{{Text: "收件凭证"}}}); res.Outcome != devices.Printed {
		t.Errorf("outcome %v", res)
	}
	if got := c.line(); got.Receipt == "" {
		t.Errorf("%+v", got)
	}
	c.ok("wait receipt 1s")
}
