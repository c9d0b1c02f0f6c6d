package courier_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"zhizhu/offline/courier"
	"zhizhu/offline/courier/stick"
	"zhizhu/offline/mailbox"
	"zhizhu/offline/outbox"
	"zhizhu/offline/store"
	"zhizhu/offline/wire"
)

// spoil does to one file of a stick what a bad cell, a clumsy copy or a bad hand does, and returns which.
func spoil(rt *rapid.T, t *testing.T, dir, among string) string {
	all := files(t, dir)
	paths := slices.DeleteFunc(keys(all), func(p string) bool { return !strings.Contains(p, among) })
	path := rapid.SampledFrom(paths).Draw(rt, "file")
	content := all[path]
	switch rapid.SampledFrom([]string{"flip", "flip", "flip", "cut", "lengthen", "remove", "empty", "swap", "double"}).Draw(rt, "how") {
	case "flip":
		i := rapid.IntRange(0, len(content)-1).Draw(rt, "byte")
		content[i] ^= byte(rapid.IntRange(1, 255).Draw(rt, "bits"))
	case "cut":
		content = content[:rapid.IntRange(0, len(content)-1).Draw(rt, "length")]
	case "lengthen":
		content = append(content, content[:rapid.IntRange(1, len(content)).Draw(rt, "more")]...)
	case "remove":
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		return path
	case "empty":
		content = nil
	case "swap":
		content = all[rapid.SampledFrom(paths).Draw(rt, "other")]
	case "double": // under the name of a newer one
		path = filepath.Join(filepath.Dir(path), strings.Replace(filepath.Base(path), "0000000", "0000001", 1))
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// named are the kinds of errors that say what is wrong with a spoilt stick.
func named(err error) bool {
	return slices.ContainsFunc([]error{stick.ErrTorn, stick.ErrAltered, stick.ErrForeign, stick.ErrNewer, stick.ErrEmpty, stick.ErrUnanswered},
		func(kind error) bool { return errors.Is(err, kind) })
}

// Whatever is done to one file of an export: each packet is taken as it was sealed, or the stick is named.
func TestSpoiltExports(t *testing.T) {
	g := newTown(t)
	v := g.village("MX0427")
	base := memory(t)
	v.everything()
	v.export(base)
	v.lodge(2)
	v.export(base) // two packs
	total := v.waiting()
	want := map[string]string{}
	for _, lane := range []string{outbox.LaneRatings, outbox.LaneFeedback, outbox.LaneMatters} {
		waiting, err := v.Pending(t.Context(), lane, 100, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range waiting {
			want[w.ID] = w.Digest
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		dir := copyStick(t, base)
		path := spoil(rt, t, dir, "to-gateway")
		all, err := g.receive(dir)
		if err == nil && len(all) == 1 {
			err = all[0].Err
			if len(all[0].Refused) > 0 {
				rt.Fatalf("%s: %+v", path, all[0])
			}
			if n := all[0].Stored + all[0].Again; n < total && !named(err) {
				rt.Fatalf("%s: %d of %d taken, and %v", path, n, total, err)
			}
		}
		if err != nil && !named(err) && !errors.Is(err, stick.ErrOld) {
			rt.Fatalf("%s: %v", path, err)
		}
		for id, digest := range g.stored() {
			if want[id] != digest {
				rt.Fatalf("%s: stored %s, which nobody lodged", path, id)
			}
		}
	})
	g.received(base)
	if n := len(g.stored()); n != len(want) {
		t.Fatalf("%d of %d stored in the end", n, len(want))
	}
}

// proofs is an outbox that believes nothing was acknowledged, and only counts what is.
type proofs struct {
	*outbox.Outbox
	n int
}

func (p *proofs) Settle(_ context.Context, all []outbox.Proof) error { p.n += len(all); return nil }

func (p *proofs) Receipt(context.Context, string) (wire.Ack, []byte, error) {
	return wire.Ack{}, nil, outbox.ErrUnknown
}

// Whatever is done to one file of an answer: each acknowledgement and letter is taken as it was signed, or the stick is
// named; and no letter that was lost on it is ever passed.
func TestSpoiltAnswers(t *testing.T) {
	g := newTown(t)
	v := g.village("MX0427")
	base := memory(t)
	lodged := v.lodge(3)
	v.export(base)
	g.received(base)
	for _, l := range lodged {
		if _, err := g.Send(t.Context(), wire.Letter{Kind: wire.LetterAccepted, Matter: l.ID, Text: personaName}); err != nil {
			t.Fatal(err)
		}
	}
	g.received(base)
	for path := range files(t, base) { // else the export tells what the answer would
		if strings.Contains(path, "to-gateway") {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		dir := copyStick(t, base)
		path := spoil(rt, t, dir, "to-terminal")
		count := &proofs{Outbox: v.Outbox}
		box := v.freshMailbox()
		o := v.options(func(o *courier.Options) { o.Outbox, o.Mailbox = count, box })
		in, err := courier.Import(t.Context(), dir, o)
		if err != nil && !named(err) && !errors.Is(err, stick.ErrOld) {
			rt.Fatalf("%s: %v", path, err)
		}
		if (count.n < 4 || in.Letters < 3) && !named(err) {
			rt.Fatalf("%s: %d acknowledgements, %d letters, and %v", path, count.n, in.Letters, err)
		}
		if err != nil && strings.Contains(err.Error(), personaName) {
			rt.Fatalf("%s: the error holds personal data", path)
		}
		// The stick as it was brings what is missing.
		if _, err := courier.Import(t.Context(), base, o); err != nil && !errors.Is(err, stick.ErrOld) {
			rt.Fatal(err)
		}
		found, err := box.Find(t.Context(), personaNumber, "")
		reached, err2 := box.Reached(t.Context())
		if len(found) != 3 || reached != 3 || err != nil || err2 != nil {
			rt.Fatalf("%s: %d letters, up to %d, %v, %v", path, len(found), reached, err, err2)
		}
	})
}

// freshMailbox is a mailbox of this terminal on a data file of its own.
func (v *village) freshMailbox() *mailbox.Mailbox {
	v.t.Helper()
	log := slog.New(slog.NewTextHandler(v.log, nil))
	now := func() time.Time { return noon }
	s, _, err := store.Open(v.t.Context(), store.Options{
		Path: filepath.Join(memory(v.t), "zhizhu.db"), Schema: store.Schema{Tables: mailbox.Tables()}, Now: now, Log: log,
	})
	if err != nil {
		v.t.Fatal(err)
	}
	v.t.Cleanup(func() { _ = s.Close() })
	box, err := mailbox.New(mailbox.Options{
		Store: s, Box: v.id.Box, PostKey: v.id.PostKey, AckKey: v.id.AckKey, Terminal: v.id.Terminal, Now: now, Log: log,
	})
	if err != nil {
		v.t.Fatal(err)
	}
	return box
}

// A letter taken off a stick together with its entry would be passed, were the answer not signed as a whole.
func TestAnAnswerWithoutOneOfItsLetters(t *testing.T) {
	g := newTown(t)
	v := g.village("MX0427")
	dir := memory(t)
	lodged := v.lodge(1)
	v.export(dir)
	g.received(dir)
	if _, err := g.Send(t.Context(), wire.Letter{Kind: wire.LetterAccepted, Matter: lodged[0].ID}); err != nil {
		t.Fatal(err)
	}
	g.received(dir)
	for path, content := range files(t, dir) {
		if !strings.HasPrefix(filepath.Base(path), "answer-") {
			continue
		}
		head, body, _ := strings.Cut(string(content), "\n")
		from, to := strings.Index(body, `"posts":[`), strings.LastIndex(body, "]")
		body = body[:from] + `"posts":[` + body[to:]
		fields := strings.Split(head, " ")
		fields[2] = fmt.Sprint(len(body))
		if err := os.WriteFile(path, []byte(strings.Join(fields, " ")+"\n"+body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := courier.Import(t.Context(), dir, v.options()); !errors.Is(err, stick.ErrAltered) {
		t.Fatal(err)
	}
	if reached, err := v.Post.Reached(t.Context()); reached != 0 || err != nil {
		t.Fatal(reached, err)
	}
}
