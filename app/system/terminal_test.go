package system

import (
	"context"
	"crypto/rand"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"zhizhu/app/health"
	"zhizhu/app/kiosk"
	"zhizhu/app/pilot"
	"zhizhu/app/visit"
	"zhizhu/devices/probe"
)

// bench is a terminal on a test's table, its window without a picture.
type bench struct {
	*Terminal
	window *Headless
	sim    *simulation
}

// startBench plays what cfg leaves out and serves until the test ends.
func startBench(t testing.TB, cfg Config, dir string) *bench {
	t.Helper()
	return startWatched(t, cfg, dir, nil, nil)
}

// startWatched tells what reaches the printer and what is shown.
func startWatched(t testing.TB, cfg Config, dir string, onBytes func(int), onView func(visit.View)) *bench {
	t.Helper()
	return start(t, cfg, dir, &simulation{onBytes: onBytes}, onView)
}

// start serves with what s plays of the machine.
func start(t testing.TB, cfg Config, dir string, s *simulation, onView func(visit.View)) *bench {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	log := newLog(t.Output())
	if _, measuring := t.(*testing.B); measuring {
		log = slog.New(slog.DiscardHandler)
	}
	s.log = log
	s, err := s.start(ctx, &cfg, dir, filepath.Join(dir, "receipts"))
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{sim: s}
	b.Terminal, err = NewTerminal(ctx, Options{
		Config: cfg, Log: log, Now: chinaNow, Rand: rand.Reader, Dial: s.dial(), OnView: onView,
		Ports: func() []probe.Port { return s.ports },
		Screen: func(post func(visit.Event)) kiosk.Screen {
			b.window = NewHeadless(post)
			return b.window
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- b.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		<-served
		if err := b.Close(); err != nil {
			t.Error(err)
		}
		s.Close()
	})
	return b
}

// await waits until the kiosk was told a report that satisfies ok.
func (b *bench) await(t testing.TB, what string, ok func(health.Facts, health.Report) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := b.pulse.await(ctx, ok); err != nil {
		t.Fatalf("wait for %s: %v", what, err)
	}
}

func (b *bench) runner() *pilot.Runner {
	return pilot.New(pilot.Options{Window: b.window, Devices: b.sim.devices(b.Terminal), Catalog: b.catalog, Now: time.Now, Log: b.log})
}

func benchConfig(t testing.TB) (Config, string) {
	t.Helper()
	dir := t.TempDir()
	cfg, err := simConfig(dir)
	if err != nil {
		t.Fatal(err)
	}
	return cfg, dir
}

// staffSays reports whether a line for staff is about a subject.
func staffSays(r health.Report, subject string) bool {
	for _, l := range r.Staff {
		if strings.Contains(l.Subject, subject) && l.Severity == health.Broken && l.Todo != "" {
			return true
		}
	}
	return false
}

// TestMissingDeviceTakesOnlyItsOwn: ports that are not there are named to staff; what needs no card is still taken in.
func TestMissingDeviceTakesOnlyItsOwn(t *testing.T) {
	cfg, dir := benchConfig(t)
	cfg.Devices.IDCard.Port = filepath.Join(dir, "no-reader")
	cfg.Devices.Printer.Port = filepath.Join(dir, "no-printer")
	b := startBench(t, cfg, dir)
	b.await(t, "the missing devices to be named", func(_ health.Facts, r health.Report) bool {
		return r.CanLodge && !r.CanRead && !r.CanPrint && staffSays(r, "读卡器") && staffSays(r, "打印机")
	})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	served, err := b.runner().Serve(ctx, "fb-cannot-do", 3)
	if err != nil || served.Number == "" {
		t.Fatalf("an item that needs no device: %+v, %v", served, err)
	}
	if _, err := b.runner().Serve(ctx, "soc-qualify", 3); err == nil {
		t.Error("an item that needs the card was served without a reader")
	}
}

// TestDamagedFileIsPutAside: garbage in the data file is renamed with its date, staff are told, and a new file serves.
func TestDamagedFileIsPutAside(t *testing.T) {
	cfg, dir := benchConfig(t)
	if err := os.MkdirAll(cfg.DataDir, 0o700); err != nil {
		t.Fatal(err)
	}
	garbage := []byte(strings.Repeat("no database at all ", 4000))
	if err := os.WriteFile(filepath.Join(cfg.DataDir, storeFile), garbage, 0o600); err != nil {
		t.Fatal(err)
	}
	b := startBench(t, cfg, dir)
	b.await(t, "staff to be told", func(f health.Facts, r health.Report) bool {
		return r.CanLodge && f.StoreRenamed != "" && staffSays(r, "存储")
	})
	kept, err := os.ReadFile(filepath.Join(cfg.DataDir, b.pulse.renamed()))
	if err != nil || string(kept) != string(garbage) {
		t.Errorf("the damaged file was not kept as it was: %v", err)
	}
}

// TestStatusFile: the diagnostics say that what was lodged off line has arrived once the line is back.
func TestStatusFile(t *testing.T) {
	cfg, dir := benchConfig(t)
	b := startBench(t, cfg, dir)
	b.await(t, "the line", func(_ health.Facts, r health.Report) bool { return r.Online && r.CanRead })
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := b.sim.devices(b.Terminal).Net(ctx, false); err != nil {
		t.Fatal(err)
	}
	if _, err := b.runner().Serve(ctx, "soc-qualify", 9); err != nil {
		t.Fatal(err)
	}
	b.await(t, "one matter to wait", func(_ health.Facts, r health.Report) bool { return r.Queued == 1 && !r.Online })
	if err := b.sim.devices(b.Terminal).Net(ctx, true); err != nil {
		t.Fatal(err)
	}
	b.await(t, "it to arrive", func(_ health.Facts, r health.Report) bool { return r.Queued == 0 && r.Acknowledged == 1 })
	b.pulse.beat(ctx)
	var out strings.Builder
	if err := PrintStatus("", cfg.DataDir, false, &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"MX0427-1", "已送达 1，等待送出 0"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("status lacks %q:\n%s", want, out.String())
		}
	}
}

// TestSetAsideIsSentAgain: what the gateway would not take is told as stuck, and goes up once staff ask for it.
func TestSetAsideIsSentAgain(t *testing.T) {
	cfg, dir := benchConfig(t)
	b := startBench(t, cfg, dir)
	b.await(t, "the line", func(_ health.Facts, r health.Report) bool { return r.Online && r.CanRead })
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := b.sim.devices(b.Terminal).Net(ctx, false); err != nil {
		t.Fatal(err)
	}
	served, err := b.runner().Serve(ctx, "soc-qualify", 4)
	if err != nil {
		t.Fatal(err)
	}
	records, err := b.matters.Find(ctx, "", served.Number)
	if err != nil || len(records) != 1 || records[0].Stuck || records[0].Sent {
		t.Fatalf("lodged: %+v, %v", records, err)
	}
	if err := b.matters.box.Load().Quarantine(ctx, records[0].ID, "test"); err != nil {
		t.Fatal(err)
	}
	if records, err = b.matters.Find(ctx, "", served.Number); err != nil || len(records) != 1 || !records[0].Stuck {
		t.Fatalf("set aside: %+v, %v", records, err)
	}
	if err := b.sim.devices(b.Terminal).Net(ctx, true); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(cfg.DataDir, requeueFile), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	b.pulse.wake()
	b.await(t, "it to arrive", func(_ health.Facts, r health.Report) bool { return r.Acknowledged == 1 && r.Quarantined == 0 })
	if _, err := os.Stat(filepath.Join(cfg.DataDir, requeueFile)); !os.IsNotExist(err) {
		t.Errorf("the request is still there: %v", err)
	}
}

// TestLostConnectionIsNoticed: a gateway that goes away is known to be away without anything being sent.
func TestLostConnectionIsNoticed(t *testing.T) {
	cfg, dir := benchConfig(t)
	b := startBench(t, cfg, dir)
	b.await(t, "the line", func(_ health.Facts, r health.Report) bool { return r.Online })
	b.sim.link.Set(false) // nobody is told but the connections
	b.await(t, "the loss to be noticed", func(_ health.Facts, r health.Report) bool { return !r.Online })
}

// TestOldStatusIsCalledOld: what a program wrote that no longer runs is not passed off as how things are.
func TestOldStatusIsCalledOld(t *testing.T) {
	dir := t.TempDir()
	for name, s := range map[string]Status{
		"old":  {At: time.Now().Add(-time.Hour), PID: os.Getpid(), Upstream: "ok"},
		"dead": {At: time.Now(), PID: 1 << 30, Upstream: "ok"},
		"live": {At: time.Now(), PID: os.Getpid(), Upstream: "ok"},
	} {
		if err := writeStatus(dir, s); err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		if err := PrintStatus("", dir, false, &out); err != nil {
			t.Fatal(err)
		}
		if told := strings.Contains(out.String(), "没有在运行"); told == (name == "live") {
			t.Errorf("%s: %s", name, out.String())
		}
	}
}

// renamed is the name under which a damaged data file was put aside at start, "" for none.
func (p *pulse) renamed() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.facts.StoreRenamed
}
