package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"zhizhu/offline/gateway/store"
	"zhizhu/offline/wire"
)

// ErrTerminal says that no terminal of that name was ever enrolled.
var ErrTerminal = errors.New("no such terminal: it is named station-number, such as MX0427-1")

// Revoke shuts a terminal out, at once and for ever: whoever shows its certificate is refused. What it sent before
// stays. The machine comes back only with a new code, under a new name.
func (g *Gateway) Revoke(ctx context.Context, terminal string) error {
	err := g.store.Revoke(ctx, terminal, g.now().UTC())
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("revoke %q: %w", terminal, ErrTerminal)
	}
	if err != nil {
		return err
	}
	g.log.WarnContext(ctx, "Terminal revoked", slog.String("terminal", terminal))
	return nil
}

// revokeRequest is the body of POST /revoke, and of its answer.
type revokeRequest struct {
	Terminal string `json:"terminal"`
}

func (g *Gateway) adminRevoke(w http.ResponseWriter, r *http.Request) {
	var asked revokeRequest
	body, refused := readBody(w, r, maxEnrolment)
	if refused == nil && json.Unmarshal(body, &asked) != nil {
		refused = refuse(http.StatusBadRequest, problemBlank, "the body is not JSON")
	}
	if refused != nil {
		g.answer(w, r, refused)
		return
	}
	err := g.Revoke(r.Context(), asked.Terminal)
	switch {
	case errors.Is(err, ErrTerminal):
		g.answer(w, r, refuse(http.StatusUnprocessableEntity, problemBlank, err.Error()))
	case err != nil:
		g.answer(w, r, refuse(http.StatusServiceUnavailable, wire.ProblemStorage, err.Error()).because(err))
	default:
		g.writeJSON(w, r, wire.TypeJSON, http.StatusOK, asked)
	}
}

// Revoke is Gateway.Revoke.
func (r *Remote) Revoke(ctx context.Context, terminal string) error {
	body, err := json.Marshal(revokeRequest{Terminal: terminal})
	if err != nil {
		return fmt.Errorf("revoke terminal: %w", err)
	}
	answer, err := r.call(ctx, http.MethodPost, adminRevoke, body)
	if err != nil {
		return fmt.Errorf("revoke terminal: %w", err)
	}
	_ = answer.Close() // the status says it all
	return nil
}
