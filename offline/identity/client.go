package identity

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"time"
)

// ClientOptions say how the gateway is spoken to. CA and Now are needed.
type ClientOptions struct {
	CA          *x509.CertPool
	Certificate *tls.Certificate // nil before enrolment
	// Current takes the place of Certificate where it may be renewed: [Identity.Current].
	Current func() *tls.Certificate
	Now     func() time.Time // by which certificates are judged
	Floor   time.Time        // a time that is past for sure: a clock before it is slow, and isn't believed
	// Dial replaces the dialler, for tests, cuts of the line, and deployments with a line of their own.
	Dial    func(ctx context.Context, network, addr string) (net.Conn, error)
	Timeout time.Duration // of one call; 60 s if 0
}

// ErrRedirect: a gateway never redirects; something in between does.
var ErrRedirect = errors.New("redirected: something between here and the gateway answers")

// NewClient makes a client that speaks TLS 1.3 to a server with a certificate from the pinned CA, and to nobody else:
// no proxy from the environment, no redirect, no cookie.
func NewClient(o ClientOptions) *http.Client {
	if o.Timeout == 0 {
		o.Timeout = 60 * time.Second
	}
	if o.Dial == nil {
		o.Dial = (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 15 * time.Second}).DialContext
	}
	config := &tls.Config{MinVersion: tls.VersionTLS13, RootCAs: o.CA, Time: func() time.Time {
		if now := o.Now(); now.After(o.Floor) {
			return now
		}
		return o.Floor
	}}
	if o.Current == nil && o.Certificate != nil {
		o.Current = func() *tls.Certificate { return o.Certificate }
	}
	if o.Current != nil {
		// Given whatever the server asks for, so that a gateway with a new CA refuses it in words.
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return o.Current(), nil }
	}
	return &http.Client{
		Timeout:       o.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return ErrRedirect },
		Transport: &http.Transport{
			DialContext:            o.Dial,
			TLSClientConfig:        config,
			TLSHandshakeTimeout:    10 * time.Second,
			ResponseHeaderTimeout:  20 * time.Second,
			IdleConnTimeout:        90 * time.Second,
			MaxIdleConnsPerHost:    4,
			MaxResponseHeaderBytes: 64 << 10,
			ForceAttemptHTTP2:      true,
			// A line that went dead without a word is noticed by an unanswered ping.
			HTTP2: &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 20 * time.Second},
		},
	}
}
