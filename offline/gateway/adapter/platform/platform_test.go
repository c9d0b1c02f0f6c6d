package platform_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"zhizhu/offline/gateway/adapter"
	"zhizhu/offline/gateway/adapter/adaptertest"
	"zhizhu/offline/gateway/adapter/platform"
	"zhizhu/offline/wire"
)

func open(t *testing.T, signer adapter.Signer) (*platform.Platform, *server) {
	t.Helper()
	s := newServer(t, signer.Key)
	p, err := platform.New(platform.Options{
		URL: s.URL + "/api/", Token: token, Client: s.Client(), Signer: signer, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return p, s
}

func TestContract(t *testing.T) {
	adaptertest.Run(t, func(t *testing.T, signer adapter.Signer) (adapter.Adapter, adaptertest.Platform) {
		p, s := open(t, signer)
		return p, s
	})
}

func status(code int) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		w.WriteHeader(code)
		return true
	}
}

// TestMisbehaving has the platform answer what a platform should not. Nothing but its own word counts as yes, and only
// what is about the case counts against the case.
func TestMisbehaving(t *testing.T) {
	said := func(code int, kind, body string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Content-Type", kind)
			w.WriteHeader(code)
			_, _ = w.Write([]byte(body))
			return true
		}
	}
	for name, c := range map[string]struct {
		spoil   func(http.ResponseWriter, *http.Request) bool
		refused bool
	}{
		"portal":       {portal, false},
		"no content":   {status(204), false},
		"empty 200":    {status(200), false},
		"other id":     {said(200, wire.TypeJSON, `{"id":"another"}`), false},
		"no id":        {said(201, wire.TypeJSON, `{"ok":true}`), false},
		"cut JSON":     {said(201, wire.TypeJSON, `{"id":"i`), false},
		"JSON as text": {said(200, "text/plain", `{"id":"id"}`), false},
		"endless":      {said(200, wire.TypeJSON, `{"id":"id","note":"`+strings.Repeat("x", 100<<10)+`"}`), false},
		"redirect": {func(w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
			return true
		}, false},
		"unauthorised":   {status(401), false},
		"forbidden":      {status(403), false},
		"not found":      {status(404), false},
		"too many":       {status(429), false},
		"broken":         {status(500), false},
		"away":           {status(503), false},
		"hung up":        {func(http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) }, false},
		"bad request":    {status(400), true},
		"conflict":       {status(409), true},
		"too large":      {status(413), true},
		"unprocessable":  {status(422), true},
		"kind not known": {status(415), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, s := open(t, adaptertest.NewSigner(t))
			s.do(func() { s.spoil = c.spoil })
			c1 := adaptertest.Case(t, "id")
			_, err := p.Hand(t.Context(), c1)
			if err == nil || errors.Is(err, adapter.ErrRefused) != c.refused {
				t.Fatalf("hand: %v", err)
			}
			if err := p.Poll(t.Context(), func(context.Context, adapter.Answer) error { t.Error("taken"); return nil }); err == nil &&
				name != "other id" && name != "no id" && name != "endless" { // those are JSON without answers
				t.Fatal("polled")
			}
			s.do(func() { s.spoil = nil })
			if _, err := p.Hand(t.Context(), c1); err != nil {
				t.Fatalf("once it is well again: %v", err)
			}
		})
	}
}

// TestLostAnswer has the platform store a case and the line end: the next try finds it there.
func TestLostAnswer(t *testing.T) {
	p, s := open(t, adaptertest.NewSigner(t))
	lost := false
	s.do(func() {
		s.spoil = func(w http.ResponseWriter, r *http.Request) bool {
			if lost {
				return false
			}
			lost = true
			s.postCase(&deaf{ResponseWriter: w}, r)
			panic(http.ErrAbortHandler)
		}
	})
	c := adaptertest.Case(t, "id")
	if _, err := p.Hand(t.Context(), c); err == nil {
		t.Fatal("the answer was lost")
	}
	o, err := p.Hand(t.Context(), c)
	if err != nil || o.Note != "again" || len(s.Cases(t)) != 1 {
		t.Fatalf("%+v, %v", o, err)
	}
}

// deaf lets nothing through.
type deaf struct{ http.ResponseWriter }

func (d *deaf) Write(p []byte) (int, error) { return len(p), nil }
func (d *deaf) WriteHeader(int)             {}

func TestRetryAfter(t *testing.T) {
	for said, want := range map[string]time.Duration{
		"120": 2 * time.Minute, " 5 ": 5 * time.Second, strconv.Itoa(1 << 40): 24 * time.Hour, "soon": 0, "-1": 0, "": 0,
	} {
		p, s := open(t, adaptertest.NewSigner(t))
		s.do(func() {
			s.spoil = func(w http.ResponseWriter, _ *http.Request) bool {
				w.Header().Set("Retry-After", said)
				w.WriteHeader(http.StatusServiceUnavailable)
				return true
			}
		})
		_, err := p.Hand(t.Context(), adaptertest.Case(t, "id"))
		var wait time.Duration
		if later, ok := errors.AsType[*adapter.LaterError](err); ok {
			wait = later.Wait
		}
		if err == nil || wait != want {
			t.Errorf("%q: %v, %v", said, wait, err)
		}
	}
}

// TestAnswersThatNeverEnd has a platform that takes no notice of what was taken.
func TestAnswersThatNeverEnd(t *testing.T) {
	var log bytes.Buffer
	s := newServer(t, "")
	p, err := platform.New(platform.Options{
		URL: s.URL + "/api", Token: token, Client: s.Client(), Signer: adaptertest.NewSigner(t), Log: slog.New(slog.NewTextHandler(&log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	s.do(func() {
		s.spoil = func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodPost {
				return status(http.StatusNoContent)(w, r)
			}
			reply(w, http.StatusOK, map[string]any{"more": true, "answers": []wire.Letter{
				{ID: "a", Text: "one"}, {ID: "", Text: "two"}, {ID: "../../cases", Text: "three"}, {ID: "..", Text: "four"}, {ID: "b", Text: "five"},
			}})
			return true
		}
	})
	var got []string
	err = p.Poll(t.Context(), func(_ context.Context, a adapter.Answer) error { got = append(got, a.Text); return nil })
	if err != nil || strings.Join(got, " ") != "one five" {
		t.Fatalf("took %v, %v", got, err)
	}
	if !strings.Contains(log.String(), "can't be named") || strings.Contains(log.String(), "three") {
		t.Fatalf("log: %s", log.String())
	}
}

func TestURLs(t *testing.T) {
	for url, good := range map[string]bool{
		"https://platform.example.gov.cn/api": true, "http://127.0.0.1:8080": true, "http://localhost/x": true, "http://[::1]:1/": true,
		"http://platform.example.gov.cn": false, "http://10.1.2.3": false, "ftp://x": false, "": false, "/x": false, "https://u:p@x": false,
		"https://x?a=b": false, "http://127.0.0.1.example.com": false,
	} {
		_, err := platform.New(platform.Options{
			URL: url, Client: http.DefaultClient, Signer: adaptertest.NewSigner(t), Log: slog.New(slog.DiscardHandler),
		})
		if (err == nil) != good {
			t.Errorf("%q: %v", url, err)
		}
	}
}
