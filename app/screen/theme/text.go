package theme

import (
	"strings"
	"unicode"

	"fyne.io/fyne/v2"
)

// unit is the size at which advances are measured once.
const unit = 100

// Ruler measures text by single characters: the bundled fonts have no kerning, so a line is as wide as its characters
// together. It keeps no text, so that a name can't stay behind in a cache. Use it on Fyne's goroutine only.
type Ruler struct {
	advance [2]map[rune]float32
}

// NewRuler returns a ruler for the theme that is set.
func NewRuler() *Ruler {
	return &Ruler{advance: [2]map[rune]float32{{}, {}}}
}

// Width returns how wide a line is.
func (r *Ruler) Width(s string, size float32, bold bool) float32 {
	var w float32
	for _, c := range s {
		w += r.rune(c, bold)
	}
	return w * size / unit
}

func (r *Ruler) rune(c rune, bold bool) float32 {
	if ideograph(c) {
		return unit
	}
	m := r.advance[0]
	if bold {
		m = r.advance[1]
	}
	w, ok := m[c]
	if !ok {
		// Measured between two others, since a single blank has no size.
		style := fyne.TextStyle{Bold: bold}
		w = fyne.MeasureText("n"+string(c)+"n", unit, style).Width - fyne.MeasureText("nn", unit, style).Width
		m[c] = w
	}
	return w
}

func ideograph(c rune) bool {
	return c >= 0x3400 && c <= 0x9fff || c >= 0x20000 && c <= 0x3ffff || c >= 0xff01 && c <= 0xff5e || c == '、' || c == '。'
}

// Characters that may not begin a line, and that may not end one (GB/T 15834).
const (
	noStart = "，。、；：？！）》」』】”’…—·％%,.;:?!)]}℃°"
	noEnd   = "（《「『【“‘([{￥#"
)

// Wrap breaks text into lines that are no wider than width. Words in Latin letters and digits stay whole where they
// fit; punctuation neither begins nor ends a line where it must not.
func (r *Ruler) Wrap(s string, size float32, bold bool, width float32) []string {
	var lines []string
	for para := range strings.SplitSeq(s, "\n") {
		lines = append(lines, r.wrapLine(strings.TrimSpace(para), size, bold, width)...)
	}
	return lines
}

func (r *Ruler) wrapLine(s string, size float32, bold bool, width float32) []string {
	text := []rune(s)
	limit := width * unit / size
	var lines []string
	for len(text) > 0 {
		n := r.fit(text, bold, limit)
		lines = append(lines, strings.TrimRight(string(text[:n]), " "))
		text = text[n:]
		for len(text) > 0 && text[0] == ' ' {
			text = text[1:]
		}
	}
	if lines == nil {
		lines = []string{""}
	}
	return lines
}

// fit returns how many characters make the next line, at least one.
func (r *Ruler) fit(text []rune, bold bool, limit float32) int {
	var w float32
	n := 0
	for n < len(text) {
		w += r.rune(text[n], bold)
		if w > limit+0.5 {
			break
		}
		n++
	}
	if n == len(text) {
		return n
	}
	if best := breakBefore(text, n); best > 0 {
		return best
	}
	return max(n, 1)
}

// breakBefore returns the last place at or before n where a line may end, or 0.
func breakBefore(text []rune, n int) int {
	for i := n; i > 0 && i > n-24; i-- {
		if mayBreak(text[i-1], text[i]) {
			return i
		}
	}
	return 0
}

func mayBreak(before, after rune) bool {
	switch {
	case strings.ContainsRune(noStart, after), strings.ContainsRune(noEnd, before):
		return false
	case before == ' ', after == ' ':
		return true
	default:
		return !word(before) || !word(after)
	}
}

func word(c rune) bool {
	return c < 0x2e80 && (unicode.IsLetter(c) || unicode.IsDigit(c) || strings.ContainsRune("-_./@+", c))
}

// Balance breaks text like Wrap and then evens the lines out, so that no single character is left on the last one.
func (r *Ruler) Balance(s string, size float32, bold bool, width float32) []string {
	lines := r.Wrap(s, size, bold, width)
	if len(lines) < 2 || strings.Contains(s, "\n") {
		return lines
	}
	low, high := width/2, width
	for range 6 {
		mid := (low + high) / 2
		if got := r.Wrap(s, size, bold, mid); len(got) <= len(lines) {
			lines, high = got, mid
		} else {
			low = mid
		}
	}
	return lines
}
