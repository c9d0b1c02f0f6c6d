package platform_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"zhizhu/offline/gateway/adapter"
	"zhizhu/offline/gateway/adapter/adaptertest"
	"zhizhu/offline/seal"
	"zhizhu/offline/wire"
)

const token = "a-token-of-the-platform"

// server is a platform that keeps to doc.go, unless spoil takes a request over.
type server struct {
	*httptest.Server
	t   testing.TB
	key string

	mu      sync.Mutex
	cases   map[string][]byte // bodies by id
	answers map[string]wire.Letter
	refused map[string]string
	spoil   func(w http.ResponseWriter, r *http.Request) bool
}

func newServer(t testing.TB, key string) *server {
	t.Helper()
	s := &server{t: t, key: key, cases: map[string][]byte{}, answers: map[string]wire.Letter{}, refused: map[string]string{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/cases", s.postCase)
	mux.HandleFunc("GET /api/answers", s.getAnswers)
	mux.HandleFunc("POST /api/answers/{id}/{what}", s.settle)
	s.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.spoil != nil && s.spoil(w, r) {
			return
		}
		if r.Header.Get("Authorization") != "Bearer "+token {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func (s *server) postCase(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	id, digest := r.Header.Get("Idempotency-Key"), seal.Digest(body)
	sum, _ := hex.DecodeString(digest)
	key, err := seal.ParsePublicKey(s.key)
	if err != nil {
		s.t.Error(err)
	}
	signature, _ := base64.StdEncoding.DecodeString(r.Header.Get("X-Signature"))
	if seal.Verify(key, []byte("zhizhu-case-1\n"+id+"\n"+digest+"\n"), signature) != nil ||
		r.Header.Get(wire.HeaderDigest) != "sm3=:"+base64.StdEncoding.EncodeToString(sum)+":" {
		s.t.Error("the case is not vouched for")
	}
	if has, ok := s.cases[id]; ok {
		if !bytes.Equal(has, body) {
			w.WriteHeader(http.StatusConflict)
			return
		}
		reply(w, http.StatusOK, map[string]string{"id": id, "note": "again"})
		return
	}
	s.cases[id] = body
	reply(w, http.StatusCreated, map[string]string{"id": id, "note": "P-" + id})
}

func (s *server) getAnswers(w http.ResponseWriter, _ *http.Request) {
	keys := s.waiting()
	page := struct {
		Answers []wire.Letter `json:"answers"`
		More    bool          `json:"more"`
	}{More: len(keys) > 2}
	for _, k := range keys[:min(2, len(keys))] {
		page.Answers = append(page.Answers, s.answers[k])
	}
	reply(w, http.StatusOK, page)
}

func (s *server) settle(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	if r.PathValue("what") == "refused" {
		var said struct{ Reason string }
		_ = json.NewDecoder(r.Body).Decode(&said)
		s.refused[id] = said.Reason
	}
	delete(s.answers, id)
	w.WriteHeader(http.StatusNoContent)
}

func (s *server) waiting() []string {
	var keys []string
	for k := range s.answers {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func (s *server) do(fn func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fn()
}

// Cases is adaptertest.Platform's, as are the others.
func (s *server) Cases(t testing.TB) map[string]adaptertest.Got {
	t.Helper()
	all := map[string]adaptertest.Got{}
	s.do(func() {
		for id, body := range s.cases {
			var c adapter.Case
			if err := json.Unmarshal(body, &c); err != nil {
				t.Error(err)
			}
			got := adaptertest.Got{Content: c.Content, Attachments: map[string][]byte{}}
			for _, a := range c.Attachments {
				got.Attachments[a.Material] = a.Data
			}
			all[id] = got
		}
	})
	return all
}

func (s *server) Answer(t testing.TB, key string, l wire.Letter) {
	t.Helper()
	l.ID = key
	s.do(func() { s.answers[key] = l })
}

func (s *server) Waiting(testing.TB) (keys []string) {
	s.do(func() { keys = s.waiting() })
	return keys
}

func (s *server) Refused(testing.TB) map[string]string {
	all := map[string]string{}
	s.do(func() {
		maps.Copy(all, s.refused)
	})
	return all
}

// page answers as many portals do.
func portal(w http.ResponseWriter, _ *http.Request) bool {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.Copy(w, strings.NewReader("<html>请登录</html>"))
	return true
}
