package pilot

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"zhizhu/app/visit"
)

const (
	defaultSeed = 1
	// maxLine bounds a line, so that a binary file named by mistake is refused early.
	maxLine = 4096
	// maxWait bounds what `wait` may be told: longer is a slip of the finger.
	maxWait = time.Hour
)

// grammar says for each verb how its line is written and how its words become a command.
var grammar = []struct {
	verb  Verb
	usage string
	read  func(c *Command, rest string) error
}{
	{Card, "card PERSONA", oneText},
	{Lift, "lift", nothing},
	{Scan, "scan TEXT", func(c *Command, rest string) error { return text(&c.Text, rest, "TEXT") }},
	{Tap, "tap LABEL", oneText},
	{Type, "type LABEL TEXT", labelAndText},
	{Choose, "choose LABEL OPTION", labelAndText},
	{Sign, "sign", nothing},
	{Wait, "wait SCREEN [SECONDS]", screen},
	{Expect, "expect TEXT", oneText},
	{Serve, "serve ITEM [SEED]", itemAndSeed},
	{Net, "net up|down", oneOf(Up, Down)},
	{Shot, "shot NAME", name},
	{Printer, "printer paper-out|ok", oneOf(PaperOut, PaperOK)},
}

// Parse reads a script. file is its name for messages. All that is wrong is told at once, each with file:line and
// what to write instead; the commands are nil then.
func Parse(file string, r io.Reader) ([]Command, error) {
	var (
		all    []Command
		faults []error
	)
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, maxLine), maxLine)
	line := 0
	for lines.Scan() {
		line++
		s := lines.Text()
		if line == 1 {
			s = strings.TrimPrefix(s, "\ufeff")
		}
		c, err := parseLine(s)
		switch {
		case err != nil:
			faults = append(faults, fmt.Errorf("%s:%d: %w", file, line, err))
		case c.Verb != "":
			c.File, c.Line = file, line
			all = append(all, c)
		}
	}
	if err := lines.Err(); err != nil {
		faults = append(faults, fmt.Errorf("%s:%d: read line: %w", file, line+1, err))
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return all, nil
}

// parseLine reads one line. The zero Command stands for an empty one.
func parseLine(s string) (Command, error) {
	if !utf8.ValidString(s) {
		return Command{}, errors.New("not UTF-8 text; save the script as UTF-8")
	}
	s, err := uncomment(s)
	if err != nil || s == "" {
		return Command{}, err
	}
	word, rest := cutWord(s)
	for _, g := range grammar {
		if string(g.verb) != word {
			continue
		}
		c := Command{Verb: g.verb}
		if err := g.read(&c, rest); err != nil {
			return Command{}, fmt.Errorf("%s: %w; write: %s", word, err, g.usage)
		}
		return c, nil
	}
	return Command{}, fmt.Errorf("unknown word %q; write one of: %s", word, verbs())
}

func verbs() string {
	names := make([]string, 0, len(grammar))
	for _, g := range grammar {
		names = append(names, string(g.verb))
	}
	return strings.Join(names, ", ")
}

// uncomment takes a comment and the white space around the rest off. A # begins a comment at the start of a line or
// after white space, outside quotes.
func uncomment(s string) (string, error) {
	quoted, escaped, before := false, false, ' '
	for i, r := range s {
		switch {
		case escaped:
			escaped = false
		case quoted && r == '\\':
			escaped = true
		case r == '"' && (quoted || unicode.IsSpace(before)):
			quoted = !quoted
		case r == '#' && !quoted && unicode.IsSpace(before):
			return strings.TrimSpace(s[:i]), nil
		}
		before = r
	}
	if quoted {
		return "", errors.New(`a quote is not closed; write "..." around the words`)
	}
	return strings.TrimSpace(s), nil
}

// cutWord cuts the first word off.
func cutWord(s string) (word, rest string) {
	i := strings.IndexFunc(s, unicode.IsSpace)
	if i < 0 {
		return s, ""
	}
	return s[:i], strings.TrimSpace(s[i:])
}

// cutArg cuts the first argument off, a word or a quoted text.
func cutArg(s string) (arg, rest string, err error) {
	if !strings.HasPrefix(s, `"`) {
		arg, rest = cutWord(s)
		return arg, rest, nil
	}
	quoted, err := strconv.QuotedPrefix(s)
	if err != nil {
		return "", "", fmt.Errorf("quotes around %s can't be read", s)
	}
	if arg, err = strconv.Unquote(quoted); err != nil {
		return "", "", fmt.Errorf("quotes around %s can't be read", s)
	}
	return arg, strings.TrimSpace(s[len(quoted):]), nil
}

// text reads the rest of a line, quoted or bare.
func text(into *string, rest, what string) error {
	if strings.HasPrefix(rest, `"`) {
		arg, more, err := cutArg(rest)
		if err != nil {
			return err
		}
		if more == "" {
			rest = arg
		}
	}
	if rest == "" {
		return fmt.Errorf("%s is missing", what)
	}
	*into = rest
	return nil
}

func nothing(_ *Command, rest string) error {
	if rest != "" {
		return fmt.Errorf("nothing may follow, found %q", rest)
	}
	return nil
}

func oneText(c *Command, rest string) error { return text(&c.Label, rest, "what to look for") }

func labelAndText(c *Command, rest string) (err error) {
	if c.Label, rest, err = cutArg(rest); err != nil {
		return err
	}
	if c.Label == "" {
		return errors.New("LABEL is missing")
	}
	return text(&c.Text, rest, "the words after LABEL")
}

func screen(c *Command, rest string) (err error) {
	c.Label, rest = cutWord(rest)
	if _, ok := stepOf(c.Label); !ok {
		names := make([]string, 0, len(visit.Steps()))
		for _, s := range visit.Steps() {
			names = append(names, s.String())
		}
		return fmt.Errorf("no screen is called %q; there are %s", c.Label, strings.Join(names, ", "))
	}
	if rest == "" {
		return nil
	}
	seconds, err := strconv.ParseFloat(rest, 64)
	limit := time.Duration(seconds * float64(time.Second))
	if err != nil || math.IsNaN(seconds) || limit <= 0 || limit > maxWait || seconds > maxWait.Seconds() {
		return fmt.Errorf("%q is no number of seconds from 0 to %v", rest, maxWait.Seconds())
	}
	c.Limit = limit
	return nil
}

func itemAndSeed(c *Command, rest string) (err error) {
	c.Seed = defaultSeed
	if c.Label, rest, err = cutArg(rest); err != nil {
		return err
	}
	if c.Label == "" {
		return errors.New("ITEM is missing")
	}
	if rest == "" {
		return nil
	}
	if c.Seed, err = strconv.ParseUint(rest, 10, 64); err != nil {
		return fmt.Errorf("seed %q is no whole number (an item's name with spaces needs quotes)", rest)
	}
	return nil
}

func oneOf(words ...string) func(*Command, string) error {
	return func(c *Command, rest string) error {
		if !slices.Contains(words, rest) {
			return fmt.Errorf("%q is neither %s", rest, strings.Join(words, " nor "))
		}
		c.Label = rest
		return nil
	}
}

// name reads a picture's name. It becomes a file's name, so it can't leave the folder.
func name(c *Command, rest string) error {
	if err := text(&c.Label, rest, "NAME"); err != nil {
		return err
	}
	for _, r := range c.Label {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' && r != '_' {
			return fmt.Errorf("%q can't be a file's name: use letters, digits, - and _", c.Label)
		}
	}
	if len(c.Label) > 100 {
		return errors.New("the name is too long")
	}
	return nil
}

// stepOf finds a step by its name.
func stepOf(name string) (visit.Step, bool) {
	for _, s := range visit.Steps() {
		if s.String() == name {
			return s, true
		}
	}
	return 0, false
}
