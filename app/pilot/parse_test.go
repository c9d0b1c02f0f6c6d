package pilot

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	tests := []struct {
		line string
		want Command
	}{
		{"card chen-guilan", Command{Verb: Card, Label: "chen-guilan"}},
		{"card 陈桂兰", Command{Verb: Card, Label: "陈桂兰"}},
		{"lift", Command{Verb: Lift}},
		{"\t lift \t # and away", Command{Verb: Lift}},
		{"scan MX0427-1-20261123-0018-5", Command{Verb: Scan, Text: "MX0427-1-20261123-0018-5"}},
		{`scan "two words # no comment"`, Command{Verb: Scan, Text: "two words # no comment"}},
		{"tap 开始办理", Command{Verb: Tap, Label: "开始办理"}},
		{"tap 是的，不办了", Command{Verb: Tap, Label: "是的，不办了"}},
		{"tap two words", Command{Verb: Tap, Label: "two words"}},
		{"tap 第#1个", Command{Verb: Tap, Label: "第#1个"}},
		{"tap 3\" pipe", Command{Verb: Tap, Label: "3\" pipe"}},
		{`tap "quoted label"   `, Command{Verb: Tap, Label: "quoted label"}},
		{"type 联系电话 13800138000", Command{Verb: Type, Label: "联系电话", Text: "13800138000"}},
		{`type "two words" more words`, Command{Verb: Type, Label: "two words", Text: "more words"}},
		{`type a "b c"`, Command{Verb: Type, Label: "a", Text: "b c"}},
		{"choose 居住地 梅县区", Command{Verb: Choose, Label: "居住地", Text: "梅县区"}},
		{"sign", Command{Verb: Sign}},
		{"wait home", Command{Verb: Wait, Label: "home"}},
		{"wait out-of-service 2.5", Command{Verb: Wait, Label: "out-of-service", Limit: 2500 * time.Millisecond}},
		{"expect 已收到", Command{Verb: Expect, Label: "已收到"}},
		{"serve soc-qualify", Command{Verb: Serve, Label: "soc-qualify", Seed: 1}},
		{"serve 社会保险待遇领取资格认证 42", Command{Verb: Serve, Label: "社会保险待遇领取资格认证", Seed: 42}},
		{`serve "with space" 7`, Command{Verb: Serve, Label: "with space", Seed: 7}},
		{"net down", Command{Verb: Net, Label: "down"}},
		{"shot 01-attract", Command{Verb: Shot, Label: "01-attract"}},
		{"shot 首页", Command{Verb: Shot, Label: "首页"}},
		{"printer paper-out", Command{Verb: Printer, Label: "paper-out"}},
	}
	for _, tt := range tests {
		t.Run(tt.line, func(t *testing.T) {
			got, err := Parse("x.pilot", strings.NewReader("\n# comment\n"+tt.line+"\r\n"))
			if err != nil {
				t.Fatal(err)
			}
			tt.want.File, tt.want.Line = "x.pilot", 3
			if !slices.Equal(got, []Command{tt.want}) {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	tests := []struct{ line, want string }{
		{"tapp x", `unknown word "tapp"; write one of: card, lift, scan, tap,`},
		{"tap", "what to look for is missing; write: tap LABEL"},
		{`tap ""`, "what to look for is missing"},
		{"lift now", `nothing may follow, found "now"; write: lift`},
		{"type 电话", "the words after LABEL is missing; write: type LABEL TEXT"},
		{`type "电话 1`, "a quote is not closed"},
		{"wait hoem", `no screen is called "hoem"; there are attract, home, list,`},
		{"wait", `no screen is called ""`},
		{"wait home soon", `"soon" is no number of seconds`},
		{"wait home -1", `"-1" is no number of seconds`},
		{"wait home NaN", `"NaN" is no number of seconds`},
		{"wait home 1e300", `is no number of seconds`},
		{"serve", "ITEM is missing"},
		{"serve two words", `seed "words" is no whole number`},
		{"serve a -1", `seed "-1" is no whole number`},
		{"net sideways", `"sideways" is neither up nor down; write: net up|down`},
		{"printer", `"" is neither paper-out nor ok`},
		{"shot ../../etc/passwd", "can't be a file's name"},
		{"shot a b", "can't be a file's name"},
		{"tap \xff", "not UTF-8"},
	}
	for _, tt := range tests {
		t.Run(tt.line, func(t *testing.T) {
			got, err := Parse("x.pilot", strings.NewReader("lift\n"+tt.line))
			if err == nil {
				t.Fatalf("accepted as %+v", got)
			}
			if !strings.HasPrefix(err.Error(), "x.pilot:2: ") || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %q, want x.pilot:2: ... %q", err, tt.want)
			}
			if got != nil {
				t.Errorf("commands beside an error: %+v", got)
			}
		})
	}
}

// All that is wrong is told at once: a script is mended in one go.
func TestParseTellsEverything(t *testing.T) {
	_, err := Parse("x", strings.NewReader("a\nlift\nnet\n"))
	if err == nil || strings.Count(err.Error(), "\n") != 1 {
		t.Fatalf("want two faults, got %v", err)
	}
}

func TestParseLongLine(t *testing.T) {
	_, err := Parse("x", strings.NewReader("lift\ntap "+strings.Repeat("a", 2*maxLine)))
	if err == nil || !strings.HasPrefix(err.Error(), "x:2: ") {
		t.Fatalf("want x:2: ..., got %v", err)
	}
}

// FuzzParse: what is accepted can be written down again and reads back the same.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"card x", "tap \"a b\" # c", "type \"电 话\" 1 2", "wait home 3", "serve \"x y\" 9", "scan \"\\\"\\n\"",
		"shot a", "net up", "tap a\"b", "choose a# b", "\ufefflift", "expect \"  \"",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		all, err := Parse("f", strings.NewReader(s))
		if err != nil {
			return
		}
		for _, c := range all {
			again, err := Parse(c.File, strings.NewReader(strings.Repeat("\n", c.Line-1)+c.String()))
			if err != nil || len(again) != 1 || again[0] != c {
				t.Errorf("%+v written as %q reads back as %+v, %v", c, c.String(), again, err)
			}
		}
	})
}
