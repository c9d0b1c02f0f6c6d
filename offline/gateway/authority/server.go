package authority

import (
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"zhizhu/offline/gateway/internal/durable"
)

// server is the gateway's certificate as TLS uses it.
type server struct {
	hosts []string
	tls   tls.Certificate
	leaf  *x509.Certificate
}

// CheckHosts reports whether every host is a DNS name or an IP address.
func CheckHosts(hosts []string) error {
	_, err := cleanHosts(hosts)
	return err
}

// Serve makes sure that the server certificate names every host (DNS names and IP addresses), and reissues it if it
// doesn't. A host that is neither is an error.
func (a *Authority) Serve(hosts []string) error {
	hosts, err := cleanHosts(hosts)
	if err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.ensure(hosts)
}

// Certificate returns the server certificate for a handshake. One that is about to end is reissued on the way, so a
// gateway may run for years. Serve must have been called.
func (a *Authority) Certificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.server == nil {
		return nil, errors.New("give certificate: no host is served yet")
	}
	if !fresh(a.server.leaf, a.now()) {
		if err := a.ensure(a.server.hosts); err != nil {
			return nil, err
		}
	}
	return &a.server.tls, nil
}

func (a *Authority) ensure(hosts []string) error {
	key, err := readOrMakeKey(filepath.Join(a.dir, serverKeyFile), a.rand)
	if err != nil {
		return fmt.Errorf("prepare server certificate: %w", err)
	}
	// A server certificate that can't be read is no loss: it is made again.
	leaf, err := readCertificate(filepath.Join(a.dir, serverFile))
	if err != nil || !a.good(leaf, key, hosts) {
		if leaf, err = a.reissue(key, hosts); err != nil {
			return fmt.Errorf("prepare server certificate: %w", err)
		}
	}
	a.server = &server{hosts: hosts, leaf: leaf, tls: tls.Certificate{
		Certificate: [][]byte{leaf.Raw, a.cert.Raw}, PrivateKey: key, Leaf: leaf,
	}}
	return nil
}

func (a *Authority) good(leaf *x509.Certificate, key *ecdsa.PrivateKey, hosts []string) bool {
	if !fresh(leaf, a.now()) || !key.PublicKey.Equal(leaf.PublicKey) || leaf.CheckSignatureFrom(a.cert) != nil {
		return false
	}
	names := leaf.DNSNames
	for _, ip := range leaf.IPAddresses {
		names = append(names, ip.String())
	}
	return !slices.ContainsFunc(hosts, func(h string) bool { return !slices.Contains(names, h) })
}

func (a *Authority) reissue(key *ecdsa.PrivateKey, hosts []string) (*x509.Certificate, error) {
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: "zhizhu gateway"},
		NotBefore:             begin(),
		NotAfter:              a.ends(serverYears),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
	}
	for _, h := range hosts {
		if ip := net.ParseIP(h); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, h)
		}
	}
	der, err := a.sign(template, &key.PublicKey)
	if err != nil {
		return nil, err
	}
	if err := durable.WriteFile(filepath.Join(a.dir, serverFile), certificatePEM(der), 0o644); err != nil {
		return nil, err
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("parse certificate: %w", err)
	}
	return leaf, nil
}

func fresh(leaf *x509.Certificate, now time.Time) bool {
	return now.Before(leaf.NotAfter.Add(-serverRenew))
}

// cleanHosts brings hosts into the form in which certificates name them: IP addresses in their short form, DNS names
// in lower case, each once.
func cleanHosts(hosts []string) ([]string, error) {
	var clean []string
	for _, h := range hosts {
		name := strings.ToLower(strings.TrimSuffix(strings.TrimSpace(h), "."))
		if ip := net.ParseIP(strings.Trim(name, "[]")); ip != nil {
			name = ip.String()
		} else if !isDNSName(name) {
			return nil, fmt.Errorf("name server: %q is neither a host name nor an IP address: write a name without port or scheme, such as gateway.example.gov.cn", h)
		}
		if !slices.Contains(clean, name) {
			clean = append(clean, name)
		}
	}
	return clean, nil
}

func isDNSName(name string) bool {
	if name == "" || len(name) > 253 {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		if strings.ContainsFunc(label, func(r rune) bool {
			return r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z')
		}) {
			return false
		}
	}
	return true
}
