package mailbox_test

import (
	"encoding/json"
	"errors"
	"testing"

	"pgregory.net/rapid"

	"zhizhu/offline/mailbox"
	"zhizhu/offline/seal"
	"zhizhu/offline/wire"
)

// FuzzTake offers what somebody might put on the line or on a stick: nothing is taken that the gateway didn't send.
func FuzzTake(f *testing.F) {
	b := newBox(f)
	good := b.next(letter(1))
	for _, mail := range []wire.Mail{{}, {Posts: []wire.Post{good}}, {Posts: []wire.Post{good, b.next(letter(2))}, More: true}} {
		text, err := json.Marshal(mail)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(`{"posts":[{"seq":18446744073709551615,"id":"` + letter(1).ID + `","terminal":"MX0427-1"}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var mail wire.Mail
		if json.Unmarshal(text, &mail) != nil {
			return
		}
		b.t = t
		_, err := b.Take(t.Context(), mail.Posts)
		var refused *mailbox.RefusedError
		if err != nil && !errors.As(err, &refused) {
			t.Fatal(err)
		}
		got, err := b.Find(t.Context(), personA, "")
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range got {
			if l.Text != words || l.ID != letter(1).ID && l.ID != letter(2).ID {
				t.Fatalf("took %+v", l)
			}
		}
	})
}

// FuzzLetter has the gateway itself send what isn't a letter.
func FuzzLetter(f *testing.F) {
	b := newBox(f)
	text, err := json.Marshal(letter(1))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"id":"a","kind":"refused","matter":"b","attachment":{"media":"application/pdf","data":"JVBERi0="}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		b.t = t
		b.seq++
		p := b.packed(text, seal.Binding{ID: letter(1).ID, Terminal: terminal, Item: "x"}, b.post.Public(), b.seq)
		_, err := b.Take(t.Context(), []wire.Post{p})
		var refused *mailbox.RefusedError
		if err != nil && !errors.As(err, &refused) {
			t.Fatal(err)
		}
		if c := b.cursor(); c != b.seq {
			t.Fatalf("cursor %d after %d", c, b.seq)
		}
	})
}

// TestNothingIsEverSkipped plays mailboxes whose post arrives damaged, twice, in pieces, by a line that breaks off.
func TestNothingIsEverSkipped(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b := newBox(t)
		n := rapid.IntRange(1, 8).Draw(rt, "letters")
		posts := make([]wire.Post, n)
		for i := range posts {
			posts[i] = b.next(letter(i + 1))
		}
		round := func(damage bool) {
			after := b.cursor()
			for {
				page := posts[min(int(after), n):min(int(after)+rapid.IntRange(1, 3).Draw(rt, "page"), n)]
				if len(page) == 0 || damage && rapid.Bool().Draw(rt, "cut") {
					return
				}
				got := append([]wire.Post{}, page...)
				for i := range got {
					if damage && rapid.Bool().Draw(rt, "damaged") {
						got[i].Packet = got[i].Packet[:len(got[i].Packet)-1]
					}
				}
				var refused *mailbox.RefusedError
				next, err := b.Take(t.Context(), got)
				if err != nil && !errors.As(err, &refused) || next <= after {
					rt.Fatal(next, err)
				}
				after = next
			}
		}
		for range rapid.IntRange(0, 3).Draw(rt, "rounds") {
			round(true)
			b.reopen()
		}
		round(false)
		if got := b.find(personA, ""); len(got) != n || b.cursor() != uint64(n) {
			rt.Fatalf("%d of %d letters, cursor %d", len(got), n, b.cursor())
		}
	})
}
