package gateway_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"zhizhu/offline/wire"
)

func TestMetricsOnTheInsideOnly(t *testing.T) {
	o := newOffice(t, nil)
	r := o.rig
	m, old, gone := r.enrol("MX0427"), r.enrol("MX0427"), r.enrol("ZC0001")
	r.enrol("ZC0001") // never says anything
	if err := r.Revoke(t.Context(), gone.Terminal); err != nil {
		t.Fatal(err)
	}
	r.beat(old, func(h *wire.Heartbeat) { h.Queued = 7 })
	r.clock.add(3 * 24 * time.Hour)
	r.beat(m, func(h *wire.Heartbeat) { h.Devices["身份证"] = "faulty" })
	r.lodge(m)
	r.clock.add(59 * time.Minute)
	if got := r.call(m, http.MethodGet, "/metrics", nil, nil); got.status != http.StatusNotFound {
		t.Fatalf("a terminal gets the metrics: %d", got.status)
	}

	text := scrape(t, r)
	for _, want := range []string{
		`zhizhu_gateway_stored_total{lane="matters"} 1`, `zhizhu_gateway_again_total{lane="matters"} 0`,
		`zhizhu_gateway_refused_total{problem="about:blank"} 1`, `zhizhu_gateway_records{lane="matters"} 1`,
		`zhizhu_gateway_acts_total{act="heartbeats"} 2`,
		`zhizhu_gateway_terminals{age="1h"} 1`, `zhizhu_gateway_terminals{age="7d"} 1`, `zhizhu_gateway_terminals{age="never"} 1`,
		`zhizhu_gateway_devices_faulty{device="printer"} 1`, `zhizhu_gateway_devices_faulty{device="other"} 1`,
		`zhizhu_gateway_terminals_paper{paper="low"} 1`,
		`zhizhu_gateway_terminals_queue_records{state="queued"} 10`, `zhizhu_gateway_terminals_queue_records{state="quarantined"} 2`,
		`zhizhu_gateway_terminals_queue_oldest_seconds 7200`,
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("not there: %s", want)
		}
	}
	for _, never := range []string{m.Terminal, personaNumber, "身份证", "adapter_backlog"} {
		if strings.Contains(text, never) {
			t.Errorf("there: %s", never)
		}
	}
	if problems, err := promlint.New(strings.NewReader(text)).Lint(); err != nil || len(problems) != 0 {
		t.Errorf("promlint: %v, %v", problems, err)
	}
	w := httptest.NewRecorder()
	o.Metrics().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	handed := w.Body.String()
	for _, want := range []string{
		`zhizhu_gateway_adapter_backlog{adapter="folder",lane="matters"} 1`, `zhizhu_gateway_adapter_failing{adapter="folder",lane="matters"} 0`,
		`zhizhu_gateway_adapter_oldest_seconds{adapter="folder",lane="matters"} 3540`, `zhizhu_gateway_adapter_tries{adapter="folder",lane="matters"} 0`,
	} {
		if !strings.Contains(handed, want+"\n") {
			t.Errorf("not there: %s", want)
		}
	}
}

// scrape asks as Prometheus does.
func scrape(t *testing.T, r *rig) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.ServeMetrics(ctx, ln) }()
	defer func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("serve metrics: %v", err)
		}
	}()
	for path, status := range map[string]int{"/healthz": 204, "/code": 404, "/matters": 404} {
		if got, _ := fetch(t, "http://"+ln.Addr().String()+path); got != status {
			t.Errorf("%s: %d", path, got)
		}
	}
	_, text := fetch(t, "http://"+ln.Addr().String()+"/metrics")
	return text
}

func fetch(t *testing.T, url string) (int, string) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}
