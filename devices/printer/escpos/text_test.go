package escpos

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/encoding/simplifiedchinese"
	"pgregory.net/rapid"
)

func TestCharCode(t *testing.T) {
	t.Parallel()
	for r, want := range map[rune]string{
		'A': "A", '~': "~", '中': "\xd6\xd0", '，': "\xa3\xac", '─': "\xa9\xa4", '·': "\xa1\xa4", '龑': "\xfd\x8c",
		'〇': "\xa9\x96", '℃': "\xa1\xe6", 'ⅷ': "\xa2\xa8", '①': "\xa2\xd9",
		'㐂': "", '𠮷': "", '䶮': "", '€': "", 'ǹ': "", 'ñ': "", '\ue000': "", '\ue5e5': "", '⺁': "", '⿰': "", 0x7f: "", 0x1b: "",
		0xfffd: "", 0x80: "",
	} {
		if got := string(charCode(r)); got != want {
			t.Errorf("%U %c: % x, want % x", r, r, got, want)
		}
	}
}

// Whatever is said as text, a printer's GBK font (CP936) reads as the same character.
func TestCharCodeReadsBackAsGBK(t *testing.T) {
	t.Parallel()
	dec := simplifiedchinese.GBK.NewDecoder()
	said := 0
	for r := rune(0x20); r < 0x30000; r++ {
		b := charCode(r)
		if b == nil {
			continue
		}
		said++
		got, err := dec.Bytes(b)
		if err != nil || string(got) != string(r) {
			t.Fatalf("%U said as % x reads back as %q, %v", r, b, got, err)
		}
		if len(b) == 2 && b[1] < 0x40 || slices.ContainsFunc(b, func(c byte) bool { return c < 0x20 }) {
			t.Fatalf("%U said with a control byte: % x", r, b)
		}
	}
	if said != 95+21791 { // ASCII, and CP936's 21,791 two-byte characters
		t.Errorf("%d characters can be said", said)
	}
}

// A printer's GBK font draws every two-byte character two cells wide, those that are narrow or ambiguous elsewhere
// (①●—·, Greek, Cyrillic) too: what is said as text must be counted so.
func TestWidthIsThePrintersOwn(t *testing.T) {
	t.Parallel()
	for r := range rune(0x30000) {
		if b := charCode(r); b != nil && cells(r) != len(b) {
			t.Errorf("%U %c: %d cells, said with %d bytes", r, r, cells(r), len(b))
		}
	}
	for s, want := range map[string]int{
		"①●—": 6, "αЯ": 4, "ñ": 1, "e\u0301": 1, "㐂𠮷": 4, "\U0001f600": 2, "ab": 2, "กำ": 2, "한": 2, "¥": 1, "￥": 2, "°C": 3, "℃": 2,
	} {
		if got := width(s); got != want {
			t.Errorf("%q: %d cells, want %d", s, got, want)
		}
	}
}

func TestWrap(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text  string
		limit int
		want  []string
	}{
		{"", 10, []string{""}},
		{"甲乙丙丁戊", 10, []string{"甲乙丙丁戊"}},
		{"甲乙丙丁戊己", 10, []string{"甲乙丙丁戊", "己"}},
		{"甲乙丙丁戊，己", 10, []string{"甲乙丙丁", "戊，己"}},
		{"甲乙丙丁（戊）", 10, []string{"甲乙丙丁", "（戊）"}},
		{"甲 one two three", 10, []string{"甲 one two", "three"}},
		{"A234567890123", 10, []string{"A234567890", "123"}},
		{"编号 441403-2025", 10, []string{"编号", "441403-202", "5"}},
		{"一\n\n二", 10, []string{"一", "", "二"}},
		{"甲a乙b丙c丁", 7, []string{"甲a乙b", "丙c丁"}},
		{"，，，，，，，", 6, []string{"，，，", "，，，", "，"}},
		{"𠮷㐂龑", 4, []string{"𠮷㐂", "龑"}},
		{"\u0300甲，", 2, []string{"\u0300甲", "，"}}, // a mark without a letter
	} {
		if got := wrap(c.text, c.limit); !slices.Equal(got, c.want) {
			t.Errorf("wrap(%q, %d) = %q, want %q", c.text, c.limit, got, c.want)
		}
	}
}

func TestWrapLosesNothingAndFits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := clean(rapid.StringOf(rapid.OneOf(
			rapid.RuneFrom([]rune("甲乙丙，。（）《》 ab12-—…\n㐂𠮷ñ")), rapid.Rune(),
		)).Draw(t, "text"))
		limit := rapid.IntRange(2, 48).Draw(t, "limit")
		lines := wrap(text, limit)
		if got, want := bare(strings.Join(lines, "")), bare(text); got != want {
			t.Fatalf("wrapped to %q", lines)
		}
		for _, l := range lines {
			if width(l) > limit {
				t.Fatalf("line %q is %d cells wide, limit %d", l, width(l), limit)
			}
		}
	})
}

func bare(s string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '\n' {
			return -1
		}
		return r
	}, s)
}

func TestClean(t *testing.T) {
	t.Parallel()
	if got := clean("a\tb\x1b@\u00a0c\u200b\r\n葛\U000e0100\u2028d\u202e"); got != "a b@ c\n葛\nd" {
		t.Errorf("got %q", got)
	}
	rapid.Check(t, func(t *rapid.T) {
		for _, r := range clean(rapid.String().Draw(t, "text")) {
			if r != '\n' && unicode.IsControl(r) {
				t.Fatalf("%U is left", r)
			}
		}
	})
}
