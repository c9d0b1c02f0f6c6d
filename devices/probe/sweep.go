package probe

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"

	"zhizhu/devices"
)

// sweep is one search of all free ports. All of it is guarded by the finder's mu.
type sweep struct {
	kinds   []string // that it asks for
	ports   string   // fingerprint of all there were
	seekers []*seeker
	cancel  context.CancelFunc
	over    bool // nobody waits any more: it winds up, and takes no one in
	done    chan struct{}

	rest   []rest  // ports that nobody knows
	errs   []error // of ports that could not be searched
	opened int
}

// rest is a port that was searched in vain.
type rest struct {
	port    Port
	finding Finding
}

// seeker is a slot that waits.
type seeker struct {
	device string
	baud   int
	got    chan offer // buffered
}

type offer struct {
	line devices.Line
	err  error
}

// enlist joins the search that runs, or starts one.
func (f *Finder) enlist(ctx context.Context, device string, baud int) (*sweep, *seeker, error) {
	w := &seeker{device: device, baud: baud, got: make(chan offer, 1)}
	for {
		f.mu.Lock()
		if m, ok := f.misses[device]; ok && m.ports == fingerprint(f.look()) && f.opts.Now().Before(m.until) {
			f.mu.Unlock()
			return nil, nil, m.err
		}
		s := f.run
		if s == nil {
			s = f.start(ctx)
		}
		if !s.over && slices.Contains(s.kinds, device) {
			s.seekers = append(s.seekers, w)
			f.mu.Unlock()
			return s, w, nil
		}
		f.mu.Unlock()
		select {
		case <-s.done:
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		}
	}
}

// start begins a search for every kind that isn't in service. f.mu is held.
func (f *Finder) start(ctx context.Context) *sweep {
	s := &sweep{done: make(chan struct{}), ports: fingerprint(f.look())}
	doubtful := f.reclaim()
	for _, kind := range []string{IDCard, Printer, Scanner} {
		if !f.serves(kind) {
			s.kinds = append(s.kinds, kind)
		}
	}
	ports := f.free()
	// It serves all that wait, so it outlives the one that began it; the last to leave ends it.
	ctx, s.cancel = context.WithCancel(context.WithoutCancel(ctx))
	f.run = s
	go func() {
		if doubtful != nil {
			_ = doubtful.Close() // its slot asks again, and waits for this search
		}
		var all sync.WaitGroup
		for _, p := range ports {
			all.Go(func() { f.visit(ctx, s, p) })
		}
		all.Wait()
		f.leftOver(ctx, s)
		f.end(s)
	}()
	return s
}

// serves says whether a device is in service through this finder. f.mu is held.
func (f *Finder) serves(kind string) bool {
	for _, device := range f.leases {
		if device == kind {
			return true
		}
	}
	return false
}

// visit searches one port, and hands it to who waits for what is there.
func (f *Finder) visit(ctx context.Context, s *sweep, p Port) {
	line, found, err := identify(ctx, p.Path, Options{Open: f.opts.Open, Want: s.kinds, Bauds: f.speeds(s, p), USB: p.USB})
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case ctx.Err() != nil:
	case err != nil:
		f.opts.Log.Debug("Port not searched", slog.String("port", p.Path), slog.Any("err", err))
		s.errs = append(s.errs, err)
		return
	case found.Kind == "":
		s.opened++
		s.rest = append(s.rest, rest{p, found})
	default:
		s.opened++
		if !f.serves(found.Kind) {
			f.places[found.Kind] = place{p, found.Baud, found.Sure}
		}
		if s.give(f, found.Kind, p, line, found.Sure) {
			return
		}
		delete(f.misses, found.Kind) // its slot finds it at once now
	}
	if line != nil {
		_ = shut(line) // nothing was sent that matters
	}
}

// speeds are those that were right for p before, or that slots would like.
func (f *Finder) speeds(s *sweep, p Port) []int {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []int
	for _, was := range f.places {
		if was.port.same(p) {
			out = append(out, was.baud)
		}
	}
	for _, w := range s.seekers {
		if w.baud > 0 {
			out = append(out, w.baud)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// give hands a line to the first slot that waits for a device of its kind. The finder's mu is held.
func (s *sweep) give(f *Finder, kind string, p Port, line devices.Line, sure bool) bool {
	at := slices.IndexFunc(s.seekers, func(w *seeker) bool { return w.device == kind })
	if at < 0 {
		return false
	}
	w := s.seekers[at]
	s.seekers = slices.Delete(s.seekers, at, at+1)
	w.got <- offer{line: f.lease(kind, p, line, sure)}
	s.windUp()
	return true
}

// windUp ends the search once nobody waits any more. The finder's mu is held.
func (s *sweep) windUp() {
	if len(s.seekers) == 0 {
		s.over = true
		s.cancel()
	}
}

// end tells those who still wait that nothing was found.
func (f *Finder) end(s *sweep) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, w := range s.seekers {
		pause := f.opts.Min
		if m, ok := f.misses[w.device]; ok && m.ports == s.ports {
			pause = min(2*m.pause, f.opts.Max)
		}
		err := s.verdict(w.device)
		f.misses[w.device] = miss{ports: s.ports, until: f.opts.Now().Add(pause), pause: pause, err: err}
		w.got <- offer{err: err}
	}
	s.cancel()
	f.run = nil
	close(s.done)
}

// verdict says why a device was not found.
func (s *sweep) verdict(device string) error {
	e := &devices.Error{Device: device, Kind: devices.NotFound, Op: "find device"}
	kinds := map[devices.Kind]int{}
	for _, err := range s.errs {
		kinds[devices.KindOf(err)]++
		if held, ok := errors.AsType[*devices.Error](err); ok && held.Holder != "" && e.Holder == "" {
			e.Holder = held.Holder
		}
	}
	switch {
	case s.opened > 0 || len(s.errs) == 0:
		e.Err = fmt.Errorf("none of %d free ports has one", s.opened)
		if device == Scanner && len(s.rest) > 1 {
			e.Err = fmt.Errorf("%d ports say nothing and any may be it: name its port in the config", len(s.rest))
		}
	case kinds[devices.NoPermission] > 0:
		e.Kind = devices.NoPermission
	case kinds[devices.InUse] == len(s.errs):
		e.Kind = devices.InUse
	}
	e.Err = errors.Join(append([]error{e.Err}, s.errs...)...)
	return e
}

// leave takes back what a slot waited for, and ends a search that nobody waits for any more.
func (f *Finder) leave(s *sweep, w *seeker) {
	f.mu.Lock()
	at := slices.Index(s.seekers, w)
	if at >= 0 {
		s.seekers = slices.Delete(s.seekers, at, at+1)
	}
	s.windUp()
	over := s.over
	f.mu.Unlock()
	if over {
		<-s.done
	}
	select {
	case o := <-w.got:
		if o.line != nil {
			_ = shut(o.line) // nobody has used it
		}
	default:
	}
}
