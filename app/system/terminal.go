package system

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/thejerf/suture/v4"

	"zhizhu/app/kiosk"
	"zhizhu/app/visit"
	assetcatalog "zhizhu/assets/catalog"
	"zhizhu/devices/probe"
	"zhizhu/offline/catalog"
	"zhizhu/offline/catalog/load"
	"zhizhu/offline/identity"
	"zhizhu/offline/store"
)

// storeFile is the terminal's data file in the data folder.
const storeFile = "terminal.db"

// identityDir holds the terminal's keys and certificate in the data folder.
const identityDir = "identity"

// Options are what a Terminal is built from.
type Options struct {
	Config Config
	Log    *slog.Logger
	Now    func() time.Time
	Rand   io.Reader
	// Dial connects to the gateway; the simulated cable takes its place.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Screen makes the screen that posts to the kiosk.
	Screen func(post func(visit.Event)) kiosk.Screen
	OnView func(visit.View)    // may be nil
	Ports  func() []probe.Port // that "auto" searches; nil: the machine's
	Idle   visit.IdleTimes
	Tick   <-chan time.Time // drives the visits' clock; nil for once a second
}

// Terminal is one machine's whole program but for the window's main loop.
type Terminal struct {
	opts    Options
	log     *slog.Logger
	catalog *catalog.Catalog
	store   *store.Store
	matters *matters
	kiosk   *kiosk.Kiosk
	opened  store.Opened
	pulse   *pulse
	tree    *suture.Supervisor
	started time.Time

	identity atomic.Pointer[identity.Identity] // nil before enrolment
	rooms    atomic.Pointer[upstreamRooms]     // likewise
	look     atomic.Pointer[func()]            // has the line to the gateway looked at; nil before enrolment
}

// NewTerminal opens the data file, loads the catalogue and wires the rooms. Nothing runs before Serve.
func NewTerminal(ctx context.Context, o Options) (*Terminal, error) {
	cat, err := load.Load(assetcatalog.FS())
	if err != nil {
		return nil, fmt.Errorf("load catalogue: %w", err)
	}
	t := &Terminal{opts: o, log: o.Log, catalog: cat, started: o.Now(), tree: newTree("terminal", o.Log)}
	if err := t.openStore(ctx); err != nil {
		return nil, err
	}
	t.matters = &matters{catalog: cat, station: o.Config.Station}
	t.pulse = newPulse(t)
	if err := t.wire(); err != nil {
		_ = t.store.Close()
		return nil, err
	}
	return t, nil
}

func (t *Terminal) openStore(ctx context.Context) error {
	s, opened, err := store.Open(ctx, store.Options{
		Path:   filepath.Join(t.opts.Config.DataDir, storeFile),
		Schema: schema(), Program: programVersion(),
		Now: t.opts.Now,
		Log: t.log,
	})
	if err != nil {
		return err
	}
	if opened.Renamed != "" {
		t.log.LogAttrs(ctx, slog.LevelError, "Damaged data file was put aside",
			slog.String("renamed", opened.Renamed), slog.String("cause", opened.Cause))
	}
	t.store, t.opened = s, opened
	return nil
}

// wire makes drivers, slots and the kiosk, and puts every service into the tree.
func (t *Terminal) wire() error {
	bay, err := newBay(t)
	if err != nil {
		return err
	}
	// The kiosk exists before the first touch can come: nothing is shown before Serve.
	screen := t.opts.Screen(func(e visit.Event) { t.kiosk.Post(e) })
	t.kiosk = kiosk.New(kiosk.Options{
		World: visit.World{
			Catalog: t.catalog,
			Station: visit.StationInfo{Code: t.opts.Config.Station.Code, Name: t.opts.Config.Station.Name},
			Demo:    t.opts.Config.Pilot,
			Idle:    t.opts.Idle,
		},
		Screen: screen, CardReader: bay.reader, Scanner: bay.scanner, Printer: bay.printer, Matters: t.matters,
		Now: t.opts.Now, Log: t.log, OnView: t.onView, OnNote: t.onNote, Tick: t.opts.Tick,
	})
	for _, s := range bay.slots {
		t.tree.Add(service{s.String(), s.Serve})
	}
	t.tree.Add(service{"store", t.store.Serve})
	t.tree.Add(service{"kiosk", t.kiosk.Serve})
	t.tree.Add(service{"health", t.pulse.serve})
	t.tree.Add(service{"enrolment", t.serveUpstream})
	return nil
}

// onView counts visits and passes the view on.
func (t *Terminal) onView(v visit.View) {
	t.pulse.countVisit(v)
	if t.opts.OnView != nil {
		t.opts.OnView(v)
	}
}

// Serve serves residents until ctx ends. What is lodged then is on disk.
func (t *Terminal) Serve(ctx context.Context) error { return t.tree.Serve(ctx) }

// Close closes the data file. Call it after Serve has returned.
func (t *Terminal) Close() error { return t.store.Close() }
