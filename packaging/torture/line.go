package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

// line is the village's, played by toxiproxy.
type line struct {
	proxy *toxiproxy.Proxy
	down  bool
}

func newLine(listen, upstream string) (*line, error) {
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	l := &line{proxy: toxiproxy.NewProxy(server, "line", listen, upstream)}
	if err := l.proxy.Start(); err != nil {
		return nil, fmt.Errorf("start line: %w", err)
	}
	return l, nil
}

func (l *line) address() string { return l.proxy.Listen }

// cut takes the line away, and set brings it back.
func (l *line) cut() {
	if !l.down {
		l.proxy.Stop()
		l.down = true
	}
}

func (l *line) restore() error {
	if !l.down {
		return nil
	}
	l.down = false
	return l.proxy.Start()
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
func (l *line) change(ctx context.Context, rng *rand.Rand) error {
	n := rng.IntN(len(weathers) + 1)
	l.proxy.Toxics.ResetToxics(ctx)
	if n == len(weathers) {
		l.cut()
		return nil
	}
	if err := l.restore(); err != nil {
		return err
	}
	for _, toxic := range weathers[n](rng) {
		if _, err := l.proxy.Toxics.AddToxicJson(strings.NewReader(toxic)); err != nil {
			return fmt.Errorf("change line: %w", err)
		}
	}
	return nil
}

// heal makes the line good.
func (l *line) heal(ctx context.Context) error {
	l.proxy.Toxics.ResetToxics(ctx)
	return l.restore()
}
