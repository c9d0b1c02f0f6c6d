package sync

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"zhizhu/offline/outbox"
	"zhizhu/offline/seal"
	"zhizhu/offline/wire"
)

func TestRecordsArriveOnceAndRatingsFirst(t *testing.T) {
	up := newUpstream(t)
	r := newRig(t, up, func(o *Options) { o.AtOnce = 1 })
	ids := r.lodge(t, 20)
	if err := r.box.PutRating(t.Context(), wire.Rating{Matter: ids[0], Item: "soc-qualify", Level: 5}); err != nil {
		t.Fatal(err)
	}
	r.run(t)
	s := r.await(t, "all sent", sent(20))
	if up.count() != 21 || up.order[0] != wire.LaneRatings || s.Ratings != 0 || !s.Oldest.IsZero() {
		t.Fatalf("%d stored, first %s, %+v", up.count(), up.order[0], s)
	}
	for id, n := range up.puts {
		if n != 1 {
			t.Errorf("%s came %d times", id, n)
		}
	}
	if !s.OffsetKnown || s.ServerOffset.Abs() > 2*time.Second || r.ClockTrust() != "synced" {
		t.Fatalf("offset %v known %v", s.ServerOffset, s.OffsetKnown)
	}
	r.lodge(t, 1) // and one while all is quiet
	r.await(t, "the late one sent", sent(21))
}

// The gateway stores, the line is cut before the answer: the record is sent again and stored once.
func TestLostAcknowledgements(t *testing.T) {
	up := newUpstream(t)
	lost := map[string]bool{}
	up.instead = func(_ http.ResponseWriter, id string) bool {
		up.mu.Lock()
		first := !lost[id]
		lost[id] = true
		up.mu.Unlock()
		if first {
			panic(http.ErrAbortHandler)
		}
		return false
	}
	r := newRig(t, up)
	r.lodge(t, 12)
	r.run(t)
	r.await(t, "all sent", sent(12))
	if up.count() != 12 {
		t.Fatalf("%d stored, want 12", up.count())
	}
	for id, n := range up.puts {
		if n < 2 {
			t.Errorf("%s came %d times: nothing was lost", id, n)
		}
	}
}

func html(w http.ResponseWriter, status int) bool {
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(status)
	_, _ = w.Write([]byte("<html>please log in</html>"))
	return true
}

// Whatever answers in the gateway's place, nothing is taken for an acknowledgement, nothing is set aside, and all of it
// goes up once the gateway is back.
func TestTroubleIsNamedAndPasses(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(u *upstream, w http.ResponseWriter, r *http.Request) bool
		want   Reason
	}{
		"portal with 200": {func(_ *upstream, w http.ResponseWriter, _ *http.Request) bool { return html(w, 200) }, Portal},
		"portal with 404": {func(_ *upstream, w http.ResponseWriter, _ *http.Request) bool { return html(w, 404) }, Portal},
		"proxy's own 413": {onlyPuts(func(w http.ResponseWriter) bool { return html(w, 413) }), Portal},
		"redirect": {func(_ *upstream, w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, "/login", http.StatusFound)
			return true
		}, Portal},
		"200 without a signature": {onlyPuts(func(w http.ResponseWriter) bool { w.WriteHeader(200); return true }), Portal},
		"503":                     {onlyPuts(func(w http.ResponseWriter) bool { problem(w, 503, wire.ProblemStorage); return true }), Busy},
		"502 of a proxy":          {func(_ *upstream, w http.ResponseWriter, _ *http.Request) bool { return html(w, 502) }, Busy},
		"429":                     {onlyPuts(func(w http.ResponseWriter) bool { w.WriteHeader(429); return true }), Busy},
		"403":                     {onlyPuts(func(w http.ResponseWriter) bool { problem(w, 403, wire.ProblemIdentity); return true }), Refused},
		"cut":                     {func(*upstream, http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) }, Unreachable},
		"signed by another": {func(u *upstream, w http.ResponseWriter, r *http.Request) bool {
			if r.Method != http.MethodPut {
				return false
			}
			u.acknowledge(w, wire.Ack{ID: filepath.Base(r.URL.Path), StoredAt: time.Now()}, u.seal)
			return true
		}, Portal},
	} {
		t.Run(name, func(t *testing.T) {
			up := newUpstream(t)
			up.before = func(w http.ResponseWriter, r *http.Request) bool { return c.answer(up, w, r) }
			r := newRig(t, up)
			r.lodge(t, 3)
			r.run(t)
			s := r.await(t, name, because(c.want))
			if s.Online || s.Queued != 3 || s.Quarantined != 0 || s.Acknowledged != 0 || s.Detail == "" {
				t.Fatalf("%+v", s)
			}
			up.set(func(u *upstream) { u.before = nil })
			r.await(t, "all sent", sent(3))
			if up.count() != 3 {
				t.Fatalf("%d stored", up.count())
			}
		})
	}
}

func onlyPuts(answer func(http.ResponseWriter) bool) func(*upstream, http.ResponseWriter, *http.Request) bool {
	return func(_ *upstream, w http.ResponseWriter, r *http.Request) bool {
		return r.Method == http.MethodPut && answer(w)
	}
}

// An answer for another record, or over another digest, acknowledges nothing.
func TestForeignAcknowledgements(t *testing.T) {
	up := newUpstream(t)
	other := wire.Ack{ID: "0192f3c1-7d4e-7a55-8c11-3f2b9d10aa01", Digest: seal.Digest(nil), StoredAt: time.Now()}
	up.instead = func(w http.ResponseWriter, id string) bool {
		up.mu.Lock()
		n := len(up.puts)
		up.mu.Unlock()
		switch n % 2 {
		case 0:
			up.acknowledge(w, other, up.ack)
		default:
			up.acknowledge(w, wire.Ack{ID: id, Digest: other.Digest, StoredAt: time.Now()}, up.ack)
		}
		return true
	}
	r := newRig(t, up, func(o *Options) { o.AtOnce = 1 })
	r.lodge(t, 2)
	r.run(t)
	if s := r.await(t, "distrusted", because(Portal)); s.Acknowledged != 0 || s.Queued != 2 {
		t.Fatalf("%+v", s)
	}
}

// One record that is refused never holds up the others.
func TestPoisonRecords(t *testing.T) {
	for _, status := range []int{400, 409, 413, 415, 422, 500} {
		up := newUpstream(t)
		var poison atomic.Value
		up.before = func(w http.ResponseWriter, r *http.Request) bool {
			if filepath.Base(r.URL.Path) != poison.Load() {
				return false
			}
			problem(w, status, wire.ProblemPacket)
			return true
		}
		r := newRig(t, up)
		poison.Store(r.lodge(t, 9)[0])
		r.run(t)
		if status == 500 { // may pass: it stays, the others go
			r.await(t, "others sent", func(s State) bool { return s.Acknowledged == 8 && s.Queued == 1 && s.Quarantined == 0 })
		} else {
			r.await(t, "others sent, one aside", func(s State) bool { return s.Acknowledged == 8 && s.Queued == 0 && s.Quarantined == 1 && s.Online })
		}
		r.stop()
	}
}

func TestRecordDamagedOnDiskIsSetAside(t *testing.T) {
	up := newUpstream(t)
	r := newRig(t, up)
	r.Syncer.o.Outbox = damagedFirst{r.box}
	r.call.o.Outbox = r.Syncer.o.Outbox
	r.lodge(t, 3)
	r.run(t)
	r.await(t, "one aside", func(s State) bool { return s.Acknowledged == 2 && s.Quarantined == 1 && s.Online })
	if up.count() != 2 {
		t.Fatalf("%d stored", up.count())
	}
}

// damagedFirst finds the first record damaged, as outbox's own tests do with real pages.
type damagedFirst struct{ *outbox.Outbox }

func (d damagedFirst) Pending(ctx context.Context, lane string, n int, skip func(string) bool) ([]outbox.Waiting, error) {
	first := ""
	if all, err := d.Outbox.Pending(ctx, lane, 1, nil); err == nil && len(all) == 1 {
		first = all[0].ID
	}
	all, err := d.Outbox.Pending(ctx, lane, n, skip)
	for i := range all {
		all[i].Damaged = all[i].ID == first && d.Counts().Quarantined == 0
	}
	return all, err
}

func TestWrongCA(t *testing.T) {
	up := newUpstream(t)
	other := newAuthority(t)
	r := newRig(t, up, func(o *Options) { o.Identity.CA = other.pool() })
	r.lodge(t, 1)
	r.run(t)
	if s := r.await(t, "certificate", because(Certificate)); s.Queued != 1 || up.count() != 0 {
		t.Fatalf("%+v, %d stored", s, up.count())
	}
}

// An expired certificate is the server's fault when its own clock says so, and this machine's when it doesn't.
func TestExpiredCertificateOrWrongClock(t *testing.T) {
	t.Run("certificate", func(t *testing.T) {
		up := newUpstream(t, func(u *upstream) {
			u.TLS.Certificates = []tls.Certificate{u.ca.issue(t, "gateway", time.Now().AddDate(0, -2, 0))}
		})
		newRig(t, up).run(t).await(t, "certificate", because(Certificate))
	})
	t.Run("clock", func(t *testing.T) {
		fast := 60 * 24 * time.Hour
		r := newRig(t, newUpstream(t), func(o *Options) { o.Now = func() time.Time { return time.Now().Add(fast) } })
		s := r.run(t).await(t, "clock", because(Clock))
		if !s.OffsetKnown || (s.ServerOffset+fast).Abs() > 3*time.Second || r.ClockTrust() != "offset" {
			t.Fatalf("%+v", s)
		}
	})
}

// A clock six years slow keeps nothing from going up: its own certificate proves that it is later.
func TestSlowClockDoesNotStopTheLine(t *testing.T) {
	up := newUpstream(t)
	r := newRig(t, up, func(o *Options) { o.Now = func() time.Time { return time.Now().AddDate(-6, 0, 0) } })
	r.lodge(t, 2)
	s := r.run(t).await(t, "all sent", sent(2))
	if s.ServerOffset < 5*365*24*time.Hour || r.ClockTrust() != "offset" {
		t.Fatalf("offset %v", s.ServerOffset)
	}
}

func TestClientCertificateThatIsRefused(t *testing.T) {
	up := newUpstream(t)
	foreign := newAuthority(t).issue(t, terminal, time.Now())
	r := newRig(t, up, func(o *Options) { o.Identity.Certificate = foreign })
	r.lodge(t, 1)
	if s := r.run(t).await(t, "refused", because(Refused)); s.Queued != 1 {
		t.Fatalf("%+v", s)
	}
}

func TestLineThatIsDownAndComesBack(t *testing.T) {
	var down atomic.Bool
	down.Store(true)
	dial := func(ctx context.Context, network, addr string) (net.Conn, error) {
		if down.Load() {
			return nil, &net.OpError{Op: "dial", Err: errors.New("network is unreachable")}
		}
		return (&net.Dialer{}).DialContext(ctx, network, addr)
	}
	up := newUpstream(t)
	r := newRig(t, up, func(o *Options) { o.Dial = dial })
	r.lodge(t, 5)
	r.run(t)
	r.await(t, "unreachable", because(Unreachable))
	down.Store(false)
	r.await(t, "all sent", sent(5))
}

func TestNameThatCannotBeResolved(t *testing.T) {
	dial := func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "gateway.test", IsNotFound: true}}
	}
	newRig(t, newUpstream(t), func(o *Options) { o.Dial = dial }).run(t).await(t, "dns", because(DNS))
}

// A server without TLS on the port: a box in between, or a wrong port.
func TestPlainHTTPServer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	plain := &http.Server{Handler: http.NotFoundHandler(), ReadHeaderTimeout: time.Second}
	go func() { _ = plain.Serve(l) }()
	t.Cleanup(func() { _ = plain.Close() })
	r := newRig(t, newUpstream(t), func(o *Options) { o.URL = "https://" + l.Addr().String() })
	r.run(t).await(t, "portal", because(Portal))
}

// A quiet line is looked at now and then, so that the screen tells the truth about it.
func TestIdleLineIsWatched(t *testing.T) {
	up := newUpstream(t)
	r := newRig(t, up, func(o *Options) { o.IdleEvery = 20 * time.Millisecond })
	r.run(t).await(t, "online", because(OK))
	up.Listener.Close()
	up.CloseClientConnections()
	r.await(t, "unreachable", because(Unreachable))
}

// What waited at a restart goes up afterwards, and nothing of it lies readable on the disk.
func TestPersonalDataDoNotLieOnDisk(t *testing.T) {
	up := newUpstream(t)
	r := newRig(t, up)
	m := wire.Matter{Item: "soc-qualify", Applicant: &wire.Applicant{Name: "测试甲", IDNumber: "441403195001010017", Address: "测试村七号"}}
	if _, err := r.box.Lodge(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	r.run(t).await(t, "sent", sent(1))
	content, err := os.ReadFile(r.path)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{m.Applicant.Name, m.Applicant.IDNumber, m.Applicant.Address} {
		if bytes.Contains(content, []byte(secret)) {
			t.Errorf("%q lies on the disk", secret)
		}
	}
}

func TestNewRefusesWhatCannotWork(t *testing.T) {
	r := newRig(t, newUpstream(t))
	for _, url := range []string{"", "http://gateway", "gateway:443", "https://", "https://u:p@gateway", "https://gateway?x=1"} {
		o := r.o
		o.URL = url
		if _, err := New(o); err == nil || !strings.Contains(err.Error(), "https://host:port") {
			t.Errorf("%q: %v", url, err)
		}
	}
}
