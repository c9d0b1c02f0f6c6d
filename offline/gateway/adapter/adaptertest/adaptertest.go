package adaptertest

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"reflect"
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"

	"zhizhu/offline/gateway/adapter"
	"zhizhu/offline/seal"
	"zhizhu/offline/wire"
)

// Platform is the other side of an adapter, as tests see it.
type Platform interface {
	// Cases returns what the platform has, by id.
	Cases(t testing.TB) map[string]Got
	// Answer lays an answer out under a key. Answers are given in the order of their keys.
	Answer(t testing.TB, key string, letter wire.Letter)
	// Waiting returns the keys of the answers that were neither taken nor refused.
	Waiting(t testing.TB) []string
	// Refused returns why answers were refused, by key.
	Refused(t testing.TB) map[string]string
}

// Got is a case as the platform has it.
type Got struct {
	Content     []byte
	Attachments map[string][]byte // by material
}

// Open makes an adapter and its platform, both new.
type Open func(t *testing.T, s adapter.Signer) (adapter.Adapter, Platform)

// Run runs the suite.
func Run(t *testing.T, open Open) {
	for name, test := range map[string]func(*testing.T, adapter.Adapter, Platform){
		"Name":               testName,
		"HandsWhole":         testHandsWhole,
		"HandsOnce":          testHandsOnce,
		"OtherContent":       testOtherContent,
		"ManyAtOnce":         testManyAtOnce,
		"GivenUp":            testGivenUp,
		"AnswersInOrder":     testAnswersInOrder,
		"TakenOnce":          testTakenOnce,
		"RefusedIsSetAside":  testRefused,
		"LeftIsPassedBy":     testLeft,
		"FailureEndsThePoll": testFailure,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, p := open(t, NewSigner(t))
			test(t, a, p)
		})
	}
}

// NewSigner makes a signer with a key of its own.
func NewSigner(t testing.TB) adapter.Signer {
	t.Helper()
	random := rand.Reader
	key, err := seal.GenerateKey(random)
	if err != nil {
		t.Fatal(err)
	}
	return adapter.Signer{Key: key.Public().Hex(), Sign: func(m []byte) ([]byte, error) { return seal.Sign(random, key, m) }}
}

// Case makes a case with two attachments. Nobody's data are in it.
func Case(t testing.TB, id string) adapter.Case {
	t.Helper()
	content, err := json.Marshal(wire.Matter{ID: id, Number: "MX0427-1-20261123-0001-5", Item: "pension-check", ItemName: "资格认证"})
	if err != nil {
		t.Fatal(err)
	}
	attach := func(material, media string, data []byte) adapter.Attachment {
		return adapter.Attachment{Material: material, Name: "材料", Media: media, SM3: seal.Digest(data), Data: data}
	}
	return adapter.Case{
		Lane: wire.LaneMatters, ID: id, Terminal: "MX0427-1", Digest: seal.Digest([]byte(id)),
		StoredAt: time.Date(2026, 11, 23, 8, 0, 0, 123456000, time.UTC), Content: content,
		Attachments: []adapter.Attachment{
			attach("household", "image/jpeg", []byte("\xff\xd8 one \x00\xff")), attach("photo", "image/png", []byte("\x89PNG two")),
		},
	}
}

func hand(t *testing.T, a adapter.Adapter, c adapter.Case) {
	t.Helper()
	if _, err := a.Hand(t.Context(), c); err != nil {
		t.Fatalf("hand: %v", err)
	}
}

func check(t *testing.T, got Got, c adapter.Case) {
	t.Helper()
	if string(got.Content) != string(c.Content) || len(got.Attachments) != len(c.Attachments) {
		t.Fatalf("the platform has %q and %d attachments", got.Content, len(got.Attachments))
	}
	for _, want := range c.Attachments {
		if string(got.Attachments[want.Material]) != string(want.Data) {
			t.Fatalf("attachment %s is %q", want.Material, got.Attachments[want.Material])
		}
	}
}

func testName(t *testing.T, a adapter.Adapter, _ Platform) {
	if !regexp.MustCompile(`^[a-z0-9-]{1,32}$`).MatchString(a.Name()) {
		t.Fatalf("name %q", a.Name())
	}
}

func testHandsWhole(t *testing.T, a adapter.Adapter, p Platform) {
	c := Case(t, "whole")
	hand(t, a, c)
	rating := adapter.Case{
		Lane: wire.LaneRatings, ID: "rating", Terminal: "MX0427-1", Digest: seal.Digest(nil),
		StoredAt: c.StoredAt, Content: json.RawMessage(`{"id":"rating","level":5,"later":"field"}`),
	}
	hand(t, a, rating)
	got := p.Cases(t)
	if len(got) != 2 {
		t.Fatalf("the platform has %d cases", len(got))
	}
	check(t, got["whole"], c)
	check(t, got["rating"], rating)
}

func testHandsOnce(t *testing.T, a adapter.Adapter, p Platform) {
	c := Case(t, "once")
	for range 3 {
		hand(t, a, c)
	}
	if got := p.Cases(t); len(got) != 1 {
		t.Fatalf("the platform has %d cases", len(got))
	}
}

func testOtherContent(t *testing.T, a adapter.Adapter, p Platform) {
	c := Case(t, "other")
	hand(t, a, c)
	other := c
	other.Content = json.RawMessage(`{"id":"other"}`)
	if _, err := a.Hand(t.Context(), other); !errors.Is(err, adapter.ErrRefused) {
		t.Fatalf("another content under the same id: %v", err)
	}
	check(t, p.Cases(t)["other"], c)
}

func testManyAtOnce(t *testing.T, a adapter.Adapter, p Platform) {
	ids := []string{"a", "b", "c", "d", "e", "f"}
	var all sync.WaitGroup
	for _, id := range ids {
		c := Case(t, id)
		for range 3 { // the same at once: one may fail, none may harm
			all.Go(func() { _, _ = a.Hand(t.Context(), c) })
		}
	}
	all.Wait()
	for _, id := range ids {
		c := Case(t, id)
		hand(t, a, c)
		check(t, p.Cases(t)[id], c)
	}
}

// testGivenUp hands on under a context that is over: an error, and the next try starts clean.
func testGivenUp(t *testing.T, a adapter.Adapter, p Platform) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c := Case(t, "given-up")
	if _, err := a.Hand(ctx, c); err == nil {
		t.Fatal("handed on, though nobody waits for it")
	}
	if err := a.Poll(ctx, func(context.Context, adapter.Answer) error { return nil }); err == nil && len(p.Waiting(t)) > 0 {
		t.Fatal("polled to the end, though nobody waits for it")
	}
	hand(t, a, c)
	check(t, p.Cases(t)["given-up"], c)
}

func letter(text string) wire.Letter {
	return wire.Letter{Kind: wire.LetterReply, Matter: "m", Text: text, At: time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)}
}

func poll(t *testing.T, a adapter.Adapter, take func(adapter.Answer) error) {
	t.Helper()
	if err := a.Poll(t.Context(), func(_ context.Context, got adapter.Answer) error { return take(got) }); err != nil {
		t.Fatalf("poll: %v", err)
	}
}

func testAnswersInOrder(t *testing.T, a adapter.Adapter, p Platform) {
	var want []wire.Letter
	for _, key := range []string{"k1", "k2", "k3"} {
		l := letter(key)
		l.Attachment = &wire.File{Name: "结果.pdf", Media: "application/pdf", Data: []byte("%PDF-" + key)}
		p.Answer(t, key, l)
		want = append(want, l)
	}
	var got []wire.Letter
	keys := map[string]bool{}
	poll(t, a, func(answer adapter.Answer) error {
		keys[answer.Key] = true
		answer.ID = ""
		got = append(got, answer.Letter)
		return nil
	})
	if !reflect.DeepEqual(got, want) || len(keys) != 3 || keys[""] {
		t.Fatalf("answers %+v, keys %v", got, keys)
	}
	if w := p.Waiting(t); len(w) != 0 {
		t.Fatalf("left: %v", w)
	}
}

func testTakenOnce(t *testing.T, a adapter.Adapter, p Platform) {
	p.Answer(t, "k", letter("once"))
	n := 0
	for range 2 {
		poll(t, a, func(adapter.Answer) error { n++; return nil })
	}
	if n != 1 {
		t.Fatalf("taken %d times", n)
	}
}

func testRefused(t *testing.T, a adapter.Adapter, p Platform) {
	p.Answer(t, "bad", letter("bad"))
	p.Answer(t, "good", letter("good"))
	for range 2 {
		poll(t, a, func(answer adapter.Answer) error {
			if answer.Text == "bad" {
				return adapter.Refuse("nobody knows that matter")
			}
			return nil
		})
	}
	why := p.Refused(t)
	if len(why) != 1 || !regexp.MustCompile("nobody knows that matter").MatchString(why["bad"]) || len(p.Waiting(t)) != 0 {
		t.Fatalf("refused %v, left %v", why, p.Waiting(t))
	}
}

func testLeft(t *testing.T, a adapter.Adapter, p Platform) {
	p.Answer(t, "k1", letter("left"))
	p.Answer(t, "k2", letter("taken"))
	left := true
	take := func(answer adapter.Answer) error {
		if answer.Text == "left" && left {
			return adapter.ErrLeave
		}
		return nil
	}
	poll(t, a, take)
	if w := p.Waiting(t); !slices.Equal(w, []string{"k1"}) {
		t.Fatalf("left: %v", w)
	}
	left = false
	poll(t, a, take)
	if w := p.Waiting(t); len(w) != 0 {
		t.Fatalf("left in the end: %v", w)
	}
}

func testFailure(t *testing.T, a adapter.Adapter, p Platform) {
	p.Answer(t, "k1", letter("one"))
	p.Answer(t, "k2", letter("two"))
	broken := errors.New("no space left")
	n := 0
	err := a.Poll(t.Context(), func(context.Context, adapter.Answer) error { n++; return broken })
	if !errors.Is(err, broken) || n != 1 {
		t.Fatalf("%v after %d", err, n)
	}
	if w := p.Waiting(t); len(w) != 2 || len(p.Refused(t)) != 0 {
		t.Fatalf("left: %v", w)
	}
}
