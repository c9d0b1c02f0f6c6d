package gateway_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
	"github.com/google/uuid"

	"zhizhu/offline/gateway"
	"zhizhu/offline/gateway/store"
	"zhizhu/offline/seal"
	"zhizhu/offline/wire"
)

// described is openapi.yaml, which notes what of it was seen.
type described struct {
	t      testing.TB
	doc    *openapi3.T
	router routers.Router

	mu   sync.Mutex
	seen map[string]bool // "METHOD /path status"
}

func loadDescription(t testing.TB) *described {
	t.Helper()
	text, err := os.ReadFile("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Fatal(err)
	}
	router, err := legacy.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	return &described{t: t, doc: doc, router: router, seen: map[string]bool{}}
}

// check asks, and holds what goes and what comes to the description. What was refused need not have
// been right.
func (d *described) check(next http.RoundTripper, req *http.Request) (*http.Response, error) {
	var sent []byte
	if req.Body != nil {
		var err error
		if sent, err = io.ReadAll(req.Body); err != nil {
			return nil, err
		}
		req.Body = io.NopCloser(bytes.NewReader(sent))
	}
	resp, err := next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	_ = resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(body))
	described := req.Clone(context.Background())
	described.URL.Scheme, described.URL.Host, described.Host = "", "", ""
	described.Body = io.NopCloser(bytes.NewReader(sent))
	route, params, err := d.router.FindRoute(described)
	if err != nil {
		return resp, nil //nolint:nilerr // another path: 404 or 405, which the description leaves to its text
	}
	input := &openapi3filter.RequestValidationInput{
		Request: described, PathParams: params, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true},
	}
	if resp.StatusCode < 300 {
		if err := openapi3filter.ValidateRequest(context.Background(), input); err != nil {
			d.t.Errorf("%s %s was taken, and is not described: %v", req.Method, route.Path, err)
		}
	}
	answered := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: resp.StatusCode, Header: resp.Header, Options: input.Options,
	}
	answered.SetBodyBytes(body)
	if err := openapi3filter.ValidateResponse(context.Background(), answered); err != nil {
		d.t.Errorf("%s %s answers %d as is not described: %v", req.Method, route.Path, resp.StatusCode, err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.seen[req.Method+" "+route.Path+" "+strconv.Itoa(resp.StatusCode)] = true
	return resp, nil
}

// through has a client checked.
func (d *described) through(c *http.Client) *http.Client {
	checked := *c
	checked.Transport = tripper(func(req *http.Request) (*http.Response, error) { return d.check(c.Transport, req) })
	return &checked
}

type tripper func(*http.Request) (*http.Response, error)

func (f tripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// promised lists everything that the description says can happen.
func (d *described) promised() (operations, outcomes []string) {
	for path, item := range d.doc.Paths.Map() {
		for method, op := range item.Operations() {
			operations = append(operations, method+" "+path)
			for status := range op.Responses.Map() {
				outcomes = append(outcomes, method+" "+path+" "+status)
			}
		}
	}
	return operations, outcomes
}

// ill is a store that can be made to fail.
type ill struct {
	unclosed
	mu   sync.Mutex
	down bool
}

func (i *ill) is(down bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.down = down
}

func (i *ill) Terminal(ctx context.Context, id string) (store.Terminal, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.down {
		return store.Terminal{}, errors.New("connection refused")
	}
	return i.unclosed.Terminal(ctx, id)
}

func (i *ill) Redeem(ctx context.Context, c store.Claim, issue store.Issue) (store.Terminal, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.down {
		return store.Terminal{}, errors.New("connection refused")
	}
	return i.unclosed.Redeem(ctx, c, issue)
}

// TestOpenAPI drives every operation into every outcome that openapi.yaml promises, and holds requests and answers to
// it. What is not driven, or not promised, fails.
func TestOpenAPI(t *testing.T) {
	d := loadDescription(t)
	dir := t.TempDir()
	db := &ill{unclosed: unclosed{openEngine(t, dir)}}
	t.Cleanup(func() { _ = db.Store.Close() })
	const burst = 400
	r := serve(t, dir, func(o *gateway.Options) { o.Store, o.Rate = db, gateway.Rate{PerSecond: 0.001, Burst: burst} })
	operations, outcomes := d.promised()
	calls := r.Calls()
	slices.Sort(calls)
	slices.Sort(operations)
	if !slices.Equal(calls, operations) {
		t.Fatalf("routes    %v\ndescribed %v", calls, operations)
	}

	s := &session{rig: r, d: d, m: r.enrol("MX0427"), store: db}
	s.m.client = d.through(s.m.client)
	s.nobody = &terminal{Enrolled: s.m.Enrolled, client: d.through(r.client())}
	s.records()
	s.blobs()
	s.mail()
	s.terminals()
	s.everywhere(operations)

	for _, o := range outcomes {
		if !d.seen[o] {
			t.Errorf("promised, and never seen: %s", o)
		}
	}
	for _, o := range slices.Sorted(maps.Keys(d.seen)) {
		if !slices.Contains(outcomes, o) {
			t.Errorf("seen, and not promised: %s", o)
		}
	}
}

// session is one terminal that does everything there is.
type session struct {
	*rig
	d      *described
	m      *terminal
	nobody *terminal // without a certificate
	store  *ill
}

func (s *session) want(got answer, status int) {
	s.t.Helper()
	if got.status != status {
		s.t.Errorf("%d %s, want %d", got.status, got.body, status)
	}
}

func (s *session) records() {
	for lane, content := range map[string]func(id string) any{
		wire.LaneMatters: func(id string) any { m := s.m.matter(); m.ID = id; return m },
		wire.LaneRatings: func(id string) any { return wire.Rating{ID: id, Terminal: s.m.Terminal, Level: 5} },
		wire.LaneEvents:  func(id string) any { return wire.Event{ID: id, Terminal: s.m.Terminal, Kind: wire.EventStatistics} },
	} {
		id := uuid.NewString()
		b := seal.Binding{ID: id, Terminal: s.m.Terminal, Item: "x"}
		packet, other := s.m.pack(s.t, b, content(id)), s.m.pack(s.t, b, content(id))
		put := func(packet []byte, change func(*http.Request)) answer {
			req := s.putRequest(s.m, lane, id, packet)
			if change != nil {
				change(req)
			}
			got, err := s.do(s.m.client, req)
			if err != nil {
				s.t.Fatal(err)
			}
			return got
		}
		s.want(put(packet, func(r *http.Request) { r.Header.Del(wire.HeaderDigest) }), 400)
		s.want(put(packet[:50], nil), 422)
		s.want(put(make([]byte, 256<<10+1), nil), 413)
		s.want(put(packet, nil), 201)
		s.want(put(packet, nil), 200)
		s.want(put(other, nil), 409)
	}
}

func (s *session) blobs() {
	packet, digest := s.m.blob(s.t, 1000, s.m.Terminal)
	head := func(digest string) answer { return s.call(s.m, http.MethodHead, wire.PathBlob(digest), nil, nil) }
	s.want(head("x"), 422)
	s.want(head(digest), 404)
	s.want(s.patch(s.m, packet, 0, 500), 204)
	s.want(head(digest), 200)
	s.want(s.patch(s.m, packet, 0, 500), 409)
	s.want(s.patch(s.m, packet, 500, len(packet)), 201)
	s.want(s.patch(s.m, packet, len(packet), len(packet)), 200)
	patch := func(body []byte, header map[string]string) answer {
		return s.call(s.m, http.MethodPatch, wire.PathBlob(seal.Digest([]byte("other"))), body, header)
	}
	s.want(patch(packet, nil), 400)
	s.want(patch(packet, chunkHeader(0, 4<<20)), 413)
	s.want(patch(packet, chunkHeader(0, len(packet))), 422)
}

func (s *session) mail() {
	s.send(wire.Letter{Kind: wire.LetterAccepted, Matter: s.matters()[0].ID})
	if mail := s.rig.mail(s.m, 0); len(mail.Posts) != 1 {
		s.t.Errorf("mail %+v", mail)
	}
	s.want(s.call(s.m, http.MethodGet, wire.PathMailbox+"?after=x", nil, nil), 400)
}

func (s *session) terminals() {
	json := map[string]string{"Content-Type": wire.TypeJSON}
	put := func(body []byte) answer { return s.call(s.m, http.MethodPut, wire.PathHeartbeat, body, json) }
	beat := mustJSON(s.t, wire.Heartbeat{Terminal: s.m.Terminal, At: s.clock.now(), ClockTrust: "synced", Paper: "ok"})
	s.want(put(beat), 204)
	s.want(put([]byte("{}")), 422)
	s.want(put(make([]byte, 20<<10)), 413)

	post := func(m *terminal, path string, body []byte) answer {
		return s.call(m, http.MethodPost, path, body, json)
	}
	large := make([]byte, 20<<10)
	s.want(post(s.m, wire.PathRenew, mustJSON(s.t, wire.Renewal{CSR: s.m.csr(s.t), PostKey: s.m.post.Public().Hex()})), 200)
	s.want(post(s.m, wire.PathRenew, []byte("{}")), 400)
	s.want(post(s.m, wire.PathRenew, large), 413)

	good := newApplicant(s.t).enrolment(s.t, s.newCode("MX0427"))
	bad := good
	bad.Code = "00000-00000"
	s.want(post(s.nobody, wire.PathEnrol, mustJSON(s.t, good)), 200)
	s.want(post(s.nobody, wire.PathEnrol, []byte("{}")), 400)
	s.want(post(s.nobody, wire.PathEnrol, large), 413)
	s.store.is(true)
	s.want(post(s.nobody, wire.PathEnrol, mustJSON(s.t, good)), 503)
	s.store.is(false)
	for got := (answer{}); got.status != http.StatusTooManyRequests; {
		if got = post(s.nobody, wire.PathEnrol, mustJSON(s.t, bad)); got.status != http.StatusForbidden && got.status != http.StatusTooManyRequests {
			s.t.Fatalf("guessing: %d", got.status)
		}
	}
	s.want(s.call(s.nobody, http.MethodGet, wire.PathTime, nil, nil), 200)
	s.want(s.call(s.nobody, http.MethodGet, wire.PathHealth, nil, nil), 204)
}

// everywhere brings about what every call of a terminal may be answered with.
func (s *session) everywhere(operations []string) {
	ask := func(m *terminal, want int, but ...string) {
		s.t.Helper()
		for _, o := range operations {
			method, path, _ := strings.Cut(o, " ")
			if path == wire.PathEnrol || path == wire.PathTime || slices.Contains(but, path) {
				continue
			}
			path = strings.NewReplacer("{id}", uuid.NewString(), "{digest}", seal.Digest([]byte(uuid.NewString()))).Replace(path)
			if got := s.call(m, method, path, nil, nil); got.status != want {
				s.t.Errorf("%s: %d, want %d", o, got.status, want)
			}
		}
	}
	ask(s.nobody, 401, wire.PathHealth)
	s.clock.add(time.Hour) // since the guessing
	stranger := s.enrol("MX0427")
	stranger.client = s.d.through(stranger.client)
	if err := s.Revoke(s.t.Context(), stranger.Terminal); err != nil {
		s.t.Fatal(err)
	}
	ask(stranger, 403)
	s.store.is(true)
	ask(s.m, 503)
	s.store.is(false)
	for got := (answer{}); got.status != http.StatusTooManyRequests; {
		got = s.call(s.m, http.MethodGet, wire.PathMailbox, nil, nil)
	}
	ask(s.m, 429, wire.PathHealth)
}
