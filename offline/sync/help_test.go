package sync

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"zhizhu/offline/identity"
	"zhizhu/offline/outbox"
	"zhizhu/offline/seal"
	"zhizhu/offline/store"
	"zhizhu/offline/wire"
)

func TestMain(m *testing.M) {
	if handled, exit := store.RunChild(os.Args); handled {
		os.Exit(exit)
	}
	os.Exit(m.Run())
}

const terminal = "MX0427-1"

// authority is a CA for one test.
type authority struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
}

func newAuthority(t testing.TB) *authority {
	t.Helper()
	key := newKey(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test CA"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().AddDate(-1, 0, 0), NotAfter: time.Now().AddDate(1, 0, 0), KeyUsage: x509.KeyUsageCertSign,
	}
	return &authority{key, sign(t, template, template, key.Public(), key)}
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func sign(t testing.TB, template, parent *x509.Certificate, pub any, key *ecdsa.PrivateKey) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, pub, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// issue makes a leaf certificate that is valid for a month from an hour before some time.
func (a *authority) issue(t testing.TB, name string, from time.Time) tls.Certificate {
	t.Helper()
	key := newKey(t)
	cert := sign(t, &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, DNSNames: []string{"localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: from.Add(-time.Hour), NotAfter: from.AddDate(0, 1, 0),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}, a.cert, key.Public(), a.key)
	return tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: key, Leaf: cert}
}

func (a *authority) pool() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(a.cert)
	return p
}

// upstream is a gateway as the protocol wants it, over real TLS, whose answers a test may replace.
type upstream struct {
	*httptest.Server
	ca       *authority
	seal     *seal.PrivateKey
	ack      *seal.PrivateKey
	terminal *tls.Certificate

	mu      sync.Mutex
	stored  map[string]string // id to digest
	puts    map[string]int    // id to how often it came
	order   []string          // lanes in the order in which records came first
	probes  int
	before  func(w http.ResponseWriter, r *http.Request) bool // true: it has answered
	instead func(w http.ResponseWriter, id string) bool       // likewise, after a record was stored
	blobs   map[string][]byte                                 // digest to what came
	pieces  int                                               // PATCHes that were taken
	beats   []wire.Heartbeat
	mail    func(after uint64) wire.Mail
}

func newUpstream(t testing.TB, change ...func(*upstream)) *upstream {
	t.Helper()
	u := &upstream{ca: newAuthority(t), stored: map[string]string{}, puts: map[string]int{}, blobs: map[string][]byte{}}
	var err error
	if u.seal, err = seal.GenerateKey(rand.Reader); err != nil {
		t.Fatal(err)
	}
	if u.ack, err = seal.GenerateKey(rand.Reader); err != nil {
		t.Fatal(err)
	}
	own := u.ca.issue(t, "gateway", time.Now())
	client := u.ca.issue(t, terminal, time.Now())
	u.terminal = &client
	u.Server = httptest.NewUnstartedServer(http.HandlerFunc(u.serve))
	u.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	u.TLS = &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{own}, ClientAuth: tls.VerifyClientCertIfGiven, ClientCAs: u.ca.pool()}
	u.EnableHTTP2 = true
	for _, c := range change {
		c(u)
	}
	u.StartTLS()
	t.Cleanup(u.Close)
	return u
}

func (u *upstream) serve(w http.ResponseWriter, r *http.Request) {
	u.mu.Lock()
	if r.URL.Path == wire.PathHealth {
		u.probes++
	}
	before, instead := u.before, u.instead
	u.mu.Unlock()
	if before != nil && before(w, r) {
		return
	}
	if r.URL.Path == wire.PathHealth {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	if u.serveBeside(w, r) {
		return
	}
	lane, id := filepath.Base(filepath.Dir(r.URL.Path)), filepath.Base(r.URL.Path)
	body, err := io.ReadAll(r.Body)
	digest := seal.Digest(body)
	switch {
	case err != nil:
		return
	case r.Header.Get(wire.HeaderTerminal) != terminal || len(r.TLS.PeerCertificates) == 0 || r.TLS.PeerCertificates[0].Subject.CommonName != terminal:
		problem(w, http.StatusForbidden, wire.ProblemIdentity)
		return
	case r.Header.Get(wire.HeaderDigest) != contentDigest(digest):
		problem(w, http.StatusBadRequest, wire.ProblemDigest)
		return
	}
	if b, _, err := seal.OpenPacket(u.seal, body); err != nil || b.ID != id {
		problem(w, http.StatusUnprocessableEntity, wire.ProblemPacket)
		return
	}
	again := u.put(lane, id, digest)
	if instead != nil && instead(w, id) {
		return
	}
	u.acknowledge(w, wire.Ack{ID: id, Digest: digest, StoredAt: time.Now(), Again: again}, u.ack)
}

// put stores a record once.
func (u *upstream) put(lane, id, digest string) (again bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.puts[id]++
	if _, again = u.stored[id]; !again {
		u.stored[id] = digest
		u.order = append(u.order, lane)
	}
	return again
}

func (u *upstream) acknowledge(w http.ResponseWriter, ack wire.Ack, key *seal.PrivateKey) {
	signature, err := seal.Sign(rand.Reader, key, ack.Signed())
	if err != nil {
		return
	}
	w.Header().Set(wire.HeaderReceipt, base64.StdEncoding.EncodeToString(signature))
	w.WriteHeader(http.StatusCreated)
	_ = json.NewEncoder(w).Encode(ack)
}

func problem(w http.ResponseWriter, status int, kind string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(wire.Problem{Type: kind, Status: status})
}

// set changes how the upstream answers.
func (u *upstream) set(fn func(*upstream)) {
	u.mu.Lock()
	defer u.mu.Unlock()
	fn(u)
}

func (u *upstream) count() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return len(u.stored)
}

// rig is a terminal's real outbox with a syncer to an upstream.
type rig struct {
	*Syncer
	up     *upstream
	box    *outbox.Outbox
	path   string
	states chan State // every change; the oldest are dropped by the test's reading
	stop   func()
}

func newRig(t *testing.T, up *upstream, change ...func(*Options)) *rig {
	t.Helper()
	return newRigOf(t, up, terminal, change...)
}

// newRigOf is newRig with an outbox that seals under a name of its own.
func newRigOf(t *testing.T, up *upstream, lodger string, change ...func(*Options)) *rig {
	t.Helper()
	r := &rig{up: up, states: make(chan State, 10000), path: filepath.Join(t.TempDir(), "zhizhu.db")}
	file, opened, err := store.Open(t.Context(), store.Options{
		Path: r.path, Schema: store.Schema{Tables: outbox.Tables()}, Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	box, err := seal.NewBox(make([]byte, seal.StationKeySize))
	if err != nil {
		t.Fatal(err)
	}
	r.box, err = outbox.New(t.Context(), outbox.Options{
		Store: file, Generation: opened.Generation, Terminal: lodger, Station: "MX0427", SealKey: up.seal.Public(),
		AckKey: up.ack.Public(), Box: box, Now: time.Now, Rand: rand.Reader, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	o := Options{
		Outbox: r.box, URL: up.URL, Now: time.Now, Rand: rand.Reader, Log: slog.New(slog.DiscardHandler),
		Identity: &identity.Identity{Terminal: terminal, Station: "MX0427", Certificate: *up.terminal, CA: up.ca.pool()},
		OnState:  func(s State) { r.states <- s },
		// Patience for a test.
		FirstBackoff: 20 * time.Millisecond, MaxBackoff: 100 * time.Millisecond, ProbeEvery: 50 * time.Millisecond,
		HaltRetry: 100 * time.Millisecond, Timeout: 5 * time.Second,
	}
	for _, c := range change {
		c(&o)
	}
	if r.Syncer, err = New(o); err != nil {
		t.Fatal(err)
	}
	return r
}

// run starts the syncer; it stops with the test, or by r.stop.
func (r *rig) run(t *testing.T) *rig {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- r.Serve(ctx) }()
	r.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("serve: %v", err)
		}
	})
	t.Cleanup(r.stop)
	return r
}

func (r *rig) lodge(t *testing.T, n int) []string {
	t.Helper()
	ids := make([]string, n)
	for i := range ids {
		l, err := r.box.Lodge(t.Context(), wire.Matter{Item: "soc-qualify", ItemName: "资格认证", ItemVer: "1"})
		if err != nil {
			t.Fatal(err)
		}
		ids[i] = l.ID
	}
	r.Kick()
	return ids
}

// await waits for a state.
func (r *rig) await(t *testing.T, what string, ok func(State) bool) State {
	t.Helper()
	if s := r.State(); ok(s) {
		return s
	}
	limit := time.NewTimer(20 * time.Second)
	defer limit.Stop()
	for {
		select {
		case s := <-r.states:
			if ok(s) {
				return s
			}
		case <-limit.C:
			t.Fatalf("never %s; last %+v", what, r.State())
		}
	}
}

func sent(n int) func(State) bool {
	return func(s State) bool { return s.Acknowledged == n && s.Queued == 0 && s.Online }
}

func because(reason Reason) func(State) bool { return func(s State) bool { return s.Reason == reason } }
