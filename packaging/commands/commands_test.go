package commands

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

// run builds the programs once, with the tags that this test was built with.
func run(m *testing.M) int {
	bin, err := os.MkdirTemp("", "zhizhu-commands-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(bin) }()
	for program, path := range map[string]string{
		"zhizhu": "zhizhu", "zhizhu-gateway": "zhizhu/offline/cmd/zhizhu-gateway", "zhizhu-devices": "zhizhu/devices/cmd/zhizhu-devices",
	} {
		out, err := exec.Command("go", "build", "-tags", tags(), "-o", filepath.Join(bin, program), path).CombinedOutput()
		if err != nil {
			fmt.Fprintf(os.Stderr, "build %s: %v\n%s", program, err, out)
			return 1
		}
	}
	if err := os.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

func tags() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "-tags" {
			return s.Value
		}
	}
	return ""
}

// TestCommands plays the scripts of testdata. The one with a window needs a display (make test brings one).
func TestCommands(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(e *testscript.Env) error {
			e.Setenv("DISPLAY", os.Getenv("DISPLAY"))
			e.Setenv("PILOT", filepath.Join(repo(t), "packaging", "pilot"))
			return nil
		},
		Condition: func(cond string) (bool, error) {
			if cond == "display" {
				return os.Getenv("DISPLAY") != "", nil
			}
			return false, fmt.Errorf("unknown condition %q", cond)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"await": await, "enrolled": enrolled},
	})
}

func repo(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	return dir
}
