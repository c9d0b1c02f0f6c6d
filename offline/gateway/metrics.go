package gateway

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"zhizhu/offline/wire"
)

const scrapeTimeout = 20 * time.Second

// Metrics returns what Prometheus reads: what this gateway did, and what the terminals and the platform are like. It
// names no terminal: thirty thousand of them are a listing (the command terminals), not labels. It is for the inside
// alone, never for the terminals' side.
func (g *Gateway) Metrics() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), scrapeTimeout)
		defer cancel()
		// A registry of its own for each scrape, since collectors are given no context.
		registry := prometheus.NewRegistry()
		registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), newMeter(ctx, g))
		promhttp.HandlerFor(registry, promhttp.HandlerOpts{
			// Half of the figures are better than none: what can't be read is left out and logged.
			ErrorHandling: promhttp.ContinueOnError, ErrorLog: slog.NewLogLogger(g.log.Handler(), slog.LevelWarn),
		}).ServeHTTP(w, r)
	})
}

// meter is a prometheus.Collector that asks the gateway at each scrape, so that nothing is counted twice.
type meter struct {
	ctx context.Context
	g   *Gateway

	stored, again, refused, acts               *prometheus.Desc
	records, terminals, faulty, paper, queue   *prometheus.Desc
	oldest, backlog, failing, waiting, mostTry *prometheus.Desc
}

func newMeter(ctx context.Context, g *Gateway) *meter {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("zhizhu_gateway_"+name, help, labels, nil)
	}
	return &meter{
		ctx:     ctx,
		g:       g,
		stored:  desc("stored_total", "Records stored since the start, by lane; blobs are attachments.", "lane"),
		again:   desc("again_total", "Records that were there already, by lane.", "lane"),
		refused: desc("refused_total", "Requests refused, by type of problem.", "problem"),
		acts:    desc("acts_total", "Other things done since the start.", "act"),
		records: desc("records", "Records that ever arrived, by lane.", "lane"),

		terminals: desc("terminals", "Terminals that may speak, by the age of their last heartbeat.", "age"),
		faulty:    desc("devices_faulty", "Devices that their terminals call faulty or missing, by device.", "device"),
		paper:     desc("terminals_paper", "Terminals by what they say of their paper.", "paper"),
		queue:     desc("terminals_queue_records", "Records that wait on all terminals, by state.", "state"),
		oldest:    desc("terminals_queue_oldest_seconds", "Age of the oldest record that waits on any terminal that spoke within a day."),

		backlog: desc("adapter_backlog", "Records that are not handed on.", "adapter", "lane"),
		failing: desc("adapter_failing", "Of these, those that were tried.", "adapter", "lane"),
		waiting: desc("adapter_oldest_seconds", "How long the oldest of them has been here.", "adapter", "lane"),
		mostTry: desc("adapter_tries", "Most tries of one of them.", "adapter", "lane"),
	}
}

// Describe is prometheus.Collector's. It describes nothing, which makes the registry check what is collected instead.
func (m *meter) Describe(chan<- *prometheus.Desc) {}

// Collect is prometheus.Collector's. What can't be read is an invalid metric, which makes the scrape say so.
func (m *meter) Collect(ch chan<- prometheus.Metric) {
	ctx := m.ctx
	m.collectCounts(ch)
	for _, lane := range []string{wire.LaneMatters, wire.LaneRatings, wire.LaneEvents} {
		if n, err := m.g.store.Count(ctx, lane); err != nil {
			ch <- prometheus.NewInvalidMetric(m.records, err)
		} else {
			gauge(ch, m.records, float64(n), lane)
		}
	}
	m.collectTerminals(ctx, ch)
	m.collectBacklog(ctx, ch)
}

func gauge(ch chan<- prometheus.Metric, d *prometheus.Desc, v float64, labels ...string) {
	ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
}

func (m *meter) collectCounts(ch chan<- prometheus.Metric) {
	c := m.g.Counts()
	total := func(d *prometheus.Desc, n int, label string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), label)
	}
	for _, lane := range []string{wire.LaneMatters, wire.LaneRatings, wire.LaneEvents, laneBlobs} {
		total(m.stored, c.Stored[lane], lane)
		total(m.again, c.Again[lane], lane)
	}
	for problem, n := range c.Refused {
		total(m.refused, n, problem)
	}
	for act, n := range map[string]int{
		"enrolled": c.Enrolled, "renewed": c.Renewed, "heartbeats": c.Heartbeats, "audit_breaks": c.AuditBreaks, "letters": c.Letters,
	} {
		total(m.acts, n, act)
	}
}

func (m *meter) collectTerminals(ctx context.Context, ch chan<- prometheus.Metric) {
	all, err := m.g.TerminalStates(ctx)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(m.terminals, err)
		return
	}
	f := m.g.fleet(all)
	for age, n := range f.ages {
		gauge(ch, m.terminals, float64(n), age)
	}
	for device, n := range f.faulty {
		gauge(ch, m.faulty, float64(n), device)
	}
	for paper, n := range f.paper {
		gauge(ch, m.paper, float64(n), paper)
	}
	gauge(ch, m.queue, float64(f.queued), "queued")
	gauge(ch, m.queue, float64(f.quarantined), "quarantined")
	gauge(ch, m.oldest, f.oldest.Seconds())
}

func (m *meter) collectBacklog(ctx context.Context, ch chan<- prometheus.Metric) {
	if m.g.relay.adapter == nil {
		return
	}
	name := m.g.relay.adapter.Name()
	for _, lane := range []string{wire.LaneRatings, wire.LaneMatters} {
		b, err := m.g.store.Backlog(ctx, name, lane)
		if err != nil {
			ch <- prometheus.NewInvalidMetric(m.backlog, err)
			continue
		}
		age := 0.0
		if !b.Oldest.IsZero() {
			age = m.g.now().Sub(b.Oldest).Truncate(time.Second).Seconds()
		}
		gauge(ch, m.backlog, float64(b.Waiting), name, lane)
		gauge(ch, m.failing, float64(b.Failing), name, lane)
		gauge(ch, m.waiting, age, name, lane)
		gauge(ch, m.mostTry, float64(b.Tries), name, lane)
	}
}
