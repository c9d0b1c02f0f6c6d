package gateway_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"zhizhu/offline/gateway"
	"zhizhu/offline/seal"
	"zhizhu/offline/wire"
)

func mustJSON(t testing.TB, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func (r *rig) beat(m *terminal, change func(*wire.Heartbeat)) answer {
	r.t.Helper()
	beat := wire.Heartbeat{
		Terminal: m.Terminal, At: r.clock.now(), ClockTrust: "synced", Version: "1.2.3", Queued: 3, OldestAge: 7200, Quarantined: 1,
		Devices: map[string]string{"printer": "faulty: cover open", "reader": "ready"}, Paper: "low", DiskFree: 1 << 30,
		Audit: wire.AuditHead{Seq: 5, Hash: seal.Digest([]byte("5"))},
	}
	if change != nil {
		change(&beat)
	}
	return r.call(m, http.MethodPut, wire.PathHeartbeat, mustJSON(r.t, beat), nil)
}

func TestHeartbeat(t *testing.T) {
	r := serve(t, t.TempDir(), nil)
	m, other := r.enrol("MX0427"), r.enrol("MX0427")
	if got := r.beat(m, nil); got.status != http.StatusNoContent {
		t.Fatalf("%d %s", got.status, got.body)
	}
	for name, got := range map[string]answer{
		"another's": r.beat(m, func(h *wire.Heartbeat) { h.Terminal = other.Terminal }),
		"no JSON":   r.call(m, http.MethodPut, wire.PathHeartbeat, []byte("alive"), nil),
	} {
		if got.status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", name, got.status)
		}
	}
	large := r.beat(m, func(h *wire.Heartbeat) { h.Paper = strings.Repeat("x", 20<<10) })
	r.wantProblem(large, http.StatusRequestEntityTooLarge, wire.ProblemTooLarge)
}

// TestAuditChainThatWentBack is an alarm, also after a restart, and refuses nothing.
func TestAuditChainThatWentBack(t *testing.T) {
	dir := t.TempDir()
	r := serve(t, dir, nil)
	m := r.enrol("MX0427")
	step := func(seq uint64, text string, breaks int) {
		t.Helper()
		got := r.beat(m, func(h *wire.Heartbeat) { h.Audit = wire.AuditHead{Seq: seq, Hash: seal.Digest([]byte(text))} })
		if got.status != http.StatusNoContent || r.Counts().AuditBreaks != breaks {
			t.Fatalf("seq %d %s: %d, %d breaks", seq, text, got.status, r.Counts().AuditBreaks)
		}
	}
	step(5, "a", 0)
	step(5, "a", 0)
	step(9, "b", 0)
	step(8, "c", 1)
	step(8, "d", 2)
	step(9, "e", 2)
	r.stop()
	r = serve(t, dir, nil)
	m.client = r.client(m.cert)
	r.clock.add(time.Hour)
	step(3, "f", 1)
	if !strings.Contains(r.log.String(), "Audit chain of a terminal went back") {
		t.Fatal("nobody is told")
	}
}

// TestRenewal gives a new certificate for a new key; the old one still speaks, since the answer may have been lost.
func TestRenewal(t *testing.T) {
	r := serve(t, t.TempDir(), nil)
	m := r.enrol("MX0427")
	next := m.applicant
	var err error
	if next.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	if next.post, err = seal.GenerateKey(rand.Reader); err != nil {
		t.Fatal(err)
	}
	r.clock.add(9 * 365 * 24 * time.Hour)
	renew := func(as *terminal, body wire.Renewal) answer {
		return r.call(as, http.MethodPost, wire.PathRenew, mustJSON(t, body), nil)
	}
	got := renew(m, wire.Renewal{CSR: next.csr(t), PostKey: next.post.Public().Hex()})
	var e wire.Enrolled
	if err := json.Unmarshal(got.body, &e); err != nil || got.status != http.StatusOK {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if e.Terminal != m.Terminal || e.Station != m.Station || e.SealKey != m.SealKey || e.AckKey != m.AckKey {
		t.Fatalf("renewed %+v", e)
	}
	renewed := r.terminal(next, e)
	for name, as := range map[string]*terminal{"new": renewed, "old": m} {
		if got := r.beat(as, nil); got.status != http.StatusNoContent {
			t.Errorf("%s key: %d %s", name, got.status, got.body)
		}
	}
	r.send(wire.Letter{Kind: wire.LetterAccepted, Matter: r.lodge(renewed).ID})
	renewed.open(t, r.mail(renewed, 0).Posts[0]) // sealed to the new post key

	for name, c := range map[string]wire.Renewal{
		"no csr": {}, "P-384": {CSR: requestP384(t)}, "altered": {CSR: alteredRequest(t, next.csr(t))}, "post key": {CSR: next.csr(t), PostKey: "04"},
	} {
		if got := renew(renewed, c); got.status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	if got := r.call(renewed, http.MethodPost, wire.PathRenew, []byte("{"), nil); got.status != http.StatusBadRequest {
		t.Errorf("no JSON: %d", got.status)
	}
	r.clock.add(2 * 365 * 24 * time.Hour) // the old certificate's end
	m.client.CloseIdleConnections()
	if got, err := r.do(r.client(m.cert), r.request(http.MethodPut, wire.PathHeartbeat, nil)); err == nil && got.status < 400 {
		t.Fatalf("the old certificate after its end: %d", got.status)
	}
	if got := r.beat(r.terminal(next, e), nil); got.status != http.StatusNoContent {
		t.Fatalf("the new one: %d", got.status)
	}
	if err := r.Revoke(t.Context(), m.Terminal); err != nil {
		t.Fatal(err)
	}
	r.wantProblem(renew(renewed, wire.Renewal{CSR: next.csr(t)}), http.StatusForbidden, wire.ProblemIdentity)
}

// TestWithoutPostKey enrols as programs before letters did: no letters until a renewal brings the key.
func TestWithoutPostKey(t *testing.T) {
	r := serve(t, t.TempDir(), nil)
	a := newApplicant(t)
	e := a.enrolment(t, r.newCode("MX0427"))
	e.PostKey = ""
	got := r.postEnrolment(e)
	var enrolled wire.Enrolled
	if err := json.Unmarshal(got.body, &enrolled); err != nil || got.status != http.StatusOK {
		t.Fatalf("%d %s", got.status, got.body)
	}
	m := r.terminal(a, enrolled)
	letter := wire.Letter{Kind: wire.LetterAccepted, Matter: r.lodge(m).ID}
	if _, err := r.Send(t.Context(), letter); err == nil || !strings.Contains(err.Error(), "renew") {
		t.Fatalf("sent: %v", err)
	}
	body := mustJSON(t, wire.Renewal{CSR: a.csr(t), PostKey: a.post.Public().Hex()})
	if got := r.call(m, http.MethodPost, wire.PathRenew, body, nil); got.status != http.StatusOK {
		t.Fatalf("renew: %d %s", got.status, got.body)
	}
	r.send(letter)
	m.open(t, r.mail(m, 0).Posts[0])

	bad := newApplicant(t).enrolment(t, r.newCode("MX0427"))
	bad.PostKey = "04ff"
	if got := r.postEnrolment(bad); got.status != http.StatusBadRequest {
		t.Fatalf("bad post key: %d", got.status)
	}
}

// TestTooOften holds one terminal back, and no other.
func TestTooOften(t *testing.T) {
	r := serve(t, t.TempDir(), func(o *gateway.Options) { o.Rate = gateway.Rate{PerSecond: 1, Burst: 10} })
	m, other := r.enrol("MX0427"), r.enrol("MX0427")
	for range 10 {
		if got := r.beat(m, nil); got.status != http.StatusNoContent {
			t.Fatalf("%d %s", got.status, got.body)
		}
	}
	sent := m.matter()
	got, err := r.do(m.client, r.putRequest(m, wire.LaneMatters, sent.ID, m.packMatter(t, sent)))
	if err != nil || got.status != http.StatusTooManyRequests || got.header.Get("Retry-After") != "6" {
		t.Fatalf("%d %v, %v", got.status, got.header, err)
	}
	if got := r.beat(other, nil); got.status != http.StatusNoContent {
		t.Fatalf("another one: %d", got.status)
	}
	r.clock.add(6 * time.Second)
	r.put(m, wire.LaneMatters, sent.ID, m.packMatter(t, sent))
}

func TestEventArrives(t *testing.T) {
	r := serve(t, t.TempDir(), nil)
	m := r.enrol("MX0427")
	event := wire.Event{ID: uuid.NewString(), Terminal: m.Terminal, Kind: wire.EventStatistics, Counts: map[string]int{"visits": 12}}
	packet := m.pack(t, seal.Binding{ID: event.ID, Terminal: m.Terminal, Item: "event"}, event)
	for _, want := range []int{http.StatusCreated, http.StatusOK} {
		if _, status := r.put(m, wire.LaneEvents, event.ID, packet); status != want {
			t.Fatalf("status %d", status)
		}
	}
	if c := r.Counts(); c.Stored[wire.LaneEvents] != 1 || c.Again[wire.LaneEvents] != 1 || len(r.matters()) != 0 {
		t.Fatalf("counts %+v", c)
	}
}

// TestEveryCallNeedsItsTerminal goes through all that are not open to everybody.
func TestEveryCallNeedsItsTerminal(t *testing.T) {
	r := serve(t, t.TempDir(), nil)
	m, revoked := r.enrol("MX0427"), r.enrol("MX0427")
	if err := r.Revoke(t.Context(), revoked.Terminal); err != nil {
		t.Fatal(err)
	}
	for call, path := range map[string]string{
		"PUT matter": wire.Path(wire.LaneMatters, "id"), "PUT rating": wire.Path(wire.LaneRatings, "id"), "PUT event": wire.Path(wire.LaneEvents, "id"),
		"HEAD blob": wire.PathBlob(seal.Digest(nil)), "PATCH blob": wire.PathBlob(seal.Digest(nil)), "GET mail": wire.PathMailbox,
		"PUT beat": wire.PathHeartbeat, "POST renew": wire.PathRenew,
	} {
		method, _, _ := strings.Cut(call, " ")
		for name, c := range map[string]struct {
			client *http.Client
			header string
			status int
		}{
			"nobody": {r.client(), m.Terminal, 401}, "another": {m.client, revoked.Terminal, 403}, "no name": {m.client, "", 403},
			"revoked": {revoked.client, revoked.Terminal, 403},
		} {
			req := r.request(method, path, nil)
			req.Header.Set(wire.HeaderTerminal, c.header)
			if got, err := r.do(c.client, req); err != nil || got.status != c.status {
				t.Errorf("%s as %s: %d, %v", call, name, got.status, err)
			}
		}
	}
}
