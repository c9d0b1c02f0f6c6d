package system

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"zhizhu/assets"
	"zhizhu/devices/probe"
	"zhizhu/devices/sim"
	"zhizhu/offline/gateway"
	"zhizhu/offline/identity"
)

// simulation is the played surroundings of a terminal: the devices that its config does not name, on ptys, a local
// gateway behind a cable that can be pulled out, and the paper that comes out of the printer. A part that the config
// names is nil: it is real.
type simulation struct {
	link    *Link
	gateway *gateway.Gateway
	card    *sim.CardReader
	scanner *sim.Scanner
	printer *sim.Printer
	paper   *paperTray
	search  bool         // played ports are left to be searched for
	ports   []probe.Port // and are these
	onBytes func(int)    // told what reaches the printer, for measuring; may be nil

	log   *slog.Logger
	stop  context.CancelFunc
	wg    sync.WaitGroup
	close []func() error
}

// Speeds of played devices: the SAM's of protocols.md A1, common serial printers' and scanners' of B and C.
const (
	simCardBaud    = 115200
	simPrinterBaud = 115200
	simScannerBaud = 9600
)

// The simulated machine's place. It is invented.
const (
	simStationCode = "MX0427"
	simStationName = "雁洋镇示范村便民服务站"
)

// simConfig is the config of a wholly simulated machine in dir.
func simConfig(dir string) (Config, error) {
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return Config{}, fmt.Errorf("find a data folder: %w", err)
		}
		dir = filepath.Join(cache, "zhizhu-sim")
	}
	c := Config{
		DataDir: filepath.Join(dir, "terminal"),
		Station: StationConfig{Code: simStationCode, Name: simStationName},
		Pilot:   true,
	}
	c.resolve(dir)
	return c, nil
}

// startSimulation plays what cfg does not name, and writes the played ports and gateway into cfg. dir is where the
// gateway and the receipts lie.
func startSimulation(ctx context.Context, cfg *Config, dir, receipts string, log *slog.Logger) (*simulation, error) {
	return (&simulation{log: log}).start(ctx, cfg, dir, receipts)
}

func (s *simulation) start(ctx context.Context, cfg *Config, dir, receipts string) (_ *simulation, err error) {
	ctx, s.stop = context.WithCancel(ctx)
	defer func() {
		if err != nil {
			s.Close()
		}
	}()
	if s.paper, err = newPaperTray(receipts, assets.FontRegular()); err != nil {
		return nil, err
	}
	if err := s.startDevices(ctx, cfg); err != nil {
		return nil, err
	}
	if cfg.Upstream.URL == "" {
		if err := s.startGateway(ctx, cfg, filepath.Join(dir, "gateway")); err != nil {
			return nil, err
		}
		if err := s.enrol(ctx, *cfg); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *simulation) startDevices(ctx context.Context, cfg *Config) error {
	if tty, err := s.port(&cfg.Devices.IDCard, simCardBaud); err != nil {
		return err
	} else if tty != nil {
		s.card = sim.NewCardReader(tty)
		s.play(ctx, s.card.Serve)
	}
	if tty, err := s.port(&cfg.Devices.Printer.PortConfig, simPrinterBaud); err != nil {
		return err
	} else if tty != nil {
		s.printer = sim.NewPrinter(sim.PrinterOptions{TTY: tty, OnReceipt: s.paper.take, OnBytes: s.onBytes, Log: s.log, FlowControl: true})
		s.play(ctx, s.printer.Serve)
	}
	if tty, err := s.port(&cfg.Devices.Scanner.PortConfig, simScannerBaud); err != nil {
		return err
	} else if tty != nil {
		s.scanner = sim.NewScanner(tty)
		s.play(ctx, s.scanner.Serve)
	}
	return nil
}

// port opens a played line for a port that the config does not name; nil where it does.
func (s *simulation) port(p *PortConfig, baud int) (*sim.TTY, error) {
	if p.Port != "" {
		return nil, nil
	}
	if p.Baud == 0 {
		p.Baud = baud
	}
	tty, err := sim.OpenTTY("", p.Baud)
	if err != nil {
		return nil, err
	}
	p.Port = tty.Path()
	if s.search {
		s.ports = append(s.ports, probe.Port{Path: p.Port, TTY: filepath.Base(p.Port), Real: p.Port})
		*p = PortConfig{Port: autoPort}
	}
	s.close = append(s.close, tty.Close)
	return tty, nil
}

func (s *simulation) play(ctx context.Context, serve func(context.Context) error) {
	s.wg.Go(func() {
		if err := serve(ctx); err != nil && ctx.Err() == nil {
			s.log.LogAttrs(ctx, slog.LevelError, "Simulated part stopped", slog.Any("error", err))
		}
	})
}

func (s *simulation) startGateway(ctx context.Context, cfg *Config, dir string) error {
	g, err := gateway.Open(gateway.Options{Dir: dir, Now: time.Now, Log: s.log})
	if err != nil {
		return err
	}
	s.gateway, s.link = g, NewLink()
	s.close = append(s.close, g.Close)
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen for the local gateway: %w", err)
	}
	s.play(ctx, func(ctx context.Context) error { return g.Serve(ctx, ln) })
	cfg.Upstream = UpstreamConfig{URL: "https://" + ln.Addr().String(), CA: g.CAPath()}
	return nil
}

// enrol registers the simulated machine, as staff would with a code, unless it is registered already.
func (s *simulation) enrol(ctx context.Context, cfg Config) error {
	if _, err := identity.Load(cfg.identityDir()); !errors.Is(err, identity.ErrNotEnrolled) {
		return err
	}
	code, err := s.gateway.NewCode(ctx, cfg.Station.Code)
	if err != nil {
		return fmt.Errorf("enrol simulated machine: %w", err)
	}
	return enrol(ctx, cfg, code, s.dial())
}

func enrol(ctx context.Context, cfg Config, code string, dial dialer) error {
	if err := os.MkdirAll(cfg.DataDir, 0o700); err != nil {
		return fmt.Errorf("make data folder: %w", err)
	}
	_, err := identity.Enrol(ctx, identity.Options{
		Dir: cfg.identityDir(), URL: cfg.Upstream.URL, CAFile: cfg.Upstream.CA, Code: code, Station: cfg.Station.Code, Now: time.Now,
		Rand: rand.Reader, Dial: dial,
	})
	return err
}

type dialer = func(ctx context.Context, network, address string) (net.Conn, error)

// dial connects through the played cable, where there is one.
func (s *simulation) dial() dialer {
	if s == nil || s.link == nil {
		return directDial
	}
	return s.link.Dial
}

// Close ends everything that is played.
func (s *simulation) Close() {
	if s == nil {
		return
	}
	s.stop()
	s.wg.Wait()
	if s.paper != nil {
		if err := s.paper.faults(); err != nil {
			s.log.Error("Receipt could not be kept", slog.Any("error", err))
		}
	}
	for _, end := range slices.Backward(s.close) {
		if err := end(); err != nil {
			s.log.Warn("Simulated part did not close", slog.Any("error", err))
		}
	}
}
