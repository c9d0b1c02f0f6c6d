package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"zhizhu/offline/wire"
)

// delivery is the body of POST /deliver.
type delivery struct {
	Lane     string `json:"lane"` // laneBlobs for an attachment
	ID       string `json:"id"`
	Terminal string `json:"terminal"`
	Packet   []byte `json:"packet"`
}

// signedAnswer is the body of POST /sign-answer (Message) and of its answer (the others).
type signedAnswer struct {
	Message   []byte `json:"message,omitempty"`
	Key       string `json:"key,omitempty"`
	Signature []byte `json:"signature,omitempty"`
}

const (
	maxSigned   = 64 << 20 // bytes: a year of acknowledgements
	maxDelivery = 6 << 20  // bytes: a blob in base64
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
	mux.HandleFunc("POST "+adminSignAnswer, func(w http.ResponseWriter, r *http.Request) {
		asked, refused := readJSON[signedAnswer](w, r, maxSigned)
		if refused != nil {
			g.answer(w, r, refused)
			return
		}
		key, signature, err := g.SignAnswer(r.Context(), asked.Message)
		g.answerCourier(w, r, signedAnswer{Key: key, Signature: signature}, err)
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

// SignAnswer is Gateway.SignAnswer.
func (r *Remote) SignAnswer(ctx context.Context, message []byte) (key string, signature []byte, err error) {
	var done signedAnswer
	err = r.ask(ctx, adminSignAnswer, signedAnswer{Message: message}, &done)
	return done.Key, done.Signature, err
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
