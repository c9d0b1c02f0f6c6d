package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync/atomic"
	"time"

	crand "crypto/rand"

	"zhizhu/offline/store"
	"zhizhu/offline/sync"
	"zhizhu/offline/wire"
)

// terminal is a kiosk's offline half in a process of its own.
type terminal struct {
	cfg   terminalConfig
	now   func() time.Time // the right time
	clock atomic.Int64     // what this machine's is off by
	rest  atomic.Bool
	out   *writer
	log   *slog.Logger

	*rooms
	syncer *sync.Syncer
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
		run(t.file.Serve)
	}
	go func() { t.obey(in); cancel() }()
	t.tell(ctx)
	for range running {
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.out.say(message{Say: sayTrouble, Cause: fmt.Sprint(err)})
		}
	}
	err := t.file.Close()
	t.out.say(message{Say: sayEnd})
	return err
}

func (t *terminal) localNow() time.Time {
	return t.now().Add(time.Duration(t.clock.Load()) * time.Second)
}

// open is what app/system does at its start.
func (t *terminal) open(ctx context.Context) (err error) {
	o := store.Options{MaxSize: t.cfg.MaxSize, NoSync: t.cfg.NoSync}
	if t.cfg.Upkeep { // its hours are a second here
		o.BackupEvery = time.Second
		o.After = func(time.Duration) <-chan time.Time { return time.After(1500 * time.Millisecond) }
	}
	t.rooms, err = openRooms(ctx, world{
		dir: t.cfg.Dir, store: o, now: t.localNow, rand: crand.Reader, log: t.log, trust: t.trust,
	})
	if err != nil {
		return err
	}
	t.out.say(message{Say: sayOpened, Cause: t.opened.Cause})
	// A county's patience, for a run of minutes.
	t.syncer, err = sync.New(sync.Options{
		Outbox: t.box, Mailbox: t.mail, Renew: t.renew, Heartbeat: t.heartbeat(ctx), Identity: t.id, URL: t.cfg.URL,
		Now: t.localNow, Rand: crand.Reader, Log: t.log,
		FirstBackoff: 20 * time.Millisecond, MaxBackoff: 300 * time.Millisecond, ProbeEvery: 150 * time.Millisecond,
		IdleEvery: 500 * time.Millisecond, HaltRetry: 300 * time.Millisecond, Timeout: 8 * time.Second,
		MailEvery: 300 * time.Millisecond, BeatEvery: 400 * time.Millisecond,
	})
	if err == nil {
		t.out.say(message{Say: saySyncing})
	}
	return err
}

// trust is what is known of the clock.
func (t *terminal) trust() string {
	if t.syncer == nil {
		return "unknown"
	}
	return t.syncer.ClockTrust()
}

// heartbeat reports the head of the audit chain, which must stay in it.
func (t *terminal) heartbeat(ctx context.Context) func() wire.Heartbeat {
	return func() wire.Heartbeat {
		h := wire.Heartbeat{Version: "torture"}
		if head, err := t.trail.Head(ctx); err == nil {
			h.Audit = head
		}
		return h
	}
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

// waiting counts what is to go up.
func (t *terminal) waiting() int {
	c := t.box.Counts()
	return c.Queued + c.Ratings + c.Events + c.Blobs
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
			Say: sayState, Letters: t.letters(ctx), Waiting: t.waiting(), Quarantined: t.box.Counts().Quarantined, Line: s.Reason.String() + " " + s.Detail,
		})
	}
}

// letters is up to where letters have come down.
func (t *terminal) letters(ctx context.Context) int {
	cursor, err := t.mail.Cursor(ctx)
	if err != nil {
		return 0
	}
	return int(cursor) //nolint:gosec // as many as this run has sent
}
