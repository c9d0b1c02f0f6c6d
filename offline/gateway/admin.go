package gateway

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"zhizhu/offline/wire"
)

const (
	adminSocket  = "admin.sock"
	adminCode    = "/code"
	adminMatters = "/matters"
	adminRatings = "/ratings"
	adminCounts  = "/counts"
	adminRevoke  = "/revoke"

	adminTerminals = "/terminals"
	adminLetter    = "/letter"
	adminRetry     = "/retry"
	adminMetrics   = "/metrics"
	adminDeliver   = "/deliver"
	adminMail      = "/mail"
	adminSignKey   = "/sign-key"

	adminSignAnswer = "/sign-answer"
)

// codeRequest and codeMade are the bodies of POST /code.
type codeRequest struct {
	Station string `json:"station"`
}

type codeMade struct {
	Code string `json:"code"`
}

// serveAdmin answers the commands on a socket that only the owner of the directory can reach: the store belongs to one
// process, and the commands must work while it serves. Without a socket the gateway serves all the same.
func (g *Gateway) serveAdmin(ctx context.Context) (stop func()) {
	ln, err := listenUnix(g.dir, adminSocket)
	if err != nil {
		g.log.WarnContext(ctx, "Commands can't reach this gateway while it runs", slog.Any("error", err))
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	srv := g.server(ctx, g.guard(g.adminHandler()))
	srv.WriteTimeout = 0 // a listing takes as long as its reader
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := run(ctx, srv, func() error { return srv.Serve(ln) }); err != nil {
			g.log.ErrorContext(ctx, "Command socket failed", slog.Any("error", err))
		}
	}()
	return func() {
		cancel()
		<-done
		if err := os.Remove(filepath.Join(g.dir, adminSocket)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			g.log.WarnContext(ctx, "Command socket can't be removed", slog.Any("error", err))
		}
	}
}

func (g *Gateway) adminHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+adminCode, g.adminNewCode)
	mux.HandleFunc("POST "+adminRevoke, g.adminRevoke)
	mux.HandleFunc("GET "+adminMatters, func(w http.ResponseWriter, r *http.Request) {
		g.writeLines(w, r, func(ctx context.Context, line func(any) error) error {
			return g.Matters(ctx, func(s Stored) error { return line(s) })
		})
	})
	mux.HandleFunc("GET "+adminRatings, func(w http.ResponseWriter, r *http.Request) {
		g.writeLines(w, r, func(ctx context.Context, line func(any) error) error {
			return g.Ratings(ctx, func(s StoredRating) error { return line(s) })
		})
	})
	mux.HandleFunc("GET "+adminCounts, func(w http.ResponseWriter, r *http.Request) {
		g.writeJSON(w, r, wire.TypeJSON, http.StatusOK, g.Counts())
	})
	mux.HandleFunc("GET "+adminTerminals, func(w http.ResponseWriter, r *http.Request) {
		g.writeLines(w, r, func(ctx context.Context, line func(any) error) error {
			return g.Terminals(ctx, func(s TerminalState) error { return line(s) })
		})
	})
	mux.HandleFunc("POST "+adminLetter, g.adminLetter)
	mux.HandleFunc("POST "+adminRetry, g.adminRetry)
	mux.Handle("GET "+adminMetrics, g.Metrics())
	g.routeCourier(mux)
	return mux
}

func (g *Gateway) adminNewCode(w http.ResponseWriter, r *http.Request) {
	var asked codeRequest
	body, refused := readBody(w, r, maxEnrolment)
	if refused == nil && json.Unmarshal(body, &asked) != nil {
		refused = refuse(http.StatusBadRequest, problemBlank, "the body is not JSON")
	}
	if refused != nil {
		g.answer(w, r, refused)
		return
	}
	code, err := g.NewCode(r.Context(), asked.Station)
	switch {
	case errors.Is(err, ErrStation):
		g.answer(w, r, refuse(http.StatusUnprocessableEntity, problemBlank, ErrStation.Error()))
	case err != nil:
		g.answer(w, r, refuse(http.StatusServiceUnavailable, wire.ProblemStorage, err.Error()).because(err))
	default:
		g.writeJSON(w, r, wire.TypeJSON, http.StatusOK, codeMade{Code: code})
	}
}

// writeLines streams one JSON value a line. If it can't be finished the connection is cut, so that half a listing is
// never taken for a whole one.
func (g *Gateway) writeLines(w http.ResponseWriter, r *http.Request, list func(context.Context, func(any) error) error) {
	w.Header().Set("Content-Type", "application/x-ndjson")
	out := bufio.NewWriter(w)
	enc := json.NewEncoder(out)
	if err := errors.Join(list(r.Context(), enc.Encode), out.Flush()); err != nil {
		g.log.ErrorContext(r.Context(), "Listing was not finished", slog.Any("error", err))
		panic(http.ErrAbortHandler)
	}
}

// listenUnix listens on a socket in dir. What lies there is left over: the caller holds the store's lock, so nobody
// else serves this directory.
func listenUnix(dir, name string) (net.Listener, error) {
	if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("listen on %s: %w", name, err)
	}
	address, release, err := socketAddress(dir, name)
	if err != nil {
		return nil, err
	}
	defer release()
	ln, err := net.ListenUnix("unix", &net.UnixAddr{Name: address, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", name, err)
	}
	ln.SetUnlinkOnClose(false) // the address may be gone by then; stop removes the file by its path
	if err := os.Chmod(filepath.Join(dir, name), 0o600); err != nil {
		return nil, fmt.Errorf("listen on %s: %w", name, errors.Join(err, ln.Close()))
	}
	return ln, nil
}

// maxSocketPath is what fits into a socket address on Linux, with its closing zero.
const maxSocketPath = 107

// socketAddress returns an address for a socket in dir. A path that is too long for an address goes by way of the open
// directory in /proc; release closes that.
func socketAddress(dir, name string) (address string, release func(), err error) {
	if path := filepath.Join(dir, name); len(path) <= maxSocketPath {
		return path, func() {}, nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return "", nil, fmt.Errorf("find socket: %w", err)
	}
	return fmt.Sprintf("/proc/self/fd/%d/%s", d.Fd(), name), func() { _ = d.Close() }, nil
}

// dialUnix connects to a socket in dir.
func dialUnix(ctx context.Context, dir, name string) (net.Conn, error) {
	address, release, err := socketAddress(dir, name)
	if err != nil {
		return nil, err
	}
	defer release()
	d := net.Dialer{Timeout: 2 * time.Second}
	conn, err := d.DialContext(ctx, "unix", address)
	if err != nil {
		return nil, fmt.Errorf("reach running gateway: %w", err)
	}
	return conn, nil
}
