package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// control runs the same harness with durability turned off: it must find losses, else it could find none at all. With
// power to cut, the terminal syncs nothing; without, it says that it has taken in what it has not yet.
func control(ctx context.Context, o options) (lost int, how string, err error) {
	o.dir = filepath.Join(o.dir, "control")
	if err := os.Mkdir(o.dir, 0o700); err != nil {
		return 0, "", err
	}
	h := &harness{options: o}
	defer h.close()
	if err := h.open(ctx); err != nil {
		return 0, "", fmt.Errorf("control: %w", err)
	}
	h.line.cut() // all of it waits on the terminal
	h.base.GapMS = 2
	how, round := "no syncs, power cut", h.unsynced
	if !h.disk.powered() {
		how, round = "said to be kept before it is, killed", h.boasted
	}
	if err := round(ctx); err != nil {
		return 0, how, fmt.Errorf("control: %w", err)
	}
	if err := h.heal(ctx); err != nil {
		return 0, how, fmt.Errorf("control: %w", err)
	}
	if err := h.drain(ctx); err != nil {
		return 0, how, fmt.Errorf("control: %w", err)
	}
	s, err := takeStock(ctx, h.gateDir())
	if err != nil {
		return 0, how, fmt.Errorf("control: %w", err)
	}
	v := compare(h.ledger, s)
	return v.lost, how, nil
}

// until waits until so many were kept.
func (h *harness) until(ctx context.Context, kept int) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for h.ledger.keptSoFar() < kept {
		if err := pause(ctx, 2*time.Millisecond); err != nil {
			return fmt.Errorf("wait for %d lodgings: %w", kept, err)
		}
	}
	return nil
}

func (h *harness) unsynced(ctx context.Context) error {
	cfg := h.base
	cfg.NoSync = true
	if err := h.startTerminal("", cfg); err != nil {
		return err
	}
	if err := h.until(ctx, 60); err != nil {
		return err
	}
	return h.powerCut(ctx, h.disk, h.killTerminal)
}

func (h *harness) boasted(ctx context.Context) error {
	cfg := h.base
	cfg.Boast = true
	for i := range 30 {
		if err := h.startTerminal("", cfg); err != nil {
			return err
		}
		if err := h.until(ctx, 3*(i+1)); err != nil {
			return err
		}
		h.killTerminal()
	}
	return nil
}
