package system

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	crand "crypto/rand"

	"zhizhu/app/kiosk"
	"zhizhu/app/pilot"
	"zhizhu/app/visit"
	"zhizhu/offline/catalog"
	"zhizhu/offline/gateway"
)

// DemoOptions are those of `zhizhu demo`.
type DemoOptions struct {
	Visits int
	Seed   uint64
	JSON   bool
	Dir    string // "" for a new temporary folder

	Stdout, Stderr io.Writer
}

// VisitLine is what a demo says of one visit.
type VisitLine struct {
	Visit   int     `json:"visit"`
	Item    string  `json:"item"`
	Persona string  `json:"persona"`
	Mishap  string  `json:"mishap"`
	Receipt string  `json:"receipt"` // number; "" where nothing was lodged
	Outcome string  `json:"outcome"` // printed, shown (lodged, no paper), left, timed-out
	MS      float64 `json:"ms"`
}

// DemoSum is the last line of a demo.
type DemoSum struct {
	Visits       int    `json:"visits"`
	Lodged       int    `json:"lodged"`
	Printed      int    `json:"printed"`
	Acknowledged int    `json:"acknowledged"`
	Stored       int    `json:"stored_at_gateway"`
	Duplicates   int    `json:"duplicates"`
	Lost         int    `json:"lost"`
	ReceiptsDir  string `json:"receipts_dir"`
	Seed         uint64 `json:"seed"`
}

// drainTime is how long the demo waits for the outbox to empty once the network is back.
const drainTime = 90 * time.Second

// demo is a running demonstration.
type demo struct {
	o      DemoOptions
	rng    *rand.Rand
	sim    *simulation
	t      *Terminal
	window *Headless
	runner *pilot.Runner
	ahead  atomic.Int64 // nanoseconds by which the kiosk's clock was put forward, for time-outs
	tick   chan time.Time
	bag    []*catalog.Item
	before int // matters that were at the gateway when the demo began: the folder was used before
	acked  int // and those signed for
	lines  []VisitLine
}

func (d *demo) now() time.Time { return chinaNow().Add(time.Duration(d.ahead.Load())) }

// Demo serves seeded residents through visit, drivers, ptys, store, TLS and gateway, without a window.
func Demo(ctx context.Context, o DemoOptions) (err error) {
	if o.Visits < 1 {
		return &ConfigError{fmt.Errorf("--visits %d 不对：至少 1 位", o.Visits)}
	}
	if o.Dir == "" {
		if o.Dir, err = os.MkdirTemp("", "zhizhu-demo-"); err != nil {
			return fmt.Errorf("make folder: %w", err)
		}
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	logFile, err := os.Create(filepath.Join(o.Dir, "log"))
	if err != nil {
		return fmt.Errorf("open log: %w", err)
	}
	defer func() { err = errors.Join(err, logFile.Close()) }()

	d := &demo{o: o, tick: make(chan time.Time), rng: rand.New(rand.NewPCG(o.Seed, 0x5a5a))}
	return d.run(ctx, newLog(logFile))
}

func (d *demo) run(ctx context.Context, log *slog.Logger) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cfg, err := simConfig(d.o.Dir)
	if err != nil {
		return err
	}
	if d.sim, err = startSimulation(ctx, &cfg, d.o.Dir, d.receipts(), log); err != nil {
		return err
	}
	defer d.sim.Close()
	if err := d.build(ctx, cfg, log); err != nil {
		return err
	}
	served := make(chan error, 1)
	go func() { served <- d.t.Serve(ctx) }()
	go d.clock(ctx)
	sum, err := d.play(ctx)
	cancel()
	if ended := <-served; ended != nil && !errors.Is(ended, context.Canceled) {
		err = errors.Join(err, ended)
	}
	if err := errors.Join(err, d.t.Close()); err != nil {
		return err
	}
	return d.judge(sum)
}

func (d *demo) receipts() string { return filepath.Join(d.o.Dir, "receipts") }

func (d *demo) build(ctx context.Context, cfg Config, log *slog.Logger) (err error) {
	d.t, err = NewTerminal(ctx, Options{
		Config: cfg, Log: log, Now: d.now, Rand: crand.Reader, Dial: d.sim.dial(), Tick: d.tick,
		Screen: func(post func(visit.Event)) kiosk.Screen {
			d.window = NewHeadless(post)
			return d.window
		},
	})
	if err != nil {
		return err
	}
	d.runner = pilot.New(pilot.Options{
		Window: d.window, Devices: d.sim.devices(d.t), Catalog: d.t.catalog, WaitPaper: d.t.pulse.waitPaper,
		Now: time.Now, Log: log, Patience: 30 * time.Second,
	})
	return nil
}

// clock drives the visits' clock once a second, as a real one does.
func (d *demo) clock(ctx context.Context) {
	every := time.NewTicker(time.Second)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-every.C:
			d.pass(ctx, 0)
		}
	}
}

// pass lets time go by, all at once.
func (d *demo) pass(ctx context.Context, by time.Duration) {
	d.ahead.Add(int64(by))
	select {
	case d.tick <- d.now():
	case <-ctx.Done():
	}
}

// play serves all visits, brings the network back, and counts at the gateway.
func (d *demo) play(ctx context.Context) (DemoSum, error) {
	if err := d.t.awaitReady(ctx); err != nil {
		return DemoSum{}, err
	}
	// What an earlier demo in this folder left waiting goes up first.
	if err := d.drain(ctx); err != nil {
		return DemoSum{}, err
	}
	var err error
	if _, d.before, err = d.atGateway(ctx); err != nil {
		return DemoSum{}, err
	}
	d.acked = d.t.matters.box.Load().Counts().Acknowledged
	for i := range d.o.Visits {
		line, err := d.visit(ctx, i+1)
		if err != nil {
			return DemoSum{}, fmt.Errorf("visit %d (%s, %s): %w", i+1, line.Item, line.Mishap, err)
		}
		d.lines = append(d.lines, line)
		if err := d.tell(line, "%3d  %-22s %-14s %-10s %s\n", line.Visit, line.Item, line.Mishap, line.Outcome, line.Receipt); err != nil {
			return DemoSum{}, err
		}
	}
	d.sim.link.Set(true)
	if err := d.drain(ctx); err != nil {
		return DemoSum{}, err
	}
	return d.count(ctx)
}

// tell prints one line, as JSON or for people.
func (d *demo) tell(v any, format string, args ...any) error {
	if d.o.JSON {
		return json.NewEncoder(d.o.Stdout).Encode(v)
	}
	_, err := fmt.Fprintf(d.o.Stdout, format, args...)
	return err
}

// drain waits until nothing is queued any more. What still waits then is counted as lost by what the gateway has.
func (d *demo) drain(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, drainTime)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		c := d.t.matters.box.Load().Counts()
		if c.Queued == 0 && c.Ratings == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (d *demo) count(ctx context.Context) (DemoSum, error) {
	sum := DemoSum{Visits: len(d.lines), ReceiptsDir: d.receipts(), Seed: d.o.Seed}
	there, stored, err := d.atGateway(ctx)
	if err != nil {
		return sum, err
	}
	sum.Stored = stored - d.before
	for _, l := range d.lines {
		if l.Receipt == "" {
			continue
		}
		sum.Lodged++
		if l.Outcome == outcomePrinted {
			sum.Printed++
		}
		if there[l.Receipt] == 0 {
			sum.Lost++
		}
	}
	for _, n := range there {
		sum.Duplicates += n - 1
	}
	sum.Acknowledged = d.t.matters.box.Load().Counts().Acknowledged - d.acked
	return sum, nil
}

// atGateway counts what the gateway has: how often each number, and all.
func (d *demo) atGateway(ctx context.Context) (map[string]int, int, error) {
	there, all := map[string]int{}, 0
	err := d.sim.gateway.Matters(ctx, func(s gateway.Stored) error {
		there[s.Number]++
		all++
		return nil
	})
	return there, all, err
}

// judge prints the last line and says what is not as it must be.
func (d *demo) judge(sum DemoSum) error {
	err := d.tell(sum, "%d visits, %d lodged, %d printed, %d acknowledged, %d at the gateway, %d twice, %d lost; receipts in %s\n",
		sum.Visits, sum.Lodged, sum.Printed, sum.Acknowledged, sum.Stored, sum.Duplicates, sum.Lost, sum.ReceiptsDir)
	errs := []error{err, d.sim.paper.faults()}
	if sum.Lost != 0 || sum.Duplicates != 0 || sum.Stored != sum.Lodged || sum.Acknowledged != sum.Lodged {
		errs = append(errs, errors.New("not every lodged matter is at the gateway exactly once"))
	}
	for _, l := range d.lines {
		if _, ok := d.sim.paper.picture(l.Receipt); l.Outcome == outcomePrinted && !ok {
			errs = append(errs, fmt.Errorf("visit %d: no receipt picture's code reads as its number", l.Visit))
		}
	}
	return errors.Join(errs...)
}
