package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// clockSteps are what a machine's clock may be off by, in seconds: right, hours, a year, before the program was built,
// after every certificate.
var clockSteps = []int64{0, 0, 3 * 3600, -5 * 3600, 40 * 3600, -30 * 86400, 400 * 86400, -9 * 365 * 86400, 12 * 365 * 86400}

// failures of fdatasync: the first and then each so-many-th, of the data or of the page that says where they are.
var failures = []string{"2+3", "3+4", "5+5", "7+6", "4+7", "9+2"}

// rounds tortures: each ends with a kill.
func (h *harness) rounds(ctx context.Context) error {
	for n := range h.options.kills {
		if err := h.round(ctx, n); err != nil {
			return fmt.Errorf("round %d: %w", n, err)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if n%20 == 19 {
			_, _ = fmt.Fprintf(h.notes, "%d kills, %d kept\n", n+1, h.ledger.keptSoFar())
		}
	}
	return nil
}

func (h *harness) round(ctx context.Context, n int) error {
	failing, full := "", n%15 == 11
	if n%20 == 7 && h.strace != "" {
		failing = failures[h.rng.IntN(len(failures))]
	}
	if err := h.prepare(ctx, failing, full); err != nil {
		return err
	}
	h.tellClock()
	if h.rng.IntN(3) == 0 {
		h.sendLetter(ctx)
	}
	if err := h.moment(ctx, failing != "" || full); err != nil {
		return err
	}
	h.kills++
	if err := h.strike(ctx, n); err != nil || !full {
		return err
	}
	h.killTerminal() // what was started with less room
	return errors.Join(h.disk.empty(), h.gateDisk.empty())
}

// prepare draws the weather and the clock, and has everything run.
func (h *harness) prepare(ctx context.Context, failing string, full bool) error {
	if err := h.startGateway(ctx); err != nil {
		return err
	}
	if h.rng.IntN(5) < 3 {
		if err := h.line.change(h.rng); err != nil {
			return err
		}
	}
	if h.rng.IntN(3) == 0 {
		h.stepClock()
	}
	if failing != "" {
		h.killTerminal() // it starts anew under strace
	}
	cfg := h.base
	if full {
		h.fills++
		if err := h.fillDisk(&cfg); err != nil {
			return err
		}
	}
	return h.startTerminal(failing, cfg)
}

func (h *harness) stepClock() {
	h.clock = clockSteps[h.rng.IntN(len(clockSteps))]
	h.steps++
}

// tellClock steps the clock of a terminal that was running already.
func (h *harness) tellClock() {
	if h.term != nil {
		clock := h.clock
		h.term.order(order{Clock: &clock})
	}
}

// fillDisk leaves little or nothing, on the terminal's disk or on the gateway's. Where there is no disk to fill, the data
// file may grow no more.
func (h *harness) fillDisk(cfg *terminalConfig) error {
	left := []int64{0, 300 << 10, 2 << 20, 5 << 20}[h.rng.IntN(4)]
	h.killTerminal()
	if !h.disk.powered() {
		cfg.MaxSize = h.dataSize() + left
		return nil
	}
	if h.rng.IntN(4) == 0 {
		return h.gateDisk.fill(left)
	}
	return h.disk.fill(left)
}

// moment waits for the moment to strike: while it starts, in the middle of a lodging, or any time.
func (h *harness) moment(ctx context.Context, longer bool) error {
	wait := time.Duration(h.rng.IntN(1100)) * time.Millisecond
	if longer {
		wait += 500 * time.Millisecond
	}
	switch n := h.rng.IntN(10); {
	case longer:
	case n < 2:
		wait = time.Duration(h.rng.IntN(120)) * time.Millisecond
	case n < 5:
		within := time.Duration(h.rng.IntN(2500)) * time.Microsecond
		if err := pause(ctx, wait/2); err != nil {
			return err
		}
		timer := time.NewTimer(time.Second)
		defer timer.Stop()
		select {
		case <-h.ledger.nextTry():
		case <-timer.C: // it may be full, or dead
		case <-ctx.Done():
		}
		wait = within
	}
	return pause(ctx, wait)
}

// strike kills: mostly the terminal, sometimes the gateway or both; each tenth time the power goes.
func (h *harness) strike(ctx context.Context, n int) error {
	switch victim := h.rng.IntN(20); {
	case n%10 == 4 && h.disk.powered():
		h.cuts++
		if victim < 6 {
			return h.powerCut(ctx, h.gateDisk, h.killGateway)
		}
		return h.powerCut(ctx, h.disk, h.killTerminal)
	case victim < 12:
		h.termKills++
		h.killTerminal()
	case victim < 18:
		h.gateKills++
		h.killGateway()
	default:
		h.termKills++
		h.gateKills++
		h.killGateway()
		h.killTerminal()
	}
	return nil
}

// powerCut takes a disk's power away under who writes on it.
func (h *harness) powerCut(ctx context.Context, v *volume, kill func()) error {
	if err := v.cut(); err != nil {
		return err
	}
	// It lives on for a moment, as a machine does: what it says then must be true, too.
	if err := pause(ctx, time.Duration(h.rng.IntN(30))*time.Millisecond); err != nil {
		return err
	}
	kill()
	return v.back(ctx)
}
