package script

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"zhizhu/devices/sim"
)

func TestEveryExampleIsUnderstood(t *testing.T) {
	for _, f := range forms() {
		steps, err := Parse("", strings.NewReader(f.example+"\n"))
		if err != nil || len(steps) != 1 {
			t.Errorf("%s: %v", f.example, err)
			continue
		}
		l, m := cutLine(f.example), miss{}
		if _, ok := l.match(tokens(f.pattern), 0, args{}, &m); !ok {
			t.Errorf("%s is no example of %s", f.example, f.pattern)
		}
		for _, g := range forms() { // one line means one thing
			if _, ok := l.match(tokens(g.pattern), 0, args{}, &m); ok {
				if g.pattern != f.pattern {
					t.Errorf("%s means %q as well as %q", f.example, g.pattern, f.pattern)
				}
			}
		}
		if !strings.Contains(Help(), f.example) || !strings.Contains(Words(), usage(tokens(f.pattern))) {
			t.Errorf("%s is not in the help", f.pattern)
		}
	}
}

func TestErrorsSayWhereAndWhat(t *testing.T) {
	for _, tc := range []struct {
		in         string
		line, word int
		says       string
	}{
		{"dance", 1, 1, "write one of: after, away, card"},
		{"dance", 1, 1, "reader, repeat, say"},
		{"repaet 3", 1, 1, `did you mean "repeat"?`},
		{"repeat 3\nend\nend it\nsing", 3, 2, "nothing follows end"},
		{"after 2s repeat 3", 1, 3, "write one of: away, card"},
		{"card nobody", 1, 2, "personas"},
		{"# note\n\nreader fault cheksum once", 3, 3, `did you mean "checksum"?`},
		{"printer happy", 1, 2, "paper-out"},
		{"printr ok", 1, 1, `did you mean "printer"?`},
		{"idcard happy", 1, 2, "dead"},
		{"plug camera", 1, 2, "scanner"},
		{"unplug printer for", 1, 4, "something is missing"},
		{"unplug printer for 4", 1, 4, "40ms"},
		{"printer xoff 5s at night", 1, 5, "no whole number"},
		{"reader status 8", 1, 3, "two hex digits"},
		{"lift it", 1, 2, `"it"`},
		{"wait", 1, 2, "something is missing"},
		{"wait 2h30", 1, 2, "write one of"},
		{"after 2s", 1, 3, "after 2s lift"},
		{"after soon lift", 1, 2, "40ms"},
		{"after 2s dance", 1, 3, "write one of"},
		{"repeat 3\nlift", 1, 1, "no end"},
		{"end", 1, 1, "nothing is repeated"},
		{"repeat always\nlift\nend", 1, 1, "must take time"},
		{"repeat\nend", 1, 2, "how often"},
		{"repeat often\nend", 1, 2, "write a number"},
		{"scan-hex zz", 1, 2, "hex digits"},
	} {
		_, err := Parse("", strings.NewReader(tc.in))
		var e *Error
		if !errors.As(err, &e) || e.Line != tc.line || e.Word != tc.word || !strings.Contains(e.Text, tc.says) {
			t.Errorf("%q: %v", tc.in, err)
		}
	}
	_, err := Parse("faults.txt", strings.NewReader("dance\nlift\nsing\n"))
	if err == nil || !strings.Contains(err.Error(), "faults.txt:1") || !strings.Contains(err.Error(), "faults.txt:3") {
		t.Errorf("not all that is wrong is said: %v", err)
	}
}

func stage(t *testing.T) *Stage {
	t.Helper()
	s := &Stage{Lines: map[string]*sim.TTY{}}
	dir := t.TempDir()
	for _, name := range []string{"idcard", "printer", "scanner"} {
		tty, err := sim.OpenTTY(filepath.Join(dir, name), 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = tty.Close() })
		s.Lines[name] = tty
	}
	s.Card, s.Scanner = sim.NewCardReader(s.Lines["idcard"]), sim.NewScanner(s.Lines["scanner"])
	s.Printer = sim.NewPrinter(sim.PrinterOptions{TTY: s.Lines["printer"]})
	return s
}

// TestEveryCommandIsPlayed plays every example but those that wait for a host.
func TestEveryCommandIsPlayed(t *testing.T) {
	for _, f := range forms() {
		if strings.HasPrefix(f.example, "wait ") {
			continue
		}
		s := stage(t)
		ctx, cancel := context.WithCancel(t.Context())
		steps, err := Parse("", strings.NewReader(f.example))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Play(ctx, steps); err != nil && !errors.Is(err, ErrQuit) {
			t.Errorf("%s: %v", f.example, err)
		}
		cancel()
		s.Wait()
		empty := &Stage{}
		if _, err := empty.Play(t.Context(), steps); err == nil && !strings.Contains("say help", steps[0].Word) {
			t.Errorf("%s is played where nothing is", f.example)
		}
	}
}

func TestAScriptTakesItsTime(t *testing.T) {
	s := stage(t)
	var said []string
	notes := make(chan string, 100)
	s.Said = func(text string, err error) {
		if err != nil {
			text = err.Error()
		}
		notes <- text
	}
	steps, err := Parse("", strings.NewReader(`
		after 300ms say four
		say one
		repeat twice
		  say two
		  wait 5ms
		end
		say three
		after 1ms unplug scanner
		after 200ms scan late
	`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Play(t.Context(), steps); err != nil {
		t.Fatal(err)
	}
	s.Wait()
	for len(notes) > 0 {
		said = append(said, <-notes)
	}
	if want := []string{"one", "two", "two", "three", "line 10, scan: scan: tty is unplugged", "four"}; !slices.Equal(said, want) {
		t.Errorf("said %q, want %q", said, want)
	}
}

// What a device would send at once can't be sent while its cable is out; how it is may be changed all the same.
func TestCommandsOfADeviceWhoseCableIsOut(t *testing.T) {
	for in, fails := range map[string]bool{
		"printer xoff 1s": true, "printer noise 3": true, "scan ZZ-1": true, "scan-hex 41": true, "reader noise 3": true,
		"scanner power-cycle noise 3": true, "printer xoff 1s at 20": false, "printer paper-out": false, "card chen-guilan": false,
		"hold ZZ-1": false, "printer fault silent": false, "scanner power-cycle": false,
	} {
		s := stage(t)
		steps, err := Parse("", strings.NewReader("unplug printer\nunplug reader\nunplug scanner\n"+in))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Play(t.Context(), steps); fails != errors.Is(err, sim.ErrUnplugged) || !fails && err != nil {
			t.Errorf("%s: %v", in, err)
		}
	}
}

func TestAScriptThatWaitsInVainSaysSo(t *testing.T) {
	s := stage(t)
	for in, want := range map[string]string{
		"wait receipt 1ms": "no receipt", "wait reading 1ms": "no reading", "wait bytes 9 1ms": "no bytes", "wait trigger 1ms": "no command",
	} {
		steps, err := Parse("", strings.NewReader(in))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Play(t.Context(), steps); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", in, err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	steps, _ := Parse("", strings.NewReader("repeat always\nwait 1h\nend"))
	if _, err := s.Play(ctx, steps); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the end of the time is told as %v", err)
	}
}

func FuzzParse(f *testing.F) {
	for _, form := range forms() {
		f.Add(form.example)
	}
	f.Add("repeat 3\nafter 2s lift\nend\n# note")
	f.Add("repeat\nrepeat\nend")
	f.Fuzz(func(t *testing.T, in string) {
		steps, err := Parse("", strings.NewReader(in))
		for _, s := range steps {
			if s.do == nil && s.Word != "repeat" {
				t.Fatalf("line %d does nothing", s.Line)
			}
		}
		if err != nil && err.Error() == "" {
			t.Fatal("an error says nothing")
		}
	})
}
