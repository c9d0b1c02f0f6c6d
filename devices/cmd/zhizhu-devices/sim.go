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
)

type simCmd struct {
	Dir         string `required:"" type:"path" help:"Folder for the links idcard, printer and scanner, and for receipts/."`
	IDCardBaud  int    `name:"idcard-baud" default:"115200" help:"Speed of the card reader."`
	PrinterBaud int    `default:"115200" help:"Speed of the printer."`
	ScannerBaud int    `default:"9600" help:"Speed of the scanner."`
	Dots        int    `default:"576" help:"Width of the paper: 576 dots (80 mm) or 384 (58 mm)."`
}

// Run is kong's.
func (c *simCmd) Run(ctx context.Context, stdin io.Reader, stdout io.Writer) error {
	out := &lines{w: stdout}
	s, err := openStage(*c, out)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer func() {
		cancel()
		wg.Wait()
		_ = s.close() // nothing is lost with a pty
	}()
	for _, serve := range []func(context.Context) error{s.card.Serve, s.printer.Serve, s.scanner.Serve, s.tray.Serve} {
		wg.Go(func() {
			if err := serve(ctx); err != nil && ctx.Err() == nil {
				_ = out.print(reply{Error: err.Error()})
				cancel()
			}
		})
	}
	if err := out.print(ports{s.ttys["idcard"].Path(), s.ttys["printer"].Path(), s.ttys["scanner"].Path()}); err != nil {
		return err
	}
	typed := make(chan string)
	go read(stdin, typed) // ends with stdin, or with the process: a blocked read can't be ended
	return s.obey(ctx, typed, out)
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
	IDCard  string `json:"idcard"`
	Printer string `json:"printer"`
	Scanner string `json:"scanner"`
}

// reply is every other line of stdout: the answer to a command, or a receipt that was cut off.
type reply struct {
	OK      string `json:"ok,omitempty"`
	Error   string `json:"error,omitempty"`
	Receipt string `json:"receipt,omitempty"`
	Code    string `json:"code,omitempty"` // what the receipt's QR says
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

// stage is the three played devices.
type stage struct {
	ttys    map[string]*sim.TTY
	card    *sim.CardReader
	printer *sim.Printer
	scanner *sim.Scanner
	tray    *tray
}

func openStage(c simCmd, out *lines) (s *stage, err error) {
	if err := os.MkdirAll(c.Dir, 0o755); err != nil {
		return nil, fmt.Errorf("make folder for devices: %w", err)
	}
	tray, err := newTray(filepath.Join(c.Dir, "receipts"), c.Dots, out)
	if err != nil {
		return nil, err
	}
	s = &stage{ttys: map[string]*sim.TTY{}, tray: tray}
	for name, baud := range map[string]int{"idcard": c.IDCardBaud, "printer": c.PrinterBaud, "scanner": c.ScannerBaud} {
		tty, err := sim.OpenTTY(filepath.Join(c.Dir, name), baud)
		if err != nil {
			return nil, errors.Join(err, s.close())
		}
		s.ttys[name] = tty
	}
	s.card = sim.NewCardReader(s.ttys["idcard"])
	s.scanner = sim.NewScanner(s.ttys["scanner"])
	s.printer = sim.NewPrinter(sim.PrinterOptions{TTY: s.ttys["printer"], OnReceipt: tray.take, FlowControl: true})
	return s, nil
}

func (s *stage) close() error {
	var errs []error
	for _, tty := range s.ttys {
		errs = append(errs, tty.Close())
	}
	return errors.Join(errs...)
}
