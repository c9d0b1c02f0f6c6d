package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"

	"zhizhu/offline/wire"
)

// maxLetter is the largest letter that the commands may send: a PDF of 2 MB in base64, and words.
const maxLetter = 4 << 20

// readJSON reads the body of a command's request.
func readJSON[T any](w http.ResponseWriter, r *http.Request, limit int64) (asked T, refused *refusal) {
	body, refused := readBody(w, r, limit)
	if refused == nil && json.Unmarshal(body, &asked) != nil {
		refused = refuse(http.StatusBadRequest, problemBlank, "the body is not JSON")
	}
	return asked, refused
}

func (g *Gateway) adminLetter(w http.ResponseWriter, r *http.Request) {
	letter, refused := readJSON[wire.Letter](w, r, maxLetter)
	if refused != nil {
		g.answer(w, r, refused)
		return
	}
	sent, err := g.Send(r.Context(), letter)
	switch {
	case errors.Is(err, ErrLetter), errors.Is(err, ErrMatter), errors.Is(err, ErrNobody):
		g.answer(w, r, refuse(http.StatusUnprocessableEntity, problemBlank, err.Error()))
	case err != nil:
		g.answer(w, r, refuse(http.StatusServiceUnavailable, wire.ProblemStorage, err.Error()).because(err))
	default:
		g.writeJSON(w, r, wire.TypeJSON, http.StatusOK, sent)
	}
}

// retried is the answer of POST /retry.
type retried struct {
	Due int `json:"due"`
}

func (g *Gateway) adminRetry(w http.ResponseWriter, r *http.Request) {
	n, err := g.Retry(r.Context())
	switch {
	case errors.Is(err, ErrNoAdapter):
		g.answer(w, r, refuse(http.StatusUnprocessableEntity, problemBlank, err.Error()))
	case err != nil:
		g.answer(w, r, refuse(http.StatusServiceUnavailable, wire.ProblemStorage, err.Error()).because(err))
	default:
		g.writeJSON(w, r, wire.TypeJSON, http.StatusOK, retried{Due: n})
	}
}

// Send is Gateway.Send.
func (r *Remote) Send(ctx context.Context, letter wire.Letter) (Sent, error) {
	var sent Sent
	err := r.ask(ctx, adminLetter, letter, &sent)
	return sent, err
}

// Retry is Gateway.Retry.
func (r *Remote) Retry(ctx context.Context) (int, error) {
	var due retried
	err := r.ask(ctx, adminRetry, struct{}{}, &due)
	return due.Due, err
}

// ServeMetrics answers /metrics and /healthz on ln, without TLS and to whoever can reach it, until ctx ends. It closes ln.
// Listen on this machine or on a network of the operators' own: terminals must not get there.
func (g *Gateway) ServeMetrics(ctx context.Context, ln net.Listener) error {
	mux := http.NewServeMux()
	mux.Handle("GET "+adminMetrics, g.Metrics())
	mux.HandleFunc("GET "+wire.PathHealth, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	srv := g.server(ctx, g.guard(mux))
	return run(ctx, srv, func() error { return srv.Serve(ln) })
}
