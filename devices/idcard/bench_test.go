package idcard_test

import (
	"context"
	"strconv"
	"testing"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/idcard"
	"zhizhu/devices/idcard/sam"
	"zhizhu/devices/port"
	"zhizhu/devices/sim"
)

// wireBytes is what a reading puts on the wire: find, select and read, with their replies.
func wireBytes() int {
	return 3*10 + 15 + 19 + 1295
}

// BenchmarkCardToFields measures from the card being laid on an armed reader to its fields being there, over a pty
// paced at the line's speed. The bar is wire time and 10%, or 30 ms more: "over-ms" is what comes on top of the wire.
func BenchmarkCardToFields(b *testing.B) {
	for _, baud := range []int{115200, 9600} {
		b.Run(strconv.Itoa(baud), func(b *testing.B) { benchCard(b, baud) })
	}
}

func benchCard(b *testing.B, baud int) {
	tty, err := sim.OpenTTY("", baud)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = tty.Close() }()
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	dev := sim.NewCardReader(tty)
	go func() { _ = dev.Serve(ctx) }()
	line, err := port.Open(ctx, port.Config{Path: tty.Path(), Baud: baud, Device: "idcard"})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = line.Close() }()
	read := make(chan time.Time, 1)
	ready := make(chan struct{}, 100)
	r := idcard.New(idcard.Options{Now: time.Now, OnEvent: func(e devices.CardEvent) {
		if e.Kind == devices.CardRead {
			read <- time.Now()
		}
	}})
	go func() { _ = r.Serve(ctx, line, func(devices.Status) { ready <- struct{}{} }) }()
	<-ready
	wire := time.Duration(wireBytes()) * 10 * time.Second / time.Duration(baud)
	var sum, worst time.Duration
	p, _ := sim.FindPersona("chen-guilan")
	n := 0
	for b.Loop() {
		dev.Lift()
		r.Arm(true)
		for at := dev.Commands() + 2; dev.Commands() < at; { // it looks, and sees nobody
			<-time.After(time.Duration(n%7) * 3 * time.Millisecond) // so that the card comes at another moment of the poll
		}
		start := time.Now()
		if err := dev.Lay(p.Card); err != nil {
			b.Fatal(err)
		}
		took := (<-read).Sub(start)
		sum, worst, n = sum+took, max(worst, took), n+1
	}
	mean := sum / time.Duration(n)
	b.ReportMetric(float64(mean)/float64(wire), "ratio")
	b.ReportMetric(float64(mean-wire)/1e6, "over-ms")
	b.ReportMetric(float64(worst-wire)/1e6, "worst-over-ms")
	b.ReportMetric(float64(wire)/1e6, "wire-ms")
}

// BenchmarkPoll is the codec's share of one look for a card.
func BenchmarkPoll(b *testing.B) {
	var d sam.Decoder
	frame := sam.AppendReply(nil, sam.Reply{Status: sam.NoCard})
	tx := make([]byte, 0, 16)
	b.ReportAllocs()
	for b.Loop() {
		tx = sam.AppendRequest(tx[:0], sam.Find)
		d.Write(frame)
		body, _ := d.Next()
		if _, err := sam.ParseReply(body); err != nil {
			b.Fatal(err)
		}
	}
}
