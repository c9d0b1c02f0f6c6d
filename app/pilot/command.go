package pilot

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Verb is the first word of a line.
type Verb string

// Verbs.
const (
	Card    Verb = "card"
	Lift    Verb = "lift"
	Scan    Verb = "scan"
	Tap     Verb = "tap"
	Type    Verb = "type"
	Choose  Verb = "choose"
	Sign    Verb = "sign"
	Wait    Verb = "wait"
	Expect  Verb = "expect"
	Serve   Verb = "serve"
	Net     Verb = "net"
	Shot    Verb = "shot"
	Printer Verb = "printer"
)

// States that net and printer take.
const (
	Up       = "up"
	Down     = "down"
	PaperOut = "paper-out"
	PaperOK  = "ok"
)

// Patience is how long wait, expect and every touch wait for what they need, unless the line says otherwise.
const Patience = 15 * time.Second

// Command is one line of a script.
type Command struct {
	File  string
	Line  int
	Verb  Verb
	Label string        // what is touched, or the one word the verb takes: persona, screen, item, name, up, down
	Text  string        // what is typed, chosen or scanned
	Seed  uint64        // serve
	Limit time.Duration // wait; 0 where the line says nothing
}

// Place is where the command stands, as file:line.
func (c Command) Place() string { return fmt.Sprintf("%s:%d", c.File, c.Line) }

// String is the line as it would be written.
func (c Command) String() string {
	words := []string{string(c.Verb)}
	if c.Label != "" {
		split := c.Verb == Type || c.Verb == Choose || c.Verb == Serve
		words = append(words, quote(c.Label, split))
	}
	if c.Text != "" {
		words = append(words, quote(c.Text, false))
	}
	if c.Verb == Serve && c.Seed != defaultSeed {
		words = append(words, strconv.FormatUint(c.Seed, 10))
	}
	if c.Limit != 0 {
		words = append(words, strconv.FormatFloat(c.Limit.Seconds(), 'f', -1, 64))
	}
	return strings.Join(words, " ")
}

// quote puts quotes around a text that could not be read back without them; split says that something follows it.
func quote(s string, split bool) string {
	quoted := strconv.Quote(s)
	if quoted != `"`+s+`"` || strings.Contains(s, "#") || strings.TrimSpace(s) != s ||
		split && strings.ContainsFunc(s, unicode.IsSpace) {
		return quoted
	}
	return s
}
