package commands

import (
	"bytes"
	"encoding/json"
	"os"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// await FILE WORDS waits until a file holds the words.
func await(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: await FILE WORDS")
	}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(30 * time.Second); ; {
		data, err := os.ReadFile(ts.MkAbs(args[0]))
		if err == nil && bytes.Contains(data, []byte(args[1])) {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			ts.Fatalf("%s never held %q; it holds %q", args[0], args[1], data)
		}
	}
}

// enrolled reads what `zhizhu-gateway serve` said first (FILE) into $ADDRESS and $CA, and writes config.yaml.
func enrolled(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: enrolled FILE")
	}
	var said struct{ Address, CA string }
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &said))
	ts.Setenv("ADDRESS", said.Address)
	config := "data_dir: data\nstation: {code: MX0427, name: 示范村便民服务站}\nupstream: {url: \"https://" + said.Address +
		"\", ca: " + said.CA + "}\n"
	ts.Check(os.WriteFile(ts.MkAbs("config.yaml"), []byte(config), 0o600))
}
