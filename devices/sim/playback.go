package sim

import (
	"bytes"
	"context"
	"fmt"
	"sync"
)

// Playback plays a recorded device on a TTY.
//
// It answers what the host writes as the recording does. Hosts don't ask in the order in which another host asked when the
// recording was made, so by default it answers by what is asked: the answers to one request come in the order of the scene,
// and the last of them from then on; a request that the scene doesn't have is answered as in another scene that has it, and
// everything else is swallowed. What a scene sends before its first request is sent when it begins.
type Playback struct {
	tty    *TTY
	rec    Recording
	Strict bool // the host must write exactly what was recorded, in that order; set before Serve

	mu      sync.Mutex
	scene   int
	used    map[string]int // answers given to a request in this scene
	unasked chan []Entry
}

// NewPlayback plays a recording on tty, which stays the caller's to close. It begins with the first scene.
func NewPlayback(tty *TTY, rec Recording) *Playback {
	p := &Playback{tty: tty, rec: rec, unasked: make(chan []Entry, 16)}
	if len(rec.Scenes) > 0 {
		p.enter(0)
	}
	return p
}

// Scene begins a scene.
func (p *Playback) Scene(name string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, s := range p.rec.Scenes {
		if s.Name == name {
			p.enter(i)
			return nil
		}
	}
	return fmt.Errorf("play scene: the recording has none called %q", name)
}

// enter begins a scene. p.mu is held.
func (p *Playback) enter(i int) {
	p.scene, p.used = i, map[string]int{}
	entries := p.rec.Scenes[i].Entries
	for n, e := range entries {
		if e.Kind == FromHost {
			entries = entries[:n]
			break
		}
	}
	if len(entries) > 0 && !p.Strict {
		select {
		case p.unasked <- entries:
		default: // sixteen scenes that nobody has waited for
		}
	}
}

// Serve plays until ctx ends or the TTY is closed; strictly, until the recording ends (nil) or the host leaves it.
func (p *Playback) Serve(ctx context.Context) error {
	if p.Strict {
		return p.strict(ctx)
	}
	ctx, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer stop()
	answers := make(chan []Entry, 64)
	wg.Go(func() { p.speak(ctx, answers) })
	var heard []byte
	buf := make([]byte, 256)
	for {
		n, err := p.tty.Recv(ctx, buf)
		if err != nil {
			return err
		}
		for _, b := range buf[:n] {
			heard = append(heard, b)
			answer, done := p.answer(heard)
			if done {
				heard = heard[:0]
			}
			if len(answer) == 0 {
				continue
			}
			select {
			case answers <- answer:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if len(heard) > maxEntry {
			heard = append(heard[:0], heard[maxEntry/2:]...)
		}
	}
}

// speak sends answers, and what scenes send unasked.
func (p *Playback) speak(ctx context.Context, answers <-chan []Entry) {
	for {
		var entries []Entry
		select {
		case entries = <-answers:
		case entries = <-p.unasked:
		case <-ctx.Done():
			return
		}
		_ = p.send(ctx, entries) // an unplugged device speaks to nobody
	}
}

func (p *Playback) send(ctx context.Context, entries []Entry) error {
	for _, e := range entries {
		if e.Kind == Pause {
			if err := waitUntil(ctx, now().Add(e.Pause)); err != nil {
				return err
			}
			continue
		}
		if err := p.tty.Send(ctx, e.Bytes); err != nil {
			return err
		}
	}
	return nil
}

// answer looks whether what was heard ends with a request, and takes its next answer.
func (p *Playback) answer(heard []byte) (answer []Entry, asked bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.rec.Scenes {
		s := p.rec.Scenes[(p.scene+i)%len(p.rec.Scenes)]
		if req := s.asked(heard); req != nil {
			all := s.answers(req)
			n := p.used[string(req)]
			p.used[string(req)]++
			return all[min(n, len(all)-1)], true
		}
	}
	return nil, false
}

// asked is the longest request with which what was heard ends.
func (s Scene) asked(heard []byte) (req []byte) {
	for _, e := range s.Entries {
		if e.Kind == FromHost && len(e.Bytes) > len(req) && bytes.HasSuffix(heard, e.Bytes) {
			req = e.Bytes
		}
	}
	return req
}

// answers are what followed each time that something was asked.
func (s Scene) answers(req []byte) (all [][]Entry) {
	for i, e := range s.Entries {
		if e.Kind != FromHost || !bytes.Equal(e.Bytes, req) {
			continue
		}
		end := i + 1
		for end < len(s.Entries) && s.Entries[end].Kind != FromHost {
			end++
		}
		all = append(all, s.Entries[i+1:end])
	}
	return all
}

func (p *Playback) strict(ctx context.Context) error {
	buf := make([]byte, 1)
	for _, s := range p.rec.Scenes {
		for _, e := range s.Entries {
			if e.Kind != FromHost {
				if err := p.send(ctx, []Entry{e}); err != nil {
					return err
				}
				continue
			}
			for i, want := range e.Bytes {
				if _, err := p.tty.Recv(ctx, buf); err != nil {
					return err
				}
				if buf[0] != want {
					return fmt.Errorf("play line %d: the host wrote another byte %d than was recorded", e.Line, i+1)
				}
			}
		}
	}
	return nil
}
