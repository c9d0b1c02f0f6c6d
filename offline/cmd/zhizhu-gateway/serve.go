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
	Dir    string   `required:"" type:"path" placeholder:"DIR" help:"The gateway's directory: keys, certificates and everything received. Made if it isn't there. Back it up."`
	Listen string   `default:"127.0.0.1:7443" placeholder:"ADDR" help:"Address to listen on, such as :7443 for all of the machine's."`
	Host   []string `placeholder:"NAME" help:"A further name or address under which terminals reach this gateway; goes into its certificate."`
}

// started is the first line of stdout.
type started struct {
	Address string `json:"address"` // dialable
	CA      string `json:"ca"`
}

// Run is kong's.
func (c *serveCmd) Run(ctx context.Context, stdout io.Writer, log *slog.Logger) (err error) {
	g, err := gateway.Open(gateway.Options{Dir: c.Dir, Hosts: c.hosts(), Now: time.Now, Log: log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, g.Close()) }()
	var config net.ListenConfig
	ln, err := config.Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", c.Listen, err)
	}
	line := started{Address: dialable(ln.Addr()), CA: g.CAPath()}
	if err := json.NewEncoder(stdout).Encode(line); err != nil {
		return fmt.Errorf("say where it listens: %w", errors.Join(err, ln.Close()))
	}
	return g.Serve(ctx, ln)
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
