package script

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"zhizhu/devices/sim"
)

// token is one piece of a form's pattern: a word that must stand there, a hole for a value, or a group that may be left out.
type token struct {
	word  string
	name  string // of a hole
	kind  string // of a hole: a key of holes, or the words that fit it, parted by |
	group []token
}

// tokens reads a pattern: words, <name:kind>, and [groups].
func tokens(pattern string) []token {
	ts, _ := read(strings.Fields(strings.NewReplacer("[", " [ ", "]", " ] ").Replace(pattern)))
	return ts
}

func read(words []string) (ts []token, used int) {
	for used < len(words) {
		w := words[used]
		used++
		switch {
		case w == "[":
			group, n := read(words[used:])
			ts, used = append(ts, token{group: group}), used+n
		case w == "]":
			return ts, used
		case strings.HasPrefix(w, "<"):
			name, kind, _ := strings.Cut(strings.Trim(w, "<>"), ":")
			ts = append(ts, token{name: name, kind: kind})
		default:
			ts = append(ts, token{word: w})
		}
	}
	return ts, used
}

// usage is how a form is written, for people.
func usage(ts []token) string {
	var out []string
	for _, t := range ts {
		switch {
		case t.group != nil:
			out = append(out, "["+usage(t.group)+"]")
		case t.name != "" && strings.Contains(t.kind, "|"):
			out = append(out, t.kind)
		case t.name != "":
			out = append(out, strings.ToUpper(t.name))
		default:
			out = append(out, t.word)
		}
	}
	return strings.Join(out, " ")
}

// args are the values of a command's holes, by name.
type args map[string]any

func (a args) has(name string) bool { _, ok := a[name]; return ok }

func (a args) text(name string) string { v, _ := a[name].(string); return v }

func (a args) number(name string) int { v, _ := a[name].(int); return v }

func (a args) duration(name string) time.Duration { v, _ := a[name].(time.Duration); return v }

func (a args) bytes(name string) []byte { v, _ := a[name].([]byte); return v }

// count is how often; once where it is not said.
func (a args) count() int {
	if v, ok := a["count"].(int); ok {
		return v
	}
	return 1
}

// word is a word of a line and where it begins.
type word struct {
	text string
	at   int
}

// line is one line, cut into words.
type line struct {
	raw   string
	words []word
}

func cutLine(raw string) line {
	l := line{raw: raw}
	start := -1
	for i, r := range raw + " " {
		blank := r == ' ' || r == '\t' || r == '\r' || r == '\u3000'
		if !blank && start < 0 {
			start = i
		}
		if blank && start >= 0 {
			l.words = append(l.words, word{raw[start:i], start})
			start = -1
		}
	}
	return l
}

// rest is the line from a word on, as it was written.
func (l line) rest(n int) string { return strings.TrimSpace(l.raw[l.words[n].at:]) }

// miss is the farthest word at which no form fits any more, and what would fit there.
type miss struct {
	at    int
	wants []string
	why   error // of a value that is none
}

func (m *miss) note(at int, want string, why error) {
	if at > m.at {
		*m = miss{at: at}
	}
	if at == m.at {
		m.wants = append(m.wants, want)
		if why != nil {
			m.why = why
		}
	}
}

// match fits tokens to the words from at on.
func (l line) match(ts []token, at int, a args, m *miss) (args, bool) {
	if len(ts) == 0 {
		if at < len(l.words) {
			m.note(at, "", nil)
			return nil, false
		}
		return a, true
	}
	t, rest := ts[0], ts[1:]
	switch {
	case t.group != nil:
		if got, ok := l.match(slices.Concat(t.group, rest), at, a, m); ok {
			return got, true
		}
		return l.match(rest, at, a, m)
	case t.word != "":
		if at >= len(l.words) || l.words[at].text != t.word {
			m.note(at, t.word, nil)
			return nil, false
		}
		return l.match(rest, at+1, a, m)
	}
	if at >= len(l.words) {
		m.note(at, want(t), nil)
		return nil, false
	}
	v, used, err := l.value(t.kind, at)
	if err != nil {
		m.note(at, want(t), err)
		return nil, false
	}
	got, ok := l.match(rest, at+used, a, m)
	if ok {
		got[t.name] = v
	}
	return got, ok
}

func want(t token) string {
	if h, ok := holes()[t.kind]; ok {
		return h.says
	}
	return t.kind
}

// errChoice is the error of a word that is none of those that fit.
var errChoice = errors.New("no such word")

func (l line) value(kind string, at int) (v any, used int, err error) {
	if h, ok := holes()[kind]; ok {
		return h.read(l, at)
	}
	if w := l.words[at].text; slices.Contains(strings.Split(kind, "|"), w) {
		return w, 1, nil
	}
	return nil, 0, errChoice
}

// hole is a kind of value.
type hole struct {
	says string
	read func(l line, at int) (v any, used int, err error)
}

func holes() map[string]hole {
	return map[string]hole{
		"duration": {"a time like 40ms or 2s", readDuration},
		"number":   {"a whole number", readNumber},
		"count":    {"once, twice, 3 times or always", readCount},
		"status":   {"a status like 81", readStatus},
		"hex":      {"bytes like AA 00", readHex},
		"text":     {"a text", func(l line, at int) (any, int, error) { return l.rest(at), len(l.words) - at, nil }},
		"word":     {"a name", func(l line, at int) (any, int, error) { return l.words[at].text, 1, nil }},
		"who":      {"a resident (zhizhu-devices personas lists them)", readWho},
	}
}

// maxTime is the longest time that a script may name.
const maxTime = 24 * time.Hour

func readDuration(l line, at int) (any, int, error) {
	d, err := time.ParseDuration(l.words[at].text)
	if err != nil || d <= 0 || d > maxTime {
		return nil, 0, errors.New("no time; write one like 40ms, 2s or 1m")
	}
	return d, 1, nil
}

func readNumber(l line, at int) (any, int, error) {
	n, err := strconv.Atoi(l.words[at].text)
	if err != nil || n < 0 || n > 1e9 {
		return nil, 0, errors.New("no whole number")
	}
	return n, 1, nil
}

func readCount(l line, at int) (any, int, error) {
	switch l.words[at].text {
	case "once":
		return 1, 1, nil
	case "twice":
		return 2, 1, nil
	case "always":
		return -1, 1, nil
	}
	n, used, err := readNumber(l, at)
	if err != nil || n == 0 {
		return nil, 0, errors.New("no count; write once, twice, 3 times or always")
	}
	if at+1 < len(l.words) && l.words[at+1].text == "times" {
		used++
	}
	return n, used, nil
}

func readStatus(l line, at int) (any, int, error) {
	n, err := strconv.ParseUint(l.words[at].text, 16, 8)
	if err != nil || len(l.words[at].text) != 2 {
		return nil, 0, errors.New("no status; write two hex digits like 81")
	}
	return int(n), 1, nil
}

func readHex(l line, at int) (any, int, error) {
	b, err := hex.DecodeString(strings.Join(strings.Fields(l.rest(at)), ""))
	if err != nil || len(b) == 0 {
		return nil, 0, errors.New("no bytes; write hex digits, two a byte")
	}
	return b, len(l.words) - at, nil
}

func readWho(l line, at int) (any, int, error) {
	p, ok := sim.FindPersona(l.rest(at))
	if !ok {
		return nil, 0, errors.New("nobody is called so; zhizhu-devices personas lists who there is")
	}
	return p.ID, len(l.words) - at, nil
}

// nearest is the word of a list that is most like what was written, "" if none is.
func nearest(written string, words []string) string {
	best, least := "", len([]rune(written))/2+1
	for _, w := range words {
		if d := distance([]rune(written), []rune(w)); d < least {
			best, least = w, d
		}
	}
	return best
}

// distance is how many letters must be changed, put in or left out to make b of a.
func distance(a, b []rune) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		last := row[0]
		row[0] = i + 1
		for j := range b {
			swap := last
			if a[i] != b[j] {
				swap++
			}
			last = row[j+1]
			row[j+1] = min(swap, row[j]+1, last+1)
		}
	}
	return row[len(b)]
}

// Error says what is wrong with a script, and where.
type Error struct {
	Name string // of the script
	Line int
	Word int // the first is 1; 0 is the whole line
	Text string
}

func (e *Error) Error() string {
	at := fmt.Sprintf("%s:%d", e.Name, e.Line)
	if e.Name == "" {
		at = fmt.Sprintf("line %d", e.Line)
	}
	if e.Word > 0 {
		at += fmt.Sprintf(", word %d", e.Word)
	}
	return at + ": " + e.Text
}
