package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"time"

	"zhizhu/offline/gateway"
)

type serveCmd struct {
	place
	handOn
	Listen     string   `default:"127.0.0.1:7443" placeholder:"ADDR" env:"ZHIZHU_GATEWAY_LISTEN" help:"Address to listen on, such as :7443 for all of the machine's."`
	Host       []string `placeholder:"NAME" env:"ZHIZHU_GATEWAY_HOST" help:"A further name or address under which terminals reach this gateway; goes into its certificate."`
	Metrics    string   `placeholder:"ADDR" env:"ZHIZHU_GATEWAY_METRICS" help:"Address on which Prometheus finds /metrics, without TLS: this machine's or an inner network's, where no terminal gets."`
	Rate       float64  `default:"20" placeholder:"N" env:"ZHIZHU_GATEWAY_RATE" help:"Requests a second that one terminal may make in the long run; negative for no limit."`
	Burst      int      `default:"20000" placeholder:"N" env:"ZHIZHU_GATEWAY_BURST" help:"Requests that one terminal may make at once."`
	RetainDays int      `placeholder:"DAYS" env:"ZHIZHU_GATEWAY_RETAIN_DAYS" help:"Remove the content of what was handed on to the platform so many days ago. Id and digest stay for ever. 0 keeps all."`
}

// started is the first line of stdout.
type started struct {
	Address string `json:"address"` // dialable
	CA      string `json:"ca"`
	Metrics string `json:"metrics,omitempty"`
}

// Run is kong's.
func (c *serveCmd) Run(ctx context.Context, stdout io.Writer, log *slog.Logger) (err error) {
	o := gateway.Options{
		Hosts: c.hosts(), Rate: gateway.Rate{PerSecond: c.Rate, Burst: c.Burst}, Retain: time.Duration(c.RetainDays) * 24 * time.Hour,
	}
	if o.Adapter, err = c.adapter(log); err != nil {
		return err
	}
	g, err := c.open(ctx, o, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, g.Close()) }()
	return c.serve(ctx, g, stdout)
}

func (c *serveCmd) serve(ctx context.Context, g *gateway.Gateway, stdout io.Writer) error {
	ln, err := listen(ctx, c.Listen)
	if err != nil {
		return err
	}
	line := started{Address: dialable(ln.Addr()), CA: g.CAPath()}
	var inner net.Listener
	if c.Metrics != "" {
		if inner, err = listen(ctx, c.Metrics); err != nil {
			return errors.Join(err, ln.Close())
		}
		line.Metrics = dialable(inner.Addr())
	}
	if err := json.NewEncoder(stdout).Encode(line); err != nil {
		return fmt.Errorf("say where it listens: %w", err) // the process ends, and with it the listeners
	}
	if inner == nil {
		return g.Serve(ctx, ln)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		ended <- g.ServeMetrics(ctx, inner)
		cancel() // a gateway that nobody watches is not what was asked for
	}()
	err = g.Serve(ctx, ln)
	cancel()
	return errors.Join(err, <-ended)
}

func listen(ctx context.Context, address string) (net.Listener, error) {
	var config net.ListenConfig
	ln, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", address, err)
	}
	return ln, nil
}

// hosts adds the name that was given to listen on, which the listener itself knows only as an address.
func (c *serveCmd) hosts() []string {
	host, _, err := net.SplitHostPort(c.Listen)
	if err != nil || host == "" || net.ParseIP(host) != nil {
		return c.Host
	}
	return append([]string{host}, c.Host...)
}

// dialable is an address under which a listener can be reached from this machine.
func dialable(addr net.Addr) string {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok || !tcp.IP.IsUnspecified() {
		return addr.String()
	}
	return (&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: tcp.Port}).String()
}
