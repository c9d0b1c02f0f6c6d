package gateway_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"zhizhu/offline/gateway"
	"zhizhu/offline/wire"
)

func TestEnrolment(t *testing.T) {
	dir := t.TempDir()
	r := serve(t, dir, nil)
	code := r.newCode("MX0427")
	if !regexp.MustCompile(`^[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}$`).MatchString(code) {
		t.Fatalf("code %q is not easy to type", code)
	}
	a := newApplicant(t)
	first := r.postEnrolment(a.enrolment(t, code))
	var e wire.Enrolled
	if err := json.Unmarshal(first.body, &e); err != nil || first.status != http.StatusOK {
		t.Fatalf("%d %s, %v", first.status, first.body, err)
	}
	if e.Terminal != "MX0427-1" || e.Station != "MX0427" {
		t.Fatalf("enrolled %+v", e)
	}
	checkTerminalCertificate(t, r, a, e)

	if again := r.postEnrolment(a.enrolment(t, code)); again.status != http.StatusOK || string(again.body) != string(first.body) {
		t.Fatalf("the same key again: %d %s", again.status, again.body)
	}
	thief := r.postEnrolment(newApplicant(t).enrolment(t, code))
	if thief.status != http.StatusForbidden || thief.problem(t).Type != wire.ProblemCode {
		t.Fatalf("another key: %d %s", thief.status, thief.body)
	}
	// A code is nowhere in the clear.
	for _, name := range []string{"gateway.db", "code.key"} {
		held, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || strings.Contains(string(held), code) || strings.Contains(string(held), strings.ReplaceAll(code, "-", "")) {
			t.Fatalf("%s holds the code, or %v", name, err)
		}
	}
	if strings.Contains(r.log.String(), code) {
		t.Fatal("the log holds the code")
	}
}

func checkTerminalCertificate(t *testing.T, r *rig, a applicant, e wire.Enrolled) {
	t.Helper()
	block, _ := pem.Decode([]byte(e.Certificate))
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if !a.key.PublicKey.Equal(cert.PublicKey) || cert.Subject.CommonName != e.Terminal || cert.IsCA {
		t.Fatalf("certificate of %v", cert.Subject)
	}
	opts := x509.VerifyOptions{Roots: r.pool(), CurrentTime: r.clock.now(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
	if _, err := cert.Verify(opts); err != nil {
		t.Fatal(err)
	}
	// A terminal whose clock stands at its year of make may still connect.
	opts.CurrentTime = time.Date(2020, 6, 1, 0, 0, 0, 0, time.UTC)
	if _, err := cert.Verify(opts); err != nil {
		t.Fatal(err)
	}
	opts.KeyUsages = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	if _, err := cert.Verify(opts); err == nil {
		t.Fatal("a terminal could pose as the gateway")
	}
}

func TestCodeAsPeopleTypeIt(t *testing.T) {
	r := serve(t, t.TempDir(), nil)
	for name, retype := range map[string]func(string) string{
		"lower case":     strings.ToLower,
		"no hyphen":      func(s string) string { return strings.ReplaceAll(s, "-", "") },
		"blanks":         func(s string) string { return "  " + strings.Join(strings.Split(s, ""), " ") + "\n" },
		"letter o":       func(s string) string { return strings.ReplaceAll(s, "0", "o") },
		"letters i or l": func(s string) string { return strings.ReplaceAll(strings.Replace(s, "1", "I", 1), "1", "l") },
	} {
		t.Run(name, func(t *testing.T) {
			code := r.newCode("MX0427")
			if strings.HasPrefix(name, "letter") {
				for !strings.ContainsAny(code, "01") {
					code = r.newCode("MX0427")
				}
			}
			if got := r.postEnrolment(newApplicant(t).enrolment(t, retype(code))); got.status != http.StatusOK {
				t.Fatalf("%q for %q: %d %s", retype(code), code, got.status, got.body)
			}
		})
	}
}

func TestEnrolmentRefused(t *testing.T) {
	r := serve(t, t.TempDir(), nil)
	good := newApplicant(t).enrolment(t, r.newCode("MX0427"))
	with := func(change func(*wire.Enrolment)) wire.Enrolment {
		e := good
		change(&e)
		return e
	}
	for name, c := range map[string]struct {
		e      wire.Enrolment
		status int
		kind   string
	}{
		"unknown code":   {with(func(e *wire.Enrolment) { e.Code = "00000-00000" }), 403, wire.ProblemCode},
		"no code":        {with(func(e *wire.Enrolment) { e.Code = "" }), 403, wire.ProblemCode},
		"code too long":  {with(func(e *wire.Enrolment) { e.Code += "0" }), 403, wire.ProblemCode},
		"code in kanji":  {with(func(e *wire.Enrolment) { e.Code = "一二三四五六七八九十" }), 403, wire.ProblemCode},
		"no csr":         {with(func(e *wire.Enrolment) { e.CSR = "" }), 400, "about:blank"},
		"csr of P-384":   {with(func(e *wire.Enrolment) { e.CSR = requestP384(t) }), 400, "about:blank"},
		"csr altered":    {with(func(e *wire.Enrolment) { e.CSR = alteredRequest(t, e.CSR) }), 400, "about:blank"},
		"no sign key":    {with(func(e *wire.Enrolment) { e.SignKey = "" }), 400, "about:blank"},
		"sign key wrong": {with(func(e *wire.Enrolment) { e.SignKey = strings.Repeat("04", 65) }), 400, "about:blank"},
	} {
		t.Run(name, func(t *testing.T) {
			got := r.postEnrolment(c.e)
			if p := got.problem(t); got.status != c.status || p.Type != c.kind || p.Detail == "" {
				t.Fatalf("%d %+v", got.status, p)
			}
		})
	}
	if got := r.postEnrolment(good); got.status != http.StatusOK {
		t.Fatalf("the right one afterwards: %d %s", got.status, got.body)
	}
}

func requestP384(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: "x"}}, key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}))
}

func alteredRequest(t *testing.T, csr string) string {
	t.Helper()
	block, _ := pem.Decode([]byte(csr))
	block.Bytes[len(block.Bytes)-1] ^= 1
	return string(pem.EncodeToMemory(block))
}

// TestSubjectIsNotTakenFromRequest lets a terminal ask for another one's name.
func TestSubjectIsNotTakenFromRequest(t *testing.T) {
	r := serve(t, t.TempDir(), nil)
	a := newApplicant(t)
	e := a.enrolment(t, r.newCode("MX0427"))
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{
		Subject: pkix.Name{CommonName: "ZC0001-1"}, DNSNames: []string{"localhost"},
	}, a.key)
	if err != nil {
		t.Fatal(err)
	}
	e.CSR = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}))
	var got wire.Enrolled
	if err := json.Unmarshal(r.postEnrolment(e).body, &got); err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode([]byte(got.Certificate))
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil || cert.Subject.CommonName != "MX0427-1" || len(cert.DNSNames) != 0 {
		t.Fatalf("certificate for %v %v, %v", cert.Subject, cert.DNSNames, err)
	}
}

func TestCodeExpires(t *testing.T) {
	r := serve(t, t.TempDir(), nil)
	code := r.newCode("MX0427")
	r.clock.add(7*24*time.Hour + time.Second)
	got := r.postEnrolment(newApplicant(t).enrolment(t, code))
	if p := got.problem(t); got.status != http.StatusForbidden || !strings.Contains(p.Detail, "expired") {
		t.Fatalf("%d %+v", got.status, p)
	}
}

func TestGuessingIsLimited(t *testing.T) {
	r := serve(t, t.TempDir(), nil)
	good := newApplicant(t).enrolment(t, r.newCode("MX0427"))
	bad := good
	bad.Code = "00000-00000"
	for range 10 {
		if got := r.postEnrolment(bad); got.status != http.StatusForbidden {
			t.Fatalf("%d %s", got.status, got.body)
		}
	}
	got := r.postEnrolment(good)
	if got.status != http.StatusTooManyRequests || got.header.Get("Retry-After") != "600" {
		t.Fatalf("%d %v", got.status, got.header)
	}
	r.clock.add(10 * time.Minute)
	if got := r.postEnrolment(good); got.status != http.StatusOK {
		t.Fatalf("after waiting: %d %s", got.status, got.body)
	}
}

func TestStationCodes(t *testing.T) {
	r := serve(t, t.TempDir(), nil)
	for _, bad := range []string{"", "a b", "a/b", "村", strings.Repeat("x", 33)} {
		if _, err := r.NewCode(t.Context(), bad); !errors.Is(err, gateway.ErrStation) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
