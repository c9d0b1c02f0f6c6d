// Command bench reads what `go test -bench` prints on its standard input and writes a table: each measure beside its
// bar. It ends with 1 if a bar is missed or a measure is missing, so that `make bench` can't pass by measuring nothing.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// bar is one measure that is kept: the unit that a benchmark reports by b.ReportMetric, and the most, or least, it may be.
type bar struct {
	bench, unit string
	most        float64
	least       bool   // it is the least that it may be
	beside      string // another benchmark's value of the same unit, that it is divided by
	what        string
	needs       string // names in the environment without which it is left out; see lacking
}

// bars are those of DESIGN.md's budgets. A benchmark measures its peer (a raw append, the wire's time) in the same run.
var bars = []bar{
	{bench: "BenchmarkLodge", unit: "x-raw", most: 2.5, what: "lodge (seal, commit) beside raw append+fdatasync of the same bytes"},
	{bench: "BenchmarkCardToFields/115200", unit: "over-ms", most: 30, what: "card laid -> fields, ms on top of the wire's own time, mean"},
	{bench: "BenchmarkCardToFields/9600", unit: "over-ms", most: 141, what: "the same (10 % of the 1416 ms on the wire)"},
	{bench: "BenchmarkVisit", unit: "card-over-ms", most: 30, what: "the same, whole program: card laid -> next page shown, median"},
	{bench: "BenchmarkVisit", unit: "commit-to-byte-ms", most: 20, what: "commit -> first byte at the printer, whole program, ms, p95"},
	{bench: "BenchmarkReceipt", unit: "ms-to-first-byte-worst", most: 20, what: "receipt: submit -> first byte on the wire, ms, worst"},
	{bench: "BenchmarkReceipt", unit: "x-wire-time-median", most: 1.05, what: "receipt: whole, beside its wire time at 115200, median"},
	{bench: "BenchmarkReceipt", unit: "ms-longest-gap", most: 50, what: "receipt: longest gap between bytes, ms"},
	{bench: "BenchmarkQueued", unit: "anon-MiB", most: 40, what: "10,000 matters waiting: memory above idle, MiB"},
	{bench: "BenchmarkPut/senders=64", unit: "rec/s", most: 5000, least: true, what: "gateway on bbolt: sealed matters a second, on disk, 64 at once"},
	{bench: "BenchmarkMillionIDs", unit: "anon-MB", most: 200, what: "gateway on bbolt: 1,000,000 ids stored, memory, MB"},
	{bench: "BenchmarkPut/gateways=1/senders=64", unit: "rec/s", most: 5000, least: true, what: "gateway on PostgreSQL: the same"},
	{bench: "BenchmarkPut/gateways=1/senders=64", unit: "x-plain", most: 1, least: true, what: "gateway on PostgreSQL: the same, beside a plain INSERT loop"},
	{bench: "BenchmarkDrain", unit: "matters/s", beside: "BenchmarkReceive", most: 0.5, least: true, what: "10,000 waiting matters drained, beside what the gateway takes in over TLS"},
	{bench: "BenchmarkBesideZbar", unit: "x-zbar", most: 1, what: "QR: time a camera frame beside zbar's", needs: "ZBAR_PEER"},
	{bench: "BenchmarkBesideZbar", unit: "false-reads", most: 0, what: "QR: codes read in frames without one", needs: "ZBAR_PEER"},
	{bench: "BenchmarkBlackboxBesideZbar", unit: "x-zbar", most: 1, what: "QR: time a picture of ZXing's set beside zbar's", needs: "ZBAR_PEER ZXING_BLACKBOX"},
	{bench: "BenchmarkBlackbox", unit: "unread", most: 716 - 641, what: "QR: unread of the 716 of ZXing's set", needs: "ZXING_BLACKBOX"},
	{bench: "BenchmarkBlackbox", unit: "false-reads", most: 0, what: "QR: codes read in ZXing's pictures without one", needs: "ZXING_BLACKBOX"},
}

// result is one line of a benchmark: its values by unit.
type result struct {
	name   string
	values map[string]float64
}

// of says whether it is of a benchmark, or of a sub-benchmark of it.
func (r result) of(bench string) bool {
	rest, ok := strings.CutPrefix(r.name, bench)
	return ok && (rest == "" || rest[0] == '-' || rest[0] == '/')
}

// variant is the name of a sub-benchmark, in brackets, "" for none.
func (r result) variant() string {
	_, sub, ok := strings.Cut(r.name, "/")
	if !ok {
		return ""
	}
	if i := strings.LastIndexByte(sub, '-'); i > 0 {
		sub = sub[:i] // the number of cores
	}
	return " [" + sub + "]"
}

// reasons are what staff do about what is lacking.
var reasons = map[string]string{
	"ZBAR_PEER":      "apt install libzbar-dev",
	"ZXING_BLACKBOX": "set ZXING_BLACKBOX to core/src/test/resources/blackbox of github.com/zxing/zxing",
}

// divided returns a value beside its peer's, and whether there is a peer.
func (b bar) divided(v float64, results []result) (float64, bool) {
	if b.beside == "" {
		return v, true
	}
	for _, r := range results {
		if peer := r.values[b.unit]; r.of(b.beside) && peer > 0 {
			return v / peer, true
		}
	}
	return 0, false
}

// lacking says why a measure is left out, "" if nothing is lacking: what it is measured by is not shipped.
func (b bar) lacking(getenv func(string) string) string {
	for name := range strings.FieldsSeq(b.needs) {
		if getenv(name) == "" {
			return "left out: " + reasons[name]
		}
	}
	return ""
}

func main() {
	os.Exit(run(os.Stdin, os.Stdout, os.Getenv))
}

func run(in io.Reader, out io.Writer, getenv func(string) string) int {
	results, failed, err := read(in, out)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench: read results:", err)
		return 1
	}
	text, met := table(results, getenv)
	if _, err := io.WriteString(out, text); err != nil || failed || !met {
		return 1
	}
	return 0
}

// read takes the results in and passes every line on, so that nothing that a benchmark says is hidden.
func read(in io.Reader, out io.Writer) ([]result, bool, error) {
	var all []result
	failed := false
	lines := bufio.NewScanner(io.TeeReader(in, out))
	for lines.Scan() {
		line := lines.Text()
		if r, ok := parse(line); ok {
			all = append(all, r)
		}
		failed = failed || strings.HasPrefix(line, "FAIL") || strings.HasPrefix(line, "--- FAIL")
	}
	return all, failed, lines.Err()
}

// parse reads "BenchmarkX-2  12  345 ns/op  2.1 x-raw".
func parse(line string) (result, bool) {
	f := strings.Fields(line)
	if len(f) < 4 || !strings.HasPrefix(f[0], "Benchmark") {
		return result{}, false
	}
	r := result{name: f[0], values: map[string]float64{}}
	for i := 2; i+1 < len(f); i += 2 {
		v, err := strconv.ParseFloat(f[i], 64)
		if err != nil {
			return result{}, false
		}
		r.values[f[i+1]] = v
	}
	return r, true
}

// table sets the measures beside their bars and says whether all were met.
func table(results []result, getenv func(string) string) (string, bool) {
	var out strings.Builder
	met := true
	line := func(what, value string, most float64, verdict string) {
		fmt.Fprintf(&out, "%-72s %10s %8.2f  %s\n", what, value, most, verdict)
		met = met && verdict == "ok"
	}
	fmt.Fprintf(&out, "\n%-72s %10s %8s\n", "measure", "measured", "bar")
	for _, b := range bars {
		found := false
		for _, r := range results {
			v, ok := r.values[b.unit]
			if !ok || !r.of(b.bench) {
				continue
			}
			v, ok = b.divided(v, results)
			found = found || ok
			if !ok {
				continue
			}
			verdict := "ok"
			if b.least && v < b.most || !b.least && v > b.most {
				verdict = "MISSED"
			}
			line(b.what+r.variant(), strconv.FormatFloat(v, 'f', 2, 64), b.most, verdict)
		}
		switch reason := b.lacking(getenv); {
		case found:
		case reason != "":
			fmt.Fprintf(&out, "%-72s %10s %8.2f  %s\n", b.what, "-", b.most, reason)
		default:
			line(b.what, "-", b.most, "NOT MEASURED")
		}
	}
	return out.String(), met
}
