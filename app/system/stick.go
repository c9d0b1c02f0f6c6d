package system

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"zhizhu/offline/audit"
	"zhizhu/offline/courier"
	"zhizhu/offline/courier/stick"
	"zhizhu/offline/identity"
)

// CourierExport writes what waits on this machine to a stick, sealed as it is.
func CourierExport(ctx context.Context, config, dir string, out io.Writer) error {
	return stickErrand(ctx, config, errandExport, dir, out)
}

// CourierImport takes the gateway's answers from a stick.
func CourierImport(ctx context.Context, config, dir string, out io.Writer) error {
	return stickErrand(ctx, config, errandImport, dir, out)
}

func stickErrand(ctx context.Context, config, do, dir string, out io.Writer) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("find stick: %w", err)
	}
	err = runErrand(ctx, config, errand{Do: do, Path: dir}, out)
	if words := stick.Words(err); words != "" {
		return errors.New(words)
	}
	return err
}

// VerifyAudit looks for the first act in the audit chain that was altered, removed or inserted. heads is a file of heads
// that the gateway has, or "".
func VerifyAudit(ctx context.Context, config, heads string, out io.Writer) error {
	if heads != "" {
		var err error
		if heads, err = filepath.Abs(heads); err != nil {
			return fmt.Errorf("find heads: %w", err)
		}
	}
	err := runErrand(ctx, config, errand{Do: errandVerify, Note: heads}, out)
	if errors.Is(err, audit.ErrUnsound) {
		return errors.New(errandWords(err))
	}
	return err
}

// carry brings records to a stick, or answers from it.
func (t *Terminal) carry(ctx context.Context, id *identity.Identity, rooms *upstreamRooms, e errand, out io.Writer) error {
	o := courier.Options{
		Outbox: rooms.box, Mailbox: rooms.mail, Terminal: id.Terminal, Station: id.Station, SignKey: id.SignKey, AckKey: id.AckKey,
		Now: t.opts.Now, Log: t.log, ClockTrust: t.pulse.clockTrust, Rand: t.opts.Rand, Home: t.opts.Config.DataDir,
	}
	rooms.trail.Note(audit.Record{Role: audit.Staff, Act: e.Do})
	say := &errWriter{w: out}
	if e.Do == errandExport {
		done, err := courier.Export(ctx, e.Path, o)
		say.printf("%s", done.Text(err))
		return errors.Join(err, say.err)
	}
	done, err := courier.Import(ctx, e.Path, o)
	say.printf("%s", done.Text(err)) // what was taken stays taken, whatever is wrong with the rest
	t.matters.wakeSync()
	return errors.Join(err, say.err)
}
