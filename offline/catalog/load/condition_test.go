package load

import (
	"strings"
	"testing"

	"zhizhu/offline/catalog"
)

func fields() []catalog.Field {
	return []catalog.Field{
		{ID: "kind", Type: catalog.Choice, Options: []catalog.Option{{Value: "new"}, {Value: "lost"}}},
		{ID: "people", Type: catalog.Number},
		{ID: "day", Type: catalog.Date},
	}
}

func TestConditionsMeanWhatTheySay(t *testing.T) {
	answers := map[string]string{"kind": "new", "people": "10", "day": "2026-03-05"}
	for source, want := range map[string]bool{
		"":                                     true,
		`kind == "new"`:                        true,
		`kind != "new"`:                        false,
		`kind in ["lost"]`:                     false,
		`not (kind in ["lost"])`:               true,
		`kind == "lost" or int(people) > 9`:    true, // as a number: 10 is more than 9
		`int(people) >= 2 && kind == "new"`:    true,
		`!(int(people) < 11)`:                  false,
		`day >= "2026-03-01"`:                  true,
		`kind == "lost" && int(people) == 100`: false,
	} {
		c, wrong := compile(source, fields(), nil)
		if len(wrong) > 0 {
			t.Errorf("%s: %v", source, wrong)
			continue
		}
		if got := c.Holds(answers); got != want {
			t.Errorf("%s: %v", source, got)
		}
	}
}

func TestConditionsAreRefusedInWords(t *testing.T) {
	for source, want := range map[string]string{
		`kind ==`:                       "条件写不通",
		`kind == 1`:                     "条件写不通",
		`kind`:                          "条件写不通",
		`people > 3`:                    "条件写不通",
		`kind == "new" ? true : false`:  "不能这样写",
		`kind matches "n.*"`:            "不能用这个符号",
		`kind[0] == "n"`:                "不能这样写",
		`all([1], # > 0)`:               "不能用",
		`now() > 3`:                     "不能用",
		`int("3") > 2`:                  "要写一个问题的名字",
		`day == "tomorrow"`:             "要写成 2026-03-05 这样",
		strings.Repeat("(", 1000) + `1`: "条件太长",
		`kind == "new" | upper()`:       "不能用",
		`{"a": kind}.a == "new"`:        "不能这样写",
		`$env.kind == "new"`:            "",
		`let x = kind; x == "new"`:      "不能这样写",
		`kind == "new"; kind == "lost"`: "",
		`"new" in [kind, "lost"]`:       "-", // allowed: reads the same both ways
		`true`:                          "-",
		`(kind ?? "new") == "new"`:      "不能用这个符号",
		`1..3 == [1]`:                   "不能用这个符号",
		`kind == "new" and nil == nil`:  "不能这样写",
		`kind?.x == "new"`:              "不能这样写",
		`kind in "new"`:                 "",
	} {
		_, wrong := compile(source, fields(), nil)
		got := strings.Join(wrong, "\n")
		if want == "-" {
			if got != "" {
				t.Errorf("%s: %s", source, got)
			}
			continue
		}
		if got == "" || !strings.Contains(got, want) {
			t.Errorf("%s: got %q, want %q", source, got, want)
		}
	}
}

func FuzzCondition(f *testing.F) {
	for _, s := range []string{`kind == "new"`, `int(people) >= 2 && not (kind in ["lost"])`, `all(1..9, {# > 0})`, "((", `"\u`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, source string) {
		c, wrong := compile(source, fields(), nil)
		if len(wrong) == 0 {
			answers := map[string]string{"kind": "new", "people": "x"}
			first := c.Holds(answers)
			if again := c.Holds(answers); again != first || len(answers) != 2 {
				t.Fatalf("%q: the same answers give another result", source)
			}
			c.Holds(nil)
		}
	})
}
