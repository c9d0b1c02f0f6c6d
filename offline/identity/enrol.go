package identity

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"zhizhu/offline/keyring"
	"zhizhu/offline/keyring/secretfile"
	"zhizhu/offline/wire"
)

// maxAnswer is more than any answer of a gateway has, in bytes.
const maxAnswer = 256 << 10

// Options say where to enrol. Dir, URL, CAFile, Code, Now and Rand are needed.
type Options struct {
	Dir    string // the identity folder
	URL    string // the gateway's, https://host:port
	CAFile string // PEM of the CA to pin
	Code   string // one-time code
	Now    func() time.Time
	Rand   io.Reader
	// Station is the one that this machine is set up for: with a code for another one Enrol is ErrStation. Empty takes any.
	Station string
	// Keyring says what wraps a station key that is made now, and what opens one that is there.
	Keyring keyring.Options
	Dial    func(ctx context.Context, network, addr string) (net.Conn, error)
}

// Enrol asks the gateway for a certificate with a one-time code and writes the identity folder. It may be repeated after
// any interruption; a folder that was enrolled before keeps working until the new answer is on disk, and stays as it was
// if the code turns out to be for another station.
func Enrol(ctx context.Context, o Options) (*Identity, error) {
	base, err := ParseURL(o.URL)
	if err != nil {
		return nil, fmt.Errorf("enrol: %w", err)
	}
	caPEM, err := os.ReadFile(o.CAFile)
	if err != nil {
		return nil, fmt.Errorf("enrol: read CA file: %w", err)
	}
	pool, floor, err := readCA(caPEM)
	if err != nil {
		return nil, fmt.Errorf("enrol: %s: %w", o.CAFile, err)
	}
	unlock, err := lock(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("enrol: %w", err)
	}
	defer unlock()
	v, provider, err := openVault(ctx, o.Dir, o.Rand, o.Keyring, keyring.Ensure)
	if err != nil {
		return nil, fmt.Errorf("enrol: %w", err)
	}
	k, keyFile, err := v.makeKeys()
	if err != nil {
		return nil, fmt.Errorf("enrol: %w", err)
	}
	defer k.clear()
	csr, err := request(o.Rand, k.terminalPEM)
	if err != nil {
		return nil, fmt.Errorf("enrol: %w", err)
	}
	asked := wire.Enrolment{
		Code: strings.TrimSpace(o.Code), CSR: csr, SignKey: k.sign.Public().Hex(), PostKey: k.post.Public().Hex(), Station: o.Station,
	}
	client := NewClient(ClientOptions{CA: pool, Now: o.Now, Floor: floor, Dial: o.Dial})
	defer client.CloseIdleConnections()
	answer, err := ask(ctx, client, base+wire.PathEnrol, asked)
	if err != nil {
		return nil, fmt.Errorf("enrol: %w", err)
	}
	e := enrolled{
		Terminal: answer.Terminal, Station: answer.Station, Certificate: answer.Certificate,
		SealKey: answer.SealKey, AckKey: answer.AckKey, CA: string(caPEM),
		Key: keyFile, PostKey: asked.PostKey, Since: o.Now().UTC().Truncate(time.Second),
	}
	if o.Station != "" && answer.Station != o.Station { // a gateway that didn't compare them itself
		return nil, fmt.Errorf("enrol: %w", ErrStation)
	}
	id, err := assemble(e, k)
	if err != nil {
		return nil, fmt.Errorf("enrol: %w: %w", ErrGateway, err)
	}
	text, err := e.encode()
	if err != nil {
		return nil, fmt.Errorf("enrol: %w", err)
	}
	if err := (secretfile.Disk{}).Write(filepath.Join(o.Dir, enrolledFile), text); err != nil {
		return nil, fmt.Errorf("enrol: write identity (repeat with the same code): %w", err)
	}
	id.KeyIn = provider
	return id, nil
}

// readCA reads the CA to pin. Whoever has it lives after its first day, whatever the clock says.
func readCA(text []byte) (*x509.CertPool, time.Time, error) {
	pool := x509.NewCertPool()
	var floor time.Time
	found := false
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			continue
		}
		pool.AddCert(cert)
		if found = true; cert.NotBefore.After(floor) {
			floor = cert.NotBefore
		}
	}
	if !found {
		return nil, floor, fmt.Errorf("no certificate in it: %w", ErrCA)
	}
	return pool, floor, nil
}

// ParseURL checks a gateway's URL and returns it without a slash at its end.
func ParseURL(s string) (string, error) {
	u, err := url.Parse(strings.TrimSpace(s))
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", fmt.Errorf("gateway's URL %q must look like https://host:port", s)
	}
	return strings.TrimRight(u.String(), "/"), nil
}

// ask posts an enrolment and reads the answer.
func ask(ctx context.Context, client *http.Client, url string, asked wire.Enrolment) (wire.Enrolled, error) {
	var answer wire.Enrolled
	body, err := json.Marshal(asked)
	if err != nil {
		return answer, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return answer, err
	}
	req.Header.Set("Content-Type", wire.TypeJSON)
	resp, err := client.Do(req)
	if err != nil {
		return answer, transportError(err)
	}
	defer func() { _ = resp.Body.Close() }() // read as far as needed
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return answer, fmt.Errorf("%w: %w", ErrGateway, err)
	}
	if resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusCreated {
		return answer, refused(resp.StatusCode, text)
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return answer, fmt.Errorf("%w: it is not an enrolment", ErrGateway)
	}
	return answer, nil
}

func transportError(err error) error {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return fmt.Errorf("%w: %w", ErrCA, err)
	}
	return fmt.Errorf("%w: %w", ErrGateway, err)
}

// refused says why, in the gateway's own words where it has any.
func refused(status int, text []byte) error {
	var p wire.Problem
	if json.Unmarshal(text, &p) != nil {
		return fmt.Errorf("status %d: %w", status, ErrGateway)
	}
	if p.Type == wire.ProblemCode {
		return fmt.Errorf("%w (%s)", ErrCode, p.Detail)
	}
	if p.Type == wire.ProblemStation {
		return ErrStation
	}
	return fmt.Errorf("status %d, %s: %w", status, strings.TrimSpace(p.Title+" "+p.Detail), ErrGateway)
}
