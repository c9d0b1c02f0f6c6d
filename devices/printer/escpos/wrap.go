package escpos

import "strings"

// Characters that may not begin a line, and those that may not end one (避头尾).
const (
	notFirst = "，。、；：？！）》】」』〕〉”’…—～·％℃,.;:?!)]}%"
	notLast  = "（《【「『〔〈“‘([{￥$"
)

// wrap breaks cleaned text into lines of at most limit cells, keeping words of ASCII whole where they fit, and
// punctuation off the beginning of lines. An empty text is one empty line.
func wrap(s string, limit int) []string {
	limit = max(limit, 2)
	var out []string
	for para := range strings.SplitSeq(s, "\n") {
		out = append(out, wrapLine(para, limit)...)
	}
	return out
}

func wrapLine(s string, limit int) []string {
	var out []string
	line, used := "", 0
	flush := func() {
		out = append(out, strings.TrimRight(line, " "))
		line, used = "", 0
	}
	for _, a := range atoms(s) {
		if used > 0 && used+ink(a) > limit {
			flush()
			a = strings.TrimLeft(a, " ")
		}
		for ink(a) > limit {
			head := prefix(a, limit)
			line += head // which has no more yet than marks without a width of their own
			a = a[len(head):]
			flush()
		}
		line, used = line+a, used+width(a)
	}
	if line != "" || len(out) == 0 {
		flush()
	}
	return out
}

// ink is the width without the spaces at the end, which a line break swallows.
func ink(s string) int { return width(strings.TrimRight(s, " ")) }

// prefix is as much of s as fits into limit cells, but at least one character.
func prefix(s string, limit int) string {
	n := 0
	for i, r := range s {
		n += cells(r)
		if n > limit && i > 0 {
			return s[:i]
		}
	}
	return s
}

// atoms cuts text where a line may be broken. Concatenated they are the text.
func atoms(s string) []string {
	var out []string
	start := 0
	prev := rune(-1)
	for i, r := range s {
		if prev >= 0 && breakable(prev, r) {
			out = append(out, s[start:i])
			start = i
		}
		prev = r
	}
	if start < len(s) {
		out = append(out, s[start:])
	}
	return out
}

// breakable says whether a line may end between two neighbours.
func breakable(a, b rune) bool {
	switch {
	case strings.ContainsRune(notLast, a) || strings.ContainsRune(notFirst, b) || cells(b) == 0 || b == ' ':
		return false
	case a == ' ':
		return true
	}
	return cells(a) == 2 || cells(b) == 2
}
