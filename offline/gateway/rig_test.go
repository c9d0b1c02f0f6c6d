package gateway_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"zhizhu/offline/gateway"
	"zhizhu/offline/gateway/bolt"
	"zhizhu/offline/gateway/postgres"
	"zhizhu/offline/gateway/store"
	"zhizhu/offline/seal"
	"zhizhu/offline/wire"
)

// Data of a persona: nothing of it may be in a log or an answer.
const (
	personaName    = "梁桂芳"
	personaNumber  = "440607195803120021"
	personaPhone   = "13800138000"
	personaAddress = "广东省佛山市三水区西南街道某某村12号"
)

// clock is a clock that tests set.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 11, 23, 8, 0, 0, 123456789, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// syncBuffer collects the log.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// rig is a gateway that really serves on loopback.
type rig struct {
	*gateway.Gateway
	t       testing.TB
	clock   *clock
	log     *syncBuffer
	address string
	stop    func()

	mu   sync.Mutex
	idle []func() // closes what clients hold open: HTTP/2 waits for that for a second when it shuts down
}

// engineVar names the database that tests of TestOnPostgres use instead of a file in the gateway's directory.
const engineVar = "ZHIZHU_GATEWAY_TEST_DSN"

// openEngine opens the store of a test.
func openEngine(t testing.TB, dir string) store.Store {
	t.Helper()
	var db store.Store
	var err error
	if dsn := os.Getenv(engineVar); dsn != "" {
		db, err = postgres.Open(t.Context(), postgres.Options{DSN: dsn})
	} else {
		db, err = bolt.Open(filepath.Join(dir, "gateway.db"), time.Second)
	}
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// serve starts a gateway in dir. change may alter its options.
func serve(t testing.TB, dir string, change func(*gateway.Options)) *rig {
	t.Helper()
	r := &rig{t: t, clock: newClock(), log: &syncBuffer{}}
	o := gateway.Options{Dir: dir, Now: r.clock.now, Log: slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	if change != nil {
		change(&o)
	}
	if o.Store == nil && os.Getenv(engineVar) != "" {
		o.Store = openEngine(t, dir)
	}
	var err error
	if r.Gateway, err = gateway.Open(o); err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r.address = ln.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Serve(ctx, ln) }()
	r.stop = sync.OnceFunc(func() {
		r.mu.Lock()
		for _, closeIdle := range r.idle {
			closeIdle()
		}
		r.mu.Unlock()
		cancel()
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
		if err := r.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		for _, secret := range []string{personaName, personaNumber, personaPhone, personaAddress} {
			if strings.Contains(r.log.String(), secret) {
				t.Errorf("the log holds %q", secret)
			}
		}
	})
	t.Cleanup(r.stop)
	return r
}

func (r *rig) pool() *x509.CertPool {
	r.t.Helper()
	text, err := os.ReadFile(r.CAPath())
	if err != nil {
		r.t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		r.t.Fatal("no certificate in the CA file")
	}
	return pool
}

// client returns a client that pins the CA, with a certificate or without.
func (r *rig) client(certs ...tls.Certificate) *http.Client {
	transport := &http.Transport{
		TLSClientConfig:   &tls.Config{MinVersion: tls.VersionTLS13, RootCAs: r.pool(), Certificates: certs, Time: r.clock.now},
		ForceAttemptHTTP2: true,
	}
	r.t.Cleanup(transport.CloseIdleConnections)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.idle = append(r.idle, transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: 20 * time.Second}
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) problem(t testing.TB) wire.Problem {
	t.Helper()
	var p wire.Problem
	if err := json.Unmarshal(a.body, &p); err != nil || a.header.Get("Content-Type") != "application/problem+json" {
		t.Fatalf("not a problem: %d %q, %v", a.status, a.body, err)
	}
	if p.Status != a.status || p.Title == "" {
		t.Fatalf("problem %+v with status %d", p, a.status)
	}
	return p
}

func (r *rig) do(c *http.Client, req *http.Request) (answer, error) {
	resp, err := c.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	for _, secret := range []string{personaName, personaNumber, personaPhone, personaAddress} {
		if bytes.Contains(body, []byte(secret)) {
			r.t.Errorf("the answer holds %q", secret)
		}
	}
	return answer{resp.StatusCode, resp.Header, body}, err
}

func (r *rig) request(method, path string, body []byte) *http.Request {
	r.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), method, "https://"+r.address+path, bytes.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	return req
}

// applicant is who asks for a certificate.
type applicant struct {
	key  *ecdsa.PrivateKey
	sign *seal.PrivateKey
	post *seal.PrivateKey
}

func newApplicant(t testing.TB) applicant {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	sign, err := seal.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	post, err := seal.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return applicant{key, sign, post}
}

func (a applicant) enrolment(t testing.TB, code string) wire.Enrolment {
	t.Helper()
	return wire.Enrolment{Code: code, CSR: a.csr(t), SignKey: a.sign.Public().Hex(), PostKey: a.post.Public().Hex()}
}

func (a applicant) csr(t testing.TB) string {
	t.Helper()
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, a.key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}))
}

func (r *rig) postEnrolment(e wire.Enrolment) answer {
	r.t.Helper()
	body, err := json.Marshal(e)
	if err != nil {
		r.t.Fatal(err)
	}
	got, err := r.do(r.client(), r.request(http.MethodPost, wire.PathEnrol, body))
	if err != nil {
		r.t.Fatal(err)
	}
	return got
}

// terminal is an enrolled machine.
type terminal struct {
	wire.Enrolled
	applicant
	cert   tls.Certificate
	client *http.Client
	seal   *seal.PublicKey
	ack    *seal.PublicKey
}

// call asks as a terminal does.
func (r *rig) call(m *terminal, method, path string, body []byte, header map[string]string) answer {
	r.t.Helper()
	req := r.request(method, path, body)
	req.Header.Set(wire.HeaderTerminal, m.Terminal)
	for name, value := range header {
		req.Header.Set(name, value)
	}
	got, err := r.do(m.client, req)
	if err != nil {
		r.t.Fatal(err)
	}
	return got
}

// acknowledged checks an acknowledgement as a terminal must.
func (r *rig) acknowledged(m *terminal, got answer, id, digest string) wire.Ack {
	r.t.Helper()
	if got.status != http.StatusCreated && got.status != http.StatusOK {
		r.t.Fatalf("put: %d %s", got.status, got.body)
	}
	var ack wire.Ack
	if err := json.Unmarshal(got.body, &ack); err != nil {
		r.t.Fatal(err)
	}
	signature, err := base64.StdEncoding.DecodeString(got.header.Get(wire.HeaderReceipt))
	if err != nil {
		r.t.Fatal(err)
	}
	if err := seal.Verify(m.ack, ack.Signed(), signature); err != nil {
		r.t.Fatalf("receipt: %v", err)
	}
	if ack.ID != id || ack.Digest != digest {
		r.t.Fatalf("acknowledged %+v", ack)
	}
	return ack
}

func (r *rig) newCode(station string) string {
	r.t.Helper()
	code, err := r.NewCode(context.Background(), station)
	if err != nil {
		r.t.Fatal(err)
	}
	return code
}

func (r *rig) enrol(station string) *terminal {
	r.t.Helper()
	a := newApplicant(r.t)
	got := r.postEnrolment(a.enrolment(r.t, r.newCode(station)))
	if got.status != http.StatusOK {
		r.t.Fatalf("enrol: %d %s", got.status, got.body)
	}
	var e wire.Enrolled
	if err := json.Unmarshal(got.body, &e); err != nil {
		r.t.Fatal(err)
	}
	return r.terminal(a, e)
}

func (r *rig) terminal(a applicant, e wire.Enrolled) *terminal {
	r.t.Helper()
	block, _ := pem.Decode([]byte(e.Certificate))
	if block == nil {
		r.t.Fatal("the certificate is not PEM")
	}
	m := &terminal{Enrolled: e, applicant: a, cert: tls.Certificate{Certificate: [][]byte{block.Bytes}, PrivateKey: a.key}}
	m.client = r.client(m.cert)
	var err error
	if m.seal, err = seal.ParsePublicKey(e.SealKey); err != nil {
		r.t.Fatal(err)
	}
	if m.ack, err = seal.ParsePublicKey(e.AckKey); err != nil {
		r.t.Fatal(err)
	}
	return m
}

func (m *terminal) matter() wire.Matter {
	id := uuid.NewString()
	return wire.Matter{
		ID: id, Number: m.Terminal + "-20261123-0001-5", Item: "pension-check", ItemName: "社会保险待遇领取资格认证",
		ItemVer: "0123456789ab", Kind: "apply", Station: m.Station, Terminal: m.Terminal, Channel: "self-service",
		Applicant: &wire.Applicant{Name: personaName, IDType: "111", IDNumber: personaNumber, Address: personaAddress},
		Answers:   []wire.Answer{{Field: "phone", Label: "联系电话", Value: personaPhone, Text: personaPhone}},
		Materials: []wire.Material{{ID: "idcard", Name: "居民身份证", How: "card"}},
		LodgedAt:  time.Date(2026, 11, 23, 7, 59, 0, 0, time.UTC), ClockTrust: "synced",
	}
}

func (m *terminal) pack(t testing.TB, b seal.Binding, content any) []byte {
	t.Helper()
	plain, err := json.Marshal(content)
	if err != nil {
		t.Fatal(err)
	}
	packet, err := seal.SealPacket(rand.Reader, m.seal, b, plain)
	if err != nil {
		t.Fatal(err)
	}
	return packet
}

func (m *terminal) packMatter(t testing.TB, w wire.Matter) []byte {
	t.Helper()
	return m.pack(t, seal.Binding{ID: w.ID, Terminal: w.Terminal, Item: w.Item, Version: w.ItemVer}, w)
}

func digestHeader(t testing.TB, body []byte) string {
	t.Helper()
	sum, err := hex.DecodeString(seal.Digest(body))
	if err != nil {
		t.Fatal(err)
	}
	return "sm3=:" + base64.StdEncoding.EncodeToString(sum) + ":"
}

// putRequest is a right request; tests spoil it.
func (r *rig) putRequest(m *terminal, lane, id string, packet []byte) *http.Request {
	r.t.Helper()
	req := r.request(http.MethodPut, wire.Path(lane, id), packet)
	req.Header.Set("Content-Type", wire.TypePacket)
	req.Header.Set(wire.HeaderTerminal, m.Terminal)
	req.Header.Set(wire.HeaderDigest, digestHeader(r.t, packet))
	return req
}

// put sends a matter's packet and checks the acknowledgement as a terminal must.
func (r *rig) put(m *terminal, lane, id string, packet []byte) (wire.Ack, int) {
	r.t.Helper()
	got, err := r.do(m.client, r.putRequest(m, lane, id, packet))
	if err != nil {
		r.t.Fatal(err)
	}
	return r.acknowledged(m, got, id, seal.Digest(packet)), got.status
}

func (r *rig) matters() []gateway.Stored {
	r.t.Helper()
	var all []gateway.Stored
	err := r.Matters(context.Background(), func(s gateway.Stored) error { all = append(all, s); return nil })
	if err != nil {
		r.t.Fatal(err)
	}
	return all
}

// cutStore lets the gateway die between storing and answering.
type cutStore struct {
	store.Store
	mu   sync.Mutex
	cuts int
}

func (c *cutStore) PutIfAbsent(ctx context.Context, r store.Record) (store.Put, error) {
	put, err := c.Store.PutIfAbsent(ctx, r)
	c.mu.Lock()
	cut := c.cuts > 0
	c.cuts--
	c.mu.Unlock()
	if cut {
		panic(http.ErrAbortHandler)
	}
	return put, err
}

// unclosed is a store that several gateways of one test share: the test closes it.
type unclosed struct{ store.Store }

func (*unclosed) Close() error { return nil }

// copyKeys copies a gateway's keys, as who sets up a second gateway does.
func copyKeys(t testing.TB, from, to string) {
	t.Helper()
	for _, name := range []string{"ca.pem", "ca.key", "seal.key", "ack.key", "code.key"} {
		text, err := os.ReadFile(filepath.Join(from, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(to, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
