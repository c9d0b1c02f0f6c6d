package authority

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"sync"
	"time"

	"zhizhu/offline/gateway/internal/durable"
)

// ErrMissing says that a file that must be there is not. Making a new one would cut off every terminal.
var ErrMissing = errors.New("file is missing")

// Files in the directory.
const (
	caFile        = "ca.pem"
	caKeyFile     = "ca.key"
	serverFile    = "server.pem"
	serverKeyFile = "server.key"
)

// Terms of validity.
const (
	caYears       = 30
	terminalYears = 10
	serverYears   = 5
	serverRenew   = 180 * 24 * time.Hour // reissued when less is left
)

// begin is the start of every validity; the package comment says why.
func begin() time.Time { return time.Date(2020, time.January, 1, 0, 0, 0, 0, time.UTC) }

// Options of Open.
type Options struct {
	Dir string
	// Create allows to make a root where there is none. Without it, missing files are ErrMissing.
	Create bool
	Now    func() time.Time
	Rand   io.Reader // crypto/rand when nil
}

// Authority signs. It is safe for concurrent use.
type Authority struct {
	dir  string
	now  func() time.Time
	rand io.Reader
	key  *ecdsa.PrivateKey
	cert *x509.Certificate

	mu     sync.Mutex // guards server
	server *server
}

// Open reads the authority in a directory, or makes it.
func Open(o Options) (*Authority, error) {
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	a := &Authority{dir: o.Dir, now: o.Now, rand: o.Rand}
	err := a.load()
	if errors.Is(err, ErrMissing) && o.Create {
		err = a.create()
	}
	if err != nil {
		return nil, err
	}
	return a, nil
}

// Path returns the path of the root certificate (PEM), which terminals pin.
func (a *Authority) Path() string { return filepath.Join(a.dir, caFile) }

// Pool returns a pool with the root alone.
func (a *Authority) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

// Fingerprint is the SHA-256 of the root certificate, hex.
func (a *Authority) Fingerprint() string {
	sum := sha256.Sum256(a.cert.Raw)
	return hex.EncodeToString(sum[:])
}

func (a *Authority) load() error {
	key, err := readKey(filepath.Join(a.dir, caKeyFile))
	if err != nil {
		return fmt.Errorf("read authority: %w", err)
	}
	cert, err := readCertificate(a.Path())
	if err != nil {
		return fmt.Errorf("read authority: %w", err)
	}
	if !key.PublicKey.Equal(cert.PublicKey) {
		return fmt.Errorf("read authority: %s and %s do not belong together: restore both from one backup", caFile, caKeyFile)
	}
	a.key, a.cert = key, cert
	return nil
}

// create makes the root. A key that is there already (the power was cut before the certificate was written) is used.
func (a *Authority) create() error {
	key, err := readOrMakeKey(filepath.Join(a.dir, caKeyFile), a.rand)
	if err != nil {
		return fmt.Errorf("create authority: %w", err)
	}
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: "zhizhu gateway authority", Organization: []string{"zhizhu"}},
		NotBefore:             begin(),
		NotAfter:              a.ends(caYears),
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		BasicConstraintsValid: true,
		IsCA:                  true,
		MaxPathLenZero:        true,
	}
	a.key, a.cert = key, template
	der, err := a.sign(template, &key.PublicKey)
	if err != nil {
		return fmt.Errorf("create authority: %w", err)
	}
	if err := durable.WriteFile(a.Path(), certificatePEM(der), 0o644); err != nil {
		return fmt.Errorf("create authority: %w", err)
	}
	return a.load()
}

// Issue signs a terminal's certificate for the key of a request; only the key is taken from the request.
func (a *Authority) Issue(csr *x509.CertificateRequest, terminal string) ([]byte, error) {
	if err := CheckRequest(csr); err != nil {
		return nil, fmt.Errorf("issue certificate: %w", err)
	}
	der, err := a.sign(&x509.Certificate{
		Subject:               pkix.Name{CommonName: terminal},
		NotBefore:             begin(),
		NotAfter:              a.ends(terminalYears),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		BasicConstraintsValid: true,
	}, csr.PublicKey)
	if err != nil {
		return nil, fmt.Errorf("issue certificate: %w", err)
	}
	return certificatePEM(der), nil
}

// CheckRequest reports whether a certificate request is of the kind that Issue signs: ECDSA P-256, signed by its own key.
func CheckRequest(csr *x509.CertificateRequest) error {
	key, ok := csr.PublicKey.(*ecdsa.PublicKey)
	if !ok || key.Curve != elliptic.P256() {
		return errors.New("check request: the key must be ECDSA P-256")
	}
	if err := csr.CheckSignature(); err != nil {
		return fmt.Errorf("check request: %w", err)
	}
	return nil
}

// ends is the end of a validity that counts from now, or from its begin while the gateway's own clock is not set.
func (a *Authority) ends(years int) time.Time {
	from := a.now().UTC()
	if from.Before(begin()) {
		from = begin()
	}
	return from.AddDate(years, 0, 0)
}

func (a *Authority) sign(template *x509.Certificate, public any) ([]byte, error) {
	serial, err := rand.Int(a.rand, new(big.Int).Lsh(big.NewInt(1), 126))
	if err != nil {
		return nil, fmt.Errorf("make serial number: %w", err)
	}
	template.SerialNumber = serial.Add(serial, big.NewInt(1))
	if template.NotAfter.After(a.cert.NotAfter) {
		template.NotAfter = a.cert.NotAfter
	}
	der, err := x509.CreateCertificate(a.rand, template, a.cert, public, a.key)
	if err != nil {
		return nil, fmt.Errorf("sign certificate: %w", err)
	}
	return der, nil
}

func certificatePEM(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func readPEM(path, kind string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read %s: %w: restore it from the backup of the gateway's directory", path, ErrMissing)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	block, _ := pem.Decode(text)
	if block == nil || block.Type != kind {
		return nil, fmt.Errorf("read %s: no %q block in it: restore it from the backup of the gateway's directory", path, kind)
	}
	return block.Bytes, nil
}

func readCertificate(path string) (*x509.Certificate, error) {
	der, err := readPEM(path, "CERTIFICATE")
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return cert, nil
}

func readKey(path string) (*ecdsa.PrivateKey, error) {
	der, err := readPEM(path, "PRIVATE KEY")
	if err != nil {
		return nil, err
	}
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("read %s: the key is a %T, not ECDSA", path, parsed)
	}
	return key, nil
}

func readOrMakeKey(path string, random io.Reader) (*ecdsa.PrivateKey, error) {
	key, err := readKey(path)
	if !errors.Is(err, ErrMissing) {
		return key, err
	}
	key, err = ecdsa.GenerateKey(elliptic.P256(), random)
	if err != nil {
		return nil, fmt.Errorf("make key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("encode key: %w", err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	if err := durable.WriteFile(path, text, 0o600); err != nil {
		return nil, fmt.Errorf("keep key: %w", err)
	}
	return key, nil
}
