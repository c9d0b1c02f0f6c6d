package gateway

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"

	"zhizhu/offline/gateway/store"
	"zhizhu/offline/wire"
)

// renew gives a terminal that may speak a new certificate. The old one stays good until its own end, so a lost answer
// costs nothing: the terminal asks again with what it has.
func (g *Gateway) renew(w http.ResponseWriter, r *http.Request) {
	terminal, refused := g.identify(r)
	if refused != nil {
		g.answer(w, r, refused)
		return
	}
	body, refused := readBody(w, r, maxEnrolment)
	if refused != nil {
		g.answer(w, r, refused)
		return
	}
	renewed, refused := g.reissue(r, terminal, body)
	if refused != nil {
		g.answer(w, r, refused)
		return
	}
	g.counts.add(func(c *Counts) { c.Renewed++ })
	g.log.InfoContext(r.Context(), "Certificate renewed", slog.String("terminal", terminal.ID))
	g.writeJSON(w, r, wire.TypeJSON, http.StatusOK, g.enrolled(renewed))
}

func (g *Gateway) reissue(r *http.Request, t store.Terminal, body []byte) (store.Terminal, *refusal) {
	var asked wire.Renewal
	if err := json.Unmarshal(body, &asked); err != nil {
		return t, refuse(http.StatusBadRequest, problemBlank, "the body is not a renewal in JSON")
	}
	csr, err := parseRequest(asked.CSR)
	if err != nil {
		return t, refuse(http.StatusBadRequest, problemBlank, "csr must be a PEM certificate request with an ECDSA P-256 key, signed by it").because(err)
	}
	if refused := checkPostKey(asked.PostKey); refused != nil {
		return t, refused
	}
	cert, err := g.ca.Issue(csr, t.ID)
	if err != nil {
		return t, refuseStore(err)
	}
	err = g.store.Renew(r.Context(), t.ID, keyHash(csr.RawSubjectPublicKeyInfo), asked.PostKey, string(cert), g.stamp())
	switch {
	case errors.Is(err, store.ErrRevoked), errors.Is(err, store.ErrNotFound): // between the question and now
		return t, refuse(http.StatusForbidden, wire.ProblemIdentity, "this terminal was revoked: enrol it with a new code if that was a mistake").because(err)
	case err != nil:
		return t, refuseStore(err)
	}
	t.Certificate = string(cert)
	return t, nil
}
