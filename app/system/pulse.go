package system

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"sync"
	"time"

	"zhizhu/app/health"
	"zhizhu/app/visit"
	"zhizhu/devices"
	"zhizhu/offline/outbox"
	"zhizhu/offline/store"
	upstream "zhizhu/offline/sync"
)

// pulse gathers what the rooms say of themselves, tells the kiosk what follows, and writes the status file.
type pulse struct {
	t       *Terminal
	changed chan struct{}

	mu     sync.Mutex
	facts  health.Facts
	line   upstream.State // of the line to the gateway
	visits int
	told   *health.Report
}

// statusEvery is how often the status file is written while nothing changes.
const statusEvery = 5 * time.Second

func newPulse(t *Terminal) *pulse {
	p := &pulse{t: t, changed: make(chan struct{}, 1)}
	p.facts.StoreOK = true
	p.facts.Upstream = health.UpstreamUnenrolled
	p.facts.StoreRenamed = t.putAside()
	p.facts.StoreSaved, p.facts.StoreWhole = saved(t.opened)
	return p
}

// saved says what was brought over from a damaged file that was found at this start, and whether that is all.
func saved(o store.Opened) (words string, whole bool) {
	if o.Renamed == "" || o.Created {
		return "", false
	}
	words = fmt.Sprintf("；读回 %d 条", o.Salvaged)
	if o.Restored != "" {
		words += fmt.Sprintf("，用 %s 的备份补回 %d 条", o.RestoredAt.Format("2006-01-02 15:04"), o.FromBackup)
	}
	switch {
	case o.Gaps == 0:
		return words + "，一条不缺", true
	case o.Gaps < 0:
		return words + "，坏文件里最后写的都没有读出来", false
	}
	return words + fmt.Sprintf("，有 %d 处没有读出来，那里最后写的可能缺了", o.Gaps), false
}

// putAside returns the name of the newest damaged data file that lies in the data folder, "" for none. It may hold
// matters that never went up, so the alarm stands until staff have taken the file away.
func (t *Terminal) putAside() string {
	if t.opened.Renamed != "" {
		return filepath.Base(t.opened.Renamed)
	}
	files, err := filepath.Glob(filepath.Join(t.opts.Config.DataDir, storeFile+".corrupt-*"))
	if err != nil || len(files) == 0 {
		return ""
	}
	return filepath.Base(slices.Max(files))
}

// update changes the facts and has them told.
func (p *pulse) update(change func(*health.Facts)) {
	p.mu.Lock()
	change(&p.facts)
	p.mu.Unlock()
	p.wake()
}

// now returns the facts.
func (p *pulse) now() health.Facts {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.facts
}

func (p *pulse) wake() {
	select {
	case p.changed <- struct{}{}:
	default:
	}
}

func (p *pulse) device(name string, s devices.Status) {
	p.update(func(f *health.Facts) {
		switch name {
		case "idcard":
			f.IDCard = s
		case "printer":
			f.Printer = s
		case "scanner":
			f.Scanner = s
		case "a4":
			f.A4 = s
		case "camera":
			f.Camera = s
		}
	})
}

// countVisit is told each view; a visit ends on the wiped page.
func (p *pulse) countVisit(v visit.View) {
	if v.Step != visit.Wiped {
		return
	}
	p.mu.Lock()
	p.visits++
	p.mu.Unlock()
}

func (p *pulse) serve(ctx context.Context) error {
	tick := time.NewTicker(statusEvery)
	defer tick.Stop()
	for {
		p.beat(ctx)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-p.changed:
		case <-tick.C:
		}
	}
}

func (p *pulse) beat(ctx context.Context) {
	p.t.requeueIfAsked(ctx)
	p.count()
	now := p.t.opts.Now()
	p.mu.Lock()
	facts, line, visits := p.facts, p.line, p.visits
	report := health.Evaluate(facts, now)
	news := p.told == nil || !reflect.DeepEqual(*p.told, report)
	p.mu.Unlock()
	if news {
		p.t.kiosk.Post(visit.Health{Report: report})
		p.mu.Lock()
		p.told = &report // only now: who waits for it finds the kiosk told
		p.mu.Unlock()
	}
	if err := writeStatus(p.t.opts.Config.DataDir, p.status(facts, report, line, visits, now)); err != nil {
		p.t.log.LogAttrs(ctx, slog.LevelWarn, "Status file can't be written", slog.Any("error", err))
	}
}

// count asks the outbox and the disk.
func (p *pulse) count() {
	room := p.t.store.Room()
	var counts outbox.Counts
	if box := p.t.matters.box.Load(); box != nil {
		counts = box.Counts()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	f := &p.facts
	f.DiskFull = errors.Is(room, store.ErrFull)
	f.StoreOK = room == nil || f.DiskFull
	f.ClockTrust = p.line.ClockTrust()
	f.Queued, f.Oldest, f.Acknowledged, f.Quarantined = counts.Queued, counts.Oldest, counts.Acknowledged, counts.Quarantined
}

func (p *pulse) status(f health.Facts, r health.Report, line upstream.State, visits int, now time.Time) Status {
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	s := Status{
		At: now, Started: p.t.started, PID: os.Getpid(), Station: p.t.opts.Config.Station.Code,
		Terminal: p.t.terminalID(), Catalog: p.t.catalog.Version, Items: len(p.t.catalog.Items),
		Online: r.Online, Upstream: p.reason(f, line), Detail: line.Detail, Queued: f.Queued, Acknowledged: f.Acknowledged, Quarantined: f.Quarantined,
		Devices: []DeviceStatus{
			deviceStatus("idcard", f.IDCard), deviceStatus("printer", f.Printer), deviceStatus("scanner", f.Scanner),
		},
		Findings: findings(r.Staff), HeapBytes: mem.HeapAlloc, Goroutines: runtime.NumGoroutine(), Visits: visits,
	}
	if !f.Oldest.IsZero() {
		s.Oldest = &f.Oldest
	}
	return s
}

var stateNames = [...]string{
	devices.Unknown: "unknown", devices.Ready: "ready", devices.Busy: "busy", devices.Missing: "missing", devices.Faulty: "faulty",
}

func deviceStatus(name string, s devices.Status) DeviceStatus {
	d := DeviceStatus{Name: name, State: stateNames[s.State], Port: s.Port, Model: s.Model, Dropped: s.Dropped}
	if s.Reason != devices.OK {
		d.Reason = s.Reason.String()
	}
	return d
}

// terminalID is the id of the certificate, "" before enrolment.
func (t *Terminal) terminalID() string {
	if id := t.identity.Load(); id != nil {
		return id.Terminal
	}
	return ""
}

// await returns once the kiosk was told a report, and that and the facts satisfy ok.
func (p *pulse) await(ctx context.Context, ok func(health.Facts, health.Report) bool) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		p.mu.Lock()
		f, r := p.facts, p.told
		p.mu.Unlock()
		if r != nil && ok(f, *r) {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// waitPaper returns once the printer is known to have paper, or not.
func (p *pulse) waitPaper(ctx context.Context, want bool) error {
	return p.await(ctx, func(f health.Facts, _ health.Report) bool {
		return want == (f.Printer.Usable() && f.Printer.Paper != devices.PaperEnd)
	})
}

// upstream keeps what sync says of the line.
func (p *pulse) upstream(s upstream.State) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.line = s
}

// clockTrust says how far this machine's clock can be trusted, for each matter.
func (p *pulse) clockTrust() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.line.ClockTrust()
}

// reason names the state of the line in the status file.
func (p *pulse) reason(f health.Facts, line upstream.State) string {
	if !f.Enrolled {
		return upstream.Unenrolled.String()
	}
	return line.Reason.String()
}
