package courier_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"zhizhu/offline/courier"
	"zhizhu/offline/courier/arrival"
	"zhizhu/offline/gateway"
	"zhizhu/offline/identity"
	"zhizhu/offline/keyring"
	"zhizhu/offline/mailbox"
	"zhizhu/offline/outbox"
	"zhizhu/offline/store"
	"zhizhu/offline/wire"
)

func TestMain(m *testing.M) {
	if handled, exit := store.RunChild(os.Args); handled {
		os.Exit(exit)
	}
	os.Exit(m.Run())
}

// Invented: nothing of these may lie on a stick or in a log in clear.
const (
	personaName    = "测试乙"
	personaNumber  = "44140319500101003X"
	personaPhone   = "13800138000"
	personaAddress = "广东省梅州市测试村八号"
)

var secrets = []string{personaName, personaNumber, personaPhone, personaAddress}

// memory returns a folder where a sync costs nothing.
func memory(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "courier") //nolint:usetesting // t.TempDir is on a disk
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// logs collects what is logged.
type logs struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// town is a real gateway that serves on loopback.
type town struct {
	*gateway.Gateway
	t     testing.TB
	dir   string
	url   string
	log   *logs
	clock time.Time
	deaf  error // of Deliver and DeliverBlob
}

var noon = time.Now().Truncate(time.Second)

func newTown(t testing.TB) *town {
	t.Helper()
	g := &town{t: t, dir: filepath.Join(memory(t), "gateway"), log: &logs{}, clock: noon}
	var err error
	g.Gateway, err = gateway.Open(gateway.Options{
		Dir: g.dir, Now: func() time.Time { return g.clock }, Log: slog.New(slog.NewTextHandler(g.log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g.url = "https://" + ln.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- g.Serve(ctx, ln) }()
	t.Cleanup(func() {
		cancel()
		if err := errors.Join(<-served, g.Close()); err != nil {
			t.Error(err)
		}
		clean(t, "the gateway's log", g.log.b.Bytes())
	})
	return g
}

// Deliver is arrival.Sink's.
func (g *town) Deliver(ctx context.Context, lane, id, terminal string, packet []byte) (wire.Ack, []byte, error) {
	if g.deaf != nil {
		return wire.Ack{}, nil, g.deaf
	}
	return g.Gateway.Deliver(ctx, lane, id, terminal, packet)
}

func (g *town) receive(dir string, change ...func(*arrival.Options)) ([]arrival.Result, error) {
	o := arrival.Options{Now: func() time.Time { return g.clock }, Log: slog.New(slog.NewTextHandler(g.log, nil)), Unfit: gateway.ErrUnfit}
	for _, c := range change {
		c(&o)
	}
	return arrival.Receive(context.Background(), dir, g, o)
}

// received receives a stick with one terminal on it.
func (g *town) received(dir string) arrival.Result {
	g.t.Helper()
	all, err := g.receive(dir)
	if err != nil || len(all) != 1 {
		g.t.Fatalf("received %+v, %v", all, err)
	}
	return all[0]
}

// stored returns what arrived: id to digest. An id that arrived twice is an error.
func (g *town) stored() map[string]string {
	g.t.Helper()
	all := map[string]string{}
	keep := func(id, digest, problem string) error {
		if all[id] != "" || problem != "" {
			return fmt.Errorf("%s is stored twice, or can't be opened: %s", id, problem)
		}
		all[id] = digest
		return nil
	}
	ctx := context.Background()
	err := errors.Join(
		g.Matters(ctx, func(s gateway.Stored) error { return keep(s.ID, s.Digest, s.Problem) }),
		g.Ratings(ctx, func(s gateway.StoredRating) error { return keep(s.ID, s.Digest, s.Problem) }))
	if err != nil {
		g.t.Fatal(err)
	}
	return all
}

// village is a terminal's real offline half.
type village struct {
	*outbox.Outbox
	Post *mailbox.Mailbox
	t    testing.TB
	id   *identity.Identity
	town *town
	log  *logs
	n    int
}

func (g *town) village(station string) *village {
	g.t.Helper()
	t := g.t
	code, err := g.NewCode(t.Context(), station)
	if err != nil {
		t.Fatal(err)
	}
	dir := memory(t)
	v := &village{t: t, town: g, log: &logs{}}
	log := slog.New(slog.NewTextHandler(v.log, nil))
	v.id, err = identity.Enrol(t.Context(), identity.Options{
		Dir: filepath.Join(dir, "identity"), URL: g.url, CAFile: g.CAPath(), Code: code, Now: func() time.Time { return noon },
		Rand: rand.Reader, Keyring: keyring.Options{},
	})
	if err != nil {
		t.Fatal(err)
	}
	s, opened, err := store.Open(t.Context(), store.Options{
		Path: filepath.Join(dir, "zhizhu.db"), Schema: store.Schema{Tables: append(outbox.Tables(), mailbox.Tables()...)},
		Now: func() time.Time { return noon }, Log: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = s.Close()
		clean(t, "the terminal's log", v.log.b.Bytes())
	})
	v.Outbox, err = outbox.New(t.Context(), outbox.Options{
		Store: s, Generation: opened.Generation, Terminal: v.id.Terminal, Station: v.id.Station, SealKey: v.id.SealKey,
		AckKey: v.id.AckKey, Box: v.id.Box, Now: func() time.Time { return noon }, Rand: rand.Reader, Log: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	v.Post, err = mailbox.New(mailbox.Options{
		Store: s, Box: v.id.Box, PostKey: v.id.PostKey, AckKey: v.id.AckKey, Terminal: v.id.Terminal,
		Now: func() time.Time { return noon }, Log: log, Report: v.PutEvent,
	})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func (v *village) options(change ...func(*courier.Options)) courier.Options {
	o := courier.Options{
		Outbox: v.Outbox, Mailbox: v.Post, Terminal: v.id.Terminal, Station: v.id.Station, SignKey: v.id.SignKey,
		AckKey: v.id.AckKey, Now: func() time.Time { return noon }, Log: slog.New(slog.NewTextHandler(v.log, nil)),
	}
	for _, c := range change {
		c(&o)
	}
	return o
}

func (v *village) export(dir string) courier.Exported {
	v.t.Helper()
	done, err := courier.Export(v.t.Context(), dir, v.options())
	if err != nil {
		v.t.Fatal(err)
	}
	return done
}

// lodge takes in matters, and returns them by id. Every other one has an attachment of some kilobytes.
func (v *village) lodge(n int) []outbox.Lodged {
	v.t.Helper()
	var all []outbox.Lodged
	for range n {
		v.n++
		m := wire.Matter{
			Item: "soc-qualify", ItemName: "社会保险待遇领取资格认证", ItemVer: "3fa1b2c3d4e5", Kind: "apply",
			Applicant: &wire.Applicant{Name: personaName, IDType: "111", IDNumber: personaNumber, Address: personaAddress},
			Answers:   []wire.Answer{{Field: "phone", Label: "联系电话", Value: personaPhone, Text: personaPhone}},
		}
		var files []outbox.File
		if v.n%2 == 0 {
			files = []outbox.File{{Material: "photo", Name: "照片", Media: "image/jpeg", Data: bytes.Repeat([]byte(personaName), 400+v.n)}}
		}
		l, err := v.LodgeWith(v.t.Context(), m, files)
		if err != nil {
			v.t.Fatal(err)
		}
		all = append(all, l)
	}
	return all
}

// everything lodges one of each kind.
func (v *village) everything() {
	v.t.Helper()
	lodged := v.lodge(4)
	err := errors.Join(
		v.PutRating(v.t.Context(), wire.Rating{Matter: lodged[0].ID, Number: lodged[0].Number, Item: "soc-qualify", Level: 5}),
		v.PutEvent(v.t.Context(), wire.Event{Kind: wire.EventStatistics, Counts: map[string]int{"visits": 3}}))
	if err == nil {
		_, err = v.Lodge(v.t.Context(), wire.Matter{Item: "fb", ItemName: "办不成事", Kind: "feedback", About: &wire.About{Step: "home"}})
	}
	if err != nil {
		v.t.Fatal(err)
	}
}

func (v *village) waiting() int {
	c := v.Counts()
	return c.Queued + c.Ratings + c.Events + c.Blobs
}

// files returns the content of all files of a stick, by path.
func files(t testing.TB, dir string) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		all[path], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func clean(t testing.TB, where string, p []byte) {
	t.Helper()
	for _, s := range secrets {
		if bytes.Contains(p, []byte(s)) {
			t.Errorf("%s holds %q", where, s)
		}
	}
}

// copyStick copies a stick, as somebody with a laptop does.
func copyStick(t testing.TB, from string) string {
	t.Helper()
	to := memory(t)
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return to
}

// byLine carries one record over TLS, as the syncer does.
func (v *village) byLine(w outbox.Waiting) {
	v.t.Helper()
	client := identity.NewClient(identity.ClientOptions{CA: v.id.CA, Current: v.id.Current, Now: func() time.Time { return noon }})
	defer client.CloseIdleConnections()
	req, err := http.NewRequestWithContext(v.t.Context(), http.MethodPut, v.town.url+wire.Path(w.WireLane, w.ID), bytes.NewReader(w.Packet))
	if err != nil {
		v.t.Fatal(err)
	}
	req.Header.Set(wire.HeaderTerminal, v.id.Terminal)
	req.Header.Set(wire.HeaderDigest, contentDigest(v.t, w.Packet))
	answer, err := client.Do(req)
	if err != nil {
		v.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode/100 != 2 {
		v.t.Fatal(answer.Status)
	}
}
