package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"zhizhu/offline/wire"
)

// Remote is a gateway that another process serves, reached through the socket in its directory.
type Remote struct {
	client *http.Client
}

// Connect reaches the process that serves a directory. The error is ErrNoGateway if there is none.
func Connect(ctx context.Context, dir string) (*Remote, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("connect to gateway: %w", err)
	}
	conn, err := dialUnix(ctx, dir, adminSocket)
	if err != nil {
		return nil, fmt.Errorf("connect to gateway: %w: %w", ErrNoGateway, err)
	}
	if err := conn.Close(); err != nil {
		return nil, fmt.Errorf("connect to gateway: %w", err)
	}
	return &Remote{client: &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dialUnix(ctx, dir, adminSocket)
		},
		ResponseHeaderTimeout: time.Minute,
	}}}, nil
}

// Close lets go of the connections.
func (r *Remote) Close() error {
	r.client.CloseIdleConnections()
	return nil
}

// NewCode is Gateway.NewCode.
func (r *Remote) NewCode(ctx context.Context, station string) (string, error) {
	var made codeMade
	if err := r.ask(ctx, adminCode, codeRequest{Station: station}, &made); err != nil {
		return "", fmt.Errorf("make code: %w", err)
	}
	return made.Code, nil
}

// Matters is Gateway.Matters.
func (r *Remote) Matters(ctx context.Context, fn func(Stored) error) error {
	return eachLine(ctx, r, adminMatters, fn)
}

// Ratings is Gateway.Ratings.
func (r *Remote) Ratings(ctx context.Context, fn func(StoredRating) error) error {
	return eachLine(ctx, r, adminRatings, fn)
}

// Terminals is Gateway.Terminals.
func (r *Remote) Terminals(ctx context.Context, fn func(TerminalState) error) error {
	return eachLine(ctx, r, adminTerminals, fn)
}

func eachLine[T any](ctx context.Context, r *Remote, path string, fn func(T) error) error {
	answer, err := r.call(ctx, http.MethodGet, path, nil)
	if err != nil {
		return fmt.Errorf("list %s: %w", path[1:], err)
	}
	defer func() { _ = answer.Close() }() // read to its end, or given up
	lines := json.NewDecoder(answer)
	for {
		var value T
		switch err := lines.Decode(&value); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("list %s: read answer: %w", path[1:], err)
		}
		if err := fn(value); err != nil {
			return err
		}
	}
}

// ask posts one value and reads one back.
func (r *Remote) ask(ctx context.Context, path string, asked, into any) error {
	body, err := json.Marshal(asked)
	if err != nil {
		return fmt.Errorf("write request: %w", err)
	}
	return r.read(ctx, http.MethodPost, path, body, into)
}

func (r *Remote) get(ctx context.Context, path string, into any) error {
	return r.read(ctx, http.MethodGet, path, nil, into)
}

func (r *Remote) read(ctx context.Context, method, path string, body []byte, into any) error {
	answer, err := r.call(ctx, method, path, body)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Close() }() // read to its end, or given up
	if err := json.NewDecoder(answer).Decode(into); err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	return nil
}

func (r *Remote) call(ctx context.Context, method, path string, body []byte) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://gateway"+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	resp, err := r.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask running gateway: %w", err)
	}
	if resp.StatusCode == http.StatusOK {
		return resp.Body, nil
	}
	defer func() { _ = resp.Body.Close() }() // the answer is read already
	var p wire.Problem
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxEnrolment)).Decode(&p); err != nil {
		return nil, fmt.Errorf("ask running gateway: status %s", resp.Status)
	}
	return nil, fmt.Errorf("ask running gateway: %w", remoteError(p))
}
