package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"zhizhu/offline/store"
)

func main() {
	if handled, exit := store.RunChild(os.Args); handled {
		os.Exit(exit)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if len(os.Args) == 3 && os.Args[1] == "terminal" {
		log := slog.New(slog.NewTextHandler(os.Stderr, nil))
		if err := runTerminal(ctx, os.Args[2], time.Now, os.Stdin, os.Stdout, log); err != nil {
			fmt.Fprintln(os.Stderr, "terminal:", err)
			os.Exit(1)
		}
		return
	}
	ok, err := torture(ctx, os.Stdout, os.Stderr)
	if err != nil {
		fmt.Fprintln(os.Stderr, "torture:", err)
	}
	if err != nil || !ok {
		os.Exit(1)
	}
}

// report is the last line. Its first ten fields are promised.
type report struct {
	Kills        int     `json:"kills"`
	Lodged       int     `json:"lodged"`
	Acknowledged int     `json:"acknowledged"`
	Stored       int     `json:"stored"`
	Duplicates   int     `json:"duplicates"`
	Lost         int     `json:"lost"`
	Quarantined  int     `json:"quarantined"`
	Corrupt      int     `json:"corrupt"`
	Seconds      float64 `json:"seconds"`
	Seed         uint64  `json:"seed"`

	TerminalKills int            `json:"terminal_kills"`
	GatewayKills  int            `json:"gateway_kills"`
	PowerCuts     int            `json:"power_cuts"`
	DiskFull      int            `json:"disk_full"`    // rounds
	RefusedFull   int            `json:"refused_full"` // lodgings, in words
	EIO           int            `json:"eio"`          // syncs that failed
	ClockSteps    int            `json:"clock_steps"`
	InDoubt       int            `json:"in_doubt"`        // killed before it could be said
	InDoubtStored int            `json:"in_doubt_stored"` // of them
	Ghosts        int            `json:"ghosts"`          // said to have failed, but stored
	Strangers     int            `json:"strangers"`       // stored, but never tried
	Unreceipted   int            `json:"unreceipted"`     // without the gateway's signature on the terminal
	Ratings       int            `json:"ratings"`
	Events        int            `json:"events"`
	Attachments   int            `json:"attachments"`
	Letters       int            `json:"letters"`
	Deliveries    int            `json:"deliveries"`
	AuditRecords  int            `json:"audit_records"`
	AuditHeads    int            `json:"audit_heads"` // reported to the gateway, and still in the chain
	Readable      int            `json:"readable"`    // personal data found on the terminal
	DiedAlone     int            `json:"died_alone"`
	Front         map[string]int `json:"front"`
	Control       int            `json:"control_lost"`
	LeftOut       []string       `json:"left_out"`
	Error         string         `json:"error,omitempty"`
}

// good says whether the promise was kept.
func (r *report) good() bool {
	return r.Lost == 0 && r.Duplicates == 0 && r.Corrupt == 0 && r.Ghosts == 0 && r.Strangers == 0 && r.Unreceipted == 0 && r.Readable == 0 &&
		r.Control > 0 && r.Error == ""
}

func torture(ctx context.Context, out, notes io.Writer) (ok bool, err error) {
	o := options{now: time.Now, notes: notes, log: slog.New(slog.DiscardHandler)}
	flag.IntVar(&o.kills, "kills", 200, "how often something is killed")
	flag.Uint64Var(&o.seed, "seed", 1, "of everything that is drawn by lot")
	flag.StringVar(&o.gateway, "gateway", "bin/zhizhu-gateway", "the gateway's program")
	flag.StringVar(&o.dir, "dir", "", "folder to work in; it must be there and empty")
	flag.Parse()
	if o.self, err = os.Executable(); err != nil {
		return false, err
	}
	begun := time.Now()
	r := &report{Seed: o.seed, LeftOut: o.tools(ctx)}
	err = run(ctx, o, r)
	if err == nil {
		err = runControl(ctx, o, r, out)
	}
	if err != nil {
		r.Error = firstLine(err)
	}
	r.Seconds = time.Since(begun).Round(100 * time.Millisecond).Seconds()
	return r.good(), errors.Join(err, json.NewEncoder(out).Encode(r))
}

// runControl runs the control, and says so.
func runControl(ctx context.Context, o options, r *report, out io.Writer) error {
	lost, how, err := control(ctx, o)
	if err != nil {
		return err
	}
	r.Control = lost
	words := "control: lost %d, as it must (%s)\n"
	if lost == 0 {
		words = "control: lost %d (%s): it should have, so this run proves nothing\n"
	}
	_, err = fmt.Fprintf(out, words, lost, how)
	return err
}

// tools finds out what this machine allows, and returns what it doesn't.
func (o *options) tools(ctx context.Context) []string {
	leftOut := []string{}
	if err := canMount(ctx, o.dir); err != nil {
		leftOut = append(leftOut, "power cuts and full disks (a full data file instead): "+firstLine(err))
	} else {
		o.powered = true
	}
	var err error
	if o.strace, err = exec.LookPath("strace"); err == nil {
		err = exec.CommandContext(ctx, o.strace, "-qq", "-o", os.DevNull, "-e", "inject=fdatasync:error=EIO", "true").Run()
	}
	if err != nil {
		o.strace = ""
		leftOut = append(leftOut, "EIO: strace: "+firstLine(err))
	}
	return leftOut
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// run is the torture itself and its check.
func run(ctx context.Context, o options, r *report) error {
	h := &harness{options: o}
	defer h.close()
	if err := h.open(ctx); err != nil {
		return err
	}
	h.base.GapMS, h.base.Upkeep = 15, true
	if err := h.rounds(ctx); err != nil {
		return err
	}
	if err := h.heal(ctx); err != nil {
		return err
	}
	drained := h.drain(ctx)
	h.killTerminal()
	h.killGateway()
	s, err := takeStock(ctx, h.gateDir())
	if err != nil {
		return err
	}
	v := compare(h.ledger, s)
	if drained != nil {
		v.wrong("%v", drained)
	}
	if err := h.checkTerminal(ctx, v, s); err != nil {
		return err
	}
	found, err := scan(append(walk(h.disk.dir), h.termLog.Name()))
	if err != nil {
		return err
	}
	for _, f := range found {
		v.wrong("readable on the terminal: %s", f)
	}
	for _, c := range slices.Concat(v.corrupt, h.ledger.trouble) {
		v.wrong("%s", c)
	}
	for _, w := range v.words {
		_, _ = fmt.Fprintln(o.notes, w)
	}
	h.fillIn(r, v)
	r.Readable = len(found)
	return drained
}

func (h *harness) fillIn(r *report, v *verdict) {
	r.Kills, r.TerminalKills, r.GatewayKills, r.PowerCuts = h.kills, h.termKills, h.gateKills, h.cuts
	r.DiskFull, r.EIO, r.ClockSteps, r.DiedAlone = h.fills, h.eio, h.steps, h.diedAlone
	r.RefusedFull, r.Front = h.ledger.full, h.front.counts()
	r.Lodged, r.Acknowledged, r.Stored, r.Duplicates = v.lodged, v.acknowledged, v.stored, v.duplicates
	r.Lost, r.Quarantined, r.Corrupt = v.lost, v.quarantined, len(v.corrupt)
	r.InDoubt, r.InDoubtStored, r.Ghosts, r.Strangers, r.Unreceipted = v.inDoubt, v.inDoubtStored, v.ghosts, v.strangers, v.unreceipted
	r.Ratings, r.Events, r.Attachments = v.ratings, v.events, v.blobs
	r.Letters, r.Deliveries, r.AuditRecords = v.letters, v.deliveries, v.records
	r.AuditHeads = v.heads
}
