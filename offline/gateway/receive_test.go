package gateway_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"zhizhu/offline/gateway"
	"zhizhu/offline/gateway/store"
	"zhizhu/offline/seal"
	"zhizhu/offline/wire"
)

func TestMatterArrivesOnceAndOpens(t *testing.T) {
	r := serve(t, t.TempDir(), nil)
	m := r.enrol("MX0427")
	sent := m.matter()
	packet := m.packMatter(t, sent)

	first, status := r.put(m, wire.LaneMatters, sent.ID, packet)
	if status != http.StatusCreated || first.Again || !first.StoredAt.Equal(r.clock.now().Truncate(time.Microsecond)) {
		t.Fatalf("first: %d %+v", status, first)
	}
	r.clock.add(100 * 24 * time.Hour)
	again, status := r.put(m, wire.LaneMatters, sent.ID, packet)
	if status != http.StatusOK || !again.Again || !again.StoredAt.Equal(first.StoredAt) {
		t.Fatalf("again: %d %+v", status, again)
	}
	all := r.matters()
	if len(all) != 1 || !reflect.DeepEqual(all[0].Matter, sent) || all[0].Digest != seal.Digest(packet) || !all[0].StoredAt.Equal(first.StoredAt) {
		t.Fatalf("stored: %+v", all)
	}
	counts := r.Counts()
	if counts.Stored[wire.LaneMatters] != 1 || counts.Again[wire.LaneMatters] != 1 || counts.Enrolled != 1 {
		t.Fatalf("counts: %+v", counts)
	}
}

func TestRatingArrives(t *testing.T) {
	r := serve(t, t.TempDir(), nil)
	m := r.enrol("MX0427")
	sent := wire.Rating{
		ID: uuid.NewString(), Matter: uuid.NewString(), Number: "n", Item: "pension-check", Station: m.Station,
		Terminal: m.Terminal, Level: 5, RatedAt: time.Date(2026, 11, 23, 8, 1, 0, 0, time.UTC),
	}
	packet := m.pack(t, seal.Binding{ID: sent.ID, Terminal: m.Terminal, Item: "rating"}, sent)
	if _, status := r.put(m, wire.LaneRatings, sent.ID, packet); status != http.StatusCreated {
		t.Fatalf("status %d", status)
	}
	var all []gateway.StoredRating
	if err := r.Ratings(t.Context(), func(s gateway.StoredRating) error { all = append(all, s); return nil }); err != nil {
		t.Fatal(err)
	}
	if len(all) != 1 || all[0].Rating != sent || len(r.matters()) != 0 {
		t.Fatalf("stored: %+v, matters %v", all, r.matters())
	}
}

func TestOtherContentUnderSameIDConflicts(t *testing.T) {
	r := serve(t, t.TempDir(), nil)
	m := r.enrol("MX0427")
	sent := m.matter()
	packet := m.packMatter(t, sent)
	r.put(m, wire.LaneMatters, sent.ID, packet)
	other := m.packMatter(t, sent) // sealed anew: other bytes
	got, err := r.do(m.client, r.putRequest(m, wire.LaneMatters, sent.ID, other))
	if err != nil || got.status != http.StatusConflict || got.problem(t).Type != wire.ProblemConflict {
		t.Fatalf("%+v, %v", got, err)
	}
	if all := r.matters(); len(all) != 1 || all[0].Digest != seal.Digest(packet) {
		t.Fatalf("stored: %+v", all)
	}
}

// TestRefused sends one thing wrong at a time. Nothing of it may be stored.
func TestRefused(t *testing.T) {
	r := serve(t, t.TempDir(), nil)
	m, other := r.enrol("MX0427"), r.enrol("MX0427")
	foreign := serve(t, t.TempDir(), nil).enrol("MX0427") // of another gateway
	sent := m.matter()
	packet := m.packMatter(t, sent)
	id := sent.ID
	right := func() *http.Request { return r.putRequest(m, wire.LaneMatters, id, packet) }
	bound := func(b seal.Binding, content any) *http.Request {
		return r.putRequest(m, wire.LaneMatters, id, m.pack(t, b, content))
	}
	asWithout := func(header string) *http.Request {
		req := right()
		req.Header.Del(header)
		return req
	}
	binding := seal.Binding{ID: id, Terminal: m.Terminal, Item: sent.Item, Version: sent.ItemVer}
	otherTerminal, otherID := binding, binding
	otherTerminal.Terminal, otherID.ID = other.Terminal, uuid.NewString()
	inner := sent
	inner.Terminal = other.Terminal
	atNeighbours, neighbours := binding, sent
	atNeighbours.Terminal = r.enrol("ZC0001").Terminal
	neighbours.Terminal = atNeighbours.Terminal
	atNobody, nobody := binding, sent
	atNobody.Terminal, nobody.Terminal = "MX0427-99", "MX0427-99"
	altered := bytes.Clone(packet)
	altered[len(altered)-1] ^= 1
	large := bytes.Repeat([]byte{1}, 256<<10+1)
	damaged := right()
	damaged.Header.Set(wire.HeaderDigest, digestHeader(t, []byte("other")))
	wrongHeader := right()
	wrongHeader.Header.Set(wire.HeaderTerminal, other.Terminal)

	for name, c := range map[string]struct {
		client *http.Client
		req    *http.Request
		status int
		kind   string
	}{
		"no certificate":           {r.client(), right(), 401, wire.ProblemIdentity},
		"another's certificate":    {other.client, right(), 403, wire.ProblemIdentity},
		"another's header":         {m.client, wrongHeader, 403, wire.ProblemIdentity},
		"no terminal header":       {m.client, asWithout(wire.HeaderTerminal), 403, wire.ProblemIdentity},
		"bound to other terminal":  {m.client, bound(otherTerminal, sent), 422, wire.ProblemPacket}, // the content isn't
		"bound to other station":   {m.client, bound(atNeighbours, neighbours), 422, wire.ProblemPacket},
		"bound to nobody":          {m.client, bound(atNobody, nobody), 422, wire.ProblemPacket},
		"bound to other id":        {m.client, bound(otherID, sent), 422, wire.ProblemPacket},
		"content of other one":     {m.client, bound(binding, inner), 422, wire.ProblemPacket},
		"content is no matter":     {m.client, bound(binding, "hello"), 422, wire.ProblemPacket},
		"damaged on the way":       {m.client, damaged, 400, wire.ProblemDigest},
		"no digest":                {m.client, asWithout(wire.HeaderDigest), 400, wire.ProblemDigest},
		"altered before digest":    {m.client, r.putRequest(m, wire.LaneMatters, id, altered), 422, wire.ProblemPacket},
		"cut short":                {m.client, r.putRequest(m, wire.LaneMatters, id, packet[:100]), 422, wire.ProblemPacket},
		"empty":                    {m.client, r.putRequest(m, wire.LaneMatters, id, nil), 422, wire.ProblemPacket},
		"sealed for other gateway": {m.client, r.putRequest(m, wire.LaneMatters, id, foreign.packMatter(t, sent)), 422, wire.ProblemPacket},
		"too large":                {m.client, r.putRequest(m, wire.LaneMatters, id, large), 413, wire.ProblemTooLarge},
		"bad id":                   {m.client, r.putRequest(m, wire.LaneMatters, "..%2f..", packet), 422, wire.ProblemPacket},
		"unknown path":             {m.client, r.request(http.MethodPut, "/v1/letters/"+id, packet), 404, "about:blank"},
		"other method":             {m.client, r.request(http.MethodPost, wire.Path(wire.LaneMatters, id), packet), 405, "about:blank"},
	} {
		t.Run(name, func(t *testing.T) {
			before := r.Counts().Refused[c.kind]
			got, err := r.do(c.client, c.req)
			if err != nil {
				t.Fatal(err)
			}
			if p := got.problem(t); got.status != c.status || p.Type != c.kind {
				t.Fatalf("got %d %+v", got.status, p)
			}
			if got.header.Get(wire.HeaderReceipt) != "" {
				t.Fatal("a refusal carries a receipt")
			}
			if r.Counts().Refused[c.kind] != before+1 {
				t.Fatal("the refusal is not counted")
			}
		})
	}
	if all := r.matters(); len(all) != 0 {
		t.Fatalf("stored: %+v", all)
	}
	if _, status := r.put(m, wire.LaneMatters, id, packet); status != http.StatusCreated {
		t.Fatalf("the right one afterwards: %d", status)
	}
}

// TestTooLargeWithoutLength streams more than is allowed without saying so before.
func TestTooLargeWithoutLength(t *testing.T) {
	r := serve(t, t.TempDir(), nil)
	m := r.enrol("MX0427")
	req := r.putRequest(m, wire.LaneMatters, uuid.NewString(), bytes.Repeat([]byte{1}, 300<<10))
	req.ContentLength = -1
	got, err := r.do(m.client, req)
	if err != nil || got.status != http.StatusRequestEntityTooLarge || got.problem(t).Type != wire.ProblemTooLarge {
		t.Fatalf("%+v, %v", got, err)
	}
}

func TestForeignCertificateIsNotLetIn(t *testing.T) {
	r := serve(t, t.TempDir(), nil)
	foreign := serve(t, t.TempDir(), nil).enrol("MX0427")
	m := r.enrol("MX0427")
	sent := m.matter()
	got, err := r.do(r.client(foreign.cert), r.putRequest(m, wire.LaneMatters, sent.ID, m.packMatter(t, sent)))
	// Go leaves out a certificate that no authority named by the server issued; one that is sent all the same fails.
	if err == nil && got.status != http.StatusUnauthorized {
		t.Fatalf("%+v", got)
	}
	forced := r.client()
	forced.Transport.(*http.Transport).TLSClientConfig.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		return &foreign.cert, nil
	}
	if got, err := r.do(forced, r.putRequest(m, wire.LaneMatters, sent.ID, m.packMatter(t, sent))); err == nil {
		t.Fatalf("a foreign certificate had the answer %d", got.status)
	}
}

func TestOldTLSIsRefused(t *testing.T) {
	r := serve(t, t.TempDir(), nil)
	c := r.client()
	config := c.Transport.(*http.Transport).TLSClientConfig
	config.MinVersion, config.MaxVersion = tls.VersionTLS12, tls.VersionTLS12
	if got, err := r.do(c, r.request(http.MethodGet, wire.PathHealth, nil)); err == nil {
		t.Fatalf("TLS 1.2 had the answer %d", got.status)
	}
}

// TestLostAnswer cuts the line after the record is stored: the next attempt has the first acknowledgement.
func TestLostAnswer(t *testing.T) {
	dir := t.TempDir()
	cut := &cutStore{}
	r := serve(t, dir, func(o *gateway.Options) { cut.Store = openEngine(t, dir); o.Store = cut })
	m := r.enrol("MX0427")
	sent := m.matter()
	packet := m.packMatter(t, sent)
	cut.mu.Lock()
	cut.cuts = 1
	cut.mu.Unlock()
	stored := r.clock.now().Truncate(time.Microsecond)
	// The connection is used already, so net/http itself may send a second time: PUT may be repeated.
	if got, err := r.do(m.client, r.putRequest(m, wire.LaneMatters, sent.ID, packet)); err == nil && got.status != http.StatusOK {
		t.Fatalf("cut: %d", got.status)
	}
	r.clock.add(time.Hour)
	ack, status := r.put(m, wire.LaneMatters, sent.ID, packet)
	if status != http.StatusOK || !ack.Again || !ack.StoredAt.Equal(stored) {
		t.Fatalf("%d %+v, stored at %v", status, ack, stored)
	}
	if all := r.matters(); len(all) != 1 {
		t.Fatalf("stored: %+v", all)
	}
}

// brokenStore can't store.
type brokenStore struct {
	store.Store
	panics bool
}

func (b *brokenStore) PutIfAbsent(context.Context, store.Record) (store.Put, error) {
	if b.panics {
		panic("content: " + personaName)
	}
	return store.Put{}, errors.New("no space left on device")
}

func TestStorageFailureIsTemporary(t *testing.T) {
	for name, c := range map[string]struct {
		panics bool
		status int
		kind   string
	}{
		"error": {false, http.StatusServiceUnavailable, wire.ProblemStorage},
		"panic": {true, http.StatusInternalServerError, "about:blank"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			r := serve(t, dir, func(o *gateway.Options) { o.Store = &brokenStore{openEngine(t, dir), c.panics} })
			m := r.enrol("MX0427")
			sent := m.matter()
			got, err := r.do(m.client, r.putRequest(m, wire.LaneMatters, sent.ID, m.packMatter(t, sent)))
			if err != nil || got.status != c.status || got.problem(t).Type != c.kind {
				t.Fatalf("%+v, %v", got, err)
			}
			if !c.panics && got.header.Get("Retry-After") == "" {
				t.Fatal("no Retry-After")
			}
			if bytes.Contains(got.body, []byte("space")) {
				t.Fatalf("the answer tells of the inside: %s", got.body)
			}
		})
	}
}

func TestRestartKeepsEverything(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := serve(t, dir, nil)
	m := r.enrol("MX0427")
	sent := m.matter()
	packet := m.packMatter(t, sent)
	first, _ := r.put(m, wire.LaneMatters, sent.ID, packet)
	r.stop()

	r = serve(t, dir, nil)
	m.client = r.client(m.cert) // with the new CA file: it must be the old one
	ack, status := r.put(m, wire.LaneMatters, sent.ID, packet)
	if status != http.StatusOK || !ack.StoredAt.Equal(first.StoredAt) {
		t.Fatalf("%d %+v", status, ack)
	}
	if next := r.enrol("MX0427"); next.Terminal != "MX0427-2" || next.SealKey != m.SealKey || next.AckKey != m.AckKey {
		t.Fatalf("enrolled %+v", next.Enrolled)
	}
	if all := r.matters(); len(all) != 1 || all[0].Number != sent.Number {
		t.Fatalf("stored: %+v", all)
	}
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	r := serve(t, t.TempDir(), nil)
	const terminals, matters = 4, 25
	var all sync.WaitGroup
	for range terminals {
		m := r.enrol("MX0427")
		for range matters {
			sent := m.matter()
			packet := m.packMatter(t, sent)
			for range 2 { // each is sent twice at once
				all.Go(func() {
					got, err := r.do(m.client, r.putRequest(m, wire.LaneMatters, sent.ID, packet))
					if err != nil || got.status/100 != 2 {
						t.Errorf("put: %d, %v", got.status, err)
					}
				})
			}
		}
	}
	all.Wait()
	if n := len(r.matters()); n != terminals*matters {
		t.Fatalf("stored %d", n)
	}
	if c := r.Counts(); c.Stored[wire.LaneMatters] != terminals*matters || c.Again[wire.LaneMatters] != terminals*matters {
		t.Fatalf("counts %+v", c)
	}
}

func TestOpenRoutes(t *testing.T) {
	r := serve(t, t.TempDir(), nil)
	got, err := r.do(r.client(), r.request(http.MethodGet, wire.PathHealth, nil))
	if err != nil || got.status != http.StatusNoContent || len(got.body) != 0 {
		t.Fatalf("health: %+v, %v", got, err)
	}
	got, err = r.do(r.client(), r.request(http.MethodGet, wire.PathTime, nil))
	if err != nil || got.status != http.StatusOK || !strings.Contains(string(got.body), "2026-11-23T08:00:00.123456789Z") {
		t.Fatalf("time: %+v, %v", got, err)
	}
	if date := got.header.Get("Date"); date != "Mon, 23 Nov 2026 08:00:00 GMT" {
		t.Fatalf("date %q", date)
	}
}

// TestShutdownFinishesWhatIsUnderWay ends Serve while a record is being stored.
func TestShutdownFinishesWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	slow := &slowStore{entered: make(chan struct{}), leave: make(chan struct{})}
	r := serve(t, dir, func(o *gateway.Options) { slow.Store = openEngine(t, dir); o.Store = slow })
	m := r.enrol("MX0427")
	sent := m.matter()
	packet := m.packMatter(t, sent)
	answered := make(chan int, 1)
	go func() {
		got, err := r.do(m.client, r.putRequest(m, wire.LaneMatters, sent.ID, packet))
		if err != nil {
			t.Errorf("put: %v", err)
		}
		answered <- got.status
	}()
	<-slow.entered
	stopped := make(chan struct{})
	go func() { r.stop(); close(stopped) }()
	for { // until nobody new is let in
		conn, err := net.Dial("tcp", r.address)
		if err != nil {
			break
		}
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	}
	close(slow.leave)
	if status := <-answered; status != http.StatusCreated {
		t.Fatalf("status %d", status)
	}
	<-stopped
}

type slowStore struct {
	store.Store
	entered, leave chan struct{}
}

func (s *slowStore) PutIfAbsent(ctx context.Context, r store.Record) (store.Put, error) {
	close(s.entered)
	<-s.leave
	return s.Store.PutIfAbsent(ctx, r)
}
