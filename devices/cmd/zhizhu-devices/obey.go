package main

import (
	"context"
	"errors"
	"strings"

	"zhizhu/devices/sim/script"
)

// obey does what is typed until it is told to quit or ctx ends. The error is why, nil when it was told to.
func (s *stage) obey(ctx context.Context, typed <-chan string, out *lines) error {
	var block []string // a repeat that has not ended
	depth := 0
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case line := <-typed:
			word, _, _ := strings.Cut(strings.TrimSpace(line), " ")
			if word == "" || strings.HasPrefix(word, "#") {
				continue
			}
			switch block = append(block, line); word {
			case "repeat":
				depth++
			case "end":
				depth--
			}
			if depth > 0 {
				continue
			}
			commands := strings.Join(block, "\n")
			block, depth = nil, 0
			if err := s.answer(ctx, commands, word, out); err != nil {
				return err
			}
		}
	}
}

// answer plays what was typed and says what came of it.
func (s *stage) answer(ctx context.Context, commands, word string, out *lines) error {
	answer := reply{OK: word}
	steps, err := script.Parse("", strings.NewReader(commands))
	text := ""
	if err == nil {
		text, err = s.Play(ctx, steps)
	}
	switch {
	case errors.Is(err, script.ErrQuit):
		return err
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		answer = reply{Error: err.Error()}
	case text != "":
		answer.OK = text
	}
	return out.print(answer)
}
