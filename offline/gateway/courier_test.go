package gateway_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/google/uuid"

	"zhizhu/offline/gateway"
	"zhizhu/offline/seal"
	"zhizhu/offline/wire"
)

// sink is what a stick is read into: the gateway, or the way to the process that is one.
type sink interface {
	SignKey(ctx context.Context, terminal string) (string, error)
	Deliver(ctx context.Context, lane, id, terminal string, packet []byte) (wire.Ack, []byte, error)
	DeliverBlob(ctx context.Context, digest, terminal string, packet []byte) (wire.Ack, []byte, error)
	Mail(ctx context.Context, terminal string, after uint64) ([]wire.Post, error)
	SignAnswer(ctx context.Context, message []byte) (string, []byte, error)
}

// TestSticks delivers by stick what also comes by line: once, by the same checks, with the same acknowledgement.
func TestSticks(t *testing.T) {
	r := serve(t, t.TempDir(), nil)
	r.enrol("MX0427") // Serve is up
	remote, err := gateway.Connect(t.Context(), r.Dir())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = remote.Close() }()
	for name, s := range map[string]sink{"itself": r.Gateway, "by its socket": remote} {
		t.Run(name, func(t *testing.T) { testStick(t, r, s) })
	}
}

func testStick(t *testing.T, r *rig, s sink) {
	m, neighbour := r.enrol("MX0427"), r.enrol("ZC0001")
	if key, err := s.SignKey(t.Context(), m.Terminal); err != nil || key != m.sign.Public().Hex() {
		t.Fatalf("sign key %q, %v", key, err)
	}
	sent := m.matter()
	packet := m.packMatter(t, sent)
	byLine, _ := r.put(m, wire.LaneMatters, sent.ID, packet)
	ack, signature, err := s.Deliver(t.Context(), wire.LaneMatters, sent.ID, m.Terminal, packet)
	if err != nil || !ack.Again || !ack.StoredAt.Equal(byLine.StoredAt) || seal.Verify(m.ack, ack.Signed(), signature) != nil {
		t.Fatalf("%+v, %v", ack, err)
	}
	next := m.matter()
	first := m.packMatter(t, next)
	if ack, _, err = s.Deliver(t.Context(), wire.LaneMatters, next.ID, m.Terminal, first); err != nil || ack.Again {
		t.Fatalf("%+v, %v", ack, err)
	}
	if again, status := r.put(m, wire.LaneMatters, next.ID, first); status != http.StatusOK || !again.StoredAt.Equal(ack.StoredAt) {
		t.Fatalf("by line afterwards: %d %+v", status, again)
	}

	blob, digest := m.blob(t, 3000, m.Terminal)
	if got := r.patch(m, blob, 0, 1000); got.status != http.StatusNoContent {
		t.Fatalf("half by line: %d", got.status)
	}
	for _, again := range []bool{false, true} {
		ack, signature, err := s.DeliverBlob(t.Context(), digest, m.Terminal, blob)
		if err != nil || ack.Again != again || ack.ID != digest || seal.Verify(m.ack, ack.Signed(), signature) != nil {
			t.Fatalf("%+v, %v", ack, err)
		}
	}

	r.send(wire.Letter{Kind: wire.LetterAccepted, Matter: sent.ID})
	posts, err := s.Mail(t.Context(), m.Terminal, 0)
	if err != nil || len(posts) != 1 {
		t.Fatalf("%+v, %v", posts, err)
	}
	m.open(t, posts[0])
	if posts, err = s.Mail(t.Context(), m.Terminal, posts[0].Seq); err != nil || len(posts) != 0 {
		t.Fatalf("%+v, %v", posts, err)
	}

	message := []byte("zhizhu-courier-1\nanswer\n{}")
	key, signature, err := s.SignAnswer(t.Context(), message)
	if err != nil || key != m.AckKey || seal.Verify(m.ack, message, signature) != nil {
		t.Fatalf("sign answer: %v", err)
	}
	testUnfit(t, r, s, m, neighbour)
}

// testUnfit delivers what no line would be let through with.
func testUnfit(t *testing.T, r *rig, s sink, m, neighbour *terminal) {
	sent := m.matter()
	packet := m.packMatter(t, sent)
	altered := append([]byte{}, packet...)
	altered[len(altered)-1] ^= 1
	blob, digest := m.blob(t, 100, neighbour.Terminal)
	gone := r.enrol("MX0427")
	if err := r.Revoke(t.Context(), gone.Terminal); err != nil {
		t.Fatal(err)
	}
	deliver := func(lane, id, terminal string, packet []byte) error {
		_, _, err := s.Deliver(t.Context(), lane, id, terminal, packet)
		return err
	}
	deliverBlob := func(digest string, packet []byte) error {
		_, _, err := s.DeliverBlob(t.Context(), digest, m.Terminal, packet)
		return err
	}
	_, mail := s.Mail(t.Context(), "MX0427-99", 0)
	_, _, forged := s.SignAnswer(t.Context(), wire.Ack{ID: sent.ID, Digest: seal.Digest(packet)}.Signed())
	for name, err := range map[string]error{
		"altered":            deliver(wire.LaneMatters, sent.ID, m.Terminal, altered),
		"another id":         deliver(wire.LaneMatters, uuid.NewString(), m.Terminal, packet),
		"an id that is none": deliver(wire.LaneMatters, "../x", m.Terminal, packet),
		"another lane":       deliver("letters", sent.ID, m.Terminal, packet),
		"another station":    deliver(wire.LaneMatters, sent.ID, neighbour.Terminal, packet),
		"nobody":             deliver(wire.LaneMatters, sent.ID, "MX0427-99", packet),
		"revoked":            deliver(wire.LaneMatters, sent.ID, gone.Terminal, packet),
		"too large":          deliver(wire.LaneMatters, sent.ID, m.Terminal, make([]byte, 300<<10)),
		"another's blob":     deliverBlob(digest, blob),
		"wrong blob":         deliverBlob(seal.Digest(nil), blob),
		"blob without name":  deliverBlob("x", blob),
		"mail of nobody":     mail,
		"a forged receipt":   forged,
	} {
		if !errors.Is(err, gateway.ErrUnfit) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := r.call(m, http.MethodHead, wire.PathBlob(digest), nil, nil); got.status != http.StatusNotFound {
		t.Errorf("something stayed of a blob that was refused: %d", got.status)
	}
}

// TestStickWhileNothingCanBeStored says "try again", never "unfit": the stick is read once more.
func TestStickWhileNothingCanBeStored(t *testing.T) {
	dir := t.TempDir()
	r := serve(t, dir, func(o *gateway.Options) { o.Store = &brokenStore{openEngine(t, dir), false} })
	m := r.enrol("MX0427")
	sent := m.matter()
	_, _, err := r.Deliver(t.Context(), wire.LaneMatters, sent.ID, m.Terminal, m.packMatter(t, sent))
	if !errors.Is(err, gateway.ErrKeep) || errors.Is(err, gateway.ErrUnfit) {
		t.Fatalf("%v", err)
	}
}
