package system

import (
	"context"
	"testing"
	"time"

	"zhizhu/app/health"
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
