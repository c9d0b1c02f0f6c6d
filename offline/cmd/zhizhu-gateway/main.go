// Command zhizhu-gateway is the receiving end of village terminals: it takes their sealed matters over TLS, keeps each
// exactly once, and shows what arrived.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// commands is the command line. Every flag may also be set in the environment or in the file of --config.
type commands struct {
	Config kong.ConfigFlag `type:"path" placeholder:"FILE" env:"ZHIZHU_GATEWAY_CONFIG" help:"JSON file of flags by their names, such as {\"dir\": …, \"adapter\": …}. Flags and environment come first."`

	Serve     serveCmd     `cmd:"" help:"Receive from terminals until SIGTERM. The first line of stdout is {\"address\":…,\"ca\":…}."`
	Enrol     enrolCmd     `cmd:"" help:"Make a one-time code with which one terminal of a station enrols, valid for seven days."`
	Revoke    revokeCmd    `cmd:"" help:"Shut a terminal out, at once and for ever. What it sent before stays."`
	Terminals terminalsCmd `cmd:"" help:"List the terminals with what they last said of themselves."`
	Matters   mattersCmd   `cmd:"" help:"List the matters that arrived, opened with the gateway's key. They hold personal data."`
	Ratings   ratingsCmd   `cmd:"" help:"List the ratings that arrived."`
	Letter    letterCmd    `cmd:"" help:"Send the person who lodged a matter a letter: it is found at the next card tap at a machine of the station."`
	Courier   courierCmd   `cmd:"" help:"Take in what terminals without a line sent on a USB stick, and put acknowledgements and letters on it."`
	Retry     retryCmd     `cmd:"" help:"Hand on at once what the platform would not have, or did not answer for."`
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	log := slog.New(slog.NewTextHandler(stderr, nil))
	var c commands
	exit := -1
	parser, err := kong.New(&c, kong.Name("zhizhu-gateway"), kong.Writers(stdout, stderr),
		kong.Description("The receiving end of zhizhu's village terminals."),
		kong.Configuration(loadConfig),
		kong.Exit(func(code int) { exit = code }),
		kong.Bind(log), kong.BindTo(ctx, (*context.Context)(nil)), kong.BindTo(stdout, (*io.Writer)(nil)))
	if err != nil {
		return complain(stderr, err, exitFailed)
	}
	parsed, err := parser.Parse(args)
	if exit >= 0 { // --help
		return exit
	}
	if err != nil {
		return complain(stderr, fmt.Errorf("%w (zhizhu-gateway --help shows what there is)", err), exitUsage)
	}
	if err := parsed.Run(); err != nil && !errors.Is(err, context.Canceled) {
		return complain(stderr, err, exitFailed)
	}
	return exitOK
}

func complain(stderr io.Writer, err error, code int) int {
	_, _ = fmt.Fprintln(stderr, "zhizhu-gateway:", err) // nowhere else to say it
	return code
}
