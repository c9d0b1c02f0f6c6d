package strictyaml_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"zhizhu/offline/strictyaml"
)

// expression stands for a type that reads itself from one value.
type expression struct{ source string }

func (e *expression) UnmarshalText(text []byte) error {
	if strings.Contains(string(text), "!!") {
		return errors.New("写不通")
	}
	e.source = string(text)
	return nil
}

type common struct {
	Note string `yaml:"note,omitempty"`
}

type line struct {
	Port string `yaml:"port" need:"true"`
	Baud int    `yaml:"baud,omitempty"`
}

type document struct {
	Common common            `yaml:",inline"`
	Name   string            `yaml:"name" need:"true"`
	Kind   string            `yaml:"kind,omitempty" oneof:"query print apply"`
	Levels []string          `yaml:"levels,omitempty" oneof:"village town"`
	Lines  []line            `yaml:"lines,omitempty"`
	When   expression        `yaml:"when,omitempty"`
	Extra  *line             `yaml:"extra,omitempty"`
	Labels map[string]string `yaml:"labels,omitempty"`
	Wait   time.Duration     `yaml:"wait,omitempty"`
	Inches float64           `yaml:"inches,omitempty"`
	On     bool              `yaml:"on,omitempty"`
}

func TestDecodeTakesWhatIsWritten(t *testing.T) {
	const text = `
name: 0427            # a code, not a number
note: 2026-11-23
kind: print
levels: [village, town]
lines:
  - port: /dev/ttyS1
    baud: 115200
when: kind == "print"
extra: {port: a}
labels: {a: b, c: 1}
wait: 1m30s
inches: 27
on: true
`
	var d document
	if err := strictyaml.Decode("a.yaml", []byte(text), &d); err != nil {
		t.Fatal(err)
	}
	if d.Name != "0427" || d.Common.Note != "2026-11-23" || d.Kind != "print" || len(d.Levels) != 2 ||
		d.Lines[0] != (line{"/dev/ttyS1", 115200}) || d.When.source != `kind == "print"` || d.Extra.Port != "a" ||
		d.Labels["c"] != "1" || d.Wait != 90*time.Second || d.Inches != 27 || !d.On {
		t.Errorf("got %+v", d)
	}
}

func TestDecodeTellsWhatIsWrong(t *testing.T) {
	tests := []struct {
		name, text string
		want       []string // each a whole problem
	}{
		{"unknown key", "name: x\nkimd: print", []string{"f.yaml:2: “kimd”：没有这个名字；是不是“kind”？"}},
		{
			"unknown key far from all", "name: x\ncompletely: 1",
			[]string{"f.yaml:2: “completely”：没有这个名字；可以写：note、name、kind、levels、lines、when、extra、labels、wait、inches、on"},
		},
		{"two levels in one line", "name: x\nextra.port: COM1", []string{
			"f.yaml:2: “extra.port”：没有这个名字；请分两行写，先写“extra:”，下一行缩进两格写“port: …”",
		}},
		{"key twice", "name: x\nname: y", []string{"f.yaml:2: “name”：写了两次，前一次在第 1 行；请删掉一个"}},
		{"missing", "kind: print", []string{"f.yaml:1: “name”：缺少这一项；请补上“name: …”"}},
		{"empty", "name: \"\"", []string{"f.yaml:1: “name”：不能空着；请在冒号后面写上内容"}},
		{"null", "name:", []string{"f.yaml:1: “name”：不能空着；请在冒号后面写上内容"}},
		{"misspelt word", "name: x\nkind: pirnt", []string{"f.yaml:2: “pirnt”：不能这样写；是不是“print”？"}},
		{"wrong word", "name: x\nkind: 别的东西", []string{"f.yaml:2: “别的东西”：不能这样写；可以写：query、print、apply"}},
		{"wrong word in a list", "name: x\nlevels:\n  - village\n  - twn", []string{"f.yaml:4: “twn”：不能这样写；是不是“town”？"}},
		{"list item empty", "name: x\nlevels:\n  - village\n  -", []string{"f.yaml:4: 清单的第 2 条是空的；请写上内容，或删掉这一行"}},
		{"word for a list", "name: x\nlevels: town", []string{"f.yaml:2: “town”：这里要写清单，每行以“- ”开头"}},
		{"word for a mapping", "name: x\nextra: COM1", []string{"f.yaml:2: “COM1”：这里要写下一级的内容，每行一个“名字: 值”"}},
		{"mapping for a word", "name: {a: b}", []string{"f.yaml:1: 这里只能写一个值，不能有下一级的内容"}},
		{"no whole number", "name: x\nlines: [{port: a, baud: 9600bps}]", []string{"f.yaml:2: “9600bps”：这里要写一个整数，不加引号和单位"}},
		{"quoted number", "name: x\nlines: [{port: a, baud: \"9600\"}]", []string{"f.yaml:2: “9600”：这里要写一个整数，不加引号和单位"}},
		{"no yes", "name: x\non: yes", []string{"f.yaml:2: “yes”：这里只能写 true（是）或 false（否）"}},
		{"bool for a text", "name: true", []string{"f.yaml:1: “true”：这里要写文字；如果就是这个词，请加上引号：\"true\""}},
		{"no duration", "name: x\nwait: 30", []string{"f.yaml:2: “30”：这里要写时长，比如 30s（30 秒）、5m（5 分钟）"}},
		{"not a number", "name: x\ninches: .nan", []string{"f.yaml:2: “.nan”：这里要写一个数，不加引号和单位"}},
		{"type's own words", "name: x\nwhen: a !! b", []string{"f.yaml:2: “a !! b”：写不通"}},
		{"anchor", "name: &a x\nnote: *a", []string{"f.yaml:1: “&a”：不支持引用；请删掉它", "f.yaml:2: “*a”：不支持引用；请把内容直接写出来"}},
		{"tag", "name: !!str x", []string{"f.yaml:1: “!!str”：不支持类型标记；请删掉它"}},
		{"empty file", "# nothing", []string{"f.yaml: 文件是空的"}},
		{"two documents", "name: x\n---\nname: y", []string{"f.yaml:2: “---”：一个文件只能写一份；请删掉这一行以下的内容，或另存成一个文件"}},
		{"other encoding", "name: x\nnote: \xb2\xe2\xca\xd4", []string{"f.yaml:2: 有不是 UTF-8 编码的字；请用 UTF-8 编码另存这个文件"}},
		{
			"all at once", "kimd: print\nlevels: [x]\nlines:\n  - baud: fast\non: 3",
			[]string{
				"f.yaml:1: “kimd”：没有这个名字；是不是“kind”？",
				"f.yaml:1: “name”：缺少这一项；请补上“name: …”",
				"f.yaml:2: “x”：不能这样写；可以写：village、town",
				"f.yaml:4: “fast”：这里要写一个整数，不加引号和单位",
				"f.yaml:4: “port”：缺少这一项；请补上“port: …”",
				"f.yaml:5: “3”：这里只能写 true（是）或 false（否）",
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := strictyaml.Decode("f.yaml", []byte(tt.text), &document{})
			if err == nil {
				t.Fatal("accepted")
			}
			if want := strings.Join(tt.want, "\n"); err.Error() != want {
				t.Errorf("got\n%s\nwant\n%s", err, want)
			}
			if _, ok := errors.AsType[strictyaml.FileErrors](err); !ok {
				t.Errorf("error is a %T", err)
			}
		})
	}
}

func TestDecodeNamesTheLineOfBrokenYAML(t *testing.T) {
	for _, text := range []string{"name: x\n\tnote: y", "name: \"x\nnote: y", "name: [x", "a: b: c", "- name: x"} {
		err := strictyaml.Decode("f.yaml", []byte(text), &document{})
		if err == nil || !strings.HasPrefix(err.Error(), "f.yaml:") || !strings.Contains(err.Error(), "请") && !strings.Contains(err.Error(), "这里") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestLinesKnowWhereThingsStand(t *testing.T) {
	var d document
	lines, err := strictyaml.DecodeLines("f.yaml", []byte("name: x\nlines:\n  - port: a\n  - port: b\n    baud: 1\n"), &d)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		path []any
		want int
	}{
		{[]any{"name"}, 1},
		{[]any{"lines"}, 2},
		{[]any{"lines", 0, "port"}, 3},
		{[]any{"lines", 1}, 4},
		{[]any{"lines", 1, "baud"}, 5},
		{[]any{"lines", 0, "baud"}, 3}, // not there: the nearest above
		{[]any{"extra"}, 1},
	} {
		if got := lines.At(tt.path...); got != tt.want {
			t.Errorf("At(%v) = %d, want %d", tt.path, got, tt.want)
		}
	}
}

func TestHintFindsTheNearest(t *testing.T) {
	known := []string{"station", "upstream", "devices"}
	for word, want := range map[string]string{
		"statoin": "是不是“station”？", "Station": "是不是“station”？", "device": "是不是“devices”？",
		"x": "可以写：station、upstream、devices",
	} {
		if got := strictyaml.Hint(word, known); got != want {
			t.Errorf("Hint(%q) = %s", word, got)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add("name: x\nlines:\n  - port: a\n    baud: 1\n")
	f.Add("name: [x\n")
	f.Add("<<: *a\nname: &a {b: c}")
	f.Add("? [a]\n: b")
	f.Fuzz(func(t *testing.T, text string) {
		var d document
		err := strictyaml.Decode("f.yaml", []byte(text), &d)
		if err == nil && strings.TrimSpace(d.Name) == "" {
			t.Fatalf("accepted without a name: %q", text)
		}
		problems, ok := errors.AsType[strictyaml.FileErrors](err)
		if err != nil && (!ok || len(problems) == 0) {
			t.Fatalf("error without a problem: %#v", err)
		}
	})
}
