package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"time"

	"zhizhu/offline/audit"
	"zhizhu/offline/identity"
	"zhizhu/offline/mailbox"
	"zhizhu/offline/outbox"
	"zhizhu/offline/store"
	"zhizhu/offline/wire"
)

// Files of a terminal's data folder, as app/system names them.
const (
	storeFile   = "terminal.db"
	identityDir = "identity"
	doubtFile   = "doubt"
)

// rooms are a terminal's offline half but for sync, as app/system opens them.
type rooms struct {
	file   *store.Store
	opened store.Opened
	id     *identity.Identity
	box    *outbox.Outbox
	mail   *mailbox.Mailbox
	trail  *audit.Log
	renew  *identity.Renewer
}

// world is what rooms work with.
type world struct {
	dir   string
	store store.Options // Path and Schema are filled in
	now   func() time.Time
	rand  io.Reader
	log   *slog.Logger
	trust func() string // of the clock
}

func schema() store.Schema {
	return store.Schema{Tables: slices.Concat(outbox.Tables(), mailbox.Tables(), audit.Tables())}
}

// openRooms opens the data file and what stands on it. Close file, unless there is an error.
func openRooms(ctx context.Context, w world) (_ *rooms, err error) {
	w.store.Path, w.store.Schema, w.store.Now, w.store.Log = filepath.Join(w.dir, storeFile), schema(), w.now, w.log
	r := &rooms{}
	if r.file, r.opened, err = store.Open(ctx, w.store); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.file.Close())
		}
	}()
	dir := filepath.Join(w.dir, identityDir)
	if r.id, err = identity.Open(ctx, identity.OpenOptions{Dir: dir}); err != nil {
		return nil, err
	}
	if r.box, err = outbox.New(ctx, outbox.Options{
		Store: r.file, Generation: r.opened.Generation, Terminal: r.id.Terminal, Station: r.id.Station, SealKey: r.id.SealKey,
		AckKey: r.id.AckKey, Box: r.id.Box, Now: w.now, Rand: w.rand, Log: w.log, ClockTrust: w.trust,
		DoubtFile: filepath.Join(w.dir, doubtFile),
	}); err != nil {
		return nil, err
	}
	if r.trail, err = audit.New(audit.Options{
		Store: r.file, Box: r.id.Box, Sign: r.id.SignKey, Terminal: r.id.Terminal, Generation: r.opened.Generation,
		Now: w.now, ClockTrust: w.trust, Rand: w.rand, Log: w.log,
	}); err != nil {
		return nil, err
	}
	if r.mail, err = mailbox.New(mailbox.Options{
		Store: r.file, Box: r.id.Box, PostKey: r.id.PostKey, AckKey: r.id.AckKey, Terminal: r.id.Terminal, Now: w.now, Log: w.log,
		Report: r.box.PutEvent, OnLetter: r.conclude, ClockTrust: w.trust, Rand: w.rand,
	}); err != nil {
		return nil, err
	}
	r.renew, err = identity.NewRenewer(identity.RenewOptions{Identity: r.id, Dir: dir, Now: w.now, Rand: w.rand})
	if err != nil {
		return nil, err
	}
	return r, nil
}

// conclude gives a matter the upstream's last word.
func (r *rooms) conclude(ctx context.Context, l wire.Letter) error {
	to := outbox.Settled
	switch l.Kind {
	case wire.LetterSettled:
	case wire.LetterRefused:
		to = outbox.Refused
	default:
		return nil
	}
	if err := r.box.Conclude(ctx, l.Matter, to, l.Text); err != nil && !errors.Is(err, outbox.ErrUnknown) {
		return fmt.Errorf("conclude: %w", err)
	}
	return nil
}

// show is a person who lays a card: the letters are shown, and noted as delivered.
func (r *rooms) show(ctx context.Context, idNumber string) (shown []string, err error) {
	letters, err := r.mail.Find(ctx, idNumber, "")
	if err != nil {
		return nil, err
	}
	for _, l := range letters {
		shown = append(shown, l.ID)
	}
	return shown, r.mail.Delivered(ctx, shown)
}
