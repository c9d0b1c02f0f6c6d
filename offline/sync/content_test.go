package sync

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"zhizhu/offline/wire"
)

// refuse lets the upstream refuse the content of some records and counts how often it did.
func (u *upstream) refuse(these func(id string) bool) (count func() int) {
	refused := 0
	u.set(func(u *upstream) {
		u.before = func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method != http.MethodPut || !these(filepath.Base(r.URL.Path)) {
				return false
			}
			u.mu.Lock()
			refused++
			u.mu.Unlock()
			problem(w, http.StatusUnprocessableEntity, wire.ProblemPacket)
			return true
		}
	})
	return func() int {
		u.mu.Lock()
		defer u.mu.Unlock()
		return refused
	}
}

// A gateway that refuses everything doesn't empty the queue: it is asked more and more seldom, and gets all of it when it
// is mended.
func TestGatewayThatRefusesEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		up, r := bubble(t, nil)
		refused := up.refuse(func(string) bool { return true })
		r.lodge(t, 20)
		r.run(t)
		pass(6 * time.Hour)
		s := r.State()
		if s.Reason != Busy || s.Online || s.Queued != 20 || s.Quarantined != 0 || !strings.Contains(s.Detail, "422") {
			t.Errorf("%+v", s)
		}
		if n := refused(); n < 8 || n > 45 {
			t.Errorf("asked %d times in six hours", n)
		}
		up.set(func(u *upstream) { u.before = nil })
		pass(time.Hour + time.Minute)
		if s := r.State(); s.Acknowledged != 20 || s.Queued != 0 || s.Quarantined != 0 || !s.Online {
			t.Errorf("mended: %+v", s)
		}
		for id, n := range up.puts {
			if n != 1 {
				t.Errorf("%s came %d times", id, n)
			}
		}
		finish(up, r)
	})
}

// Many bad ones before the good ones: the good ones go up all the same, and only the bad ones end aside.
func TestBadRecordsBeforeGoodOnes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		up, r := bubble(t, nil)
		bad := map[string]bool{}
		for _, id := range r.lodge(t, 7) {
			bad[id] = true
		}
		r.lodge(t, 9)
		up.refuse(func(id string) bool { return bad[id] })
		r.run(t)
		pass(12 * time.Hour)
		if s := r.State(); s.Acknowledged != 9 || s.Queued != 0 || s.Quarantined != 7 || !s.Online || s.Reason != OK {
			t.Errorf("%+v", s)
		}
		for id := range bad {
			if up.puts[id] != 0 {
				t.Errorf("%s was stored", id)
			}
		}
		if n, err := r.box.RequeueAll(t.Context()); n != 7 || err != nil { // staff mended the gateway
			t.Errorf("%d back, %v", n, err)
		}
		up.set(func(u *upstream) { u.before = nil })
		r.Kick()
		pass(time.Minute)
		if s := r.State(); s.Acknowledged != 16 || s.Quarantined != 0 {
			t.Errorf("after mending: %+v", s)
		}
		finish(up, r)
	})
}

// What was sealed under an earlier name of this machine is sent; whether it is taken is the gateway's to say.
func TestRecordsOfAnEarlierNameAreSent(t *testing.T) {
	up := newUpstream(t)
	r := newRigOf(t, up, "MX0427-7")
	r.lodge(t, 3)
	r.run(t)
	if s := r.await(t, "all sent", sent(3)); s.Quarantined != 0 || up.count() != 3 {
		t.Fatalf("%+v, %d stored", s, up.count())
	}
}

// A refusal ends when the probe is answered and nothing waits that could tell otherwise.
func TestRefusalEndsWithAnEmptyQueue(t *testing.T) {
	up := newUpstream(t)
	up.before = func(w http.ResponseWriter, _ *http.Request) bool {
		problem(w, http.StatusForbidden, wire.ProblemIdentity)
		return true
	}
	r := newRig(t, up, func(o *Options) { o.IdleEvery = 20 * time.Millisecond })
	r.run(t).await(t, "refused", because(Refused))
	up.set(func(u *upstream) { u.before = nil })
	if s := r.await(t, "online again", because(OK)); !s.Online || s.Detail != "" {
		t.Fatalf("%+v", s)
	}
	up.Listener.Close()
	up.CloseClientConnections()
	r.await(t, "seen as gone", because(Unreachable))
}
