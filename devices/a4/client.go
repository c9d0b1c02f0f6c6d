package a4

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"syscall"

	"github.com/OpenPrinting/goipp"

	"zhizhu/devices"
)

const (
	device = "a4"
	// maxAnswer bounds an answer in bytes: CUPS's own are some 10 kB, everything about a large printer is 100 kB.
	maxAnswer = 1 << 20
)

// client asks one IPP server. A connection serves one question: the next one finds a restarted scheduler by itself, and
// no goroutine waits with an idle connection.
type client struct {
	http *http.Client
	base url.URL // of the scheduler; zero for printers, which are named by each question
	user string
	// version is what is spoken: 2.0 with CUPS, 1.1 with printers, which the oldest know too.
	version goipp.Version
	last    atomic.Uint32 // request id
}

// newClient makes a client of a scheduler at a socket's path or an address.
func newClient(server, user string) (*client, error) {
	dial := net.Dialer{}
	t := &http.Transport{DisableKeepAlives: true, DisableCompression: true}
	c := &client{http: &http.Client{Transport: t, CheckRedirect: stay}, user: user, version: goipp.MakeVersion(2, 0)}
	if strings.HasPrefix(server, "/") {
		t.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dial.DialContext(ctx, "unix", server)
		}
		c.base = url.URL{Scheme: "http", Host: "localhost"}
		return c, nil
	}
	at, err := url.Parse(server)
	if err != nil || at.Host == "" {
		return nil, fmt.Errorf("server %q is neither a socket's path nor an address such as http://localhost:631", server)
	}
	if c.base, err = overHTTP(at); err != nil {
		return nil, err
	}
	return c, nil
}

// newDirect makes a client of printers. Only how they are is asked, nothing about a person; CUPS's own backend takes
// any certificate of a printer too, they sign their own.
func newDirect(user string) *client {
	return &client{user: user, version: goipp.MakeVersion(1, 1), http: &http.Client{CheckRedirect: stay, Transport: &http.Transport{
		DisableKeepAlives: true, DisableCompression: true,
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10}, // old printers
	}}}
}

func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// overHTTP is the address at which an ipp or ipps URI is reached (RFC 8010 sec. 4, RFC 7472).
func overHTTP(at *url.URL) (url.URL, error) {
	u := url.URL{Scheme: at.Scheme, Host: at.Host, Path: at.Path}
	switch at.Scheme {
	case "http", "https":
		return u, nil
	case "ipp":
		u.Scheme = "http"
	case "ipps":
		u.Scheme = "https"
	default:
		return u, fmt.Errorf("scheme %q is not spoken here, only http, https, ipp and ipps", at.Scheme)
	}
	if at.Port() == "" {
		u.Host = net.JoinHostPort(at.Hostname(), "631")
	}
	return u, nil
}

// request is one question.
type request struct {
	op    goipp.Op
	doing string // for errors
	to    url.URL
	uri   string // printer-uri
	id    int    // job-id
	attrs goipp.Attributes
	job   goipp.Attributes // job template
	body  []byte
}

// do asks. An error is a *devices.Error; ctx bounds it.
func (c *client) do(ctx context.Context, r request) (*goipp.Message, error) {
	id := c.last.Add(1)
	head, err := r.message(c, id).EncodeBytes()
	if err != nil {
		return nil, fail(r.doing, devices.Internal, err)
	}
	body := io.MultiReader(bytes.NewReader(head), bytes.NewReader(r.body))
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.to.String(), body)
	if err != nil {
		return nil, fail(r.doing, devices.Internal, err)
	}
	req.ContentLength = int64(len(head) + len(r.body))
	req.Header.Set("Content-Type", goipp.ContentType)
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, fail(r.doing, kindOfCall(err), err)
	}
	defer func() { _ = resp.Body.Close() }()
	if kind := kindOfHTTP(resp.StatusCode); kind != devices.OK {
		return nil, fail(r.doing, kind, fmt.Errorf("http status %d", resp.StatusCode))
	}
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, fail(r.doing, kindOfCall(err), err)
	}
	return understand(r.doing, raw, id)
}

func (r request) message(c *client, id uint32) *goipp.Message {
	m := goipp.NewRequest(c.version, r.op, id)
	add := func(name string, tag goipp.Tag, v goipp.Value) { m.Operation.Add(goipp.MakeAttr(name, tag, v)) }
	add("attributes-charset", goipp.TagCharset, goipp.String("utf-8"))
	add("attributes-natural-language", goipp.TagLanguage, goipp.String("en"))
	if r.uri != "" {
		add("printer-uri", goipp.TagURI, goipp.String(r.uri))
	}
	if r.id != 0 {
		add("job-id", goipp.TagInteger, goipp.Integer(r.id))
	}
	add("requesting-user-name", goipp.TagName, goipp.String(c.user))
	m.Operation = append(m.Operation, r.attrs...)
	m.Job = r.job
	return m
}

// understand decodes the answer to request id.
func understand(doing string, raw []byte, id uint32) (*goipp.Message, error) {
	m := &goipp.Message{}
	if err := m.DecodeBytes(raw); err != nil {
		return nil, fail(doing, devices.Garbled, err)
	}
	if m.RequestID != id {
		return nil, fail(doing, devices.Garbled, fmt.Errorf("answer to request %d, asked was %d", m.RequestID, id))
	}
	if kind := kindOfIPP(goipp.Status(m.Code)); kind != devices.OK {
		return nil, fail(doing, kind, refusal(m.Code))
	}
	return m, nil
}

// refusal is an IPP status that isn't successful.
type refusal goipp.Status

func (r refusal) Error() string { return goipp.Status(r).String() }

func fail(doing string, k devices.Kind, err error) error {
	return &devices.Error{Device: device, Kind: k, Op: doing, Err: err}
}

// kindOfCall says why there is no answer.
func kindOfCall(err error) devices.Kind {
	var timeout net.Error
	switch {
	case errors.Is(err, context.Canceled):
		return devices.Cancelled
	case errors.Is(err, os.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		return devices.NoPort
	case errors.Is(err, os.ErrPermission):
		return devices.NoPermission
	case errors.As(err, &timeout) && timeout.Timeout():
		return devices.Silent
	default:
		return devices.HungUp
	}
}

func kindOfHTTP(code int) devices.Kind {
	switch code {
	case http.StatusOK:
		return devices.OK
	case http.StatusUnauthorized, http.StatusForbidden:
		return devices.NoPermission
	case http.StatusNotFound:
		return devices.NotFound
	default:
		return devices.Garbled
	}
}

func kindOfIPP(s goipp.Status) devices.Kind {
	switch s {
	case goipp.StatusErrorForbidden, goipp.StatusErrorNotAuthenticated, goipp.StatusErrorNotAuthorized:
		return devices.NoPermission
	case goipp.StatusErrorNotFound, goipp.StatusErrorGone:
		return devices.NotFound
	case goipp.StatusErrorDocumentFormatNotSupported, goipp.StatusErrorDocumentFormatError,
		goipp.StatusErrorDocumentUnprintable, goipp.StatusErrorRequestEntity:
		return devices.BadDocument
	case goipp.StatusErrorNotAcceptingJobs, goipp.StatusErrorPrinterIsDeactivated:
		return devices.Paused
	case goipp.StatusErrorBusy, goipp.StatusErrorTemporary, goipp.StatusErrorServiceUnavailable, goipp.StatusErrorTooManyJobs:
		return devices.Stalled
	default:
		if s < goipp.StatusRedirectionOtherSite { // successful-…
			return devices.OK
		}
		return devices.Internal
	}
}
