package script

import (
	"context"
	"fmt"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/idcard/sam"
	"zhizhu/devices/sim"
)

// reader makes an action of what is done to the card reader.
func reader(do func(r *sim.CardReader, a args) error) action {
	return func(_ context.Context, s *Stage, a args) (string, error) {
		if s.Card == nil {
			return "", errAbsent("card reader")
		}
		return "", do(s.Card, a)
	}
}

func layCard(r *sim.CardReader, a args) error {
	p, ok := sim.FindPersona(a.text("persona"))
	if !ok {
		return fmt.Errorf("find persona: nobody is called %q", a.text("persona"))
	}
	return r.Lay(p.Card)
}

func layUnknown(r *sim.CardReader, _ args) error { r.LayUnknown(); return nil }

func lift(r *sim.CardReader, _ args) error { r.Lift(); return nil }

// adjust changes one of a reader's faults.
func adjust(r *sim.CardReader, change func(*sim.CardFaults)) error { r.Adjust(change); return nil }

func liftInReading(r *sim.CardReader, a args) error {
	return adjust(r, func(f *sim.CardFaults) {
		if f.LiftAfter = a.number("byte"); f.LiftAfter == 0 {
			f.LiftAfter = -1
		}
	})
}

func readerOK(r *sim.CardReader, _ args) error {
	r.Fail(sim.CardFaults{})
	r.Mend()
	return nil
}

func readerDead(r *sim.CardReader, a args) error {
	return adjust(r, func(f *sim.CardFaults) {
		if f.Dead = sam.SelfTestFailed; a.has("status") {
			f.Dead = sam.Status(a.number("status"))
		}
	})
}

func readerSilent(r *sim.CardReader, a args) error {
	return adjust(r, func(f *sim.CardFaults) {
		if f.Silent = -1; a.has("count") {
			f.Silent = a.count()
		}
	})
}

func readerUnreadable(r *sim.CardReader, _ args) error {
	return adjust(r, func(f *sim.CardFaults) { f.ReadFails = -1 })
}

func readerStatus(r *sim.CardReader, a args) error {
	status := sam.Status(a.number("status"))
	op := sim.StatusOp(status)
	if a.has("command") {
		op = map[string]sam.Op{"find": sam.Find, "select": sam.Select, "read": sam.ReadText, "address": sam.ReadAddress}[a.text("command")]
	}
	return adjust(r, func(f *sim.CardFaults) {
		f.Answers = append(f.Answers, sim.Answer{Op: op, Times: a.count(), Reply: sam.Reply{Status: status}})
	})
}

func readerLatency(r *sim.CardReader, a args) error {
	return adjust(r, func(f *sim.CardFaults) { f.Latency = a.duration("time") })
}

func readerThink(r *sim.CardReader, a args) error {
	return adjust(r, func(f *sim.CardFaults) { f.Think = a.duration("time") })
}

func readerFinds(r *sim.CardReader, a args) error {
	return adjust(r, func(f *sim.CardFaults) { f.AlwaysFinds = a.text("what") == "always" })
}

func readerForm(r *sim.CardReader, a args) error {
	return adjust(r, func(f *sim.CardFaults) { f.LongForm = a.text("what") == "long" })
}

func readerIIN(r *sim.CardReader, a args) error {
	return adjust(r, func(f *sim.CardFaults) { f.NoIIN = a.text("what") == "no" })
}

func readerAddress(r *sim.CardReader, a args) error {
	return adjust(r, func(f *sim.CardFaults) { f.NoAddress = a.text("what") == "no" })
}

// scanner makes an action of what is done to the scanner.
func scanner(do func(ctx context.Context, s *sim.Scanner, a args) error) action {
	return func(ctx context.Context, s *Stage, a args) (string, error) {
		if s.Scanner == nil {
			return "", errAbsent("scanner")
		}
		return "", do(ctx, s.Scanner, a)
	}
}

func scan(ctx context.Context, s *sim.Scanner, a args) error { return s.Scan(ctx, a.text("code")) }

func scanHex(ctx context.Context, s *sim.Scanner, a args) error {
	return s.ScanBytes(ctx, a.bytes("code"))
}

func hold(_ context.Context, s *sim.Scanner, a args) error {
	s.Hold([]byte(a.text("code")))
	return nil
}

func away(_ context.Context, s *sim.Scanner, _ args) error { s.Away(); return nil }

func configure(s *sim.Scanner, change func(t *sim.ScannerTraits, end *string)) error {
	s.Configure(change)
	return nil
}

func scannerOK(_ context.Context, s *sim.Scanner, _ args) error {
	s.Mend()
	return configure(s, func(t *sim.ScannerTraits, end *string) { *t, *end = sim.ScannerTraits{}, "\r" })
}

func scannerSuffix(_ context.Context, s *sim.Scanner, a args) error {
	return configure(s, func(_ *sim.ScannerTraits, end *string) {
		*end = map[string]string{"cr": "\r", "lf": "\n", "crlf": "\r\n"}[a.text("end")]
	})
}

func scannerPrefix(_ context.Context, s *sim.Scanner, a args) error {
	return configure(s, func(t *sim.ScannerTraits, _ *string) { t.Prefix = string(a.bytes("prefix")) })
}

func scannerCommands(_ context.Context, s *sim.Scanner, a args) error {
	for i, set := range sim.CommandSets() {
		if set == a.text("set") {
			return configure(s, func(t *sim.ScannerTraits, _ *string) { t.Commands = sim.CommandSet(i) })
		}
	}
	return fmt.Errorf("find command set: there is no %s", a.text("set"))
}

func scannerTrigger(_ context.Context, s *sim.Scanner, a args) error {
	return configure(s, func(t *sim.ScannerTraits, _ *string) { t.NeedsTrigger = a.text("what") == "needed" })
}

func scannerRepeat(_ context.Context, s *sim.Scanner, a args) error {
	return configure(s, func(t *sim.ScannerTraits, _ *string) { t.Repeat = a.duration("time") })
}

func scannerPackets(_ context.Context, s *sim.Scanner, a args) error {
	return configure(s, func(t *sim.ScannerTraits, _ *string) { t.Packets = a.text("what") == "yes" })
}

func scannerAcks(_ context.Context, s *sim.Scanner, a args) error {
	return configure(s, func(t *sim.ScannerTraits, _ *string) {
		t.Deaf, t.Naks = a.text("what") == "no", a.text("what") == "refuses"
	})
}

// model makes an action of what makes another model of the printer.
func model(change func(o *sim.PrinterOptions, a args)) action {
	return printer(func(_ context.Context, s *Stage, a args) error {
		s.Printer.Reconfigure(func(o *sim.PrinterOptions) { change(o, a) })
		return nil
	})
}

func printerFont(o *sim.PrinterOptions, a args)   { o.NoChineseFont = a.text("what") == "none" }
func printerID(o *sim.PrinterOptions, a args)     { o.NoIdentify = a.text("what") == "no" }
func printerDrawer(o *sim.PrinterOptions, a args) { o.DrawerHigh = a.text("what") == "high" }
func printerFlow(o *sim.PrinterOptions, a args)   { o.FlowControl = a.text("what") == "yes" }
func printerPeeks(o *sim.PrinterOptions, a args)  { o.ObeysInData = a.text("what") == "yes" }
func printerSpeed(o *sim.PrinterOptions, a args)  { o.DotsPerSecond = a.number("dots") }
func printerBuffer(o *sim.PrinterOptions, a args) {
	o.Buffer, o.XoffAt = a.number("size"), a.number("full")
}

// printer makes an action of what is done to the printer.
func printer(do func(ctx context.Context, s *Stage, a args) error) action {
	return func(ctx context.Context, s *Stage, a args) (string, error) {
		if s.Printer == nil {
			return "", errAbsent("printer")
		}
		return "", do(ctx, s, a)
	}
}

func printerState(_ context.Context, s *Stage, a args) error {
	p := s.Printer
	switch a.text("state") {
	case "ok":
		p.SetPaper(devices.PaperOK)
		p.SetCover(false)
		p.SetJam(false)
		p.SetHot(false)
		p.SetBroken(false)
		p.SetSilent(false)
		p.Mend()
	case "paper-out":
		p.SetPaper(devices.PaperEnd)
	case "paper-low":
		p.SetPaper(devices.PaperLow)
	case "cover-open":
		p.SetCover(true)
	case "jam":
		p.SetJam(true)
	case "hot":
		p.SetHot(true)
	case "broken":
		p.SetBroken(true)
	case "silent":
		p.SetSilent(true)
	case "power-cycle":
		p.PowerCycle()
	}
	return nil
}

func printerPaper(_ context.Context, s *Stage, a args) error {
	s.Printer.SetPaper(map[string]devices.Paper{"ok": devices.PaperOK, "low": devices.PaperLow}[a.text("state")])
	return nil
}

// when does something now, or when so many bytes more have come.
func when(s *Stage, a args, do func()) {
	if n := a.number("byte"); n > 0 {
		s.Printer.AtByte(n, do)
		return
	}
	do()
}

func printerPaperOut(_ context.Context, s *Stage, a args) error {
	when(s, a, func() { s.Printer.SetPaper(devices.PaperEnd) })
	return nil
}

func printerPaperLines(_ context.Context, s *Stage, a args) error {
	s.Printer.PaperOutAfter(a.number("lines"))
	return nil
}

func printerCoverOpen(ctx context.Context, s *Stage, a args) error {
	when(s, a, func() {
		s.Printer.SetCover(true)
		if d := a.duration("time"); d > 0 {
			s.in(ctx, d, func() error { s.Printer.SetCover(false); return nil })
		}
	})
	return nil
}

func printerCoverClose(_ context.Context, s *Stage, _ args) error {
	s.Printer.SetCover(false)
	return nil
}

func printerJamAtCut(_ context.Context, s *Stage, _ args) error { s.Printer.JamCutter(); return nil }

func printerHot(ctx context.Context, s *Stage, a args) error {
	s.Printer.SetHot(true)
	s.in(ctx, a.duration("time"), func() error { s.Printer.SetHot(false); return nil })
	return nil
}

func printerXoff(_ context.Context, s *Stage, a args) error {
	if tty := s.Lines["printer"]; !a.has("byte") && tty != nil && !tty.PluggedIn() {
		return fmt.Errorf("send XOFF: %w", sim.ErrUnplugged)
	}
	when(s, a, func() { s.Printer.Hold(a.duration("time")) })
	return nil
}

func printerPowerCycleAt(_ context.Context, s *Stage, a args) error {
	start := 1500 * time.Millisecond
	if a.has("time") {
		start = a.duration("time")
	}
	s.Printer.AtByte(max(a.number("byte"), 1), func() { s.Printer.PowerCycleFor(start) })
	return nil
}

func printerAnswers(_ context.Context, s *Stage, a args) error {
	s.Printer.SetSilent(a.text("what") == "none")
	s.Printer.Reconfigure(func(o *sim.PrinterOptions) {
		if o.Mute = nil; a.text("what") == "paper" {
			o.Mute = []int{1, 2, 3}
		}
	})
	return nil
}
