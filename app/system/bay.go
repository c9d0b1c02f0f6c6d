package system

import (
	"context"
	"fmt"
	"strings"
	"time"

	"zhizhu/app/kiosk"
	"zhizhu/app/visit"
	"zhizhu/assets"
	"zhizhu/devices"
	"zhizhu/devices/a4"
	"zhizhu/devices/camera"
	"zhizhu/devices/camscan"
	"zhizhu/devices/doccam"
	"zhizhu/devices/idcard"
	"zhizhu/devices/port"
	"zhizhu/devices/printer"
	"zhizhu/devices/probe"
	"zhizhu/devices/scanner"
	"zhizhu/devices/slot"
)

// autoPort is the port of a device that is searched for.
const autoPort = "auto"

// bay is where the machine's devices are: their drivers, and a slot for each.
type bay struct {
	t       *Terminal
	finder  *probe.Finder
	reader  *idcard.Reader
	printer *printer.Printer
	scanner kiosk.Scanner
	a4      *a4.Printer    // nil where the machine has none
	camera  *doccam.Camera // nil where the machine has none
	slots   []*slot.Slot
}

func newBay(t *Terminal) (*bay, error) {
	b := &bay{t: t, finder: probe.NewFinder(probe.FinderOptions{
		Ports: t.opts.Ports, Now: t.opts.Now, Log: t.log, Reserved: t.opts.Config.Devices.fixedPorts(),
	})}
	cfg := t.opts.Config.Devices
	b.reader = idcard.New(idcard.Options{
		Log: t.log, Now: t.opts.Now, GiveUp: giveUp(cfg.IDCard),
		OnEvent: func(e devices.CardEvent) { t.kiosk.Post(visit.CardEvent{CardEvent: e}) },
	})
	b.addSerial("idcard", cfg.IDCard, b.reader)
	for _, add := range []func(DevicesConfig) error{b.addPrinter, b.addScanner, b.addA4, b.addCamera} {
		if err := add(cfg); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// fixedPorts are the ports that the config names.
func (d DevicesConfig) fixedPorts() []string {
	var all []string
	for _, p := range []string{d.IDCard.Port, d.Printer.Port, d.Scanner.Port} {
		if _, _, special := pictures(p); p != "" && p != autoPort && !special {
			all = append(all, p)
		}
	}
	return all
}

func (b *bay) addPrinter(cfg DevicesConfig) (err error) {
	b.printer, err = printer.New(printer.Options{
		Log: b.t.log, Now: b.t.opts.Now, Dots: cfg.Printer.Dots, NativeQR: cfg.Printer.NativeQR,
		Font: assets.FontRegular(), RareFont: assets.RareFont,
	})
	if err == nil {
		b.addSerial("printer", cfg.Printer.PortConfig, b.printer)
	}
	return err
}

func (b *bay) addScanner(cfg DevicesConfig) error {
	onScan := func(s devices.Scan) { b.t.kiosk.Post(visit.Scanned{Scan: s}) }
	if source, ok := b.source(cfg.Scanner.Port, true); ok {
		s := camscan.New(camscan.Options{
			Source: source, Log: b.t.log, Now: b.t.opts.Now, Rand: b.t.opts.Rand, OnScan: onScan, Model: "摄像头",
		})
		b.scanner = s
		b.addRun("scanner", cfg.Scanner.Port, s.Serve)
		return nil
	}
	profile, err := scanner.Profile(cfg.Scanner.Profile)
	if err != nil {
		return fmt.Errorf("set up scanner: %w", err)
	}
	o := scanner.Options{Log: b.t.log, Now: b.t.opts.Now, Rand: b.t.opts.Rand, Profile: profile, OnScan: onScan}
	if cfg.Scanner.Baud == 0 {
		o.GiveUp = garbageEnough
	}
	s := scanner.New(o)
	b.scanner = s
	var driver devices.Driver = s
	if cfg.Scanner.Baud == 0 { // its speed is found by trial: it can't be asked
		driver = b.finder.Tuned("scanner", s)
	}
	b.addSerial("scanner", cfg.Scanner.PortConfig, driver)
	return nil
}

func (b *bay) addA4(cfg DevicesConfig) error {
	queue := cfg.A4.Queue
	if queue == "" {
		return nil
	}
	if queue == "default" {
		queue = ""
	}
	p, err := a4.New(a4.Options{Server: cfg.A4.Server, Queue: queue, Log: b.t.log, Now: b.t.opts.Now})
	if err != nil {
		return err
	}
	b.a4 = p
	b.addRun("a4", cfg.A4.Queue, p.Serve)
	return nil
}

func (b *bay) addCamera(cfg DevicesConfig) error {
	from := cfg.Camera.Source
	if from == "" {
		return nil
	}
	if _, _, told := pictures(from); !told {
		from = "camera:" + from
	}
	source, _ := b.source(from, false)
	b.camera = doccam.New(doccam.Options{Source: source, Log: b.t.log, Now: b.t.opts.Now})
	b.addRun("camera", cfg.Camera.Source, b.camera.Serve)
	return nil
}

// pictures splits a port that names a source of pictures: "camera:/dev/video0" or "folder:/path".
func pictures(port string) (kind, path string, ok bool) {
	kind, path, ok = strings.Cut(port, ":")
	return kind, path, ok && (kind == "camera" || kind == "folder")
}

// garbageEnough is how many pieces of garbage in a row say that a scanner's speed is another: a resident who shows a code
// again and again should be heard at the third time.
const garbageEnough = 2

// codeEvery is how often a camera's picture is looked at for a code: fast enough for a hand that moves.
const codeEvery = 100 * time.Millisecond

// source returns the camera that a port names, if it names one.
func (b *bay) source(port string, grey bool) (camera.Source, bool) {
	kind, path, ok := pictures(port)
	switch {
	case !ok:
		return nil, false
	case kind == "folder":
		return camera.Folder(camera.FolderOptions{Path: path, Grey: grey, Now: b.t.opts.Now, Log: b.t.log}), true
	}
	o := camera.Options{Path: path, Grey: grey, Now: b.t.opts.Now, Log: b.t.log}
	if grey {
		o.Every = codeEvery
	}
	return camera.OpenV4L2(o), true
}

// addSerial adds the slot of a device on a serial line.
func (b *bay) addSerial(name string, cfg PortConfig, d devices.Driver) {
	o := slot.Options{Path: cfg.Port, Baud: cfg.Baud, Driver: d, Open: b.open(name, cfg)}
	if cfg.Port == autoPort {
		o.There = b.finder.There(name)
	}
	b.add(name, o)
}

// addRun adds the slot of a device without one.
func (b *bay) addRun(name, path string, run func(context.Context, func(devices.Status)) error) {
	o := slot.Options{Path: path, Run: run}
	if !strings.HasPrefix(path, "/") {
		o.There = func() bool { return true }
	}
	b.add(name, o)
}

func (b *bay) add(name string, o slot.Options) {
	o.Device, o.Log, o.Now = name, b.t.log, b.t.opts.Now
	o.OnStatus = func(st devices.Status) { b.t.pulse.device(name, st) }
	b.slots = append(b.slots, slot.New(o))
}

// usualBaud is the speed of a printer that says nothing, and so can't be asked which it is.
const usualBaud = 115200

// open opens a device's port: at a known speed, at the one that it answers at, or wherever the device is.
func (b *bay) open(name string, cfg PortConfig) func(context.Context) (devices.Line, error) {
	direct := func(ctx context.Context, baud int) (devices.Line, error) {
		return port.Open(ctx, port.Config{Path: cfg.Port, Baud: baud, Device: name, Log: b.t.log})
	}
	return func(ctx context.Context) (devices.Line, error) {
		switch {
		case cfg.Port == autoPort:
			return b.finder.Open(ctx, name, cfg.Baud)
		case cfg.Baud != 0:
			return direct(ctx, cfg.Baud)
		}
		line, err := b.finder.OpenAt(ctx, name, cfg.Port, 0)
		if name == "printer" && devices.KindOf(err) == devices.Silent {
			return direct(ctx, usualBaud) // cheap printers never answer, and print
		}
		return line, err
	}
}

// giveUp is how long a card reader may stay silent before its port, or its speed, is searched for anew.
func giveUp(cfg PortConfig) time.Duration {
	if cfg.Port == autoPort || cfg.Baud == 0 {
		return 20 * time.Second
	}
	return 0
}
