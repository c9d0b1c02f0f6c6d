package gateway_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"zhizhu/offline/gateway"
	"zhizhu/offline/seal"
	"zhizhu/offline/wire"
)

// lodge sends a matter and returns it.
func (r *rig) lodge(m *terminal) wire.Matter {
	r.t.Helper()
	sent := m.matter()
	r.put(m, wire.LaneMatters, sent.ID, m.packMatter(r.t, sent))
	return sent
}

func (r *rig) mail(m *terminal, after uint64) wire.Mail {
	r.t.Helper()
	got := r.call(m, http.MethodGet, fmt.Sprintf("%s?after=%d", wire.PathMailbox, after), nil, nil)
	var mail wire.Mail
	if err := json.Unmarshal(got.body, &mail); err != nil || got.status != http.StatusOK {
		r.t.Fatalf("mailbox: %d %s, %v", got.status, got.body, err)
	}
	return mail
}

// open takes a post as a terminal must.
func (m *terminal) open(t testing.TB, p wire.Post) wire.Letter {
	t.Helper()
	if err := seal.Verify(m.ack, p.Signed(), p.Signature); err != nil {
		t.Fatal(err)
	}
	if p.Terminal != m.Terminal || p.Digest != seal.Digest(p.Packet) {
		t.Fatalf("post %+v", p)
	}
	b, plain, err := seal.OpenPacket(m.post, p.Packet)
	if err != nil || b.ID != p.ID || b.Terminal != m.Terminal {
		t.Fatalf("open: %+v, %v", b, err)
	}
	var l wire.Letter
	if err := json.Unmarshal(plain, &l); err != nil {
		t.Fatal(err)
	}
	return l
}

func (r *rig) send(l wire.Letter) gateway.Sent {
	r.t.Helper()
	sent, err := r.Send(r.t.Context(), l)
	if err != nil {
		r.t.Fatal(err)
	}
	return sent
}

// TestLetterReachesTheStation and nobody else, sealed for each terminal, until it is delivered.
func TestLetterReachesTheStation(t *testing.T) {
	r := serve(t, t.TempDir(), nil)
	one, two, away, gone := r.enrol("MX0427"), r.enrol("MX0427"), r.enrol("ZC0001"), r.enrol("MX0427")
	if err := r.Revoke(t.Context(), gone.Terminal); err != nil {
		t.Fatal(err)
	}
	matter := r.lodge(one)
	letter := wire.Letter{
		Kind: wire.LetterCorrection, Number: strings.ToLower(matter.Number), Missing: []string{"户口簿复印件", "近期照片"}, Due: "2026-12-31",
		Office: "三水区社保局", IDNumber: "somebody else's",
	}
	sent := r.send(letter)
	if !reflect.DeepEqual(sent.Terminals, []string{one.Terminal, two.Terminal}) {
		t.Fatalf("sent to %v", sent.Terminals)
	}
	want := letter
	want.ID, want.Matter, want.Number, want.ItemName = sent.ID, matter.ID, matter.Number, matter.ItemName
	want.IDNumber, want.At = personaNumber, r.clock.now().Truncate(time.Second)
	for _, m := range []*terminal{one, two} {
		mail := r.mail(m, 0)
		if len(mail.Posts) != 1 || mail.More || mail.Posts[0].Seq != 1 {
			t.Fatalf("mail %+v", mail)
		}
		if got := m.open(t, mail.Posts[0]); !reflect.DeepEqual(got, want) {
			t.Fatalf("letter %+v, want %+v", got, want)
		}
		if after := r.mail(m, 1); len(after.Posts) != 0 {
			t.Fatalf("after it: %+v", after)
		}
	}
	if mail := r.mail(away, 0); len(mail.Posts) != 0 {
		t.Fatalf("another station has %+v", mail)
	}
	// Sent once more under the same id: there once.
	letter.ID = sent.ID
	r.send(letter)
	if n := len(r.mail(one, 0).Posts); n != 1 {
		t.Fatalf("%d posts", n)
	}

	event := wire.Event{ID: uuid.NewString(), Terminal: two.Terminal, Station: two.Station, Kind: wire.EventDelivered, Letter: sent.ID}
	packet := two.pack(t, seal.Binding{ID: event.ID, Terminal: two.Terminal, Item: "event"}, event)
	if _, status := r.put(two, wire.LaneEvents, event.ID, packet); status != http.StatusCreated {
		t.Fatalf("event: %d", status)
	}
	for _, m := range []*terminal{one, two} {
		if mail := r.mail(m, 0); len(mail.Posts) != 0 {
			t.Fatalf("delivered, and there: %+v", mail)
		}
	}
	r.send(letter) // delivered once is delivered for ever
	if n := len(r.mail(one, 0).Posts); n != 0 {
		t.Fatalf("%d posts after delivery", n)
	}
}

func TestLettersExpire(t *testing.T) {
	r := serve(t, t.TempDir(), nil)
	m := r.enrol("MX0427")
	r.send(wire.Letter{Kind: wire.LetterAccepted, Matter: r.lodge(m).ID})
	r.clock.add(89 * 24 * time.Hour)
	if err := r.Upkeep(t.Context()); err != nil || len(r.mail(m, 0).Posts) != 1 {
		t.Fatalf("too early, or %v", err)
	}
	r.clock.add(2 * 24 * time.Hour)
	if err := r.Upkeep(t.Context()); err != nil || len(r.mail(m, 0).Posts) != 0 {
		t.Fatalf("still there, or %v", err)
	}
}

// TestMailComesInPages however large its documents are.
func TestMailComesInPages(t *testing.T) {
	r := serve(t, t.TempDir(), nil)
	m := r.enrol("MX0427")
	matter := r.lodge(m)
	const letters = 21
	for i := range letters {
		l := wire.Letter{Kind: wire.LetterReply, Matter: matter.ID, Text: fmt.Sprint(i)}
		if i == 3 || i == 4 {
			l.Attachment = &wire.File{Name: "结果.pdf", Media: "application/pdf", Data: append([]byte("%PDF-1.7"), make([]byte, 1<<20)...)}
		}
		r.send(l)
	}
	var after uint64
	n := 0
	for more := true; more; {
		mail := r.mail(m, after)
		if len(mail.Posts) == 0 && mail.More {
			t.Fatal("an empty page that promises more")
		}
		size := 0
		for _, p := range mail.Posts {
			if l := m.open(t, p); l.Text != fmt.Sprint(n) || p.Seq <= after {
				t.Fatalf("%s at %d after %d", l.Text, p.Seq, after)
			}
			after, n, size = p.Seq, n+1, size+len(p.Packet)
		}
		if len(mail.Posts) > 1 && size > 1<<20 {
			t.Fatalf("%d bytes in %d posts", size, len(mail.Posts))
		}
		more = mail.More
	}
	if n != letters {
		t.Fatalf("%d letters", n)
	}
	for path, status := range map[string]int{wire.PathMailbox: 200, wire.PathMailbox + "?after=x": 400, wire.PathMailbox + "?after=-1": 400} {
		if got := r.call(m, http.MethodGet, path, nil, nil); got.status != status {
			t.Errorf("%s: %d", path, got.status)
		}
	}
}

func TestLettersThatAreNone(t *testing.T) {
	r := serve(t, t.TempDir(), nil)
	m := r.enrol("MX0427")
	matter := r.lodge(m)
	pdf := func(media string, data []byte, name string) *wire.File {
		return &wire.File{Name: name, Media: media, Data: data}
	}
	for name, c := range map[string]struct {
		letter wire.Letter
		kind   error
	}{
		"about nothing":       {wire.Letter{Kind: wire.LetterAccepted}, gateway.ErrLetter},
		"of no kind":          {wire.Letter{Matter: matter.ID}, gateway.ErrLetter},
		"of another kind":     {wire.Letter{Matter: matter.ID, Kind: "joke"}, gateway.ErrLetter},
		"nothing missing":     {wire.Letter{Matter: matter.ID, Kind: wire.LetterCorrection, Text: "x"}, gateway.ErrLetter},
		"an empty one":        {wire.Letter{Matter: matter.ID, Kind: wire.LetterCorrection, Missing: []string{"a", " "}}, gateway.ErrLetter},
		"no reason":           {wire.Letter{Matter: matter.ID, Kind: wire.LetterRefused, Text: " "}, gateway.ErrLetter},
		"no reply":            {wire.Letter{Matter: matter.ID, Kind: wire.LetterReply}, gateway.ErrLetter},
		"endless":             {wire.Letter{Matter: matter.ID, Kind: wire.LetterReply, Text: strings.Repeat("长", 4001)}, gateway.ErrLetter},
		"no date":             {wire.Letter{Matter: matter.ID, Kind: wire.LetterAccepted, Due: "tomorrow"}, gateway.ErrLetter},
		"bad id":              {wire.Letter{ID: "../x", Matter: matter.ID, Kind: wire.LetterAccepted}, gateway.ErrLetter},
		"no PDF":              {wire.Letter{Matter: matter.ID, Kind: wire.LetterReply, Attachment: pdf("text/html", []byte("%PDF-"), "a")}, gateway.ErrLetter},
		"a PDF by name":       {wire.Letter{Matter: matter.ID, Kind: wire.LetterReply, Attachment: pdf("application/pdf", []byte("<html>"), "a")}, gateway.ErrLetter},
		"too large a PDF":     {wire.Letter{Matter: matter.ID, Kind: wire.LetterReply, Attachment: pdf("application/pdf", append([]byte("%PDF-"), make([]byte, 2<<20)...), "a")}, gateway.ErrLetter},
		"a path":              {wire.Letter{Matter: matter.ID, Kind: wire.LetterReply, Attachment: pdf("application/pdf", []byte("%PDF-"), "../a")}, gateway.ErrLetter},
		"another's number":    {wire.Letter{Matter: matter.ID, Number: "MX0427-1-20261123-0002-3", Kind: wire.LetterAccepted}, gateway.ErrLetter},
		"no such matter":      {wire.Letter{Matter: uuid.NewString(), Kind: wire.LetterAccepted}, gateway.ErrMatter},
		"no such number":      {wire.Letter{Number: "MX0427-1-20261123-0009-9", Kind: wire.LetterAccepted}, gateway.ErrMatter},
		"nobody's, by number": {wire.Letter{Number: "QQ0000-1-20261123-0001-5", Kind: wire.LetterAccepted}, gateway.ErrMatter},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := r.Send(t.Context(), c.letter)
			if !errors.Is(err, c.kind) || strings.Contains(err.Error(), personaNumber) {
				t.Fatalf("%v", err)
			}
		})
	}
	if mail := r.mail(m, 0); len(mail.Posts) != 0 {
		t.Fatalf("sent: %+v", mail)
	}
	if err := r.Revoke(t.Context(), m.Terminal); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Send(t.Context(), wire.Letter{Matter: matter.ID, Kind: wire.LetterAccepted}); !errors.Is(err, gateway.ErrNobody) {
		t.Fatalf("nobody there: %v", err)
	}
}

// TestTamperedPostIsNoticed alters every part of a post: the signature, the digest or the seal tells.
func TestTamperedPostIsNoticed(t *testing.T) {
	r := serve(t, t.TempDir(), nil)
	m, other := r.enrol("MX0427"), r.enrol("MX0427")
	r.send(wire.Letter{Kind: wire.LetterReply, Matter: r.lodge(m).ID, Text: "好"})
	good := r.mail(m, 0).Posts[0]
	sound := func(p wire.Post) bool {
		_, _, err := seal.OpenPacket(m.post, p.Packet)
		return seal.Verify(m.ack, p.Signed(), p.Signature) == nil && p.Digest == seal.Digest(p.Packet) && err == nil
	}
	if !sound(good) {
		t.Fatal("the right one is not sound")
	}
	for name, change := range map[string]func(*wire.Post){
		"seq":       func(p *wire.Post) { p.Seq++ },
		"id":        func(p *wire.Post) { p.ID = uuid.NewString() },
		"terminal":  func(p *wire.Post) { p.Terminal = other.Terminal },
		"digest":    func(p *wire.Post) { p.Digest = seal.Digest(nil) },
		"packet":    func(p *wire.Post) { p.Packet = bytes.Clone(p.Packet); p.Packet[len(p.Packet)-1] ^= 1 },
		"signature": func(p *wire.Post) { p.Signature = bytes.Clone(p.Signature); p.Signature[10] ^= 1 },
		"forged": func(p *wire.Post) {
			p.Packet = m.pack(t, seal.Binding{ID: p.ID, Terminal: m.Terminal, Item: "x"}, wire.Letter{Text: "坏"})
			p.Digest = seal.Digest(p.Packet)
		},
		"another's": func(p *wire.Post) { *p = r.mail(other, 0).Posts[0] },
	} {
		p := good
		change(&p)
		if sound(p) {
			t.Errorf("%s altered, and not noticed", name)
		}
	}
}
