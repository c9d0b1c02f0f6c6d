package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"zhizhu/offline/gateway"
	"zhizhu/offline/gateway/adapter"
	"zhizhu/offline/gateway/adapter/folder"
	"zhizhu/offline/gateway/adapter/platform"
	"zhizhu/offline/gateway/postgres"
)

// place says where a gateway is.
type place struct {
	Dir   string `required:"" type:"path" placeholder:"DIR" env:"ZHIZHU_GATEWAY_DIR" help:"The gateway's directory: keys, certificates and, without --store, everything received. Back it up. Commands work while it is served."`
	Store string `default:"bolt" placeholder:"bolt|DSN" env:"ZHIZHU_GATEWAY_STORE" help:"bolt keeps what is received in --dir. postgres://… keeps it in a database that several gateways share, each with the same keys in its own --dir. A password belongs into the environment or the config file."`
}

// open opens the gateway itself.
func (p *place) open(ctx context.Context, o gateway.Options, log *slog.Logger) (*gateway.Gateway, error) {
	o.Dir, o.Now, o.Log = p.Dir, time.Now, log
	switch {
	case p.Store == "bolt":
	case strings.HasPrefix(p.Store, "postgres://"), strings.HasPrefix(p.Store, "postgresql://"), strings.HasPrefix(p.Store, "host="):
		db, err := postgres.Open(ctx, postgres.Options{DSN: p.Store})
		if err != nil {
			return nil, err
		}
		o.Store = db
	default: // not repeated: it may hold a password
		return nil, errors.New("--store must be bolt, or postgres://user@host/database, or \"host=… dbname=…\"")
	}
	g, err := gateway.Open(o)
	if err != nil {
		return nil, err
	}
	if err := g.CheckKeys(ctx); err != nil {
		return nil, errors.Join(err, g.Close())
	}
	return g, nil
}

// handOn says to whom matters are handed on.
type handOn struct {
	Adapter      string `default:"none" placeholder:"none|folder:DIR|http:URL" env:"ZHIZHU_GATEWAY_ADAPTER" help:"Where matters are handed on to: packages in a directory, or a platform's URL (https, or http to this machine)."`
	AdapterToken string `type:"path" placeholder:"FILE" env:"ZHIZHU_GATEWAY_ADAPTER_TOKEN" help:"File with the platform's bearer token."`
	AdapterCA    string `name:"adapter-ca" type:"path" placeholder:"FILE" env:"ZHIZHU_GATEWAY_ADAPTER_CA" help:"PEM file with the authority of the platform's certificate, instead of the system's."`
	AdapterCert  string `type:"path" placeholder:"FILE" env:"ZHIZHU_GATEWAY_ADAPTER_CERT" help:"PEM file with this gateway's certificate for the platform."`
	AdapterKey   string `type:"path" placeholder:"FILE" env:"ZHIZHU_GATEWAY_ADAPTER_KEY" help:"PEM file with its key."`
}

// adapter returns what makes the adapter, or nil for none.
func (h *handOn) adapter(log *slog.Logger) (func(adapter.Signer) (adapter.Adapter, error), error) {
	kind, where, _ := strings.Cut(h.Adapter, ":")
	switch {
	case h.Adapter == "none":
		return nil, nil
	case kind == "folder" && where != "":
		return func(s adapter.Signer) (adapter.Adapter, error) {
			return folder.New(folder.Options{Dir: where, Signer: s, Now: time.Now})
		}, nil
	case kind == "http" && where != "":
		client, token, err := h.client()
		if err != nil {
			return nil, err
		}
		return func(s adapter.Signer) (adapter.Adapter, error) {
			return platform.New(platform.Options{URL: where, Token: token, Client: client, Signer: s, Log: log})
		}, nil
	}
	return nil, fmt.Errorf("--adapter must be none, folder:DIR or http:URL such as http:https://platform.example.gov.cn/api, not %q", h.Adapter)
}

// client makes the platform's client.
func (h *handOn) client() (*http.Client, string, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if h.AdapterCA != "" {
		text, err := os.ReadFile(h.AdapterCA)
		if err != nil {
			return nil, "", fmt.Errorf("read --adapter-ca: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(text) {
			return nil, "", fmt.Errorf("read --adapter-ca: no certificate in %s", h.AdapterCA)
		}
	}
	if h.AdapterCert != "" || h.AdapterKey != "" {
		cert, err := tls.LoadX509KeyPair(h.AdapterCert, h.AdapterKey)
		if err != nil {
			return nil, "", fmt.Errorf("read --adapter-cert and --adapter-key: %w", err)
		}
		config.Certificates = []tls.Certificate{cert}
	}
	token := ""
	if h.AdapterToken != "" {
		text, err := os.ReadFile(h.AdapterToken)
		if err != nil {
			return nil, "", fmt.Errorf("read --adapter-token: %w", err)
		}
		token = strings.TrimSpace(string(text))
		if token == "" || strings.ContainsAny(token, "\r\n\t ") {
			return nil, "", fmt.Errorf("read --adapter-token: %s must hold one word", h.AdapterToken)
		}
	}
	return &http.Client{Transport: &http.Transport{
		Proxy: http.ProxyFromEnvironment, TLSClientConfig: config, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 4,
		TLSHandshakeTimeout: 20 * time.Second, ResponseHeaderTimeout: 2 * time.Minute, IdleConnTimeout: time.Minute,
	}}, token, nil
}

// loadConfig is kong.JSON, but for a key that is no flag: a slip of the pen there must not start a gateway that hands
// nothing on.
func loadConfig(r io.Reader) (kong.Resolver, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("read config file: %w", err)
	}
	var keys map[string]any
	if err := json.Unmarshal(text, &keys); err != nil {
		return nil, fmt.Errorf("read config file: it must be one JSON object: %w", err)
	}
	inner, err := kong.JSON(strings.NewReader(string(text)))
	if err != nil {
		return nil, fmt.Errorf("read config file: %w", err)
	}
	return &strict{Resolver: inner, keys: slices.Sorted(maps.Keys(keys))}, nil
}

type strict struct {
	kong.Resolver
	keys []string
}

// Validate is kong.Resolver's.
func (s *strict) Validate(app *kong.Application) error {
	known := map[string]bool{}
	var walk func(n *kong.Node)
	walk = func(n *kong.Node) {
		for _, f := range n.Flags {
			known[f.Name], known[strings.ReplaceAll(f.Name, "-", "_")] = true, true
		}
		for _, child := range n.Children {
			walk(child)
		}
	}
	walk(app.Node)
	for _, k := range s.keys {
		if !known[k] {
			return fmt.Errorf("config file: %q is no flag", k)
		}
	}
	return nil
}
