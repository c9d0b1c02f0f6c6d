package camscan

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/camera"
	"zhizhu/devices/qr"
)

// Options of a Scanner.
type Options struct {
	Source camera.Source    // required; frames of brightness only (Options.Grey) cost least
	Log    *slog.Logger     // nil discards
	Now    func() time.Time // required
	// Rand is where the key comes from by which codes are named in logs; 32 bytes are read. nil: they are not named.
	Rand io.Reader
	// OnScan takes every code, in a goroutine of Serve's: it must not block. The Scan is the receiver's own.
	OnScan func(devices.Scan)
	// Again is how long a code must have been out of sight to count anew. Zero means 3 s.
	Again time.Duration
	// Model is what staff see, "" for nothing.
	Model string
}

// Scanner looks for codes in frames.
type Scanner struct {
	opts  Options
	names namer

	mu      sync.Mutex
	want    bool // Trigger
	turn    int  // counts Trigger(false) and Forget: what was seen before is of no interest after
	stage   *stage
	seen    seen
	pausing camera.Pauser // the source, if it can rest
}

// New makes a scanner that waits for Trigger.
func New(o Options) *Scanner {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.OnScan == nil {
		o.OnScan = func(devices.Scan) {}
	}
	if o.Again <= 0 {
		o.Again = 3 * time.Second
	}
	names, err := newNamer(o.Rand)
	if err != nil {
		o.Log.Warn("Codes stay without names in logs", slog.Any("err", err))
	}
	s := &Scanner{opts: o, names: names, stage: newStage(), seen: newSeen(o.Again)}
	s.pausing, _ = o.Source.(camera.Pauser)
	return s
}

// Trigger tells whether codes are wanted now. Without, no frame is looked at, and one that is being looked at yields
// nothing any more. It returns at once and may be called from any goroutine, before Serve too.
func (s *Scanner) Trigger(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.want = on
	if !on {
		s.drop()
	}
	if s.pausing != nil && s.stage.live {
		s.pausing.Pause(!on)
	}
}

// Forget wipes what is left of a visit: a frame that waits to be looked at; what is found in one that is being looked at
// is dropped, and the frame wiped as soon as that is done. Sums of the codes that were just in sight
// stay for Options.Again, so that a phone that is left before the camera doesn't begin the next visit; nobody can tell
// a code from one. It may be called from any goroutine.
func (s *Scanner) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop()
}

func (s *Scanner) drop() {
	s.turn++
	s.stage.empty()
}

// Serve looks for codes until ctx ends (returns ctx's error) or the source does (an *devices.Error says why). With the
// first frame it reports Ready. It waits for its goroutine; nothing of a frame is left when it returns.
func (s *Scanner) Serve(ctx context.Context, report func(devices.Status)) error {
	if s.pausing != nil {
		s.pausing.Pause(false) // until the first frame has shown that the camera works
	}
	ctx, cancel := context.WithCancel(ctx)
	var looking sync.WaitGroup
	r := run{Scanner: s, report: report}
	looking.Go(func() { r.look(ctx) })
	defer func() {
		cancel()
		looking.Wait()
		s.mu.Lock()
		defer s.mu.Unlock()
		s.stage.close()
	}()
	return s.opts.Source.Serve(ctx, r.frame)
}

// run is one opening of the source.
type run struct {
	*Scanner
	report func(devices.Status)
	said   devices.Status
	told   time.Time
}

// frame takes a frame in, in the source's goroutine. The newest frame wins: one that nobody has looked at yet is
// overwritten.
func (r *run) frame(f camera.Frame) {
	r.tell(f.Taken)
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.stage.live {
		r.stage.live = true
		if r.pausing != nil {
			r.pausing.Pause(!r.want)
		}
	}
	if r.want {
		r.stage.put(f)
	}
}

// tellEvery keeps a camera that drops many frames from filling the log of statuses.
const tellEvery = 10 * time.Second

func (r *run) tell(now time.Time) {
	st := devices.Status{State: devices.Ready, Model: r.opts.Model}
	if d, ok := r.opts.Source.(camera.Dropper); ok {
		st.Dropped = d.Dropped()
	}
	first := r.said.State != devices.Ready
	if st != r.said && (first || now.Sub(r.told) >= tellEvery || now.Before(r.told)) {
		r.said, r.told = st, now
		r.report(st)
	}
}

// look is the goroutine that decodes.
func (r *run) look(ctx context.Context) {
	decoder := qr.NewDecoder()
	var p picture
	defer func() { p.wipe(); decoder.Forget() }()
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.stage.came:
		}
		turn, ok := r.fetch(&p)
		if !ok {
			continue
		}
		codes, err := decoder.Decode(p.pix, p.width, p.height, p.width)
		p.wipe()
		decoder.Forget()
		if err != nil { // the next frame is another one
			r.opts.Log.Debug("Frame not decoded", slog.Any("err", err))
		}
		for _, c := range codes {
			r.code(c, turn)
		}
	}
}

// fetch swaps the newest frame in, and says in whose turn it was seen.
func (r *run) fetch(p *picture) (turn int, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.turn, r.stage.take(p)
}

// code hands a code on, unless it was in sight just now, or is not wanted any more.
func (r *run) code(c qr.Result, turn int) {
	r.mu.Lock()
	wanted := r.want && r.turn == turn && len(c.Raw) > 0
	again := wanted && r.seen.again(c.Raw, r.opts.Now())
	r.mu.Unlock()
	if !wanted || again {
		return
	}
	r.opts.Log.Info("Code read", r.names.attr(c.Raw))
	r.opts.OnScan(devices.Scan{Raw: c.Raw, Text: c.Text})
}
