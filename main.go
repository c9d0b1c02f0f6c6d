// Command zhizhu is the program inside a village self-service machine. This file knows the commands only; app/system
// builds everything.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"zhizhu/app/system"
)

type cli struct {
	Run    runCmd    `cmd:"" help:"Serve residents at this machine."`
	Demo   demoCmd   `cmd:"" help:"Serve N seeded residents without a window, over simulated devices and a local gateway."`
	Enrol  enrolCmd  `cmd:"" help:"Register this machine at the gateway with a one-time code."`
	Status statusCmd `cmd:"" help:"Say how the machine is: devices, network, matters waiting."`
	Resend resendCmd `cmd:"" help:"Send again what was set aside, after the cause has been mended."`

	Courier  courierCmd `cmd:"" help:"Carry what waits by stick, where there is no line for weeks."`
	AuditLog auditCmd   `cmd:"" name:"audit-log" help:"The chain of acts on this machine."`
}

type courierCmd struct {
	Export exportCmd `cmd:"" help:"Write what waits, sealed, to a stick."`
	Import importCmd `cmd:"" help:"Take the gateway's answers from a stick."`
}

type exportCmd struct {
	Config string `help:"Config file (YAML)." required:"" type:"path" placeholder:"FILE"`
	Dir    string `arg:"" help:"Where the stick is mounted." type:"path"`
}

func (c *exportCmd) Run(ctx context.Context) error {
	return system.CourierExport(ctx, c.Config, c.Dir, os.Stdout)
}

type importCmd struct {
	Config string `help:"Config file (YAML)." required:"" type:"path" placeholder:"FILE"`
	Dir    string `arg:"" help:"Where the stick is mounted." type:"path"`
}

func (c *importCmd) Run(ctx context.Context) error {
	return system.CourierImport(ctx, c.Config, c.Dir, os.Stdout)
}

type auditCmd struct {
	Verify verifyCmd `cmd:"" help:"Find the first act that was altered, removed or inserted."`
}

type verifyCmd struct {
	Config string `help:"Config file (YAML)." required:"" type:"path" placeholder:"FILE"`
	Heads  string `help:"File of the heads that the gateway has, one {\"seq\":…,\"hash\":\"…\"} a line." type:"path" placeholder:"FILE"`
}

func (c *verifyCmd) Run(ctx context.Context) error {
	return system.VerifyAudit(ctx, c.Config, c.Heads, os.Stdout)
}

type runCmd struct {
	Config string `help:"Config file (YAML)." type:"path" placeholder:"FILE"`
	Sim    bool   `help:"Built-in simulated devices and a local gateway."`
	Data   string `help:"Data folder for --sim." type:"path" placeholder:"DIR"`
	Pilot  string `help:"Drive the window by a script (the config must say pilot: true)." type:"path" placeholder:"FILE"`
	Out    string `help:"Folder for the pilot's screenshots and the simulated printer's receipts." type:"path" placeholder:"DIR"`
}

func (c *runCmd) Run(ctx context.Context) error {
	return system.Run(ctx, system.RunOptions{
		Config: c.Config, Sim: c.Sim, Data: c.Data, Pilot: c.Pilot, Out: c.Out,
		Exit:  func(err error) { os.Exit(exit(err)) },
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
	})
}

type demoCmd struct {
	Visits int    `help:"How many residents." default:"10"`
	Seed   uint64 `help:"Seed of everything that is drawn by lot." default:"1"`
	JSON   bool   `help:"One JSON object a line." name:"json"`
	Dir    string `help:"Folder to work in; a new temporary one without it." type:"path" placeholder:"DIR"`
}

func (c *demoCmd) Run(ctx context.Context) error {
	return system.Demo(ctx, system.DemoOptions{
		Visits: c.Visits, Seed: c.Seed, JSON: c.JSON, Dir: c.Dir, Stdout: os.Stdout, Stderr: os.Stderr,
	})
}

type enrolCmd struct {
	Config string `help:"Config file (YAML)." required:"" type:"path" placeholder:"FILE"`
	Code   string `help:"One-time code of the gateway." required:""`
}

func (c *enrolCmd) Run(ctx context.Context) error {
	return system.Enrol(ctx, c.Config, c.Code, os.Stdout)
}

type statusCmd struct {
	Config string `help:"Config file (YAML)." type:"path" placeholder:"FILE"`
	Data   string `help:"Data folder, instead of a config file." type:"path" placeholder:"DIR"`
	JSON   bool   `help:"As one JSON object." name:"json"`
}

func (c *statusCmd) Run() error {
	return system.PrintStatus(c.Config, c.Data, c.JSON, os.Stdout)
}

type resendCmd struct {
	Config string `help:"Config file (YAML)." required:"" type:"path" placeholder:"FILE"`
}

func (c *resendCmd) Run() error { return system.AskRequeue(c.Config, os.Stdout) }

// Exit codes, shared with the service unit: 0 done, 1 fault, 2 the call or the config is wrong.
const (
	exitFault = 1
	exitUsage = 2
)

func main() {
	if handled, code := system.Child(os.Args); handled {
		os.Exit(code)
	}
	var c cli
	k := kong.Parse(&c, kong.Name("zhizhu"), kong.Description("智助：粤智助政府服务自助机"), kong.UsageOnError(),
		kong.Exit(func(code int) { os.Exit(min(code, exitUsage)) })) // kong's own code for a wrong call is 80
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	k.BindTo(ctx, (*context.Context)(nil))
	err := k.Run()
	stop()
	os.Exit(exit(err))
}

func exit(err error) int {
	if err == nil {
		return 0
	}
	fmt.Fprintln(os.Stderr, "zhizhu:", err)
	if _, ok := errors.AsType[*system.ConfigError](err); ok {
		return exitUsage
	}
	return exitFault
}
