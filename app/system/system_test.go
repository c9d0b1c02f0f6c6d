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

// noPersonalData reports each file below a root that holds what is on a persona's card.
func noPersonalData(t *testing.T, root string) {
	t.Helper()
	read, found := grepPersonas(t, root)
	for _, f := range found {
		t.Error(f)
	}
	if read == 0 {
		t.Errorf("%s: nothing to read", root)
	}
}

// grepPersonas reads a file, or all files of a folder, and says which hold what is on the personas' cards.
func grepPersonas(t *testing.T, root string) (read int, found []string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
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
					found = append(found, fmt.Sprintf("%s holds personal data of %s", path, p.ID))
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return read, found
}

// TestPersonalDataGrepHasTeeth proves that a persona's name in a file would be found.
func TestPersonalDataGrepHasTeeth(t *testing.T) {
	dir := t.TempDir()
	for i, p := range sim.Personas()[:2] {
		line := "level=INFO name=" + p.Card.Name
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprint(i)), []byte(line), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if read, found := grepPersonas(t, dir); read != 2 || len(found) != 2 {
		t.Errorf("read %d files, found %q", read, found)
	}
}
