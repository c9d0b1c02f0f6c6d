package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"zhizhu/offline/gateway/store"
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

// delivery is the body of POST /deliver.
type delivery struct {
	Lane     string `json:"lane"` // laneBlobs for an attachment
	ID       string `json:"id"`
	Terminal string `json:"terminal"`
	Packet   []byte `json:"packet"`
}

const (
	maxDelivery = 6 << 20 // bytes: a blob in base64
	mailTimeout = 10 * time.Minute
)

// routeCourier lets the command courier work while the gateway serves.
func (g *Gateway) routeCourier(mux *http.ServeMux) {
	mux.HandleFunc("POST "+adminDeliver, func(w http.ResponseWriter, r *http.Request) {
		d, refused := readJSON[delivery](w, r, maxDelivery)
		if refused != nil {
			g.answer(w, r, refused)
			return
		}
		var done Delivered
		var err error
		if d.Lane == laneBlobs {
			done.Ack, done.Signature, err = g.DeliverBlob(r.Context(), d.ID, d.Terminal, d.Packet)
		} else {
			done.Ack, done.Signature, err = g.Deliver(r.Context(), d.Lane, d.ID, d.Terminal, d.Packet)
		}
		g.answerCourier(w, r, done, err)
	})
	mux.HandleFunc("GET "+adminMail, func(w http.ResponseWriter, r *http.Request) {
		after, err := strconv.ParseUint(r.FormValue("after"), 10, 63)
		if err != nil {
			g.answer(w, r, refuse(http.StatusBadRequest, problemBlank, "after must be a number"))
			return
		}
		posts, err := g.Mail(r.Context(), r.FormValue("terminal"), after)
		g.answerCourier(w, r, posts, err)
	})
	mux.HandleFunc("GET "+adminSignKey, func(w http.ResponseWriter, r *http.Request) {
		key, err := g.SignKey(r.Context(), r.FormValue("terminal"))
		g.answerCourier(w, r, key, err)
	})
}

func (g *Gateway) answerCourier(w http.ResponseWriter, r *http.Request, body any, err error) {
	switch {
	case errors.Is(err, ErrUnfit):
		g.answer(w, r, refuse(http.StatusUnprocessableEntity, problemUnfit, err.Error()).because(err))
	case err != nil:
		g.answer(w, r, refuse(http.StatusServiceUnavailable, wire.ProblemStorage, err.Error()).because(err))
	default:
		g.writeJSON(w, r, wire.TypeJSON, http.StatusOK, body)
	}
}

// problemUnfit is how the socket says ErrUnfit; terminals never see it.
const problemUnfit = "urn:zhizhu:unfit"

// remoteError brings a problem back to the kind of error that it was made from.
func remoteError(p wire.Problem) error {
	switch p.Type {
	case problemUnfit:
		return fmt.Errorf("%w: %s", ErrUnfit, p.Detail)
	case wire.ProblemStorage:
		return fmt.Errorf("%w: %s", ErrKeep, p.Detail)
	}
	return errors.New(p.Detail)
}

// Deliver is Gateway.Deliver.
func (r *Remote) Deliver(ctx context.Context, lane, id, terminal string, packet []byte) (wire.Ack, []byte, error) {
	var d Delivered
	err := r.ask(ctx, adminDeliver, delivery{Lane: lane, ID: id, Terminal: terminal, Packet: packet}, &d)
	return d.Ack, d.Signature, err
}

// DeliverBlob is Gateway.DeliverBlob.
func (r *Remote) DeliverBlob(ctx context.Context, digest, terminal string, packet []byte) (wire.Ack, []byte, error) {
	return r.Deliver(ctx, laneBlobs, digest, terminal, packet)
}

// Mail is Gateway.Mail.
func (r *Remote) Mail(ctx context.Context, terminal string, after uint64) (posts []wire.Post, err error) {
	ctx, cancel := context.WithTimeout(ctx, mailTimeout)
	defer cancel()
	q := url.Values{"terminal": {terminal}, "after": {strconv.FormatUint(after, 10)}}
	err = r.get(ctx, adminMail+"?"+q.Encode(), &posts)
	return posts, err
}

// SignKey is Gateway.SignKey.
func (r *Remote) SignKey(ctx context.Context, terminal string) (key string, err error) {
	err = r.get(ctx, adminSignKey+"?"+url.Values{"terminal": {terminal}}.Encode(), &key)
	return key, err
}
