package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"zhizhu/devices/sim"
	"zhizhu/devices/sim/script"
)

type simCmd struct {
	Device      string   `arg:"" optional:"" enum:"all,idcard,printer,scanner" default:"all" help:"Which device to play: idcard, printer or scanner, each a process of its own; all three together if none is named."`
	Dir         string   `type:"path" help:"Folder for the links idcard, printer and scanner, and for receipts/."`
	Link        string   `type:"path" help:"With one device: the path of its link."`
	Script      []string `type:"existingfile" help:"Play this script (--help-script explains the language). A command in it that fails ends all with exit code 1."`
	HelpScript  bool     `help:"Explain the commands of scripts, which are also those that are typed."`
	Baud        int      `help:"With one device: its speed."`
	IDCardBaud  int      `name:"idcard-baud" default:"115200" help:"Speed of the card reader."`
	PrinterBaud int      `default:"115200" help:"Speed of the printer."`
	ScannerBaud int      `default:"9600" help:"Speed of the scanner."`
	Dots        int      `default:"576" help:"Width of the paper: 576 dots (80 mm) or 384 (58 mm)."`
}

// deviceNames are the devices that can be played.
func deviceNames() []string { return []string{"idcard", "printer", "scanner"} }

// Validate is kong's.
func (c *simCmd) Validate() error {
	switch {
	case c.HelpScript:
		return nil
	case c.Device == "all" && c.Dir == "":
		return errors.New("missing flags: --dir=DIR, the folder for the links of all three devices")
	case c.Device == "all" && (c.Link != "" || c.Baud != 0):
		return errors.New("--link and --baud are for one device; name it, like: sim printer --link /tmp/printer")
	case c.Device != "all" && c.Dir == "" && c.Link == "":
		return fmt.Errorf("missing flags: --link=PATH, where programs will find the %s", c.Device)
	}
	return nil
}

// played are the devices to play, with their links and speeds.
func (c *simCmd) played() map[string]playedLine {
	all := map[string]playedLine{
		"idcard": {filepath.Join(c.Dir, "idcard"), c.IDCardBaud}, "printer": {filepath.Join(c.Dir, "printer"), c.PrinterBaud},
		"scanner": {filepath.Join(c.Dir, "scanner"), c.ScannerBaud},
	}
	if c.Device == "all" {
		return all
	}
	one := all[c.Device]
	if c.Link != "" {
		one.link = c.Link
	}
	if c.Baud != 0 {
		one.baud = c.Baud
	}
	return map[string]playedLine{c.Device: one}
}

type playedLine struct {
	link string
	baud int
}

// Run is kong's.
func (c *simCmd) Run(ctx context.Context, stdin io.Reader, stdout io.Writer) error {
	if c.HelpScript {
		if _, err := io.WriteString(stdout, script.Help()); err != nil {
			return fmt.Errorf("write help: %w", err)
		}
		return nil
	}
	steps, err := readScripts(c.Script)
	if err != nil {
		return err
	}
	out := &lines{w: stdout}
	s, err := openStage(*c, out)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	var wg sync.WaitGroup
	defer func() {
		cancel(nil)
		wg.Wait()
		s.Wait()
		_ = s.close() // nothing is lost with a pty
	}()
	s.Said = func(text string, err error) {
		switch {
		case errors.Is(err, script.ErrQuit):
			cancel(script.ErrQuit)
		case err != nil:
			_ = out.print(reply{Error: err.Error()})
		default:
			_ = out.print(reply{Note: text})
		}
	}
	for _, serve := range s.serve {
		wg.Go(func() {
			if err := serve(ctx); err != nil && ctx.Err() == nil {
				_ = out.print(reply{Error: err.Error()})
				cancel(err)
			}
		})
	}
	if err := out.print(s.ports()); err != nil {
		return err
	}
	wg.Go(func() {
		if _, err := s.Play(ctx, steps); err != nil && ctx.Err() == nil {
			cancel(err)
		}
	})
	typed := make(chan string)
	go read(stdin, typed) // ends with stdin, or with the process: a blocked read can't be ended
	if err := s.obey(ctx, typed, out); err != nil && !errors.Is(err, script.ErrQuit) {
		return err
	}
	return nil
}

// readScripts reads all scripts, to be played one after the other.
func readScripts(paths []string) ([]script.Step, error) {
	var all []script.Step
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("open script: %w", err)
		}
		steps, err := script.Parse(path, f)
		if err = errors.Join(err, f.Close()); err != nil {
			return nil, err
		}
		all = append(all, steps...)
	}
	return all, nil
}

// read passes lines on. It does not close the channel: devices are played on when nobody can type any more.
func read(stdin io.Reader, typed chan<- string) {
	in := bufio.NewScanner(stdin)
	for in.Scan() {
		typed <- in.Text()
	}
}

// ports is the first line of stdout.
type ports struct {
	IDCard  string `json:"idcard,omitempty"`
	Printer string `json:"printer,omitempty"`
	Scanner string `json:"scanner,omitempty"`
}

// reply is every other line of stdout: the answer to a command, or a receipt that was cut off.
type reply struct {
	OK      string `json:"ok,omitempty"`
	Error   string `json:"error,omitempty"`
	Receipt string `json:"receipt,omitempty"`
	Code    string `json:"code,omitempty"` // what the receipt's QR says
	Note    string `json:"note,omitempty"` // what a script says
}

// lines prints JSON values, one a line.
type lines struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lines) print(v any) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := json.NewEncoder(l.w).Encode(v); err != nil {
		return fmt.Errorf("write to stdout: %w", err)
	}
	return nil
}

// stage is what is played.
type stage struct {
	script.Stage
	serve []func(context.Context) error
}

func openStage(c simCmd, out *lines) (s *stage, err error) {
	s = &stage{Stage: script.Stage{Lines: map[string]*sim.TTY{}}}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	played := c.played()
	for _, name := range deviceNames() {
		line, ok := played[name]
		if !ok {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(line.link), 0o755); err != nil {
			return s, fmt.Errorf("make folder for devices: %w", err)
		}
		if s.Lines[name], err = sim.OpenTTY(line.link, line.baud); err != nil {
			return s, err
		}
	}
	if tty := s.Lines["idcard"]; tty != nil {
		s.Card = sim.NewCardReader(tty)
		s.serve = append(s.serve, s.Card.Serve)
	}
	if tty := s.Lines["scanner"]; tty != nil {
		s.Scanner = sim.NewScanner(tty)
		s.serve = append(s.serve, s.Scanner.Serve)
	}
	if tty := s.Lines["printer"]; tty != nil {
		tray, err := newTray(filepath.Join(filepath.Dir(played["printer"].link), "receipts"), c.Dots, out)
		if err != nil {
			return s, err
		}
		s.Printer = sim.NewPrinter(sim.PrinterOptions{TTY: tty, OnReceipt: tray.take, FlowControl: true})
		s.serve = append(s.serve, s.Printer.Serve, tray.Serve)
	}
	return s, nil
}

func (s *stage) ports() ports {
	path := func(name string) string {
		if tty := s.Lines[name]; tty != nil {
			return tty.Path()
		}
		return ""
	}
	return ports{path("idcard"), path("printer"), path("scanner")}
}

func (s *stage) close() error {
	var errs []error
	for _, tty := range s.Lines {
		if tty != nil {
			errs = append(errs, tty.Close())
		}
	}
	return errors.Join(errs...)
}
