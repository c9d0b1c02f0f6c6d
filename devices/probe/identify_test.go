package probe_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/idcard/sam"
	"zhizhu/devices/port"
	"zhizhu/devices/probe"
	"zhizhu/devices/sim"
)

// want is what a port must be found to be.
type want struct {
	name  string
	baud  int
	serve func(*sim.TTY) func(context.Context) error
	kind  string
	found int // speed; 0 for whatever was tried first
	model string
	note  probe.Note
}

func machine() []want {
	all := []want{
		{name: "find-only reader", baud: 57600, serve: findOnly, kind: probe.IDCard, found: 57600},
		{name: "broken reader", baud: 115200, serve: deadReader(sam.SelfTestFailed), kind: probe.IDCard, note: probe.SelfTest},
		{name: "unlicensed reader", baud: 115200, serve: deadReader(sam.Unauthorised), kind: probe.IDCard, note: probe.Unknown},
		{name: "reader behind an echo", serve: echoing, kind: probe.IDCard},
		{name: "printer with one answer", baud: 9600, serve: played(sim.PrinterOptions{Mute: []int{1, 2, 3}}), kind: probe.Printer, found: 9600},
		{name: "printer in trouble", baud: 19200, serve: troubled, kind: probe.Printer, found: 19200},
		{name: "scanner", baud: 9600, serve: scanner, note: probe.Quiet},
		{name: "GM65", baud: 9600, serve: commanded(sim.GM65), kind: probe.Scanner, found: 9600, model: "GM65"},
		{name: "SSI", baud: 9600, serve: decoder, kind: probe.Scanner, found: 9600, model: "SSI"},
		{name: "fast SSI", baud: 115200, serve: decoder, kind: probe.Scanner, found: 115200, model: "SSI"},
		{name: "Newland", baud: 9600, serve: commanded(sim.Newland), note: probe.Quiet},
		{name: "Honeywell", baud: 115200, serve: commanded(sim.Honeywell), note: probe.Quiet},
		{name: "dead", baud: 9600, note: probe.Quiet},
		{name: "loop", serve: loopback, note: probe.Echo},
		{name: "slow loop", baud: 9600, serve: loopback, note: probe.Echo},
		// Digits read like answers of a printer; a code must not be taken for them.
		{name: "shown code", serve: chatter("6262226262\r\n"), kind: probe.Scanner},
	}
	for i, noise := range []string{"\x12\x00\xfe\x16", "\xaa\xaa\xaa\x96\x69", "\x16\x16\x16\xff", "\x00", "2\x80"} {
		all = append(all, want{name: fmt.Sprint("noise ", i), serve: chatter(noise), note: probe.Noise})
	}
	for _, baud := range []int{115200, 57600, 38400, 19200, 9600} {
		all = append(
			all,
			want{name: fmt.Sprint("reader ", baud), baud: baud, serve: reader, kind: probe.IDCard, found: baud, model: "05.03-20240101-0001234567-0007654321"},
			want{name: fmt.Sprint("printer ", baud), baud: baud, serve: aPrinter, kind: probe.Printer, found: baud, model: "TP80"},
		)
	}
	return all
}

// Each port of a machine is asked by itself. A machine that is too busy to answer in time is asked again: what may
// never happen is that one device is taken for another.
func checkEveryDevice(t *testing.T) {
	r := newRig(t)
	var all sync.WaitGroup
	for _, w := range machine() {
		s := r.tty(w.name, w.baud, w.serve)
		all.Go(func() {
			for deadline := time.Now().Add(time.Minute); ; {
				f, err := probe.Identify(t.Context(), s.Path(), probe.Options{})
				switch {
				case err != nil:
					t.Errorf("%s: %v", w.name, err)
					return
				case w.is(f):
					return
				case f.Kind != "" && f.Kind != w.kind || time.Now().After(deadline):
					t.Errorf("%s: got %+v", w.name, f)
					return
				}
			}
		})
	}
	all.Wait()
}

func (w want) is(f probe.Finding) bool {
	return f.Kind == w.kind && f.Sure == (w.kind != "") && (w.found == 0 || f.Baud == w.found) &&
		(w.model == "" || f.Model == w.model) && (w.note == "" || noted(f, w.note))
}

func commanded(c sim.CommandSet) func(*sim.TTY) func(context.Context) error {
	return func(s *sim.TTY) func(context.Context) error {
		gun := sim.NewScanner(s)
		gun.Configure(func(t *sim.ScannerTraits, _ *string) { t.Commands = c })
		return gun.Serve
	}
}

// decoder is an SSI scanner that forgets a torn packet after a pause, as Zebra's do, and answers REQUEST_REVISION.
func decoder(s *sim.TTY) func(context.Context) error {
	return func(ctx context.Context) error {
		var got []byte
		b := make([]byte, 64)
		for {
			pause, cancel := context.WithTimeout(ctx, 60*time.Millisecond)
			n, err := s.Recv(pause, b)
			cancel()
			switch {
			case err == nil:
				got = append(got, b[:n]...)
			case ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded):
				return err
			default:
				got = nil
			}
			if bytes.HasSuffix(got, []byte("\x04\xa3\x04\x00\xff\x55")) {
				got = nil
				_ = s.Send(ctx, []byte("\x06\xa4\x00\x00\x52\x31\xfe\xd3")) // revision "R1"
			}
		}
	}
}

func deadReader(status sam.Status) func(*sim.TTY) func(context.Context) error {
	return func(s *sim.TTY) func(context.Context) error {
		r := sim.NewCardReader(s)
		r.Fail(sim.CardFaults{Dead: status})
		return r.Serve
	}
}

func played(o sim.PrinterOptions) func(*sim.TTY) func(context.Context) error {
	return func(s *sim.TTY) func(context.Context) error {
		o.TTY = s
		return sim.NewPrinter(o).Serve
	}
}

func troubled(s *sim.TTY) func(context.Context) error {
	p := sim.NewPrinter(sim.PrinterOptions{TTY: s, FlowControl: true})
	p.SetPaper(devices.PaperEnd)
	p.SetCover(true)
	return p.Serve
}

// findOnly is a module that knows no question but "find".
func findOnly(s *sim.TTY) func(context.Context) error {
	return func(ctx context.Context) error {
		dec, b := sam.Decoder{Requests: true}, make([]byte, 64)
		for {
			n, err := s.Recv(ctx, b)
			if err != nil {
				return err
			}
			dec.Write(b[:n])
			for body, ok := dec.Next(); ok; body, ok = dec.Next() {
				if req, err := sam.ParseRequest(body); err == nil && req.Op == sam.Find {
					_ = s.Send(ctx, sam.AppendReply(nil, sam.Reply{Status: sam.NoCard}))
				}
			}
		}
	}
}

// echoing is a reader on an adapter for two wires, which hears itself.
func echoing(s *sim.TTY) func(context.Context) error {
	return func(ctx context.Context) error {
		dec, b := sam.Decoder{Requests: true}, make([]byte, 64)
		for {
			n, err := s.Recv(ctx, b)
			if err != nil {
				return err
			}
			_ = s.Send(ctx, b[:n])
			dec.Write(b[:n])
			for _, ok := dec.Next(); ok; _, ok = dec.Next() {
				_ = s.Send(ctx, sam.AppendReply(nil, sam.Reply{Status: sam.OK}))
			}
		}
	}
}

// chatter sends the same bytes over and over, as a scanner before a code, or a device at an unknown speed.
func chatter(text string) func(*sim.TTY) func(context.Context) error {
	return func(s *sim.TTY) func(context.Context) error {
		return func(ctx context.Context) error {
			for tick := time.NewTicker(40 * time.Millisecond); ; {
				select {
				case <-ctx.Done():
					tick.Stop()
					return ctx.Err()
				case <-tick.C:
					_ = s.Send(ctx, []byte(text))
				}
			}
		}
	}
}

// A printer that answers nothing is asked everything. None of it may be on paper.
func checkNothingOfTheQuestionsIsPrinted(t *testing.T) {
	r := newRig(t)
	var all sync.WaitGroup
	for _, baud := range []int{0, 9600, 19200, 115200} {
		slips := make(chan []byte, 1)
		s := r.tty(fmt.Sprint(baud), baud, played(sim.PrinterOptions{
			Mute: []int{1, 2, 3, 4}, NoIdentify: true, OnReceipt: func(b []byte) { slips <- b },
		}))
		all.Go(func() {
			if f, err := probe.Identify(t.Context(), s.Path(), probe.Options{}); f.Kind != "" || err != nil {
				t.Errorf("%d baud: got %+v, %v", baud, f, err)
				return
			}
			if text := printed(t, s, slips); strings.TrimSpace(text) != "receipt" {
				t.Errorf("%d baud: %q is on paper", baud, text)
			}
		})
	}
	all.Wait()
}

func checkAPortInUseIsLeftAlone(t *testing.T) {
	s := newRig(t).tty("a", 9600, reader)
	held, err := port.Open(t.Context(), port.Config{Path: s.Path(), Baud: 9600, Device: "test"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = held.Close() }()
	if _, err := probe.Identify(t.Context(), s.Path(), probe.Options{}); devices.KindOf(err) != devices.InUse {
		t.Errorf("got %v", err)
	}
	if held.Baud() != 9600 {
		t.Error("the speed was changed")
	}
}

func checkIdentifyEndsWithItsContextAndWithTheLine(t *testing.T) {
	r := newRig(t)
	s := r.tty("a", 9600, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := probe.Identify(ctx, s.Path(), probe.Options{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	s = r.tty("b", 9600, nil) // nothing waits in it
	go func() {               // it is pulled out once it is asked
		_, _ = s.Recv(t.Context(), make([]byte, 1))
		_ = s.HangUp()
	}()
	if _, err := probe.Identify(t.Context(), s.Path(), probe.Options{}); devices.KindOf(err) != devices.HungUp {
		t.Errorf("got %v", err)
	}
}
