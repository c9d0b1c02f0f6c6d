package identity

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"zhizhu/offline/keyring"
	"zhizhu/offline/seal"
	"zhizhu/offline/wire"
)

// gate is a gateway that enrols, over real TLS.
type gate struct {
	*httptest.Server
	caKey  *ecdsa.PrivateKey
	caCert *x509.Certificate
	caFile string
	key    *seal.PrivateKey
	code   string
	usedBy string // public key of the request that used the code
	calls  atomic.Int32
	before func(w http.ResponseWriter) bool
	after  func() // the certificate is made; the answer not yet written
}

func newGate(t *testing.T) *gate {
	t.Helper()
	g := &gate{code: "7K3M-9QXA", caFile: filepath.Join(t.TempDir(), "ca.pem")}
	g.caKey, g.caCert = newCA(t)
	if err := os.WriteFile(g.caFile, encode("CERTIFICATE", g.caCert.Raw), 0o600); err != nil {
		t.Fatal(err)
	}
	var err error
	if g.key, err = seal.GenerateKey(rand.Reader); err != nil {
		t.Fatal(err)
	}
	serverKey := newKey(t)
	server, err := g.sign("gateway", serverKey.Public(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	g.Server = httptest.NewUnstartedServer(http.HandlerFunc(g.enrol))
	g.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	g.TLS = &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{{Certificate: [][]byte{server}, PrivateKey: serverKey}}}
	g.EnableHTTP2 = true
	g.StartTLS()
	t.Cleanup(g.Close)
	return g
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func newCA(t *testing.T) (*ecdsa.PrivateKey, *x509.Certificate) {
	t.Helper()
	key := newKey(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "CA"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return key, cert
}

func encode(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func (g *gate) sign(name string, pub any, life time.Duration) ([]byte, error) {
	return x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(life),
	}, g.caCert, pub, g.caKey)
}

func (g *gate) enrol(w http.ResponseWriter, r *http.Request) {
	g.calls.Add(1)
	if g.before != nil && g.before(w) {
		return
	}
	var asked wire.Enrolment
	if r.Method != http.MethodPost || r.URL.Path != wire.PathEnrol || json.NewDecoder(r.Body).Decode(&asked) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	block, _ := pem.Decode([]byte(asked.CSR))
	csr, err := x509.ParseCertificateRequest(block.Bytes)
	if err != nil || csr.CheckSignature() != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	who := string(csr.RawSubjectPublicKeyInfo) + asked.SignKey
	if asked.Code != g.code || g.usedBy != "" && g.usedBy != who {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusForbidden)
		_ = json.NewEncoder(w).Encode(wire.Problem{Type: wire.ProblemCode, Status: 403, Detail: "this code was used already"})
		return
	}
	g.usedBy = who
	der, err := g.sign("MX0427-1", csr.PublicKey, time.Hour)
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	if g.after != nil {
		g.after()
	}
	_ = json.NewEncoder(w).Encode(wire.Enrolled{
		Terminal: "MX0427-1", Station: "MX0427", Certificate: string(encode("CERTIFICATE", der)),
		SealKey: g.key.Public().Hex(), AckKey: g.key.Public().Hex(),
	})
}

func (g *gate) options(t *testing.T) Options {
	return Options{
		Dir: filepath.Join(t.TempDir(), "data", "identity"), URL: g.URL, CAFile: g.caFile, Code: " " + g.code + "\n",
		Now: time.Now, Rand: rand.Reader,
	}
}

func TestEnrolAndLoad(t *testing.T) {
	g := newGate(t)
	o := g.options(t)
	if _, err := Load(o.Dir); !errors.Is(err, ErrNotEnrolled) {
		t.Fatalf("%v, want ErrNotEnrolled", err)
	}
	made, err := Enrol(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	id, err := Load(o.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if id.Terminal != "MX0427-1" || id.Station != "MX0427" || !id.SealKey.Equal(g.key.Public()) || !id.AckKey.Equal(g.key.Public()) ||
		!id.SignKey.Public().Equal(made.SignKey.Public()) || id.Certificate.Leaf.Subject.CommonName != "MX0427-1" {
		t.Fatalf("%+v", id)
	}
	sealed, err := made.Box.Seal(rand.Reader, nil, []byte("record"))
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := id.Box.Open(nil, sealed); err != nil || string(plain) != "record" {
		t.Fatalf("box: %v", err)
	}
	modes(t, o.Dir)
	if shown := fmt.Sprint(id.LogValue()); !strings.Contains(shown, "MX0427-1") || strings.Contains(shown, "PRIVATE") {
		t.Fatalf("log value %s", shown)
	}
}

// modes checks that nobody else may read the secrets.
func modes(t *testing.T, dir string) {
	t.Helper()
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v, folder has %v", err, info.Mode())
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 5 {
		t.Fatalf("%v, %d files, want 5: %v", err, len(files), files)
	}
	for _, f := range files {
		if info, err := f.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", f.Name(), err, info.Mode())
		}
	}
}

func TestUsedCode(t *testing.T) {
	g := newGate(t)
	if _, err := Enrol(t.Context(), g.options(t)); err != nil {
		t.Fatal(err)
	}
	o := g.options(t) // another machine
	_, err := Enrol(t.Context(), o)
	if !errors.Is(err, ErrCode) || !strings.Contains(err.Error(), "used already") {
		t.Fatalf("%v, want ErrCode", err)
	}
	if _, err := Load(o.Dir); !errors.Is(err, ErrNotEnrolled) {
		t.Fatalf("%v, want ErrNotEnrolled", err)
	}
	o.Code = "WRONG"
	if _, err := Enrol(t.Context(), o); !errors.Is(err, ErrCode) {
		t.Fatalf("%v, want ErrCode", err)
	}
}

// The gateway gave the certificate, and the answer was lost: the same code works again, with the same keys.
func TestEnrolmentWhoseAnswerWasLost(t *testing.T) {
	g := newGate(t)
	o := g.options(t)
	ctx, cancel := context.WithCancel(t.Context())
	g.after = cancel
	if _, err := Enrol(ctx, o); !errors.Is(err, ErrGateway) {
		t.Fatalf("%v, want ErrGateway", err)
	}
	if _, err := Load(o.Dir); !errors.Is(err, ErrNotEnrolled) {
		t.Fatalf("%v, want ErrNotEnrolled", err)
	}
	g.after = nil
	if _, err := Enrol(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(o.Dir); err != nil {
		t.Fatal(err)
	}
	// A second enrolment of the same machine keeps its station key.
	first, err := os.ReadFile(filepath.Join(o.Dir, "station.key"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Enrol(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if again, err := os.ReadFile(filepath.Join(o.Dir, "station.key")); err != nil || string(again) != string(first) {
		t.Fatalf("%v, or the station key changed", err)
	}
}

func TestServersThatAreNotTheGateway(t *testing.T) {
	g, other := newGate(t), newGate(t)
	for name, c := range map[string]struct {
		change func(*Options)
		answer func(w http.ResponseWriter) bool
		want   error
	}{
		"other CA":   {func(o *Options) { o.CAFile = other.caFile }, nil, ErrCA},
		"plain file": {func(o *Options) { o.CAFile = filepath.Join(o.Dir, "..", "..", "none") }, nil, os.ErrNotExist},
		"nobody":     {func(o *Options) { o.URL = "https://127.0.0.1:1" }, nil, ErrGateway},
		"fast clock": {func(o *Options) { o.Now = func() time.Time { return time.Now().AddDate(6, 0, 0) } }, nil, ErrCA},
		"portal":     {nil, func(w http.ResponseWriter) bool { _, _ = w.Write([]byte("<html>log in</html>")); return true }, ErrGateway},
		"redirect":   {nil, func(w http.ResponseWriter) bool { w.Header().Set("Location", "/x"); w.WriteHeader(307); return true }, ErrRedirect},
		"empty":      {nil, func(w http.ResponseWriter) bool { _, _ = w.Write([]byte("{}")); return true }, ErrGateway},
		"busy":       {nil, func(w http.ResponseWriter) bool { w.WriteHeader(503); return true }, ErrGateway},
		"not https":  {func(o *Options) { o.URL = "http://127.0.0.1" }, nil, nil},
		"not a PEM":  {func(o *Options) { o.CAFile = os.Args[0] }, nil, ErrCA},
	} {
		t.Run(name, func(t *testing.T) {
			g.before = c.answer
			o := g.options(t)
			if c.change != nil {
				c.change(&o)
			}
			_, err := Enrol(t.Context(), o)
			if err == nil || c.want != nil && !errors.Is(err, c.want) {
				t.Fatalf("%v, want %v", err, c.want)
			}
			if _, err := Load(o.Dir); !errors.Is(err, ErrNotEnrolled) {
				t.Fatalf("%v, want ErrNotEnrolled", err)
			}
		})
	}
}

func TestDamagedFolders(t *testing.T) {
	g := newGate(t)
	good := g.options(t)
	if _, err := Enrol(t.Context(), good); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{terminalKeyFile, signKeyFile, postKeyFile, "station.key", enrolledFile} {
		for _, content := range []string{"", "{}", "damaged"} {
			dir := filepath.Join(t.TempDir(), "identity")
			if err := os.CopyFS(dir, os.DirFS(good.Dir)); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := Load(dir); !errors.Is(err, ErrDamaged) {
				t.Errorf("%s is %q: %v, want ErrDamaged", name, content, err)
			}
			// Enrolling gets over it, with a new code.
			g.usedBy = ""
			again := good
			again.Dir = dir
			if _, err := Enrol(t.Context(), again); err != nil {
				t.Errorf("%s is %q: %v", name, content, err)
			}
			if _, err := Load(dir); err != nil {
				t.Errorf("%s was %q: %v", name, content, err)
			}
			if name == enrolledFile || name == postKeyFile { // the latter is made anew: see TestOlderMachineGetsAPostKey
				continue
			}
			if err := os.Remove(filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
			if _, err := Load(dir); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), name) {
				t.Errorf("%s is missing: %v, want ErrDamaged", name, err)
			}
		}
	}
}

// A machine whose clock starts in 1970 can be enrolled all the same.
func TestSlowClock(t *testing.T) {
	o := newGate(t).options(t)
	o.Now = func() time.Time { return time.Unix(100, 0) }
	if _, err := Enrol(t.Context(), o); err != nil {
		t.Fatal(err)
	}
}

// Nothing of the environment leads a terminal's calls elsewhere.
func TestProxyOfTheEnvironmentIsIgnored(t *testing.T) {
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:1")
	t.Setenv("https_proxy", "http://127.0.0.1:1")
	g := newGate(t)
	if _, err := Enrol(t.Context(), g.options(t)); err != nil {
		t.Fatal(err)
	}
}

func TestParseURL(t *testing.T) {
	for in, want := range map[string]string{
		"https://gw.example:8443": "https://gw.example:8443", " https://gw/ ": "https://gw", "https://gw/county/": "https://gw/county",
		"https://[::1]:443": "https://[::1]:443",
	} {
		if got, err := ParseURL(in); err != nil || got != want {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
}

// A code for another station changes nothing, whether the gateway compares the stations or not.
func TestEnrolChecksTheStation(t *testing.T) {
	g := newGate(t)
	o := g.options(t)
	o.Station = "MX0427"
	if _, err := Enrol(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(filepath.Join(o.Dir, enrolledFile))
	if err != nil {
		t.Fatal(err)
	}
	o.Station = "ZC0001"
	for _, answer := range []func(w http.ResponseWriter) bool{nil, func(w http.ResponseWriter) bool {
		w.WriteHeader(http.StatusForbidden)
		_ = json.NewEncoder(w).Encode(wire.Problem{Type: wire.ProblemStation, Status: http.StatusForbidden})
		return true
	}} {
		g.before = answer
		if _, err := Enrol(t.Context(), o); !errors.Is(err, ErrStation) {
			t.Fatalf("%v, want ErrStation", err)
		}
		after, err := os.ReadFile(filepath.Join(o.Dir, enrolledFile))
		if err != nil || string(after) != string(before) {
			t.Fatalf("%v, or the identity was written", err)
		}
		if id, err := Load(o.Dir); err != nil || id.Station != "MX0427" {
			t.Fatalf("%v, %v", id, err)
		}
	}
}

// The station key may be wrapped from the first moment; what can't be opened now is never replaced by enrolling.
func TestWrappedStationKey(t *testing.T) {
	g := newGate(t)
	o := g.options(t)
	phrase := func(s string) keyring.Options {
		return keyring.Options{New: keyring.Passphrase, Secret: func(context.Context, keyring.Provider) ([]byte, error) { return []byte(s), nil }}
	}
	o.Keyring = phrase("correct horse battery staple")
	made, err := Enrol(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := made.Box.Seal(rand.Reader, nil, []byte("record"))
	if err != nil {
		t.Fatal(err)
	}
	id, err := Open(t.Context(), OpenOptions{Dir: o.Dir, Keyring: o.Keyring})
	if err != nil || id.KeyIn != keyring.Passphrase {
		t.Fatalf("%v, %s", err, id.KeyIn)
	}
	if _, err := id.Box.Open(nil, sealed); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(o.Dir); !errors.Is(err, keyring.ErrNoSecret) || errors.Is(err, ErrDamaged) {
		t.Fatalf("nobody to ask: %v", err)
	}
	again := o
	again.Keyring = phrase("another one, and wrong")
	if _, err := Enrol(t.Context(), again); !errors.Is(err, keyring.ErrSecret) {
		t.Fatalf("%v, want ErrSecret", err)
	}
	if id, err = Open(t.Context(), OpenOptions{Dir: o.Dir, Keyring: o.Keyring}); err != nil {
		t.Fatal(err)
	}
	if _, err := id.Box.Open(nil, sealed); err != nil {
		t.Fatal("the key was made anew")
	}
}
