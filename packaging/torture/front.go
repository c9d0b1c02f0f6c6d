package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"zhizhu/offline/identity"
	"zhizhu/offline/wire"
)

// front is somebody between the terminal and the gateway, with the keys of both: what he says is believed as far as TLS
// goes. Only the signature under an acknowledgement is none of his.
type front struct {
	server  *http.Server
	address string

	mu      sync.Mutex
	rng     *rand.Rand
	honest  bool
	gateway string // its address; "" while it is away
	client  *http.Client
	did     map[string]int
}

// Ways in which the front misbehaves, each as often as its weight in a hundred.
const (
	lostAnswer  = "lost_acks"    // the gateway has it, the terminal never hears so
	sentTwice   = "sent_twice"   // by an impatient proxy
	busy        = "busy_503"     //
	tooMany     = "too_many_429" //
	portal      = "portals"      // 200 text/html
	forged      = "forged_acks"  // somebody else's signature
	half        = "halved_acks"  // cut in the middle of the answer
	neverSent   = "never_sent"   // the request is lost on the way
	portalMoved = "portal_moved" // 302 to its login page
	gateTimeout = "bad_gateway"  // 502 in a proxy's own words
	honestly    = ""             //
	portalPage  = "<html>login</html>"
)

var tricks = []struct {
	name   string
	weight int
}{
	{lostAnswer, 14}, {sentTwice, 5}, {busy, 4}, {tooMany, 2}, {portal, 4}, {forged, 2}, {half, 3}, {neverSent, 4}, {portalMoved, 1}, {gateTimeout, 2},
}

// newFront listens with the gateway's own server certificate.
func newFront(ctx context.Context, gatewayDir string, seed uint64) (*front, error) {
	cert, err := tls.LoadX509KeyPair(filepath.Join(gatewayDir, "server.pem"), filepath.Join(gatewayDir, "server.key"))
	if err != nil {
		return nil, fmt.Errorf("open front: %w", err)
	}
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("open front: %w", err)
	}
	f := &front{address: ln.Addr().String(), rng: rand.New(rand.NewPCG(seed, 2)), did: map[string]int{}} //nolint:gosec // must be repeatable
	f.server = &http.Server{
		Handler: f, ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
		TLSConfig: &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{cert}, ClientAuth: tls.RequestClientCert},
	}
	go func() { _ = f.server.ServeTLS(ln, "", "") }() // ends with close
	return f, nil
}

func (f *front) close() { _ = f.server.Close() }

// behind says where the gateway is, and as whom it is spoken to.
func (f *front) behind(gateway string, id *identity.Identity, now func() time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.gateway = gateway
	if id != nil {
		f.client = identity.NewClient(identity.ClientOptions{CA: id.CA, Certificate: &id.Certificate, Now: now, Timeout: 10 * time.Second})
	}
}

func (f *front) beHonest(honest bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.honest = honest
}

// trick draws what happens to a request.
func (f *front) trick() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.honest {
		return honestly
	}
	n := f.rng.IntN(100)
	for _, t := range tricks {
		if n -= t.weight; n < 0 {
			f.did[t.name]++
			return t.name
		}
	}
	return honestly
}

func (f *front) counts() map[string]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.did)
}

// ServeHTTP is http.Handler's.
func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	trick := f.trick()
	if instead(w, r, trick) {
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if trick == sentTwice {
		_, _ = f.forward(r, body) // the second answer counts
	}
	a, err := f.forward(r, body)
	if err != nil || trick == lostAnswer {
		panic(http.ErrAbortHandler)
	}
	maps.Copy(w.Header(), a.header)
	if trick == forged && w.Header().Get(wire.HeaderReceipt) != "" {
		w.Header().Set(wire.HeaderReceipt, "MEUCIQDh4wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==")
	}
	w.WriteHeader(a.status)
	if trick == half && len(a.text) > 1 {
		_, _ = w.Write(a.text[:len(a.text)/2])
		panic(http.ErrAbortHandler)
	}
	_, _ = w.Write(a.text)
}

// instead answers in the gateway's place, if the trick is one of those.
func instead(w http.ResponseWriter, r *http.Request, trick string) bool {
	switch trick {
	case neverSent:
		panic(http.ErrAbortHandler)
	case busy:
		w.Header().Set("Retry-After", "0")
		w.WriteHeader(http.StatusServiceUnavailable)
	case tooMany:
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusTooManyRequests)
	case gateTimeout:
		http.Error(w, "Bad Gateway", http.StatusBadGateway)
	case portal:
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, portalPage)
	case portalMoved:
		http.Redirect(w, r, "http://portal.invalid/login", http.StatusFound)
	default:
		return false
	}
	return true
}

// answer is the gateway's.
type answer struct {
	status int
	header http.Header
	text   []byte
}

// forward asks the gateway.
func (f *front) forward(r *http.Request, body []byte) (answer, error) {
	f.mu.Lock()
	gateway, client := f.gateway, f.client
	f.mu.Unlock()
	if gateway == "" || client == nil {
		return answer{}, http.ErrServerClosed
	}
	req, err := http.NewRequestWithContext(r.Context(), r.Method, "https://"+gateway+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	req.Header = r.Header.Clone()
	resp, err := client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, text}, err
}
