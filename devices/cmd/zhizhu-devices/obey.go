package main

import (
	"context"
	"fmt"
	"strings"

	"zhizhu/devices"
	"zhizhu/devices/idcard/sam"
	"zhizhu/devices/sim"
)

const help = "card PERSONA | lift | scan TEXT | " +
	"printer ok|paper-out|paper-low|cover-open|jam|silent|power-cycle | " +
	"idcard ok|dead|silent|unreadable|unknown | unplug DEVICE | plug DEVICE | help | quit"

// obey does what is typed until it is told to quit or ctx ends.
func (s *stage) obey(ctx context.Context, typed <-chan string, out *lines) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case line := <-typed:
			word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
			if word == "quit" {
				return nil
			}
			if word == "" || strings.HasPrefix(word, "#") {
				continue
			}
			answer := reply{OK: word}
			if text, err := s.do(ctx, word, strings.TrimSpace(rest)); err != nil {
				answer = reply{Error: err.Error()}
			} else if text != "" {
				answer.OK = text
			}
			if err := out.print(answer); err != nil {
				return err
			}
		}
	}
}

func (s *stage) do(ctx context.Context, word, rest string) (string, error) {
	switch word {
	case "help":
		return help, nil
	case "card":
		p, ok := sim.FindPersona(rest)
		if !ok {
			return "", fmt.Errorf("nobody is called %q; zhizhu-devices personas lists who there is", rest)
		}
		return "", s.card.Lay(p.Card)
	case "lift":
		s.card.Lift()
		return "", nil
	case "scan":
		return "", s.scanner.Scan(ctx, rest)
	case "printer":
		return "", s.setPrinter(rest)
	case "idcard":
		return "", s.setReader(rest)
	case "plug", "unplug":
		return "", s.plug(rest, word == "plug")
	}
	return "", fmt.Errorf("no command %q; write one of: %s", word, help)
}

func (s *stage) setPrinter(state string) error {
	switch state {
	case "ok":
		s.printer.SetPaper(devices.PaperOK)
		s.printer.SetCover(false)
		s.printer.SetJam(false)
		s.printer.SetSilent(false)
	case "paper-out":
		s.printer.SetPaper(devices.PaperEnd)
	case "paper-low":
		s.printer.SetPaper(devices.PaperLow)
	case "cover-open":
		s.printer.SetCover(true)
	case "jam":
		s.printer.SetJam(true)
	case "silent":
		s.printer.SetSilent(true)
	case "power-cycle":
		s.printer.PowerCycle()
	default:
		return fmt.Errorf("a printer can't be %q; write one of: %s", state, help)
	}
	return nil
}

func (s *stage) setReader(state string) error {
	switch state {
	case "ok":
		s.card.Fail(sim.CardFaults{})
	case "dead":
		s.card.Fail(sim.CardFaults{Dead: sam.SelfTestFailed})
	case "silent":
		s.card.Fail(sim.CardFaults{Silent: -1})
	case "unreadable":
		s.card.Fail(sim.CardFaults{ReadFails: -1})
	case "unknown":
		s.card.LayUnknown()
	default:
		return fmt.Errorf("a card reader can't be %q; write one of: %s", state, help)
	}
	return nil
}

func (s *stage) plug(device string, in bool) error {
	tty, ok := s.ttys[device]
	if !ok {
		return fmt.Errorf("no device %q; write idcard, printer or scanner", device)
	}
	if in {
		return tty.Restore()
	}
	return tty.HangUp()
}
