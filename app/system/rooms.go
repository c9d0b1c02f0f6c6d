package system

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"zhizhu/app/visit"
	"zhizhu/devices"
	"zhizhu/offline/audit"
	"zhizhu/offline/identity"
	"zhizhu/offline/mailbox"
	"zhizhu/offline/outbox"
	"zhizhu/offline/store"
	"zhizhu/offline/wire"
)

// schema is what lies in a terminal's data file.
func schema() store.Schema {
	return store.Schema{Tables: slices.Concat(outbox.Tables(), mailbox.Tables(), audit.Tables())}
}

// programVersion names the program for those who meet a file, or a machine, that is newer than they know.
func programVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return s.Value[:12]
		}
	}
	return info.Main.Version
}

// upstreamRooms are the offline rooms of a machine that is enrolled.
type upstreamRooms struct {
	box   *outbox.Outbox
	mail  *mailbox.Mailbox
	trail *audit.Log
	renew *identity.Renewer
}

func (t *Terminal) openRooms(ctx context.Context, id *identity.Identity) (*upstreamRooms, error) {
	r := &upstreamRooms{}
	var err error
	if r.box, err = t.openOutbox(ctx, id); err != nil {
		return nil, fmt.Errorf("open outbox: %w", err)
	}
	if r.trail, err = audit.New(audit.Options{
		Store: t.store, Box: id.Box, Sign: id.SignKey, Terminal: id.Terminal, Generation: t.opened.Generation,
		Now: t.opts.Now, ClockTrust: t.pulse.clockTrust, Rand: t.opts.Rand, Log: t.log,
	}); err != nil {
		return nil, fmt.Errorf("open audit log: %w", err)
	}
	if t.opened.Restored != "" {
		if err := r.trail.Append(ctx, audit.Record{Role: audit.Machine, Act: audit.ActRestored}); err != nil {
			return nil, fmt.Errorf("open audit log: %w", err)
		}
	}
	if r.mail, err = mailbox.New(mailbox.Options{
		Store: t.store, Box: id.Box, PostKey: id.PostKey, AckKey: id.AckKey, Terminal: id.Terminal, Now: t.opts.Now, Log: t.log,
		Report: r.box.PutEvent, OnLetter: r.conclude, ClockTrust: t.pulse.clockTrust, Rand: t.opts.Rand,
	}); err != nil {
		return nil, fmt.Errorf("open mailbox: %w", err)
	}
	if r.renew, err = identity.NewRenewer(identity.RenewOptions{
		Identity: id, Dir: t.opts.Config.identityDir(), Now: t.opts.Now, Rand: t.opts.Rand,
	}); err != nil {
		return nil, fmt.Errorf("set up renewal: %w", err)
	}
	return r, nil
}

// conclude gives a matter the upstream's last word. One that isn't kept here any more needs none.
func (r *upstreamRooms) conclude(ctx context.Context, l wire.Letter) error {
	var to outbox.State
	switch l.Kind {
	case wire.LetterSettled:
		to = outbox.Settled
	case wire.LetterRefused:
		to = outbox.Refused
	case wire.LetterAccepted, wire.LetterCorrection, wire.LetterReply:
		return nil
	default:
		return nil
	}
	err := r.box.Conclude(ctx, l.Matter, to, l.Text)
	if errors.Is(err, outbox.ErrUnknown) {
		return nil
	}
	return err
}

// reprintTerm is how long what was lodged can be shown and printed again, after the gateway has signed for it.
const reprintTerm = 30 * 24 * time.Hour

// sweepEvery is how often it is looked for what is past its term.
const sweepEvery = 6 * time.Hour

// serveRetention lets personal data go when their term is over.
func (t *Terminal) serveRetention(ctx context.Context, r *upstreamRooms) error {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		if _, err := r.box.Sweep(ctx, t.opts.Now(), reprintTerm); err != nil {
			return fmt.Errorf("let records go: %w", err)
		}
		if _, err := r.mail.Sweep(ctx, t.opts.Now(), reprintTerm); err != nil {
			return fmt.Errorf("let letters go: %w", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// heartbeat is how this machine is.
func (t *Terminal) heartbeat(ctx context.Context, r *upstreamRooms) wire.Heartbeat {
	f := t.pulse.now()
	h := wire.Heartbeat{
		Version: programVersion(), Catalog: t.catalog.Digest, DiskFree: diskFree(t.opts.Config.DataDir),
		Devices: map[string]string{
			"idcard": deviceWord(f.IDCard), "printer": deviceWord(f.Printer), "scanner": deviceWord(f.Scanner),
		},
		Paper: paperWord(f.Printer.Paper),
	}
	if head, err := r.trail.Head(ctx); err == nil {
		h.Audit = head
	}
	return h
}

// diskFree is how many bytes this program may still write, 0 where nobody can tell.
func diskFree(dir string) int64 {
	var disk unix.Statfs_t
	if err := unix.Statfs(dir, &disk); err != nil {
		return 0
	}
	return int64(disk.Bavail) * disk.Bsize //nolint:gosec // no disk has more than 2^63 bytes
}

func deviceWord(s devices.Status) string {
	words := map[devices.State]string{
		devices.Unknown: "unknown", devices.Ready: "ready", devices.Busy: "ready", devices.Missing: "missing", devices.Faulty: "faulty",
	}
	word := words[s.State]
	if !s.Usable() {
		word += ": " + s.Reason.String()
	}
	return word
}

func paperWord(p devices.Paper) string {
	return map[devices.Paper]string{
		devices.PaperUnknown: "unknown", devices.PaperOK: "ok", devices.PaperLow: "low", devices.PaperEnd: "end",
	}[p]
}

// onNote puts a visit that a fault of the program ended into the audit chain. What a resident looks at is nobody's
// business.
func (t *Terminal) onNote(n visit.Note) {
	if n.Act == "abandoned" {
		t.matters.note(audit.Record{Role: audit.Machine, Act: "visit." + n.Act, Item: n.Item}, nil)
	}
}
