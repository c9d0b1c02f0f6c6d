package platform

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"zhizhu/offline/gateway/adapter"
	"zhizhu/offline/seal"
	"zhizhu/offline/wire"
)

const (
	maxAnswer  = 64 << 10 // bytes, of what is said to a case
	maxAnswers = 48 << 20 // bytes, of a page of answers
	pageSize   = 10
	maxWait    = 24 * time.Hour
	maxNote    = 200 // bytes
)

// ErrURL says that matters can't be handed on to a URL.
var ErrURL = errors.New("the platform's URL must be https://…, or http:// to this machine itself")

// Options of New.
type Options struct {
	URL    string
	Token  string // bearer; none when empty
	Client *http.Client
	Signer adapter.Signer
	Log    *slog.Logger
}

// Platform is the adapter.
type Platform struct {
	base   *url.URL
	token  string
	client *http.Client
	signer adapter.Signer
	log    *slog.Logger
}

var _ adapter.Adapter = (*Platform)(nil)

// New makes the adapter. It asks nobody anything yet.
func New(o Options) (*Platform, error) {
	if o.Client == nil || o.Log == nil || o.Signer.Sign == nil {
		return nil, errors.New("open platform: Client, Signer and Log must be given")
	}
	base, err := url.Parse(o.URL)
	if err != nil || !safe(base) {
		return nil, fmt.Errorf("open platform: %w", ErrURL)
	}
	client := *o.Client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Platform{base: base, token: o.Token, client: &client, signer: o.Signer, log: o.Log}, nil
}

// safe reports whether what is sent to a URL stays secret: in TLS, or inside this machine.
func safe(u *url.URL) bool {
	ip := net.ParseIP(u.Hostname())
	own := u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
	return u.Host != "" && u.User == nil && u.RawQuery == "" && (u.Scheme == "https" || u.Scheme == "http" && own)
}

// Name is adapter.Adapter's.
func (p *Platform) Name() string { return "http" }

// Hand is adapter.Adapter's.
func (p *Platform) Hand(ctx context.Context, c adapter.Case) (adapter.Outcome, error) {
	body, err := json.Marshal(c)
	if err != nil {
		return adapter.Outcome{}, fmt.Errorf("write case: %w", err)
	}
	header, err := p.vouch(c.ID, body)
	if err != nil {
		return adapter.Outcome{}, err
	}
	text, err := p.call(ctx, http.MethodPost, p.base.JoinPath("cases"), header, body, maxAnswer)
	if err != nil {
		return adapter.Outcome{}, fmt.Errorf("hand case on: %w", err)
	}
	var said struct {
		ID   string `json:"id"`
		Note string `json:"note"`
	}
	if err := json.Unmarshal(text, &said); err != nil || said.ID != c.ID {
		return adapter.Outcome{}, errors.New("hand case on: the answer does not name the case: is that the platform?")
	}
	return adapter.Outcome{Note: said.Note[:min(len(said.Note), maxNote)]}, nil
}

// vouch makes the headers by which the platform can tell that a case is from the gateway, and whole.
func (p *Platform) vouch(id string, body []byte) (http.Header, error) {
	digest := seal.Digest(body)
	sum, err := hex.DecodeString(digest)
	if err != nil {
		return nil, fmt.Errorf("sign case: %w", err)
	}
	signature, err := p.signer.Sign([]byte("zhizhu-case-1\n" + id + "\n" + digest + "\n"))
	if err != nil {
		return nil, fmt.Errorf("sign case: %w", err)
	}
	return http.Header{
		"Idempotency-Key":  {id},
		wire.HeaderDigest:  {"sm3=:" + base64.StdEncoding.EncodeToString(sum) + ":"},
		"X-Signature":      {base64.StdEncoding.EncodeToString(signature)},
		"X-Signature-Key":  {p.signer.Key},
		"Content-Type":     {wire.TypeJSON},
		"X-Zhizhu-Version": {"1"},
	}, nil
}

// call asks the platform, and returns the JSON of a 2xx.
func (p *Platform) call(ctx context.Context, method string, to *url.URL, header http.Header, body []byte, limit int64) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, to.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if header != nil {
		req.Header = header
	}
	req.Header.Set("Accept", wire.TypeJSON)
	if p.token != "" {
		req.Header.Set("Authorization", "Bearer "+p.token)
	}
	resp, err := p.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }() // read to its end, or given up
	if resp.StatusCode/100 != 2 {
		return nil, judge(resp)
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read answer: %w", err)
	case int64(len(text)) > limit:
		return nil, fmt.Errorf("read answer: it is larger than %d bytes", limit)
	}
	if kind, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type")); len(text) > 0 && (err != nil || kind != wire.TypeJSON) {
		return nil, fmt.Errorf("answered %d, but not with JSON: is that the platform?", resp.StatusCode)
	}
	return text, nil
}

// judge says what a status means. What the platform writes in a refusal may hold personal data: only its status goes on.
func judge(resp *http.Response) error {
	switch resp.StatusCode {
	case http.StatusBadRequest, http.StatusConflict, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType,
		http.StatusUnprocessableEntity:
		return adapter.Refuse("the platform answered %d", resp.StatusCode)
	case http.StatusUnauthorized, http.StatusForbidden:
		return fmt.Errorf("the platform answered %d: check the token and the certificate", resp.StatusCode)
	case http.StatusNotFound, http.StatusMethodNotAllowed:
		return fmt.Errorf("the platform answered %d: check its URL", resp.StatusCode)
	}
	err := fmt.Errorf("the platform answered %d", resp.StatusCode)
	if seconds, bad := strconv.Atoi(strings.TrimSpace(resp.Header.Get("Retry-After"))); bad == nil && seconds > 0 {
		return &adapter.LaterError{Wait: min(time.Duration(min(seconds, int(maxWait/time.Second)))*time.Second, maxWait), Err: err}
	}
	return err
}
