package probe

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/idcard/sam"
	"zhizhu/devices/printer/escpos"
)

// FinderOptions of a Finder.
type FinderOptions struct {
	Ports func() []Port    // nil lists the machine's
	Open  Open             // nil is OpenPort
	Now   func() time.Time // required
	Log   *slog.Logger     // nil discards
	// Reserved are ports that the config gives to devices by name: they are never searched.
	Reserved []string
	// Min and Max bound the pause between two searches that find nothing while no port changes: it doubles. Zero means
	// 2 s and 30 s.
	Min, Max time.Duration
}

// Finder finds the ports of a machine's devices, for all its slots. It is safe for concurrent use. One search, over all
// free ports at once, serves whoever waits; a port that it has handed out is left alone until the line is closed.
type Finder struct {
	opts FinderOptions

	mu     sync.Mutex
	places map[string]place  // by device: where it was last, and answered
	leases map[string]string // by real path: device that has it
	misses map[string]miss   // by device: its last search in vain
	opened map[string]int    // by device: calls of Open that have ended, for There
	run    *sweep            // nil while none runs
	guess  *guessed          // the port that the scanner has because it alone was left over; nil for none
	ports  []Port            // as last listed
	listed time.Time         // when
}

// place is where a device is.
type place struct {
	port Port
	baud int
	sure bool
}

// miss is a search in vain.
type miss struct {
	ports string // fingerprint of what there was
	until time.Time
	pause time.Duration
	err   error
}

// NewFinder makes a finder. It holds nothing open but the lines that it hands out, and needs no closing.
func NewFinder(o FinderOptions) *Finder {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Ports == nil {
		o.Ports = func() []Port { return Ports("/") }
	}
	if o.Open == nil {
		o.Open = OpenPort(o.Log)
	}
	if o.Min <= 0 {
		o.Min = 2 * time.Second
	}
	if o.Max < o.Min {
		o.Max = max(30*time.Second, o.Min)
	}
	return &Finder{
		opts: o, places: map[string]place{}, leases: map[string]string{}, misses: map[string]miss{}, opened: map[string]int{},
	}
}

// Open finds the port of a device (IDCard, Printer or Scanner) and opens it, for slot.Options.Open. baud is the speed to
// try first, 0 for none. Where the device was last is tried first, which takes under 0.3 s; a search of all free ports
// takes under 5 s. A scanner of which nothing tells that it is one gets the port that alone is left over.
//
// Its error is ctx's or a *devices.Error: NotFound, NoPermission where no port may be opened, InUse where other programs
// have all of them; Holder names who has a port that was not searched. A search in vain is not repeated before ports
// have changed or a pause is over: Open then returns its error at once.
func (f *Finder) Open(ctx context.Context, device string, baud int) (devices.Line, error) {
	defer f.count(device)
	if line, err := f.revisit(ctx, device); line != nil || err != nil {
		return line, err
	}
	s, w, err := f.enlist(ctx, device, baud)
	if err != nil {
		return nil, err
	}
	select {
	case o := <-w.got:
		return o.line, o.err
	case <-ctx.Done():
		f.leave(s, w)
		return nil, ctx.Err()
	}
}

func (f *Finder) count(device string) {
	f.mu.Lock()
	f.opened[device]++
	f.mu.Unlock()
}

// There makes slot.Options.There for a device that is searched for: after an Open in vain it turns true as soon as it
// is worth while to try again, because ports have changed or another search has come upon the device.
func (f *Finder) There(device string) func() bool {
	tries, before := 0, ""
	return func() bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		now := fingerprint(f.look())
		if f.opened[device] != tries { // a new pause begins
			tries, before = f.opened[device], now
			if m, ok := f.misses[device]; ok {
				before = m.ports
			}
			return false
		}
		_, missed := f.misses[device]
		_, known := f.places[device]
		return now != before || known && !missed
	}
}

// listEvery is how old a list of ports may be: slots ask ten times a second, each.
const listEvery = 100 * time.Millisecond

// look lists the ports. f.mu is held.
func (f *Finder) look() []Port {
	if now := f.opts.Now(); f.listed.IsZero() || now.Sub(f.listed) >= listEvery || now.Before(f.listed) {
		f.ports, f.listed = f.opts.Ports(), now
	}
	return f.ports
}

func fingerprint(ports []Port) string {
	var b strings.Builder
	for _, p := range ports {
		b.WriteString(p.Path + "\x00" + p.Real + "\x00" + p.USB.Serial + "\n")
	}
	return b.String()
}

// free are the ports that may be searched. f.mu is held.
func (f *Finder) free() []Port {
	var reserved []string
	for _, path := range f.opts.Reserved {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			reserved = append(reserved, real)
		}
	}
	return slices.DeleteFunc(slices.Clone(f.look()), func(p Port) bool {
		_, taken := f.leases[p.Real]
		return taken || slices.Contains(reserved, p.Real) || slices.Contains(f.opts.Reserved, p.Path)
	})
}

// revisit tries the place where the device was last. It returns nothing where it has to be searched for.
func (f *Finder) revisit(ctx context.Context, device string) (devices.Line, error) {
	f.mu.Lock()
	was, known := f.places[device]
	ports := f.free()
	others := map[string]place{}
	for kind, p := range f.places {
		if kind != device {
			others[kind] = p
		}
	}
	f.mu.Unlock()
	at := slices.IndexFunc(ports, was.port.same)
	if !known || at < 0 {
		return nil, nil
	}
	line, err := f.opts.Open(ctx, device, was.port.Path, was.baud)
	if err != nil {
		return nil, ctx.Err()
	}
	t := talk{line: line}
	ok, err := t.confirm(ctx, device, was, others)
	if err != nil || !ok {
		_ = shut(line) // the search says what is wrong with it
		return nil, ctx.Err()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.lease(device, ports[at], line, was.sure), nil
}

// confirm asks whether the device is still where it was. Of a scanner it can only be made sure that no device which was
// seen elsewhere has taken its place.
func (t *talk) confirm(ctx context.Context, device string, was place, others map[string]place) (bool, error) {
	switch device {
	case Printer:
		return t.printer(ctx)
	case IDCard:
		_, ok, err := t.reader(ctx)
		if !ok && err == nil {
			err = t.wipe(ctx)
		}
		return ok, err
	}
	if was.sure && hint(was.port.USB) {
		return true, nil
	}
	for kind, p := range others {
		if err := t.tune(ctx, p.baud); err != nil {
			return false, err
		}
		if found, err := t.excludes(ctx, kind); found || err != nil {
			return false, err
		}
	}
	return true, t.tune(ctx, was.baud)
}

// excludes is a short look whether a printer or a reader, at the speed where it was seen before, is at the line.
func (t *talk) excludes(ctx context.Context, kind string) (bool, error) {
	q, is := slices.Concat(escpos.Query(1), escpos.Query(4)), func(got []byte) bool { n, _ := realTime(got); return n > 0 }
	if kind == IDCard {
		q, is = sam.AppendRequest(nil, sam.StatusSAM), func(got []byte) bool { _, ok := reply(got); return ok }
	}
	got, err := t.ask(ctx, q, shortWait, is)
	if err != nil || is(got) {
		return err == nil, err
	}
	return false, t.wipe(ctx)
}

// lease hands a line out. f.mu is held.
func (f *Finder) lease(device string, p Port, line devices.Line, sure bool) devices.Line {
	f.leases[p.Real] = device
	delete(f.misses, device)
	f.opts.Log.Info("Device found", slog.String("device", device), slog.String("port", p.Path), slog.Int("baud", line.Baud()))
	l := &leased{Line: line}
	l.end = sync.OnceValue(func() error {
		err := shut(line)
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.guess != nil && f.guess.line == l {
			f.guess = nil
		}
		if !l.revoked {
			delete(f.leases, p.Real)
		}
		if was := f.places[device]; l.heard.Load() && was.port.same(p) { // it has proved itself
			was.sure = true
			f.places[device] = was
		}
		return err
	})
	if !sure {
		f.guess = &guessed{line: l, real: p.Real, at: f.opts.Now()}
	}
	return l
}

// leased is a line that was handed out.
type leased struct {
	devices.Line
	end     func() error
	heard   atomic.Bool // something came
	revoked bool        // the port is no longer this line's; the finder's mu guards it
}

// Read implements devices.Line.
func (l *leased) Read(ctx context.Context, p []byte) (int, error) {
	n, err := l.Line.Read(ctx, p)
	if n > 0 {
		l.heard.Store(true)
	}
	return n, err
}

// Close gives the port back.
func (l *leased) Close() error { return l.end() }

// SetBaud changes the line's speed, where the line can.
func (l *leased) SetBaud(ctx context.Context, baud int) error {
	if t, ok := l.Line.(tuner); ok {
		return t.SetBaud(ctx, baud)
	}
	return fmt.Errorf("set speed of %s: %w", l.Path(), errors.ErrUnsupported)
}
