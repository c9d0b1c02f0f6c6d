package main

import (
	"fmt"
	"math/rand/v2"
	"strings"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

// line is the village's, played by toxiproxy. Each weather is a proxy of its own: toxics that are added while connections
// begin and end make toxiproxy 2.12.0 panic (ToxicLink.AddToxic, index out of range).
type line struct {
	server           *toxiproxy.ApiServer
	listen, upstream string
	proxy            *toxiproxy.Proxy // nil while the line is down
}

func newLine(listen, upstream string) (*line, error) {
	zerolog.SetGlobalLevel(zerolog.Disabled) // toxics speak to the global logger
	l := &line{
		server: toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop()), listen: listen, upstream: upstream,
	}
	return l, l.restore(nil)
}

func (l *line) address() string { return l.listen }

// cut takes the line away.
func (l *line) cut() {
	if l.proxy != nil {
		l.proxy.Stop()
		l.proxy = nil
	}
}

// restore makes a line with toxics. What went over the one before is cut.
func (l *line) restore(toxics []string) error {
	l.cut()
	p := toxiproxy.NewProxy(l.server, "line", l.listen, l.upstream)
	for _, toxic := range toxics {
		if _, err := p.Toxics.AddToxicJson(strings.NewReader(toxic)); err != nil {
			return fmt.Errorf("change line: %w", err)
		}
	}
	if err := p.Start(); err != nil {
		return fmt.Errorf("start line: %w", err)
	}
	l.proxy = p
	return nil
}

// weathers are what a line can be like, besides down.
var weathers = []func(rng *rand.Rand) []string{
	func(*rand.Rand) []string { return nil },
	func(r *rand.Rand) []string { return []string{latency(r), bandwidth} },
	func(r *rand.Rand) []string { return []string{cutAfter(r, "upstream"), bandwidth} },
	func(r *rand.Rand) []string { return []string{cutAfter(r, "downstream"), latency(r)} },
	func(r *rand.Rand) []string {
		return []string{fmt.Sprintf(`{"name":"reset","type":"reset_peer","attributes":{"timeout":%d}}`, r.IntN(300))}
	},
	func(r *rand.Rand) []string {
		return []string{`{"name":"slices","type":"slicer","stream":"upstream","attributes":{"average_size":300,"size_variation":200,"delay":50}}`, latency(r)}
	},
}

const bandwidth = `{"name":"band","type":"bandwidth","stream":"upstream","attributes":{"rate":256}}`

func latency(r *rand.Rand) string {
	return fmt.Sprintf(`{"name":"late","type":"latency","attributes":{"latency":%d,"jitter":%d}}`, r.IntN(40), 1+r.IntN(20))
}

func cutAfter(r *rand.Rand, stream string) string {
	return fmt.Sprintf(`{"name":"cut","type":"limit_data","stream":"%s","attributes":{"bytes":%d}}`, stream, 2000+r.IntN(60_000))
}

// change draws new weather. Now and then the line goes.
func (l *line) change(rng *rand.Rand) error {
	n := rng.IntN(len(weathers) + 1)
	if n == len(weathers) {
		l.cut()
		return nil
	}
	return l.restore(weathers[n](rng))
}

// heal makes the line good.
func (l *line) heal() error { return l.restore(nil) }
