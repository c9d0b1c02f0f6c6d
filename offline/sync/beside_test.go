package sync

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"zhizhu/offline/outbox"
	"zhizhu/offline/seal"
	"zhizhu/offline/wire"
)

// serveBeside answers what is no record.
func (u *upstream) serveBeside(w http.ResponseWriter, r *http.Request) bool {
	switch {
	case strings.HasPrefix(r.URL.Path, wire.PathBlob("")):
		u.serveBlob(w, r, filepath.Base(r.URL.Path))
	case r.URL.Path == wire.PathHeartbeat:
		var h wire.Heartbeat
		if json.NewDecoder(r.Body).Decode(&h) != nil {
			problem(w, http.StatusBadRequest, "about:blank")
			return true
		}
		u.set(func(u *upstream) { u.beats = append(u.beats, h) })
		w.WriteHeader(http.StatusNoContent)
	case r.URL.Path == wire.PathMailbox:
		after, _ := strconv.ParseUint(r.URL.Query().Get("after"), 10, 64)
		var mail wire.Mail
		u.set(func(u *upstream) {
			if u.mail != nil {
				mail = u.mail(after)
			}
		})
		_ = json.NewEncoder(w).Encode(mail)
	default:
		return false
	}
	return true
}

func (u *upstream) serveBlob(w http.ResponseWriter, r *http.Request, digest string) {
	u.mu.Lock()
	have, there := u.blobs[digest]
	u.mu.Unlock()
	if r.Method == http.MethodHead {
		if !there {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		w.Header().Set(wire.HeaderUploadOffset, strconv.Itoa(len(have)))
		return
	}
	if r.Header.Get(wire.HeaderUploadOffset) != strconv.Itoa(len(have)) {
		problem(w, http.StatusConflict, wire.ProblemOffset)
		return
	}
	data, _ := io.ReadAll(r.Body) // what came of it counts
	have = slices.Concat(have, data)
	u.set(func(u *upstream) { u.blobs[digest] = have; u.pieces++ })
	switch {
	case strconv.Itoa(len(have)) != r.Header.Get(wire.HeaderUploadLength):
		w.Header().Set(wire.HeaderUploadOffset, strconv.Itoa(len(have)))
		w.WriteHeader(http.StatusNoContent)
	case seal.Digest(have) != digest:
		u.set(func(u *upstream) { delete(u.blobs, digest) })
		problem(w, http.StatusUnprocessableEntity, wire.ProblemDigest)
	default:
		u.acknowledge(w, wire.Ack{ID: digest, Digest: digest, StoredAt: time.Now()}, u.ack)
	}
}

// withPicture lodges a matter with one attachment of so many bytes.
func (r *rig) withPicture(t testing.TB, size int) (id, digest string) {
	t.Helper()
	data := make([]byte, size)
	_, _ = rand.Read(data)
	l, err := r.box.LodgeWith(t.Context(), wire.Matter{Item: "soc-qualify", ItemName: "资格认证", ItemVer: "1"},
		[]outbox.File{{Material: "photo", Name: "近照", Media: "image/jpeg", Data: data}})
	if err != nil {
		t.Fatal(err)
	}
	all, err := r.box.PendingBlobs(t.Context(), 100, nil)
	if err != nil || len(all) == 0 {
		t.Fatalf("%d attachments, %v", len(all), err)
	}
	r.Kick()
	return l.ID, all[len(all)-1].Digest
}

func blobsGone(s State) bool { return s.Blobs == 0 && s.Quarantined == 0 }

// An upload goes on where it was, after cuts and after a restart of the program.
func TestAttachmentGoesOnWhereItWas(t *testing.T) {
	up := newUpstream(t)
	cuts := 0
	up.before = func(_ http.ResponseWriter, req *http.Request) bool {
		if req.Method != http.MethodPatch {
			return false
		}
		cut := false
		up.set(func(*upstream) { cuts++; cut = cuts%3 == 0 })
		if cut {
			panic(http.ErrAbortHandler)
		}
		return false
	}
	r := newRig(t, up)
	_, digest := r.withPicture(t, 1<<20)
	r.run(t)
	r.await(t, "partly up", func(State) bool { up.mu.Lock(); defer up.mu.Unlock(); return up.pieces > 1 })
	r.stop()
	again, err := New(r.o)
	if err != nil {
		t.Fatal(err)
	}
	r.Syncer = again
	r.run(t)
	r.await(t, "all up", blobsGone)
	if seal.Digest(up.blobs[digest]) != digest {
		t.Error("another attachment arrived")
	}
}

// What arrives with another digest is begun anew once, then set aside; matters and other attachments go on.
func TestAttachmentThatArrivesDamaged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		up, r := bubble(t, nil)
		_, bad := r.withPicture(t, 100_000)
		wholes := 0
		up.set(func(u *upstream) {
			u.before = func(w http.ResponseWriter, req *http.Request) bool {
				if req.Method != http.MethodPatch || filepath.Base(req.URL.Path) != bad {
					return false
				}
				data, _ := io.ReadAll(req.Body)
				up.mu.Lock()
				defer up.mu.Unlock()
				have := append(up.blobs[bad], data...)
				if up.blobs[bad] = have; strconv.Itoa(len(have)) != req.Header.Get(wire.HeaderUploadLength) {
					w.Header().Set(wire.HeaderUploadOffset, strconv.Itoa(len(have)))
					w.WriteHeader(http.StatusNoContent)
					return true
				}
				wholes++
				delete(up.blobs, bad)
				problem(w, http.StatusUnprocessableEntity, wire.ProblemDigest)
				return true
			}
		})
		r.withPicture(t, 50_000)
		r.run(t)
		pass(time.Hour)
		s := r.State()
		if s.Acknowledged != 2 || s.Blobs != 0 || s.Quarantined != 1 || !s.Online || wholes != 2 {
			t.Errorf("%d whole uploads, %+v", wholes, s)
		}
		finish(up, r)
	})
}

// Whatever fails beside the records, the records go up.
func TestTroubleBesideTheRecords(t *testing.T) {
	for name, c := range map[string]struct {
		path   string
		answer func(http.ResponseWriter)
		fault  func(State) string
	}{
		"attachments 507":  {"/v1/blobs/", func(w http.ResponseWriter) { problem(w, 507, wire.ProblemStorage) }, func(s State) string { return s.Faults.Blobs }},
		"attachments 409":  {"/v1/blobs/", func(w http.ResponseWriter) { problem(w, 409, wire.ProblemOffset) }, func(s State) string { return s.Faults.Blobs }},
		"attachments 422":  {"/v1/blobs/", func(w http.ResponseWriter) { problem(w, 422, wire.ProblemPacket) }, func(s State) string { return s.Faults.Blobs }},
		"attachments 404":  {"/v1/blobs/", func(w http.ResponseWriter) { problem(w, 404, "about:blank") }, func(s State) string { return s.Faults.Blobs }},
		"attachments 204":  {"/v1/blobs/", func(w http.ResponseWriter) { w.WriteHeader(204) }, func(s State) string { return s.Faults.Blobs }},
		"attachments cut":  {"/v1/blobs/", func(http.ResponseWriter) { panic(http.ErrAbortHandler) }, func(s State) string { return s.Faults.Blobs }},
		"events 422":       {"/v1/events/", func(w http.ResponseWriter) { problem(w, 422, wire.ProblemPacket) }, func(s State) string { return s.Faults.Events }},
		"events 404":       {"/v1/events/", func(w http.ResponseWriter) { problem(w, 404, "about:blank") }, func(s State) string { return s.Faults.Events }},
		"events portal":    {"/v1/events/", func(w http.ResponseWriter) { html(w, 200) }, func(s State) string { return s.Faults.Events }},
		"mailbox 503":      {wire.PathMailbox, func(w http.ResponseWriter) { problem(w, 503, wire.ProblemStorage) }, func(s State) string { return s.Faults.Mailbox }},
		"mailbox no JSON":  {wire.PathMailbox, func(w http.ResponseWriter) { html(w, 200) }, func(s State) string { return s.Faults.Mailbox }},
		"heartbeat 422":    {wire.PathHeartbeat, func(w http.ResponseWriter) { problem(w, 422, "about:blank") }, func(s State) string { return s.Faults.Heartbeat }},
		"heartbeat hangs":  {wire.PathHeartbeat, func(http.ResponseWriter) { <-time.After(time.Minute) }, func(s State) string { return s.Faults.Heartbeat }},
		"renewal refused":  {wire.PathRenew, func(w http.ResponseWriter) { problem(w, 403, wire.ProblemIdentity) }, func(s State) string { return s.Faults.Renewal }},
		"renewal no JSON":  {wire.PathRenew, func(w http.ResponseWriter) { html(w, 200) }, func(s State) string { return s.Faults.Renewal }},
		"renewal not good": {wire.PathRenew, func(w http.ResponseWriter) { _, _ = w.Write([]byte("{}")) }, func(s State) string { return s.Faults.Renewal }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				up, r := bubble(t, nil, func(o *Options) {
					o.Mailbox, o.Renew = &box{}, always{}
					o.Heartbeat = func() wire.Heartbeat { return wire.Heartbeat{Version: "test"} }
				})
				up.before = func(w http.ResponseWriter, req *http.Request) bool {
					if !strings.HasPrefix(req.URL.Path, c.path) || req.Method == http.MethodHead {
						return false
					}
					c.answer(w)
					return true
				}
				for range 5 {
					r.withPicture(t, 1000)
					if err := r.box.PutEvent(t.Context(), wire.Event{Kind: wire.EventStatistics}); err != nil {
						t.Fatal(err)
					}
				}
				r.run(t)
				pass(4 * time.Minute) // the first client may be as slow as its time-outs
				id := r.lodge(t, 1)[0]
				pass(10 * time.Second)
				if s := r.State(); s.Queued != 0 || s.Acknowledged != 6 || !s.Online || up.puts[id] != 1 || c.fault(s) == "" {
					t.Errorf("%d of the last, %+v", up.puts[id], s)
				}
				up.set(func(u *upstream) { u.before = nil })
				pass(3 * time.Hour)
				if _, err := r.box.RequeueAll(t.Context()); err != nil {
					t.Error(err)
				}
				r.Kick()
				pass(time.Minute)
				s := r.State()
				s.Faults.Renewal = "" // this upstream gives no certificate that could be used
				if s.Blobs+s.Events+s.Quarantined != 0 || s.Faults != (Faults{}) {
					t.Errorf("mended: %+v", s)
				}
				finish(up, r)
			})
		})
	}
}

// always is due, and takes no answer.
type always struct{}

func (always) Due(time.Time) bool             { return true }
func (always) Request() (wire.Renewal, error) { return wire.Renewal{CSR: "csr"}, nil }
func (always) Install(wire.Enrolled) error    { return errors.New("not a usable certificate") }

// box is a mailbox in memory that refuses what its holder says.
type box struct {
	mu     sync.Mutex
	refuse map[uint64]bool
	taken  []uint64
	cursor uint64
	asked  uint64
}

func (b *box) Cursor(context.Context) (uint64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked = b.cursor
	return b.cursor, nil
}

func (b *box) Take(_ context.Context, posts []wire.Post) (uint64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var err error
	for _, p := range posts {
		b.asked = max(b.asked, p.Seq)
		switch {
		case b.refuse[p.Seq]:
			err = errors.New("letter at " + strconv.FormatUint(p.Seq, 10) + " refused")
		default:
			b.taken = append(b.taken, p.Seq)
			if err == nil && p.Seq == b.cursor+1 {
				b.cursor = p.Seq
			}
		}
	}
	return b.asked, err
}

// Post that can't be proven is named and asked for again, while what lies behind it is taken.
func TestPostThatIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &box{refuse: map[uint64]bool{2: true}}
		up, r := bubble(t, nil, func(o *Options) { o.Mailbox = b })
		up.mail = func(after uint64) wire.Mail { // two at a time
			var m wire.Mail
			for seq := after + 1; seq <= 5 && len(m.Posts) < 2; seq++ {
				m.Posts = append(m.Posts, wire.Post{Seq: seq})
				m.More = seq < 5
			}
			return m
		}
		r.run(t)
		pass(10 * time.Minute)
		b.mu.Lock()
		seen := map[uint64]int{}
		for _, seq := range b.taken {
			seen[seq]++
		}
		b.refuse = nil
		b.mu.Unlock()
		if len(seen) != 4 || seen[5] < 3 || seen[2] != 0 {
			t.Errorf("taken %v", seen)
		}
		if s := r.State(); !strings.Contains(s.Faults.Mailbox, "letter at 2") || !s.Online {
			t.Errorf("%+v", s)
		}
		pass(time.Hour)
		if s := r.State(); s.Faults.Mailbox != "" {
			t.Errorf("%+v", s)
		}
		finish(up, r)
	})
}

// Heartbeats come with news, a minute apart at least, and every quarter of an hour.
func TestHeartbeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		paper := "ok"
		up, r := bubble(t, nil, func(o *Options) {
			o.Heartbeat = func() wire.Heartbeat {
				mu.Lock()
				defer mu.Unlock()
				return wire.Heartbeat{Version: "test", Paper: paper, DiskFree: time.Now().Unix()}
			}
		})
		r.run(t)
		pass(2 * time.Hour)
		n := len(up.beats)
		if n < 8 || n > 17 {
			t.Errorf("%d heartbeats in two quiet hours", n)
		}
		if h := up.beats[n-1]; h.Terminal != terminal || h.ClockTrust != "synced" || h.At.IsZero() {
			t.Errorf("%+v", h)
		}
		mu.Lock()
		paper = "end"
		mu.Unlock()
		pass(2 * time.Minute)
		if h := up.beats[len(up.beats)-1]; h.Paper != "end" {
			t.Errorf("%+v", h)
		}
		finish(up, r)
	})
}

// slow is a line that carries so many bytes a second, whatever goes over it.
type slow struct {
	net.Conn
	line chan struct{} // a mutex would stop a bubble's time
	rate int
}

func (s slow) Write(p []byte) (n int, err error) {
	for len(p) > 0 && err == nil {
		part := p[:min(len(p), 500)]
		s.line <- struct{}{}
		<-time.After(time.Duration(len(part)) * time.Second / time.Duration(s.rate))
		<-s.line
		var m int
		m, err = s.Conn.Write(part)
		n, p = n+m, p[len(part):]
	}
	return n, err
}

// On a line of 5 KB/s a matter does not wait for the picture that is going up.
func TestMatterGoesBesideASlowAttachment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		line := make(chan struct{}, 1)
		up, r := bubble(t, nil, func(o *Options) {
			through := o.Dial
			o.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
				c, err := through(ctx, network, addr)
				return slow{c, line, 5000}, err
			}
		})
		r.withPicture(t, 2<<20)
		r.run(t)
		pass(time.Minute)
		for range 5 {
			began := r.State().Acknowledged
			r.lodge(t, 1)
			pass(20 * time.Second)
			if s := r.State(); s.Acknowledged != began+1 || s.Blobs != 1 {
				t.Fatalf("after 20 s: %+v", s)
			}
		}
		pass(10 * time.Minute)
		if s := r.State(); !blobsGone(s) {
			t.Errorf("%+v", s)
		}
		finish(up, r)
	})
}
