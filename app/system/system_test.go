package system

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"zhizhu/devices/sim"
)

// TestMain lets the test binary be the children that the program starts: the store's check, and the kiosk that is
// killed.
func TestMain(m *testing.M) {
	if handled, code := Child(os.Args); handled {
		os.Exit(code)
	}
	if dir := os.Getenv(victimEnv); dir != "" {
		if err := victim(context.Background(), dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// runDemo serves visits in dir and returns their lines and the sum.
func runDemo(t *testing.T, dir string, visits int, seed uint64) ([]VisitLine, DemoSum) {
	t.Helper()
	var out bytes.Buffer
	err := Demo(t.Context(), DemoOptions{Visits: visits, Seed: seed, JSON: true, Dir: dir, Stdout: &out, Stderr: &out})
	if err != nil {
		t.Fatalf("demo: %v\n%s", err, out.String())
	}
	var lines []VisitLine
	var sum DemoSum
	for s := bufio.NewScanner(&out); s.Scan(); {
		if len(lines) == visits {
			if err := json.Unmarshal(s.Bytes(), &sum); err != nil {
				t.Fatal(err)
			}
			break
		}
		var l VisitLine
		if err := json.Unmarshal(s.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, l)
	}
	return lines, sum
}

// TestNothingLostNothingTwice serves residents with every mishap over ptys, TLS and disk, and holds that the gateway
// has each matter once and that nobody's data lie about in clear.
func TestNothingLostNothingTwice(t *testing.T) {
	dir := t.TempDir()
	const visits = 14
	lines, sum := runDemo(t, dir, visits, 11)
	if sum.Visits != visits || sum.Lost != 0 || sum.Duplicates != 0 || sum.Stored != sum.Lodged || sum.Acknowledged != sum.Lodged {
		t.Errorf("sum: %+v", sum)
	}
	if sum.Lodged == 0 || sum.Printed == 0 {
		t.Errorf("nothing was lodged or printed: %+v", sum)
	}
	numbers := map[string]bool{}
	for _, l := range lines {
		if l.Receipt != "" && numbers[l.Receipt] {
			t.Errorf("receipt number %s was given twice", l.Receipt)
		}
		numbers[l.Receipt] = true
	}
	t.Run("no personal data in clear", func(t *testing.T) {
		noPersonalData(t, filepath.Join(dir, "log"))
		noPersonalData(t, filepath.Join(dir, "terminal"))
		noPersonalData(t, filepath.Join(dir, "gateway"))
	})
}

// noPersonalData greps a file, or all files of a folder, for what is on the personas' cards.
func noPersonalData(t *testing.T, root string) {
	t.Helper()
	read := 0
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || e.Type()&fs.ModeType != 0 {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		read++
		for _, p := range sim.Personas() {
			for _, secret := range []string{p.Card.Name, p.Card.EnglishName, p.Card.Number, p.Card.Address} {
				if secret != "" && bytes.Contains(data, []byte(secret)) {
					t.Errorf("%s holds personal data of %s", path, p.ID)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if read == 0 {
		t.Errorf("%s: nothing to read", root)
	}
}

// TestPersonalDataGrepHasTeeth proves that noPersonalData would find something.
func TestPersonalDataGrepHasTeeth(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(path, []byte("level=INFO name="+sim.Personas()[0].Name), 0o600); err != nil {
		t.Fatal(err)
	}
	found := false
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range sim.Personas() {
		found = found || strings.Contains(string(data), p.Card.Name)
	}
	if !found {
		t.Error("a persona's name in a file was not found")
	}
}
