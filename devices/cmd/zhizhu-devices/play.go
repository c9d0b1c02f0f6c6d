package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"zhizhu/devices/sim"
)

// playCmd plays a recorded device.
type playCmd struct {
	File   string `arg:"" type:"existingfile" help:"A recording, as zhizhu-devices trace --raw writes it."`
	Link   string `required:"" type:"path" help:"Where programs will find the device."`
	Baud   int    `default:"0" help:"Its speed; 0 is as fast as it goes."`
	Strict bool   `help:"Expect every byte that was recorded, in its order, and end with an error at the first other one."`
}

// Run is kong's.
func (c *playCmd) Run(ctx context.Context, stdout io.Writer) error {
	f, err := os.Open(c.File)
	if err != nil {
		return fmt.Errorf("open recording: %w", err)
	}
	rec, err := sim.ParseRecording(c.File, f)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	tty, err := sim.OpenTTY(c.Link, c.Baud)
	if err != nil {
		return err
	}
	defer func() { _ = tty.Close() }() // nothing is lost with a pty
	if err := (&lines{w: stdout}).print(map[string]string{"port": tty.Path()}); err != nil {
		return err
	}
	p := sim.NewPlayback(tty, rec)
	p.Strict = c.Strict
	return p.Serve(ctx)
}
