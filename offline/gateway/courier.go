package gateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"

	"zhizhu/offline/gateway/store"
	"zhizhu/offline/seal"
	"zhizhu/offline/wire"
)

// Delivered is what a record that came by stick is answered with: what HTTP answers, but for the status.
type Delivered struct {
	Ack       wire.Ack `json:"ack"`
	Signature []byte   `json:"signature"`
}

// ErrKeep says that a record that came by stick can't be kept now: the stick keeps it and is read again.
var ErrKeep = errors.New("can't be kept now: try again")

// ErrUnfit says that a record that came by stick will never be kept as it is.
var ErrUnfit = errors.New("is not fit to be kept")

// Deliver takes one record that a terminal sent by stick, through the same checks as one that comes by line. The caller
// has checked that the stick is the terminal's. The error is an ErrUnfit or an ErrKeep, and says why.
func (g *Gateway) Deliver(ctx context.Context, lane, id, terminal string, packet []byte) (wire.Ack, []byte, error) {
	t, err := g.sender(ctx, terminal)
	if err != nil {
		return wire.Ack{}, nil, err
	}
	ack, signature, refused := g.take(ctx, t, lane, id, packet)
	if refused != nil {
		return wire.Ack{}, nil, deliverError(refused)
	}
	return ack, signature, nil
}

// DeliverBlob takes one attachment that came by stick, whole. What came of it by line counts.
func (g *Gateway) DeliverBlob(ctx context.Context, digest, terminal string, packet []byte) (wire.Ack, []byte, error) {
	t, err := g.sender(ctx, terminal)
	if err != nil {
		return wire.Ack{}, nil, err
	}
	if !goodDigest(digest) || len(packet) == 0 || len(packet) > maxBlob {
		return wire.Ack{}, nil, fmt.Errorf("attachment: %w: bad name or size", ErrUnfit)
	}
	if err := store.CheckBlob(digest, packet); err != nil {
		return wire.Ack{}, nil, fmt.Errorf("attachment: %w: %w", ErrUnfit, err)
	}
	c := store.Chunk{Digest: digest, Terminal: t.ID, Size: int64(len(packet))}
	for range 100 { // several times only while the same one comes by line, too
		have, whole, refused := g.resumeAt(ctx, &c)
		switch {
		case refused != nil:
			return wire.Ack{}, nil, deliverError(refused)
		case whole || have == c.Size:
			ack, signature, refused := g.finish(ctx, t, digest)
			if refused != nil {
				return wire.Ack{}, nil, deliverError(refused)
			}
			return ack, signature, nil
		}
		c.Data, c.At = packet[have:], g.stamp()
		if _, err := g.store.AppendBlob(ctx, c); err != nil && !errors.Is(err, store.ErrOffset) {
			return wire.Ack{}, nil, fmt.Errorf("attachment: %w: %w", ErrKeep, err)
		}
	}
	return wire.Ack{}, nil, fmt.Errorf("attachment: %w: it comes by line at the same time", ErrKeep)
}

// resumeAt lets a chunk begin where the upload stands.
func (g *Gateway) resumeAt(ctx context.Context, c *store.Chunk) (have int64, whole bool, refused *refusal) {
	at, _, _, err := g.store.BlobState(ctx, c.Digest)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return 0, false, refuseStore(err)
	}
	c.Offset = at
	return g.resume(ctx, *c)
}

// Mail returns a terminal's post after a sequence number, for its stick.
func (g *Gateway) Mail(ctx context.Context, terminal string, after uint64) ([]wire.Post, error) {
	if _, err := g.sender(ctx, terminal); err != nil {
		return nil, err
	}
	var all []wire.Post
	for {
		mail, err := g.mail(ctx, terminal, after)
		if err != nil {
			return nil, fmt.Errorf("mail: %w: %w", ErrKeep, err)
		}
		all = append(all, mail.Posts...)
		if !mail.More || len(mail.Posts) == 0 {
			return all, nil
		}
		after = mail.Posts[len(mail.Posts)-1].Seq
	}
}

// SignKey returns the SM2 key (hex of the uncompressed point) by which a terminal signs its sticks.
func (g *Gateway) SignKey(ctx context.Context, terminal string) (string, error) {
	t, err := g.sender(ctx, terminal)
	return t.SignKey, err
}

// answerPrefix begins what SignAnswer signs: nothing else that this key signs begins so.
const answerPrefix = "zhizhu-courier-1\nanswer\n"

// SignAnswer signs the answer that goes back on a stick with the key of acknowledgements, and returns that key's public
// half (hex of the uncompressed point). It signs nothing that could be taken for an acknowledgement or for post.
func (g *Gateway) SignAnswer(_ context.Context, message []byte) (key string, signature []byte, err error) {
	if !bytes.HasPrefix(message, []byte(answerPrefix)) {
		return "", nil, fmt.Errorf("sign answer: %w: it is no answer on a stick", ErrUnfit)
	}
	if signature, err = seal.Sign(g.rand, g.keys.ack, message); err != nil {
		return "", nil, fmt.Errorf("sign answer: %w: %w", ErrKeep, err)
	}
	return g.keys.ack.Public().Hex(), signature, nil
}

// sender returns a terminal that may speak.
func (g *Gateway) sender(ctx context.Context, terminal string) (store.Terminal, error) {
	t, err := g.store.Terminal(ctx, terminal)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return t, fmt.Errorf("terminal: %w: it is not known here", ErrUnfit)
	case err != nil:
		return t, fmt.Errorf("terminal: %w: %w", ErrKeep, err)
	case !t.RevokedAt.IsZero():
		return t, fmt.Errorf("terminal: %w: it was revoked", ErrUnfit)
	}
	return t, nil
}

func deliverError(refused *refusal) error {
	kind := ErrUnfit
	if refused.Status >= http.StatusInternalServerError {
		kind = ErrKeep
	}
	return fmt.Errorf("record: %w: %w", kind, refused)
}
