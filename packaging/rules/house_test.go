package rules

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const top = "../.."

func packages(t *testing.T) []Package {
	t.Helper()
	all, err := Packages(top)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func tree(t *testing.T) Tree {
	t.Helper()
	tr, err := ReadTree(top)
	if err != nil {
		t.Fatal(err)
	}
	if len(tr.Sources) < 20 {
		t.Fatalf("only %d folders with Go files under %s: is this the module's root?", len(tr.Sources), top)
	}
	return tr
}

func report(t *testing.T, found []Violation) {
	t.Helper()
	for _, v := range found {
		t.Error(v)
	}
}

func TestWhoMayKnowWhom(t *testing.T) {
	all := packages(t)
	for _, rule := range house {
		report(t, rule.Break(all))
		for _, gone := range rule.Rotten(all) {
			// A package that is not there keeps the rule from holding anything: rename it in the rule too.
			t.Errorf("rule %v (%s) names %s, which nothing is or imports any more", rule.Who, rule.Why, gone)
		}
	}
}

// The two programs beside the kiosk run where there is no window: no Fyne, however indirectly.
func TestProgramsWithoutWindow(t *testing.T) {
	rule := ImportRule{
		Who:   []string{"devices/cmd/zhizhu-devices", "offline/cmd/zhizhu-gateway"},
		Never: []string{"fyne.io/...", "github.com/go-gl/..."}, Deep: true,
		Why: "runs on servers and staff's laptops, without a window and without cgo",
	}
	all := packages(t)
	report(t, rule.Break(all))
	for _, who := range rule.Who {
		if !slices.ContainsFunc(all, func(p Package) bool { return p.Path == who }) {
			t.Errorf("there is no %s", who)
		}
	}
}

func TestPackageComments(t *testing.T) {
	for dir, files := range tree(t).Sources {
		if slices.ContainsFunc(files, func(s Source) bool { return !s.Test() }) {
			report(t, docs(dir, files))
		}
	}
}

func TestNoInitNoSleepNoConsole(t *testing.T) {
	for _, files := range tree(t).Sources {
		for _, s := range files {
			report(t, calls(s))
		}
	}
}

func TestNoPackageState(t *testing.T) {
	for _, files := range tree(t).Sources {
		report(t, state(files))
	}
}

// STYLE.md's healthy targets: file p90 at most 350 lines, function p90 at most 40.
func TestSmallFilesShortFunctions(t *testing.T) {
	var z Sizes
	for _, files := range tree(t).Sources {
		for _, s := range files {
			z.measure(s)
		}
	}
	if got := p90(z.Files); got > 350 {
		t.Errorf("nine of ten files have up to %d lines, want 350", got)
	}
	if got := p90(z.Funcs); got > 40 {
		t.Errorf("nine of ten functions have up to %d lines, want 40", got)
	}
	t.Logf("files: %d, p90 %d, max %d lines; functions: %d, p90 %d, max %d lines",
		len(z.Files), p90(z.Files), slices.Max(z.Files), len(z.Funcs), p90(z.Funcs), slices.Max(z.Funcs))
}

// Numbers that could be somebody's stand in the simulator's personas and in tests' invented ones, never in what ships
// or is read: product code, catalogue, scripts, documents.
func TestNobodysNumbers(t *testing.T) {
	for name, text := range tree(t).Texts {
		if strings.HasPrefix(name, "devices/sim/") || strings.HasSuffix(name, "_test.go") || strings.Contains(name, "testdata/") {
			continue
		}
		for _, n := range personal(text) {
			t.Errorf("%s holds %s…, which could be a person's number: make one up in devices/sim, or use 1380000xxxx", name, n[:6])
		}
	}
}

// The build tags stand in the Makefile; what else must name them says the same.
func TestOneSetOfTags(t *testing.T) {
	makefile, err := os.ReadFile(filepath.Join(top, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`(?m)^TAGS := (\S+)$`).FindStringSubmatch(string(makefile))
	if found == nil || found[1] != tags {
		t.Errorf("the Makefile has TAGS %q, packaging/rules has %q", found, tags)
	}
	lint, err := os.ReadFile(filepath.Join(top, ".golangci.yml"))
	if err != nil {
		t.Fatal(err)
	}
	if want := "build-tags: [" + strings.ReplaceAll(tags, ",", ", ") + "]"; !strings.Contains(string(lint), want) {
		t.Errorf(".golangci.yml does not say %q", want)
	}
}
