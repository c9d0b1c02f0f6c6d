package gateway

import (
	"encoding/json"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"time"

	"zhizhu/offline/wire"
)

const (
	typeProblem  = "application/problem+json"
	problemBlank = "about:blank" // RFC 9457: the status says it all
)

// refusal is a problem on its way to the terminal. Detail says what to do, and nothing about content.
type refusal struct {
	wire.Problem
	retry time.Duration // Retry-After, 0 for none
	have  int64         // Upload-Offset, -1 for none
	cause error         // for the log only; never holds content
}

func refuse(status int, kind, detail string) *refusal {
	return &refusal{Problem: wire.Problem{Type: kind, Title: title(status, kind), Status: status, Detail: detail}, have: -1}
}

func (r *refusal) because(err error) *refusal        { r.cause = err; return r }
func (r *refusal) after(wait time.Duration) *refusal { r.retry = wait; return r }
func (r *refusal) at(have int64) *refusal            { r.have = have; return r }

// Error makes a refusal usable as an error where there is no request to answer.
func (r *refusal) Error() string {
	text := r.Title
	if r.Detail != "" {
		text += ": " + r.Detail
	}
	return text
}

// Unwrap returns the cause.
func (r *refusal) Unwrap() error { return r.cause }

func title(status int, kind string) string {
	switch kind {
	case wire.ProblemDigest:
		return "body does not match its digest"
	case wire.ProblemConflict:
		return "id is stored with another digest"
	case wire.ProblemPacket:
		return "packet can't be read"
	case wire.ProblemTooLarge:
		return "body is too large"
	case wire.ProblemIdentity:
		return "terminal is not who it says, or not known"
	case wire.ProblemCode:
		return "enrolment code is not valid"
	case wire.ProblemStation:
		return "enrolment code is for another station"
	case wire.ProblemOffset:
		return "that is not where the upload stands"
	case wire.ProblemStorage:
		return "can't store now"
	default:
		return http.StatusText(status)
	}
}

// answer writes a refusal, counts it and logs it.
func (g *Gateway) answer(w http.ResponseWriter, r *http.Request, p *refusal) {
	g.counts.add(func(c *Counts) { c.Refused[p.Type]++ })
	attrs := []slog.Attr{slog.String("problem", p.Type), slog.Int("status", p.Status), slog.String("detail", p.Detail)}
	if terminal, ok := certified(r); ok {
		attrs = append(attrs, slog.String("terminal", terminal))
	}
	if p.cause != nil {
		attrs = append(attrs, slog.Any("error", p.cause))
	}
	level := slog.LevelWarn
	if p.Status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	g.log.LogAttrs(r.Context(), level, "Request refused", attrs...)
	if p.retry > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(p.retry.Seconds()))))
	}
	if p.have >= 0 {
		w.Header().Set(wire.HeaderUploadOffset, strconv.FormatInt(p.have, 10))
	}
	g.writeJSON(w, r, typeProblem, p.Status, p.Problem)
}

func (g *Gateway) writeJSON(w http.ResponseWriter, r *http.Request, kind string, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil { // can't happen: all bodies are plain structs
		g.log.ErrorContext(r.Context(), "Answer can't be encoded", slog.Any("error", err))
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(status)
	if _, err := w.Write(text); err != nil {
		g.log.DebugContext(r.Context(), "Answer was not delivered", slog.Any("error", err))
	}
}
