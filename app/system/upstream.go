package system

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"zhizhu/app/health"
	"zhizhu/offline/identity"
	"zhizhu/offline/outbox"
	"zhizhu/offline/sync"
	"zhizhu/offline/wire"
)

// doubtFile keeps, over a restart, the ids of matters whose writing failed and could not be read back.
const doubtFile = "doubt"

// enrolPoll is how often a machine without an identity looks whether `zhizhu enrol` has brought one.
const enrolPoll = 2 * time.Second

func (c Config) identityDir() string { return filepath.Join(c.DataDir, identityDir) }

// serveUpstream waits for the machine's identity, then keeps the line to the gateway.
func (t *Terminal) serveUpstream(ctx context.Context) error {
	id, err := t.awaitIdentity(ctx)
	if err != nil {
		return err
	}
	// Opened once: a second outbox over the same file would not know what the first is just taking in.
	rooms := t.rooms.Load()
	if rooms == nil {
		if rooms, err = t.openRooms(ctx, id); err != nil {
			return err
		}
	}
	t.trustConfiguredCA(ctx, id)
	syncer, err := sync.New(sync.Options{
		Outbox: rooms.box, Identity: id, URL: t.opts.Config.Upstream.URL, Dial: t.watchedDial(),
		Mailbox: rooms.mail, Heartbeat: func() wire.Heartbeat { return t.heartbeat(ctx, rooms) }, Renew: rooms.renew,
		Now: t.opts.Now, Rand: t.opts.Rand, Log: t.log, OnState: t.onUpstream,
	})
	if err != nil {
		return fmt.Errorf("make sync: %w", err)
	}
	kick, look := syncer.Kick, syncer.Look
	t.matters.kick.Store(&kick)
	t.look.Store(&look)
	t.identity.Store(id)
	t.rooms.Store(rooms)
	t.matters.mail.Store(rooms.mail)
	t.matters.trail.Store(rooms.trail)
	t.matters.box.Store(rooms.box)
	t.pulse.update(func(f *health.Facts) { f.Enrolled = true; f.Upstream = health.UpstreamUnknown })
	tree := newTree("upstream", t.log)
	tree.Add(service{"sync", syncer.Serve})
	tree.Add(service{"audit", rooms.trail.Serve})
	tree.Add(service{"retention", func(ctx context.Context) error { return t.serveRetention(ctx, rooms) }})
	tree.Add(service{"errands", func(ctx context.Context) error { return t.serveErrands(ctx, id, rooms) }})
	return tree.Serve(ctx)
}

// trustConfiguredCA takes the CA that the config names for the one that is trusted on the line. What was pinned at
// enrolment stands where that file can't be read. Packets and acknowledgements have keys of their own.
func (t *Terminal) trustConfiguredCA(ctx context.Context, id *identity.Identity) {
	pem, err := os.ReadFile(t.opts.Config.Upstream.CA)
	pool := x509.NewCertPool()
	if err == nil && !pool.AppendCertsFromPEM(pem) {
		err = errors.New("it holds no certificate")
	}
	if err != nil {
		t.log.LogAttrs(ctx, slog.LevelError, "CA file of the config can't be used: the one pinned at enrolment is",
			slog.String("file", t.opts.Config.Upstream.CA), slog.Any("error", err))
		return
	}
	id.CA = pool
}

// watchedDial has the line looked at when a connection is lost from the other side: an idle line would not notice for
// half a minute, and residents would be told that the network is there.
func (t *Terminal) watchedDial() func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := t.opts.Dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &watchedConn{Conn: conn, lost: func() {
			if look := t.look.Load(); look != nil {
				(*look)()
			}
		}}, nil
	}
}

// watchedConn tells when reading ends though nobody here has closed it.
type watchedConn struct {
	net.Conn
	lost   func()
	closed atomic.Bool
}

func (c *watchedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) && !c.closed.Swap(true) {
		c.lost()
	}
	return n, err
}

func (c *watchedConn) Close() error {
	c.closed.Store(true)
	return c.Conn.Close()
}

// awaitIdentity returns the machine's identity, as soon as there is one.
func (t *Terminal) awaitIdentity(ctx context.Context) (*identity.Identity, error) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	told := false
	for {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-timer.C:
		}
		id, err := identity.Load(t.opts.Config.identityDir())
		switch {
		case err == nil && id.Station != t.opts.Config.Station.Code:
			err = fmt.Errorf("证书是站点 %s 的，配置文件写的是 %s：请改正 station.code（不要重新登记）", id.Station, t.opts.Config.Station.Code)
			t.pulse.upstream(sync.State{Reason: sync.Unenrolled, Detail: err.Error()})
		case err == nil:
			return id, nil
		}
		if !told {
			level := slog.LevelWarn
			if !errors.Is(err, identity.ErrNotEnrolled) {
				level = slog.LevelError
			}
			t.log.LogAttrs(ctx, level, "Machine has no identity yet: guides only", slog.Any("error", err))
			told = true
		}
		timer.Reset(enrolPoll)
	}
}

func (t *Terminal) openOutbox(ctx context.Context, id *identity.Identity) (*outbox.Outbox, error) {
	return outbox.New(ctx, outbox.Options{
		Store: t.store, Generation: t.opened.Generation, Terminal: id.Terminal, Station: id.Station,
		SealKey: id.SealKey, AckKey: id.AckKey, Box: id.Box, Now: t.opts.Now, Rand: t.opts.Rand, Log: t.log,
		ClockTrust: t.pulse.clockTrust, DoubtFile: filepath.Join(t.opts.Config.DataDir, doubtFile),
	})
}

// upstreamFacts translates sync's reasons, which know no screen, into health's.
func upstreamFacts(r sync.Reason) health.Upstream {
	switch r {
	case sync.OK:
		return health.UpstreamOK
	case sync.Unreachable:
		return health.UpstreamUnreachable
	case sync.DNS:
		return health.UpstreamDNS
	case sync.Certificate:
		return health.UpstreamCertificate
	case sync.Clock:
		return health.UpstreamClock
	case sync.Portal:
		return health.UpstreamPortal
	case sync.Refused:
		return health.UpstreamRefused
	case sync.Busy:
		return health.UpstreamBusy
	case sync.Unenrolled:
		return health.UpstreamUnenrolled
	case sync.Unknown:
	}
	return health.UpstreamUnknown
}

func (t *Terminal) onUpstream(s sync.State) {
	now := upstreamFacts(s.Reason)
	t.pulse.upstream(s)
	t.pulse.update(func(f *health.Facts) {
		f.SyncFaults = syncFaults(s.Faults)
		if now != f.Upstream {
			f.Upstream, f.UpstreamSince = now, t.opts.Now()
		}
	})
}

// syncFaults say to staff what beside the matters doesn't get through.
func syncFaults(f sync.Faults) []string {
	var all []string
	for _, x := range []struct{ what, why string }{
		{"统计送不上去", f.Events}, {"材料照片送不上去", f.Blobs}, {"回话收不下来", f.Mailbox}, {"心跳送不上去", f.Heartbeat}, {"证书续不了期", f.Renewal},
	} {
		if x.why != "" {
			all = append(all, x.what+"（"+x.why+"）")
		}
	}
	return all
}

// cableTime is how long a change of the played cable may take to be noticed.
const cableTime = 10 * time.Second

// awaitOnline has the line looked at, and returns once the kiosk knows that it is up, or down.
func (t *Terminal) awaitOnline(ctx context.Context, up bool) error {
	if look := t.look.Load(); look != nil {
		(*look)()
	}
	ctx, cancel := context.WithTimeout(ctx, cableTime)
	defer cancel()
	err := t.pulse.await(ctx, func(_ health.Facts, r health.Report) bool { return r.Online == up })
	if err != nil {
		return fmt.Errorf("wait until the line's change is noticed: %w", err)
	}
	return nil
}
