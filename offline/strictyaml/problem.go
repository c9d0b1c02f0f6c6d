package strictyaml

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing wrong in a file.
type Problem struct {
	File string
	Line int    // from 1; 0 where no line can be named
	Text string // the wrong word first, then what to write; Chinese
}

// String returns file:line: text.
func (p Problem) String() string {
	if p.Line == 0 {
		return p.File + ": " + p.Text
	}
	return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Text)
}

// FileErrors are all things wrong in one or more files, in their order. As an error it reads one a line.
type FileErrors []Problem

// Error returns one problem a line.
func (ps FileErrors) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// Sort orders problems by file and line.
func (ps FileErrors) Sort() {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
}

// OrNil returns the problems as an error, or nil where there are none.
func (ps FileErrors) OrNil() error {
	if len(ps) == 0 {
		return nil
	}
	return ps
}

// Hint says what to write instead of a word: the nearest known one, or the list of all.
func Hint(word string, known []string) string {
	if near, ok := Nearest(word, known); ok {
		return "是不是“" + near + "”？"
	}
	if len(known) == 0 {
		return "这里什么都不能写"
	}
	return "可以写：" + strings.Join(known, "、")
}

// Nearest returns the known word that a misspelt one is nearest to, if any is near enough.
func Nearest(word string, known []string) (string, bool) {
	w := []rune(strings.ToLower(word))
	best, least := "", len(w)/3+2
	for _, k := range known {
		if d := distance(w, []rune(strings.ToLower(k))); d < least {
			best, least = k, d
		}
	}
	return best, best != ""
}

// distance is the number of characters to insert, drop, replace or swap with their neighbour.
func distance(a, b []rune) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			row[j] = min(row[j-1]+1, last[j]+1, last[j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
