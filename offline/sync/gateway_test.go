package sync_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	stdsync "sync"
	"testing"
	"time"

	"zhizhu/offline/gateway"
	"zhizhu/offline/identity"
	"zhizhu/offline/mailbox"
	"zhizhu/offline/outbox"
	"zhizhu/offline/store"
	"zhizhu/offline/sync"
	"zhizhu/offline/wire"
)

// real is a terminal's whole offline half and the real gateway, over TLS on loopback.
type real struct {
	*sync.Syncer
	t      testing.TB
	gw     *gateway.Gateway
	url    string
	dir    string // the terminal's
	id     *identity.Identity
	box    *outbox.Outbox
	mail   *mailbox.Mailbox
	states chan sync.State
	stop   func()
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// serveGateway starts a gateway and returns its URL.
func serveGateway(t testing.TB, change func(*gateway.Options)) (*gateway.Gateway, string) {
	t.Helper()
	o := gateway.Options{Dir: filepath.Join(t.TempDir(), "gateway"), Now: time.Now, Log: quiet()}
	if change != nil {
		change(&o)
	}
	gw, err := gateway.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- gw.Serve(ctx, ln) }()
	t.Cleanup(func() {
		cancel()
		if err := errors.Join(<-done, gw.Close()); err != nil {
			t.Errorf("gateway: %v", err)
		}
	})
	return gw, "https://" + ln.Addr().String()
}

func newReal(t testing.TB, change func(*gateway.Options)) *real {
	t.Helper()
	m := &real{t: t, dir: filepath.Join(t.TempDir(), "identity"), states: make(chan sync.State, 100_000)}
	m.gw, m.url = serveGateway(t, change)
	code, err := m.gw.NewCode(t.Context(), "MX0427")
	if err != nil {
		t.Fatal(err)
	}
	m.id, err = identity.Enrol(t.Context(), identity.Options{
		Dir: m.dir, URL: m.url, CAFile: m.gw.CAPath(), Code: code, Now: time.Now, Rand: rand.Reader,
	})
	if err != nil {
		t.Fatal(err)
	}
	m.open()
	return m
}

// open makes outbox and mailbox over a data file.
func (m *real) open() {
	m.t.Helper()
	file, opened, err := store.Open(m.t.Context(), store.Options{
		Path: filepath.Join(m.t.TempDir(), "zhizhu.db"), Now: time.Now, Log: quiet(),
		Schema: store.Schema{Tables: append(outbox.Tables(), mailbox.Tables()...)},
	})
	if err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() { _ = file.Close() })
	m.box, err = outbox.New(m.t.Context(), outbox.Options{
		Store: file, Generation: opened.Generation, Terminal: m.id.Terminal, Station: m.id.Station, SealKey: m.id.SealKey,
		AckKey: m.id.AckKey, Box: m.id.Box, Now: time.Now, Rand: rand.Reader, Log: quiet(),
	})
	if err != nil {
		m.t.Fatal(err)
	}
	m.mail, err = mailbox.New(mailbox.Options{
		Store: file, Box: m.id.Box, PostKey: m.id.PostKey, AckKey: m.id.AckKey, Terminal: m.id.Terminal, Now: time.Now,
		Log: quiet(), Report: m.box.PutEvent,
	})
	if err != nil {
		m.t.Fatal(err)
	}
}

// run starts a syncer; it stops with the test, or by stop.
func (m *real) run(change func(*sync.Options)) {
	m.t.Helper()
	o := sync.Options{
		Outbox: m.box, Identity: m.id, URL: m.url, Now: time.Now, Rand: rand.Reader, Log: quiet(), Mailbox: m.mail,
		OnState: func(s sync.State) {
			select {
			case m.states <- s:
			default:
			}
		},
		FirstBackoff: 20 * time.Millisecond, MaxBackoff: 100 * time.Millisecond, ProbeEvery: 50 * time.Millisecond,
		HaltRetry: 100 * time.Millisecond, IdleEvery: 50 * time.Millisecond,
	}
	if change != nil {
		change(&o)
	}
	var err error
	if m.Syncer, err = sync.New(o); err != nil {
		m.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(m.t.Context()))
	done := make(chan error, 1)
	go func() { done <- m.Serve(ctx) }()
	m.stop = stdsync.OnceFunc(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			m.t.Errorf("serve: %v", err)
		}
	})
	m.t.Cleanup(m.stop)
}

func (m *real) await(what string, ok func(sync.State) bool) sync.State {
	m.t.Helper()
	limit := time.NewTimer(60 * time.Second)
	defer limit.Stop()
	look := time.NewTicker(20 * time.Millisecond) // for what no change of the state tells
	defer look.Stop()
	for {
		if s := m.State(); ok(s) {
			return s
		}
		select {
		case <-m.states:
		case <-look.C:
		case <-limit.C:
			m.t.Fatalf("never %s; last %+v", what, m.State())
		}
	}
}

func (m *real) matter() wire.Matter {
	return wire.Matter{
		Item: "soc-qualify", ItemName: "资格认证", ItemVer: "1",
		Applicant: &wire.Applicant{Name: "测试甲", IDNumber: "441403195001010017"},
	}
}

func picture(t testing.TB, size int) []byte {
	t.Helper()
	data := make([]byte, size)
	if _, err := io.ReadFull(rand.Reader, data); err != nil {
		t.Fatal(err)
	}
	return data
}

// A matter with pictures goes up, its letter comes down, its delivery is reported and the letter leaves the gateway.
func TestThereAndBack(t *testing.T) {
	m := newReal(t, nil)
	lodged, err := m.box.LodgeWith(t.Context(), m.matter(), []outbox.File{
		{Material: "photo", Name: "近照", Media: "image/jpeg", Data: picture(t, 700_000)},
		{Material: "book", Name: "户口簿", Media: "image/jpeg", Data: picture(t, 10)},
	})
	if err != nil {
		t.Fatal(err)
	}
	m.run(func(o *sync.Options) {
		o.MailEvery = 50 * time.Millisecond
		o.Heartbeat = func() wire.Heartbeat { return wire.Heartbeat{Version: "test", Paper: "low"} }
	})
	s := m.await("all sent", func(s sync.State) bool { return s.Acknowledged == 1 && s.Blobs == 0 })
	if s.Faults != (sync.Faults{}) || s.BlobBytes != 0 || s.Quarantined != 0 {
		t.Fatalf("%+v", s)
	}
	if c := m.gw.Counts(); c.Stored["blobs"] != 2 || c.Stored[wire.LaneMatters] != 1 {
		t.Fatalf("%+v", c)
	}
	if _, err := m.gw.Send(t.Context(), wire.Letter{Kind: wire.LetterReply, Matter: lodged.ID, Text: "已经办好"}); err != nil {
		t.Fatal(err)
	}
	var letters []wire.Letter
	m.await("letter came", func(sync.State) bool {
		letters, err = m.mail.Find(t.Context(), "441403195001010017", "")
		return err != nil || len(letters) == 1
	})
	if err != nil || letters[0].Text != "已经办好" {
		t.Fatalf("%+v, %v", letters, err)
	}
	if err := m.mail.Delivered(t.Context(), []string{letters[0].ID}); err != nil {
		t.Fatal(err)
	}
	m.Kick()
	m.await("delivery reported", func(s sync.State) bool { return s.Events == 0 && m.gw.Counts().Stored[wire.LaneEvents] == 1 })
	if posts, err := m.gw.Mail(t.Context(), m.id.Terminal, 0); err != nil || len(posts) != 0 {
		t.Fatalf("%d posts left, %v", len(posts), err)
	}
	m.await("heartbeat", func(sync.State) bool { return m.gw.Counts().Heartbeats > 0 })
	states, err := m.gw.TerminalStates(t.Context())
	if err != nil || len(states) != 1 {
		t.Fatalf("%+v, %v", states, err)
	}
}

// hasty asks for a renewal once, whatever the certificate says.
type hasty struct {
	*identity.Renewer
	once stdsync.Once
}

func (h *hasty) Due(time.Time) (due bool) {
	h.once.Do(func() { due = true })
	return due
}

// After a renewal the calls show the new certificate, without a restart.
func TestCertificateIsRenewed(t *testing.T) {
	m := newReal(t, nil)
	old := m.id.Current().Leaf.Raw
	renewer, err := identity.NewRenewer(identity.RenewOptions{Identity: m.id, Dir: m.dir, Now: time.Now, Rand: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	m.run(func(o *sync.Options) { o.Renew = &hasty{Renewer: renewer} })
	m.await("renewed", func(sync.State) bool { return !bytes.Equal(m.id.Current().Leaf.Raw, old) })
	if _, err := m.box.Lodge(t.Context(), m.matter()); err != nil {
		t.Fatal(err)
	}
	m.Kick()
	s := m.await("sent with the new one", func(s sync.State) bool { return s.Acknowledged == 1 && s.Online })
	if s.Faults.Renewal != "" || m.gw.Counts().Renewed != 1 {
		t.Fatalf("%+v", s)
	}
	loaded, err := identity.Load(m.dir)
	if err != nil || bytes.Equal(loaded.Certificate.Leaf.Raw, old) {
		t.Fatalf("on disk: %v", err)
	}
}
