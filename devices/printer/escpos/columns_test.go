package escpos

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"zhizhu/devices"
)

func TestColumns(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		cols  []devices.Column
		total int
		want  []string
	}{
		"none": {nil, 20, nil},
		"halves": {
			[]devices.Column{{Text: "材料"}, {Text: "身份证原件"}},
			21,
			[]string{"材料       身份证原件"},
		},
		"wrapped, and aligned": {
			[]devices.Column{{Text: "户口簿", Weight: 2}, {Text: "1", Align: devices.Centre}, {Text: "已收", Align: devices.Right}},
			19,
			[]string{"户口簿    1    已收"},
		},
		"second is longer": {
			[]devices.Column{{Text: "甲"}, {Text: "乙丙丁戊己", Align: devices.Right}},
			13,
			[]string{"甲     乙丙丁", "         戊己"},
		},
		"first is longer": {
			[]devices.Column{{Text: "甲乙丙丁"}, {Text: "戊"}},
			13,
			[]string{"甲乙丙 戊", "丁"},
		},
		"too many": {
			[]devices.Column{{Text: "甲"}, {Text: "乙"}, {Text: "丙"}, {Text: "丁"}},
			16,
			[]string{"甲", "乙", "丙", "丁"},
		},
	} {
		if got := columnLines(c.cols, c.total); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

// No line is longer than the paper, and each column's text is there in its order.
func TestColumnsLoseNothingAndFit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		total := rapid.IntRange(8, 48).Draw(t, "total")
		var cols []devices.Column
		letters := []string{"甲乙，。 ", "ab12 ", "①●—ж", "丙丁（）㐂𠮷"}
		for i := range rapid.IntRange(0, 4).Draw(t, "columns") {
			cols = append(cols, devices.Column{
				Text: rapid.StringOf(rapid.RuneFrom([]rune(letters[i]))).Draw(t, "text"), Weight: rapid.IntRange(-1, 300).Draw(t, "weight"),
				Align: devices.Align(rapid.IntRange(0, 2).Draw(t, "align")),
			})
		}
		lines := columnLines(cols, total)
		for _, l := range lines {
			if width(l) > total {
				t.Fatalf("line %q is %d cells wide of %d", l, width(l), total)
			}
		}
		all := strings.Join(lines, "")
		for i, c := range cols { // the columns have letters of their own
			got := strings.Map(func(r rune) rune {
				if r != ' ' && strings.ContainsRune(letters[i], r) {
					return r
				}
				return -1
			}, all)
			if got != bare(c.Text) {
				t.Fatalf("column %d became %q", i, got)
			}
		}
	})
}
