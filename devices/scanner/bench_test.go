package scanner

import (
	"context"
	"crypto/rand"
	"fmt"
	"testing"
	"time"

	"zhizhu/devices"
)

// quiet is a line on which nothing happens.
type quiet struct{}

func (quiet) Read(ctx context.Context, _ []byte) (int, error) { <-ctx.Done(); return 0, ctx.Err() }
func (quiet) Write(context.Context, []byte) error             { return nil }
func (quiet) Baud() int                                       { return 9600 }
func (quiet) Path() string                                    { return "" }

// codes makes a run that hands codes to nobody.
func codes() *run {
	s := New(Options{Now: time.Now, Rand: rand.Reader})
	return newRun(s, quiet{}, func(devices.Status) {})
}

// BenchmarkCode is a new code from the line to OnScan, with its name for the log.
func BenchmarkCode(b *testing.B) {
	r, i := codes(), 0
	b.ReportAllocs()
	for b.Loop() {
		i++
		r.lines.Write(fmt.Appendf(nil, "ZZ%030d\r", i), r.take)
	}
}

// BenchmarkSameCode is a code that lies under a scanner which reads all the time.
func BenchmarkSameCode(b *testing.B) {
	r, code := codes(), []byte("ZZ0000000000000000000000000000\r")
	b.ReportAllocs()
	for b.Loop() {
		r.lines.Write(code, r.take)
	}
}

// Cutting a line allocates nothing in the steady state.
func TestSplitterAllocatesNothing(t *testing.T) {
	var s Splitter
	n := 0
	emit := func(Piece) { n++ }
	code := []byte("ZZ0000000000000000000000000000\r")
	if got := testing.AllocsPerRun(100, func() { s.Write(code, emit) }); got != 0 || n == 0 {
		t.Errorf("%v allocations, %d codes", got, n)
	}
}
