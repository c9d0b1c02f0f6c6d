package rules

import (
	"go/token"
	"strings"
	"testing"
)

// The checks are proved to fail: each on a made-up violation, beside the lawful twin.
func TestImportRuleFails(t *testing.T) {
	tests := []struct {
		name string
		pkg  Package
		want string // "" for none
	}{
		{"main builds by itself", Package{Path: ".", Imports: []string{"app/kiosk"}}, "imports app/kiosk"},
		{"main builds by system", Package{Path: ".", Imports: []string{"app/system", "os", "github.com/alecthomas/kong"}}, ""},
		{"kiosk knows the system", Package{Path: "app/kiosk", Imports: []string{"app/system"}}, "imports app/system"},
		{"a test of the pilot opens a screen", Package{Path: "app/pilot", Tests: []string{"app/screen"}}, "imports app/screen"},
		{"fyne outside the screen", Package{Path: "app/visit", Imports: []string{"fyne.io/fyne/v2"}}, "imports fyne.io/fyne/v2"},
		{"fyne in the screen", Package{Path: "app/screen/theme", Imports: []string{"fyne.io/fyne/v2/theme"}}, ""},
		{"bbolt in a test", Package{Path: "offline/outbox", Tests: []string{"go.etcd.io/bbolt"}}, "imports go.etcd.io/bbolt"},
		{"bbolt in the store", Package{Path: "offline/store", Imports: []string{"go.etcd.io/bbolt"}}, ""},
		{"tarm in a driver", Package{Path: "devices/scanner", Imports: []string{"github.com/tarm/serial"}}, "imports github.com/tarm/serial"},
		{"suture in a slot", Package{Path: "devices/slot", Imports: []string{"github.com/thejerf/suture/v4"}}, "imports github.com/thejerf/suture/v4"},
		{"a device knows offline indirectly", Package{Path: "devices/slot", Deps: []string{"offline/seal"}}, "imports offline/seal"},
		{"offline knows a device in a test", Package{Path: "offline/sync", Tests: []string{"devices/sim"}}, "imports devices/sim"},
		{"a driver knows its simulator", Package{Path: "devices/idcard", Imports: []string{"devices/sim"}}, "imports devices/sim"},
		{"a driver's test knows the simulator", Package{Path: "devices/idcard", Tests: []string{"devices/sim"}}, ""},
		{"a simulator knows the driver", Package{Path: "devices/sim", Imports: []string{"devices/printer"}}, "imports devices/printer"},
		{"a simulator shares a codec", Package{Path: "devices/sim", Imports: []string{"devices/idcard/sam"}}, ""},
		{"a driver opens its port", Package{Path: "devices/printer", Imports: []string{"devices/port"}}, "imports devices/port"},
		{"sync knows the gateway", Package{Path: "offline/sync", Deps: []string{"offline/gateway"}}, "imports offline/gateway"},
		{"the gateway knows the outbox", Package{Path: "offline/gateway/bolt", Deps: []string{"offline/outbox"}}, "imports offline/outbox"},
		{"a visit asks the system", Package{Path: "app/visit", Imports: []string{"os/exec"}}, "imports os/exec"},
		{"a visit uses a library", Package{Path: "app/visit", Imports: []string{"github.com/google/uuid"}}, "imports github.com/google/uuid"},
		{"a visit uses values", Package{Path: "app/visit", Imports: []string{"time", "app/sheet", "devices"}}, ""},
		{"escpos encodes", Package{Path: "devices/printer/escpos", Imports: []string{"golang.org/x/text/encoding"}}, ""},
		{"wire uses a library", Package{Path: "offline/wire", Imports: []string{"golang.org/x/text/encoding"}}, "imports golang.org/x/text/encoding"},
		{"the kiosk knows a driver", Package{Path: "app/kiosk", Imports: []string{"devices/printer"}}, "imports devices/printer"},
		{"a screen knows the store", Package{Path: "app/screen", Imports: []string{"offline/store"}}, "imports offline/store"},
		{"the product knows its rules", Package{Path: "app/system", Tests: []string{"packaging/rules"}}, "imports packaging/rules"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, rule := range house {
				for _, v := range rule.Break([]Package{tt.pkg}) {
					got = append(got, v.What)
				}
			}
			if tt.want == "" && got != nil || tt.want != "" && !strings.Contains(strings.Join(got, "\n"), tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// Every rule of the house is broken by some case above or here: none is there for show.
func TestEveryRuleCanBreak(t *testing.T) {
	for _, rule := range house {
		who := strings.TrimSuffix(strings.TrimSuffix(rule.Who[0], "..."), "/")
		if who == "" {
			who = "app/anything"
		}
		bad := "example.org/unknown"
		if len(rule.Never) > 0 {
			bad = strings.TrimSuffix(rule.Never[len(rule.Never)-1], "/...")
		}
		if len(rule.Break([]Package{{Path: who, Imports: []string{bad}}})) == 0 {
			t.Errorf("rule %v (%s) is not broken by %s importing %s", rule.Who, rule.Why, who, bad)
		}
	}
}

func TestRottenRule(t *testing.T) {
	rule := ImportRule{Who: []string{"app/visit"}, Never: []string{"app/gone"}}
	if got := rule.Rotten([]Package{{Path: "app/visit"}}); len(got) != 1 || got[0] != "app/gone" {
		t.Errorf("got %v, want app/gone", got)
	}
}

func parse(t *testing.T, name, text string) Source {
	t.Helper()
	s, err := ParseSource(token.NewFileSet(), name, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSourceChecksFail(t *testing.T) {
	tests := []struct{ name, file, text, want string }{
		{"init", "a.go", "package a\nfunc init() {}", "has an init"},
		{"method init", "a.go", "package a\ntype t int\nfunc (t) init() {}", ""},
		{"sleep", "a.go", "package a\nimport \"time\"\nfunc f() { time.Sleep(1) }", "sleeps"},
		{"sleep in a test", "a_test.go", "package a\nimport \"time\"\nfunc f() { time.Sleep(1) }", "sleeps"},
		{"print", "a.go", "package a\nimport \"fmt\"\nfunc f() { fmt.Println() }", "prints"},
		{"print in main", "a.go", "package main\nimport \"fmt\"\nfunc f() { fmt.Println() }", ""},
		{"print in a test", "example_test.go", "package a\nimport \"fmt\"\nfunc Example() { fmt.Println() }", ""},
		{"now", "a.go", "package a\nimport \"time\"\nvar f = time.Now", "asks the clock"},
		{"now in the system", "app/system/run.go", "package system\nimport \"time\"\nvar f = time.Now", ""},
		{"now in a test", "a_test.go", "package a\nimport \"time\"\nvar f = time.Now", ""},
		{"skip", "a_test.go", "package a\nfunc TestA(t *testing.T) { t.Skip() }", "skips"},
		{"counter", "a.go", "package a\nvar n int\nfunc f() { n++ }", "changes package variable n"},
		{"assigned", "a.go", "package a\nvar m map[string]int\nfunc f() { m[\"a\"] = 1 }", "changes package variable m"},
		{"field", "a.go", "package a\nvar s struct{ x []int }\nfunc f() { s.x[1] = 2 }", "changes package variable s"},
		{"delete", "a.go", "package a\nvar m map[string]int\nfunc f() { delete(m, \"a\") }", "changes package variable m"},
		{"shadowed", "a.go", "package a\nvar n int\nfunc f() { n := 1; n++; _ = n }", ""},
		{"table", "a.go", "package a\nvar names = map[int]string{1: \"a\"}\nfunc f() string { return names[1] }", ""},
		{"mutex", "a.go", "package a\nimport \"sync\"\nvar mu sync.Mutex", "a sync.Mutex"},
		{"pool", "a.go", "package a\nimport \"sync\"\nvar p = &sync.Pool{}", "a sync.Pool"},
		{"atomic", "a.go", "package a\nimport \"sync/atomic\"\nvar p atomic.Pointer[int]", "a atomic.Pointer"},
		{"channel", "a.go", "package a\nvar c = make(chan int)", "a channel"},
		{"once", "a.go", "package a\nimport \"sync\"\nvar v = sync.OnceValue(func() int { return 1 })", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := parse(t, tt.file, tt.text)
			var got []string
			for _, v := range append(calls(s), state([]Source{s})...) {
				got = append(got, v.What)
			}
			if tt.want == "" && got != nil || tt.want != "" && !strings.Contains(strings.Join(got, "\n"), tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestDocsFail(t *testing.T) {
	good := parse(t, "doc.go", "// Package a is good.\npackage a")
	bare := parse(t, "b.go", "package a")
	odd := parse(t, "c.go", "// What is this?\npackage a")
	for name, tt := range map[string]struct {
		files []Source
		want  int
	}{
		"one": {[]Source{good, bare}, 0}, "none": {[]Source{bare}, 1}, "two": {[]Source{good, good}, 1}, "odd": {[]Source{odd}, 1},
	} {
		if got := docs("a", tt.files); len(got) != tt.want {
			t.Errorf("%s: got %v, want %d", name, got, tt.want)
		}
	}
}

func TestPersonalFinds(t *testing.T) {
	tests := []struct {
		text string
		want int
	}{
		{"证件 11010519491231002X 完", 1},              // the worked example of GB 11643
		{"证件 110105194912310021 完", 0},              // wrong check digit
		{"a110105194912310021b", 0},                 // part of a digest
		{"电话 13912345678", 1},                       // could be a line
		{"电话 13800001234, 13800138000", 0},          // invented forms
		{"账号 6222021391234567890 (13912345678)", 1}, // inside a longer number is none
	}
	for _, tt := range tests {
		if got := personal(tt.text); len(got) != tt.want {
			t.Errorf("%s: got %d, want %d", tt.text, len(got), tt.want)
		}
	}
}

func TestP90(t *testing.T) {
	if got := p90([]int{10, 1, 2, 3, 4, 5, 6, 7, 8, 9}); got != 9 {
		t.Errorf("got %d, want 9", got)
	}
	if got := p90(nil); got != 0 {
		t.Errorf("got %d, want 0", got)
	}
}
