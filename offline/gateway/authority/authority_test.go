package authority

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

var today = time.Date(2026, time.November, 23, 8, 0, 0, 0, time.UTC)

func mustOpenAt(t *testing.T, dir string, now time.Time) *Authority {
	t.Helper()
	a, err := Open(Options{Dir: dir, Create: true, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func mustServe(t *testing.T, a *Authority, hosts ...string) *tls.Certificate {
	t.Helper()
	if err := a.Serve(hosts); err != nil {
		t.Fatal(err)
	}
	cert, err := a.Certificate(nil)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func request(t *testing.T) *x509.CertificateRequest {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	if err != nil {
		t.Fatal(err)
	}
	csr, err := x509.ParseCertificateRequest(der)
	if err != nil {
		t.Fatal(err)
	}
	return csr
}

func TestRootSignsEndCertificatesOnly(t *testing.T) {
	a := mustOpenAt(t, t.TempDir(), today)
	if !a.cert.IsCA || !a.cert.MaxPathLenZero || a.cert.KeyUsage != x509.KeyUsageCertSign|x509.KeyUsageCRLSign {
		t.Fatalf("root: CA %v, pathlen zero %v, usage %b", a.cert.IsCA, a.cert.MaxPathLenZero, a.cert.KeyUsage)
	}
	if !a.cert.NotBefore.Equal(begin()) || a.cert.NotAfter.Before(today.AddDate(29, 0, 0)) {
		t.Fatalf("root is valid from %v to %v", a.cert.NotBefore, a.cert.NotAfter)
	}
}

func TestOpenWithoutCreate(t *testing.T) {
	if _, err := Open(Options{Dir: t.TempDir(), Now: time.Now}); !errors.Is(err, ErrMissing) {
		t.Fatalf("open: %v", err)
	}
}

func TestForeignKeyIsNoticed(t *testing.T) {
	one, two := t.TempDir(), t.TempDir()
	mustOpenAt(t, one, today)
	mustOpenAt(t, two, today)
	if err := os.Rename(filepath.Join(two, caKeyFile), filepath.Join(one, caKeyFile)); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(Options{Dir: one, Create: true, Now: time.Now}); err == nil {
		t.Fatal("a root with another one's key is used")
	}
}

// TestClockNotSet starts a gateway whose own clock was never set: its certificates must still be of use when it is.
func TestClockNotSet(t *testing.T) {
	dir := t.TempDir()
	a := mustOpenAt(t, dir, time.Unix(0, 0))
	text, err := a.Issue(request(t), "MX0427-1")
	if err != nil || len(text) == 0 {
		t.Fatal(err)
	}
	if !a.cert.NotAfter.Equal(begin().AddDate(caYears, 0, 0)) {
		t.Fatalf("root ends %v", a.cert.NotAfter)
	}
	leaf := mustServe(t, a, "localhost").Leaf
	if !leaf.NotAfter.Equal(begin().AddDate(serverYears, 0, 0)) {
		t.Fatalf("server certificate ends %v", leaf.NotAfter)
	}
	// Once the clock is right the server certificate is over, and is made again.
	leaf = mustServe(t, mustOpenAt(t, dir, today), "localhost").Leaf
	if !leaf.NotAfter.Equal(today.AddDate(serverYears, 0, 0)) {
		t.Fatalf("server certificate ends %v", leaf.NotAfter)
	}
}

func TestServerCertificateIsKeptWhileItServes(t *testing.T) {
	dir := t.TempDir()
	first := mustServe(t, mustOpenAt(t, dir, today), "localhost", "10.0.0.1", "::1", "localhost")
	if n := len(first.Leaf.DNSNames) + len(first.Leaf.IPAddresses); n != 3 {
		t.Fatalf("%d names: %v %v", n, first.Leaf.DNSNames, first.Leaf.IPAddresses)
	}
	for name, c := range map[string]struct {
		now   time.Time
		hosts []string
		kept  bool
	}{
		"same":            {today, []string{"localhost", "10.0.0.1", "::1"}, true},
		"fewer names":     {today.AddDate(1, 0, 0), []string{"LOCALHOST."}, true},
		"new name":        {today, []string{"localhost", "gateway"}, false},
		"new address":     {today, []string{"10.0.0.2"}, false},
		"near its end":    {today.AddDate(serverYears, 0, -100), []string{"localhost"}, false},
		"after its end":   {today.AddDate(serverYears+1, 0, 0), []string{"localhost"}, false},
		"clock far back":  {begin(), []string{"localhost"}, true},
		"bracketed IPv6s": {today, []string{"[::1]"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			copied := t.TempDir()
			if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
				t.Fatal(err)
			}
			cert := mustServe(t, mustOpenAt(t, copied, c.now), c.hosts...)
			if kept := cert.Leaf.Equal(first.Leaf); kept != c.kept {
				t.Fatalf("kept %v", kept)
			}
		})
	}
}

func TestServerFilesThatAreDamaged(t *testing.T) {
	dir := t.TempDir()
	a := mustOpenAt(t, dir, today)
	first := mustServe(t, a, "localhost")
	for name, spoil := range map[string]func(t *testing.T){
		"certificate gone":  func(t *testing.T) { must(t, os.Remove(filepath.Join(dir, serverFile))) },
		"certificate empty": func(t *testing.T) { must(t, os.WriteFile(filepath.Join(dir, serverFile), nil, 0o600)) },
		"key gone":          func(t *testing.T) { must(t, os.Remove(filepath.Join(dir, serverKeyFile))) },
	} {
		t.Run(name, func(t *testing.T) {
			spoil(t)
			cert := mustServe(t, mustOpenAt(t, dir, today), "localhost")
			if cert.Leaf.Equal(first.Leaf) || cert.Leaf.CheckSignatureFrom(a.cert) != nil {
				t.Fatal("not made again")
			}
		})
	}
}

func TestHosts(t *testing.T) {
	for host, good := range map[string]bool{
		"localhost": true, "gw-1.fs.gov.cn": true, "under_score": true, "192.168.1.1": true, "fe80::1": true, "UPPER.": true,
		"": false, "a b": false, "a:1": false, "https://a": false, "-a": false, "a-": false, "a..b": false, "网关": false, "*.gov.cn": false,
	} {
		if err := CheckHosts([]string{host}); (err == nil) != good {
			t.Errorf("%q: %v", host, err)
		}
	}
}

func TestCertificateBeforeServe(t *testing.T) {
	if _, err := mustOpenAt(t, t.TempDir(), today).Certificate(nil); err == nil {
		t.Fatal("a certificate for no host")
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
