package devicetest_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/devicetest"
	"zhizhu/devices/idcard"
	"zhizhu/devices/port"
	"zhizhu/devices/printer"
	"zhizhu/devices/scanner"
	"zhizhu/devices/sim"
)

// bench plays a device behind a pty: start makes the player.
func bench(t *testing.T, device string, baud int, start func(*sim.TTY) func(context.Context) error) devicetest.Bench {
	t.Helper()
	tty, err := sim.OpenTTY(filepath.Join(t.TempDir(), device), baud)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	serve, done := start(tty), make(chan struct{})
	go func() { defer close(done); _ = serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		<-done
		_ = tty.Close()
	})
	cfg := port.Config{Path: tty.Path(), Baud: baud, Device: device}
	return devicetest.Bench{
		Open:   func(ctx context.Context) (devices.Line, error) { return port.Open(ctx, cfg) },
		Unplug: tty.HangUp, Plug: tty.Restore,
	}
}

func TestSimulatedCardReader(t *testing.T) {
	for name, faults := range map[string]sim.CardFaults{
		"as real ones": {}, "finds what it has read": {AlwaysFinds: true}, "noisy": {Garbage: []byte{0xAA, 0xAA, 0x00}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var dev *sim.CardReader
			b := bench(t, "idcard", 115200, func(tty *sim.TTY) func(context.Context) error {
				dev = sim.NewCardReader(tty)
				dev.Fail(faults)
				return dev.Serve
			})
			p, _ := sim.FindPersona("chen-guilan")
			devicetest.CardReader{
				Bench: b, Want: p.Card.Number,
				New: func(on func(devices.CardEvent)) devicetest.CardDriver {
					return idcard.New(idcard.Options{Now: time.Now, OnEvent: on})
				},
				Lay:  func() error { return dev.Lay(p.Card) },
				Lift: func() error { dev.Lift(); return nil },
			}.Run(t)
		})
	}
}

func TestSimulatedScanner(t *testing.T) {
	t.Parallel()
	var dev *sim.Scanner
	b := bench(t, "scanner", 9600, func(tty *sim.TTY) func(context.Context) error {
		dev = sim.NewScanner(tty)
		return dev.Serve
	})
	devicetest.Scanner{
		Bench: b, Codes: []string{"ZZ-0001", "村民码", "a b"},
		New: func(on func(devices.Scan)) devicetest.ScanDriver {
			return scanner.New(scanner.Options{Now: time.Now, OnScan: on})
		},
		Show: func(text string) error { return dev.Scan(t.Context(), text) },
	}.Run(t)
}

func TestSimulatedPrinter(t *testing.T) {
	for name, silent := range map[string]bool{"answering": false, "silent": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var dev *sim.Printer
			b := bench(t, "printer", 115200, func(tty *sim.TTY) func(context.Context) error {
				dev = sim.NewPrinter(sim.PrinterOptions{TTY: tty, FlowControl: true})
				dev.SetSilent(silent)
				return dev.Serve
			})
			devicetest.Printer{
				Bench: b, Silent: silent,
				New: func() devicetest.PrintDriver {
					p, err := printer.New(printer.Options{Now: time.Now, Poll: 100 * time.Millisecond, Answer: 60 * time.Millisecond})
					if err != nil {
						t.Fatal(err)
					}
					return p
				},
				EndPaper:  func() error { dev.SetPaper(devices.PaperEnd); return nil },
				FillPaper: func() error { dev.SetPaper(devices.PaperOK); return nil },
			}.Run(t)
		})
	}
}
