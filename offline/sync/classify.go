package sync

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"mime"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"

	"zhizhu/offline/identity"
	"zhizhu/offline/wire"
)

// fault is trouble with one call.
type fault struct {
	reason Reason
	detail string        // for staff and logs: kinds and statuses, never content
	asked  time.Duration // Retry-After
	aside  bool          // it is about this record, not about the line: it will never be taken
	again  bool          // with aside: it may have been damaged on the way
	expiry *x509.Certificate
	shared bool // with Unreachable: it may well be the gateway, and all terminals wait for it
	alive  bool // with shared: something at the gateway's address refuses
}

// transportFault finds out what a call that got no answer failed of.
func transportFault(err error) *fault {
	var (
		dns     *net.DNSError
		invalid x509.CertificateInvalidError
		verify  *tls.CertificateVerificationError
		plain   tls.RecordHeaderError
		op      *net.OpError
		slow    net.Error
	)
	switch {
	case errors.As(err, &dns):
		return &fault{reason: DNS, detail: "name of the gateway can't be resolved"}
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return &fault{reason: Certificate, detail: "server's certificate is not valid at this time", expiry: invalid.Cert}
	case errors.As(err, &verify):
		return &fault{reason: Certificate, detail: verify.Err.Error()}
	case errors.As(err, &plain), errors.Is(err, identity.ErrRedirect), strings.Contains(err.Error(), "HTTP response to HTTPS client"):
		return &fault{reason: Portal, detail: "something without the gateway's TLS answers"}
	case errors.As(err, &op) && op.Op == "remote error":
		return &fault{reason: Refused, detail: "gateway refuses this terminal's certificate: " + op.Err.Error()}
	case errors.As(err, &slow) && slow.Timeout():
		return &fault{reason: Unreachable, detail: "no answer in time", shared: true}
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ECONNRESET):
		return &fault{reason: Unreachable, detail: "connection was refused or reset", shared: true, alive: true}
	case errors.As(err, &op):
		return &fault{reason: Unreachable, detail: op.Op + ": " + op.Err.Error()}
	}
	return &fault{reason: Unreachable, detail: "connection was cut", shared: true}
}

// statusFault finds out what an answer that acknowledges nothing means. now is when it came.
func statusFault(status int, header http.Header, body []byte, now time.Time) *fault {
	text := "status " + strconv.Itoa(status)
	problem, ours := readProblem(status, header, body)
	if ours {
		text += " " + problem.Type
	}
	asked := retryAfter(header, now)
	switch status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return &fault{reason: Busy, detail: text, asked: asked}
	}
	if status >= 500 {
		return &fault{reason: Busy, detail: text, asked: asked}
	}
	if !ours {
		return &fault{reason: Portal, detail: text + ", not from the gateway"}
	}
	switch status {
	case http.StatusBadRequest, http.StatusConflict, http.StatusRequestEntityTooLarge,
		http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity:
		return &fault{reason: OK, detail: text, aside: true, again: problem.Type == wire.ProblemDigest}
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusUpgradeRequired:
		return &fault{reason: Refused, detail: text}
	}
	return &fault{reason: Refused, detail: text + ", unexpected"}
}

// readProblem tells the gateway's refusals from those of whatever stands before it.
func readProblem(status int, header http.Header, body []byte) (wire.Problem, bool) {
	var p wire.Problem
	kind, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil || kind != "application/problem+json" || json.Unmarshal(body, &p) != nil {
		return p, false
	}
	known := strings.HasPrefix(p.Type, "urn:zhizhu:") || p.Type == "about:blank"
	return p, known && p.Status == status
}

// retryAfter reads the header as seconds or as a date by the gateway's own clock.
func retryAfter(header http.Header, now time.Time) time.Duration {
	v := header.Get("Retry-After")
	if seconds, err := strconv.ParseInt(v, 10, 32); err == nil {
		return max(0, time.Duration(seconds)*time.Second)
	}
	at, err := http.ParseTime(v)
	if err != nil {
		return 0
	}
	if said, err := http.ParseTime(header.Get("Date")); err == nil {
		now = said
	}
	return max(0, at.Sub(now))
}
