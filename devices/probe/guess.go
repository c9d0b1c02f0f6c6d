package probe

import (
	"context"
	"log/slog"
	"slices"
	"time"
)

// guessed is a port that the scanner has because it alone was left over. It may be another device's that was switched
// off at the time.
type guessed struct {
	line *leased
	real string
	at   time.Time // when it was given
}

// reclaimEvery is how long a port that was guessed at, and on which nothing was ever scanned, is left to the scanner
// while another device is searched for in vain.
const reclaimEvery = 2 * time.Minute

// reclaim takes a doubtful port back, so that the search that begins now asks it too. It returns the line to close. f.mu
// is held.
func (f *Finder) reclaim() *leased {
	g := f.guess
	if g == nil || g.line.heard.Load() || f.opts.Now().Sub(g.at) < reclaimEvery {
		return nil
	}
	f.guess, g.line.revoked = nil, true
	delete(f.leases, g.real)
	return g.line
}

// leftOver gives a scanner that says nothing the port that alone is left over.
func (f *Finder) leftOver(ctx context.Context, s *sweep) {
	f.mu.Lock()
	at := slices.IndexFunc(s.seekers, func(w *seeker) bool { return w.device == Scanner })
	left := slices.DeleteFunc(slices.Clone(s.rest), func(r rest) bool { return f.anothers(r.port) })
	left = silent(left, func(r rest) []Note { return r.finding.Notes })
	if at < 0 || len(left) != 1 || ctx.Err() != nil {
		f.mu.Unlock()
		return
	}
	p, baud := left[0].port, ahead([]int{s.seekers[at].baud}, scannerTurns())[0]
	if was := f.places[Scanner]; was.port.same(p) && slices.Contains(scannerTurns(), was.baud) {
		baud = was.baud // it has been tuned
	}
	f.mu.Unlock()
	line, err := f.opts.Open(ctx, Scanner, p.Path, baud)
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil {
		s.errs = append(s.errs, err)
		return
	}
	f.places[Scanner] = place{p, baud, false}
	if !s.give(f, Scanner, p, line, false) {
		_ = shut(line) // the slot has left meanwhile
		return
	}
	f.opts.Log.Info("Port taken for the scanner's, being left over", slog.String("port", p.Path))
}

// anothers says whether p is where another device than a scanner was last seen: it may be switched off. f.mu is held.
func (f *Finder) anothers(p Port) bool {
	return f.places[IDCard].port.same(p) || f.places[Printer].port.same(p)
}

// silent are those of all that may be a scanner which can't be asked: those that say nothing at all, and where there
// are none, those that say what nobody understands. What sends everything back is none.
func silent[T any](all []T, notes func(T) []Note) []T {
	for _, n := range []Note{Quiet, Noise} {
		if left := slices.DeleteFunc(slices.Clone(all), func(r T) bool { return !slices.Contains(notes(r), n) }); len(left) > 0 {
			return left
		}
	}
	return nil
}
