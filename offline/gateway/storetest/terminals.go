package storetest

import (
	"errors"
	"fmt"
	"testing"

	"zhizhu/offline/gateway/store"
)

func mustEnrol(t *testing.T, s store.Store, station string, n int) []store.Terminal {
	t.Helper()
	var list []store.Terminal
	for i := range n {
		mac := fmt.Sprintf("mac of %s %d", station, i)
		mustAddCode(t, s, mac, station)
		list = append(list, mustRedeem(t, s, claim(mac, fmt.Sprintf("key of %s %d", station, i))))
	}
	return list
}

func testTerminals(t *testing.T, engine Engine) {
	s := open(t, engine(t))
	if list, err := s.Terminals(t.Context(), ""); err != nil || len(list) != 0 {
		t.Fatalf("terminals of nobody: %+v, %v", list, err)
	}
	here := mustEnrol(t, s, "MX0427", 11) // in the order of numbers, not of letters
	there := mustEnrol(t, s, "MX0427-1", 2)
	if err := s.Revoke(t.Context(), here[3].ID, at(2)); err != nil {
		t.Fatal(err)
	}
	here[3].RevokedAt = at(2)
	mustBeTerminals(t, s, "MX0427", here)
	mustBeTerminals(t, s, "", append(here, there...))
	mustBeTerminals(t, s, "MX04", nil)
}

func mustBeTerminals(t *testing.T, s store.Store, station string, want []store.Terminal) {
	t.Helper()
	list, err := s.Terminals(t.Context(), station)
	if err != nil || len(list) != len(want) {
		t.Fatalf("terminals of %q: %+v, %v", station, list, err)
	}
	for i, terminal := range list {
		if terminal.ID != want[i].ID || terminal.Key != want[i].Key || !terminal.RevokedAt.Equal(want[i].RevokedAt) {
			t.Fatalf("number %d of %q is %+v", i, station, terminal)
		}
	}
}

func testRenew(t *testing.T, engine Engine) {
	place := engine(t)
	s, err := place.Open()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Renew(t.Context(), "MX0427-1", "key", "", "certificate", at(2)); !errors.Is(err, store.ErrNotFound) {
		t.Fatalf("renew nobody: %v", err)
	}
	first := mustEnrol(t, s, "MX0427", 1)[0]
	for i, step := range []struct{ key, postKey, certificate string }{
		{"second", "post", "certificate 2"}, {"third", "", "certificate 3"}, {"third", "", "certificate 4"},
	} {
		if err := s.Renew(t.Context(), first.ID, step.key, step.postKey, step.certificate, at(2+i)); err != nil {
			t.Fatalf("renew: %v", err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, place)
	testKeptKeys(t, s, first)
	testRenewedStays(t, s, first)
}

func testKeptKeys(t *testing.T, s store.Store, first store.Terminal) {
	t.Helper()
	kept, err := s.Terminal(t.Context(), first.ID)
	if err != nil || kept.Key != "third" || kept.Certificate != "certificate 4" || kept.PostKey != "post" || !kept.RenewedAt.Equal(at(4)) {
		t.Fatalf("kept terminal: %+v, %v", kept, err)
	}
	if !kept.Has("third") || !kept.Has("second") || !kept.Has(first.Key) || kept.Has("fourth") || len(kept.Keys) != 2 {
		t.Fatalf("keys: %+v", kept.Keys)
	}
}

// testRenewedStays enrols a renewed machine again, with its newest and with its first key: it stays who it is.
func testRenewedStays(t *testing.T, s store.Store, first store.Terminal) {
	t.Helper()
	old := claim("mac of MX0427 0", first.Key) // the code and key of its enrolment
	old.PostKey = "post again"
	if again := mustRedeem(t, s, old); again.ID != first.ID || again.Key != "third" || again.PostKey != "post again" {
		t.Fatalf("claimed with the first key: %+v", again)
	}
	mustAddCode(t, s, "new", "MX0427")
	again := mustRedeem(t, s, claim("new", "second"))
	if again.ID != first.ID || again.Key != "second" || !again.Has("third") || !again.Has(first.Key) {
		t.Fatalf("claimed with the second key and a new code: %+v", again)
	}
	if err := s.Revoke(t.Context(), first.ID, at(9)); err != nil {
		t.Fatal(err)
	}
	if err := s.Renew(t.Context(), first.ID, "fifth", "", "certificate 5", at(9)); !errors.Is(err, store.ErrRevoked) {
		t.Fatalf("renew a revoked one: %v", err)
	}
}

func testHeartbeats(t *testing.T, engine Engine) {
	place := engine(t)
	s, err := place.Open()
	if err != nil {
		t.Fatal(err)
	}
	for _, beat := range []struct {
		terminal string
		second   int
		body     string
	}{
		{"b", 1, "one"}, {"a", 5, "two"}, {"b", 3, "three"}, {"b", 2, "late"}, {"a", 5, "same time"},
	} {
		if err := s.SetHeartbeat(t.Context(), beat.terminal, at(beat.second), []byte(beat.body)); err != nil {
			t.Fatalf("set heartbeat: %v", err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, place)
	list, err := s.Heartbeats(t.Context())
	if err != nil || len(list) != 2 {
		t.Fatalf("heartbeats: %+v, %v", list, err)
	}
	for i, want := range []store.Heartbeat{
		{Terminal: "a", At: at(5), Body: []byte("same time")}, {Terminal: "b", At: at(3), Body: []byte("three")},
	} {
		if got := list[i]; got.Terminal != want.Terminal || !got.At.Equal(want.At) || string(got.Body) != string(want.Body) {
			t.Fatalf("heartbeat %d: %+v", i, got)
		}
	}
}
