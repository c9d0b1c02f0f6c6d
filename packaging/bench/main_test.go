package main

import (
	"strings"
	"testing"
)

const good = `goos: linux
BenchmarkLodge-2       	     100	   1200345 ns/op	         2.10 x-raw
BenchmarkCardToFields-2	       5	 150200345 ns/op	         16.5 over-ms
BenchmarkVisit-2       	       5	 350200345 ns/op	         6.5 card-over-ms	 9.6 commit-to-byte-ms
BenchmarkReceipt-2     	       5	 150200345 ns/op	         3.5 ms-to-first-byte-worst	 1.01 x-wire-time-median	 2.0 ms-longest-gap
PASS
`

func TestRun(t *testing.T) {
	tests := []struct {
		name, in string
		code     int
		want     string
	}{
		{"all within", good, 0, "2.10     2.50  ok"},
		{"one missed", strings.Replace(good, "2.10 x-raw", "2.60 x-raw", 1), 1, "2.60     2.50  MISSED"},
		{"not measured", strings.Replace(good, "ms-to-first-byte-worst", "other", 1), 1, "NOT MEASURED"},
		{"nothing", "", 1, "NOT MEASURED"},
		{"test failed", good + "FAIL\tzhizhu/offline/outbox\t1s\n", 1, "ok"},
		{"variant named", strings.Replace(good, "BenchmarkReceipt-2 ", "BenchmarkReceipt/no-marks-2 ", 1), 0, "worst [no-marks]"},
		{"garbled", "BenchmarkLodge-2 1 x ns/op\n" + good, 0, "ok"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out strings.Builder
			if code := run(strings.NewReader(tt.in), &out); code != tt.code {
				t.Errorf("exit %d, want %d", code, tt.code)
			}
			if !strings.Contains(out.String(), tt.want) || !strings.HasPrefix(out.String(), tt.in) {
				t.Errorf("want %q and all of the input in:\n%s", tt.want, out.String())
			}
		})
	}
}
