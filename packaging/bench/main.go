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

// bar is one measure that is kept: the unit that a benchmark reports by b.ReportMetric, and the most it may be.
type bar struct {
	bench, unit string
	most        float64
	what        string
}

// bars are those of DESIGN.md's budgets. A benchmark measures its peer (a raw append, the wire's time) in the same run.
var bars = []bar{
	{"BenchmarkLodge", "x-raw", 2.5, "lodge (seal, commit) beside raw append+fdatasync"},
	{"BenchmarkCard", "x-wire", 1.10, "card laid -> fields, beside its wire time at 115200 (or 30 ms more)"},
	{"BenchmarkReceipt", "first-ms", 20, "commit -> first byte of the receipt, ms"},
}

// result is one line of a benchmark: its values by unit.
type result struct {
	name   string
	values map[string]float64
}

func main() {
	os.Exit(run(os.Stdin, os.Stdout))
}

func run(in io.Reader, out io.Writer) int {
	results, failed, err := read(in, out)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench: read results:", err)
		return 1
	}
	code := table(results, out)
	if failed {
		return 1
	}
	return code
}

// read takes the results in and passes every other line on, so that nothing that a benchmark says is hidden.
func read(in io.Reader, out io.Writer) ([]result, bool, error) {
	var all []result
	failed := false
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		line := lines.Text()
		fmt.Fprintln(out, line)
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

// table writes the measures beside their bars and returns the exit code.
func table(results []result, out io.Writer) int {
	code := 0
	fmt.Fprintf(out, "\n%-72s %10s %8s\n", "measure", "measured", "bar")
	for _, b := range bars {
		found := false
		for _, r := range results {
			v, ok := r.values[b.unit]
			if !ok || !strings.HasPrefix(r.name, b.bench) {
				continue
			}
			found = true
			verdict := "ok"
			if v > b.most {
				verdict, code = "MISSED", 1
			}
			fmt.Fprintf(out, "%-72s %10.2f %8.2f  %s\n", b.what, v, b.most, verdict)
		}
		if !found {
			fmt.Fprintf(out, "%-72s %10s %8.2f  NOT MEASURED\n", b.what, "-", b.most)
			code = 1
		}
	}
	return code
}
