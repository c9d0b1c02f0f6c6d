package identity

import (
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"zhizhu/offline/seal"
	"zhizhu/offline/wire"
)

// enrolled1 is a machine that was enrolled at a gate.
func enrolled1(t *testing.T, g *gate) (Options, *Identity) {
	t.Helper()
	o := g.options(t)
	g.usedBy = ""
	if _, err := Enrol(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	id, err := Load(o.Dir)
	if err != nil {
		t.Fatal(err)
	}
	return o, id
}

func newRenewer(t *testing.T, o Options, id *Identity) *Renewer {
	t.Helper()
	r, err := NewRenewer(RenewOptions{Identity: id, Dir: o.Dir, Now: o.Now, Rand: o.Rand})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// renewed is what the gateway answers to a renewal.
func (g *gate) renewed(t *testing.T, asked wire.Renewal) wire.Enrolled {
	t.Helper()
	block, _ := pem.Decode([]byte(asked.CSR))
	csr, err := x509.ParseCertificateRequest(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	der, err := g.sign("MX0427-1", csr.PublicKey, 2*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	key := g.key.Public().Hex()
	return wire.Enrolled{
		Terminal: "MX0427-1", Station: "MX0427", Certificate: string(encode("CERTIFICATE", der)), SealKey: key, AckKey: key,
	}
}

func TestRenewal(t *testing.T) {
	g := newGate(t)
	o, id := enrolled1(t, g)
	r := newRenewer(t, o, id)
	old := id.Current()
	now := time.Now()
	for name, c := range map[string]struct {
		at   time.Time
		want bool
	}{
		"at once": {now, false}, "half": {now.Add(30 * time.Minute), false}, "two thirds": {now.Add(41 * time.Minute), true},
		"over": {now.Add(90 * time.Minute), true}, "slow clock": {time.Unix(100, 0), false},
	} {
		if r.Due(c.at) != c.want {
			t.Errorf("%s: Due is not %v", name, c.want)
		}
	}
	asked, err := r.Request()
	if err != nil || asked.PostKey != id.PostKey.Public().Hex() {
		t.Fatalf("%v, %+v", err, asked)
	}
	if r.Due(now.Add(time.Minute)) || !r.Due(now.Add(time.Hour)) {
		t.Fatal("a request must not be repeated at once, and must be later")
	}
	if err := r.Install(g.renewed(t, asked)); err != nil {
		t.Fatal(err)
	}
	if id.Current() == old || id.Current().Leaf.Equal(old.Leaf) || r.Due(now.Add(45*time.Minute)) {
		t.Fatal("the new certificate is not in use")
	}
	again, err := Load(o.Dir)
	if err != nil || !again.Certificate.Leaf.Equal(id.Current().Leaf) {
		t.Fatalf("%v, or another certificate on disk", err)
	}
	if _, err := os.Stat(filepath.Join(o.Dir, terminalKeyFile)); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("the old key is still there: %v", err)
	}
	modes(t, o.Dir)
	// Enrolling anew after a renewal uses the key in use, so that a lost answer can be asked for again.
	g.usedBy = ""
	for range 2 {
		if _, err := Enrol(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Load(o.Dir); err != nil {
		t.Fatal(err)
	}
	if asked, err = r.Request(); err != nil {
		t.Fatal(err)
	}
	if err := r.Install(g.renewed(t, asked)); !errors.Is(err, ErrChanged) {
		t.Fatalf("%v, want ErrChanged", err)
	}
}

// The power is cut before each change of the folder: what is left loads, with one certificate or the other, and the next
// renewal succeeds.
func TestRenewalWithThePowerCut(t *testing.T) {
	g := newGate(t)
	whole, _ := enrolled1(t, g)
	cut := errors.New("power cut")
	steps := 0
	for at := 1; ; at++ {
		o := whole
		o.Dir = filepath.Join(t.TempDir(), "identity")
		copyFolder(t, o.Dir, whole.Dir)
		id, err := Load(o.Dir)
		if err != nil {
			t.Fatal(err)
		}
		r := newRenewer(t, o, id)
		n := 0
		r.vault.disk.Before = func(string, string) error {
			if n++; n >= at {
				return cut
			}
			return nil
		}
		installed := false
		asked, err := r.Request()
		if err == nil {
			installed = r.Install(g.renewed(t, asked)) == nil
		}
		after, err := Load(o.Dir)
		if err != nil {
			t.Fatalf("cut at %d: %v", at, err)
		}
		if isNew := !after.Certificate.Leaf.Equal(id.Certificate.Leaf); isNew != installed {
			t.Fatalf("cut at %d: installed %v, new certificate on disk %v", at, installed, isNew)
		}
		renewAgain(t, g, o, after)
		if n < at {
			break
		}
		steps++
	}
	if steps != 4 { // key, key's name, certificate, old key
		t.Fatalf("cut at %d steps, want 4", steps)
	}
}

func testBox(t testing.TB) *seal.Box {
	t.Helper()
	box, err := seal.NewBox(make([]byte, seal.StationKeySize))
	if err != nil {
		t.Fatal(err)
	}
	return box
}

// copyFolder copies an identity folder as private as it was.
func copyFolder(t *testing.T, to, from string) {
	t.Helper()
	if err := os.Mkdir(to, 0o700); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(from)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		text, err := os.ReadFile(filepath.Join(from, f.Name()))
		if err == nil {
			err = os.WriteFile(filepath.Join(to, f.Name()), text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func renewAgain(t *testing.T, g *gate, o Options, id *Identity) {
	t.Helper()
	r := newRenewer(t, o, id)
	asked, err := r.Request()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Install(g.renewed(t, asked)); err != nil {
		t.Fatal(err)
	}
	if again, err := Load(o.Dir); err != nil || !again.Certificate.Leaf.Equal(id.Current().Leaf) {
		t.Fatalf("%v, or another certificate on disk", err)
	}
	modes(t, o.Dir) // nothing is left behind
}

// A request whose answer was lost is repeated with the same key, over a restart, too.
func TestRequestKeepsItsKey(t *testing.T) {
	g := newGate(t)
	o, id := enrolled1(t, g)
	key := func() string {
		asked, err := newRenewer(t, o, id).Request()
		if err != nil {
			t.Fatal(err)
		}
		block, _ := pem.Decode([]byte(asked.CSR))
		csr, err := x509.ParseCertificateRequest(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		return string(csr.RawSubjectPublicKeyInfo)
	}
	first := key()
	if key() != first {
		t.Fatal("another key")
	}
	if err := os.WriteFile(filepath.Join(o.Dir, nextKeyFile), []byte("torn"), 0o600); err != nil {
		t.Fatal(err)
	}
	if key() == first {
		t.Fatal("the same key, out of nothing")
	}
}

func TestAnswersThatAreNoRenewal(t *testing.T) {
	g, other := newGate(t), newGate(t)
	o, id := enrolled1(t, g)
	r := newRenewer(t, o, id)
	asked, err := r.Request()
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := seal.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(filepath.Join(o.Dir, enrolledFile))
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*wire.Enrolled){
		"other terminal": func(e *wire.Enrolled) { e.Terminal = "MX0427-2" },
		"other station":  func(e *wire.Enrolled) { e.Station = "ZC0001" },
		"other seal key": func(e *wire.Enrolled) { e.SealKey = foreign.Public().Hex() },
		"other ack key":  func(e *wire.Enrolled) { e.AckKey = foreign.Public().Hex() },
		"no certificate": func(e *wire.Enrolled) { e.Certificate = "" },
		"the old one":    func(e *wire.Enrolled) { e.Certificate = string(encode("CERTIFICATE", id.Certificate.Leaf.Raw)) },
		"other CA":       func(e *wire.Enrolled) { *e = other.renewed(t, asked); e.SealKey, e.AckKey = "", "" },
		"empty":          func(e *wire.Enrolled) { *e = wire.Enrolled{} },
	} {
		answer := g.renewed(t, asked)
		change(&answer)
		if err := r.Install(answer); !errors.Is(err, ErrRenewal) {
			t.Errorf("%s: %v, want ErrRenewal", name, err)
		}
	}
	if after, err := os.ReadFile(filepath.Join(o.Dir, enrolledFile)); err != nil || string(after) != string(before) {
		t.Fatalf("%v, or the identity was written", err)
	}
	// A gateway that says nothing of its keys means the same ones.
	answer := g.renewed(t, asked)
	answer.SealKey, answer.AckKey = "", ""
	if err := r.Install(answer); err != nil {
		t.Fatal(err)
	}
}

// A machine that was enrolled before there were post keys gets one, keeps it, and tells the gateway at the next chance.
func TestOlderMachineGetsAPostKey(t *testing.T) {
	g := newGate(t)
	o, _ := enrolled1(t, g)
	if err := os.Remove(filepath.Join(o.Dir, postKeyFile)); err != nil {
		t.Fatal(err)
	}
	e, _, err := readEnrolled(o.Dir)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(map[string]string{ // as version 0.1 wrote it
		"terminal": e.Terminal, "station": e.Station, "certificate": e.Certificate, "seal_key": e.SealKey, "ack_key": e.AckKey, "ca": e.CA,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(o.Dir, enrolledFile), text, 0o600); err != nil {
		t.Fatal(err)
	}
	id, err := Load(o.Dir)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Load(o.Dir)
	if err != nil || !again.PostKey.Public().Equal(id.PostKey.Public()) || id.PostKey.Public().Equal(id.SignKey.Public()) {
		t.Fatalf("%v, or another post key", err)
	}
	r := newRenewer(t, o, id)
	if !r.Due(time.Now()) {
		t.Fatal("the gateway must be told of the post key at once")
	}
	asked, err := r.Request()
	if err != nil || asked.PostKey != id.PostKey.Public().Hex() {
		t.Fatalf("%v, %+v", err, asked)
	}
	if err := r.Install(g.renewed(t, asked)); err != nil {
		t.Fatal(err)
	}
	if r := newRenewer(t, o, id); r.Due(time.Now().Add(30 * time.Minute)) {
		t.Fatal("due again")
	}
}

// A client made before the renewal shows the new certificate on its next connection.
func TestClientTakesTheNewCertificateUp(t *testing.T) {
	g := newGate(t)
	o, id := enrolled1(t, g)
	serverKey := newKey(t)
	server, err := g.sign("gateway", serverKey.Public(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprint(w, r.TLS.PeerCertificates[0].NotAfter.Unix())
	}))
	s.TLS = &tls.Config{
		MinVersion: tls.VersionTLS13, ClientAuth: tls.RequireAnyClientCert,
		Certificates: []tls.Certificate{{Certificate: [][]byte{server}, PrivateKey: serverKey}},
	}
	s.StartTLS()
	t.Cleanup(s.Close)
	client := NewClient(ClientOptions{CA: id.CA, Current: id.Current, Now: time.Now})
	shown := func() string {
		client.CloseIdleConnections()
		answer, err := client.Get(s.URL)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		var text strings.Builder
		if err := answer.Write(&text); err != nil {
			t.Fatal(err)
		}
		return text.String()
	}
	has := func(text string, cert *tls.Certificate) bool {
		return strings.Contains(text, fmt.Sprint(cert.Leaf.NotAfter.Unix()))
	}
	old := id.Current()
	if !has(shown(), old) {
		t.Fatal("the enrolled certificate isn't shown")
	}
	renewAgain(t, g, o, id)
	if text := shown(); !has(text, id.Current()) || has(text, old) {
		t.Fatalf("the old certificate is shown: %s", text)
	}
}

func TestTwoProgramsDoNotWriteAtOnce(t *testing.T) {
	g := newGate(t)
	o, id := enrolled1(t, g)
	unlock, err := lock(o.Dir)
	if err != nil {
		t.Fatal(err)
	}
	r := newRenewer(t, o, id)
	if _, err := Enrol(t.Context(), o); !errors.Is(err, ErrBusy) {
		t.Fatalf("enrol: %v, want ErrBusy", err)
	}
	if _, err := r.Request(); !errors.Is(err, ErrBusy) {
		t.Fatalf("renew: %v, want ErrBusy", err)
	}
	unlock()
	if _, err := r.Request(); err != nil {
		t.Fatal(err)
	}
}

// A name in enrolled.json never leads out of the folder.
func TestKeyFileIsAPlainName(t *testing.T) {
	for in, want := range map[string]string{"": terminalKeyFile, "../sign.key": terminalKeyFile, "/etc/x": terminalKeyFile, "terminal-1.key": "terminal-1.key"} {
		if got := (enrolled{Key: in}).keyFile(); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}
