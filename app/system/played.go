package system

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"

	"zhizhu/app/pilot"
	"zhizhu/devices"
	"zhizhu/devices/sim"
)

// played are the simulated devices as the pilot and the console play them. Parts that are real are done by hand.
type played struct {
	s *simulation
	t *Terminal // nil on the console, which waits for nothing
}

var _ pilot.Devices = played{}

func (s *simulation) devices(t *Terminal) pilot.Devices {
	if s == nil {
		return nil
	}
	return played{s, t}
}

func (p played) Personas() []string {
	if p.s.card == nil {
		return nil
	}
	var ids []string
	for _, x := range sim.Personas() {
		ids = append(ids, x.ID)
	}
	return ids
}

func (p played) Card(_ context.Context, persona string) error {
	if p.s.card == nil {
		return pilot.ErrByHand
	}
	who, ok := sim.FindPersona(persona)
	if !ok {
		return fmt.Errorf("no persona %q; there are %s", persona, strings.Join(p.Personas(), ", "))
	}
	return p.s.card.Lay(who.Card)
}

func (p played) Lift(context.Context) error {
	if p.s.card == nil {
		return pilot.ErrByHand
	}
	p.s.card.Lift()
	return nil
}

func (p played) Scan(ctx context.Context, text string) error {
	if p.s.scanner == nil {
		return pilot.ErrByHand
	}
	return p.s.scanner.Scan(ctx, text)
}

func (p played) Printer(ctx context.Context, state string) error {
	if p.s.printer == nil {
		return pilot.ErrByHand
	}
	if state == pilot.PaperOut {
		p.s.printer.SetPaper(devices.PaperEnd)
	} else {
		p.s.printer.SetPaper(devices.PaperOK)
	}
	if p.t == nil {
		return nil
	}
	return p.t.pulse.waitPaper(ctx, state != pilot.PaperOut)
}

func (p played) Net(ctx context.Context, up bool) error {
	if p.s.link == nil {
		return pilot.ErrByHand
	}
	p.s.link.Set(up)
	if p.t == nil {
		return nil
	}
	return p.t.awaitOnline(ctx, up)
}

const consoleHelp = `模拟设备（每行一条）：
  card 姓名或编号   放身份证      lift              拿走身份证
  scan 内容         扫一个码      printer paper-out 打印机没纸    printer ok 装好纸
  net down          断网          net up            恢复网络
人物：`

// console plays the devices by lines on a terminal, with the words of the pilot's language.
func (s *simulation) console(ctx context.Context, in io.Reader, out io.Writer) {
	say := &errWriter{w: out}
	say.printf("%s %s\n", consoleHelp, strings.Join(played{s: s}.Personas(), " "))
	lines := bufio.NewScanner(in)
	for say.err == nil && lines.Scan() && ctx.Err() == nil {
		commands, err := pilot.Parse("console", strings.NewReader(lines.Text()))
		if err != nil {
			say.printf("%v\n", err)
			continue
		}
		for _, c := range commands {
			if err := s.playLine(ctx, c); err != nil {
				say.printf("%v\n", err)
			}
		}
	}
}

func (s *simulation) playLine(ctx context.Context, c pilot.Command) error {
	p := played{s: s}
	switch c.Verb {
	case pilot.Card:
		return p.Card(ctx, c.Label)
	case pilot.Lift:
		return p.Lift(ctx)
	case pilot.Scan:
		return p.Scan(ctx, c.Text)
	case pilot.Printer:
		return p.Printer(ctx, c.Label)
	case pilot.Net:
		return p.Net(ctx, c.Label == pilot.Up)
	default:
		return fmt.Errorf("%s plays no device; here only card, lift, scan, printer and net", c.Verb)
	}
}
