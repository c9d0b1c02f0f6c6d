package storetest

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"zhizhu/offline/gateway/store"
)

func postTests() map[string]func(*testing.T, Engine) {
	return map[string]func(*testing.T, Engine){
		"Posts":            testPosts,
		"PostOnce":         testPostOnce,
		"PostFillError":    testPostFillError,
		"PostMissesNone":   testPostMissesNone,
		"PostsExpire":      testPostsExpire,
		"PostAmongMailbox": testPostDrop,
	}
}

func letter(id string, expires time.Time) func(seq uint64) (store.Post, error) {
	return func(seq uint64) (store.Post, error) {
		return store.Post{
			ID: id, Matter: "matter of " + id, Digest: "digest of " + id, Packet: []byte("packet of " + id),
			Signature: fmt.Appendf(nil, "signature %d", seq), Expires: expires,
		}, nil
	}
}

func mustPost(t *testing.T, s store.Store, terminal, id string) {
	t.Helper()
	if err := s.AddPost(t.Context(), terminal, at(1), letter(id, at(30))); err != nil {
		t.Fatalf("add post: %v", err)
	}
}

// mustHave compares a mailbox after a sequence number with letters and where they lie.
func mustHave(t *testing.T, s store.Store, terminal string, after uint64, limit int, want ...string) {
	t.Helper()
	list, err := s.Posts(t.Context(), terminal, after, limit)
	if err != nil {
		t.Fatalf("list posts: %v", err)
	}
	var got []string
	for _, p := range list {
		if p.Seq <= after || p.Terminal != terminal || !p.At.Equal(at(1)) || p.Matter != "matter of "+p.ID ||
			p.Digest != "digest of "+p.ID || string(p.Packet) != "packet of "+p.ID ||
			string(p.Signature) != fmt.Sprintf("signature %d", p.Seq) || p.Expires.IsZero() {
			t.Fatalf("post %+v", p)
		}
		after = p.Seq
		got = append(got, fmt.Sprintf("%d %s", p.Seq, p.ID))
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatalf("%s has %q, want %q", terminal, got, want)
	}
}

func testPosts(t *testing.T, engine Engine) {
	place := engine(t)
	s, err := place.Open()
	if err != nil {
		t.Fatal(err)
	}
	mustHave(t, s, "MX0427-1", 0, 9)
	for _, id := range []string{"a", "b", "c"} {
		mustPost(t, s, "MX0427-1", id)
	}
	mustPost(t, s, "MX0427-10", "b") // a name that begins like the other's
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, place)
	mustPost(t, s, "MX0427-1", "d")
	mustHave(t, s, "MX0427-1", 0, 9, "1 a", "2 b", "3 c", "4 d")
	mustHave(t, s, "MX0427-1", 1, 2, "2 b", "3 c")
	mustHave(t, s, "MX0427-1", 4, 9)
	mustHave(t, s, "MX0427-10", 0, 9, "1 b")
}

func testPostDrop(t *testing.T, engine Engine) {
	s := open(t, engine(t))
	for _, terminal := range []string{"MX0427-1", "MX0427-2"} {
		mustPost(t, s, terminal, "a")
		mustPost(t, s, terminal, "aa")
	}
	mustPost(t, s, "ZC0001-1", "b")
	for _, c := range []struct {
		id   string
		want int
	}{{"a", 2}, {"a", 0}, {"nobody's", 0}, {"b", 1}} {
		if n, err := s.DropPost(t.Context(), c.id); n != c.want || err != nil {
			t.Fatalf("drop %s: %d, %v", c.id, n, err)
		}
	}
	mustHave(t, s, "MX0427-1", 0, 9, "2 aa")
	mustHave(t, s, "MX0427-2", 0, 9, "2 aa")
	mustHave(t, s, "ZC0001-1", 0, 9)
	mustPost(t, s, "MX0427-1", "c") // what was dropped frees no number
	mustHave(t, s, "MX0427-1", 2, 9, "3 c")
}

func testPostOnce(t *testing.T, engine Engine) {
	s := open(t, engine(t))
	const terminal = "MX0427-1"
	mustPost(t, s, terminal, "a")
	mustPost(t, s, terminal, "a")
	mustPost(t, s, terminal, "b")
	mustHave(t, s, terminal, 0, 9, "1 a", "2 b")
	if n, err := s.DropPost(t.Context(), "a"); n != 1 || err != nil {
		t.Fatalf("drop: %d, %v", n, err)
	}
	mustPost(t, s, terminal, "a") // delivered is delivered
	mustHave(t, s, terminal, 0, 9, "2 b")
	mustPost(t, s, terminal, "c")
	mustHave(t, s, terminal, 2, 9, "3 c")
}

func testPostFillError(t *testing.T, engine Engine) {
	s := open(t, engine(t))
	broken := errors.New("no signature today")
	err := s.AddPost(t.Context(), "MX0427-1", at(1), func(uint64) (store.Post, error) { return store.Post{}, broken })
	if !errors.Is(err, broken) {
		t.Fatalf("add post: %v", err)
	}
	if err := s.AddPost(t.Context(), "MX0427-1", at(1), letter("", at(30))); err == nil {
		t.Fatal("a letter without an id is kept")
	}
	mustPost(t, s, "MX0427-1", "a")
	mustHave(t, s, "MX0427-1", 0, 9, "1 a")
}

// testPostMissesNone adds to one mailbox from many sides, while its terminal fetches.
func testPostMissesNone(t *testing.T, engine Engine) {
	s := open(t, engine(t))
	const terminal, writers, each = "MX0427-1", 8, 10
	var all sync.WaitGroup
	for n := range writers {
		all.Go(func() {
			for i := range each {
				if err := s.AddPost(t.Context(), terminal, at(1), letter(fmt.Sprintf("%d-%d", n, i), at(30))); err != nil {
					t.Errorf("add post: %v", err)
				}
			}
		})
	}
	ended := make(chan struct{})
	go func() { all.Wait(); close(ended) }()
	fetched, after := map[string]bool{}, uint64(0)
	for last := false; !last; {
		select {
		case <-ended:
			last = true
		default:
		}
		list, err := s.Posts(t.Context(), terminal, after, 1000)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range list {
			if fetched[p.ID] || p.Seq != after+1 {
				t.Fatalf("fetched %s as %d after %d", p.ID, p.Seq, after)
			}
			fetched[p.ID], after = true, p.Seq
		}
	}
	if len(fetched) != writers*each {
		t.Fatalf("fetched %d of %d", len(fetched), writers*each)
	}
}

func testPostsExpire(t *testing.T, engine Engine) {
	s := open(t, engine(t))
	for i, id := range []string{"a", "b", "c"} {
		if err := s.AddPost(t.Context(), "MX0427-1", at(1), letter(id, at(30-10*i))); err != nil {
			t.Fatal(err)
		}
	}
	mustPost(t, s, "MX0427-2", "a")
	if n, err := s.ExpirePosts(t.Context(), at(9)); n != 0 || err != nil {
		t.Fatalf("expired %d, %v", n, err)
	}
	if n, err := s.ExpirePosts(t.Context(), at(20)); n != 2 || err != nil {
		t.Fatalf("expired %d, %v", n, err)
	}
	mustHave(t, s, "MX0427-1", 0, 9, "1 a")
	mustHave(t, s, "MX0427-2", 0, 9, "1 a")
	if n, err := s.DropPost(t.Context(), "b"); n != 0 || err != nil {
		t.Fatalf("drop what expired: %d, %v", n, err)
	}
	if n, err := s.ExpirePosts(t.Context(), at(30)); n != 2 || err != nil {
		t.Fatalf("expired %d, %v", n, err)
	}
}
