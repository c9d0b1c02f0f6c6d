package probe

import (
	"context"
	"fmt"
	"slices"
	"time"

	"zhizhu/devices"
)

// OpenAt opens a device's port whose path is known and whose speed is not, for slot.Options.Open. The speed at which the
// device answered last is tried first. baud is the speed to try before the others, 0 for none; a scanner can't be asked
// and gets it, or 9600; see [Finder.Tuned] for what follows where that is wrong. Its error is ctx's or a *devices.Error: those of opening; WrongDevice where another kind of
// device answers; Garbled where bytes come that mean nothing; Silent where nothing comes at any speed.
func (f *Finder) OpenAt(ctx context.Context, device, path string, baud int) (devices.Line, error) {
	key := fixed(device, path)
	f.mu.Lock()
	was, known := f.places[key]
	f.mu.Unlock()
	if device == Scanner {
		if !known {
			was.baud = ahead([]int{baud}, scannerTurns())[0]
		}
		return f.opts.Open(ctx, device, path, was.baud)
	}
	if known {
		if line, err := f.again(ctx, device, path, was); line != nil || err != nil {
			return line, err
		}
	}
	line, found, err := identify(ctx, path, Options{Open: f.opts.Open, Device: device, Want: []string{device}, Bauds: []int{baud}})
	if err != nil {
		return nil, err
	}
	if found.Kind != device {
		_ = shut(line) // it was only asked
		return nil, refusal(device, found)
	}
	f.mu.Lock()
	f.places[key] = place{baud: found.Baud, sure: true}
	f.mu.Unlock()
	return line, nil
}

// fixed is the key of a place that the config names.
func fixed(device, path string) string { return device + "@" + path }

// again tries the speed at which the device answered last.
func (f *Finder) again(ctx context.Context, device, path string, was place) (devices.Line, error) {
	line, err := f.opts.Open(ctx, device, path, was.baud)
	if err != nil {
		return nil, err
	}
	t := talk{line: line}
	if ok, err := t.confirm(ctx, device, was, nil); ok && err == nil {
		return line, nil
	}
	_ = shut(line) // the search says what is wrong
	return nil, ctx.Err()
}

func refusal(device string, found Finding) error {
	e := &devices.Error{Device: device, Kind: devices.Silent, Op: "find speed"}
	switch {
	case found.Kind != "":
		e.Kind, e.Err = devices.WrongDevice, fmt.Errorf("a %s answers at %d baud", found.Kind, found.Baud)
	case slices.Contains(found.Notes, Echo):
		e.Kind, e.Err = devices.WrongDevice, fmt.Errorf("what is sent comes back: a loop-back plug, or wires that touch")
	case slices.Contains(found.Notes, Noise):
		e.Kind = devices.Garbled
	}
	return e
}

// Report is what a survey says of one port.
type Report struct {
	Port    Port
	Finding Finding
	Err     error // why it was not asked: *devices.Error, InUse with its Holder
}

// Survey asks all ports at once, for staff. A port that is in use is not touched. listen is how long each is listened
// to, at each speed of a scanner, for a code that somebody shows.
func Survey(ctx context.Context, ports []Port, o Options, listen time.Duration) []Report {
	out := make([]Report, len(ports))
	done := make(chan struct{})
	for i, p := range ports {
		go func() {
			own := o
			own.USB, own.Listen = p.USB, listen
			f, err := Identify(ctx, p.Path, own)
			out[i] = Report{Port: p, Finding: f, Err: err}
			done <- struct{}{}
		}()
	}
	for range ports {
		<-done
	}
	guess(out)
	return out
}

// guess marks the port that alone is left over where no scanner has said that it is one.
func guess(all []Report) {
	var unknown []*Finding
	for i := range all {
		switch f := &all[i].Finding; {
		case f.Kind == Scanner:
			return
		case f.Kind == "" && all[i].Err == nil:
			unknown = append(unknown, f)
		}
	}
	if left := silent(unknown, func(f *Finding) []Note { return f.Notes }); len(left) == 1 {
		f := left[0]
		f.Kind, f.Baud, f.Notes = Scanner, scannerSpeeds()[0], append(f.Notes, Guess)
	}
}
