package probe

import (
	"context"
	"log/slog"
	"slices"

	"zhizhu/devices"
)

// Tuned is a device's driver whose speed is found by trial, as most scanners answer nothing and can't be asked: where it
// ends because only garbage came (Garbled), the next Open or OpenAt of that device at the same port takes the next
// speed. The speed then stays until garbage comes anew. It is for a driver that is served on this finder's lines, and
// for a device whose speed nobody has set.
func (f *Finder) Tuned(device string, d devices.Driver) devices.Driver {
	return tuned{Driver: d, finder: f, device: device}
}

type tuned struct {
	devices.Driver
	finder *Finder
	device string
}

// Serve implements devices.Driver.
func (t tuned) Serve(ctx context.Context, line devices.Line, report func(devices.Status)) error {
	err := t.Driver.Serve(ctx, line, report)
	if ctx.Err() == nil && devices.KindOf(err) == devices.Garbled {
		t.finder.missed(t.device, line)
	}
	return err
}

// missed notes that the speed of a line was wrong.
func (f *Finder) missed(device string, line devices.Line) {
	turns := scannerTurns()
	next := turns[(slices.Index(turns, line.Baud())+1)%len(turns)]
	f.mu.Lock()
	defer f.mu.Unlock()
	key := fixed(device, line.Path())
	if was, ok := f.places[device]; ok && was.port.Path == line.Path() && f.leases[was.port.Real] == device {
		key = device
	}
	was := f.places[key]
	was.baud = next
	f.places[key] = was
	f.opts.Log.Info(
		"Speed is wrong, another is tried",
		slog.String("device", device), slog.String("port", line.Path()), slog.Int("baud", line.Baud()), slog.Int("next", next),
	)
}
