package gateway

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"
)

// Times of a connection. A packet of 256 KiB must get through a bad 2G line (5 KB/s).
const (
	headerTimeout = 15 * time.Second
	readTimeout   = 90 * time.Second
	writeTimeout  = 2 * time.Minute
	idleTimeout   = 2 * time.Minute
	closeTimeout  = 10 * time.Second // for requests under way when Serve is told to end
	maxHeader     = 16 << 10
)

// Serve answers terminals on ln, with TLS, and the commands on the directory's socket, until ctx ends. Requests under
// way are finished first. It closes ln. The error is nil if ctx ended it.
func (g *Gateway) Serve(ctx context.Context, ln net.Listener) error {
	config, err := g.ready(ctx, ln.Addr())
	if err != nil {
		return fmt.Errorf("serve: %w", errors.Join(err, ln.Close()))
	}
	closeAdmin := g.serveAdmin(ctx)
	defer closeAdmin()
	closeRelay := g.serveRelay(ctx)
	defer closeRelay()
	srv := g.server(ctx, g.Handler())
	srv.TLSConfig = config
	g.log.InfoContext(ctx, "Gateway serves", slog.String("address", ln.Addr().String()))
	err = run(ctx, srv, func() error { return srv.ServeTLS(ln, "", "") })
	if err != nil {
		return fmt.Errorf("serve: %w", err)
	}
	g.log.InfoContext(ctx, "Gateway has stopped")
	return nil
}

// ready does what must hold before the first request.
func (g *Gateway) ready(ctx context.Context, addr net.Addr) (*tls.Config, error) {
	// A store that many may open has no lock: whoever answers on the socket serves this directory.
	if other, err := Connect(ctx, g.dir); err == nil {
		return nil, errors.Join(ErrInUse, other.Close())
	}
	// To be told to end at once is no error, here either.
	if err := g.CheckKeys(context.WithoutCancel(ctx)); err != nil {
		return nil, err
	}
	return g.tlsConfig(addr)
}

func (g *Gateway) server(ctx context.Context, h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(g.log.Handler(), slog.LevelDebug),
		// A request under way outlives ctx: Shutdown waits for it.
		BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
}

// run serves until ctx ends, then lets what is under way finish.
func run(ctx context.Context, srv *http.Server, serve func() error) error {
	ended := make(chan error, 1)
	go func() { ended <- serve() }()
	select {
	case err := <-ended:
		return errors.Join(err, srv.Close())
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
	defer cancel()
	if err := srv.Shutdown(grace); err != nil {
		// Who is cut off now has no acknowledgement and sends again.
		return errors.Join(srv.Close(), ignoreDeadline(err))
	}
	return ignoreClosed(<-ended)
}

func ignoreClosed(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

func ignoreDeadline(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	return err
}

func (g *Gateway) tlsConfig(addr net.Addr) (*tls.Config, error) {
	if err := g.ca.Serve(append(ownHosts(addr), g.hosts...)); err != nil {
		return nil, err
	}
	return &tls.Config{
		MinVersion:     tls.VersionTLS13,
		GetCertificate: g.ca.Certificate,
		// Enrolment and time come without a certificate; every other route checks that there is one.
		ClientAuth: tls.VerifyClientCertIfGiven,
		ClientCAs:  g.ca.Pool(),
		Time:       g.now,
		NextProtos: []string{"h2", "http/1.1"},
	}, nil
}

// ownHosts lists the names under which the gateway is sure to be reached: this machine's, and the address it listens
// on, or all of the machine's addresses if it listens on all.
func ownHosts(addr net.Addr) []string {
	hosts := []string{"localhost", "127.0.0.1", "::1"}
	if name, err := os.Hostname(); err == nil && name != "" {
		hosts = append(hosts, name)
	}
	tcp, ok := addr.(*net.TCPAddr)
	if !ok {
		return hosts
	}
	if !tcp.IP.IsUnspecified() {
		return append(hosts, tcp.IP.String())
	}
	all, err := net.InterfaceAddrs()
	if err != nil {
		return hosts // they can still be named by Options.Hosts
	}
	for _, a := range all {
		if network, ok := a.(*net.IPNet); ok && network.IP.IsGlobalUnicast() {
			hosts = append(hosts, network.IP.String())
		}
	}
	return hosts
}
