package gateway

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"zhizhu/offline/gateway/authority"
	"zhizhu/offline/gateway/store"
	"zhizhu/offline/seal"
	"zhizhu/offline/wire"
)

const maxEnrolment = 16 << 10 // bytes

// enrol gives a terminal its name and certificate for a one-time code. The same code with the same key is answered the
// same way again, because the first answer may have been lost.
func (g *Gateway) enrol(w http.ResponseWriter, r *http.Request) {
	if wait := g.attempts.wait(r.RemoteAddr); wait > 0 {
		g.answer(w, r, refuse(http.StatusTooManyRequests, problemBlank, "too many failed enrolments from this address: wait").after(wait))
		return
	}
	body, refused := readBody(w, r, maxEnrolment)
	if refused != nil {
		g.answer(w, r, refused)
		return
	}
	terminal, refused := g.redeem(r, body)
	if refused != nil {
		if refused.Status < http.StatusInternalServerError {
			g.attempts.fail(r.RemoteAddr)
		}
		g.answer(w, r, refused)
		return
	}
	g.counts.add(func(c *Counts) { c.Enrolled++ })
	g.log.InfoContext(r.Context(), "Terminal enrolled", slog.String("terminal", terminal.ID))
	g.writeJSON(w, r, wire.TypeJSON, http.StatusOK, g.enrolled(terminal))
}

// enrolled is what a terminal is told of itself and of the gateway's keys.
func (g *Gateway) enrolled(t store.Terminal) wire.Enrolled {
	return wire.Enrolled{
		Terminal: t.ID, Station: t.Station, Certificate: t.Certificate,
		SealKey: g.keys.seal.Public().Hex(), AckKey: g.keys.ack.Public().Hex(),
	}
}

func (g *Gateway) redeem(r *http.Request, body []byte) (store.Terminal, *refusal) {
	var asked wire.Enrolment
	if err := json.Unmarshal(body, &asked); err != nil {
		return store.Terminal{}, refuse(http.StatusBadRequest, problemBlank, "the body is not an enrolment in JSON")
	}
	csr, err := parseRequest(asked.CSR)
	if err != nil {
		return store.Terminal{}, refuse(http.StatusBadRequest, problemBlank, "csr must be a PEM certificate request with an ECDSA P-256 key, signed by it").because(err)
	}
	if _, err := seal.ParsePublicKey(asked.SignKey); err != nil {
		return store.Terminal{}, refuse(http.StatusBadRequest, problemBlank, "sign_key must be an SM2 public key, hex of the uncompressed point").because(err)
	}
	if refused := checkPostKey(asked.PostKey); refused != nil {
		return store.Terminal{}, refused
	}
	code, good := normalCode(asked.Code)
	if !good {
		return store.Terminal{}, refuseCode(store.ErrCodeUnknown)
	}
	now := g.stamp()
	claim := store.Claim{MAC: g.codeMAC(code), Key: keyHash(csr.RawSubjectPublicKeyInfo), SignKey: asked.SignKey, PostKey: asked.PostKey, At: now}
	terminal, err := g.store.Redeem(r.Context(), claim, func(station string, number int) (store.Terminal, error) {
		if asked.Station != "" && asked.Station != station {
			return store.Terminal{}, errOtherStation
		}
		id := fmt.Sprintf("%s-%d", station, number)
		cert, err := g.ca.Issue(csr, id)
		return store.Terminal{
			ID: id, Station: station, Number: number, Key: claim.Key, SignKey: claim.SignKey, PostKey: claim.PostKey,
			Certificate: string(cert), EnrolledAt: now,
		}, err
	})
	if err != nil {
		return store.Terminal{}, refuseCode(err)
	}
	return terminal, nil
}

// checkPostKey lets a terminal do without: it gets no letters until its renewal brings one.
func checkPostKey(key string) *refusal {
	if key == "" {
		return nil
	}
	if _, err := seal.ParsePublicKey(key); err != nil {
		return refuse(http.StatusBadRequest, problemBlank, "post_key must be an SM2 public key, hex of the uncompressed point").because(err)
	}
	return nil
}

// errOtherStation: the code stays as it is, for the machine that it was made for.
var errOtherStation = errors.New("enrolment code is for another station")

// keyHash is what a terminal's certificate key is known by.
func keyHash(spki []byte) string {
	key := sha256.Sum256(spki)
	return hex.EncodeToString(key[:])
}

func refuseCode(err error) *refusal {
	var detail string
	switch {
	case errors.Is(err, store.ErrCodeUnknown):
		detail = "no such code: check what was typed, or make a new one with \"zhizhu-gateway enrol\""
	case errors.Is(err, store.ErrCodeUsed):
		detail = "this code was used already, for another terminal or key: make a new one with \"zhizhu-gateway enrol\""
	case errors.Is(err, store.ErrCodeExpired):
		detail = "this code has expired: make a new one with \"zhizhu-gateway enrol\""
	case errors.Is(err, errOtherStation):
		return refuse(http.StatusForbidden, wire.ProblemStation,
			"this code was made for another station than the machine is set up for: check both")
	default:
		return refuse(http.StatusServiceUnavailable, wire.ProblemStorage, "try again").because(err).after(retryStore)
	}
	return refuse(http.StatusForbidden, wire.ProblemCode, detail)
}

func parseRequest(text string) (*x509.CertificateRequest, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil || block.Type != "CERTIFICATE REQUEST" {
		return nil, errors.New("parse request: no CERTIFICATE REQUEST block in PEM")
	}
	csr, err := x509.ParseCertificateRequest(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("parse request: %w", err)
	}
	if err := authority.CheckRequest(csr); err != nil {
		return nil, err
	}
	return csr, nil
}
