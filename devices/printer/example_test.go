package printer_test

import (
	"context"
	"fmt"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/port"
	"zhizhu/devices/printer"
	"zhizhu/devices/sim"
)

// A driver prints over a port; here a simulated printer is at its other end.
func ExamplePrinter() {
	tty, err := sim.OpenTTY("", 115200)
	if err != nil {
		panic(err)
	}
	defer func() { _ = tty.Close() }()
	ctx, stop := context.WithCancel(context.Background())
	receipts := make(chan []byte, 1)
	paper := sim.NewPrinter(sim.PrinterOptions{TTY: tty, OnReceipt: func(b []byte) { receipts <- b }})
	go func() { _ = paper.Serve(ctx) }()

	p, err := printer.New(printer.Options{Now: time.Now})
	if err != nil {
		panic(err)
	}
	line, err := port.Open(ctx, port.Config{Path: tty.Path(), Baud: 115200, Device: "printer"})
	if err != nil {
		panic(err)
	}
	ready, done := make(chan struct{}, 16), make(chan struct{})
	go func() {
		defer close(done)
		_ = p.Serve(ctx, line, func(devices.Status) { ready <- struct{}{} })
		_ = line.Close()
	}()
	<-ready

	got := p.Print(ctx, devices.Document{Blocks: []devices.Block{{Text: "收件凭证", Size: 2, Align: devices.Centre}}})
	fmt.Println(got.Outcome == devices.Printed, len(<-receipts) > 0)
	stop()
	<-done
	// Output: true true
}
