package script

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// Step is one command of a script, or a block that is repeated.
type Step struct {
	Line  int
	Word  string        // the command's first word
	after time.Duration // plays it so much later, while the script goes on
	do    action
	args  args
	times int // of a block
	block []Step
}

// Limits of a script: what is longer is no script.
const (
	maxSteps = 10000
	maxDepth = 8
)

// Parse reads a script. name is for errors, "" for what is typed. The error joins an *Error for every wrong line.
func Parse(name string, r io.Reader) ([]Step, error) {
	p := parser{name: name}
	in := bufio.NewScanner(r)
	for in.Scan() {
		p.line++
		if err := p.take(in.Text()); err != nil {
			p.errs = append(p.errs, err)
		}
	}
	if err := in.Err(); err != nil {
		return nil, fmt.Errorf("read script: %w", err)
	}
	if len(p.open) > 0 {
		p.errs = append(p.errs, &Error{name, p.open[len(p.open)-1].Line, 1, `this repeat has no end; write a line "end" behind what is repeated`})
	}
	return p.steps, errors.Join(p.errs...)
}

type parser struct {
	name  string
	line  int
	count int
	steps []Step
	open  []Step // blocks that have begun
	errs  []error
}

func (p *parser) fail(word int, format string, v ...any) error {
	return &Error{p.name, p.line, word, fmt.Sprintf(format, v...)}
}

// take reads one line.
func (p *parser) take(raw string) error {
	l := cutLine(raw)
	if len(l.words) == 0 || strings.HasPrefix(l.words[0].text, "#") {
		return nil
	}
	if p.count++; p.count > maxSteps {
		return p.fail(0, "a script has at most %d commands", maxSteps)
	}
	switch l.words[0].text {
	case "repeat":
		return p.begin(l)
	case "end":
		return p.end(l)
	}
	s, err := p.step(l, 0)
	if err == nil {
		p.add(s)
	}
	return err
}

func (p *parser) add(s Step) {
	if n := len(p.open); n > 0 {
		p.open[n-1].block = append(p.open[n-1].block, s)
		return
	}
	p.steps = append(p.steps, s)
}

func (p *parser) begin(l line) error {
	s := Step{Line: p.line, Word: "repeat", times: 1}
	err := p.howOften(l, &s)
	if len(p.open) >= maxDepth {
		err = p.fail(1, "blocks lie in one another at most %d deep", maxDepth)
	}
	p.open = append(p.open, s) // its end is expected all the same
	return err
}

func (p *parser) howOften(l line, s *Step) error {
	if len(l.words) < 2 {
		return p.fail(2, "repeat how often? write a number or always")
	}
	n, used, err := readCount(l, 1)
	if err != nil || used != len(l.words)-1 {
		return p.fail(2, "%q: write a number or always", l.words[1].text)
	}
	s.times, _ = n.(int)
	return nil
}

func (p *parser) end(l line) error {
	if len(l.words) > 1 {
		return p.fail(2, "%q: nothing follows end", l.words[1].text)
	}
	n := len(p.open)
	if n == 0 {
		return p.fail(1, "nothing is repeated here that could end")
	}
	s := p.open[n-1]
	p.open = p.open[:n-1]
	if s.times < 0 && !takesTime(s.block) {
		return &Error{p.name, s.Line, 1, "what is repeated always must take time; put a wait into it"}
	}
	p.add(s)
	return nil
}

// takesTime says whether a block waits for something.
func takesTime(steps []Step) bool {
	return slices.ContainsFunc(steps, func(s Step) bool { return s.Word == "wait" && s.after == 0 || takesTime(s.block) })
}

// step reads one command, from a word on.
func (p *parser) step(l line, from int) (Step, error) {
	if from == 0 && l.words[0].text == "after" {
		if len(l.words) < 3 {
			return Step{}, p.fail(len(l.words)+1, "write a time and a command, like: after 2s lift")
		}
		d, _, err := readDuration(l, 1)
		if err != nil {
			return Step{}, p.fail(2, "%q: %v", l.words[1].text, err)
		}
		s, err := p.step(l, 2)
		s.after, _ = d.(time.Duration)
		return s, err
	}
	m := miss{at: -1}
	for _, f := range forms() {
		if a, ok := l.match(tokens(f.pattern), from, args{}, &m); ok {
			return Step{Line: p.line, Word: l.words[from].text, do: f.do, args: a}, nil
		}
	}
	return Step{}, p.explain(l, m)
}

// explain says what should stand where no form fits.
func (p *parser) explain(l line, m miss) error {
	var wants []string
	for _, w := range m.wants {
		wants = append(wants, strings.Split(w, "|")...)
	}
	if m.at == 0 { // the parser's own
		wants = append(wants, "repeat", "after")
		if len(p.open) > 0 {
			wants = append(wants, "end")
		}
	}
	slices.Sort(wants)
	wants = slices.DeleteFunc(slices.Compact(wants), func(s string) bool { return s == "" })
	if m.at >= len(l.words) {
		return p.fail(m.at+1, "something is missing; write one of: %s", strings.Join(wants, ", "))
	}
	written := l.words[m.at].text
	switch near := nearest(written, wants); {
	case near != "":
		return p.fail(m.at+1, "%q: did you mean %q? write one of: %s", written, near, strings.Join(wants, ", "))
	case m.why != nil && len(wants) == 1:
		return p.fail(m.at+1, "%q: %v", written, m.why)
	case len(wants) == 0:
		return p.fail(m.at+1, "%q: nothing follows here", written)
	default:
		return p.fail(m.at+1, "%q: write one of: %s", written, strings.Join(wants, ", "))
	}
}
