package gateway_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"testing"

	"zhizhu/offline/gateway"
	"zhizhu/offline/gateway/store"
	"zhizhu/offline/wire"
)

// enrolAs enrols an applicant with a new code.
func (r *rig) enrolAs(a applicant, station string) wire.Enrolled {
	r.t.Helper()
	got := r.postEnrolment(a.enrolment(r.t, r.newCode(station)))
	var e wire.Enrolled
	if err := json.Unmarshal(got.body, &e); err != nil || got.status != http.StatusOK {
		r.t.Fatalf("enrol: %d %s, %v", got.status, got.body, err)
	}
	return e
}

func TestMachineEnrolledAgainKeepsItsName(t *testing.T) {
	r := serve(t, t.TempDir(), nil)
	a := newApplicant(t)
	first := r.enrolAs(a, "MX0427")
	r.enrol("MX0427")
	again := r.enrolAs(a, "MX0427")
	if again.Terminal != first.Terminal {
		t.Fatalf("was %s, is %s", first.Terminal, again.Terminal)
	}
	for _, e := range []wire.Enrolled{first, again} { // both certificates are of the same key
		m := r.terminal(a, e)
		sent := m.matter()
		if _, status := r.put(m, wire.LaneMatters, sent.ID, m.packMatter(t, sent)); status != http.StatusCreated {
			t.Fatalf("put: %d", status)
		}
	}
}

// A machine whose identity was damaged comes back under a new name, with what was sealed under the old one.
func TestPacketsOfAnEarlierNameArrive(t *testing.T) {
	r := serve(t, t.TempDir(), nil)
	old := r.enrol("MX0427")
	sent := old.matter()
	packet := old.packMatter(t, sent)
	now := r.enrol("MX0427")
	if now.Terminal == old.Terminal {
		t.Fatal("the new machine has the old name")
	}
	if err := r.Revoke(t.Context(), old.Terminal); err != nil {
		t.Fatal(err)
	}
	if _, status := r.put(now, wire.LaneMatters, sent.ID, packet); status != http.StatusCreated {
		t.Fatalf("put: %d", status)
	}
	if all := r.matters(); len(all) != 1 || all[0].Terminal != old.Terminal || all[0].Problem != "" {
		t.Fatalf("stored: %+v", all)
	}
}

func TestRevokedTerminalIsShutOut(t *testing.T) {
	r := serve(t, t.TempDir(), nil)
	a := newApplicant(t)
	m := r.terminal(a, r.enrolAs(a, "MX0427"))
	other := r.enrol("MX0427")
	before := m.matter()
	r.put(m, wire.LaneMatters, before.ID, m.packMatter(t, before))
	health := func() int {
		t.Helper()
		got, err := r.do(m.client, r.request(http.MethodGet, wire.PathHealth, nil))
		if err != nil {
			t.Fatal(err)
		}
		return got.status
	}
	if status := health(); status != http.StatusNoContent {
		t.Fatalf("health before: %d", status)
	}
	remote, err := gateway.Connect(t.Context(), r.Dir()) // as the command does while the gateway serves
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = remote.Close() }()
	if err := remote.Revoke(t.Context(), m.Terminal); err != nil {
		t.Fatal(err)
	}
	if err := remote.Revoke(t.Context(), "MX0427-9"); err == nil {
		t.Fatal("nobody was revoked")
	}
	if err := r.Revoke(t.Context(), ""); !errors.Is(err, gateway.ErrTerminal) {
		t.Fatalf("revoke nobody: %v", err)
	}

	after := m.matter()
	got, err := r.do(m.client, r.putRequest(m, wire.LaneMatters, after.ID, m.packMatter(t, after)))
	if err != nil || got.status != http.StatusForbidden || got.problem(t).Type != wire.ProblemIdentity {
		t.Fatalf("%d %s, %v", got.status, got.body, err)
	}
	if status := health(); status != http.StatusForbidden {
		t.Fatalf("health afterwards: %d", status)
	}
	if all := r.matters(); len(all) != 1 || all[0].ID != before.ID {
		t.Fatalf("stored: %+v", all)
	}
	sent := other.matter()
	r.put(other, wire.LaneMatters, sent.ID, other.packMatter(t, sent))

	// With a new code the same machine is another terminal.
	back := r.terminal(a, r.enrolAs(a, "MX0427"))
	if back.Terminal == m.Terminal {
		t.Fatal("a revoked name came back")
	}
	r.put(back, wire.LaneMatters, after.ID, m.packMatter(t, after))
}

// renamed is a store in which every terminal was enrolled again with another key.
type renamed struct{ store.Store }

func (r renamed) Terminal(ctx context.Context, id string) (store.Terminal, error) {
	t, err := r.Store.Terminal(ctx, id)
	t.Key = "another"
	return t, err
}

// A good certificate that the store doesn't know, as after an old backup came back, is not enough.
func TestCertificateMustBeKnown(t *testing.T) {
	dir := t.TempDir()
	first := serve(t, dir, nil)
	m := first.enrol("MX0427")
	first.stop()
	for name, change := range map[string]func(*gateway.Options){
		"other key": func(o *gateway.Options) { o.Store = renamed{openEngine(t, dir)} },
		"forgotten": func(o *gateway.Options) { o.Store = forgetful{openEngine(t, dir)} },
	} {
		t.Run(name, func(t *testing.T) {
			r := serve(t, dir, change)
			sent := m.matter()
			got, err := r.do(r.client(m.cert), r.putRequest(m, wire.LaneMatters, sent.ID, m.packMatter(t, sent)))
			if err != nil || got.status != http.StatusForbidden || got.problem(t).Type != wire.ProblemIdentity {
				t.Fatalf("%d %s, %v", got.status, got.body, err)
			}
			r.stop()
		})
	}
}

// forgetful is a store that knows no terminal.
type forgetful struct{ store.Store }

func (forgetful) Terminal(context.Context, string) (store.Terminal, error) {
	return store.Terminal{}, store.ErrNotFound
}

// A code for another station is refused, and is still good for the machine that it was made for.
func TestCodeOfAnotherStation(t *testing.T) {
	r := serve(t, t.TempDir(), nil)
	code := r.newCode("ZC0001")
	wrong := newApplicant(t).enrolment(t, code)
	wrong.Station = "MX0427"
	if got := r.postEnrolment(wrong); got.status != http.StatusForbidden || got.problem(t).Type != wire.ProblemStation {
		t.Fatalf("%d %s", got.status, got.body)
	}
	right := newApplicant(t).enrolment(t, code)
	right.Station = "ZC0001"
	if got := r.postEnrolment(right); got.status != http.StatusOK {
		t.Fatalf("%d %s", got.status, got.body)
	}
}
