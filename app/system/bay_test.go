package system

import (
	"context"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"zhizhu/app/health"
	"zhizhu/app/pilot"
	"zhizhu/devices"
)

// TestDevicesAreFoundWhereverTheyAre: nothing but "auto" stands in the config; reader and printer have odd speeds.
func TestDevicesAreFoundWhereverTheyAre(t *testing.T) {
	cfg, dir := benchConfig(t)
	cfg.Devices.IDCard.Baud, cfg.Devices.Printer.Baud = 57600, 19200
	b := start(t, cfg, dir, &simulation{search: true}, nil)
	b.await(t, "all devices", func(f health.Facts, r health.Report) bool {
		return r.CanRead && r.CanPrint && r.CanScan && f.IDCard.State == devices.Ready && f.IDCard.Baud == 57600 &&
			f.Printer.Baud == 19200 && f.Scanner.Baud == 9600
	})
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	served, err := b.runner().Serve(ctx, "soc-qualify", 3)
	if err != nil || served.Number == "" {
		t.Fatalf("a visit over searched ports: %+v, %v", served, err)
	}
}

// TestForgottenCardOpensNobodysVisit: over the real driver, a card that stays on the reader is told, opens nothing, and
// is read again only once it was lifted.
func TestForgottenCardOpensNobodysVisit(t *testing.T) {
	cfg, dir := benchConfig(t)
	b := startBench(t, cfg, dir)
	b.await(t, "the reader", func(_ health.Facts, r health.Report) bool { return r.CanRead && r.CanLodge })
	text, err := os.ReadFile("../../packaging/pilot/forgotten-card.pilot")
	if err != nil {
		t.Fatal(err)
	}
	script := regexp.MustCompile(`(?m)^shot .*$`).ReplaceAllString(string(text), "")
	commands, err := pilot.Parse("forgotten-card.pilot", strings.NewReader(script))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	if err := b.runner().Run(ctx, commands); err != nil {
		t.Fatal(err)
	}
}
