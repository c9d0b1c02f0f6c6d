package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"time"

	"github.com/google/uuid"

	"zhizhu/offline/seal"
	"zhizhu/offline/wire"
)

// terminal is an enrolled machine, as small as can be.
type terminal struct {
	wire.Enrolled
	address string
	client  *http.Client
	seal    *seal.PublicKey
	ack     *seal.PublicKey
}

func httpClient(ca string, certs ...tls.Certificate) (*http.Client, error) {
	text, err := os.ReadFile(ca)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(text)
	return &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{
		ForceAttemptHTTP2: true,
		TLSClientConfig:   &tls.Config{MinVersion: tls.VersionTLS13, RootCAs: pool, Certificates: certs},
	}}, nil
}

func enrol(address, ca, code string) (*terminal, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	if err != nil {
		return nil, err
	}
	sign, err := seal.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	post, err := seal.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(wire.Enrolment{
		Code: code, SignKey: sign.Public().Hex(), PostKey: post.Public().Hex(),
		CSR: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: csr})),
	})
	if err != nil {
		return nil, err
	}
	client, err := httpClient(ca)
	if err != nil {
		return nil, err
	}
	m := &terminal{address: address}
	if _, err := m.do(client, http.MethodPost, wire.PathEnrol, body, nil, &m.Enrolled); err != nil {
		return nil, err
	}
	block, _ := pem.Decode([]byte(m.Certificate))
	if block == nil {
		return nil, errors.New("the certificate is not PEM")
	}
	if m.client, err = httpClient(ca, tls.Certificate{Certificate: [][]byte{block.Bytes}, PrivateKey: key}); err != nil {
		return nil, err
	}
	if m.seal, err = seal.ParsePublicKey(m.SealKey); err != nil {
		return nil, err
	}
	m.ack, err = seal.ParsePublicKey(m.AckKey)
	return m, err
}

func (m *terminal) do(c *http.Client, method, path string, body []byte, header http.Header, into any) (http.Header, error) {
	req, err := http.NewRequestWithContext(context.Background(), method, "https://"+m.address+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	maps.Copy(req.Header, header)
	resp, err := c.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode/100 != 2 {
		return nil, fmt.Errorf("%s: %s", resp.Status, text)
	}
	return resp.Header, json.Unmarshal(text, into)
}

// packet is a sealed matter ready to be sent.
type packet struct {
	id     string
	sealed []byte
}

func (m *terminal) pack(number string) (packet, error) {
	id := uuid.NewString()
	plain, err := json.Marshal(wire.Matter{
		ID: id, Number: number, Item: "pension-check", ItemName: "社会保险待遇领取资格认证", Station: m.Station, Terminal: m.Terminal,
		Applicant: &wire.Applicant{Name: "梁桂芳", IDType: "111", IDNumber: "440607195803120021"},
		Answers:   []wire.Answer{{Field: "phone", Label: "联系电话", Value: "13800138000", Text: "138 0013 8000"}},
		LodgedAt:  time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC), ClockTrust: "synced",
	})
	if err != nil {
		return packet{}, err
	}
	sealed, err := seal.SealPacket(rand.Reader, m.seal, seal.Binding{ID: id, Terminal: m.Terminal, Item: "pension-check"}, plain)
	return packet{id, sealed}, err
}

// send sends a packet, and returns no error only if it is acknowledged under the gateway's signature.
func (m *terminal) send(p packet) error {
	digest, err := hex.DecodeString(seal.Digest(p.sealed))
	if err != nil {
		return err
	}
	var ack wire.Ack
	header, err := m.do(m.client, http.MethodPut, wire.Path(wire.LaneMatters, p.id), p.sealed, http.Header{
		wire.HeaderTerminal: {m.Terminal},
		wire.HeaderDigest:   {"sm3=:" + base64.StdEncoding.EncodeToString(digest) + ":"},
	}, &ack)
	if err != nil {
		return err
	}
	signature, err := base64.StdEncoding.DecodeString(header.Get(wire.HeaderReceipt))
	if err != nil {
		return err
	}
	return seal.Verify(m.ack, ack.Signed(), signature)
}

func (m *terminal) lodge(number string) error {
	p, err := m.pack(number)
	if err != nil {
		return err
	}
	return m.send(p)
}
