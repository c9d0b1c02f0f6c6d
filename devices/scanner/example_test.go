package scanner_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/port"
	"zhizhu/devices/scanner"
	"zhizhu/devices/sim"
)

// A driver reads codes from a port; here a simulated scanner is at its other end.
func ExampleScanner() {
	tty, err := sim.OpenTTY("", 9600)
	if err != nil {
		panic(err)
	}
	defer func() { _ = tty.Close() }()
	ctx, stop := context.WithCancel(context.Background())

	spoken, err := scanner.Profile("plain") // the name comes from the config
	if err != nil {
		panic(err)
	}
	scans := make(chan devices.Scan, 1)
	s := scanner.New(scanner.Options{
		Now: time.Now, Rand: rand.Reader, Profile: spoken,
		OnScan: func(c devices.Scan) { scans <- c },
	})
	line, err := port.Open(ctx, port.Config{Path: tty.Path(), Baud: 9600, Device: "scanner"})
	if err != nil {
		panic(err)
	}
	ready, done := make(chan struct{}, 16), make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Serve(ctx, line, func(devices.Status) { ready <- struct{}{} })
		_ = line.Close()
	}()
	<-ready

	s.Trigger(true) // codes are wanted; to a scanner of the profile plain nothing is said
	if err := sim.NewScanner(tty).Scan(ctx, "村民码 0042"); err != nil {
		panic(err)
	}
	code := <-scans
	fmt.Println(code.Text)
	fmt.Println(code) // what a log would show
	s.Trigger(false)
	s.Forget() // the visit is over
	stop()
	<-done
	// Output:
	// 村民码 0042
	// scan(redacted)
}
