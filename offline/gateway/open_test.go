package gateway_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"zhizhu/offline/gateway"
	"zhizhu/offline/wire"
)

func options(dir string) gateway.Options {
	return gateway.Options{Dir: dir, Wait: 100 * time.Millisecond, Now: newClock().now, Log: slog.New(slog.DiscardHandler)}
}

func TestDirectoryIsPrivate(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new", "gateway")
	r := serve(t, dir, nil)
	r.enrol("MX0427") // Serve is up
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Fatalf("directory %v, %v", info.Mode(), err)
	}
	for _, name := range []string{"ca.key", "server.key", "seal.key", "ack.key", "code.key", "gateway.db", "admin.sock"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v", name, err)
		}
	}
	r.stop()
	if _, err := os.Lstat(filepath.Join(dir, "admin.sock")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket is left: %v", err)
	}
}

// TestMissingKeyIsNeverReplaced takes one key after the other away once there is something to lose.
func TestMissingKeyIsNeverReplaced(t *testing.T) {
	for _, name := range []string{"ca.key", "ca.pem", "seal.key", "ack.key", "code.key"} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			r := serve(t, dir, nil)
			r.newCode("MX0427")
			r.stop()
			path := filepath.Join(dir, name)
			held, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			if _, err := gateway.Open(options(dir)); err == nil || !strings.Contains(err.Error(), "backup") || !strings.Contains(err.Error(), name) {
				t.Fatalf("open: %v", err)
			}
			if err := os.WriteFile(path, []byte("garbage"), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := gateway.Open(options(dir)); err == nil || !strings.Contains(err.Error(), name) {
				t.Fatalf("open with garbage: %v", err)
			}
			if err := os.WriteFile(path, held, 0o600); err != nil {
				t.Fatal(err)
			}
			g, err := gateway.Open(options(dir))
			if err != nil {
				t.Fatalf("open with the backup: %v", err)
			}
			if err := g.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestInterruptedFirstStart begins again from every half of a first start.
func TestInterruptedFirstStart(t *testing.T) {
	whole := t.TempDir()
	g, err := gateway.Open(options(whole))
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	order := []string{"gateway.db", "ca.key", "ca.pem", "seal.key", "ack.key", "code.key"}
	for n := range order {
		dir := t.TempDir()
		for _, name := range order[:n] {
			held, err := os.ReadFile(filepath.Join(whole, name))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, name), held, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		r := serve(t, dir, nil)
		m := r.enrol("MX0427")
		sent := m.matter()
		if _, status := r.put(m, wire.LaneMatters, sent.ID, m.packMatter(t, sent)); status != http.StatusCreated {
			t.Errorf("after %v: %d", order[:n], status)
		}
	}
}

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(*gateway.Options)
		say    string
	}{
		"a file in the way":  {func(o *gateway.Options) { o.Dir = file }, "file of that name"},
		"nothing there":      {func(o *gateway.Options) { o.Dir, o.MustExist = filepath.Join(dir, "none"), true }, "no gateway"},
		"no directory named": {func(o *gateway.Options) { o.Dir = "" }, "Dir"},
		"host with a port":   {func(o *gateway.Options) { o.Hosts = []string{"gateway:7443"} }, "without port"},
		"host is a URL":      {func(o *gateway.Options) { o.Hosts = []string{"https://gateway"} }, "without port"},
	} {
		t.Run(name, func(t *testing.T) {
			o := options(dir)
			c.change(&o)
			if _, err := gateway.Open(o); err == nil || !strings.Contains(err.Error(), c.say) {
				t.Fatalf("open: %v", err)
			}
		})
	}
	if _, err := os.Stat(filepath.Join(dir, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("MustExist made a directory: %v", err)
	}
}

// TestCommandsReachServingGateway also with a directory whose name is too long for a socket address.
func TestCommandsReachServingGateway(t *testing.T) {
	t.Parallel()
	for name, dir := range map[string]string{
		"short": "g",
		"long":  strings.Repeat("a-very-long-name/", 12) + "智助网关",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), dir)
			if _, err := gateway.Connect(t.Context(), dir); !errors.Is(err, gateway.ErrNoGateway) {
				t.Fatalf("connect to nobody: %v", err)
			}
			r := serve(t, dir, nil)
			m := r.enrol("MX0427") // Serve is up
			if _, err := gateway.Open(options(dir)); !errors.Is(err, gateway.ErrInUse) {
				t.Fatalf("second open: %v", err)
			}
			remote, err := gateway.Connect(t.Context(), dir)
			if err != nil {
				t.Fatal(err)
			}
			checkRemote(t, r, m, remote)
			if err := remote.Close(); err != nil {
				t.Fatal(err)
			}
			r.stop()
			if _, err := gateway.Connect(t.Context(), dir); !errors.Is(err, gateway.ErrNoGateway) {
				t.Fatalf("connect after the end: %v", err)
			}
		})
	}
}

func checkRemote(t *testing.T, r *rig, m *terminal, remote *gateway.Remote) {
	t.Helper()
	code, err := remote.NewCode(t.Context(), "ZC0001")
	if err != nil {
		t.Fatal(err)
	}
	if got := r.postEnrolment(newApplicant(t).enrolment(t, code)); got.status != http.StatusOK {
		t.Fatalf("enrol: %d", got.status)
	}
	if _, err := remote.NewCode(t.Context(), "a b"); err == nil || !strings.Contains(err.Error(), "MX0427") {
		t.Fatalf("bad station: %v", err)
	}
	const n = 70 // more than a page
	for range n {
		sent := m.matter()
		r.put(m, wire.LaneMatters, sent.ID, m.packMatter(t, sent))
	}
	here := r.matters()
	var there []gateway.Stored
	err = remote.Matters(t.Context(), func(s gateway.Stored) error { there = append(there, s); return nil })
	if err != nil || len(there) != n || len(here) != n {
		t.Fatalf("%d here, %d there, %v", len(here), len(there), err)
	}
	for i := range here {
		if here[i].ID != there[i].ID || there[i].Applicant.Name != personaName || !here[i].StoredAt.Equal(there[i].StoredAt) {
			t.Fatalf("number %d differs", i)
		}
	}
	stop := errors.New("enough")
	if err := remote.Matters(t.Context(), func(gateway.Stored) error { return stop }); !errors.Is(err, stop) {
		t.Fatalf("stopped listing: %v", err)
	}
	if err := remote.Ratings(t.Context(), func(gateway.StoredRating) error { return stop }); err != nil {
		t.Fatalf("empty listing: %v", err)
	}
}

// TestUnreadableRecordIsListed shows a packet whose key is gone by its envelope, and goes on.
func TestUnreadableRecordIsListed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := serve(t, dir, nil)
	m := r.enrol("MX0427")
	sent := m.matter()
	r.put(m, wire.LaneMatters, sent.ID, m.packMatter(t, sent))
	r.stop()
	other := t.TempDir()
	g, err := gateway.Open(options(other))
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	key, err := os.ReadFile(filepath.Join(other, "seal.key"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "seal.key"), key, 0o600); err != nil {
		t.Fatal(err)
	}
	// It may be looked at, but not served: terminals would be told of keys that are not the store's.
	o := options(dir)
	o.Now = r.clock.now
	if g, err = gateway.Open(o); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = g.Close() }()
	var all []gateway.Stored
	if err := g.Matters(t.Context(), func(s gateway.Stored) error { all = append(all, s); return nil }); err != nil {
		t.Fatal(err)
	}
	if len(all) != 1 || all[0].ID != sent.ID || all[0].Problem == "" || all[0].Number != "" {
		t.Fatalf("stored: %+v", all)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Serve(t.Context(), ln); !errors.Is(err, gateway.ErrKeys) || !strings.Contains(err.Error(), "backup") {
		t.Fatalf("serve: %v", err)
	}
}

func TestListingEndsWithContext(t *testing.T) {
	r := serve(t, t.TempDir(), nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.Matters(ctx, func(gateway.Stored) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Fatalf("listing: %v", err)
	}
}

// TestServerCertificateFollowsHosts restarts under other names: the CA stays.
func TestServerCertificateFollowsHosts(t *testing.T) {
	dir := t.TempDir()
	r := serve(t, dir, nil)
	ca, err := os.ReadFile(r.CAPath())
	if err != nil {
		t.Fatal(err)
	}
	r.stop()
	r = serve(t, dir, func(o *gateway.Options) { o.Hosts = []string{"Gateway.Example.gov.cn.", "10.1.2.3"} })
	if now, err := os.ReadFile(r.CAPath()); err != nil || string(now) != string(ca) {
		t.Fatalf("the CA changed, or %v", err)
	}
	for _, name := range []string{"gateway.example.gov.cn", "10.1.2.3", "localhost", "127.0.0.1", "::1"} {
		c := r.client()
		c.Transport.(*http.Transport).TLSClientConfig.ServerName = name
		if _, err := r.do(c, r.request(http.MethodGet, wire.PathHealth, nil)); err != nil {
			t.Errorf("as %s: %v", name, err)
		}
	}
	// Six years on the same process has a new certificate; a terminal whose clock lags by as much still connects.
	r.clock.add(6 * 365 * 24 * time.Hour)
	c := r.client()
	for _, now := range []func() time.Time{r.clock.now, newClock().now} {
		c.Transport.(*http.Transport).TLSClientConfig.Time = now
		c.CloseIdleConnections()
		if _, err := r.do(c, r.request(http.MethodGet, wire.PathHealth, nil)); err != nil {
			t.Errorf("at %v: %v", now(), err)
		}
	}
}
