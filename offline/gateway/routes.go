package gateway

import (
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"zhizhu/offline/wire"
)

// call is one thing that terminals may ask for.
type call struct {
	method, path string
	handle       http.HandlerFunc
}

// calls are all of them; openapi.yaml describes them.
func (g *Gateway) calls() []call {
	var all []call
	for _, lane := range []string{wire.LaneMatters, wire.LaneRatings, wire.LaneEvents} {
		all = append(all, call{http.MethodPut, wire.Path(lane, "{id}"), g.receive(lane)})
	}
	return append(all,
		call{http.MethodHead, wire.PathBlob("{digest}"), g.blobState},
		call{http.MethodPatch, wire.PathBlob("{digest}"), g.blobAppend},
		call{http.MethodGet, wire.PathMailbox, g.mailbox},
		call{http.MethodPut, wire.PathHeartbeat, g.heartbeat},
		call{http.MethodPost, wire.PathRenew, g.renew},
		call{http.MethodPost, wire.PathEnrol, g.enrol},
		call{http.MethodGet, wire.PathTime, g.time},
		call{http.MethodGet, wire.PathHealth, g.health},
	)
}

// Handler returns the terminals' side of the gateway. It needs TLS with the configuration of Serve in front of it.
func (g *Gateway) Handler() http.Handler {
	mux := http.NewServeMux()
	allow := map[string][]string{}
	for _, c := range g.calls() {
		mux.HandleFunc(c.method+" "+c.path, c.handle)
		allow[c.path] = append(allow[c.path], c.method)
	}
	for path, methods := range allow {
		mux.HandleFunc(path, g.otherMethod(strings.Join(methods, ", ")))
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		g.answer(w, r, refuse(http.StatusNotFound, problemBlank, "there is nothing under this path: check the gateway's URL"))
	})
	return g.guard(mux)
}

func (g *Gateway) otherMethod(allow string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", allow)
		g.answer(w, r, refuse(http.StatusMethodNotAllowed, problemBlank, "use "+allow))
	}
}

// guard stamps every answer with the gateway's time, and turns a panic into an answer.
func (g *Gateway) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer g.rescue(w, r)
		w.Header().Set("Date", g.now().UTC().Format(http.TimeFormat))
		w.Header().Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// rescue is deferred. The value of a panic may hold content, so only the stack is logged.
func (g *Gateway) rescue(w http.ResponseWriter, r *http.Request) {
	switch p := recover(); {
	case p == nil:
	case isAbort(p):
		panic(p) // net/http's own way to cut a connection
	default:
		g.log.ErrorContext(r.Context(), "Handler panicked", slog.String("stack", string(debug.Stack())))
		g.answer(w, r, refuse(http.StatusInternalServerError, problemBlank, "try again later"))
	}
}

func isAbort(p any) bool {
	err, ok := p.(error)
	return ok && errors.Is(err, http.ErrAbortHandler)
}

// timeNow is the answer of GET /v1/time.
type timeNow struct {
	Time time.Time `json:"time"`
}

func (g *Gateway) time(w http.ResponseWriter, r *http.Request) {
	g.writeJSON(w, r, wire.TypeJSON, http.StatusOK, timeNow{Time: g.now().UTC()})
}

// health answers everybody, but a terminal that shows a certificate learns here, too, if it would be refused.
func (g *Gateway) health(w http.ResponseWriter, r *http.Request) {
	if name, ok := certified(r); ok {
		if _, refused := g.known(r, name); refused != nil {
			g.answer(w, r, refused)
			return
		}
	}
	w.WriteHeader(http.StatusNoContent)
}

// certified returns the terminal that the client's verified certificate names.
func certified(r *http.Request) (string, bool) {
	if r.TLS == nil || len(r.TLS.VerifiedChains) == 0 {
		return "", false
	}
	name := r.TLS.PeerCertificates[0].Subject.CommonName
	return name, name != ""
}
