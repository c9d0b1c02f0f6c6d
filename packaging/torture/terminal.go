package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"reflect"
	"slices"
	"sync/atomic"
	"time"

	crand "crypto/rand"

	"zhizhu/offline/identity"
	"zhizhu/offline/mailbox"
	"zhizhu/offline/outbox"
	"zhizhu/offline/store"
	"zhizhu/offline/sync"
)

// Files of a terminal's data folder, as app/system names them.
const (
	storeFile   = "terminal.db"
	identityDir = "identity"
	doubtFile   = "doubt"
)

// terminal is a kiosk's offline half in a process of its own.
type terminal struct {
	cfg   terminalConfig
	now   func() time.Time // the right time
	clock atomic.Int64     // what this machine's is off by
	rest  atomic.Bool
	out   *writer
	log   *slog.Logger

	store  *store.Store
	box    *outbox.Outbox
	syncer *sync.Syncer
}

func schema() store.Schema {
	return store.Schema{Tables: append(slices.Clone(outbox.Tables()), mailbox.Tables()...)}
}

// carriesAll says whether sync takes attachments and events up, too.
func carriesAll() bool {
	_, yes := reflect.TypeFor[sync.Outbox]().MethodByName("PendingBlobs")
	return yes
}

// runTerminal is the child. It ends with its standard input, or is killed.
func runTerminal(ctx context.Context, arg string, now func() time.Time, in io.Reader, out io.Writer, log *slog.Logger) error {
	t := &terminal{now: now, out: &writer{out: out}, log: log}
	if err := json.Unmarshal([]byte(arg), &t.cfg); err != nil {
		return fmt.Errorf("read terminal's config: %w", err)
	}
	t.clock.Store(t.cfg.Clock)
	t.rest.Store(t.cfg.Rest)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if err := t.open(ctx); err != nil {
		return err
	}
	ended := make(chan error, 3)
	running := 0
	run := func(f func(context.Context) error) {
		running++
		go func() { ended <- f(ctx) }()
	}
	run(t.syncer.Serve)
	run(t.lodgeForEver)
	if t.cfg.Upkeep {
		run(t.store.Serve)
	}
	go func() { t.obey(in); cancel() }()
	t.tell(ctx)
	for range running {
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.out.say(message{Say: sayTrouble, Cause: fmt.Sprint(err)})
		}
	}
	err := t.store.Close()
	t.out.say(message{Say: sayEnd})
	return err
}

func (t *terminal) localNow() time.Time {
	return t.now().Add(time.Duration(t.clock.Load()) * time.Second)
}

// open is what app/system does at its start.
func (t *terminal) open(ctx context.Context) error {
	o := store.Options{
		Path: filepath.Join(t.cfg.Dir, storeFile), Schema: schema(), Now: t.localNow, Log: t.log,
		MaxSize: t.cfg.MaxSize, NoSync: t.cfg.NoSync,
	}
	if t.cfg.Upkeep { // its hours are a second here
		o.BackupEvery = time.Second
		o.After = func(time.Duration) <-chan time.Time { return time.After(1500 * time.Millisecond) }
	}
	file, opened, err := store.Open(ctx, o)
	if err != nil {
		return err
	}
	t.store = file
	t.out.say(message{Say: sayOpened, Cause: opened.Cause})
	id, err := identity.Open(ctx, identity.OpenOptions{Dir: filepath.Join(t.cfg.Dir, identityDir)})
	if err != nil {
		return err
	}
	t.box, err = outbox.New(ctx, outbox.Options{
		Store: file, Generation: opened.Generation, Terminal: id.Terminal, Station: id.Station, SealKey: id.SealKey,
		AckKey: id.AckKey, Box: id.Box, Now: t.localNow, Rand: crand.Reader, Log: t.log,
		ClockTrust: func() string { return "unknown" }, DoubtFile: filepath.Join(t.cfg.Dir, doubtFile),
	})
	if err != nil {
		return err
	}
	// A county's patience, for a run of minutes.
	t.syncer, err = sync.New(sync.Options{
		Outbox: t.box, Identity: id, URL: t.cfg.URL, Now: t.localNow, Rand: crand.Reader, Log: t.log,
		FirstBackoff: 20 * time.Millisecond, MaxBackoff: 300 * time.Millisecond, ProbeEvery: 150 * time.Millisecond,
		IdleEvery: 500 * time.Millisecond, HaltRetry: 300 * time.Millisecond, Timeout: 8 * time.Second,
	})
	if err == nil {
		t.out.say(message{Say: saySyncing})
	}
	return err
}

// obey does what the parent says, until it says no more.
func (t *terminal) obey(in io.Reader) {
	for s := bufio.NewScanner(in); s.Scan(); {
		var o order
		if err := json.Unmarshal(s.Bytes(), &o); err != nil {
			t.out.say(message{Say: sayTrouble, Cause: "order can't be read"})
			continue
		}
		if o.Clock != nil {
			t.clock.Store(*o.Clock)
		}
		if o.Rest != nil {
			t.rest.Store(*o.Rest)
		}
		t.syncer.Look()
	}
}

// waiting counts what sync carries.
func (t *terminal) waiting() int {
	c := t.box.Counts()
	n := c.Queued + c.Ratings
	if carriesAll() {
		n += c.Events + c.Blobs
	}
	return n
}

// tell says now and then how much waits.
func (t *terminal) tell(ctx context.Context) {
	every := time.NewTicker(time.Duration(max(t.cfg.Statuses, 50)) * time.Millisecond)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-every.C:
		}
		s := t.syncer.State()
		t.out.say(message{
			Say: sayState, Waiting: t.waiting(), Quarantined: t.box.Counts().Quarantined, Line: s.Reason.String() + " " + s.Detail,
		})
	}
}

// openTerminal opens the folder of a terminal that has ended, for the check.
func openTerminal(ctx context.Context, dir string, now func() time.Time, log *slog.Logger) (*store.Store, *outbox.Outbox, string, error) {
	file, opened, err := store.Open(ctx, store.Options{Path: filepath.Join(dir, storeFile), Schema: schema(), Now: now, Log: log})
	if err != nil {
		return nil, nil, "", err
	}
	id, err := identity.Open(ctx, identity.OpenOptions{Dir: filepath.Join(dir, identityDir)})
	if err != nil {
		return nil, nil, "", errors.Join(err, file.Close())
	}
	box, err := outbox.New(ctx, outbox.Options{
		Store: file, Generation: opened.Generation, Terminal: id.Terminal, Station: id.Station, SealKey: id.SealKey,
		AckKey: id.AckKey, Box: id.Box, Now: now, Rand: crand.Reader, Log: log,
	})
	if err != nil {
		return nil, nil, "", errors.Join(err, file.Close())
	}
	return file, box, opened.Cause, nil
}
