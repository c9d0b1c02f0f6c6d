// Command zhizhu-devices plays the machine's serial devices on ptys, for training, for tests, and for trying a kiosk
// without a machine. It has no window and needs no cgo.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// commands is the command line.
type commands struct {
	Sim      simCmd      `cmd:"" help:"Play a card reader, a printer and a scanner until SIGTERM. The first line of stdout is {\"idcard\":…,\"printer\":…,\"scanner\":…}; commands come on stdin, 'help' lists them."`
	Play     playCmd     `cmd:"" help:"Play a device from a recording."`
	Trace    traceCmd    `cmd:"" help:"Tell what a device and its program say to each other, decoded, with personal data masked."`
	Probe    probeCmd    `cmd:"" help:"Find out which device is at which serial port, and at which speed."`
	Personas personasCmd `cmd:"" help:"List the invented residents whose cards can be laid."`
	IDCard   idcardCmd   `cmd:"" name:"idcard" help:"Field tools for the card reader."`
	Printer  printerCmd  `cmd:"" help:"Field tools for the printer."`
	A4       a4Cmd       `cmd:"" name:"a4" help:"Field tools for the A4 printer."`
	Camera   cameraCmd   `cmd:"" help:"Field tools for the document camera."`
	QR       qrCmd       `cmd:"" name:"qr" help:"Field tools for codes."`
}

func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	var c commands
	exit := -1
	parser, err := kong.New(&c, kong.Name("zhizhu-devices"), kong.Writers(stdout, stderr),
		kong.Description("Plays the serial devices of a zhizhu machine."),
		kong.Exit(func(code int) { exit = code }),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.BindTo(stdin, (*io.Reader)(nil)), kong.BindTo(stdout, (*io.Writer)(nil)))
	if err != nil {
		return complain(stderr, err, exitFailed)
	}
	parsed, err := parser.Parse(args)
	if exit >= 0 { // --help
		return exit
	}
	if err != nil {
		return complain(stderr, fmt.Errorf("%w (zhizhu-devices --help shows what there is)", err), exitUsage)
	}
	if err := parsed.Run(); err != nil && !errors.Is(err, context.Canceled) {
		return complain(stderr, err, exitCode(err))
	}
	return exitOK
}

func complain(stderr io.Writer, err error, code int) int {
	_, _ = fmt.Fprintln(stderr, "zhizhu-devices:", err) // nowhere else to say it
	return code
}
