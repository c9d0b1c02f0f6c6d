package gateway_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"zhizhu/offline/gateway"
	"zhizhu/offline/gateway/adapter"
	"zhizhu/offline/gateway/adapter/folder"
	"zhizhu/offline/seal"
	"zhizhu/offline/wire"
)

// moody is a folder whose platform is sometimes away.
type moody struct {
	adapter.Adapter
	mu    sync.Mutex
	fail  error // of Hand
	hands int
}

func (m *moody) Hand(ctx context.Context, c adapter.Case) (adapter.Outcome, error) {
	m.mu.Lock()
	fail := m.fail
	m.hands++
	m.mu.Unlock()
	if fail != nil {
		return adapter.Outcome{}, fail
	}
	return m.Adapter.Hand(ctx, c)
}

func (m *moody) is(fail error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fail = fail
}

func (m *moody) asked() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.hands
}

// office is a gateway with a platform behind it, which hands on only when it is told to.
type office struct {
	*gateway.Gateway
	rig   *rig
	moody *moody
	dir   string // of the platform
}

// newOffice opens a second gateway on the rig's store and keys: one that doesn't serve, so that tests say when it works.
func newOffice(t *testing.T, change func(*gateway.Options)) *office {
	t.Helper()
	gw := t.TempDir()
	db := &unclosed{openEngine(t, gw)}
	t.Cleanup(func() { _ = db.Store.Close() })
	r := serve(t, gw, func(o *gateway.Options) { o.Store = db })
	o := &office{rig: r, dir: filepath.Join(t.TempDir(), "platform"), moody: &moody{}}
	opts := options(gw)
	opts.Now, opts.Store = r.clock.now, db
	opts.Adapter = func(s adapter.Signer) (adapter.Adapter, error) {
		f, err := folder.New(folder.Options{Dir: o.dir, Signer: s, Now: func() time.Time { return time.Now().Add(time.Hour) }})
		o.moody.Adapter = f
		return o.moody, err
	}
	if change != nil {
		change(&opts)
	}
	var err error
	if o.Gateway, err = gateway.Open(opts); err != nil {
		t.Fatal(err)
	}
	return o
}

// packages lists what the platform has.
func (o *office) packages() []string {
	o.rig.t.Helper()
	paths, err := filepath.Glob(filepath.Join(o.dir, "*", "digests.sm3"))
	if err != nil {
		o.rig.t.Fatal(err)
	}
	for i, p := range paths {
		paths[i] = filepath.Base(filepath.Dir(p))
	}
	return paths
}

func TestMatterIsHandedOn(t *testing.T) {
	o := newOffice(t, nil)
	m := o.rig.enrol("MX0427")
	sent := o.rig.lodge(m)
	for range 2 {
		if err := o.HandOn(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got := o.packages(); len(got) != 1 || got[0] != sent.ID || o.moody.asked() != 1 {
		t.Fatalf("%v after %d", got, o.moody.asked())
	}
	text, err := os.ReadFile(filepath.Join(o.dir, sent.ID, "matter.json"))
	if err != nil || string(text) != string(mustJSON(t, sent)) {
		t.Fatalf("%s, %v", text, err)
	}
}

// TestMatterWaitsForItsAttachments is handed on only once every one of them is there.
func TestMatterWaitsForItsAttachments(t *testing.T) {
	o := newOffice(t, nil)
	r := o.rig
	m := r.enrol("MX0427")
	packet, digest := m.blob(t, 10_000, m.Terminal)
	sent := m.matter()
	sent.Attachments = []wire.Attachment{{Material: "photo", Name: "照片", Media: "image/jpeg", Blob: digest, Size: int64(len(packet))}}
	r.put(m, wire.LaneMatters, sent.ID, m.packMatter(t, sent))
	none := func() {
		t.Helper()
		if err := o.HandOn(t.Context()); err != nil || o.moody.asked() != 0 {
			t.Fatalf("handed on without: %v", err)
		}
		r.clock.add(time.Minute)
	}
	none()
	if got := r.patch(m, packet, 0, 5000); got.status != 204 {
		t.Fatalf("%d", got.status)
	}
	none() // half of it is none
	r.acknowledged(m, r.patch(m, packet, 5000, len(packet)), digest, digest)
	if err := o.HandOn(t.Context()); err != nil {
		t.Fatal(err)
	}
	picture, err := os.ReadFile(filepath.Join(o.dir, sent.ID, "01-photo.jpg"))
	if err != nil || len(picture) != 10_000 {
		t.Fatalf("%d bytes, %v", len(picture), err)
	}
}

// TestPlatformAway is asked less and less often, and has everything in the end, once.
func TestPlatformAway(t *testing.T) {
	o := newOffice(t, nil)
	r := o.rig
	m := r.enrol("MX0427")
	const matters = 5
	for range matters {
		r.lodge(m)
	}
	away := errors.New("connection refused")
	o.moody.is(away)
	began := r.clock.now()
	for r.clock.now().Sub(began) < 24*time.Hour {
		if err := o.HandOn(t.Context()); err != nil && !errors.Is(err, away) {
			t.Fatal(err)
		}
		r.clock.add(10 * time.Minute)
	}
	// Doubling from 10 s to an hour, each at least half of that: some 40 tries each.
	if n := o.moody.asked(); n < 20*matters || n > 60*matters {
		t.Fatalf("asked %d times in a day", n)
	}
	o.moody.is(&adapter.LaterError{Wait: 50 * time.Minute, Err: away})
	r.clock.add(time.Hour)
	before := o.moody.asked()
	for range 3 { // four at a time
		_ = o.HandOn(t.Context())
	}
	for range 9 { // heeds what the platform says
		r.clock.add(5 * time.Minute)
		if err := o.HandOn(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n := o.moody.asked() - before; n != matters {
		t.Fatalf("asked %d times though it said when to come back", n)
	}
	o.moody.is(nil)
	r.clock.add(time.Hour)
	if err := o.HandOn(t.Context()); err != nil || len(o.packages()) != matters {
		t.Fatalf("%d packages, %v", len(o.packages()), err)
	}
}

// TestRefusedCaseIsSetAside for a day; others go on, and staff may try it at once.
func TestRefusedCaseIsSetAside(t *testing.T) {
	o := newOffice(t, nil)
	r := o.rig
	m := r.enrol("MX0427")
	r.lodge(m)
	o.moody.is(adapter.Refuse("the platform answered 422"))
	if err := o.HandOn(t.Context()); err != nil {
		t.Fatal(err)
	}
	o.moody.is(nil)
	other := r.lodge(m)
	r.clock.add(time.Hour)
	if err := o.HandOn(t.Context()); err != nil || len(o.packages()) != 1 || o.packages()[0] != other.ID {
		t.Fatalf("%v, %v", o.packages(), err)
	}
	if n, err := o.Retry(t.Context()); n != 1 || err != nil {
		t.Fatalf("retry: %d, %v", n, err)
	}
	if err := o.HandOn(t.Context()); err != nil || len(o.packages()) != 2 {
		t.Fatalf("%v, %v", o.packages(), err)
	}
	if n, err := o.Retry(t.Context()); n != 0 || err != nil {
		t.Fatalf("nothing to retry: %d, %v", n, err)
	}
}

// TestTwoGatewaysHandOnOnce share a store: each matter is handed on by one of them.
func TestTwoGatewaysHandOnOnce(t *testing.T) {
	o := newOffice(t, nil)
	r := o.rig
	m := r.enrol("MX0427")
	const matters = 40
	for range matters {
		r.lodge(m)
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if err := o.HandOn(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := o.moody.asked(); n != matters || len(o.packages()) != matters {
		t.Fatalf("asked %d times for %d packages", n, len(o.packages()))
	}
}

// TestAnswersBecomeLetters once, however often they come; what is none is set aside with a reason.
func TestAnswersBecomeLetters(t *testing.T) {
	o := newOffice(t, nil)
	r := o.rig
	m := r.enrol("MX0427")
	sent := r.lodge(m)
	lay := func(name string, l wire.Letter) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(o.dir, "answers", name), mustJSON(t, l), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	good := wire.Letter{ID: "PF-2026-17", Kind: wire.LetterSettled, Matter: sent.ID, Text: "已办结"}
	for _, name := range []string{"a.json", "b.json"} { // twice under one id
		lay(name, good)
	}
	lay("c.json", wire.Letter{Kind: wire.LetterAccepted, Matter: "nobody"})
	lay("d.json", wire.Letter{Kind: wire.LetterCorrection, Matter: sent.ID})
	if err := o.Poll(t.Context()); err != nil {
		t.Fatal(err)
	}
	mail := r.mail(m, 0)
	if len(mail.Posts) != 1 || m.open(t, mail.Posts[0]).Text != "已办结" {
		t.Fatalf("mail %+v", mail)
	}
	for _, name := range []string{"c", "d"} {
		why, err := os.ReadFile(filepath.Join(o.dir, "answers", "refused", name+".json.reason.txt"))
		if err != nil || !strings.Contains(string(why), "refused: ") {
			t.Errorf("%s: %s, %v", name, why, err)
		}
	}
	// A station all of whose machines are gone for now: left, and the next one goes on.
	lone := r.enrol("ZC0001")
	theirs := r.lodge(lone)
	if err := r.Revoke(t.Context(), lone.Terminal); err != nil {
		t.Fatal(err)
	}
	lay("e.json", wire.Letter{Kind: wire.LetterAccepted, Matter: theirs.ID})
	lay("f.json", wire.Letter{Kind: wire.LetterAccepted, Matter: sent.ID})
	if err := o.Poll(t.Context()); err != nil || len(r.mail(m, 0).Posts) != 2 {
		t.Fatalf("%v", err)
	}
	back := r.enrol("ZC0001")
	if err := o.Poll(t.Context()); err != nil || len(r.mail(back, 0).Posts) != 1 {
		t.Fatalf("after the new machine came: %v", err)
	}
}

// TestContentGoesOnceItIsHandedOn after the term, attachments too; id and digest stay, and so does what was not handed on.
func TestContentGoesOnceItIsHandedOn(t *testing.T) {
	const term = 30 * 24 * time.Hour
	o := newOffice(t, func(opts *gateway.Options) { opts.Retain = term })
	r := o.rig
	m := r.enrol("MX0427")
	blob, digest := m.blob(t, 1000, m.Terminal)
	r.acknowledged(m, r.patch(m, blob, 0, len(blob)), digest, digest)
	sent := m.matter()
	sent.Attachments = []wire.Attachment{{Material: "photo", Media: "image/jpeg", Blob: digest}}
	packet := m.packMatter(t, sent)
	r.put(m, wire.LaneMatters, sent.ID, packet)
	if err := o.HandOn(t.Context()); err != nil {
		t.Fatal(err)
	}
	o.moody.is(errors.New("away"))
	r.lodge(m)
	_ = o.HandOn(t.Context())
	upkeep := func(left int) {
		t.Helper()
		if err := o.Upkeep(t.Context()); err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, s := range r.matters() {
			if s.Problem == "" {
				n++
			}
		}
		if n != left {
			t.Fatalf("%d contents left, want %d", n, left)
		}
	}
	upkeep(2)
	r.clock.add(term + time.Hour)
	upkeep(1)
	upkeep(1)
	if ack, status := r.put(m, wire.LaneMatters, sent.ID, packet); status != 200 || !ack.Again {
		t.Fatalf("sent again: %d %+v", status, ack)
	}
	r.acknowledged(m, r.patch(m, blob, 0, len(blob)), digest, seal.Digest(blob))
	// Its letter needs no content, only a platform that says whose it is.
	r.send(wire.Letter{Kind: wire.LetterSettled, Matter: sent.ID, Number: sent.Number, IDNumber: personaNumber})
	if l := m.open(t, r.mail(m, 0).Posts[0]); l.IDNumber != personaNumber || l.Number != sent.Number {
		t.Fatalf("letter %+v", l)
	}
}

// TestServingGatewayHandsOn by itself, as soon as something comes, and finishes before it ends.
func TestServingGatewayHandsOn(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "platform")
	r := serve(t, t.TempDir(), func(o *gateway.Options) {
		o.Adapter = func(s adapter.Signer) (adapter.Adapter, error) {
			return folder.New(folder.Options{Dir: dir, Signer: s, Now: time.Now})
		}
	})
	sent := r.lodge(r.enrol("MX0427"))
	deadline := time.Now().Add(30 * time.Second)
	for {
		if _, err := os.Stat(filepath.Join(dir, sent.ID)); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("not handed on")
		}
		r.call(r.enrol("ZC0001"), "GET", wire.PathTime, nil, nil) // passes the time with work
	}
	r.stop()
}

func TestNoAdapter(t *testing.T) {
	r := serve(t, t.TempDir(), nil)
	_, err := r.Retry(t.Context())
	for _, err := range []error{err, r.HandOn(t.Context()), r.Poll(t.Context())} {
		if !errors.Is(err, gateway.ErrNoAdapter) {
			t.Errorf("%v", err)
		}
	}
	o := options(t.TempDir())
	broken := errors.New("no such directory")
	o.Adapter = func(adapter.Signer) (adapter.Adapter, error) { return nil, broken }
	if _, err := gateway.Open(o); !errors.Is(err, broken) {
		t.Fatalf("open: %v", err)
	}
}
